// Copies an Ir inst by inst, each kept, replaced or left out: what passes share. Declarations stay where they are.
#pragma once

#include <vector>

#include "sinter/ir/ir.hpp"

namespace sinter {

class Rewriter {
 public:
  /// Takes the insts out of `ir` and fills it again.
  explicit Rewriter(Ir& ir);

  const Ir& from() const { return from_; }  ///< insts, pool, roots and origins as they were; no declarations
  const Ir& to() const { return to_; }      ///< what is made
  /// The new value of an old one that was kept or replaced.
  Value operator[](Value old) const { return map_[old.index]; }

  /// Old inst `index` with its new arguments (those of a stack or call are put into the new pool), and the rate, clock
  /// and entry that follow from them.
  Inst renewed(uint32_t index);
  /// Appends an inst with the origin of the old inst at hand; roots are listed.
  Value append(const Inst& inst);
  /// Appends a literal, as Builder makes it.
  Value append_literal(Type type, uint64_t bits);

  /// The old inst at hand from here on.
  void visit(uint32_t index) { at_ = index; }
  /// The old inst at hand has become this value.
  void replace(Value value);
  /// renewed() and append(); an upsample or decimate of what is no sample any more becomes what it means.
  void keep();
  void keep(const Inst& renewed);
  /// Takes the arguments of a renewed stack that is not kept out of the pool; call it before the next renewed().
  void discard(const Inst& renewed);

 private:
  Ir from_;
  Ir& to_;
  std::vector<Value> map_;
  uint32_t at_ = 0;
  bool slower_ = false;  // a replacement had a lower rate than what it replaced: rates follow anew from there
};

/// Calls visit(rewriter, index) for each inst, in order; it keeps, replaces or leaves out the inst.
template <class Visit>
void rewrite(Ir& ir, Visit&& visit) {
  Rewriter rewriter(ir);
  const uint32_t count = rewriter.from().size();
  for (uint32_t i = 0; i < count; ++i) {
    rewriter.visit(i);
    visit(rewriter, i);
  }
}

}  // namespace sinter
