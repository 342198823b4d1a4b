// The node library that ships with Sinter.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sinter/graph/node_def.hpp"

namespace sinter {

/// One row per node type, families in the order of docs/nodes.md. Any thread.
const NodeLibrary& standard_nodes();

/// What shows best what a node does.
enum class Picture : uint8_t {
  response,  ///< spectrum of its impulse response, dB
  spectrum,  ///< of what it plays by itself, dB
  wave,      ///< what it plays by itself, from the start
  impulse,   ///< its impulse response over time
  decay,     ///< level of its impulse response over time, dB
  step,      ///< what it makes of a 1 that lasts for half of the time
  curve,     ///< output over input
  levels,    ///< level of the output over that of the input, dB
};

/// How a patch uses a node. Docs, the pictures in them, tests and benchmarks come from it.
struct NodeExample {
  std::string_view type;
  Picture picture{};
  double reach = 0;       ///< seconds that the picture shows, or the largest input of a curve
  std::string_view keys;  ///< of the patch's node, beside id and type; `in` is the patch's input
  std::string_view shown = "x";
};

/// One per node type, in the order of standard_nodes(). Any thread.
std::span<const NodeExample> node_examples();
/// The example as a whole patch file, its node called x; files lie as in examples/.
std::string example_patch(const NodeExample& example);

/// The reference of a library's nodes as Markdown: ports, settings, outputs, sources. docs/nodes.md is this text.
std::string nodes_markdown(const NodeLibrary& library);

}  // namespace sinter
