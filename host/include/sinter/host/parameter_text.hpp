// Parameter values as people type them: numbers, quantities with a unit, names of choices.
#pragma once

#include <string_view>

#include "sinter/base/error.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter::host {

/// The plain value of a parameter, in its own unit: "3.2kHz" is 3200 for a parameter in Hz, "-6dB" 0.501 for one of
/// unit gain and -6 for one in dB. `sample_rate` (Hz) is what `samples` are counted at; beats are at 120 per minute.
/// Errors (usage): not a number or choice, a unit that does not fit, outside the range. Any thread.
Result<double> parse_parameter(const GraphParam& param, std::string_view text, double sample_rate);

/// The value with its unit, or the choice's name.
std::string parameter_text(const GraphParam& param, double value);

}  // namespace sinter::host
