// A plucked string: noise into a loop of one period, whose filter is finite, so that it runs around its delay.
#include <cmath>
#include <vector>

#include "line_bank.hpp"
#include "phase.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr double kLowestHertz = 20, kHighestHertz = 10'000;
constexpr double kLongestDecay = 30;    // seconds to -60 dB at damp 0
constexpr double kDecayRatio = 0.01;    // of the decays at damp 1 and 0
constexpr double kFilterRate = 48'000;  // for which the damping filter has three taps
constexpr double kLoudest = 16;         // what a string holds at most: many plucks

// A cubic through samples 1 before to 2 behind a place `f` of the way between two (Lagrange).
std::vector<Signal> lagrange(Signal f) {
  Signal before = f + 1.0, left = f - 1.0, far = f - 2.0;
  return {f * left * far / -6.0, before * left * far * 0.5, before * f * far * -0.5, before * f * left / 6.0};
}

struct Loop {
  Signal period;             // samples
  int32_t reach = 0;         // of the damping filter, in samples to either side
  std::vector<Signal> taps;  // weights, from reach + 1 samples before the whole part of the period on
};

// A sample, `damp` of the way to its smoothing by a triangle, read between samples.
Loop make_loop(NodeBuild& b) {
  const double rate = local_rate(b);
  const int32_t width = 2 * static_cast<int32_t>(std::max(1.0, std::round(rate / kFilterRate)));
  Loop loop{.reach = width - 1};
  loop.period = max(rate / b["freq"], width + 1.0);
  Signal damp = b["damp"], seconds = kLongestDecay * math::exp(std::log(kDecayRatio) * damp);
  Signal kept = math::exp(loop.period * (-kLn1000 / rate) / seconds);
  const std::vector<Signal> between = lagrange(loop.period - floor(loop.period));
  for (int32_t j = 0; j < 2 * loop.reach + 4; ++j) {
    std::vector<Signal> terms;
    for (int32_t k = 0; k < 4; ++k) {
      const int32_t away = j - k - loop.reach;
      if (std::abs(away) > loop.reach) continue;
      const double smooth = (width - std::abs(away)) / (1.0 * width * width);
      terms.push_back((away == 0 ? 1.0 + (smooth - 1.0) * damp : smooth * damp) * between[static_cast<size_t>(k)]);
    }
    Signal weight = terms[0];
    for (size_t t = 1; t < terms.size(); ++t) weight = weight + terms[t];
    loop.taps.push_back(b.coefficient(kept * weight));
  }
  return loop;
}

// True for a period from each rise of the trigger: the number of plucks differs from that of a period ago. Kept to 16
// bits, which an f32 holds.
Signal is_plucked(NodeBuild& b, const Loop& loop) {
  Builder& build = b.builder();
  Signal rise = rises(b, b["trigger"], "trigger");
  Signal count = build.state(b.key("count"), Type::i32, rise.lanes());
  Signal now = build.op(Op::iadd, count, select(rise, build.integer(1), build.integer(0)));
  b.set(count, now);
  Signal plucks = to_real(build, build.op(Op::iand, now, build.integer(0xffff)));
  const LineBank line = open_bank(b, "plucks", plucks.lanes(), loop.period / b.sample_rate());
  line.push(plucks);
  return !equal(line.tap(round(loop.period)), plucks);
}

// Noise for a period, less the same as it comes back from the nearer end of the string.
Signal pluck(NodeBuild& b, const Loop& loop) {
  Signal burst = select(is_plucked(b, loop), 0.5 * white_noise(b, b.seed()), 0.0);
  Signal place = max(round(b["position"] * loop.period), 1.0);
  const LineBank line = open_bank(b, "burst", burst.lanes(), place / b.sample_rate());
  line.push(burst);
  return burst - line.tap(place);
}

void karplus(NodeBuild& b) {
  const Loop loop = make_loop(b);
  const double reach = loop.reach + 2;
  const LineBank line = open_bank(b, "string", b.instances(), (loop.period + reach) / b.sample_rate());
  Signal y = pluck(b, loop), first = floor(loop.period) - (loop.reach + 1.0);
  for (size_t j = 0; j < loop.taps.size(); ++j) y = y + loop.taps[j] * line.tap(first + static_cast<double>(j));
  y = clamp(y, -kLoudest, kLoudest);
  line.push(y);
  b.out(y);
}

}  // namespace

std::vector<NodeDef> strings() {
  return {
      {.type = "karplus",
       .category = Category::stateful,
       .inputs = {{.name = "trigger", .doc = "a rise from 0 or below to above 0 plucks the string"},
                  {.name = "freq",
                   .fallback = 220,
                   .minimum = kLowestHertz,
                   .maximum = kHighestHertz,
                   .unit = Unit::hertz,
                   .scale = Scale::log,
                   .doc = "pitch, exact where it rests; a control stays for a cell"},
                  {.name = "damp",
                   .fallback = 0.5,
                   .minimum = 0,
                   .maximum = 1,
                   .doc = "how fast it dies away: 60 dB take 30 s · 0.01^damp, and high partials less"},
                  {.name = "position",
                   .fallback = 0.13,
                   .minimum = 0.02,
                   .maximum = 0.5,
                   .doc = "where it is plucked, as a part of its length: 0.5 leaves out every second partial"}},
       .doc = "A plucked string: a period of noise, in -0.5 … 0.5, less itself position periods later, circulates. A "
              "round keeps 10^(-3 / (freq · t)), t = 30 s · 0.01^damp, of all partials, and of one at f the part 1 - "
              "damp · (1 - T) of that: T = (sin(m · x) / (m · sin(x)))^2, x = π · f / sr, m = 2 · round(sr / 48 kHz), "
              "at least 2. That is Karplus' and Strong's mean of two samples, twice. Between samples the string is "
              "read by a cubic (Lagrange). It holds ±16 at most. The highest pitch is sr / (m + 1).",
       .source = "K. Karplus, A. Strong, Digital synthesis of plucked-string and drum timbres, Computer Music J. 7 "
                 "(1983); D. A. Jaffe, J. O. Smith, Extensions of the Karplus-Strong plucked-string algorithm, ibid.",
       .lower = karplus},
  };
}

}  // namespace sinter::nodes
