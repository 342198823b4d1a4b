// Writes instructions: operands of a mode, the constant pool, pointers, and the listing. Wraps asmjit's Assembler.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "isa.hpp"
#include "recipe.hpp"
#include "sinter/compile/backend.hpp"

namespace sinter::jit {

/// Something that addresses start from; kept in a general register where there are enough, else loaded at each use.
struct Pointer {
  enum Kind : uint8_t {
    controls,
    state,
    buffers,
    probes,  ///< areas of the Block
    input,
    rows,
    output,  ///< entries of its pointer lists, from `index`
    input_list,
    row_list,
    output_list,  ///< those lists themselves; `stride` 8 where they move with the lane
    ring,
    table,       ///< entry `index`, lanes `stride` bytes apart
    frame_base,  ///< a number: local frame of the call's first sample, 32 bits
    cell_base,   ///< a number: local frames since the cell began
    grid_base,   ///< a number: minus the local frame of the call at which the next grid cell begins
    zero,        ///< the number 0
    window,      ///< of a delay line: the address in slot `index`; known once the loop has found it
  } kind = controls;
  bool per_lane = false;  ///< moves on with the lane
  uint32_t index = 0;     ///< clock for numbers and buffers
  uint32_t stride = 0;    ///< bytes from lane to lane
  uint32_t ahead = 0;     ///< per_lane: so many lanes on from the one at which the loop stands
  uint32_t uses = 0;
};

/// Fixed places of the stack frame, from rsp. Spill slots follow.
namespace frame {
inline constexpr int32_t kLane = 0, kEnd = 8, kMainEnd = 16, kTotal = 24, kGather = 64, kScatter = 128, kSlots = 192;
inline constexpr uint32_t kSlotBytes = 16384;  ///< more than this goes to the scratch area behind the buffers
}  // namespace frame

/// Where the code of a lanes step being emitted stands: which lanes the copies of its body hold, and its memory.
struct LaneGroup {
  uint32_t copies = 1;    ///< copy c holds the vector of lanes from c · W
  uint32_t lanes = 0;     ///< that exist, of copies · W
  uint32_t first = 0;     ///< lane 0 of copy 0, where there is one such group; else it is in the lane slot
  bool moves = false;     ///< there are several groups
  bool alone = false;     ///< it is the only one of the step
  int32_t sums = 0;       ///< bytes from a frame's tiles to its sums
  int32_t sum_slots = 0;  ///< byte offset in the scratch area: per fold, the place of copy 0 among the sums

  uint32_t lanes_of(uint32_t copy, uint32_t width) const {
    return lanes > copy * width ? (lanes - copy * width < width ? lanes - copy * width : width) : 0;
  }
};

class Emitter final : public asmjit::ErrorHandler {
 public:
  Emitter(const Isa& isa, bool want_listing);

  x86::Assembler a;
  Mode mode;

  // Registers and operands in the current mode
  x86::Vec vec(uint32_t id) const;
  x86::Mem literal_memory(uint32_t bits);             ///< one element, or with SSE and AVX2 a vector of them
  asmjit::Operand literal(uint32_t bits);             ///< all lanes the same; an operand for packed instructions
  asmjit::Operand element(const x86::Mem& at) const;  ///< one element in memory as an operand for packed instructions
  x86::Mem wide(std::span<const uint32_t> elements);  ///< as many as the instruction set's vectors have
  x86::Mem iota(uint32_t phase = 0);  ///< 0, 1, 2 … in i32 lanes; phase − 1 of the samples of chunks of 4
  uint32_t id(const Ids& ids) const { return mode.isa->vex() ? ids.vex : ids.sse; }
  x86::Mem lanes_below(uint32_t count);  ///< all bits in that many lanes, none in the others

