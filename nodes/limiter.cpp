// The limiter: no sample leaves it above its ceiling.
#include <bit>

#include "dynamics.hpp"

namespace sinter::nodes {
namespace {

// The mean of the last 2^k samples, the most that fit in `samples`.
Signal averaged(NodeBuild& b, Signal x, uint32_t samples) {
  const uint32_t length = std::bit_floor(samples);
  for (uint32_t covered = 1; covered < length; covered *= 2)
    x = x + delayed(b, "mean" + std::to_string(covered), x, covered);
  return x * (1.0 / length);
}

// Reductions, 1 − gain, so that lines and states begin at rest. A peak is held for as long as it takes to pass the
// look-ahead, and every value averaged when it does is at least as large as what it needs. What is left for the clamp
// is rounding, and a ceiling that came down meanwhile.
void limiter(NodeBuild& b) {
  const uint32_t ahead = lookahead_samples(b);
  Signal in = b.builder().enter(b["in"]), ceiling = b["ceiling"];
  Signal needed = 1.0 - ceiling / max(linked_peak(in), ceiling);
  Signal peak = held(b, "hold", needed, ahead + 1);
  Signal reduction = averaged(b, falling(b, peak, b["release"]), ahead + 1);
  b.out(clamp(delayed(b, "in", in, ahead) * (1.0 - reduction), -ceiling, ceiling));
}

}  // namespace

std::vector<NodeDef> limiters() {
  return {
      {.type = "limiter",
       .category = Category::stateful,
       .inputs = {audio_in(kAnyWidth),
                  {.name = "ceiling",
                   .fallback = 1,
                   .minimum = 0.0001,
                   .maximum = kMaxGain,
                   .unit = Unit::gain,
                   .scale = Scale::log,
                   .doc = "what no sample passes"},
                  time_port("release", 0.1, 10, "time constant with which the gain returns")},
       .outputs = {{"out", kAnyWidth}},
       .settings = {lookahead_setting()},
       .doc =
           "Peak limiter with one gain for all channels: |out| ≤ ceiling for every sample. The gain needed, ceiling / "
           "|in|, is held over the look-ahead, returns with release, and is averaged over the last 2^k samples, as "
           "many "
           "as fit in the look-ahead, so that it is down before the peak comes; without look-ahead it falls at once.",
       .source = "P. Hämäläinen, Smoothing of the control signal without clipped output in digital peak limiters, DAFx "
                 "(2002)",
       .lower = limiter},
  };
}

}  // namespace sinter::nodes
