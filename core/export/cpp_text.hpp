// Private to the export: pieces of C++ text. Numbers keep every bit, names are always legal.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/ir/ir.hpp"

namespace sinter::exporting {

/// Lines with two spaces per level.
class Writer {
 public:
  void line(std::string_view text = {});
  /// A line that ends in an opening brace, and all up to close() inside of it.
  void open(std::string_view text);
  void close(std::string_view after = {});
  /// Closes what is open, and opens what comes after it: "} else {".
  void reopen(std::string_view text);
  /// "public:", a step to the left.
  void label(std::string_view text);
  /// Ready-made lines, indented as they are relative to the level.
  void block(std::string_view text);
  /// A list between braces, as many elements a line as fit.
  void list(std::string_view before, const std::vector<std::string>& elements, std::string_view after);
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  uint32_t level_ = 0;
};

/// A number as a string of digits.
std::string number(uint64_t value);
/// A literal of this type; of reals the shortest decimal that reads back as the same number.
std::string literal(Type type, uint64_t bits);
std::string literal(double value);
std::string quoted(std::string_view text);
/// Text for the end of a // comment: no control characters, nothing that would go on to the next line.
std::string comment(std::string_view text);
std::string_view type_name(Type type);

/// Letters, digits and single underscores; never empty, a keyword, or reserved.
std::string identifier(std::string_view text);
/// Whether each part of "a::b" is an identifier() as it stands.
bool is_namespace(std::string_view text);

/// Gives each name once.
class Names {
 public:
  /// `prefix` and the text as an identifier, with a number behind where that is taken.
  std::string unique(std::string_view prefix, std::string_view text, std::string_view suffix = {});

 private:
  std::set<std::string> taken_;
};

}  // namespace sinter::exporting
