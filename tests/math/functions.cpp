// The rows: limits are those math.hpp states.
#include "functions.hpp"

namespace sinter::test {
namespace {

constexpr long double kPi = 3.141592653589793238462643383279502884L;

// Folded to a quarter first: sinl of π would not be 0.
long double sin_turns(long double x) {
  const long double f = x - roundl(x);
  return sinl(2 * kPi * (fabsl(f) > 0.25L ? copysignl(0.5L, f) - f : f));
}
long double db(long double x) { return powl(10, x / 20); }
long double to_db(long double x) { return 20 * log10l(fabsl(x)); }
long double mtof(long double x) { return 440 * exp2l((x - 69) / 12); }
long double ftom(long double x) { return 69 + 12 * log2l(x / 440); }
long double fract(long double x) { return x - floorl(x); }

constexpr double kAll = HUGE_VAL;

}  // namespace

const std::vector<Function>& functions() {
  static const std::vector<Function> kFunctions = {
      {"sin", math::sin, sinl, -8192, 8192, 2.5, 4, 1e-8},
      {"cos", math::cos, cosl, -8192, 8192, 2.5, 4, 1e-8},
      {"tan", math::tan, tanl, -8192, 8192, 4, 4},
      {"sin_turns", math::sin_turns, sin_turns, -kAll, kAll, 4, 4},
      {"asin", math::asin, asinl, -1, 1, 4, 8},
      {"acos", math::acos, acosl, -1, 1, 4, 8},
      {"atan", math::atan, atanl, -kAll, kAll, 4, 8},
      {"sinh", math::sinh, sinhl, -kAll, kAll, 4, 8},
      {"cosh", math::cosh, coshl, -kAll, kAll, 4, 8},
      {"tanh", math::tanh, tanhl, -kAll, kAll, 4, 8},
      {"exp", math::exp, expl, -kAll, kAll, 2.5, 4},
      {"exp2", math::exp2, exp2l, -kAll, kAll, 2.5, 4},
      {"expm1", math::expm1, expm1l, -kAll, kAll, 4, 8},
      {"log", math::log, logl, 0, kAll, 2.5, 4},
      {"log2", math::log2, log2l, 0, kAll, 2.5, 4},
      {"log10", math::log10, log10l, 0, kAll, 4, 8},
      {"log1p", math::log1p, log1pl, -1, kAll, 4, 8},
      {"db", math::db, db, -kAll, kAll, 4, 8},
      {"to_db", math::to_db, to_db, -kAll, kAll, 4, 8},
      {"mtof", math::mtof, mtof, 0, 200, 4, 8},
      {"ftom", math::ftom, ftom, 20, 20000, 8, 8},
      {"fract", math::fract, fract, -kAll, kAll, 1, 1},
  };
  return kFunctions;
}

}  // namespace sinter::test
