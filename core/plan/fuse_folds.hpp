// Private to the plan: sums over lanes inside the loops that compute what they sum.
#pragma once

#include <vector>

#include "sinter/plan/plan.hpp"

namespace sinter::planning {

/// Moves every fold that a lanes loop can do into the lanes step that computes its argument, behind the argument, and
/// takes its own step away: the rows of all lanes need not be written to be added up. Before places are assigned.
void fuse_folds(const Ir& ir, std::vector<Step>& steps);

}  // namespace sinter::planning
