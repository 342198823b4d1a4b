// What names mean in one body: its inputs, parameters and nodes, and the ports and outputs of the nodes' types.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "report.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter {

/// What a node's type turned out to be: at most one of the two is set.
struct TypeRef {
  const NodeDef* def = nullptr;
  const Definition* definition = nullptr;  ///< of a poly: what it plays
  bool poly = false;
  explicit operator bool() const { return def || definition; }
};

struct Entity {
  enum Kind { input, param, node } kind;
  uint32_t index;
  friend auto operator<=>(const Entity&, const Entity&) = default;
};
using Uses = std::set<Entity>;

/// Every type there is: the library's and the graph's definitions, with the ports of each definition.
class Types {
 public:
  Types(const Graph& graph, const NodeLibrary& library);

  TypeRef find(std::string_view type) const;
  /// The type of a node; of a poly the definition that it plays.
  TypeRef of(const Node& node) const;
  /// The input or parameter of a definition; null where it has none of that name.
  const Entity* port(const Definition& definition, std::string_view port) const;
  std::vector<std::string_view> names() const;

 private:
  const NodeLibrary& library_;
  std::unordered_map<std::string_view, const Definition*> definitions_;
  std::unordered_map<const Definition*, std::unordered_map<std::string_view, Entity>> ports_;
};

class Scope {
 public:
  /// Collects the names of a body and reports those that are not valid or stand twice.
  Scope(const Graph& graph, const Types& types, const GraphBody& body, std::string prefix, Report& report);

  const Graph& graph;
  const Types& types;
  const GraphBody& body;
  const std::string prefix;  ///< in front of ids in errors: "voice/"
  Report& report;

  const Entity* find(std::string_view name) const;
  /// Names of the outputs of a node; empty where its type is not known.
  std::vector<std::string_view> outputs_of(const Node& node) const;
  /// Everything of one kind, to suggest.
  std::vector<std::string_view> names(Entity::Kind kind) const;

 private:
  void add(const std::string& name, const Span& span, Entity entity);
  std::unordered_map<std::string_view, Entity> entities_;
};

/// Checks an expression of `node` (null: of an output) and adds what it uses. `where`: names it sees besides the
/// scope's.
void check_expr(const Scope& scope, const Node* node, const std::string& about, const Expr& expr,
                const std::vector<std::string_view>& where, bool reading, Uses& uses);

/// Checks what a node's type, ports and settings ask for, and every expression in it.
void check_node(const Scope& scope, const Node& node, bool reading, Uses& uses);

/// Checks an expression that stands alone at a port: a bare parameter's or quantity's unit, and a literal's range.
void check_port_value(const Scope& scope, const std::string& about, const Expr& expr, std::string_view port, Unit unit,
                      double minimum, double maximum);
void check_settings(const Scope& scope, const Node& node, const NodeDef& def, bool reading);
/// What to say where a required setting is not given.
std::string missing_setting(const NodeDef& def, const Setting& setting);
/// A parameter that "*": true hands to the parameter of the same name of a definition.
void check_forwarded(const Scope& scope, const Node& node, const GraphParam& outer, const GraphParam& inner);

}  // namespace sinter
