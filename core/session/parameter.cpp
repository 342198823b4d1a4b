// Converts between plain, normalised and typed parameter values.
#include "sinter/session/parameter.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

namespace sinter {
namespace {

constexpr double kTextDigits = 5e-6;  // what six digits may be off, relative

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

Error wrong(const GraphParam& param, const std::string& message) {
  return {.code = Errc::usage, .where = param.id, .message = message};
}

struct Range {
  double low = 0, high = 1;
};
Range range_of(const GraphParam& param) {
  if (param.choices.empty()) return {param.minimum, param.maximum};
  return {0, static_cast<double>(param.choices.size() - 1)};
}
bool is_log(const GraphParam& param, const Range& range) {
  return param.scale == Scale::log && range.low > 0 && range.high > range.low;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// A number with an optional unit, spaces between them or not.
struct Amount {
  double value = 0;
  std::string_view unit;
};
std::optional<Amount> amount_of(std::string_view text) {
  constexpr std::string_view kUnits[] = {"",  "ms", "s",     "Hz",      "kHz",  "dB",
                                         "%", "st", "beats", "samples", "gain", "turns"};
  text = trimmed(text);
  Amount amount;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), amount.value);
  if (failed != std::errc() || !std::isfinite(amount.value)) return {};
  amount.unit = trimmed(text.substr(static_cast<size_t>(end - text.data())));
  if (std::find(std::begin(kUnits), std::end(kUnits), amount.unit) == std::end(kUnits)) return {};
  return amount;
}

struct Clocks {
  double sample_rate = 48'000, bpm = 120;
};

std::optional<double> in_seconds(const Amount& amount, const Clocks& clocks) {
  if (amount.unit == "s") return amount.value;
  if (amount.unit == "ms") return amount.value / 1000;
  if (amount.unit == "samples") return amount.value / clocks.sample_rate;
  if (amount.unit == "beats") return amount.value * 60 / clocks.bpm;
  return {};
}

std::optional<double> in_hertz(const Amount& amount) {
  if (amount.unit == "Hz") return amount.value;
  if (amount.unit == "kHz") return amount.value * 1000;
  return {};
}

// The amount in the unit of the parameter; nothing where that is of another kind.
std::optional<double> converted(const Amount& amount, Unit unit, const Clocks& clocks) {
  if (amount.unit.empty() || amount.unit == name(unit)) return amount.value;
  switch (unit) {
    case Unit::hertz:
      return in_hertz(amount);
    case Unit::seconds:
      return in_seconds(amount, clocks);
    case Unit::samples: {
      const std::optional<double> seconds = in_seconds(amount, clocks);
      return seconds ? std::optional(*seconds * clocks.sample_rate) : std::nullopt;
    }
    case Unit::beats: {
      const std::optional<double> seconds = in_seconds(amount, clocks);
      return seconds ? std::optional(*seconds * clocks.bpm / 60) : std::nullopt;
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

double nearest_value(const GraphParam& param, double value) {
  const Range range = range_of(param);
  if (std::isnan(value)) value = param.fallback;
  value = std::min(std::max(value, range.low), range.high);
  const double step = param.choices.empty() ? param.step : 1;
  if (!(step > 0)) return value;
  const double stepped = std::min(range.low + std::round((value - range.low) / step) * step, range.high);
  // The range's end is a value of its own where the steps do not meet it.
  return range.high - value < std::abs(stepped - value) ? range.high : stepped;
}

double normalised(const GraphParam& param, double value) {
  const Range range = range_of(param);
  if (!(range.high > range.low)) return 0;
  if (std::isnan(value)) value = param.fallback;
  value = std::min(std::max(value, range.low), range.high);
  if (is_log(param, range)) return std::clamp(std::log(value / range.low) / std::log(range.high / range.low), 0.0, 1.0);
  return (value - range.low) / (range.high - range.low);
}

double plain(const GraphParam& param, double value) {
  if (std::isnan(value)) return nearest_value(param, value);
  const Range range = range_of(param);
  value = std::clamp(value, 0.0, 1.0);
  // Interpolated so that both ends are exact.
  if (value == 1) return range.high;
  if (is_log(param, range)) return nearest_value(param, range.low * std::pow(range.high / range.low, value));
  return nearest_value(param, range.low + value * (range.high - range.low));
}

Result<double> parse_parameter(const GraphParam& param, std::string_view text, double sample_rate, double bpm) {
  if (!param.choices.empty()) return choice(param, text);
  const std::optional<Amount> amount = amount_of(text);
  if (!amount)
    return wrong(param, "'" + std::string(text) + "' is not a number; write one, with a unit where it has one");
  const std::optional<double> value = converted(*amount, param.unit, {sample_rate, bpm});
  if (!value)
    return wrong(param, "its unit is '" + std::string(name(param.unit)) + "', which '" + std::string(amount->unit) +
                            "' does not fit");
  // The text of a range's end may have been rounded out of the range.
  const double end = std::min(std::max(*value, param.minimum), param.maximum);
  if (!(std::abs(*value - end) <= kTextDigits * std::abs(end)))
    return wrong(param, "'" + std::string(text) + "' is outside " + parameter_text(param, param.minimum) + " … " +
                            parameter_text(param, param.maximum));
  return end;
}

std::string parameter_text(const GraphParam& param, double value) {
  if (!param.choices.empty()) return param.choices[static_cast<size_t>(nearest_value(param, value))];
  const std::string_view unit = param.unit == Unit::gain ? "" : name(param.unit);
  return number_text(value) + (unit.empty() ? "" : " ") + std::string(unit);
}

}  // namespace sinter
