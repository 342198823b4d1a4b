// Typed values and known keys of JSON objects, with errors that say what was expected and what was found.
#include "fields.hpp"

#include <algorithm>
#include <cmath>

#include "expr_words.hpp"
#include "numbers.hpp"
#include "suggest.hpp"

namespace sinter {

bool ReadContext::want(JsonKind kind, const JsonValue& value, std::string_view what) const {
  if (value.kind() == kind) return true;
  fail(Errc::wrong_type, value.span(),
       std::string(what) + " must be " + std::string(name(kind)) + ", not " + std::string(name(value.kind())));
  return false;
}

std::optional<std::string> ReadContext::text(const JsonValue& value, std::string_view what) const {
  if (!want(JsonKind::string, value, what)) return std::nullopt;
  return value.string();
}

std::optional<double> ReadContext::number(const JsonValue& value, std::string_view what) const {
  if (!want(JsonKind::number, value, what)) return std::nullopt;
  return value.number();
}

std::optional<bool> ReadContext::flag(const JsonValue& value, std::string_view what) const {
  if (!want(JsonKind::boolean, value, what)) return std::nullopt;
  return value.truth();
}

std::optional<uint32_t> ReadContext::whole(const JsonValue& value, std::string_view what, uint32_t least, uint32_t most,
                                           Errc beyond) const {
  const auto found = number(value, what);
  if (!found) return std::nullopt;
  if (*found == std::floor(*found) && *found >= least && *found <= most) return static_cast<uint32_t>(*found);
  fail(*found > most ? beyond : Errc::out_of_range, value.span(),
       std::string(what) + " must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
           ", not " + print_decimal(*found));
  return std::nullopt;
}

Expr ReadContext::expression(const JsonValue& value, std::string_view what) const {
  Expr invalid;
  invalid.kind = ExprKind::invalid;
  invalid.span = value.span();
  if (value.kind() == JsonKind::number) {
    Expr expr = Expr::number(value.number());
    expr.span = value.span();
    return expr;
  }
  if (value.kind() != JsonKind::string && value.kind() != JsonKind::array) {
    fail(Errc::wrong_type, value.span(),
         std::string(what) + " must be a number or an expression in a string, not " + std::string(name(value.kind())));
    return invalid;
  }
  std::string text;
  TextOrigin origin{report.sources(), value.span().file, {}};
  const std::vector<JsonValue> lines = value.kind() == JsonKind::array ? value.items() : std::vector{value};
  for (const JsonValue& line : lines) {
    if (!want(JsonKind::string, line, "each line of " + std::string(what))) return invalid;
    if (!origin.offset.empty()) text += '\n';  // it lies at the quote that ends the line before
    const std::vector<uint32_t> offsets = line.offsets();
    text += line.string();
    origin.offset.insert(origin.offset.end(), offsets.begin(), offsets.end());
  }
  if (origin.offset.empty()) origin.offset.push_back(value.span().begin);

  std::vector<ExprIssue> issues;
  std::optional<Expr> expr = parse_expr(text, origin, issues);
  for (ExprIssue& issue : issues) report.add(std::move(issue), where);
  return expr ? std::move(*expr) : invalid;
}

Fields::Fields(const ReadContext& context, const JsonValue& value, std::string_view what,
               std::span<const std::string_view> keys, Extra& extra, std::string_view path)
    : context_(context) {
  if (!context.want(JsonKind::object, value, what)) return;
  for (JsonMember& member : value.members()) {
    if (is_extra_key(member.key)) {
      extra.emplace_back(std::string(path) + member.key, member.value.compact());
    } else if (std::ranges::find(keys, std::string_view(member.key)) != keys.end()) {
      members_.push_back(std::move(member));
    } else {
      context.fail(Errc::unknown_key, member.at.span(),
                   std::string(what) + " has no key '" + member.key + "'" +
                       did_you_mean(member.key, {keys.begin(), keys.end()}));
    }
  }
}

std::optional<JsonValue> Fields::find(std::string_view key) const {
  for (const JsonMember& member : members_)
    if (member.key == key) return member.value;
  return std::nullopt;
}

void Fields::text(std::string_view key, std::string& into) const {
  const auto value = find(key);
  if (!value) return;
  if (auto text = context_.text(*value, "'" + std::string(key) + "'")) into = std::move(*text);
}

void Fields::number(std::string_view key, double& into) const {
  const auto value = find(key);
  if (!value) return;
  if (const auto number = context_.number(*value, "'" + std::string(key) + "'")) into = *number;
}

std::vector<JsonMember> named_members(const ReadContext& context, const JsonValue& value, std::string_view what,
                                      Extra& extra, std::string_view path) {
  std::vector<JsonMember> list;
  if (!context.want(JsonKind::object, value, what)) return list;
  for (JsonMember& member : value.members()) {
    if (is_extra_key(member.key)) extra.emplace_back(std::string(path) + member.key, member.value.compact());
    else list.push_back(std::move(member));
  }
  return list;
}

std::vector<JsonMember> port_members(const ReadContext& context, const JsonValue& value, std::string_view what,
                                     Extra& extra, std::string_view path) {
  std::vector<JsonMember> list = named_members(context, value, what, extra, path);
  if (list.size() <= kMaxPorts) return list;
  context.fail(
      Errc::limit_ports, list[kMaxPorts].at.span(),
      std::string(what) + " has " + std::to_string(list.size()) + " entries, more than " + std::to_string(kMaxPorts));
  return {};
}

void sort_extra(Extra& extra) { std::ranges::sort(extra); }

}  // namespace sinter
