// Expressions of the patch format: the syntax tree, parsing and printing. What names mean is decided when lowering.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"

namespace sinter {

/// A place in one of the files a graph was read from; file 0 where it was made in C++. Never compared.
struct Span {
  uint32_t file = 0;    ///< index into SourceMap::files, 1-based
  uint32_t begin = 0;   ///< byte offsets in the file
  uint32_t end = 0;
  friend bool operator==(const Span&, const Span&) { return true; }
};

enum class ExprKind : uint8_t {
  number,      ///< value
  quantity,    ///< value with unit `text`
  param,       ///< $text
  name,        ///< text: a node, an input, a `where` name or a constant
  member,      ///< args[0].text: another output of a node
  index,       ///< args[0][value]
  call,        ///< text(args…)
  negate,      ///< -args[0]
  logical_not, ///< !args[0]
  binary,      ///< args[0] text args[1]; text is one of + - * / ^ < <= > >= == != && ||
  choose,      ///< args[0] ? args[1] : args[2]
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

inline constexpr uint32_t kMaxNesting = 64;

/// Where the decoded text of a JSON string lies in its file: offset of each decoded byte, for carets through escapes.
struct TextOrigin {
  uint32_t file = 0;
  std::vector<uint32_t> offset;  ///< text.size() + 1 entries; empty where there is no file
};

/// Parses one expression (the grammar of docs/patch-format.md). Errors: bad_expression, bad_unit, wrong_arity,
/// limit_expression, not_finite. Warnings (ambiguous_minus) are appended to `warnings` where given. Control thread.
Result<Expr> parse_expr(std::string_view text, const TextOrigin& origin = {}, std::vector<Error>* warnings = nullptr);

/// The shortest text that parses to an equal tree.
std::string print(const Expr& expr);

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
