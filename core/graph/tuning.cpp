// Scala scale files: comments, a description, the number of degrees, then one degree a line as cents or as a ratio.
#include "sinter/graph/tuning.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include "files.hpp"
#include "numbers.hpp"

namespace sinter {
namespace {

constexpr uint32_t kMiddleC = 60, kConcertA = 69;
constexpr double kConcertPitch = 440, kHighestHz = 1e12, kLowestHz = 1e-6;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What stands first on a line; what follows it is a remark.
std::string_view first_word(std::string_view line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  size_t end = 0;
  while (end < line.size() && !is_blank(line[end])) ++end;
  return line.substr(0, end);
}

std::optional<uint64_t> whole(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Cents have a point ("701.955", "-5.", "1200.0"), everything else is a ratio ("3/2", "2").
std::optional<double> degree(std::string_view word) {
  if (word.find('.') == std::string_view::npos) {
    const size_t slash = word.find('/');
    const auto above = whole(word.substr(0, slash));
    const auto below = slash == std::string_view::npos ? uint64_t{1} : whole(word.substr(slash + 1));
    if (!above || !below || *above == 0 || *below == 0) return std::nullopt;
    return static_cast<double>(*above) / static_cast<double>(*below);
  }
  const bool negative = word.front() == '-';
  if (negative || word.front() == '+') word.remove_prefix(1);
  std::string digits(word);
  for (const char c : digits)
    if (!is_digit(c) && c != '.') return std::nullopt;
  if (digits.find('.') != digits.rfind('.') || digits.size() < 2) return std::nullopt;
  if (digits.front() == '.') digits.insert(0, "0");
  if (digits.back() == '.') digits += '0';
  const auto cents = parse_decimal(digits);
  if (!cents) return std::nullopt;
  return std::exp2((negative ? -*cents : *cents) / 1200);
}

class ScalaReader {
 public:
  explicit ScalaReader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  Result<std::vector<double>> read() {
    if (!next()) return fail("it is empty; its first line is a description, its second the number of degrees");
    if (!next()) return fail("the number of degrees is missing");
    const auto count = whole(first_word(line_));
    if (!count || *count == 0 || *count > kMaxScaleDegrees)
      return fail("the second line is the number of degrees, from 1 to " + std::to_string(kMaxScaleDegrees));
    std::vector<double> ratios;
    for (uint64_t i = 0; i < *count; ++i) {
      if (!next())
        return fail("it has " + std::to_string(i) + " degrees, and says that there are " + std::to_string(*count));
      const auto ratio = degree(first_word(line_));
      if (!ratio) return fail("a degree is a ratio such as 3/2, or cents with a point such as 701.955");
      ratios.push_back(*ratio);
    }
    return keys(ratios);
  }

 private:
  bool next() {
    while (at_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      line_ = text_.substr(at_, end - at_);
      at_ = end + 1;
      ++number_;
      if (!line_.starts_with('!')) return true;
    }
    return false;
  }

  Error fail(const std::string& what) const {
    return Error{Errc::bad_tuning, "", "line " + std::to_string(std::max(number_, 1u)) + ": " + what};
  }

  /// The last degree is the interval at which the scale begins anew.
  Result<std::vector<double>> keys(const std::vector<double>& ratios) const {
    const auto degrees = static_cast<int32_t>(ratios.size());
    const double middle = kConcertPitch * std::exp2(-9.0 / 12);
    std::vector<double> hz;
    for (int32_t key = 0; key < static_cast<int32_t>(kKeys); ++key) {
      const int32_t steps = key - static_cast<int32_t>(kMiddleC);
      const int32_t turns = steps >= 0 ? steps / degrees : -((degrees - 1 - steps) / degrees);
      const int32_t step = steps - turns * degrees;
      const double ratio = step == 0 ? 1 : ratios[static_cast<size_t>(step - 1)];
      hz.push_back(middle * std::pow(ratios.back(), turns) * ratio);
      if (!(hz.back() >= kLowestHz && hz.back() <= kHighestHz))
        return fail("key " + std::to_string(key) + " would be at " + print_decimal(hz.back()) +
                    " Hz; the last degree is the octave, such as 2/1");
    }
    return hz;
  }

  std::string_view text_, line_;
  size_t at_ = 0;
  uint32_t number_ = 0;
};

}  // namespace

std::vector<double> equal_temperament() {
  std::vector<double> hz;
  for (uint32_t key = 0; key < kKeys; ++key)
    hz.push_back(kConcertPitch * std::exp2((static_cast<double>(key) - kConcertA) / 12));
  return hz;
}

Result<std::vector<double>> parse_tuning(std::string_view text) { return ScalaReader(text).read(); }

Result<std::vector<double>> read_tuning(const std::string& folder, const std::string& name) {
  if (const auto there = find_asset(folder, name); !there) return there.error();
  const auto path = find_inside(folder, folder, name);
  if (!path) return path.error();
  const Result<std::string> text = read_text_file(*path);
  if (!text && text.error().code != Errc::limit_file) return text.error();
  if (!text) return Error{Errc::bad_tuning, "", "'" + name + "' is too large for a Scala file"};
  Result<std::vector<double>> keys = parse_tuning(*text);
  if (!keys) return Error{Errc::bad_tuning, "", "'" + name + "', " + keys.error().message};
  return keys;
}

}  // namespace sinter
