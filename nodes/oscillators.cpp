// Ramps, sines and impulses on the integer phase, and noise, a hash of the frame's number.
#include <cmath>
#include <string>

#include "phase.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr double kWhiteRms = 0.57735026918962576;  // of what is uniform in -1 … 1
constexpr double kPinkRms = 0.2;

void phasor(NodeBuild& b) {
  // 24 bits of phase are all that an f32 holds, so that the largest output stays below 1.
  Signal unsigned_phase = b.builder().op(Op::ushr, running_phase(b), {}, {}, 8);
  b.out(to_real(b.builder(), unsigned_phase) * 0x1p-24);
}

void sine(NodeBuild& b) { b.out(math::sin_turns(signed_turns(b.builder(), running_phase(b)))); }

// A 32-bit integer hash with low bias, here with a second key between its rounds, so that two seeds do not walk through
// one sequence at different places.
Signal hash(Builder& b, Signal x, Signal key) {
  auto fold = [&](Signal v, uint32_t count) { return b.op(Op::ixor, v, b.op(Op::ushr, v, {}, {}, count)); };
  x = b.op(Op::imul, fold(x, 16), b.integer(0x7feb352d));
  x = b.op(Op::ixor, x, key);
  return fold(b.op(Op::imul, fold(x, 15), b.integer(static_cast<int32_t>(0x846ca68bu))), 16);
}

}  // namespace

Signal white_noise(NodeBuild& b, uint32_t seed) {
  Builder& build = b.builder();
  Signal key = hash(build, build.lane(b.instances()), build.integer(static_cast<int32_t>(seed)));
  Signal bits = hash(build, build.op(Op::iadd, build.frame(), key), hash(build, key, key));
  // Odd 25-bit numbers: symmetric about 0, exact in an f32.
  Signal odd = build.op(Op::ior, build.op(Op::ishr, bits, {}, {}, 7), build.integer(1));
  return to_real(build, odd) * 0x1p-24;
}

namespace {

Signal white(NodeBuild& b) {
  return white_noise(b, b.number("seed") > 0 ? static_cast<uint32_t>(b.number("seed")) : b.seed());
}

void noise(NodeBuild& b) { b.out(white(b)); }

// The poles and zeros that make white noise pink, as fractions of the sample rate. Pairs nine times lower each time
// give 10 dB per decade within 0.2 dB; the upper two and the zero of the first (as a value in z) were fitted to hold
// the slope up to 0.45 sr. Pairs go on until they are below hearing.
struct PinkPair {
  double pole, zero;
};
std::vector<PinkPair> pink_pairs(double rate) {
  constexpr double kPole = 0.016309, kZero = 0.048932, kRatio = 9, kLowestHertz = 10;
  std::vector<PinkPair> pairs = {{std::exp(-2 * kPi * 0.15165), -0.01076}};
  for (double scale = 1;; scale /= kRatio) {
    pairs.push_back({std::exp(-2 * kPi * kPole * scale), std::exp(-2 * kPi * kZero * scale)});
    if (kPole * scale * rate <= kLowestHertz) return pairs;
  }
}

// The same as one-poles side by side, which do not wait for each other: direct · x + Σ gain · (x through a pole).
struct PinkSum {
  double direct = 1;
  std::vector<double> gains;
};
PinkSum pink_sum(const std::vector<PinkPair>& pairs) {
  PinkSum sum;
  for (const PinkPair& one : pairs) {
    double gain = 1 - one.zero / one.pole;
    for (const PinkPair& other : pairs)
      if (&other != &one) gain *= (one.pole - other.zero) / (one.pole - other.pole);
    sum.direct *= one.zero / one.pole;
    sum.gains.push_back(gain);
  }
  // The summed squares of the impulse response are what the filter does to the power of white noise.
  double energy = sum.direct * sum.direct;
  for (size_t i = 0; i < pairs.size(); ++i) {
    energy += 2 * sum.direct * sum.gains[i];
    for (size_t j = 0; j < pairs.size(); ++j)
      energy += sum.gains[i] * sum.gains[j] / (1 - pairs[i].pole * pairs[j].pole);
  }
  const double level = kPinkRms / kWhiteRms / std::sqrt(energy);
  sum.direct *= level;
  for (double& gain : sum.gains) gain *= level;
  return sum;
}

void pink(NodeBuild& b) {
  const std::vector<PinkPair> pairs = pink_pairs(local_rate(b));
  const PinkSum sum = pink_sum(pairs);
  Signal x = white(b), y = x * sum.direct;
  for (size_t i = 0; i < pairs.size(); ++i) {
    Signal s = b.state("s" + std::to_string(i));
    Signal now = b.coefficient(b.constant(pairs[i].pole)) * s + x * sum.gains[i];
    b.set(s, now);
    y = y + now;
  }
  b.out(y);
}

void impulse(NodeBuild& b) {
  Builder& build = b.builder();
  Signal phase = build.state(b.key("phase"), Type::i32, b.instances());
  Signal due = build.state(b.key("due"), Type::i32, b.instances(), bits_of(1));
  Signal after = build.op(Op::iadd, phase, phase_increment(b));
  // The increment is below 2^31, so the sum wrapped where the top bit fell from 1 to 0.
  Signal wrapped =
      build.op(Op::ushr, build.op(Op::iand, phase, build.op(Op::ixor, after, build.integer(-1))), {}, {}, 31);
  b.set(phase, after);
  b.set(due, wrapped);
  b.out(to_real(build, due));
}

}  // namespace

