// Inside the room: checking a graph into a report; reading and check() share it.
#pragma once

#include "report.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter {

/// `reading`: what reading has reported already (contradictory parameters, expressions that do not parse, bodies
/// without outputs) is not reported again.
void check_graph(const Graph& graph, const NodeLibrary& library, Report& report, bool reading);

}  // namespace sinter
