// sin, cos, tan and sin of turns: Cody-Waite reduction to one period of the polynomial.
//
// Reduction: W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980. The multiple of π is taken
// off in parts short enough that n · part is exact without fma. Coefficients: minimax in relative error on the reduced
// interval, rounded one by one from the leading term with the others fitted again.
#include <numbers>

#include "math_parts.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::math {
namespace {

constexpr double kPi = std::numbers::pi;

// π − 3217/1024 < 0: with twelve bits in the first part, two parts leave an error of 1e-12 · n.
constexpr double kPi32High = 3217.0 / 1024, kPi32Low = -8.90890988e-06;
constexpr double kPi64[] = {3.1415926534682512, 1.2154201012607932e-10, 4.0445324974223329e-21};
constexpr double kHalfPi32[] = {1.5703125, 0.000483751297, 7.54953362e-08, 2.56334407e-12};
constexpr double kHalfPi64[] = {1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21,
                                8.4784276603688996e-32};

// x − n · (parts), which keeps −0 because all parts are positive and n, rounded by an addition, is never −0.
template <size_t N>
Signal reduce(Signal x, Signal n, const double (&parts)[N]) {
  for (const double part : parts) x = x + n * -part;
  return x;
}

// sin r for |r| ≤ π/2 and a little more. In halves, because r − r³/6 makes +0 of −0 and one product is less exact.
Signal sine32(Signal r) {
  const Signal z = r * r;
  return r * 0.5 + r * polynomial(z, {0.5, -0.166666597, 0.00833306927, -0.000198097769, 2.60609772e-06});
}
Signal sine64(Signal r) {
  return r * polynomial(r * r, {1, -0.16666666666666666, 0.0083333333333332153, -0.00019841269841218168,
                                2.755731921301015e-06, -2.5052107091384508e-08, 1.6058954652629438e-10,
                                -7.6435866951347683e-13, 2.7339563430111884e-15, -1.1439632115658588e-18});
}

// r with its sign flipped where the lowest bit of `parity` is set. Clamped: beyond the stated range r is not reduced.
Signal finish32(Signal sine, Signal parity) {
  const Signal sign = shift_left(parity, 31);
  return from_bits(sine.build->op(Op::ixor, bits(limit(sine, -1, 1)), sign));
}
Signal is_odd(Signal n) {
  const Signal low = n.build->op(Op::iand, n, n.build->integer(1));
  return n.build->op(Op::ieq, low, n.build->integer(1));
}
Signal finish64(Signal sine, Signal n) {
  const Signal bounded = limit(sine, -1, 1);
  return select(is_odd(n), -bounded, bounded);
}

Signal sin32(Signal x) {
  const Signal shifted = x * 0.318309886 + kRounder;
  const Signal n = shifted - kRounder;
  // The second part is negative: multiplied by −n, so that x = −0 stays −0.
  const Signal r = x + n * -kPi32High + (kRounder - shifted) * kPi32Low;
  return finish32(sine32(r), bits(shifted));
}

// cos x = ± sin(x − q·π) with q an odd number of halves.
Signal cos32(Signal x) {
  const Signal shifted = x * 0.318309886 + 0.5 + kRounder;
  const Signal q = shifted - kRounder + -0.5;
  const Signal r = x + q * -kPi32High + q * -kPi32Low;
  return finish32(sine32(r), bits(shifted));
}

Signal sin64(Signal x) {
  const Signal n = x * (1 / kPi) + kRounder64 - kRounder64;
  return finish64(sine64(reduce(x, n, kPi64)), to_int_round(n));
}

Signal cos64(Signal x) {
  const Signal n = x * (1 / kPi) + 0.5 + kRounder64 - kRounder64;
  return finish64(sine64(reduce(x, n + -0.5, kPi64)), to_int_round(n));
}

// tan r = top / bottom for |r| ≤ π/4.
Ratio tangent32(Signal r) {
  const Signal z = r * r;
  return {r + r * (z * -0.0957802162), polynomial(z, {1, -0.429114044, 0.0097091049})};
}
Ratio tangent64(Signal r) {
  const Signal z = r * r;
  const Signal sine = polynomial(z, {1, -0.1666666666666663, 0.0083333333333218407, -0.00019841269829358514,
                                     2.7557313538508648e-06, -2.5050734389788374e-08, 1.5895433513346777e-10});
  const Signal cosine = polynomial(z, {1, -0.5, 0.041666666666666595, -0.0013888888888873344, 2.4801587289003218e-05,
                                       -2.7557314217146804e-07, 2.0875705373570074e-09, -1.1358746081579156e-11});
  return {r * sine, cosine};
}

// tan r for 0 ≤ r ≤ 0.77; no coefficient is negative.
Signal small_tangent(Signal r) {
  if (!is_single(r)) {
    const Ratio tangent = tangent64(r);
    return tangent.top / tangent.bottom;
  }
  return r * polynomial(r * r, {1, 0.333333343, 0.133332551, 0.053989049, 0.0216645431, 0.00980707631, 0.00143768254,
                                0.00369057246});
}

}  // namespace

Signal sin(Signal x) { return is_single(x) ? sin32(x) : sin64(x); }
Signal cos(Signal x) { return is_single(x) ? cos32(x) : cos64(x); }

Signal tan(Signal x) {
  Signal odd, r;
  if (is_single(x)) {
    const Signal shifted = x * 0.636619747 + kRounder;
    odd = is_odd(bits(shifted));
    r = reduce(x, shifted - kRounder, kHalfPi32);
  } else {
    const Signal n = x * (2 / kPi) + kRounder64 - kRounder64;
    odd = is_odd(to_int_round(n));
    r = reduce(x, n, kHalfPi64);
  }
  r = limit(r, -0.8, 0.8);
  const Ratio tangent = is_single(x) ? tangent32(r) : tangent64(r);
  const Signal result = select(odd, -tangent.bottom, tangent.top) / select(odd, tangent.top, tangent.bottom);
  return select(equal(x, 0), x, result);  // −0
}

// tan 2r = 2t / (1 − t²) with t = tan r < 0.97.
Ratio tan_ratio(Signal x) {
  const Signal t = small_tangent(x * 0.5);
  return {t * 2, 1 - t * t};
}

// With u = f·(½ − |f|) and v = |u|, sin 2πf = u · Q(v) for |f| ≤ ½: both halves of the wave are the same function of v.
Signal sin_turns(Signal x) {
  const Signal f = x - round(x);
  const Signal u = f * (0.5 - abs(f));
  const Signal v = abs(u);
  if (is_single(x)) return u * polynomial(v, {12.566371, 50.2653427, 71.4006195, 52.1425781, 26.6579514});
  return u * polynomial(
                 v, {12.566370614359172, 50.265482457437393, 71.390241736096442, 52.43518154239905, 23.599276029313053,
                     7.1836636270417875, 1.5771342265597181, 0.27520550204762567, -0.01971471642653691});
}

}  // namespace sinter::math
