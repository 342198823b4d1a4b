// Parameters as people and hosts see them: plain and normalised values, units, steps, choices, text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter {

/// One parameter of the patch that plays. `id` is stable: hosts, saved states and edits know it by that.
struct ParameterInfo {
  GraphParam param;     ///< range, unit, scale, step, choices, label, group, slot, controller
  uint32_t handle = 0;  ///< for Session::set_parameter and Event::index
};

/// 0 … 1 of a plain value, by the parameter's scale (log: equal ratios are equal steps); clamped. Any thread.
double normalised(const GraphParam& param, double plain);
/// The plain value of 0 … 1, on the parameter's steps or choices; NaN gives the default. Any thread.
double plain(const GraphParam& param, double normalised);
/// The nearest value that the parameter can have: its range, steps, choices; NaN gives the default. Any thread.
double nearest_value(const GraphParam& param, double plain);

/// The plain value of a parameter, in its own unit: "3.2kHz" is 3200 for a parameter in Hz, "-6dB" 0.501 for one of
/// unit gain and -6 for one in dB. `sample_rate` (Hz) is what `samples` are counted at, `bpm` what `beats` are.
/// Errors (usage): not a number or choice, a unit that does not fit, outside the range. Any thread.
Result<double> parse_parameter(const GraphParam& param, std::string_view text, double sample_rate, double bpm = 120);

/// The value with its unit ("3.2 kHz" is written 3200 Hz), or the choice's name; parse_parameter gives it back to six
/// digits. Any thread.
std::string parameter_text(const GraphParam& param, double value);

}  // namespace sinter
