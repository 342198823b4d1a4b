// What patches wish of the plan ("strategy"), looked up for every origin.
#pragma once

#include <vector>

#include "sinter/ir/ir.hpp"

namespace sinter::planning {

/// Per origin index, what holds for its insts: the wish of the longest path of Ir::wishes that the origin is or lies
/// inside of; automatic where there is none. Linear in the text of the origins.
std::vector<Wish> wishes_by_origin(const Ir& ir);

}  // namespace sinter::planning
