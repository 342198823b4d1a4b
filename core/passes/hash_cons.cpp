// hash_cons: one inst for equal computations.
#include <bit>
#include <vector>

#include "list.hpp"
#include "rewrite.hpp"
#include "sinter/ir/rules.hpp"

namespace sinter {
namespace {

// Insts of one Ir by what they compute: open addressing, half full at most, hash and index side by side.
class Index {
 public:
  explicit Index(uint32_t count) : slots_(std::bit_ceil(uint64_t{count} * 2 + 2)) {}

  /// The slot of an equal inst, or an empty one.
  Value& find(const Ir& ir, const Inst& inst) {
    const uint64_t hash = rules::hash(ir, inst);
    const auto tag = static_cast<uint32_t>(hash >> 32);
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
      Slot& slot = slots_[at];
      if (!slot.value.valid()) slot.tag = tag;
      if (!slot.value.valid() || (slot.tag == tag && rules::same(ir, ir[slot.value], inst))) return slot.value;
    }
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    Value value;
  };
  std::vector<Slot> slots_;
};

bool has_equals(const Ir& ir) {
  Index index(ir.size());
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (rules::is_unique(ir.insts[i].op)) continue;
    Inst inst = ir.insts[i];
    rules::order_arguments(inst);
    Value& slot = index.find(ir, inst);
    if (slot.valid()) return true;
    slot = {i};
  }
  return false;
}

}  // namespace

bool hash_cons(Ir& ir, const PassContext&) {
  if (!has_equals(ir)) return false;
  Index index(ir.size());
  rewrite(ir, [&](Rewriter& to, uint32_t at) {
    const Inst inst = to.renewed(at);
    if (rules::is_unique(inst.op)) return to.keep(inst);
    Value& slot = index.find(to.to(), inst);
    if (slot.valid()) {
      to.discard(inst);
      return to.replace(slot);
    }
    slot = {to.to().size()};
    to.keep(inst);
  });
  return true;
}

}  // namespace sinter
