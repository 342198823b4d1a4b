// Private to the report: what the patch calls things.
#pragma once

#include <set>
#include <string>

#include "sinter/compile/report.hpp"

namespace sinter::reporting {

/// Insts that are no work: places, and views of rows that exist.
bool is_work(const Inst& inst);

/// "a, b, c and 4 more"
std::string listed(const std::set<std::string>& names);

/// The part of a key behind its path: "z" of "eq[2]/low.z", "prev()" of "y/prev:5f3a".
std::string last_name(const std::string& key);

/// A path's node in the patch: "reverb/comb[2]" descends into the definition that `reverb` is of.
class Naming {
 public:
  Naming(const Graph& graph, const NodeLibrary& library) : graph_(graph), library_(library) {}

  /// Null where the path is no node's.
  const Node* find(const std::string& path) const;
  /// Fills in type and category by the path.
  void describe(NodeReport& node) const;

 private:
  const GraphBody* definition(std::string_view type) const;

  const Graph& graph_;
  const NodeLibrary& library_;
};

}  // namespace sinter::reporting
