// Division by instruction takes longer than ten products. An estimate with a correction is as good, away from zeros,
// infinities and the ends of the exponent's range: of those, ranges tell.
#include "divisions.hpp"

#include <cmath>

#include "sinter/ir/ranges.hpp"

namespace sinter::planning {
namespace {

// So far from both ends that neither quotient nor remainder gets there.
constexpr double kLeast = 0x1p-60, kMost = 0x1p60;

}  // namespace

std::vector<bool> tame_divisions(const Ir& ir, const std::vector<bool>& live) {
  std::vector<bool> tame(ir.size(), false);
  bool any = false;
  const auto is_candidate = [&](uint32_t i) {
    const Inst& inst = ir.insts[i];
    return live[i] && inst.op == Op::div && inst.type == Type::f32 && inst.rate == Rate::sample;
  };
  for (uint32_t i = 0; i < ir.size() && !any; ++i) any = is_candidate(i);
  if (!any) return tame;
  const Ranges ranges(ir, live);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (!is_candidate(i)) continue;
    const Interval &a = ranges.of(ir.insts[i].arg[0]), &b = ranges.of(ir.insts[i].arg[1]);
    tame[i] = b.low >= kLeast && b.high <= kMost && a.low >= -kMost && a.high <= kMost;
  }
  return tame;
}

}  // namespace sinter::planning
