// The node library that ships with Sinter.
#pragma once

#include <string>

#include "sinter/graph/node_def.hpp"

namespace sinter {

/// One row per node type, families in the order of docs/nodes.md. Any thread.
const NodeLibrary& standard_nodes();

/// The reference of a library's nodes as Markdown: ports, settings, outputs, sources. docs/nodes.md is this text.
std::string nodes_markdown(const NodeLibrary& library);

}  // namespace sinter
