// What hosts and plugins show: signals measured without locks on their way through.
#include "families.hpp"

namespace sinter::nodes {

std::vector<NodeDef> meters() {
  return {
      {.type = "meter",
       .inputs = {audio_in(kAnyWidth)},
       .outputs = {{"out", kAnyWidth}},
       .doc = "Passes in on unchanged; host and plugin read its peak and RMS per channel.",
       .source = "definition",
       .lower =
           [](NodeBuild& b) {
             b.builder().probe(b.key("meter"), b["in"]);
             b.out(b["in"]);
           }},
  };
}

}  // namespace sinter::nodes
