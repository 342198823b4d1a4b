// The characters of an expression: where the parser stands, its tokens, and the two look-aheads that the grammar needs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sinter {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); }
inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Scanner {
 protected:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  void skip() { at_ = blanks_from(at_); }
  void advance(size_t count) {
    at_ += count;
    skip();
  }
  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    advance(token.size());
    return true;
  }
  std::string_view take_any(const std::vector<std::string_view>& tokens) {
    for (std::string_view token : tokens)
      if (take(token)) return token;
    return {};
  }
  std::string found() const {
    if (at_end()) return "the end";
    size_t end = at_ + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0u) == 0x80u) ++end;
    return "'" + std::string(text_.substr(at_, end - at_)) + "'";
  }

  /// True at a minus directly before a quantity, or before a number that nothing binds more tightly than the minus.
  bool minus_belongs_to_literal() const {
    size_t i = blanks_from(at_ + 1);
    const size_t end = end_of_digits(i);
    if (end == i) return false;
    i = blanks_from(end);
    if (!unit_at(i).empty()) return true;
    return i >= text_.size() || (text_[i] != '^' && text_[i] != '[' && text_[i] != '.');
  }

  /// End of a number that starts at `i`, or `i` where there is none. A dot counts only before a digit.
  size_t end_of_digits(size_t i) const {
    const auto digit = [&](size_t k) { return k < text_.size() && is_digit(text_[k]); };
    const auto sign = [&](size_t k) { return k < text_.size() && (text_[k] == '+' || text_[k] == '-'); };
    const size_t begin = i;
    while (digit(i)) ++i;
    if (i < text_.size() && text_[i] == '.' && digit(i + 1))
      for (++i; digit(i);) ++i;
    if (i == begin || i >= text_.size() || (text_[i] != 'e' && text_[i] != 'E')) return i;
    const size_t exponent = i + 1 + (sign(i + 1) ? 1 : 0);
    if (!digit(exponent)) return i;
    for (i = exponent; digit(i);) ++i;
    return i;
  }

  std::string_view unit_at(size_t i) const {
    size_t end = i;
    if (end < text_.size() && text_[end] == '%') return text_.substr(i, 1);
    while (end < text_.size() && is_word(text_[end])) ++end;
    return text_.substr(i, end - i);
  }

  size_t blanks_from(size_t i) const {
    while (i < text_.size() && is_blank(text_[i])) ++i;
    return i;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace sinter
