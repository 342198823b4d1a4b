// Private to the plan: the one sum of a bank, inside the loop that computes the bank.
#pragma once

#include <vector>

#include "sinter/plan/plan.hpp"

namespace sinter::planning {

/// Where nothing of a fold in a lanes step is read but the sum of its 16 lanes, the sum moves behind the fold
/// (Step::lane_sums): it is made where lanes are turned into rows, which then is one row, not 16. Behind fuse_folds().
/// Linear in the insts.
void move_lane_sums(const Ir& ir, std::vector<Step>& steps);

}  // namespace sinter::planning
