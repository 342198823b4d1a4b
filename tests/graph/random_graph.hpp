// Random expressions and graphs that are valid by construction.
#pragma once

#include <string>
#include <vector>

#include "sinter/graph/graph.hpp"
#include "support.hpp"

namespace sinter::test {

/// A tree at most `depth` high over these names; every kind of node that a patch can write.
Expr random_expr(Random& random, uint32_t depth, const std::vector<std::string>& names,
                 const std::vector<std::string>& params);

/// A graph over small_library() with every construct of the format, as read_patch() would return it.
Graph random_graph(Random& random);

}  // namespace sinter::test
