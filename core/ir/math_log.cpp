// log and its relatives, and pow, whose logarithm has a head and a tail.
//
// x = m · 2^k, f = m − 1. f32: a polynomial in f. f64: s = f / (2 + f) as in K. C. Ng's log (fdlibm, 1993).
// Coefficients: minimax in relative error, rounded one by one from the leading term with the others fitted again.
#include <numbers>

#include "math_parts.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::math {
namespace {

constexpr double kLog2E = std::numbers::log2e, kLog10E = std::numbers::log10e;

// ln(1 + f) − f for √½ ≤ 1 + f < √2.
Signal log_tail(Signal f) {
  if (is_single(f)) {
    const Signal q =
        polynomial(f, {0.333339095, -0.250013411, 0.199631155, -0.165770471, 0.14913471, -0.142738402, 0.0871465653});
    return f * f * (f * q + -0.5);
  }
  const Signal s = f / (f + 2);
  const Signal z = s * s;
  const Signal half_square = f * f * 0.5;
  const Signal q =
      z * polynomial(z, {0.66666666666666696, 0.39999999999899782, 0.28571428625963158, 0.22222211130067324,
                         0.18182889697993349, 0.15331698582732464, 0.14616761727048191});
  return s * (half_square + q) - half_square;
}

// k·ln 2 + ln(1 + f).
Signal log_sum(Signal k, Signal f) {
  const bool single = is_single(f);
  return k * (single ? 0.693145752 : 0.69314718055920821) +
         (f + (log_tail(f) + k * (single ? 1.42860677e-06 : 7.3710025651677989e-13)));
}

// y = log x where x is positive and finite; the values of C elsewhere.
Signal with_log_edges(Signal x, Signal y) {
  Builder& b = *x.build;
  const Signal below = select(equal(x, 0), b.constant(-kInfinity), b.constant(kNan));
  y = select(x < kInfinity, y, x);
  return select(x > 0, y, below);
}

// The head of x: few enough bits that the product of two heads is exact. What is left, x − head, is exact too.
Signal head(Signal x) {
  Builder& b = *x.build;
  if (is_single(x)) return from_bits(b.op(Op::iand, bits(x), b.integer(-4096)));
  const Signal c = x * 134217729;  // 2^27 + 1: Veltkamp's splitting
  return c - (c - x);
}

struct HeadTail {
  Signal head, tail;
};

// m near one of three centres: s = (m − centre) / (m + centre) is small, and log2 centre is known.
struct Centre {
  Signal value, log, log_tail;
};
Centre centre_of(Signal m) {
  const Signal low = m<0.8927, high = m> 1.118;
  const auto choose = [&](double below, double middle, double above) {
    return select(low, m.build->constant(below), select(high, m.build->constant(above), m.build->constant(middle)));
  };
  return {choose(0.796875, 1, 1.25), choose(-0.32757465802933439, 0, 0.32192809488697094),
          choose(8.2997651846531696e-13, 0, 3.9140875562960251e-13)};
}

// log2 of x > 0 with about ten bits more than the type: 2/ln 2 · (s + s³/3 + …) with the first term in two parts. f32
// has one centre, 1. The caller has set the builder exact.
HeadTail extended_log2(Signal x) {
  const bool single = is_single(x);
  auto [k, m] = split(x);
  Signal f, d, d_tail, centre_tail;
  if (single) {
    f = m - 1;
    d = m + 1;
    d_tail = m - (head(d) - 1);
  } else {
    const Centre centre = centre_of(m);
    f = m - centre.value;
    d = m + centre.value;
    d_tail = m - (head(d) - centre.value);
    k = k + centre.log;
    centre_tail = centre.log_tail;
  }
  // s in two parts: the second is the remainder of the first.
  const Signal inverse = 1 / d;
  const Signal s_head = head(f * inverse);
  const Signal s_tail = ((f - s_head * head(d)) - s_head * d_tail) * inverse;
  const Signal s = s_head + s_tail, z = s_head * s_head + s_tail * (s_head + s);
  const double factor = single ? 2.88476562 : 2.885390043258667,
               factor_tail = single ? 0.000624456792 : 3.8519259822532349e-08;
  const Signal rest = single ? polynomial(z, {0.961796701, 0.577075243, 0.412285775, 0.328206718})
                             : polynomial(z, {0.96179669392597555, 0.57707801635605138, 0.41219858227619965,
                                              0.32059950864171621, 0.26211592894270253, 0.24408683543401602});
  const Signal first = s_head * factor;
  const Signal sum = k + first;
  Signal tail = s_tail * factor + (s * factor_tail + s * (z * rest));
  if (!single) tail = tail + centre_tail;
  tail = (first - (sum - k)) + tail;
  const Signal high = head(sum + tail);
  return {high, tail + (sum - high)};
}

// |x|^y where it is neither 0, infinite nor NaN.
Signal magnitude_power(Signal x, Signal y) {
  Builder& b = *x.build;
  const bool single = is_single(x);
  // Beyond this every base but 1 overflows or vanishes; nothing below can then overflow on its way.
  y = single ? limit(y, -1e10, 1e10) : limit(y, -1e25, 1e25);
  b.set_exact(true);
  const HeadTail log = extended_log2(x);
  const Signal y_head = head(y), y_tail = y - y_head;
  const Signal e_head = y_head * log.head;
  const Signal e_tail = y_tail * log.head + y * log.tail;
  const double largest = single ? 250 : 2000;  // halves of which are still normal powers
  const Signal n = to_int_round(limit(e_head + e_tail, -largest, largest));
  const Signal r = limit((e_head - to_real(n, x)) + e_tail, -0.6, 0.6);
  b.set_exact(false);
  const Signal p =
      single ? polynomial(r, {1, 0.693147182, 0.240226477, 0.0555035882, 0.00961848255, 0.00133914221, 0.000153390167})
             : exp2(r);
  return scale(p, n);
}

}  // namespace

