// Error in units in the last place of a type whose denormals are zero.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace sinter::test {

/// |got − exact| in ulp of the exact result; huge where one is NaN and the other not, 0 where both are. Beyond the
/// range of T, ∞ and the next power of two are one; below the smallest normal number so are it and 0. A result
/// of 0 is also good below 16 times that number: a part of the formula may be flushed a little before the result.
template <class T>
double ulp_error(T got, long double exact) {
  constexpr double kWrong = 1e30;
  if (std::isnan(got) || std::isnan(exact)) return std::isnan(got) == std::isnan(exact) ? 0 : kWrong;
  using Limits = std::numeric_limits<T>;
  const long double end = ldexpl(1, Limits::max_exponent), smallest = Limits::min();
  const auto within = [&](long double v) { return std::clamp(v, -end, end); };
  long double g = within(got);
  const long double e = within(exact);
  if (got == 0 && fabsl(e) < 16 * smallest) return 0;
  if (fabsl(e) < smallest) {
    if (fabsl(g) <= smallest) return 0;
    return static_cast<double>(fabsl(g - e) / (smallest * Limits::epsilon()));
  }
  int exponent = 0;
  frexpl(std::min(fabsl(e), end * 0.75L), &exponent);
  return static_cast<double>(fabsl(g - e) / ldexpl(1, exponent - Limits::digits));
}

}  // namespace sinter::test
