// A node against its type: ports, forwarded parameters, and the keys every node may have.
#include <algorithm>
#include <iterator>

#include "check_poly.hpp"
#include "later_types.hpp"
#include "scope.hpp"
#include "sinter/graph/poly.hpp"
#include "suggest.hpp"

namespace sinter {
namespace {

class NodeChecker {
 public:
  NodeChecker(const Scope& scope, const Node& node, bool reading, Uses& uses)
      : scope_(scope),
        node_(node),
        about_(scope.prefix + node.id),
        type_(scope.types.of(node)),
        reading_(reading),
        uses_(uses) {
    for (const NodeInput& input : node.inputs)
      if (!connected_.insert(input.port).second && !reading)
        error(Errc::duplicate_key, input.span, "the input '" + input.port + "' is connected twice");
  }

  void check() {
    common();
    if (node_.type.empty()) return expression();
    if (type_.poly) {
      inputs();
      check_settings(scope_, node_, poly_def(), reading_);
      return check_poly(scope_, node_, type_.definition);
    }
    if (!type_ && is_later_type(node_.type))
      return error(Errc::not_supported, node_.type_span,
                   "the type '" + node_.type + "' comes with a later version of Sinter");
    inputs();
    if (type_.def) check_settings(scope_, node_, *type_.def, reading_);
    else if (type_.definition) no_settings();
    else unknown_type();
  }

 private:
  void error(Errc code, const Span& span, std::string message) const {
    scope_.report.error(code, span, about_, std::move(message));
  }

  void common() const {
    if (node_.channels > kMaxSignalChannels)
      error(Errc::limit_channels, node_.span, "more than " + std::to_string(kMaxSignalChannels) + " channels");
    if (node_.chain > kMaxChain)
      error(Errc::out_of_range, node_.span, "more than " + std::to_string(kMaxChain) + " stages");
    if (Wish wish{}; !node_.strategy.empty() && !parse_wish(node_.strategy, wish))
      error(Errc::bad_setting, node_.strategy_span, "no strategy '" + node_.strategy + "'; use " + list_of(wishes()));
  }

  static std::vector<std::string_view> wishes() {
    std::vector<std::string_view> names;
    for (size_t wish = 0; wish <= static_cast<size_t>(Wish::lanes); ++wish)
      names.push_back(name(static_cast<Wish>(wish)));
    return names;
  }

  void expression() const {
    std::vector<std::string_view> where;
    for (const NodeInput& input : node_.inputs) {
      if (!is_valid_id(input.port))
        error(Errc::bad_name, input.span, "'" + input.port + "' is no valid name, or a reserved word");
      else if (scope_.find(input.port))
        error(Errc::duplicate_id, input.span,
              "'" + input.port + "' is already a name of the patch; rename it in 'where'");
      where.push_back(input.port);
      check_expr(scope_, &node_, about_, input.expr, {}, reading_, uses_);
    }
    check_expr(scope_, &node_, about_, node_.expr, where, reading_, uses_);
    if (node_.chain > 0 && where.empty())
      error(Errc::missing_input, node_.span, "a chain feeds its first 'where' name, and this expression has none");
    if (node_.type_span.file == 0) no_settings();
  }

  void inputs() const {
    for (const NodeInput& input : node_.inputs) {
      if (scope_.report.full()) return;
      if (type_.poly && is_voice_input(input.port))
        error(Errc::unknown_port, input.span,
              "the notes set '" + input.port + "' of each voice; remove it, or name the input of '" +
                  std::string(poly_definition(node_)) + "' otherwise");
      else if (type_ && !port(input))
        error(Errc::unknown_port, input.span,
              "'" + node_.type + "' has no input '" + input.port + "'" +
                  (is_setting(input.port) ? "; it is a setting: write it beside \"in\""
                                          : did_you_mean(input.port, ports())));
      check_expr(scope_, &node_, about_, input.expr, {}, reading_, uses_);
    }
    if (type_.def && node_.forward_params)
      error(Errc::unknown_port, node_.span, "\"*\" hands parameters to a definition, and '" + node_.type + "' is none");
    if (type_.definition && node_.forward_params) forwarded();
    missing();
  }

  bool is_setting(std::string_view name) const {
    return type_.poly ? poly_def().setting(name) != nullptr : type_.def && type_.def->setting(name);
  }

  std::vector<std::string_view> ports() const {
    std::vector<std::string_view> names;
    if (type_.def)
      for (const Port& port : type_.def->inputs) names.push_back(port.name);
    if (type_.definition) {
      for (const GraphInput& input : type_.definition->body.inputs)
        if (!type_.poly || !is_voice_input(input.name)) names.push_back(input.name);
      for (const GraphParam& param : type_.definition->body.params) names.push_back(param.id);
    }
    return names;
  }

  /// False where the type has no such port; else its value is checked against the port's unit and range.
  bool port(const NodeInput& input) const {
    if (type_.def) {
      const Port* found = type_.def->port(input.port);
      if (found) check_port_value(scope_, about_, input.expr, input.port, found->unit, found->minimum, found->maximum);
      return found != nullptr;
    }
    const Entity* found = scope_.types.port(*type_.definition, input.port);
    if (found && found->kind == Entity::param) {
      const GraphParam& param = type_.definition->body.params[found->index];
      check_port_value(scope_, about_, input.expr, input.port, param.unit, param.minimum, param.maximum);
    }
    return found != nullptr;
  }

  bool connected(std::string_view name) const { return connected_.contains(name); }

  void forwarded() const {
    for (const GraphParam& inner : type_.definition->body.params) {
      const Entity* outer = scope_.find(inner.id);
      if (!outer || outer->kind != Entity::param || connected(inner.id)) continue;
      check_forwarded(scope_, node_, scope_.body.params[outer->index], inner);
    }
  }

  void missing() const {
    std::vector<std::string_view> names;
    if (type_.def)
      for (const Port& port : type_.def->inputs)
        if (!port.fallback && !connected(port.name)) names.push_back(port.name);
    if (type_.definition)
      for (const GraphInput& input : type_.definition->body.inputs)
        if (!connected(input.name) && !(type_.poly && is_voice_input(input.name))) names.push_back(input.name);
    for (std::string_view name : names)
      error(Errc::missing_input, node_.span,
            "the input '" + std::string(name) + "' of '" + node_.type + "' is not connected and has no default");
  }

  void no_settings() const {
    const std::string what = node_.type.empty() ? "an expression" : "the definition '" + node_.type + "'";
    for (const auto& [name, value] : node_.settings) {
      if (scope_.report.full()) return;
      const bool is_port = type_.definition && scope_.types.port(*type_.definition, name);
      error(Errc::unknown_port, value.key_span,
            what + " has no setting '" + name + "'" + (is_port ? "; it is an input: write it inside \"in\"" : ""));
    }
  }

  void unknown_type() const {
    error(Errc::unknown_type, node_.type_span,
          "no node type or definition '" + node_.type + "'" + did_you_mean(node_.type, scope_.types.names()));
  }

  const Scope& scope_;
  const Node& node_;
  const std::string about_;
  const TypeRef type_;
  bool reading_;
  Uses& uses_;
  std::set<std::string_view> connected_;
};

}  // namespace

void check_node(const Scope& scope, const Node& node, bool reading, Uses& uses) {
  NodeChecker(scope, node, reading, uses).check();
}

}  // namespace sinter
