// Graphs as pictures: text for Graphviz.
#pragma once

#include <string>

#include "sinter/compile/report.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter::host {

/// The patch's nodes and what flows between them in the DOT language, coloured by strategy where a report is given.
/// Edges through prev() or into a port that may close a cycle are dashed. Any thread.
std::string dot_text(const Graph& graph, const NodeLibrary& library, const CompileReport* report);

/// The colour that stands for a strategy in pictures: "#rrggbb".
std::string strategy_colour(Strategy strategy);

}  // namespace sinter::host
