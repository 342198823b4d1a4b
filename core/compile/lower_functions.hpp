// The functions of the expression language that are formulas of their arguments alone.
#pragma once

#include <span>
#include <string_view>

#include "sinter/ir/builder.hpp"

namespace sinter::lowering {

using Formula = Signal (*)(std::span<const Signal> args);

/// Null for functions that are more than a formula (prev hold sum stack count).
Formula find_formula(std::string_view function);

/// a ^ b: whole exponents from 1 to 4 and −1 are products, which are exact where pow is only close.
Signal power(Signal a, Signal b);

/// A quantity in the unit that signals have: seconds, hertz, linear gain, fraction, ratio. Not beats, which need the
/// tempo.
Signal quantity(Builder& b, double value, std::string_view unit);

}  // namespace sinter::lowering
