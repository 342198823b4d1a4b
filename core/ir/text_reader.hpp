// Reads one line of the text form: words, fields, numbers, literals and quoted texts, and where it failed.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "sinter/ir/ir.hpp"

namespace sinter::text {

inline bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
inline bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// One line, read from left to right. The first failure is kept; after it every read gives a harmless value.
class Reader {
 public:
  explicit Reader(std::string_view line) : line_(line) {}

  bool failed() const { return failure_.has_value(); }
  const std::string& failure() const { return *failure_; }
  /// Column of the failure, 1-based, in UTF-8 characters.
  uint32_t column() const {
    uint32_t column = 1;
    for (size_t i = 0; i < failed_at_ && i < line_.size(); ++i) column += (line_[i] & 0xc0) != 0x80;
    return column;
  }

  void fail(std::string message) { fail_at(at_, std::move(message)); }
  void fail_at(size_t at, std::string message) {
    if (failure_) return;
    failure_ = std::move(message);
    failed_at_ = at;
  }

  size_t here() {
    while (at_ < line_.size() && is_space(line_[at_])) ++at_;
    return at_;
  }
  bool at_end() {
    here();
    return failed() || at_ == line_.size() || line_[at_] == ';';
  }
  bool accept(char c) {
    here();
    if (failed() || at_ == line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("expected '") + c + "'");
  }
  std::string_view word() {
    const size_t start = here();
    while (at_ < line_.size() && is_word(line_[at_])) ++at_;
    if (start == at_) fail("expected a word");
    return line_.substr(start, at_ - start);
  }
  /// The word ahead, without reading it.
  std::string_view peek() {
    const size_t start = here();
    size_t end = start;
    while (end < line_.size() && is_word(line_[end])) ++end;
    return failed() ? std::string_view{} : line_.substr(start, end - start);
  }
  bool accept_word(std::string_view text) {
    if (failed() || peek() != text) return false;
    at_ += text.size();
    return true;
  }
  /// Reads "name=".
  void field(std::string_view name) {
    if (!accept_word(name)) return fail("expected " + std::string(name) + "=");
    expect('=');
  }

  uint64_t number(uint64_t most = UINT32_MAX) {
    const size_t start = here();
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(line_.data() + at_, line_.data() + line_.size(), value);
    if (error == std::errc::invalid_argument) return fail("expected a whole number"), 0;
    if (error != std::errc{} || value > most)
      return fail_at(start, "the number is larger than " + std::to_string(most)), 0;
    at_ = static_cast<size_t>(end - line_.data());
    return failed() ? 0 : value;
  }
  uint32_t number32() { return static_cast<uint32_t>(number()); }

  /// A decimal, then the bits after a colon where decimals do not say it all.
  template <class T>
  uint64_t real() {
    here();
    T value{};
    const auto [end, error] = std::from_chars(line_.data() + at_, line_.data() + line_.size(), value);
    if (error == std::errc::invalid_argument) return fail("expected a number"), 0;
    at_ = static_cast<size_t>(end - line_.data());
    const bool has_bits = at_ < line_.size() && line_[at_] == ':';
    if (error != std::errc{} && !has_bits) return fail("the number does not fit its type"), 0;
    if (!has_bits) return bits_of(value);
    ++at_;
    return hex(sizeof(T) == 8 ? UINT64_MAX : UINT32_MAX);
  }
  uint64_t hex(uint64_t most) {
    const size_t start = at_;
    uint64_t bits = 0;
    if (line_.substr(at_, 2) != "0x") return fail("expected bits such as 0x7fc00000"), 0;
    const auto [end, error] = std::from_chars(line_.data() + at_ + 2, line_.data() + line_.size(), bits, 16);
    if (error != std::errc{} || bits > most) return fail_at(start, "the bits do not fit the type"), 0;
    at_ = static_cast<size_t>(end - line_.data());
    return bits;
  }
  uint64_t literal(Type type) {
    if (line_.substr(here(), 2) == "0x") return hex(UINT64_MAX);
    if (type == Type::f32) return real<float>();
    if (type == Type::f64) return real<double>();
    if (type == Type::i32) return integer();
    if (accept_word("true")) return UINT32_MAX;
    if (!accept_word("false")) fail("expected true or false");
    return 0;
  }
  std::string quoted() {
    std::string out;
    for (expect('"'); !failed(); ++at_) {
      if (at_ == line_.size()) return fail("the text has no closing quote"), out;
      const char c = line_[at_];
      if (c == '"') break;
      if (c != '\\') out += c;
      else out += escaped();
    }
    expect('"');
    return out;
  }
  Type type() {
    const size_t start = here();
    const std::string_view text = word();
    for (const Type type : {Type::f32, Type::f64, Type::i32, Type::mask})
      if (name(type) == text) return type;
    return fail_at(start, "'" + std::string(text) + "' is no type; the types are f32, f64, i32 and mask"), Type::f32;
  }

 private:
  uint64_t integer() {
    int32_t value = 0;
    const auto [end, error] = std::from_chars(line_.data() + at_, line_.data() + line_.size(), value);
    if (error != std::errc{}) return fail("expected an integer of 32 bits"), 0;
    at_ = static_cast<size_t>(end - line_.data());
    return bits_of(value);
  }
  // at_ stands on the backslash and is left on the escape's last character.
  char escaped() {
    const std::string_view rest = line_.substr(at_ + 1);
    if (!rest.empty() && (rest[0] == '"' || rest[0] == '\\')) return ++at_, rest[0];
    uint32_t byte = 0;
    if (rest.size() >= 3 && rest[0] == 'x' &&
        std::from_chars(rest.data() + 1, rest.data() + 3, byte, 16).ptr == rest.data() + 3)
      return at_ += 3, static_cast<char>(byte);
    return fail("an escape is \\\" or \\\\ or \\x and two digits"), ' ';
  }

  std::string_view line_;
  size_t at_ = 0, failed_at_ = 0;
  std::optional<std::string> failure_;
};

}  // namespace sinter::text
