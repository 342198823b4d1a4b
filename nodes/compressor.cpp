// Compressor, expander and gate: a gain computer in octaves of gain (log2, 6.02 dB each) and the detector behind it.
// Of thresholds and knees that are no signals the logarithm is taken once per cell.
#include "dynamics.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr double kQuietest = 1e-10, kLoudest = 1e10;  // levels beyond are as good as these
constexpr double kMeanSeconds = 0.01;                 // of the mean square, and as long is a peak held that opens
constexpr double kDeepest = 13.2877;                  // octaves, 80 dB: what an expander takes off at most
constexpr double kSilent = 200;                       // octaves: a gain of 0

// The level of the key, linear: one for all channels where they are linked, of which the mean square is the mean.
Signal level(NodeBuild& b, double hold_seconds) {
  Signal key = b.connected("key") ? b["key"] : b["in"];
  const bool linked = b.flag("link");
  if (b.text("mode") == "peak")
    return held(b, "hold", linked ? linked_peak(key) : abs(key), whole_samples(b, hold_seconds));
  Signal square = linked ? b.builder().sum(key * key) * (1.0 / key.lanes()) : key * key;
  Signal mean = b.state("mean", square.lanes());
  Signal now = mean + b.coefficient(one_pole_step(1.0 / (kMeanSeconds * b.sample_rate()))) * (square - mean);
  b.set(mean, now);
  return sqrt(max(now, 0.0));
}

Signal octaves(Signal gain) { return math::log2(clamp(gain, kQuietest, kLoudest)); }

// How far past the corner, octaves: 0 below the knee, the distance itself above, a parabola within.
Signal excess(Signal distance, Signal knee) {
  Signal half = 0.5 * knee, within = min(max(distance + half, 0.0), knee);
  return within * within * (0.5 / max(knee, 1e-6)) + max(distance - half, 0.0);
}

// What every octave past the threshold takes off the gain, times how many there are; `side` is 1 above it, -1 below.
Signal reduction(NodeBuild& b, double side, double hold_seconds, Signal slope) {
  Signal distance = side * (octaves(level(b, hold_seconds)) - math::log2(b["threshold"]));
  return slope * excess(distance, math::log2(b["knee"]));
}

void amplify(NodeBuild& b, Signal gain) {
  b.out("gain", gain);
  b.out(delayed(b, "in", b["in"], lookahead_samples(b)) * (gain * b["makeup"]));
}

void compressor(NodeBuild& b) {
  Signal target = reduction(b, 1, 0, 1.0 - 1.0 / b["ratio"]);
  amplify(b, math::exp2(-branching(b, target, b["attack"], b["release"])));
}

void expander(NodeBuild& b) {
  Signal target = min(reduction(b, -1, kMeanSeconds, b["ratio"] - 1.0), kDeepest);
  amplify(b, math::exp2(-branching(b, target, b["release"], b["attack"])));
}

// The gain itself moves, or closed would never be silent.
void gate(NodeBuild& b) {
  Signal target = math::exp2(-min(reduction(b, -1, kMeanSeconds, b["ratio"] - 1.0), kSilent));
  amplify(b, branching(b, target, b["attack"], b["release"]));
}

struct Defaults {
  double threshold, ratio, attack, release, knee;
};

NodeDef processor(std::string_view type, const Defaults& at, std::string_view doc, void (*lower)(NodeBuild&)) {
  auto gain_port = [](std::string_view name, double fallback, double least, double most, std::string_view text) {
    return Port{.name = name,
                .fallback = fallback,
                .minimum = least,
                .maximum = most,
                .unit = Unit::gain,
                .scale = Scale::log,
                .doc = text};
  };
  return {
      .type = type,
      .category = Category::stateful,
      .inputs = {audio_in(kAnyWidth),
                 {.name = "key",
                  .width = kAnyWidth,
                  .fallback = 0,
                  .doc = "what the level is measured of, 1 channel or as many as in; in itself where not connected"},
                 gain_port("threshold", at.threshold, 1e-5, kMaxGain, "level of the corner"),
                 {.name = "ratio",
                  .fallback = at.ratio,
                  .minimum = 1,
                  .maximum = 1000,
                  .scale = Scale::log,
                  .doc = "of dB in to dB out, or of dB out to dB in below an expander's threshold"},
                 time_port("attack", at.attack, 10,
                           "time constant while a compressor presses, an expander or gate opens"),
                 time_port("release", at.release, 10, "time constant of the way back"),
                 gain_port("knee", at.knee, 1, kMaxGain, "width of the soft corner: \"6dB\"; 1 is hard"),
                 gain_port("makeup", 1, 0.001, kMaxGain, "gain of out; no part of the output gain")},
      .outputs = {{"out", kAnyWidth}, {"gain", kAnyWidth}},
      .settings = {{.name = "link",
                    .kind = SettingKind::flag,
                    .fallback = 1,
                    .doc = "one level and one gain for all channels; else each has its own"},
                   lookahead_setting(),
                   {.name = "mode",
                    .kind = SettingKind::choice,
                    .choices = {"peak", "rms"},
                    .doc = "level of |key|, or the root of its square's mean over 10 ms (and over linked channels)"}},
      .doc = doc,
      .source =
          "D. Giannoulis, M. Massberg, J. D. Reiss, Digital dynamic range compressor design, J. Audio Eng. "
          "Soc. 60 (2012): feed-forward, gain computer, then the smooth branching detector",
      .lower = lower};
}

}  // namespace

std::vector<NodeDef> compressors() {
  return {
      processor("compressor", {0.1, 4, 0.005, 0.1, 2},
                "Above the threshold ratio dB more make 1 dB more. The reduction in dB is smoothed, attack while it "
                "grows, release while it falls: the detector stands behind the gain computer, so that it rests below "
                "the threshold and both times are what they say. gain is the reduction, 1 where there is none.",
                compressor),
      processor(
          "expander", {0.01, 2, 0.005, 0.1, 2},
          "Below the threshold 1 dB less makes ratio dB less, down to -80 dB. The reduction in dB is smoothed, "
          "attack while it falls, release while it grows; mode peak takes the largest |key| of the last 10 ms, so "
          "that a tone does not close it between its peaks.",
          expander),
      processor("gate", {0.01, 100, 0.001, 0.1, 1},
                "An expander without a bottom, of which the linear gain is smoothed: closed is silent. It begins "
                "closed, and opens and stays open by the same level.",
                gate),
  };
}

}  // namespace sinter::nodes
