// The functions under test as rows: formula, long double reference, arguments to sweep and the error each may have.
#pragma once

#include <cmath>
#include <string_view>
#include <vector>

#include "sinter/ir/math.hpp"

namespace sinter::test {

struct Function {
  std::string_view name;
  Signal (*build)(Signal x);
  long double (*reference)(long double x);
  double lo, hi;              ///< arguments that are judged
  double max_ulp, max_ulp64;  ///< f32 and f64
  double near_zero = 0;       ///< absolute error allowed beside ulp where |x| > 1 (f32; f64: × 2^-29)
};
/// Functions of one argument.
const std::vector<Function>& functions();

}  // namespace sinter::test
