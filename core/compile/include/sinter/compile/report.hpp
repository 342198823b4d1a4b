// What became of each node: which loop computes it, how, how wide, and why it shares no loop with its neighbours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/graph/graph.hpp"
#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter {

enum class Strategy : uint8_t {
  none,           ///< nothing is left of it: unused, or the same as another node
  constant,       ///< computed once, when the program is prepared
  control,        ///< computed per control cell, where it moved
  moved,          ///< only looks at signals that lie in memory already (stack, x[k])
  time_parallel,  ///< several samples per instruction
  serial,         ///< at least one recurrence: one sample at a time
  woven,          ///< a recurrence across channels: one sample of all channels at a time
  external,       ///< opaque code
};
std::string_view name(Strategy strategy);

/// One node instance as the compiler sees it; a chain has one per stage, channels are lanes of one.
struct NodeReport {
  std::string path;  ///< "reverb/comb1", "eq[3]"; formulas of patch outputs: "outputs.out"
  std::string type;  ///< node type, "expression", "output"
  Category category{};
  Strategy strategy{};
  std::vector<uint32_t> steps;  ///< of the plan that compute parts of it, in order
  uint32_t lanes = 1;           ///< the most of any of its values
  uint32_t width = 1;           ///< samples per instruction; 1 where it is serial
  uint32_t ops = 0;             ///< of sample rate, per lane
  uint32_t control_ops = 0;     ///< of constant and control rate
  std::string why;              ///< why it is serial, or in another loop than what it reads; empty where neither holds
};

/// One step of the plan and the nodes fused in it.
struct StepReport {
  StepKind kind{};
  uint32_t lanes = 1, clock = 1, ops = 0;
  uint32_t stores = 0;             ///< values written for later steps or outputs
  std::vector<std::string> nodes;  ///< paths
};

struct CompileReport {
  std::vector<NodeReport> nodes;  ///< in the order of the patch, composites' nodes where they are used
  std::vector<StepReport> steps;
};

/// `width` is what time-parallel loops compute at once: samples_per_op() of the backend. Any thread.
CompileReport make_report(const Graph& graph, const NodeLibrary& library, const Ir& ir, const Plan& plan,
                          uint32_t width);

/// Samples that one op of a backend computes: SIMD width of machine code, row length of the block interpreter, 1 for
/// the reference. Any thread.
uint32_t samples_per_op(std::string_view backend);

}  // namespace sinter
