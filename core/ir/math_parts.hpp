// Steps that several functions of the math library share: polynomials, bit tricks, clamps that keep NaN.
//
// Each function has an f32 form, made of the bit operations of f32, and an f64 form on exponent, mantissa and
// power_of_two. Constants of f32 forms are floats written to nine digits, so that narrowing them is exact.
#pragma once

#include <initializer_list>
#include <limits>

#include "sinter/ir/builder.hpp"

namespace sinter::math {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// 1.5 · 2^23. Added to an f32 |x| < 2^22 it rounds x to a whole number n and leaves n in the low bits: two's
/// complement, so a left shift by 23 makes n an exponent and one by 31 its parity a sign.
inline constexpr double kRounder = 12582912;
/// 1.5 · 2^52, which rounds an f64 |x| < 2^51.
inline constexpr double kRounder64 = 6755399441055744;

inline bool is_single(Signal x) { return x.type() == Type::f32; }

/// What arithmetic would do to two reals that meet, done once, so that comparisons see the same values.
inline void meet(Signal& a, Signal& b) {
  const auto joined = [](Signal x, Signal other) {
    if (x.rate() == Rate::sample || other.rate() == Rate::sample) return x.build->enter(x);
    const auto is_entered = [](Signal s) {
      return s.type() == Type::f32 || (s.inst().entered && s.inst().op != Op::constant);
    };
    if (!is_entered(x) && !is_entered(other)) return x;
    return x.inst().op == Op::constant ? x.build->enter(x) : x.build->coefficient(x);
  };
  const Signal first = joined(a, b);
  b = joined(b, a);
  a = first;
}

/// c[0] + c[1]·x + c[2]·x² + … by Horner's rule.
inline Signal polynomial(Signal x, std::initializer_list<double> c) {
  const double* next = c.end() - 1;
  Signal sum = x * *next;
  for (--next; next != c.begin(); --next) sum = (sum + *next) * x;
  return sum + *next;
}

/// x within lo … hi; NaN stays NaN, because min and max give their second argument then.
inline Signal limit(Signal x, double lo, double hi) {
  Builder& b = *x.build;
  return min(b.constant(hi), max(b.constant(lo), x));
}

inline Signal bits(Signal x) { return x.build->op(Op::bits_of, x); }
inline Signal from_bits(Signal x) { return x.build->op(Op::from_bits, x); }
inline Signal shift_left(Signal x, uint32_t count) { return x.build->op(Op::ishl, x, {}, {}, count); }
inline Signal to_int_round(Signal x) { return x.build->op(Op::to_int_round, x); }
inline Signal iadd(Signal a, Signal b) { return a.build->op(Op::iadd, a, b); }
inline Signal iadd(Signal a, int32_t b) { return iadd(a, a.build->integer(b)); }
inline Signal isub(Signal a, Signal b) { return a.build->op(Op::isub, a, b); }

/// i32 as a real of the type of `like`.
inline Signal to_real(Signal i, Signal like) { return i.build->op(is_single(like) ? Op::to_f32 : Op::to_f64, i); }

/// 2^n for a whole number n (i32) whose power is normal in the type of `like`.
inline Signal power_of_two(Signal n, Signal like) {
  if (!is_single(like)) return n.build->op(Op::power_of_two, n);
  return from_bits(shift_left(iadd(n, 127), 23));
}

/// p · 2^n for any n (i32) the result of which may overflow or flush: two factors, neither of which does so alone.
inline Signal scale(Signal p, Signal n) {
  const Signal half = n.build->op(Op::ishr, n, {}, {}, 1);
  return p * power_of_two(half, p) * power_of_two(isub(n, half), p);
}

/// The sign of `from` (whose sign bit counts, also that of −0) set on x ≥ 0.
Signal with_sign_of(Signal x, Signal from);
/// True where the sign bit is set; false for NaN in f64.
Signal is_negative(Signal x);

/// x > 0 as m · 2^k with √½ ≤ m < √2; k is a real. Meaningless for other x.
struct Split {
  Signal k, m;
};
Split split(Signal x);

}  // namespace sinter::math
