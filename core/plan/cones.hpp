// Cones: whether a signal of one program is the same signal in another, by a fingerprint of everything that decides it.
#pragma once

#include <cstdint>
#include <vector>

#include "sinter/ir/ir.hpp"

namespace sinter::planning {

/// One fingerprint per inst, of its value (roots: of what they make happen) and all that it depends on, memory
/// included. The same in every program that computes it, whatever else that program does: states, lines, parameters and
/// buses count by name, tables and Externals by content; inst numbers, origins, the order of commuting arguments and
/// what fuse_mul_add did do not count. Linear in the Ir. Control thread.
std::vector<uint64_t> find_cones(const Ir& ir);

}  // namespace sinter::planning
