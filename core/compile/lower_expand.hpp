// The second step of lowering: the instance tree. Every composite becomes a scope with its own names; every node,
// composite port and output becomes a vertex with values. Chain stages are instances; channels are not: they are lanes
// of one.
#pragma once

#include <string>
#include <vector>

#include "lower_bodies.hpp"

namespace sinter::lowering {

/// One node as instantiated: a stage of a node in a scope.
struct Unit {
  const NodeInfo* info = nullptr;
  uint32_t scope = 0;
  uint32_t stage = 0;
  uint32_t inner = kNone;   ///< the scope inside a composite
  uint32_t vertex = kNone;  ///< of anything but a composite
  uint32_t count = 1;       ///< side by side in lanes; of nodes that link their channels: how many channels
  std::string path;         ///< "outer/inner", with "[stage]" where there is a chain

  /// How many of its copies are heard apart: voices are summed.
  uint32_t heard() const { return info->poly ? 1 : count; }
};

/// One instance of a body, running `lanes` times side by side. Channel c of copy l of a signal is lane c · lanes + l.
struct Scope {
  const BodyInfo* body = nullptr;
  uint32_t parent = kNone;
  uint32_t unit = kNone;             ///< the composite; kNone for the patch
  std::vector<uint32_t> first_unit;  ///< per node: its stages follow each other
  uint32_t first_port = 0;           ///< vertices of a composite's inputs, then its params
  uint32_t first_output = 0;         ///< vertices of the outputs
  uint32_t lanes = 1;
  std::string path;
};

struct Vertex {
  enum class Kind : uint8_t { node, port, output, patch_output };
  Kind kind{};
  uint32_t unit = kNone;  ///< kNone: patch_output
  uint32_t index = 0;     ///< port or output
  uint32_t value = 0;     ///< first of its values
  uint32_t values = 1;
};

/// Where a name's signal comes from.
struct Source {
  enum class Kind : uint8_t { none, value, patch_input, patch_param, local };
  Kind kind = Kind::none;
  uint32_t index = 0;
};

/// What is connected to a port of a unit.
struct Feed {
  const Expr* expr = nullptr;
  Source source;                   ///< where there is no expression
  std::optional<double> fallback;  ///< where there is neither
};

struct Expansion {
  std::vector<Scope> scopes;  ///< scope 0 is the patch
  std::vector<Unit> units;
  std::vector<Vertex> vertices;
  std::vector<uint32_t> vertex_of;   ///< per value
  std::vector<StrategyWish> wishes;  ///< of units with a "strategy"

  /// What a name means in a scope; `unit` gives `where` names, or is kNone.
  Source source(uint32_t scope, uint32_t unit, const Expr& expr) const;
  Source param(uint32_t scope, uint32_t index) const;
  Feed feed(uint32_t unit, uint32_t port) const;
  /// The scope in which a vertex's expressions are read.
  uint32_t scope_of(const Vertex& vertex) const;
  /// The scope in which its values are used: ports lead into a composite, outputs out of it.
  uint32_t scope_of_value(const Vertex& vertex) const;
  /// How messages call a vertex: the path of its node, or the patch output's name.
  const std::string& name_of(uint32_t vertex) const;
  Span span_of(uint32_t vertex) const;
};

Expansion expand(const BodyInfo& root);

}  // namespace sinter::lowering
