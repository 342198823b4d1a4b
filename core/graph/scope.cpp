// One namespace per body for inputs, parameters and nodes.
#include "scope.hpp"

#include <algorithm>

#include "sinter/graph/poly.hpp"

namespace sinter {

Types::Types(const Graph& graph, const NodeLibrary& library) : library_(library) {
  for (const Definition& definition : graph.definitions) {
    definitions_.emplace(definition.name, &definition);
    auto& ports = ports_[&definition];
    const GraphBody& body = definition.body;
    for (uint32_t i = 0; i < body.inputs.size(); ++i) ports.emplace(body.inputs[i].name, Entity{Entity::input, i});
    for (uint32_t i = 0; i < body.params.size(); ++i) ports.emplace(body.params[i].id, Entity{Entity::param, i});
  }
}

TypeRef Types::find(std::string_view type) const {
  TypeRef found;
  found.def = library_.find(type);
  if (found.def) return found;
  const auto definition = definitions_.find(type);
  if (definition != definitions_.end()) found.definition = definition->second;
  return found;
}

TypeRef Types::of(const Node& node) const {
  if (node.type != kPolyType) return find(node.type);
  const auto played = definitions_.find(poly_definition(node));
  return {.definition = played == definitions_.end() ? nullptr : played->second, .poly = true};
}

const Entity* Types::port(const Definition& definition, std::string_view port) const {
  const auto& ports = ports_.at(&definition);
  const auto found = ports.find(port);
  return found == ports.end() ? nullptr : &found->second;
}

std::vector<std::string_view> Types::names() const {
  std::vector<std::string_view> list;
  for (const NodeDef& def : library_.defs) list.push_back(def.type);
  for (const auto& [name, definition] : definitions_) list.push_back(name);
  list.push_back(kPolyType);
  std::ranges::sort(list);  // suggestions do not depend on the order of a hash table
  return list;
}

Scope::Scope(const Graph& g, const Types& t, const GraphBody& b, std::string p, Report& r)
    : graph(g), types(t), body(b), prefix(std::move(p)), report(r) {
  for (uint32_t i = 0; i < body.inputs.size(); ++i) add(body.inputs[i].name, body.inputs[i].span, {Entity::input, i});
  for (uint32_t i = 0; i < body.params.size(); ++i) add(body.params[i].id, body.params[i].span, {Entity::param, i});
  for (uint32_t i = 0; i < body.nodes.size(); ++i) add(body.nodes[i].id, body.nodes[i].span, {Entity::node, i});
}

void Scope::add(const std::string& name, const Span& span, Entity entity) {
  if (name.empty() && span.file != 0) return;  // an id that is missing or no string has been reported
  if (!is_valid_id(name)) {
    const bool reserved = is_constant_name(name) || find_function(name);
    report.error(Errc::bad_name, span, prefix + name,
                 "'" + name + "' is " +
                     (reserved ? "a reserved word; choose another name"
                               : "no valid name; use letters, digits and _, not starting with a digit"));
  }
  const auto [found, added] = entities_.emplace(name, entity);
  if (added) return;
  constexpr const char* kKinds[] = {"an input", "a parameter", "a node"};
  report.error(Errc::duplicate_id, span, prefix + name,
               "'" + name + "' is already the name of " + kKinds[found->second.kind] +
                   "; inputs, params and nodes share one namespace, so rename one of them");
}

const Entity* Scope::find(std::string_view name) const {
  const auto found = entities_.find(name);
  return found == entities_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> Scope::outputs_of(const Node& node) const {
  if (node.type.empty() && node.type_span.file == 0) return {"out"};
  std::vector<std::string_view> names;
  const TypeRef type = types.of(node);
  if (type.def)
    for (const OutputPort& output : type.def->outputs) names.push_back(output.name);
  if (type.definition)
    for (const GraphOutput& output : type.definition->body.outputs)
      if (!type.poly || output.name != kDoneOutput) names.push_back(output.name);
  return names;
}

std::vector<std::string_view> Scope::names(Entity::Kind kind) const {
  std::vector<std::string_view> list;
  if (kind == Entity::input)
    for (const GraphInput& input : body.inputs) list.push_back(input.name);
  if (kind == Entity::param)
    for (const GraphParam& param : body.params) list.push_back(param.id);
  if (kind == Entity::node)
    for (const Node& node : body.nodes) list.push_back(node.id);
  return list;
}

}  // namespace sinter
