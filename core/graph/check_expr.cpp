// Every name in an expression means something, before anything is lowered.
#include <algorithm>
#include <cmath>

#include "expr_words.hpp"
#include "scope.hpp"
#include "suggest.hpp"

namespace sinter {
namespace {

class ExprChecker {
 public:
  ExprChecker(const Scope& scope, const Node* node, const std::string& about,
              const std::vector<std::string_view>& where, bool reading, Uses& uses)
      : scope_(scope), node_(node), about_(about), where_(where), reading_(reading), uses_(uses) {}

  void check(const Expr& expr) {
    if (scope_.report.full()) return;
    switch (expr.kind) {
      case ExprKind::invalid:
        return invalid(expr);
      case ExprKind::number:
        if (!std::isfinite(expr.value)) error(Errc::not_finite, expr, "a number that is not finite");
        return;
      case ExprKind::param:
        return param(expr);
      case ExprKind::name:
        return name(expr);
      case ExprKind::member:
        return member(expr);
      case ExprKind::quantity:
        return quantity(expr);
      case ExprKind::call:
        call(expr);
        break;
      default:
        break;
    }
    for (const Expr& arg : expr.args) check(arg);
  }

 private:
  void error(Errc code, const Expr& expr, std::string message) const {
    scope_.report.error(code, expr.span, about_, std::move(message));
  }

  void invalid(const Expr& expr) {
    if (reading_) return;
    std::vector<ExprIssue> issues;
    parse_expr(expr.text, {}, issues);
    for (ExprIssue& issue : issues)
      if (!issue.warning) error(issue.code, expr, "\"" + expr.text + "\": " + issue.message);
  }

  void param(const Expr& expr) {
    const Entity* found = scope_.find(expr.text);
    if (found && found->kind == Entity::param) {
      uses_.insert(*found);
    } else if (found || is_where(expr.text)) {
      error(Errc::unknown_name, expr,
            "'" + expr.text + "' is no parameter but a signal; write " + expr.text + " without $");
    } else {
      error(Errc::unknown_name, expr,
            "no parameter '" + expr.text + "'" + did_you_mean(expr.text, scope_.names(Entity::param)));
    }
  }

  void name(const Expr& expr) {
    const std::string& text = expr.text;
    if (is_where(text)) return;
    if (text == "k" && !(node_ && node_->chain > 0))
      return error(Errc::unknown_name, expr, "'k' is the stage of a chain, and this is not in a node with \"chain\"");
    if (is_constant_name(text)) return;
    const Entity* found = scope_.find(text);
    if (!found) return unknown(expr);
    if (found->kind == Entity::param)
      return error(Errc::unknown_name, expr, "'" + text + "' is a parameter; write $" + text);
    uses_.insert(*found);
  }

  void unknown(const Expr& expr) const {
    std::vector<std::string_view> names = scope_.names(Entity::node);
    for (std::string_view input : scope_.names(Entity::input)) names.push_back(input);
    names.insert(names.end(), where_.begin(), where_.end());
    names.insert(names.end(), constant_names().begin(), constant_names().end());
    std::string suggestion = did_you_mean(expr.text, names);
    const std::string_view near = nearest(expr.text, scope_.names(Entity::param));
    if (suggestion.empty() && !near.empty()) suggestion = "; did you mean '$" + std::string(near) + "'?";
    error(Errc::unknown_name, expr, "no node, input or constant '" + expr.text + "'" + suggestion);
  }

  void member(const Expr& expr) {
    const Expr& of = expr.args[0];
    const Entity* found = of.kind == ExprKind::name && !is_where(of.text) ? scope_.find(of.text) : nullptr;
    if (!found || found->kind != Entity::node) {
      check(of);
      return error(Errc::unknown_name, expr, "only a node has outputs that are named with a dot");
    }
    uses_.insert(*found);
    const std::vector<std::string_view> outputs = scope_.outputs_of(scope_.body.nodes[found->index]);
    if (outputs.empty() || std::ranges::find(outputs, expr.text) != outputs.end()) return;
    error(Errc::unknown_name, expr,
          "'" + of.text + "' has no output '" + expr.text + "', only " + list_of(outputs) +
              did_you_mean(expr.text, outputs));
  }

  void quantity(const Expr& expr) const {
    if (std::ranges::find(quantity_units(), expr.text) == quantity_units().end())
      error(Errc::bad_unit, expr, "no unit '" + expr.text + "'");
  }

  void call(const Expr& expr) const {
    const FunctionInfo* function = find_function(expr.text);
    if (!function) return error(Errc::unknown_name, expr, "no function '" + expr.text + "'");
    if (expr.args.size() < function->min_args ||
        (function->max_args != kAnyNumber && expr.args.size() > function->max_args))
      return error(Errc::wrong_arity, expr, "'" + expr.text + "' is called with a wrong number of arguments");
    if (expr.text == "cc") controller(expr.args[0]);
  }

  // Which controller it is must be known before anything sounds.
  void controller(const Expr& number) const {
    const double value = number.value;
    if (number.kind != ExprKind::number || !(value >= 0 && value <= 127) || value != std::floor(value))
      error(Errc::bad_expression, number, "'cc' takes the number of a controller, a whole number from 0 to 127");
  }

  bool is_where(std::string_view text) const { return std::ranges::find(where_, text) != where_.end(); }

  const Scope& scope_;
  const Node* node_;
  const std::string& about_;
  const std::vector<std::string_view>& where_;
  bool reading_;
  Uses& uses_;
};

}  // namespace

void check_expr(const Scope& scope, const Node* node, const std::string& about, const Expr& expr,
                const std::vector<std::string_view>& where, bool reading, Uses& uses) {
  ExprChecker(scope, node, about, where, reading, uses).check(expr);
}

}  // namespace sinter
