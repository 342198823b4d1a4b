// Runs node types: gives each its ports as signals, takes its outputs, defers what closes a cycle, and verifies that a
// node does nothing that its declared category forbids.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lower_expr.hpp"
#include "sinter/ir/ranges.hpp"

namespace sinter::lowering {

class NodeRun;

class Nodes {
 public:
  Nodes(Builder& builder, Expansion& expansion, const Order& order, Exprs& exprs, const Graph& graph, Report& report);
  ~Nodes();

  /// Lowers a node of the library and sets its values. Returns what it adds to the latency of a signal, base frames.
  double lower(uint32_t vertex);

  /// What is connected to a port, with the width of the port's instances checked.
  Term port(uint32_t unit, uint32_t port);

 private:
  friend class NodeRun;
  void verify(const Unit& unit, uint32_t first_inst);
  void set_outputs(uint32_t vertex, const NodeLanes& lanes, const std::vector<std::unique_ptr<NodeRun>>& runs);

  Builder& b_;
  Expansion& x_;
  const Order& order_;
  Exprs& exprs_;
  const Graph& graph_;
  Report& report_;
  Ranges ranges_;  // of what has been asked for, and all before it
  std::unordered_map<std::string, std::shared_ptr<const void>> shared_;
  std::vector<std::unique_ptr<NodeRun>> waiting_;  // runs whose deferred uses still need them
};

}  // namespace sinter::lowering
