// Loops around bodies: over lanes and time, interleaved copies, what stays in registers, spill slots.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "allocator.hpp"
#include "body.hpp"
#include "emitter.hpp"
#include "sinter/base/poll.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::jit {

inline constexpr uint32_t kMaxUnrolledNodes =
    1200;                             ///< beyond, copies leave the instruction cache and cost compile time
inline constexpr uint32_t kRoom = 2;  ///< registers for what is loaded between computed values
uint32_t max_temps(const std::vector<Node>& nodes);

/// Memory that the loops emitted so far need.
struct Needs {
  uint32_t slot_bytes = 0;     ///< of the stack frame, from frame::kSlots
  uint64_t scratch_bytes = 0;  ///< of Block::scratch
};

class Loops {
 public:
  /// Once `poll` says stop, bodies stay unfinished: the code is good for nothing.
  Loops(Emitter& emitter, Poll& poll) : e_(emitter), a_(emitter.a), poll_(poll) {}

  /// Whole vectors over time, several copies of the body interleaved where registers and code size allow.
  void time_parallel(const Body& body);
  /// Chunks in the lanes: of 4 samples as many whole turns as there are, of 1 sample what these leave over.
  void chunks(const Body& body);
  /// One sample at a time; states stay in registers as far as they go.
  void serial(const Body& body);
  /// The local frame in kTime alone, for all lanes: what the time loop of a woven step does for each of its inner
  /// steps.
  void once(const Body& body);
  /// W lanes per instruction, one sample at a time; several such vectors of lanes interleaved where registers allow.
  void lanes(const Body& body);
  /// One frame of the slower clock at a time. `read_step`: frames from one source sample to the next (decimating),
  /// `write_step`: from one result to the next (upsampling).
  void resample(const Body& body, uint32_t read_step, uint32_t write_step);
  /// Jumps to `otherwise` where a delay of the call (Lowering::lower_delay) is shorter than the call, in any lane.
  void unless_long(const Body& body, const asmjit::Label& otherwise);
  /// Sums rows of inst.arg[0] to the rows of inst. single: the local frame in kTime alone.
  void fold(const Ir& ir, const Plan& plan, const Step& step, bool single);
  /// Calls `each` for every local frame of a clock, in kTime.
  template <class F>
  void each_frame(uint32_t clock, F&& each);

  const Needs& needs() const { return needs_; }

 private:
  // A body with its copies, ready to allocate.
  struct Copies {
    uint32_t count = 1;
    std::vector<Node> nodes;
    std::vector<uint32_t> base;  ///< per body value: its first copy; what all share has one
    std::vector<Home> homes;
    std::vector<uint8_t> pinned;
    std::vector<uint32_t> origin;  ///< per copy of a value: body value · 16 + copy
    Allocation allocation;

    struct From {
      uint32_t node, copy;
    };
    std::vector<From> from;  ///< per node: which body node, of which copy
  };
  struct Pin {
    uint32_t value;
    uint8_t reg;
    uint8_t copy = 0;
  };

  Home home_of(const Leaf& leaf) const;
  /// `run` nodes of one copy, then as many of the next.
  void make_copies(const Body& body, uint32_t count, Copies& copies, uint32_t run = 1);
  static void drop_unused(Copies& copies);
  void allocate(Copies& copies);
  uint32_t choose_copies(const Body& body, const Copies& one) const;
  void choose_pins(const Body& body, const Copies& one, uint32_t copies, bool states);
  void load_pins(const Body& body);
  void store_pinned_states(const Body& body);

  void enter(const Body& body, uint32_t slots);
  void leave();
  void frames_into_limit(uint32_t clock);
  template <class F>
  void each_lane(uint32_t lanes, F&& each) {
    each_lane(lanes, 1, each);
  }
  template <class F>
  void each_lane(uint32_t lanes, uint32_t abreast, F&& each);
  void advance(const std::vector<Body::Counter>& counters, const Body& body);
  void clear_levels(size_t count);
  void add_to_level(int32_t part, const x86::Mem& to, const x86::Mem& from);
  void gather_level(int32_t part, const x86::Mem& from);
  void add_up_probes(const Body& body);

  void emit(const Body& body, const Copies& copies);
  void emit_node(const Body& body, const Copies& copies, const Action& action);
  void load_value(const Body& body, const Copies& copies, uint32_t value, const x86::Vec& dst);
  asmjit::Operand memory_operand(const Body& body, const Copies& copies, uint32_t value, const Recipe& recipe);
  x86::Mem leaf_address(const Leaf& leaf, uint32_t copy);
  x86::Mem slot(uint32_t index) const;

  void find_shorter(const Leaf& row, const asmjit::Label& found);

