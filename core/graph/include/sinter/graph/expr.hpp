// Expressions of the patch format: the syntax tree, parsing and printing. What names mean is decided when lowering.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/graph/span.hpp"

namespace sinter {

struct SourceMap;

enum class ExprKind : uint8_t {
  number,       ///< value
  quantity,     ///< value with unit `text`
  param,        ///< $text
  name,         ///< text: a node, an input, a `where` name or a constant
  member,       ///< args[0] "." text: another output of a node
  index,        ///< args[0][value]
  call,         ///< text(args…)
  negate,       ///< -args[0]
  logical_not,  ///< !args[0]
  binary,       ///< args[0] text args[1]; text is one of + - * / ^ < <= > >= == != && ||
  choose,       ///< args[0] ? args[1] : args[2]
  invalid,      ///< text that does not parse, kept as written; only in graphs made in C++, reported by check()
};

struct Expr {
  ExprKind kind = ExprKind::number;
  double value = 0;
  std::string text;
  std::vector<Expr> args;
  Span span;
  friend bool operator==(const Expr&, const Expr&) = default;

  static Expr number(double value) { return {ExprKind::number, value, {}, {}, {}}; }
  static Expr named(std::string name) { return {ExprKind::name, 0, std::move(name), {}, {}}; }
};

// Limits of one expression; the tree of a parsed expression is never higher than kMaxExpressionHeight.
inline constexpr uint32_t kMaxExpressionDepth = 64;      ///< brackets, signs, powers and choices inside each other
inline constexpr uint32_t kMaxExpressionNodes = 10'000;  ///< numbers, names, operators and calls
inline constexpr uint32_t kMaxExpressionHeight = 1'000;  ///< also counts operators in a row: a + b + c + …

/// Where the decoded text of a JSON string lies in its file: offset of each decoded byte, for carets through escapes.
struct TextOrigin {
  const SourceMap* sources = nullptr;  ///< null: places of errors are in the text itself
  uint32_t file = 0;
  std::vector<uint32_t> offset;  ///< text.size() + 1 entries; empty where there is no file
};

/// Parses one expression (the grammar of docs/patch-format.md). Errors: bad_expression, bad_unit, wrong_arity,
/// limit_expression, not_finite, unknown_name (a function that does not exist). A minus directly before a number or a
/// quantity is part of it, but for numbers that are raised to a power. Warnings (ambiguous_minus) are appended to
/// `warnings` where given. Control thread.
Result<Expr> parse_expr(std::string_view text, const TextOrigin& origin = {}, std::vector<Error>* warnings = nullptr);

/// The shortest text that parses to an equal tree.
std::string print(const Expr& expr);

/// What a number or quantity is worth: seconds, hertz, linear gain, fraction, frequency ratio. False for the units
/// that depend on the sample rate or the tempo (samples, beats) and for every other kind of expression.
bool literal_value(const Expr& expr, double& value);

/// One row per function of the language: its name and how many arguments it takes. Names are reserved words.
struct FunctionInfo {
  std::string_view name;
  uint8_t min_args, max_args;  ///< max 255: any number
  std::string_view doc;
};
const std::vector<FunctionInfo>& functions();
const FunctionInfo* find_function(std::string_view name);
/// pi sr i n k bpm beat bar playing modwheel
bool is_constant_name(std::string_view name);
/// [A-Za-z_][A-Za-z0-9_]* and not reserved.
bool is_valid_id(std::string_view text);

}  // namespace sinter
