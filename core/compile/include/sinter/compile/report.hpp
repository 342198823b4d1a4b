// What became of each node and each recurrence: which loop computes it, how, how wide, at what cost, and why not wider.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/graph/graph.hpp"
#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"
#include "sinter/plan/regions.hpp"

namespace sinter {

/// From nothing to the slowest.
enum class Strategy : uint8_t {
  none,           ///< nothing is left of it: unused, or the same as another node
  constant,       ///< computed once, when the program is prepared
  control,        ///< computed per control cell, where it moved
  moved,          ///< only looks at signals that lie in memory already (stack, x[k])
  time_parallel,  ///< several samples per instruction
  shift,          ///< so, and a recurrence that only looks one sample back
  sum,            ///< so, and running sums of integers
  block,          ///< so, and a linear recurrence by powers of its coefficients (Solution::constant)
  scan,           ///< so, and a linear recurrence by combining samples pairwise (Solution::varying)
  either,         ///< several samples per instruction in calls no longer than its delays, else one at a time
  lanes,          ///< one sample at a time, several instances per instruction
  serial,         ///< one sample of one instance at a time
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
  uint32_t width = 1;           ///< samples per instruction, instances where it runs in lanes; 1 where it is serial
  uint32_t ops = 0;             ///< of sample rate, per lane
  uint32_t control_ops = 0;     ///< of constant and control rate
  std::string why;              ///< why it is serial, or in another loop than what it reads; empty where neither holds
};

/// One step of the plan and the nodes fused in it.
struct StepReport {
  StepKind kind{};
  uint32_t lanes = 1, clock = 1, ops = 0;
  uint32_t stores = 0;             ///< values written for later steps or outputs
  uint32_t width = 1;              ///< as in NodeReport
  double cycles = 0;               ///< per base frame, as the cost model predicts; 0: no prediction
  std::vector<std::string> nodes;  ///< paths
};

/// A recurrence, or another region of the plan (sinter/plan/regions.hpp), and what would make it faster.
struct RegionReport {
  uint32_t step = 0;
  Strategy strategy{};
  std::vector<std::string> nodes;    ///< paths, the one that computes most first
  std::vector<std::string> carries;  ///< keys of its states and delay lines
  uint32_t lanes = 1, clock = 1, width = 1;
  uint32_t distance = 0;  ///< local samples from a value to what it decides, as proven; 0: it carries none
  uint32_t ops = 0;       ///< per sample and lane
  uint32_t alike = 0;     ///< recurrences of one shape, each written out by itself, that are its lanes; else 0
  Obstacle obstacle{};
  std::string why;    ///< it does not run several samples at a time, or as the patch asks; else empty
  std::string frees;  ///< what would change that; empty where nothing would
};

struct CompileReport {
  std::vector<NodeReport> nodes;  ///< in the order of the patch, composites' nodes where they are used
  std::vector<StepReport> steps;
  std::vector<RegionReport> regions;  ///< in the order of the steps
};

/// `width` is what time-parallel loops compute at once: samples_per_op() of the backend. Any thread.
CompileReport make_report(const Graph& graph, const NodeLibrary& library, const Ir& ir, const Plan& plan,
                          uint32_t width);

/// Samples that one op of a backend computes: SIMD width of machine code, row length of the block interpreter, 1 for
/// the reference. Any thread.
uint32_t samples_per_op(std::string_view backend);

}  // namespace sinter
