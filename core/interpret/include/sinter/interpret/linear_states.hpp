// The states of linear recurrences between the basis in which machine code keeps them and the form of the Layout.
#pragma once

#include <cstdint>
#include <vector>

#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter {

/// For Executor::to_canonical and from_canonical of executors that run Solution::constant. Immutable.
class LinearStates {
 public:
  /// Control thread; throws std::bad_alloc.
  LinearStates(const Ir& ir, const Plan& plan);

  /// Turns the states at block.state of all tables of the plan, lane by lane, by the basis in block.controls, which the
  /// plan's control code has chosen. Audio thread; computed in double, so that there and back is within a rounding of
  /// the larger of two states.
  void to_canonical(const Block& block) const noexcept;
  void from_canonical(const Block& block) const noexcept;

 private:
  struct Pair {
    uint32_t states[2];  ///< bytes into the state area, of lane 0
    uint32_t lane = 0;
    uint32_t basis = 0;  ///< bytes into the control area, of this lane
  };
  std::vector<Pair> pairs_;
};

}  // namespace sinter