std::vector<NodeDef> oscillators() {
  Port rate{.name = "freq",
            .fallback = 0,
            .minimum = 0,
            .maximum = kMaxHertz,
            .unit = Unit::hertz,
            .doc = "impulses per second, up to half the sample rate; 0: only the one at the start"};
  const Setting seed{.name = "seed",
                     .minimum = 0,
                     .maximum = 4294967295.0,
                     .doc = "whole number; 0 makes one from the node's id. Every channel differs"};
  return {
      {.type = "phasor",
       .category = Category::stateful,
       .inputs = {pitch_port({}), phase_port(), reset_port()},
       .doc = "A ramp from 0 up to, never reaching, 1: frame n after the start gives the fraction of n · round(freq / "
              "sr · 2^32) / 2^32. Where freq is no signal and cannot pass 40 Hz, 2^63 stands for 2^32: it keeps time "
              "for years.",
       .source = "32-bit phase accumulator of direct digital synthesis; J. Tierney, C. Rader, B. Gold, A digital "
                 "frequency synthesizer, IEEE Trans. Audio Electroacoust. 19 (1971)",
       .lower = phasor},
      {.type = "sine",
       .category = Category::stateful,
       .inputs = {pitch_port(440), phase_port(), reset_port()},
       .doc = "sin(2π · phase) of the same phase as `phasor`.",
       .source = "32-bit phase accumulator, as phasor",
       .lower = sine},
      {.type = "noise",
       .category = Category::pure_math,
       .settings = {seed},
       .doc = "White noise, uniform in -1 … 1, a function of the frame's number, the seed and the channel: any frame "
              "can be computed by itself.",
       .source = "C. Wellons, Prospecting for Hash Functions (2018), lowbias32; counter-based generation as in J. "
                 "Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC11",
       .lower = noise},
      {.type = "pink",
       .category = Category::stateful,
       .settings = {seed},
       .doc =
           "Pink noise: `noise` through first-order filters, -3 dB per octave within 0.5 dB from 20 Hz to 0.45 sr. Its "
           "RMS is 0.2 at every rate; it seldom passes 1.",
       .source =
           "J. O. Smith, H. F. Smith, Closed form fractional integration and differentiation via real exponentially "
           "spaced pole-zero pairs, arXiv:1606.06154 (2016)",
       .lower = pink},
      {.type = "impulse",
       .category = Category::stateful,
       .inputs = {rate},
       .doc = "A single 1 in the first frame and, where freq > 0, one in every frame in which the phase wraps; 0 "
              "elsewhere.",
       .source = "32-bit phase accumulator, as phasor",
       .lower = impulse},
  };
}

}  // namespace sinter::nodes
