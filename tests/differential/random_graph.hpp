// Random patches that are valid by construction: a seed is a decision tree, cycles run through delays only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sinter/graph/graph.hpp"
#include "support.hpp"

namespace sinter::test {

/// What the numbers may do.
enum class Temper : uint8_t {
  wild,         ///< everything: comparisons, extreme literals, what overflows and what is not defined
  continuous,   ///< every node type and feedback, but nothing that jumps: precisions can be compared
  contractive,  ///< errors do not grow either: an absolute bound holds
};

struct GraphShape {
  uint32_t max_nodes = 10;
  Temper temper = Temper::wild;
};

/// A patch with inputs "in" (and sometimes "side"), up to three parameters p0 … p2 and one or two outputs.
Graph random_graph(Random& random, const GraphShape& shape = {});

/// The graph with node `index` taken out: whoever used it gets a constant instead.
Graph without_node(const Graph& graph, size_t index);

}  // namespace sinter::test
