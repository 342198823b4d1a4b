// Decimal numbers to double and back: the same rules for JSON, expressions and what is written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sinter {

/// The double nearest to a decimal literal (digits, fraction, exponent; a sign may stand in front); 0 where it is
/// smaller than every double. Nothing where it is greater than every double.
std::optional<double> parse_decimal(std::string_view text);

/// The shortest text that reads back as the same double; plain digits from 1e-5 up to 1e15, else with an exponent.
std::string print_decimal(double value);

}  // namespace sinter
