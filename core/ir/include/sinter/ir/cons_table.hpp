// Finds an inst by what it computes: the table behind hash-consing, for Builder and for the pass.
#pragma once

#include <bit>
#include <vector>

#include "sinter/ir/rules.hpp"

namespace sinter {

/// Open addressing, at most half full. A slot has the hash beside the value, so that probing and growing touch no insts
/// but equal ones. Any thread, one at a time.
class ConsTable {
 public:
  explicit ConsTable(uint32_t expected = 500) : slots_(std::bit_ceil(uint64_t{expected} * 2 + 2)) {}

  /// The value of `ir` that computes what `inst` does. Where there is none, make() is called for one; it may append to
  /// `ir`. An invalid value is returned and not remembered.
  template <class Make>
  Value find(const Ir& ir, const Inst& inst, Make&& make) {
    const auto hash = static_cast<uint32_t>(rules::hash(ir, inst) >> 32);
    size_t at = hash & (slots_.size() - 1);
    for (; slots_[at].value.valid(); at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].hash == hash && rules::same(ir, ir[slots_[at].value], inst)) return slots_[at].value;
    const Value made = make();
    if (!made.valid()) return made;
    slots_[at] = {hash, made};
    if (++used_ * 2 > slots_.size()) grow();
    return made;
  }

 private:
  struct Slot {
    uint32_t hash = 0;
    Value value;
  };

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (!slot.value.valid()) continue;
      size_t at = slot.hash & (slots_.size() - 1);
      while (slots_[at].value.valid()) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace sinter
