// The node library, listed by hand: nothing registers itself, so that no linker can drop a family.
#include <iterator>

#include "families.hpp"
#include "sinter/nodes/nodes.hpp"

namespace sinter {

const NodeLibrary& standard_nodes() {
  static const NodeLibrary library = [] {
    NodeLibrary all;
    for (auto family : {nodes::oscillators, nodes::waveforms,        nodes::wavetables, nodes::envelopes,
                        nodes::filters,     nodes::cookbook_filters, nodes::banks,      nodes::ladders,
                        nodes::fir_filters, nodes::delays,           nodes::reverbs,    nodes::feedback_networks,
                        nodes::strings,     nodes::shapers,          nodes::followers,  nodes::compressors,
                        nodes::limiters,    nodes::modulation,       nodes::stereo,     nodes::convolution,
                        nodes::meters}) {
      std::vector<NodeDef> defs = family();
      std::move(defs.begin(), defs.end(), std::back_inserter(all.defs));
    }
    return all;
  }();
  return library;
}

}  // namespace sinter
