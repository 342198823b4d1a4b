// Private to the plan: loops through delays that are not proven to be long, but may be: two ways in one program.
#pragma once

#include "units.hpp"

namespace sinter::planning {

/// Gives serial and woven recurrences that delays tie together a second way to run, several samples at a time, and the
/// kind StepKind::either, where the cost model predicts that it pays. It is legal in calls in which those delays are as
/// long as the call: what they are is decided outside of the recurrence, and so known before it runs.
/// `units` and `tied` are those of calls of up to `chunk` frames. Linear in the insts.
Result<bool> add_second_ways(const Ir& ir, const std::vector<bool>& live, LazyRanges& ranges,
                             const std::vector<bool>& tied, const PlanOptions& options, uint32_t chunk,
                             std::vector<Unit>& units);

}  // namespace sinter::planning
