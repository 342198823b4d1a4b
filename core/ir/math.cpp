// The small functions of the math library, and the steps shared by the large ones.
#include "sinter/ir/math.hpp"

#include "math_parts.hpp"

namespace sinter::math {

Signal is_negative(Signal x) {
  if (is_single(x)) return x.build->op(Op::ilt, bits(x), x.build->integer(0));
  return select(equal(x, 0), 1 / x, x) < 0;
}

Signal with_sign_of(Signal x, Signal from) {
  if (!is_single(x)) return select(is_negative(from), -x, x);
  const Signal sign = x.build->op(Op::iand, bits(from), x.build->integer(INT32_MIN));
  return from_bits(x.build->op(Op::ixor, bits(x), sign));
}

Split split(Signal x) {
  Builder& b = *x.build;
  if (is_single(x)) {
    const Signal above_root_half = isub(bits(x), b.integer(0x3f3504f3));
    const Signal k = b.op(Op::ishr, above_root_half, {}, {}, 23);
    return {to_real(k, x), from_bits(isub(bits(x), shift_left(k, 23)))};
  }
  const Signal m = b.op(Op::mantissa, x);
  const Signal k = to_real(b.op(Op::exponent, x), x);
  const Signal large = m > 1.4142135623730951;
  return {select(large, k + 1, k), select(large, m * 0.5, m)};
}

Signal mod(Signal x, Signal y) {
  meet(x, y);
  return x - y * floor(x / y);
}

Signal fract(Signal x) {
  // A tiny negative x would round up to 1.
  const double below_one = is_single(x) ? 0x1.fffffep-1 : 0x1.fffffffffffffp-1;
  return min(x.build->constant(below_one), x - floor(x));
}

Signal sign(Signal x) {
  // x · 0 keeps the sign of zero and NaN, and makes a denormal zero.
  return select(x > 0, x.build->constant(1), select(x < 0, x.build->constant(-1), x * 0));
}

Signal to_db(Signal x) { return log10(abs(x)) * 20; }

Signal ftom(Signal x) { return log2(x / 440) * 12 + 69; }

}  // namespace sinter::math
