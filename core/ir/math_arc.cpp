// asin, acos, atan and atan2.
//
// Coefficients: minimax in relative error, rounded one by one from the leading term with the others fitted again.
#include <numbers>

#include "math_parts.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::math {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kHalfPi = kPi / 2;

// π/2 in two parts of the type.
struct HalfPi {
  double high, low;
};
HalfPi half_pi(Signal like) {
  return is_single(like) ? HalfPi{1.57079637, -4.37113883e-08} : HalfPi{kHalfPi, 6.123233995736766e-17};
}

// atan(top / bottom) for 0 ≤ top ≤ bottom, bottom > 0 or both 0.
Signal arc_of_ratio(Signal top, Signal bottom) {
  if (is_single(top)) {
    const Signal t = top / bottom;
    const Signal z = t * t;
    return t + t * (z * polynomial(z, {-0.333331525, 0.199937671, -0.14211002, 0.106657684, -0.0755165741, 0.0432047136,
                                       -0.0163632184, 0.00291944505}));
  }
  // Beyond tan(π/8) the angle is taken from π/4.
  const Signal far = bottom * 0.41421356237309503 < top;
  const Signal t = select(far, top - bottom, top) / select(far, top + bottom, bottom);
  const Signal z = t * t;
  const Signal tail = t * (z * polynomial(z, {-0.33333333333333326, 0.19999999999997098, -0.14285714285317069,
                                              0.11111111083804641, -0.090909079885034355, 0.076922792702659296,
                                              -0.066661758179609037, 0.058765284667449548, -0.052152630363937053,
                                              0.044909113722432496, -0.033183284849052599, 0.014902442438931029}));
  return select(far, t + kPi / 4 + tail, t + tail);
}

// (asin(s) − s) / s for s² = z ≤ ¼.
Signal arc_sine_tail(Signal z) {
  if (is_single(z)) return z * polynomial(z, {0.166667521, 0.0749530941, 0.0454691723, 0.0241845883, 0.0421587229});
  return z * polynomial(z, {0.1666666666666676, 0.074999999999708647, 0.04464285717456272, 0.030381942709773738,
                            0.022372214938488982, 0.017351612807913051, 0.013980811827788445, 0.011398978398943696,
                            0.010779905537771058, 0.0037076456577877386, 0.021704592362668418, -0.020995212044272949,
                            0.032626319622027125});
}

}  // namespace

Signal atan(Signal x) {
  const Signal a = abs(x);
  const Signal one = x.build->constant(1);
  const Signal p = arc_of_ratio(min(one, a), max(one, a));
  return with_sign_of(select(a > 1, kHalfPi - p, p), x);
}

Signal atan2(Signal y, Signal x) {
  meet(y, x);
  const Signal ay = abs(y), ax = abs(x);
  Signal top = min(ay, ax), bottom = max(ay, ax);
  // 0/0 stands for 0 and ∞/∞ for 1.
  bottom = select(equal(bottom, 0), x.build->constant(1), bottom);
  const Signal diagonal = equal(top, kInfinity);
  top = select(diagonal, x.build->constant(1), top);
  bottom = select(diagonal, x.build->constant(1), bottom);
  Signal p = arc_of_ratio(top, bottom);
  p = select(ax < ay, kHalfPi - p, p);
  p = select(is_negative(x), kPi - p, p);
  return select(equal(x, x) && equal(y, y), with_sign_of(p, y), x + y);
}

// For |x| > ½: asin x = π/2 − 2 asin √((1 − x)/2).
Signal asin(Signal x) {
  const Signal a = abs(x);
  const Signal far = a > 0.5;
  const Signal z = select(far, (1 - a) * 0.5, a * a);
  const Signal s = select(far, sqrt(z), a);
  const Signal tail = s * arc_sine_tail(z);
  const HalfPi quarter = half_pi(x);
  const Signal near_one = (s * -2 + quarter.high) + (tail * -2 + quarter.low);
  return with_sign_of(select(far, near_one, s + tail), x);
}

Signal acos(Signal x) {
  const Signal a = abs(x);
  const Signal far = a > 0.5;
  const Signal z = select(far, (1 - a) * 0.5, a * a);
  const Signal s = select(far, sqrt(z), x);
  const Signal tail = s * arc_sine_tail(z);
  const HalfPi quarter = half_pi(x);
  const Signal middle = (quarter.high - s) + (quarter.low - tail);
  const Signal near_minus_one = (s * -2 + 2 * quarter.high) + (tail * -2 + 2 * quarter.low);
  return select(far, select(x < 0, near_minus_one, (s + tail) * 2), middle);
}

}  // namespace sinter::math
