// Runs one program over a test signal, cut into blocks in some way, and gives its output.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compare.hpp"
#include "sinter/engine/engine.hpp"
#include "support.hpp"

namespace sinter::test {

/// A parameter set before the frame it names. Partitions are cut there, so that all runs set it at the same time.
struct Turn {
  uint32_t frame = 0, param = 0;
  double value = 0;
};

struct Scenario {
  std::vector<std::vector<float>> inputs;  ///< per channel
  std::vector<Turn> turns;                 ///< in order of frames
  uint32_t frames = 0;
};

/// A test signal for a layout: tones, noise, silence, steps, and now and then a special value where `specials`.
Scenario make_scenario(Random& random, const Layout& layout, uint32_t frames, bool specials);

struct Partition {
  uint32_t block =
      0;  ///< frames per call; 0: everything in one call; with empty calls (0 frames) mixed in where `empties`
  bool empties = false;
  bool in_place = false;  ///< outputs written over the inputs, where there are as many
  uint64_t seed = 0;      ///< not 0: lengths are random, 1 … block
  std::string text() const;
};

/// Output per channel.
std::vector<std::vector<float>> run(const std::shared_ptr<const Program>& program, const Scenario& scenario,
                                    const Partition& partition);

}  // namespace sinter::test
