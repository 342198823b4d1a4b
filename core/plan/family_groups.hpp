// Private to the plan: which units are lanes of one family.
#pragma once

#include <cstdint>
#include <vector>

#include "units.hpp"

namespace sinter::planning {

/// Units of one shape that do not depend on each other, in the order of their lanes.
struct Family {
  std::vector<uint32_t> units;
};

struct FamilyGroups {
  std::vector<Unit> units;        ///< in dependency order
  std::vector<uint32_t> unit_of;  ///< per inst; UINT32_MAX for none
  std::vector<Family> families;
  std::vector<uint32_t> family_of;  ///< per unit; UINT32_MAX for none
  std::vector<uint32_t> lane_of;    ///< per unit of a family
};

/// No families where there are none or the plan fails. Their units, taken together, still have no cycle.
FamilyGroups find_families(const Ir& ir, const std::vector<bool>& live, const PlanOptions& options);

}  // namespace sinter::planning
