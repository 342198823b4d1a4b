// exp and its relatives: exp2, expm1, sinh, cosh, tanh, decibels and MIDI notes.
//
// x = n·unit + r, result = 2^n · p(r). Coefficients: minimax in relative error, rounded one by one from the leading
// term with the others fitted again; the rational one of tanh
// is fitted by Lawson's weights.
#include <numbers>

#include "math_parts.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::math {
namespace {

constexpr double kLn2 = std::numbers::ln2;

// A base b with b^unit = 2, unit = high + low in parts such that n · high is exact in the type.
struct Unit {
  double per_unit;  // 1 / unit
  double high, low;
  double to_natural;  // ln 2 / unit
};

// e^r for 0 ≤ r ≤ ln 2.
Signal exponential32(Signal r) {
  return polynomial(r, {1, 0.999999821, 0.500005543, 0.166611701, 0.0419110395, 0.00779686775, 0.00194676628});
}
// e^r for |r| ≤ ln 2 / 2.
Signal exponential64(Signal r) {
  return polynomial(r, {1, 1.0000000000000007, 0.50000000000000067, 0.16666666666655955, 0.04166666666655934,
                        0.0083333333381422504, 0.0013888888937260793, 0.00019841261052271826, 2.4801498373274841e-05,
                        2.7564320567284604e-06, 2.7628808372174944e-07, 2.304877310956178e-08});
}

// f32: n is rounded down, so that 1 ≤ p < 2 and the one factor 2^n with n in −127 … 128 also flushes and overflows
// where the result does. The offset is a little less than ½ for e^0 = 1, the factor a little small to favour p ≥ 2 at
// the upper and p < 1 at the lower end, which the multiplication then rounds as it should.
Signal power32(Signal x, const Unit& unit) {
  x = limit(x, -127 * 0.9995 * unit.high, 128.4 * unit.high);
  const Signal shifted = x * (unit.per_unit * (1 - 2.5e-7)) - 0.49999 + (kRounder + 127);
  const Signal n = shifted - (kRounder + 127);
  Signal r = x + n * -unit.high;
  if (unit.low != 0) r = r + n * -unit.low;
  if (unit.to_natural != 1) r = r * unit.to_natural;
  return exponential32(r) * from_bits(shift_left(bits(shifted), 23));
}

Signal power64(Signal x, const Unit& unit) {
  x = limit(x, -1080 * unit.high, 1030 * unit.high);
  const Signal n = to_int_round(x * unit.per_unit);
  const Signal whole = to_real(n, x);
  Signal r = x + whole * -unit.high;
  if (unit.low != 0) r = r + whole * -unit.low;
  if (unit.to_natural != 1) r = r * unit.to_natural;
  return scale(exponential64(r), n);
}

Signal power(Signal x, const Unit& single, const Unit& twice) {
  return is_single(x) ? power32(x, single) : power64(x, twice);
}

// n = x / ln 2 to nearest and r = x − n·ln 2.
struct Reduced {
  Signal n, r;
};
Reduced reduce(Signal x) {
  if (is_single(x)) {
    const Signal n = (x * 1.44269502 + kRounder) - kRounder;
    return {n, x + n * -0.693145752 + n * -1.42860677e-06};
  }
  const Signal n = to_real(to_int_round(x * (1 / kLn2)), x);
  return {n, x + n * -0.69314718055920821 + n * -7.3710025651677989e-13};
}

// 2^n for a whole real n.
Signal power_of_whole(Signal n) { return power_of_two(to_int_round(n), n); }

// cosh and sinh of |x| as sums over e^±n: 2^(n−2) and 2^(−n−2), doubled at the end, so that nothing overflows early.
struct Hyperbolic {
  Signal sinh, cosh, sum, difference;
};
Hyperbolic hyperbolic(Signal x) {
  const bool single = is_single(x);
  const auto [n, r] = reduce(limit(abs(x), 0, single ? 89.5 : 710.6));
  const Signal z = r * r;
  const Signal up = power_of_whole(n + -2);
  const Signal down = power_of_whole(-2 - min(n.build->constant(100), n));
  if (single)
    return {r + r * (z * polynomial(z, {0.166666672, 0.00833317544, 0.000199739574})),
            z * polynomial(z, {0.5, 0.0416664593, 0.00139354519}) + 1, up + down, up - down};
  return {r + r * (z * polynomial(z, {0.16666666666666677, 0.0083333333333213706, 0.00019841269886890242,
                                      2.7557243345024033e-06, 2.5109368506219707e-08})),
          z * polynomial(z, {0.5, 0.041666666666666685, 0.0013888888888873262, 2.4801587349290957e-05,
                             2.7557251707204544e-07, 2.092181480182412e-09}) +
              1,
          up + down, up - down};
}

}  // namespace