  // Instructions
  void two(const Ids& ids, const asmjit::Operand& dst, const asmjit::Operand& src) { a.emit(id(ids), dst, src); }
  void three(const Ids& ids, const x86::Vec& dst, const asmjit::Operand& x, const asmjit::Operand& y);
  void move(const x86::Vec& dst, const asmjit::Operand& src);  ///< whole register; nothing where they are the same
  void load(const x86::Vec& dst, const x86::Mem& at);          ///< vector (or element in a scalar mode), any alignment
  void store(const x86::Mem& at, const x86::Vec& src);         ///< the same
  void load_aligned(const x86::Vec& dst, const x86::Mem& at);
  void store_aligned(const x86::Mem& at, const x86::Vec& src);
  void spread(const x86::Vec& dst, const x86::Mem& at);  ///< one element in memory to all lanes
  void spread(const x86::Vec& dst, const x86::Gpd& from);
  void zero(const x86::Vec& dst);
  void gather(const x86::Vec& dst, const x86::Mem& from, const x86::Vec& temp);  ///< AVX2 and AVX-512; all lanes
  void clamp(const x86::Gpd& value, int32_t low, int32_t high);                  ///< signed; uses kScratch

  // Pointers of the step being emitted
  void set_pointers(std::vector<Pointer> pointers, uint32_t lanes);
  void load_pointers(bool per_lane);  ///< those that have registers
  x86::Gpq pointer(uint32_t index);   ///< its register, or kScratch after loading it (uses kScratch3 too)
  x86::Mem row(uint32_t index, int32_t offset, uint32_t copy);
  x86::Mem tile(uint32_t tile, uint32_t copy, int32_t ahead = 0) const;  ///< of the frame at kTile, `ahead` bytes on
  void make_pointer(const Pointer& pointer, const x86::Gpq& reg);
  void forget_window() { held_window_ = UINT32_MAX; }  ///< where code may come from elsewhere
  x86::Mem window_slot(uint32_t window) const {
    return x86::qword_ptr(abi::kSecond, windows_at + static_cast<int32_t>(window * 8));
  }
  void set_window(uint32_t window, const x86::Gpq& address);  ///< to the window's register, if it has one
  x86::Mem lane_slot() const { return x86::qword_ptr(x86::rsp, frame::kLane); }

  std::vector<uint8_t> pinned_state;  ///< per copy and state of the body: the register that holds it, or kNoRegister
  uint32_t states = 0;                ///< of the body
  LaneGroup group;
  int32_t windows_at = 0;  ///< the windows' addresses, in the scratch area

  // Listing
  void at(uint32_t inst);  ///< what follows comes from this inst
  std::vector<ListingLine> take_listing();

  /// Writes the number that ends at `at`, a placeholder until now, into code and listing.
  void patch(size_t at, uint32_t placeholder, uint32_t number);
  /// Appends the constant pool. After the last instruction.
  void finish();
  asmjit::CodeHolder& code() { return code_; }
  /// Something went wrong: memory ran out, or failure() says what.
  bool failed() const { return failed_; }
  bool out_of_memory() const { return out_of_memory_; }
  const std::string& failure() const { return failure_; }
  /// Notes what asmjit's functions return: those of its containers tell no error handler.
  void check(asmjit::Error error);

 private:
  void handleError(asmjit::Error error, const char* message, asmjit::BaseEmitter* origin) override;
  void flush_listing();

  /// The text of a listing; asmjit ignores it where its own logger has no memory.
  class Log final : public asmjit::Logger {
   public:
    std::string text;
    bool complete = true;

   private:
    asmjit::Error _log(const char* data, size_t size) noexcept override;
  };

  asmjit::CodeHolder code_;
  Log logger_;
  bool listing_wanted_;
  uint32_t listed_inst_ = UINT32_MAX;
  std::vector<ListingLine> listing_;
  asmjit::Label pool_label_;
  std::vector<uint32_t> pool_;
  std::unordered_map<uint32_t, uint32_t> literal_at_;
  std::vector<uint32_t> wides_;  // where they begin in the pool
  std::vector<Pointer> pointers_;
  std::vector<uint8_t> pointer_register_;
  uint32_t lanes_ = 1;
  uint32_t held_window_ = UINT32_MAX;  // the pointer in kScratch, where that is a window's
  bool failed_ = false, out_of_memory_ = false;
  std::string failure_;
};

}  // namespace sinter::jit
