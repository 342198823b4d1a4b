// See random_node.hpp.
#include "random_node.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sinter/nodes/nodes.hpp"
#include "sinter/sinter.hpp"

namespace sinter::test {
namespace {

struct Choice {
  const NodeDef* def = nullptr;
  Node node;  ///< of the example
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all = [] {
    std::vector<Choice> list;
    for (const NodeExample& example : node_examples()) {
      const NodeDef* def = standard_nodes().find(example.type);
      if (def->category == Category::external) continue;
      const Result<Graph> graph = read_patch(example_patch(example), "example", "", standard_nodes());
      if (!graph) FAIL(format(graph.error()));
      list.push_back({def, graph->nodes.back()});
    }
    return list;
  }();
  return all;
}

// Where a port is at home: a third to three times what the example or the table gives it, else -1 … 1.
std::pair<double, double> home(const Port& port, const Node& example) {
  double middle = port.fallback.value_or(0);
  for (const NodeInput& input : example.inputs)
    if (input.port == port.name && !literal_value(input.expr, middle)) middle = 0;
  if (middle == 0) return {std::max(port.minimum, -1.0), std::min(port.maximum, 1.0)};
  const double a = middle / 3, b = middle * 3;
  return {std::max(port.minimum, std::min(a, b)), std::min(port.maximum, std::max(a, b))};
}

}  // namespace

RandomNode random_library_node(Random& random, const std::string& id,
                               const std::function<std::string(uint32_t)>& signal,
                               const std::function<std::string(double, double)>& mover) {
  const Choice& choice = choices()[random.below(static_cast<uint32_t>(choices().size()))];
  RandomNode made{choice.node, 1};
  made.node.id = id;
  made.node.inputs.clear();
  // matrix has a row for each of two channels.
  const uint32_t any = choice.def->type == "matrix" ? 2 : 1 + random.below(3);
  for (const Port& port : choice.def->inputs) {
    const bool is_signal = port.minimum < -1e6 && port.maximum > 1e6;
    if (port.fallback && !is_signal && random.chance(0.5)) continue;
    const auto [low, high] = home(port, choice.node);
    const uint32_t width = port.width == kAnyWidth ? (port.name == "in" ? any : 1) : port.width;
    const std::string text = is_signal ? signal(width) : mover(low, high);
    made.node.inputs.push_back({.port = std::string(port.name), .expr = *parse_expr(text)});
  }
  const uint32_t width = choice.def->outputs[0].width;
  made.out_channels = width == kAnyWidth ? any : width;
  return made;
}

}  // namespace sinter::test
