// What a plan did with each recurrence and each feedback delay: the facts behind `inspect --stage report`.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter {

/// A recurrence, several in series that are solved as one, insts that had to leave their vector loop for one reason, or
/// a feedback delay that the plan computes around because it is a chunk or longer.
struct Region {
  uint32_t step = 0;                 ///< of the plan; of a delay computed around: that of its tap
  std::vector<Value> body;           ///< in Ir order; of a delay computed around: the tap and the push
  std::vector<uint32_t> states;      ///< indices into Ir::states, each once
  std::vector<uint32_t> lines;       ///< indices into Ir::lines, each once
  uint32_t distance = 0;             ///< local samples from a value to what it decides, at least; 0: none are carried
  uint32_t shortest_delay = 0;       ///< of its taps, as proven, local samples
  std::optional<Solution> solution;  ///< where a time-parallel loop solves it
  Obstacle why{};                    ///< what keeps it from running W samples at a time; none where nothing does
  Value culprit;                     ///< as in SerialReason
  Wish wish{};                       ///< of the patch, honoured or not
  bool around = false;               ///< a delay that is computed around
};

/// In the order of the plan's steps, within a step in Ir order. Of a plan made from this Ir. Control thread.
std::vector<Region> regions(const Ir& ir, const Plan& plan);

}  // namespace sinter
