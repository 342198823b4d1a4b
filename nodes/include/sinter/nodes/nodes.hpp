// The node library that ships with Sinter.
#pragma once

#include "sinter/graph/node_def.hpp"

namespace sinter {

/// One row per node type, families in the order of docs/nodes.md. Any thread.
const NodeLibrary& standard_nodes();

}  // namespace sinter
