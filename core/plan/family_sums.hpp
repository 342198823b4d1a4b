// Private to the plan: sums that a patch writes out over all lanes of a family.
#pragma once

#include <cstdint>
#include <vector>

#include "family_groups.hpp"

namespace sinter::planning {

/// A tree of additions whose terms are, among others, all lanes of one value of a family, each once.
struct FamilySum {
  Value root;               ///< the last addition
  Value lane;               ///< the value in one of the lanes
  std::vector<Value> rest;  ///< what else is added, in order
};

struct FamilySums {
  std::vector<FamilySum> sums;
  std::vector<bool> inside;  ///< per inst: an addition that nothing but a sum reads
};

/// Only where the order of additions may change: in fast mode.
FamilySums find_sums(const Ir& ir, const std::vector<bool>& live, const FamilyGroups& groups);

}  // namespace sinter::planning
