// Ranges, scales and choices that contradict each other.
#include "check_param.hpp"

#include <algorithm>
#include <cmath>

#include "numbers.hpp"

namespace sinter {
namespace {

constexpr double kMaxSmoothMs = 10'000;

std::optional<ParamFault> check_choices(const GraphParam& param) {
  std::vector<std::string> names = param.choices;
  std::ranges::sort(names);
  if (names.front().empty()) return ParamFault{"choices", Errc::bad_param, "a choice without a name"};
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) return ParamFault{"choices", Errc::bad_param, "the choice '" + *twice + "' stands twice"};
  if (param.fallback < 0 || param.fallback >= static_cast<double>(names.size()) ||
      param.fallback != std::floor(param.fallback))
    return ParamFault{"default", Errc::bad_param, "the default is not the number of a choice"};
  return std::nullopt;
}

std::optional<ParamFault> check_range(const GraphParam& param) {
  const std::string range = print_decimal(param.minimum) + " to " + print_decimal(param.maximum);
  for (double value : {param.minimum, param.maximum, param.fallback, param.step, param.smooth_ms})
    if (!std::isfinite(value)) return ParamFault{"default", Errc::not_finite, "a parameter's numbers must be finite"};
  if (param.minimum >= param.maximum)
    return ParamFault{"max", Errc::bad_param, "min must be less than max, but the range is " + range};
  if (param.fallback < param.minimum || param.fallback > param.maximum)
    return ParamFault{"default", Errc::bad_param,
                      "the default " + print_decimal(param.fallback) + " is outside the range " + range};
  if (param.scale == Scale::log && param.minimum <= 0)
    return ParamFault{"scale", Errc::bad_param,
                      "a log scale needs a min greater than 0, not " + print_decimal(param.minimum)};
  if (param.step < 0 || param.step > param.maximum - param.minimum)
    return ParamFault{"step", Errc::bad_param, "the step must be 0 or more and no greater than the range " + range};
  return std::nullopt;
}

}  // namespace

std::optional<ParamFault> check_param(const GraphParam& param) {
  if (auto fault = param.choices.empty() ? check_range(param) : check_choices(param)) return fault;
  if (!(param.smooth_ms >= 0 && param.smooth_ms <= kMaxSmoothMs))
    return ParamFault{"smooth_ms", Errc::out_of_range,
                      "smooth_ms must lie between 0 and " + print_decimal(kMaxSmoothMs)};
  if (param.midi_cc < -1 || param.midi_cc > 127)
    return ParamFault{"midi", Errc::out_of_range, "cc must lie between 0 and 127"};
  if (param.slot < -1) return ParamFault{"slot", Errc::out_of_range, "slot must be 0 or more"};
  return std::nullopt;
}

}  // namespace sinter
