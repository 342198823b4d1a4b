// Between which numbers every value of the Ir stays, by interval arithmetic: proves that a delay is never shorter than
// a chunk, so that its loop needs no promise from the patch.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "sinter/ir/ir.hpp"

namespace sinter::planning {

/// Closed; the whole line, the default, stands for anything, NaN included. One finite bound says that it is never NaN.
struct Interval {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool known() const {
    return low > -std::numeric_limits<double>::infinity() || high < std::numeric_limits<double>::infinity();
  }
  bool contains(double x) const { return low <= x && x <= high; }
};

/// Holds on every executor, fast mode included: float ops have an ulp of slack outward. Denormals count as the 0 that
/// all code takes them for. What comes in from outside or back through a state may be anything. Any thread; linear in
/// the insts and table elements.
class Ranges {
 public:
  /// What is not `live` is left unknown.
  explicit Ranges(const Ir& ir, const std::vector<bool>& live);

  const Interval& of(Value v) const { return ranges_[v.index]; }
  /// −∞ and ∞ where unknown, and for masks; integers are never less known than i32 is.
  double low(Value v) const { return of(v).low; }
  double high(Value v) const { return of(v).high; }

 private:
  std::vector<Interval> ranges_;
};

/// The fewest samples that a tap reads back, however its delay moves: its minimum, or more where that is proven.
uint32_t least_delay(const Ir& ir, const Ranges& ranges, const Inst& tap);

}  // namespace sinter::planning
