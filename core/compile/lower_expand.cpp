// Makes scopes, units and vertices breadth first, so that nesting costs no stack.
#include "lower_expand.hpp"

namespace sinter::lowering {
namespace {

class Expander {
 public:
  explicit Expander(Expansion& out) : out_(out) {}

  void run(const BodyInfo& root) {
    Scope patch;
    patch.body = &root;
    out_.scopes.push_back(std::move(patch));
    // Scopes are appended while this runs.
    for (uint32_t scope = 0; scope < out_.scopes.size(); ++scope) fill(scope);
  }

 private:
  void fill(uint32_t scope) {
    const BodyInfo& body = *out_.scopes[scope].body;
    const uint32_t unit = out_.scopes[scope].unit;
    const bool patch = unit == kNone;
    out_.scopes[scope].first_port = static_cast<uint32_t>(out_.vertices.size());
    const size_t ports = patch ? 0 : body.body->inputs.size() + body.body->params.size();
    for (uint32_t i = 0; i < ports; ++i) vertex(Vertex::Kind::port, unit, i, 1);
    for (const NodeInfo& node : body.nodes) {
      out_.scopes[scope].first_unit.push_back(static_cast<uint32_t>(out_.units.size()));
      for (uint32_t stage = 0; stage < node.stages; ++stage) add(scope, node, stage);
    }
    out_.scopes[scope].first_output = static_cast<uint32_t>(out_.vertices.size());
    for (uint32_t i = 0; i < body.body->outputs.size(); ++i)
      vertex(patch ? Vertex::Kind::patch_output : Vertex::Kind::output, unit, i, 1);
  }

  void add(uint32_t scope, const NodeInfo& node, uint32_t stage) {
    Unit unit;
    unit.info = &node;
    unit.scope = scope;
    unit.stage = stage;
    const std::string& outer = out_.scopes[scope].path;
    unit.path = outer.empty() ? node.node->id : outer + "/" + node.node->id;
    if (node.node->chain > 0) unit.path += "[" + std::to_string(stage) + "]";
    if (Wish wish{}; parse_wish(node.node->strategy, wish)) out_.wishes.push_back({unit.path, wish});
    const uint32_t index = static_cast<uint32_t>(out_.units.size());
    if (node.inner) {
      unit.inner = static_cast<uint32_t>(out_.scopes.size());
      Scope inner;
      inner.body = node.inner;
      inner.parent = scope;
      inner.unit = index;
      inner.path = unit.path;
      out_.scopes.push_back(std::move(inner));
    } else {
      unit.vertex = vertex(Vertex::Kind::node, index, 0, node.outputs);
    }
    out_.units.push_back(std::move(unit));
  }

  uint32_t vertex(Vertex::Kind kind, uint32_t unit, uint32_t index, uint32_t values) {
    const uint32_t made = static_cast<uint32_t>(out_.vertices.size());
    out_.vertices.push_back({kind, unit, index, static_cast<uint32_t>(out_.vertex_of.size()), values});
    out_.vertex_of.insert(out_.vertex_of.end(), values, made);
    return made;
  }

  Expansion& out_;
};

}  // namespace

Expansion expand(const BodyInfo& root) {
  Expansion expansion;
  Expander(expansion).run(root);
  return expansion;
}

Source Expansion::source(uint32_t scope, uint32_t unit, const Expr& expr) const {
  const Scope& at = scopes[scope];
  const Ref ref = at.body->resolve(expr, unit == kNone ? nullptr : units[unit].info);
  switch (ref.kind) {
    case Ref::Kind::local:
      return {Source::Kind::local, ref.index};
    case Ref::Kind::input:
      if (at.unit == kNone) return {Source::Kind::patch_input, ref.index};
      return {Source::Kind::value, vertices[at.first_port + ref.index].value};
    case Ref::Kind::node: {
      // A chain is heard at its last stage.
      const Unit& node = units[at.first_unit[ref.index] + at.body->nodes[ref.index].stages - 1];
      if (node.inner == kNone) return {Source::Kind::value, vertices[node.vertex].value + ref.output};
      return {Source::Kind::value, vertices[scopes[node.inner].first_output + ref.output].value};
    }
    default:
      return {};
  }
}

Source Expansion::param(uint32_t scope, uint32_t index) const {
  const Scope& at = scopes[scope];
  if (at.unit == kNone) return {Source::Kind::patch_param, index};
  const uint32_t port = static_cast<uint32_t>(at.body->body->inputs.size()) + index;
  return {Source::Kind::value, vertices[at.first_port + port].value};
}

Feed Expansion::feed(uint32_t unit, uint32_t port) const {
  const Unit& to = units[unit];
  if (to.stage > 0 && port == 0) {
    const Unit& before = units[unit - 1];
    const uint32_t vertex = before.inner == kNone ? before.vertex : scopes[before.inner].first_output;
    return {nullptr, {Source::Kind::value, vertices[vertex].value}, {}};
  }
  const PortInfo& info = to.info->ports[port];
  if (info.input != kNone) return {&to.info->node->inputs[info.input].expr, {}, {}};
  if (info.forwarded != kNone) return {nullptr, param(to.scope, info.forwarded), {}};
  return {nullptr, {}, info.fallback};
}

uint32_t Expansion::scope_of(const Vertex& vertex) const {
  if (vertex.kind == Vertex::Kind::patch_output) return 0;
  const Unit& unit = units[vertex.unit];
  return vertex.kind == Vertex::Kind::output ? unit.inner : unit.scope;
}

uint32_t Expansion::scope_of_value(const Vertex& vertex) const {
  if (vertex.kind == Vertex::Kind::patch_output) return 0;
  const Unit& unit = units[vertex.unit];
  return vertex.kind == Vertex::Kind::port ? unit.inner : unit.scope;
}

const std::string& Expansion::name_of(uint32_t vertex) const {
  const Vertex& at = vertices[vertex];
  return at.kind == Vertex::Kind::patch_output ? scopes[0].body->body->outputs[at.index].name : units[at.unit].path;
}

Span Expansion::span_of(uint32_t vertex) const {
  const Vertex& at = vertices[vertex];
  if (at.kind == Vertex::Kind::patch_output) return scopes[0].body->body->outputs[at.index].span;
  const Node& node = *units[at.unit].info->node;
  if (at.kind == Vertex::Kind::port) {
    const uint32_t input = units[at.unit].info->ports[at.index].input;
    if (input != kNone) return nearest(node.inputs[input].span, node.span);
  }
  return node.span;
}

}  // namespace sinter::lowering