Signal exp(Signal x) {
  return power(x, {1.44269502, 0.693145752, 1.42860677e-06, 1},
               {1 / kLn2, 0.69314718055920821, 7.3710025651677989e-13, 1});
}

Signal db(Signal x) {
  constexpr double kLog2Of10 = 3.3219280948873623479;
  constexpr double kHigh = 6.02056884765625, kLow = 3.1065623373904275e-05;  // sum: 20 / log2(10)
  const Unit unit{kLog2Of10 / 20, kHigh, kLow, std::numbers::ln10 / 20};
  return power(x, unit, unit);
}

Signal mtof(Signal x) {
  const Unit octave{1.0 / 12, 12, 0, kLn2 / 12};
  // 440 Hz is five octaves above note 9, from which notes differ exactly.
  return power(x - 9, octave, octave) * 13.75;
}

Signal exp2(Signal x) {
  Builder& b = *x.build;
  if (!is_single(x)) {
    x = limit(x, -1080, 1030);
    const Signal n = to_int_round(x);
    const Signal p =
        polynomial(x - to_real(n, x),
                   {1, 0.69314718055994573, 0.24022650695910097, 0.055504108664788394, 0.009618129107605216,
                    0.0013333558153371323, 0.00015403530446148964, 1.525272798105291e-05, 1.3215439406392684e-06,
                    1.0180199080609847e-07, 7.0732770497059461e-09, 4.1722276412025335e-10});
    return scale(p, n);
  }
  x = limit(x, -127, 128);
  const Signal n = floor(x);
  const Signal p =
      polynomial(x - n, {1, 0.693147063, 0.240229085, 0.0554861836, 0.00967377517, 0.00124822918, 0.0002156595});
  return p * from_bits(shift_left(bits(n + b.constant(kRounder + 127)), 23));
}

// 2^n · (p + 1) − 1 = 2^n · p + (2^n − 1), halved until the end for the last octave before overflow.
Signal expm1(Signal x) {
  const bool single = is_single(x);
  const auto [n, r] = reduce(single ? limit(x, -20, 88.9) : limit(x, -50, 710));
  const Signal tail =
      single
          ? polynomial(r, {0.49999997, 0.16666539, 0.041667752, 0.00836712401, 0.00138359691})
          : polynomial(r, {0.5, 0.16666666666666677, 0.041666666666666692, 0.0083333333333217383, 0.0013888888888884444,
                           0.00019841269885620421, 2.4801587307380943e-05, 2.7557244754801551e-06,
                           2.7557297585273037e-07, 2.5108861385946895e-08, 2.0905954982073185e-09});
  const Signal p = r + r * (r * tail);
  const Signal half = power_of_whole(n + -1);
  return select(equal(x, 0), x, (half * p + (half - 0.5)) * 2);
}

Signal sinh(Signal x) {
  const Hyperbolic h = hyperbolic(x);
  return with_sign_of((h.sinh * h.sum + h.cosh * h.difference) * 2, x);
}

Signal cosh(Signal x) {
  const Hyperbolic h = hyperbolic(x);
  return (h.cosh * h.sum + h.sinh * h.difference) * 2;
}

// tanh x = ab / (a²/4 + b²) where a/b = 2 tanh(x/2), whose error vanishes in the result as that nears 1. Both have the
// factor 0.9, so that next to no value of the formula has its mantissa just above 1, where rounding is coarsest, when
// the result's is just below 2. At the limit the formula gives exactly 1, and nowhere more.
Signal tanh(Signal x) {
  if (is_single(x)) {
    x = limit(x, -8.83705997, 8.83705997);
    const Signal z = x * x;
    const Signal a = x * polynomial(z, {0.899999976, 0.0267884433, 0.000102653998});
    const Signal b = polynomial(z, {0.899999976, 0.101788409, 0.00108505599, 1.10237318e-06});
    return a * b / (a * 0.25 * a + b * b);
  }
  const Signal t = expm1(limit(abs(x), 0, 22) * 2);
  return with_sign_of(t / (t + 2), x);
}

}  // namespace sinter::math
