// Private to the plan: lanes or time-parallel, decided together for recurrences that exchange rows.
#pragma once

#include <vector>

#include "units.hpp"

namespace sinter::planning {

/// Moves solved recurrences without a wish into lanes where their neighbours run so and that costs less.
void settle_lanes(const Ir& ir, const PlanOptions& options, std::vector<Unit>& units);

}  // namespace sinter::planning
