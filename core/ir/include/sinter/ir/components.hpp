// Strongly connected components by Tarjan (SIAM J. Comput. 1(2), 1972), for recurrences and for what decides a signal.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sinter/ir/ir.hpp"

namespace sinter {

/// A graph as flat lists: node i waits for to[first[i]] … to[first[i + 1] − 1].
struct Edges {
  std::vector<uint32_t> first, to;
};

/// What each inst waits for, of this sample or of one before: its arguments; prev for its next; with `through_lines`
/// tap for its push.
Edges dependencies(const Ir& ir, bool through_lines);

/// Without recursion: a patch may be a million insts deep.
class Components {
 public:
  Components(const Edges& edges, uint32_t count)
      : component(count, UINT32_MAX), edges_(edges), index_(count, UINT32_MAX), low_(count) {}

  /// Numbers the components of all that `root` waits for, directly or not.
  void visit(uint32_t root) {
    if (index_[root] != UINT32_MAX) return;
    enter(root);
    while (!calls_.empty()) {
      auto& [node, edge] = calls_.back();
      if (edge < edges_.first[node + 1]) {
        const uint32_t to = edges_.to[edge++];
        if (index_[to] == UINT32_MAX) enter(to);
        else if (component[to] == UINT32_MAX) low_[node] = std::min(low_[node], index_[to]);
        continue;
      }
      const uint32_t done = node;
      calls_.pop_back();
      if (!calls_.empty()) low_[calls_.back().first] = std::min(low_[calls_.back().first], low_[done]);
      if (low_[done] == index_[done]) close(done);
    }
  }

  std::vector<uint32_t> component;  ///< per node, in dependency order; UINT32_MAX where none was visited
  uint32_t components = 0;

 private:
  void enter(uint32_t node) {
    index_[node] = low_[node] = next_index_++;
    stack_.push_back(node);
    calls_.emplace_back(node, edges_.first[node]);
  }
  void close(uint32_t node) {
    for (uint32_t member = UINT32_MAX; member != node;) {
      member = stack_.back();
      stack_.pop_back();
      component[member] = components;
    }
    ++components;
  }

  const Edges& edges_;
  std::vector<uint32_t> index_, low_, stack_;
  std::vector<std::pair<uint32_t, uint32_t>> calls_;
  uint32_t next_index_ = 0;
};

}  // namespace sinter
