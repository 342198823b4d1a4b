// Between which numbers every value of an Ir stays, by interval arithmetic: proves that a delay is never shorter than a
// chunk, that a clamp does nothing, or that a divisor's reciprocal may be estimated.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "sinter/ir/ir.hpp"

namespace sinter {

/// Closed, with NaN or without. The whole line and NaN, the default, stand for anything.
struct Interval {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool nan = true;  ///< may also be NaN

  constexpr Interval() = default;
  constexpr Interval(double from, double to, bool or_nan = false) : low(from), high(to), nan(or_nan) {}
  bool contains(double x) const { return low <= x && x <= high; }
};

/// Holds on every executor, fast mode included: float ops have an ulp of slack outward. Denormals count as the 0 that
/// all code takes them for. What comes in from outside or back through a state may be anything. Any thread; linear in
/// the insts and table elements.
class Ranges {
 public:
  /// Knows nothing before extend().
  Ranges() = default;
  /// What is not `live` is left unknown.
  explicit Ranges(const Ir& ir, const std::vector<bool>& live);

  /// Goes on to the insts that the same Ir has gained: while it is built, linear in all insts.
  void extend(const Ir& ir);

  const Interval& of(Value v) const { return ranges_[v.index]; }
  /// −∞ and ∞ where unknown, and for masks; integers are never less known than i32 is.
  double low(Value v) const { return of(v).low; }
  double high(Value v) const { return of(v).high; }

 private:
  std::vector<Interval> ranges_;  // per inst
  std::vector<Interval> tables_;
};

/// The fewest samples that a tap reads back, however its delay moves: its minimum, or more where that is proven.
uint32_t least_delay(const Ir& ir, const Ranges& ranges, const Inst& tap);

}  // namespace sinter
