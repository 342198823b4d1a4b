// std::from_chars does not say whether a number was too large or too small, so its magnitude decides here.
#include "numbers.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace sinter {
namespace {

/// Power of ten of the first significant digit; a literal without one is 0 and never out of range.
int64_t decimal_exponent(std::string_view text) {
  int64_t whole_digits = 0, leading_zeros = 0, exponent = 0;
  bool fraction = false, significant = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      fraction = true;
    } else if (c == 'e' || c == 'E') {
      std::string_view digits = text.substr(i + 1);
      if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
      if (read.ec != std::errc()) exponent = digits.front() == '-' ? -1'000'000'000 : 1'000'000'000;
      break;
    } else if (c >= '0' && c <= '9') {
      significant |= c != '0';
      if (!fraction && significant) ++whole_digits;
      if (fraction && !significant) ++leading_zeros;
    }
  }
  return exponent + (whole_digits ? whole_digits - 1 : -leading_zeros - 1);
}

}  // namespace

std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc()) return value;
  if (decimal_exponent(text) > 0) return std::nullopt;
  return text.front() == '-' ? -0.0 : 0.0;
}

std::string print_decimal(double value) {
  char text[400];
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-5 && size < 1e15);
  const auto end = plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed)
                         : std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

}  // namespace sinter
