// The third step of lowering: what depends on what, in which order vertices can be lowered, and cycles without a delay.
#pragma once

#include <vector>

#include "lower_expand.hpp"

namespace sinter::lowering {

/// A vertex reads another one.
struct Edge {
  uint32_t to = 0;            ///< the vertex that is read
  uint32_t port = kNone;      ///< through this port
  bool through_prev = false;  ///< a sample later: the argument of prev() is lowered last
  bool delayed = false;       ///< through a port whose signal does not reach the node's output in the same sample
  bool width_only = false;    ///< count(x)
};

struct Order {
  std::vector<uint32_t> first_edge;  ///< per vertex, and one more
  std::vector<Edge> edges;
  std::vector<uint32_t> component;  ///< per vertex: strongly connected component, delays included
  std::vector<uint32_t> sequence;   ///< every vertex after what it needs in the same sample

  /// True where the delayed edge closes a cycle.
  bool closes_cycle(uint32_t vertex, const Edge& edge) const {
    return edge.delayed && !edge.through_prev && !edge.width_only && component[vertex] == component[edge.to];
  }
};

/// Reports Errc::cycle for each cycle without a delay.
Order order(const Expansion& expansion, Report& report);

}  // namespace sinter::lowering
