// Private to the report: each region of the plan in words.
#pragma once

#include <vector>

#include "report_names.hpp"
#include "sinter/compile/report.hpp"

namespace sinter::reporting {

/// How a step runs what lies in no region of it.
Strategy strategy_of(StepKind kind);
Strategy strategy_of(const Region& region, const Plan& plan);

/// Instances or samples per instruction of a step in which `width` fit.
uint32_t width_of(Strategy strategy, uint32_t lanes, uint32_t width);

/// One report per region, in their order.
std::vector<RegionReport> report_regions(const std::vector<Region>& regions, const Naming& naming, const Ir& ir,
                                         const Plan& plan, uint32_t width);

}  // namespace sinter::reporting
