// Memoryless curves.
#include "families.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {

std::vector<NodeDef> shapers() {
  const Port drive{.name = "drive",
                   .fallback = 1,
                   .minimum = 0,
                   .maximum = kMaxGain,
                   .unit = Unit::gain,
                   .doc = "gain before the curve"};
  return {
      {.type = "clip",
       .inputs = {audio_in(), drive},
       .doc = "drive · in, cut at -1 and 1.",
       .source = "definition",
       .lower = [](NodeBuild& b) { b.out(clamp(b["in"] * b["drive"], -1, 1)); }},
      {.type = "softclip",
       .inputs = {audio_in(), drive},
       .doc = "tanh(drive · in).",
       .source = "definition",
       .lower = [](NodeBuild& b) { b.out(math::tanh(b["in"] * b["drive"])); }},
  };
}

}  // namespace sinter::nodes
