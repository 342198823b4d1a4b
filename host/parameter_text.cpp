// Converts between typed text and plain parameter values.
#include "sinter/host/parameter_text.hpp"

#include <cmath>
#include <cstdio>
#include <optional>

namespace sinter::host {
namespace {

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

Error wrong(const GraphParam& param, const std::string& message) {
  return {.code = Errc::usage, .where = param.id, .message = message};
}

// A number with an optional unit; a minus in front belongs to it.
struct Amount {
  double value = 0;
  std::string unit;
};
std::optional<Amount> amount_of(const Expr& expr) {
  if (expr.kind == ExprKind::number || expr.kind == ExprKind::quantity) return Amount{expr.value, expr.text};
  if (expr.kind != ExprKind::negate) return {};
  std::optional<Amount> inner = amount_of(expr.args[0]);
  if (inner) inner->value = -inner->value;
  return inner;
}

std::optional<double> in_seconds(const Amount& amount, double sample_rate) {
  if (amount.unit == "s") return amount.value;
  if (amount.unit == "ms") return amount.value / 1000;
  if (amount.unit == "samples") return amount.value / sample_rate;
  if (amount.unit == "beats") return amount.value / 2;
  return {};
}

std::optional<double> in_hertz(const Amount& amount) {
  if (amount.unit == "Hz") return amount.value;
  if (amount.unit == "kHz") return amount.value * 1000;
  return {};
}

// The amount in the unit of the parameter; nothing where that is of another kind.
std::optional<double> converted(const Amount& amount, Unit unit, double sample_rate) {
  if (amount.unit.empty() || amount.unit == name(unit)) return amount.value;
  switch (unit) {
    case Unit::hertz:
      return in_hertz(amount);
    case Unit::seconds:
      return in_seconds(amount, sample_rate);
    case Unit::samples: {
      const std::optional<double> seconds = in_seconds(amount, sample_rate);
      return seconds ? std::optional(*seconds * sample_rate) : std::nullopt;
    }
    case Unit::beats: {
      const std::optional<double> seconds = in_seconds(amount, sample_rate);
      return seconds ? std::optional(*seconds * 2) : std::nullopt;
    }
    case Unit::none:
    case Unit::gain:
      if (amount.unit == "dB") return std::pow(10.0, amount.value / 20);
      if (amount.unit == "%") return amount.value / 100;
      if (amount.unit == "st" && unit == Unit::none) return std::exp2(amount.value / 12);
      return {};
    default:
      return {};
  }
}

Result<double> choice(const GraphParam& param, std::string_view text) {
  std::string known;
  for (size_t i = 0; i < param.choices.size(); ++i) {
    if (param.choices[i] == text) return static_cast<double>(i);
    known += (i ? ", " : "") + param.choices[i];
  }
  return wrong(param, "'" + std::string(text) + "' is none of its choices: " + known);
}

}  // namespace

Result<double> parse_parameter(const GraphParam& param, std::string_view text, double sample_rate) {
  if (!param.choices.empty()) return choice(param, text);
  const Result<Expr> expr = parse_expr(text);
  const std::optional<Amount> amount = expr ? amount_of(*expr) : std::nullopt;
  if (!amount)
    return wrong(param, "'" + std::string(text) + "' is not a number; write one, with a unit where it has one");
  const std::optional<double> value = converted(*amount, param.unit, sample_rate);
  if (!value)
    return wrong(param,
                 "its unit is '" + std::string(name(param.unit)) + "', which '" + amount->unit + "' does not fit");
  if (!(*value >= param.minimum && *value <= param.maximum))
    return wrong(param, "'" + std::string(text) + "' is outside " + parameter_text(param, param.minimum) + " … " +
                            parameter_text(param, param.maximum));
  return *value;
}

std::string parameter_text(const GraphParam& param, double value) {
  if (!param.choices.empty()) return param.choices.at(static_cast<size_t>(value));
  const std::string_view unit = param.unit == Unit::gain ? "" : name(param.unit);
  return number_text(value) + (unit.empty() ? "" : " ") + std::string(unit);
}

}  // namespace sinter::host
