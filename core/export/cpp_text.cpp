// See cpp_text.hpp.
#include "cpp_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace sinter::exporting {
namespace {

constexpr size_t kLineLength = 110, kNameLength = 40;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// C++20's too, so that the header may be read as either.
constexpr std::string_view kKeywords[] = {
    "alignas",     "alignof",  "and",        "and_eq",    "asm",       "auto",         "bitand",
    "bitor",       "bool",     "break",      "case",      "catch",     "char",         "char16_t",
    "char32_t",    "char8_t",  "class",      "co_await",  "co_return", "co_yield",     "compl",
    "concept",     "const",    "const_cast", "consteval", "constexpr", "constinit",    "continue",
    "decltype",    "default",  "delete",     "do",        "double",    "dynamic_cast", "else",
    "enum",        "explicit", "export",     "extern",    "false",     "float",        "for",
    "friend",      "goto",     "if",         "inline",    "int",       "long",         "mutable",
    "namespace",   "new",      "noexcept",   "not",       "not_eq",    "nullptr",      "operator",
    "or",          "or_eq",    "private",    "protected", "public",    "register",     "reinterpret_cast",
    "requires",    "return",   "short",      "signed",    "sizeof",    "static",       "static_assert",
    "static_cast", "struct",   "switch",     "template",  "this",      "thread_local", "throw",
    "true",        "try",      "typedef",    "typeid",    "typename",  "union",        "unsigned",
    "using",       "virtual",  "void",       "volatile",  "wchar_t",   "while",        "xor",
    "xor_eq",      "std",      "posix",      "main",      "linux",     "unix",         "errno",
    "NULL",        "EOF",      "assert"};

bool is_keyword(std::string_view text) {
  return std::find(std::begin(kKeywords), std::end(kKeywords), text) != std::end(kKeywords);
}

template <class T>
std::string real(T value, std::string_view type, std::string_view suffix) {
  const std::string limits = "std::numeric_limits<" + std::string(type) + ">::";
  if (std::isnan(value)) return limits + "quiet_NaN()";
  if (std::isinf(value)) return (value < 0 ? "-" : "") + limits + "infinity()";
  char buffer[48];
  std::string text(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text += suffix;
}

}  // namespace

void Writer::line(std::string_view text) {
  if (!text.empty()) text_.append(2 * level_, ' ').append(text);
  text_ += '\n';
}

void Writer::open(std::string_view text) {
  line(std::string(text) + " {");
  ++level_;
}

void Writer::close(std::string_view after) {
  --level_;
  line("}" + std::string(after));
}

void Writer::reopen(std::string_view text) {
  close(" " + std::string(text) + " {");
  ++level_;
}

void Writer::label(std::string_view text) { text_.append(2 * level_ - 1, ' ').append(text) += '\n'; }

void Writer::block(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    line(text.substr(at, end - at));
    at = end + 1;
  }
}

void Writer::list(std::string_view before, const std::vector<std::string>& elements, std::string_view after) {
  const size_t length = before.size() + after.size();
  std::string all;
  for (size_t i = 0; i < elements.size() && length + all.size() < kLineLength; ++i)
    all += (i ? ", " : "") + elements[i];
  if (length + all.size() < kLineLength) return line(std::string(before) + "{" + all + "}" + std::string(after));
  line(std::string(before) + "{");
  std::string row = "   ";
  for (size_t i = 0; i < elements.size(); ++i) {
    const std::string element = " " + elements[i] + (i + 1 < elements.size() ? "," : "");
    if (row.size() + element.size() > kLineLength) {
      line(row);
      row = "   ";
    }
    row += element;
  }
  line(row);
  line("}" + std::string(after));
}

std::string number(uint64_t value) { return std::to_string(value); }

std::string literal(double value) { return real(value, "double", ""); }

std::string literal(Type type, uint64_t bits) {
  switch (type) {
    case Type::f32:
      return real(as_f32(bits), "float", "f");
    case Type::f64:
      return literal(as_f64(bits));
    case Type::i32:
      // The smallest one has no literal of its own.
      return as_i32(bits) == INT32_MIN ? "(-2147483647 - 1)" : std::to_string(as_i32(bits));
    case Type::mask:
      break;
  }
  return bits ? "true" : "false";
}

std::string quoted(std::string_view text) {
  constexpr char kDigits[] = "01234567";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // Octal: a hexadecimal escape would swallow digits after it. Two ? in a row could be a trigraph.
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\' || c == '?')
      out += {'\\', kDigits[byte >> 6], kDigits[byte >> 3 & 7], kDigits[byte & 7]};
    else out += c;
  }
  return out + '"';
}

std::string comment(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\' ? ' ' : c;
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string_view type_name(Type type) {
  constexpr std::string_view kNames[] = {"float", "double", "std::int32_t", "bool"};
  return kNames[static_cast<size_t>(type)];
}

std::string identifier(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_letter(c) || is_digit(c)) out += c;
    else if (!out.empty() && out.back() != '_') out += '_';
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  if (out.empty()) return "patch";
  return is_digit(out[0]) || is_keyword(out) ? "patch_" + out : out;
}

bool is_namespace(std::string_view text) {
  for (size_t at = 0;;) {
    const size_t end = text.find("::", at);
    const std::string_view part = text.substr(at, end - at);
    if (part.empty() || identifier(part) != part) return false;
    if (end == std::string_view::npos) return true;
    at = end + 2;
  }
}

std::string Names::unique(std::string_view prefix, std::string_view text, std::string_view suffix) {
  const std::string base = std::string(prefix) + identifier(text.substr(0, kNameLength));
  std::string name = base + std::string(suffix);
  for (uint32_t n = 2; !taken_.insert(name).second; ++n) name = base + "_" + number(n) + std::string(suffix);
  return name;
}

}  // namespace sinter::exporting
