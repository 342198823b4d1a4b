// Register allocation of one straight-line body: linear scan that evicts the value whose next use is furthest away.
//
// Knows values, registers and what an instruction demands of them, and nothing of x86. Linear in the length of the
// body.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinter::jit {

inline constexpr uint32_t kNoValue = UINT32_MAX;
inline constexpr uint8_t kNoRegister = 0xff;
inline constexpr uint8_t kMemory = 0xfe;  ///< the instruction reads this argument from its home
inline constexpr uint32_t kMaxArgs = 4;
inline constexpr uint32_t kMaxTemps = 2;

/// Where a value is when it is in no register.
enum class Home : uint8_t {
  slot,     ///< computed: a spill slot, written when it is first evicted
  wide,     ///< a whole vector in memory
  element,  ///< one element in memory
  load,     ///< memory that only a load reads
};

/// What an instruction demands of the registers it gets.
struct Rule {
  uint8_t wide = 0;          ///< arguments (bit i: argument i) that may be a vector in memory; at most one is
  uint8_t element = 0;       ///< arguments that may be one element in memory
  uint8_t temps = 0;         ///< registers it overwrites besides
  bool commutative = false;  ///< arguments 0 and 1 may change places
  bool tied = false;         ///< overwrites argument 0: the result may share a register with no other argument
  bool early = false;        ///< writes its result before it has read all: shares a register with no argument
};

struct Node {
  uint32_t dst = kNoValue;
  uint32_t arg[kMaxArgs] = {kNoValue, kNoValue, kNoValue, kNoValue};
  uint8_t args = 0;
  const Rule* rule = nullptr;
};

/// One thing to emit. load: register dst from the home of value `subject`; spill: register dst to its slot.
struct Action {
  enum Kind : uint8_t { node, load, spill } kind = node;
  uint8_t dst = kNoRegister;
  uint8_t arg[kMaxArgs] = {kNoRegister, kNoRegister, kNoRegister, kNoRegister};
  uint8_t temp[kMaxTemps] = {kNoRegister, kNoRegister};
  bool swapped = false;  ///< arguments 0 and 1 changed places
  uint32_t subject = 0;  ///< index of the node, or the value
};

/// The body, and per value its home and the register it keeps throughout (kNoRegister: none).
struct AllocationRequest {
  std::span<const Node> nodes;
  std::span<const Home> homes;
  std::span<const uint8_t> pinned;
  uint32_t registers = 0;  ///< bit r: register r may be used; at least kMaxArgs + kMaxTemps + 1 of them
};

struct Allocation {
  std::vector<Action> actions;
  std::vector<uint32_t> slot;  ///< per value; kNoValue where it was never spilled
  uint32_t slots = 0;
};

/// Largest number of computed values alive at once, results included.
uint32_t max_live(std::span<const Node> nodes, std::span<const Home> homes);

class Allocator {
 public:
  /// Fills `result`, whose memory is used again.
  void run(const AllocationRequest& request, Allocation& result);

 private:
  void find_next_uses();
  void place(uint32_t index);
  void swap_where_better(const Node& node, Action& action);
  int folded_argument(const Node& node) const;
  uint8_t acquire(uint32_t locked);
  void evict(uint8_t reg);
  uint8_t choose_result(const Node& node, const Action& action, uint32_t dying, uint32_t locked);
  void release_slot(uint32_t value);
  bool may_fold(const Node& node, uint32_t i) const;

  const AllocationRequest* request_ = nullptr;
  Allocation* result_ = nullptr;
  std::vector<uint32_t> next_;       // per node and argument: the next node that uses the value
  std::vector<uint32_t> first_use_;  // per node: the first node that uses its result
  std::vector<uint32_t> last_;       // per value, while scanning backwards
  std::vector<uint8_t> register_of_;
  std::vector<uint32_t> free_slots_;
  uint32_t value_in_[32] = {};
  uint32_t next_of_[32] = {};
  uint32_t free_ = 0;
  uint32_t arg_[kMaxArgs] = {};  // of the node being placed, after swapping
  uint32_t arg_next_[kMaxArgs] = {};
};

}  // namespace sinter::jit