Signal log(Signal x) {
  const auto [k, m] = split(x);
  return with_log_edges(x, log_sum(k, m - 1));
}

Signal log2(Signal x) {
  const auto [k, m] = split(x);
  const Signal f = m - 1;
  if (!is_single(x)) return with_log_edges(x, k + (f + log_tail(f)) * kLog2E);
  // log2 e · f as f + 0.44 f: the larger part is exact.
  const Signal q = polynomial(f, {0.442695022, -0.721347392, 0.480907291, -0.360700041, 0.287991196, -0.239037693,
                                  0.215199232, -0.206576824, 0.126283705});
  return with_log_edges(x, k + (f + f * q));
}

Signal log10(Signal x) {
  const auto [k, m] = split(x);
  const Signal f = m - 1;
  const bool single = is_single(x);
  const Signal low = k * (single ? 4.60503907e-06 : 3.6942390771589308e-13);
  return with_log_edges(x, k * (single ? 0.301025391 : 0.30102999566361177) + ((f + log_tail(f)) * kLog10E + low));
}

// log u with u = 1 + x rounded; what rounding lost, relative to u, is added to f.
Signal log1p(Signal x) {
  const Signal u = x + 1;
  const Signal lost = x - (u - 1);
  const auto [k, m] = split(u);
  const Signal y = log_sum(k, (m - 1) + lost / u * m);
  return select(equal(x, 0), x, with_log_edges(u, y));
}

Signal pow(Signal x, Signal y) {
  meet(x, y);
  Builder& b = *x.build;
  const Signal zero = b.constant(0), one = b.constant(1), infinity = b.constant(kInfinity);
  const Signal a = abs(x);
  const Signal is_zero = equal(a, 0);
  const Signal falling = y < 0;
  const Signal at_zero = select(falling, infinity, zero), at_infinity = select(falling, zero, infinity);
  Signal result = magnitude_power(a, y);
  result = select(is_zero, at_zero, select(a < kInfinity, result, at_infinity));

  const Signal half = y * 0.5;
  const Signal whole = equal(y, trunc(y));
  const Signal odd = whole && !equal(half, trunc(half));
  result = select(is_negative(x) && odd, -result, result);
  result = select(x < 0 && a < kInfinity && !whole, b.constant(kNan), result);
  result = select(equal(x, x) && equal(y, y), result, x + y);
  return select(equal(y, 0) || equal(x, 1), one, result);
}

}  // namespace sinter::math
