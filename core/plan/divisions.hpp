// Private to the plan: which divisions a backend may do by estimates of reciprocals.
#pragma once

#include <vector>

#include "units.hpp"

namespace sinter::planning {

/// Plan::tame. Linear in the insts and table elements.
std::vector<bool> tame_divisions(const Ir& ir, const std::vector<bool>& live, LazyRanges& ranges);

}  // namespace sinter::planning