  // Delay lines of time-parallel loops (windows.cpp)
  struct WindowMemory {
    int32_t flag = 0, rows = 0;  ///< byte offsets in the scratch area
    int32_t stride = 0;          ///< bytes from row to row
  };
  uint64_t place_windows(const Body& body, uint64_t scratch);
  x86::Mem window_row(size_t window) const;
  void window_position(const Body::Window& window);
  void begin_windows(const Body& body);
  void fill_window_row(const Body::Window& window, size_t index);
  void end_windows(const Body& body, bool skips_whole);
  void empty_window_row(const Body::Window& window, size_t index, bool skips_whole);
  void emit_later();

  // Lanes steps (lanes.cpp, lane_tiles.cpp)
  struct LaneMemory {
    int32_t index = 0, sum_slots = 0, tiles = 0;  ///< byte offsets in the scratch area
    int32_t sums = 0;                             ///< bytes from a frame's tiles to its sums
    int32_t record = 0;                           ///< bytes of a frame's tiles and sums
    int32_t frames = 0;                           ///< that the tiles hold
  };
  struct LaneTurns {
    LaneGroup group;
    uint32_t count = 1;  ///< how often, one after another
    const Copies* copies = nullptr;
  };
  uint32_t choose_lane_copies(const Body& body, const Copies& one) const;
  void choose_lane_pins(const Body& body, const Copies& one, uint32_t copies);
  std::vector<LaneTurns> make_lane_turns(const Body& body);
  void enter_lanes(const Body& body, const std::vector<LaneTurns>& turns);
  void lane_turns(const Body& body, const LaneTurns& turns);
  void begin_lanes(const Body& body, const LaneTurns& turns);
  void run_lanes(const Body& body, const LaneTurns& turns);
  void store_lane_states(const Body& body);
  void next_sum_slots(const Body& body);
  void clear_sums(const Body& body);
  void add_up_lane_probes(const Body& body);
  void fill_tiles(const Body& body);
  void empty_tiles(const Body& body);
  void empty_sums(const Body& body);
  void load_sums(uint32_t first);
  void every_second(uint32_t dst, uint32_t x, uint32_t y, bool even);
  void add_neighbours();
  void store_whole_sum(const LaneRows::Fold& fold);
  void transpose_lanes();
  x86::Mem lane_row(const LaneRows::Rows& rows, uint32_t lane);
  void store_transposed(const LaneRows::Rows& rows, uint32_t first, uint32_t lanes);
  /// Every `step`-th frame of the tile: its local frame in kTime, its tiles at kTile.
  template <class F>
  void each_tile_frame(int32_t step, F&& each);

  struct FoldSource;
  void fold_row(const FoldSource& source, uint32_t copies, bool first);
  void fold_frames(const FoldSource& source, const std::vector<Store>& stores, uint32_t copies);

  Emitter& e_;
  x86::Assembler& a_;
  Poll& poll_;
  Needs needs_;
  Allocator allocator_;
  Copies one_, many_;
  std::vector<Pin> pins_;
  uint32_t pin_mask_ = 0;
  int32_t slots_at_ = 0;
  WindowMemory windows_;
  std::vector<std::function<void()>> later_;  // what is emitted behind the loop
  LaneMemory lane_memory_;
  int32_t lane_index_at_ = 0;
  bool slots_in_scratch_ = false;
};

template <class F>
void Loops::each_lane(uint32_t lanes, uint32_t abreast, F&& each) {
  if (lanes == abreast) return each();
  a_.mov(e_.lane_slot(), 0);
  const asmjit::Label again = a_.newLabel();
  a_.bind(again);
  e_.load_pointers(true);
  each();
  a_.add(e_.lane_slot(), static_cast<int32_t>(abreast));
  a_.cmp(e_.lane_slot(), static_cast<int32_t>(lanes));
  a_.jb(again);
}

template <class F>
void Loops::each_frame(uint32_t clock, F&& each) {
  const asmjit::Label again = a_.newLabel(), done = a_.newLabel();
  frames_into_limit(clock);
  a_.xor_(abi::kTime.r32(), abi::kTime.r32());
  a_.test(abi::kLimit, abi::kLimit);
  a_.jz(done);
  a_.align(asmjit::AlignMode::kCode, 16);
  a_.bind(again);
  each();
  a_.inc(abi::kTime);
  a_.cmp(abi::kTime, abi::kLimit);
  a_.jb(again);
  a_.bind(done);
}

template <class F>
void Loops::each_tile_frame(int32_t step, F&& each) {
  const asmjit::Label again = a_.newLabel();
  a_.mov(abi::kTime, x86::qword_ptr(x86::rsp, frame::kMainEnd));
  a_.lea(abi::kTile, x86::ptr(abi::kSecond, lane_memory_.tiles));
  a_.align(asmjit::AlignMode::kCode, 32);
  a_.bind(again);
  each();
  a_.add(abi::kTile, step * lane_memory_.record);
  a_.add(abi::kTime, step);
  a_.cmp(abi::kTime, x86::qword_ptr(x86::rsp, frame::kEnd));
  a_.jb(again);
}

}  // namespace sinter::jit
