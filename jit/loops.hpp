// Loops around bodies: over lanes and time, interleaved copies, what stays in registers, spill slots.
#pragma once

#include <cstdint>
#include <vector>

#include "allocator.hpp"
#include "body.hpp"
#include "emitter.hpp"
#include "sinter/base/poll.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::jit {

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
  /// One sample at a time; states stay in registers as far as they go.
  void serial(const Body& body);
  /// The local frame in kTime alone, for all lanes: what the time loop of a woven step does for each of its inner
  /// steps.
  void once(const Body& body);
  /// One frame of the slower clock at a time. `read_step`: frames from one source sample to the next (decimating),
  /// `write_step`: from one result to the next (upsampling).
  void resample(const Body& body, uint32_t read_step, uint32_t write_step);
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
    std::vector<Node> nodes;     ///< copy c of body node i at i · count + c
    std::vector<uint32_t> base;  ///< per body value: its first copy; leaves that are no rows have one
    std::vector<Home> homes;
    std::vector<uint8_t> pinned;
    std::vector<uint32_t> origin;  ///< per copy of a value: body value · 16 + copy
    Allocation allocation;
  };
  struct Pin {
    uint32_t value;
    uint8_t reg;
  };

  Home home_of(const Leaf& leaf) const;
  void make_copies(const Body& body, uint32_t count, Copies& copies);
  void allocate(Copies& copies);
  uint32_t choose_copies(const Body& body, const Copies& one) const;
  void choose_pins(const Body& body, const Copies& one, uint32_t copies, bool states);
  void load_pins(const Body& body);
  void store_pinned_states(const Body& body);

  void enter(const Body& body, uint32_t slots);
  void leave();
  void frames_into_limit(uint32_t clock);
  template <class F>
  void each_lane(uint32_t lanes, F&& each);
  void clear_probes(const Body& body);
  void add_up_probes(const Body& body);

  void emit(const Body& body, const Copies& copies);
  void emit_node(const Body& body, const Copies& copies, const Action& action);
  void load_value(const Body& body, const Copies& copies, uint32_t value, const x86::Vec& dst);
  asmjit::Operand memory_operand(const Body& body, const Copies& copies, uint32_t value, const Recipe& recipe);
  x86::Mem leaf_address(const Leaf& leaf, uint32_t copy);
  x86::Mem slot(uint32_t index) const;

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
  bool slots_in_scratch_ = false;
};

template <class F>
void Loops::each_lane(uint32_t lanes, F&& each) {
  if (lanes == 1) return each();
  a_.mov(e_.lane_slot(), 0);
  const asmjit::Label again = a_.newLabel();
  a_.bind(again);
  e_.load_pointers(true);
  each();
  a_.inc(e_.lane_slot());
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

}  // namespace sinter::jit
