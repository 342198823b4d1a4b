// A whole graph: definitions, then every body: its names, its nodes, its outputs, and what no output needs.
#include "check.hpp"

#include <algorithm>
#include <map>

#include "check_param.hpp"
#include "later_types.hpp"
#include "scope.hpp"
#include "sinter/graph/poly.hpp"

namespace sinter {
namespace {

class GraphChecker {
 public:
  GraphChecker(const Graph& graph, const NodeLibrary& library, Report& report, bool reading)
      : graph_(graph), library_(library), types_(graph, library), report_(report), reading_(reading) {}

  void check() {
    limits();
    definition_names();
    body(graph_, "", {}, false);
    for (const Definition& definition : graph_.definitions)
      body(definition.body, definition.name + "/", definition.span, definition.imported);
    for (const Definition& definition : graph_.definitions) recursion(definition);
  }

 private:
  void limits() const {
    size_t nodes = graph_.nodes.size();
    for (const Definition& definition : graph_.definitions) nodes += definition.body.nodes.size();
    if (nodes > kMaxNodesWritten)
      report_.error(Errc::limit_nodes, {}, "",
                    "the graph has " + std::to_string(nodes) + " nodes, more than " + std::to_string(kMaxNodesWritten));
  }

  void definition_names() {
    for (const Definition& definition : graph_.definitions) {
      const std::string& name = definition.name;
      const auto fail = [&](Errc code, const std::string& message) {
        report_.error(code, definition.span, name, message);
      };
      if (!is_valid_id(name)) fail(Errc::bad_name, "'" + name + "' is no valid name, or a reserved word");
      if (library_.find(name) || name == kPolyType)
        fail(Errc::duplicate_id, "'" + name + "' is a node type of Sinter; rename the definition");
      else if (is_later_type(name))
        fail(Errc::bad_name, "'" + name + "' is kept for a node type of a later version; rename the definition");
      const auto [first, added] = by_name_.emplace(name, &definition);
      if (!added)
        fail(Errc::duplicate_id,
             "the definition '" + name + "' stands twice" + first_place(*first->second) + "; rename one of them");
    }
  }

  std::string first_place(const Definition& definition) const {
    if (!report_.sources()) return "";
    const Place place = report_.sources()->place(definition.span);
    return ", first in " + place.file + ":" + std::to_string(place.line);
  }

  void body(const GraphBody& body, const std::string& prefix, const Span& span, bool imported) const {
    const Scope scope(graph_, types_, body, prefix, report_);
    if (!reading_) made_in_code(body, prefix, span);
    std::vector<Uses> uses(body.nodes.size());
    for (size_t i = 0; i < body.nodes.size() && !report_.full(); ++i)
      check_node(scope, body.nodes[i], reading_, uses[i]);
    Uses roots;
    for (const GraphOutput& output : body.outputs) {
      if (!is_valid_id(output.name))
        report_.error(Errc::bad_name, output.span, prefix + output.name,
                      "'" + output.name + "' is no valid name of an output, or a reserved word");
      check_expr(scope, nullptr, prefix + output.name, output.expr, {}, reading_, roots);
    }
    if (report_.ok() && !imported) unused(scope, uses, roots);
  }

  /// What reading reports at its place in the file.
  void made_in_code(const GraphBody& body, const std::string& prefix, const Span& span) const {
    for (const GraphInput& input : body.inputs)
      if (input.channels < 1 || input.channels > kMaxBusChannels)
        report_.error(Errc::limit_channels, input.span, prefix + input.name,
                      "an input has 1 to " + std::to_string(kMaxBusChannels) + " channels");
    for (const GraphParam& param : body.params)
      if (const auto fault = check_param(param))
        report_.error(fault->code, param.span, prefix + param.id, fault->message);
    for (size_t i = 0; i < body.outputs.size(); ++i)
      for (size_t k = 0; k < i; ++k)
        if (body.outputs[i].name == body.outputs[k].name)
          report_.error(Errc::duplicate_id, body.outputs[i].span, prefix + body.outputs[i].name,
                        "two outputs have this name");
    if (body.outputs.empty()) report_.error(Errc::no_output, span, prefix, "nothing is put out; add an output");
  }

  void unused(const Scope& scope, const std::vector<Uses>& uses, const Uses& roots) const {
    const GraphBody& body = scope.body;
    Uses reached = roots;
    std::vector<Entity> open(roots.begin(), roots.end());
    const auto reach = [&](const Entity& entity) {
      if (reached.insert(entity).second) open.push_back(entity);
    };
    for (uint32_t i = 0; i < body.nodes.size(); ++i)
      if (is_observer_type(body.nodes[i].type)) reach({Entity::node, i});
    while (!open.empty()) {
      const Entity entity = open.back();
      open.pop_back();
      if (entity.kind != Entity::node) continue;
      for (const Entity& used : uses[entity.index]) reach(used);
      if (body.nodes[entity.index].forward_params) forwarded(scope, body.nodes[entity.index], reach);
    }
    for (uint32_t i = 0; i < body.nodes.size(); ++i)
      if (!reached.contains({Entity::node, i}))
        report_.warn(Errc::unused_node, body.nodes[i].span, scope.prefix + body.nodes[i].id,
                     "no output depends on this node; remove or connect it");
    for (uint32_t i = 0; i < body.params.size(); ++i)
      if (!reached.contains({Entity::param, i}))
        report_.warn(Errc::unused_param, body.params[i].span, scope.prefix + body.params[i].id,
                     "no output depends on this parameter; remove or use it");
  }

  /// The parameters that "*": true hands on. They are not kept per node: thousands of nodes may share thousands of
  /// them.
  template <class Reach>
  static void forwarded(const Scope& scope, const Node& node, const Reach& reach) {
    const TypeRef type = scope.types.of(node);
    if (!type.definition) return;
    for (const GraphParam& inner : type.definition->body.params) {
      const Entity* outer = scope.find(inner.id);
      if (!outer || outer->kind != Entity::param) continue;
      if (std::ranges::find(node.inputs, inner.id, &NodeInput::port) == node.inputs.end()) reach(*outer);
    }
  }

  /// Definitions may use each other, but none may contain itself.
  void recursion(const Definition& definition) {
    if (done_[&definition]) return;
    const auto open = std::ranges::find(path_, &definition);
    if (open != path_.end()) {
      std::string circle;
      for (auto at = open; at != path_.end(); ++at) circle += (*at)->name + " → ";
      report_.error(Errc::recursive_define, definition.span, definition.name,
                    "the definition contains itself: " + circle + definition.name);
      return;
    }
    path_.push_back(&definition);
    for (const Node& node : definition.body.nodes) {
      const auto inner = by_name_.find(node.type == kPolyType ? poly_definition(node) : node.type);
      if (inner != by_name_.end()) recursion(*inner->second);
    }
    path_.pop_back();
    done_[&definition] = true;
  }

  const Graph& graph_;
  const NodeLibrary& library_;
  const Types types_;
  Report& report_;
  bool reading_;
  std::map<std::string_view, const Definition*> by_name_;
  std::map<const Definition*, bool> done_;
  std::vector<const Definition*> path_;
};

}  // namespace

void check_graph(const Graph& graph, const NodeLibrary& library, Report& report, bool reading) {
  GraphChecker(graph, library, report, reading).check();
}

std::vector<Error> check(const Graph& graph, const NodeLibrary& library, std::vector<Error>* warnings) {
  Report report(graph.sources.get());
  check_graph(graph, library, report, false);
  if (warnings) *warnings = report.warnings();
  return report.errors();
}

}  // namespace sinter
