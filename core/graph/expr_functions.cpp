// The words of the expression language: functions, constants, units, and what a quantity is worth.
#include <algorithm>
#include <array>
#include <cmath>

#include "expr_scan.hpp"
#include "expr_words.hpp"
#include "sinter/graph/expr.hpp"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 10> kConstants = {"pi",  "sr",   "i",   "n",       "k",
                                                         "bpm", "beat", "bar", "playing", "modwheel"};
constexpr std::array<std::string_view, 9> kQuantityUnits = {"ms", "s",     "Hz", "kHz",    "dB",
                                                            "%",  "beats", "st", "samples"};

}  // namespace

std::span<const std::string_view> constant_names() { return kConstants; }
std::span<const std::string_view> quantity_units() { return kQuantityUnits; }

const std::vector<FunctionInfo>& functions() {
  static const std::vector<FunctionInfo> table = {
      {"abs", 1, 1, "absolute value"},
      {"sign", 1, 1, "-1, 0 or 1"},
      {"min", 2, 2, "the smaller of two"},
      {"max", 2, 2, "the larger of two"},
      {"clamp", 3, 3, "clamp(x, lo, hi)"},
      {"floor", 1, 1, "largest whole number not above x"},
      {"ceil", 1, 1, "smallest whole number not below x"},
      {"round", 1, 1, "nearest whole number"},
      {"trunc", 1, 1, "whole number towards 0"},
      {"frac", 1, 1, "x - floor(x)"},
      {"sqrt", 1, 1, "square root"},
      {"exp", 1, 1, "e to the power x"},
      {"exp2", 1, 1, "2 to the power x"},
      {"expm1", 1, 1, "exp(x) - 1, exact near 0"},
      {"log", 1, 1, "natural logarithm"},
      {"log2", 1, 1, "logarithm to base 2"},
      {"log10", 1, 1, "logarithm to base 10"},
      {"log1p", 1, 1, "log(1 + x), exact near 0"},
      {"pow", 2, 2, "pow(x, y), the same as x ^ y"},
      {"mod", 2, 2, "x - y * floor(x / y)"},
      {"sin", 1, 1, "sine of radians"},
      {"cos", 1, 1, "cosine of radians"},
      {"tan", 1, 1, "tangent of radians"},
      {"asin", 1, 1, "arc sine in radians"},
      {"acos", 1, 1, "arc cosine in radians"},
      {"atan", 1, 1, "arc tangent in radians"},
      {"atan2", 2, 2, "atan2(y, x), the angle of a point in radians"},
      {"sinh", 1, 1, "hyperbolic sine"},
      {"cosh", 1, 1, "hyperbolic cosine"},
      {"tanh", 1, 1, "hyperbolic tangent"},
      {"lerp", 3, 3, "lerp(a, b, t): a + t * (b - a)"},
      {"step", 2, 2, "step(edge, x): 0 below the edge, else 1"},
      {"smoothstep", 3, 3, "smoothstep(lo, hi, x): 0 to 1 without corners"},
      {"db", 1, 1, "decibel to linear gain"},
      {"to_db", 1, 1, "linear gain to decibel"},
      {"mtof", 1, 1, "MIDI note to Hz"},
      {"ftom", 1, 1, "Hz to MIDI note"},
      {"pick", 2, kAnyNumber, "pick(k, a, b, ...): the argument with number k, from 0"},
      {"prev", 1, 1, "one sample earlier"},
      {"hold", 1, 1, "constant over a control cell"},
      {"sum", 1, 2, "sum over channels; sum(x, w) folds to w channels"},
      {"stack", 1, kAnyNumber, "the channels of all arguments, one after the other"},
      {"count", 1, 1, "number of channels"},
      {"cc", 1, 1, "value of a MIDI controller"},
  };
  return table;
}

const FunctionInfo* find_function(std::string_view name) {
  for (const FunctionInfo& function : functions())
    if (function.name == name) return &function;
  return nullptr;
}

bool is_constant_name(std::string_view name) { return std::ranges::find(kConstants, name) != kConstants.end(); }

bool is_valid_id(std::string_view text) {
  if (text.empty() || is_digit(text[0])) return false;
  for (char c : text)
    if (!is_word(c)) return false;
  return !is_constant_name(text) && !find_function(text);
}

bool literal_value(const Expr& expr, double& value) {
  value = expr.value;
  if (expr.kind == ExprKind::number) return true;
  if (expr.kind != ExprKind::quantity) return false;
  const std::string& unit = expr.text;
  if (unit == "s" || unit == "Hz") return true;
  if (unit == "ms") value = expr.value / 1000;
  if (unit == "kHz") value = expr.value * 1000;
  if (unit == "%") value = expr.value / 100;
  if (unit == "dB") value = std::pow(10.0, expr.value / 20);
  if (unit == "st") value = std::exp2(expr.value / 12);
  return unit != "samples" && unit != "beats";
}

}  // namespace sinter
