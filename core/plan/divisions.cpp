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

std::vector<bool> tame_divisions(const Ir& ir, const std::vector<bool>& live, LazyRanges& ranges) {
  std::vector<bool> tame(ir.size(), false);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    const Inst& inst = ir.insts[i];
    if (!live[i] || inst.op != Op::div || inst.type != Type::f32 || inst.rate != Rate::sample) continue;
    const Interval &a = ranges().of(inst.arg[0]), &b = ranges().of(inst.arg[1]);
    tame[i] = b.low >= kLeast && b.high <= kMost && a.low >= -kMost && a.high <= kMost;
  }
  return tame;
}

}  // namespace sinter::planning
