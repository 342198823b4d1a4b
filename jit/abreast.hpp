// Lanes side by side: a body whose chain of filters waits for itself leaves the processor idle, two of them do not.
#pragma once

#include <vector>

#include "body.hpp"

namespace sinter::jit {

/// The bodies that run all lanes of a body of chunks, one after another: one of two lanes, their nodes in turn, and,
/// where the number of lanes is odd, one of the last lane; or the body as it is, where two would not fit the registers
/// or the instruction cache.
std::vector<Body> lanes_abreast(Body body, const Isa& isa);

}  // namespace sinter::jit
