// What the nodes of the library do, drawn: the pictures of docs/nodes.md.
#pragma once

#include <string>

#include "plot.hpp"
#include "sinter/nodes/nodes.hpp"
#include "sinter/sinter.hpp"

namespace sinter::host {

/// Runs the example in strict mode at 48 kHz. `folder`: that of the files it names (examples/). Control thread.
Result<Plot> picture_of(const NodeExample& example, const std::string& folder);

/// A file TYPE.svg per example in `to`. Control thread.
Result<bool> write_node_pictures(const std::string& folder, const std::string& to);

}  // namespace sinter::host
