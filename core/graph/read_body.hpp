// Reading inputs, params, nodes and outputs: what a patch and a definition have in common.
#pragma once

#include <string>

#include "fields.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter {

class BodyReader {
 public:
  /// `prefix` stands in front of ids in errors ("voice/"); `nodes_written` counts over all bodies of all files.
  BodyReader(Report& report, const NodeLibrary& library, std::string prefix, uint32_t& nodes_written)
      : report_(report), library_(library), prefix_(std::move(prefix)), nodes_written_(nodes_written) {}

  /// Fills the body from the keys inputs, params, nodes and outputs; `whole` is the object they stand in.
  void read(const Fields& fields, const Span& whole, GraphBody& body, Extra& extra);

 private:
  void inputs(const JsonValue& value, GraphBody& body, Extra& extra);
  void params(const JsonValue& value, GraphBody& body, Extra& extra);
  void nodes(const JsonValue& value, GraphBody& body);
  void outputs(const JsonValue& value, GraphBody& body, Extra& extra);
  Node node(const JsonValue& value);
  void node_member(const ReadContext& context, const JsonMember& member, const NodeDef* def, Node& node);
  void node_inputs(const ReadContext& context, const JsonMember& member, Node& node);
  void other_key(const ReadContext& context, const JsonMember& member, const NodeDef* def, Node& node);
  ReadContext context(const std::string& id) const { return {report_, prefix_ + id}; }

  Report& report_;
  const NodeLibrary& library_;
  std::string prefix_;
  uint32_t& nodes_written_;
};

/// One parameter, with what contradicts itself reported at its place.
GraphParam read_param(const ReadContext& context, const JsonMember& member);

}  // namespace sinter
