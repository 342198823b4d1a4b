// drop_idle: leaves out clamps, roundings and choices that change nothing, as the ranges of their values prove: the
// phase of a sine that comes from an integer never leaves −½ … ½.
//
// Sample code alone: it is what counts, and controls keep the fingerprints by which ramps of strict and fast programs
// are matched. Fast mode only: where the result is 0, its sign may be another. Before products are fused, so that every
// executor of a patch is made from the same formulas.
#include <optional>

#include "list.hpp"
#include "rewrite.hpp"
#include "sinter/ir/ranges.hpp"

namespace sinter {
namespace {

class Idle {
 public:
  explicit Idle(const Ir& ir) : ir_(ir), ranges_(ir, std::vector<bool>(ir.size(), true)) {}

  /// The argument that the inst always equals, if there is one of its type, lanes and clock.
  std::optional<uint32_t> argument(const Inst& inst) const {
    if (inst.rate != Rate::sample) return std::nullopt;
    const std::optional<uint32_t> same = candidate(inst);
    if (!same || inst.exact) return std::nullopt;
    const Inst& from = ir_[inst.arg[*same]];
    const bool replaces = from.type == inst.type && from.lanes == inst.lanes && from.clock == inst.clock;
    return replaces && from.rate == inst.rate && from.entered == inst.entered ? same : std::nullopt;
  }

 private:
  const Interval& a(const Inst& inst, uint32_t i) const { return ranges_.of(inst.arg[i]); }
  // Neither is NaN.
  static bool below(const Interval& x, const Interval& y) { return !x.nan && !y.nan && x.high < y.low; }
  static bool not_above(const Interval& x, const Interval& y) { return !x.nan && !y.nan && x.high <= y.low; }

  std::optional<uint32_t> candidate(const Inst& inst) const {
    switch (inst.op) {
      // Where one is NaN, the result is the second.
      case Op::min:
        return chosen(below(a(inst, 0), a(inst, 1)), a(inst, 1).high < a(inst, 0).low);
      case Op::max:
        return chosen(below(a(inst, 1), a(inst, 0)), a(inst, 0).high < a(inst, 1).low);
      case Op::abs:
        return chosen(a(inst, 0).low > 0, false);  // −0 is not its own magnitude
      case Op::sub:
        return chosen(has_no_whole_part(inst), false);
      case Op::select:
        return of_select(ir_[inst.arg[0]]);
      default:
        return std::nullopt;
    }
  }

  static std::optional<uint32_t> chosen(bool first, bool second) {
    return first ? std::optional(0u) : second ? std::optional(1u) : std::nullopt;
  }

  // x less its whole part, which is 0.
  bool has_no_whole_part(const Inst& inst) const {
    const Inst& whole = ir_[inst.arg[1]];
    if (whole.arg[0] != inst.arg[0]) return false;
    const Interval& x = a(inst, 0);
    switch (whole.op) {
      case Op::round:
        return x.low >= -0.5 && x.high <= 0.5;
      case Op::floor:
        return x.low >= 0 && x.high < 1;
      case Op::trunc:
        return x.low > -1 && x.high < 1;
      default:
        return false;
    }
  }

  std::optional<uint32_t> of_select(const Inst& compare) const {
    const auto decided = [](bool yes, bool no) {
      return yes ? std::optional(1u) : no ? std::optional(2u) : std::nullopt;
    };
    if (compare.op != Op::lt && compare.op != Op::ilt && compare.op != Op::le) return std::nullopt;
    const Interval &x = a(compare, 0), &y = a(compare, 1);
    if (compare.op == Op::le) return decided(not_above(x, y), below(y, x));
    return decided(below(x, y), not_above(y, x));
  }

  const Ir& ir_;
  const Ranges ranges_;
};

}  // namespace

bool drop_idle(Ir& ir, const PassContext& context) {
  if (context.strict) return false;
  Poll poll(context.cancelled);
  std::vector<Value> same(ir.size());
  bool found = false;
  {
    const Idle idle(ir);
    for (uint32_t i = 0; i < ir.size(); ++i) {
      if (poll.often()) return false;
      const std::optional<uint32_t> argument = idle.argument(ir.insts[i]);
      if (!argument) continue;
      same[i] = ir.insts[i].arg[*argument];
      found = true;
    }
  }
  if (!found) return false;
  rewrite(ir, poll, [&](Rewriter& to, uint32_t index) {
    if (same[index].valid()) to.replace(to[same[index]]);
    else to.keep();
  });
  return true;
}

}  // namespace sinter
