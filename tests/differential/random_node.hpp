// A node of any type of the library in a random patch, set up as its example in docs/nodes.md is.
#pragma once

#include <functional>
#include <string>

#include "sinter/graph/graph.hpp"
#include "support.hpp"

namespace sinter::test {

struct RandomNode {
  Node node;
  uint32_t out_channels = 1;
};

/// `signal(width)`: an expression of this width; `mover(low, high)`: one channel that rests or moves between the two.
/// External nodes are left out.
RandomNode random_library_node(Random& random, const std::string& id,
                               const std::function<std::string(uint32_t)>& signal,
                               const std::function<std::string(double, double)>& mover);

}  // namespace sinter::test
