// Reading one JSON object of the format: which keys it may have, and values of the type that is wanted.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"
#include "report.hpp"

namespace sinter {

/// True for keys that patches may have anywhere and that mean nothing.
inline bool is_extra_key(std::string_view key) { return key.starts_with("x-"); }

/// What reading needs at hand: where errors go, and whom they are about.
struct ReadContext {
  Report& report;
  std::string where;  ///< node id, parameter or definition; may be empty

  void fail(Errc code, const Span& span, std::string message) const {
    report.error(code, span, where, std::move(message));
  }
  bool want(JsonKind kind, const JsonValue& value, std::string_view what) const;

  // Nothing (and an error) where the value is of another type or not in the range.
  std::optional<std::string> text(const JsonValue& value, std::string_view what) const;
  std::optional<double> number(const JsonValue& value, std::string_view what) const;
  std::optional<bool> flag(const JsonValue& value, std::string_view what) const;
  std::optional<uint32_t> whole(const JsonValue& value, std::string_view what, uint32_t least, uint32_t most,
                                Errc beyond = Errc::out_of_range) const;
  /// A signal: a number, a string, or an array of strings that are the lines of one. Kind invalid after an error.
  Expr expression(const JsonValue& value, std::string_view what) const;
};

/// The members of an object with fixed keys.
class Fields {
 public:
  /// Errors: wrong_type (then it has no members), unknown_key. x- keys go to `extra` with `path` in front.
  Fields(const ReadContext& context, const JsonValue& value, std::string_view what,
         std::span<const std::string_view> keys, Extra& extra, std::string_view path = "");

  std::optional<JsonValue> find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key).has_value(); }
  void text(std::string_view key, std::string& into) const;
  void number(std::string_view key, double& into) const;
  const std::vector<JsonMember>& members() const { return members_; }

 private:
  const ReadContext& context_;
  std::vector<JsonMember> members_;
};

/// The members of an object whose keys are names of the patch; x- keys go to `extra`.
std::vector<JsonMember> named_members(const ReadContext& context, const JsonValue& value, std::string_view what,
                                      Extra& extra, std::string_view path);
/// The same for inputs, params and outputs; more than kMaxPorts are an error (limit_ports) and no members.
std::vector<JsonMember> port_members(const ReadContext& context, const JsonValue& value, std::string_view what,
                                     Extra& extra, std::string_view path);

/// The one order of extra keys.
void sort_extra(Extra& extra);

}  // namespace sinter
