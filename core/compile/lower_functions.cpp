// One row per function; formulas that the math library has are named, the others stand here.
#include "lower_functions.hpp"

#include <unordered_map>

#include "sinter/ir/math.hpp"

namespace sinter::lowering {
namespace {

using Args = std::span<const Signal>;

template <Signal (*F)(Signal)>
Signal one(Args a) {
  return F(a[0]);
}
template <Signal (*F)(Signal, Signal)>
Signal two(Args a) {
  return F(a[0], a[1]);
}
template <Signal (*F)(Signal, Signal)>
Signal all(Args a) {
  Signal result = a[0];
  for (Signal next : a.subspan(1)) result = F(result, next);
  return result;
}

Signal clamped(Args a) { return clamp(a[0], a[1], a[2]); }
Signal lerp(Args a) { return a[0] + (a[1] - a[0]) * a[2]; }
// step(edge, x) and smoothstep(a, b, x) as in GLSL 4.60, 8.3.
Signal step(Args a) { return select(a[1] < a[0], 0.0, 1.0); }
Signal smoothstep(Args a) {
  Signal t = clamp((a[2] - a[0]) / (a[1] - a[0]), 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t);
}
// The whole part of k says which; below 0 and NaN the first, beyond the end the last.
Signal pick(Args a) {
  Signal result = a[1];
  for (size_t i = 2; i < a.size(); ++i) result = select(a[0] >= static_cast<double>(i - 1), a[i], result);
  return result;
}

const std::unordered_map<std::string_view, Formula>& formulas() {
  static const std::unordered_map<std::string_view, Formula> table = {
      {"abs", one<sinter::abs>},
      {"sign", one<math::sign>},
      {"min", all<sinter::min>},
      {"max", all<sinter::max>},
      {"clamp", clamped},
      {"floor", one<sinter::floor>},
      {"ceil", one<sinter::ceil>},
      {"round", one<sinter::round>},
      {"trunc", one<sinter::trunc>},
      {"frac", one<math::fract>},
      {"sqrt", one<sinter::sqrt>},
      {"exp", one<math::exp>},
      {"exp2", one<math::exp2>},
      {"expm1", one<math::expm1>},
      {"log", one<math::log>},
      {"log2", one<math::log2>},
      {"log10", one<math::log10>},
      {"log1p", one<math::log1p>},
      {"pow", two<power>},
      {"mod", two<math::mod>},
      {"sin", one<math::sin>},
      {"cos", one<math::cos>},
      {"tan", one<math::tan>},
      {"asin", one<math::asin>},
      {"acos", one<math::acos>},
      {"atan", one<math::atan>},
      {"atan2", two<math::atan2>},
      {"sinh", one<math::sinh>},
      {"cosh", one<math::cosh>},
      {"tanh", one<math::tanh>},
      {"lerp", lerp},
      {"step", step},
      {"smoothstep", smoothstep},
      {"db", one<math::db>},
      {"to_db", one<math::to_db>},
      {"mtof", one<math::mtof>},
      {"ftom", one<math::ftom>},
      {"pick", pick},
  };
  return table;
}

}  // namespace

Formula find_formula(std::string_view function) {
  const auto found = formulas().find(function);
  return found == formulas().end() ? nullptr : found->second;
}

Signal power(Signal a, Signal b) {
  const Inst exponent = b.inst();
  if (exponent.op == Op::constant && exponent.type == Type::f64) {
    const double value = as_f64(exponent.imm);
    if (value == 1) return a;
    if (value == 2) return a * a;
    if (value == 3) return a * a * a;
    if (value == 4) return (a * a) * (a * a);
    if (value == -1) return 1.0 / a;
  }
  return math::pow(a, b);
}

Signal quantity(Builder& b, double value, std::string_view unit) {
  if (unit == "ms") return b.constant(value / 1000);
  if (unit == "kHz") return b.constant(value * 1000);
  if (unit == "%") return b.constant(value / 100);
  if (unit == "dB") return math::db(b.constant(value));
  if (unit == "st") return math::exp2(b.constant(value / 12));
  if (unit == "samples") return b.constant(value) / b.sample_rate();
  return b.constant(value);
}

}  // namespace sinter::lowering
