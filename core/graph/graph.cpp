// Building a graph in C++, and when two graphs are equal.
#include "sinter/graph/graph.hpp"

namespace sinter {
namespace {

/// Text that does not parse is kept as it is; check() reports it with the node's name.
Expr parsed(const std::string& text) {
  if (Result<Expr> expr = parse_expr(text)) return std::move(*expr);
  Expr invalid;
  invalid.kind = ExprKind::invalid;
  invalid.text = text;
  return invalid;
}

std::vector<NodeInput> parsed(std::vector<std::pair<std::string, std::string>> inputs) {
  std::vector<NodeInput> list;
  for (auto& [port, text] : inputs) list.push_back({std::move(port), parsed(text), {}});
  return list;
}

}  // namespace

bool operator==(const Graph& a, const Graph& b) {
  return static_cast<const GraphBody&>(a) == static_cast<const GraphBody&>(b) && a.name == b.name && a.meta == b.meta &&
         a.imports == b.imports && a.definitions == b.definitions && a.note == b.note && a.extra == b.extra;
}

Graph& Graph::input(std::string input_name, uint32_t channels) {
  inputs.push_back({std::move(input_name), channels, {}});
  return *this;
}

Graph& Graph::param(GraphParam param) {
  if (!param.choices.empty()) {
    param.minimum = 0;
    param.maximum = static_cast<double>(param.choices.size()) - 1;
    param.step = 1;
  }
  params.push_back(std::move(param));
  return *this;
}

Graph& Graph::node(std::string id, std::string type, std::vector<std::pair<std::string, std::string>> node_inputs,
                   std::vector<std::pair<std::string, SettingValue>> settings) {
  Node node;
  node.id = std::move(id);
  node.type = std::move(type);
  node.inputs = parsed(std::move(node_inputs));
  node.settings = std::move(settings);
  nodes.push_back(std::move(node));
  return *this;
}

Graph& Graph::expr(std::string id, std::string text, std::vector<std::pair<std::string, std::string>> where) {
  Node node;
  node.id = std::move(id);
  node.expr = parsed(text);
  node.inputs = parsed(std::move(where));
  nodes.push_back(std::move(node));
  return *this;
}

Graph& Graph::output(std::string output_name, std::string text) {
  outputs.push_back({std::move(output_name), parsed(text), {}});
  return *this;
}

}  // namespace sinter
