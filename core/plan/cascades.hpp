// Private to the plan: recurrences in series, merged a few at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "units.hpp"

namespace sinter::planning {

/// Merges pairs of linear recurrences of one or two states that feed each other, with the linear PureMath between and
/// behind them, into recurrences of several sections (Recurrence::sections) where that is predicted to cost less. After
/// all units have their strategies; their order stays one of dependency. "strategy": "block" keeps a recurrence by
/// itself. Linear in the insts.
void merge_cascades(const Ir& ir, const PlanOptions& options, std::vector<Unit>& units);

}  // namespace sinter::planning
