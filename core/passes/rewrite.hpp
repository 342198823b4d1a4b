// What passes share: a copy of an Ir inst by inst, each kept, replaced or left out, and the removal of insts in place.
// Declarations stay where they are.
#pragma once

#include <utility>
#include <vector>

#include "sinter/base/poll.hpp"
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

 private:
  Ir from_;
  Ir& to_;
  std::vector<Value> map_;
  uint32_t at_ = 0;
  bool slower_ = false;  // a replacement had a lower rate than what it replaced: rates follow anew from there
};

/// Calls visit(rewriter, index) for each inst, in order; it keeps, replaces or leaves out the inst. Once `poll` says
/// stop, the rest is left out.
template <class Visit>
void rewrite(Ir& ir, Poll& poll, Visit&& visit) {
  Rewriter rewriter(ir);
  const uint32_t count = rewriter.from().size();
  for (uint32_t i = 0; i < count && !poll.often(); ++i) {
    rewriter.visit(i);
    visit(rewriter, i);
  }
}

/// Leaves out the insts for which keeps(index) is false; none of those kept uses one of them. Once `poll` says stop,
/// all of the rest.
template <class Keeps>
void compact(Ir& ir, Poll& poll, Keeps&& keeps) {
  std::vector<Value> map(ir.size()), pool, roots;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < ir.size() && !poll.often(); ++i) {
    if (!keeps(i)) continue;
    Inst inst = ir.insts[i];
    if (inst.op == Op::stack || inst.op == Op::call) {
      const uint32_t start = inst.arg[0].index;
      inst.arg[0] = {static_cast<uint32_t>(pool.size())};
      for (uint32_t a = 0; a < inst.arg[1].index; ++a) pool.push_back(map[ir.pool[start + a].index]);
    } else {
      for (Value& value : inst.arg)
        if (value.valid()) value = map[value.index];
    }
    if (is_root(inst.op)) roots.push_back({kept});
    ir.insts[kept] = inst;
    ir.origin[kept] = ir.origin[i];
    map[i] = {kept++};
  }
  ir.insts.resize(kept);
  ir.origin.resize(kept);
  ir.pool = std::move(pool);
  ir.roots = std::move(roots);
}

}  // namespace sinter
