// Plays a program, swaps another in at some frame, and records what is heard.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bound.hpp"
#include "every_backend.hpp"

namespace sinter::test {

/// One hand-over: `next` is given to the engine before the block that begins at `at`.
struct Swap {
  uint32_t at = 0;
  std::shared_ptr<const Program> next;
  double fade_seconds = 0.02;
};

/// A parameter set before the block that begins at `at`; blocks are cut there.
struct ParameterSet {
  uint32_t at = 0;
  std::string id;
  double value = 0;
};

struct SwapRun {
  Audio out;
  std::vector<uint32_t> began;  ///< per swap: the frame at which its program began to sound
};

/// Blocks as in `blocks`, again and again, cut where a swap is asked for.
SwapRun play(const std::shared_ptr<const Program>& first, const Audio& inputs, uint32_t channels,
             const std::vector<Swap>& swaps, const std::vector<uint32_t>& blocks,
             const std::vector<ParameterSet>& sets = {});

/// Per channel a tone or noise, of random pitch and level below 0.8.
Audio tones_and_noise(Random& random, uint32_t channels, uint32_t frames);

/// The largest step from one frame to the next of a row in [from, to).
double largest_step(const std::vector<float>& row, uint32_t from, uint32_t to);

}  // namespace sinter::test
