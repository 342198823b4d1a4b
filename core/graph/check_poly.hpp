// Inside the room: what only poly nodes must hold to.
#pragma once

#include "scope.hpp"

namespace sinter {

/// `of` is null where the definition does not exist, which is reported.
void check_poly(const Scope& scope, const Node& node, const Definition* of);

}  // namespace sinter
