// Inside the room: the word lists of expressions, and parsing into issues instead of errors with places.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/graph/expr.hpp"

namespace sinter {

inline constexpr uint8_t kAnyNumber = 255;  ///< FunctionInfo::max_args without a limit

std::span<const std::string_view> constant_names();
std::span<const std::string_view> quantity_units();

/// What is wrong with an expression and where: file offsets, or offsets in the text where there is no file.
struct ExprIssue {
  Errc code = Errc::bad_expression;
  Span span;
  std::string message;
  bool warning = false;
};

/// Nothing where the text does not parse; the last issue then says why.
std::optional<Expr> parse_expr(std::string_view text, const TextOrigin& origin, std::vector<ExprIssue>& issues);

}  // namespace sinter
