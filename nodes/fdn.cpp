// A feedback delay network: many delay lines that feed each other through a matrix that keeps energy.
#include <algorithm>
#include <bit>
#include <cmath>
#include <span>
#include <string>

#include "line_bank.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr double kShortest = 0.030, kLongest = 0.085;  // seconds at size 1
constexpr double kDampHertz = 8000;                    // where damp says how fast the decay is
constexpr double kMostDamping = 9;  // nepers in one pass, beyond which a pole would come too near to 1
constexpr double kLoudest = 1000;   // in a line: modulation may feed a network energy

// Lines lie in slices side by side in one loop, which hide each other's latency.
constexpr uint32_t kSlices = 4;
struct Slice {
  uint32_t first = 0, count = 0;
};
std::vector<Slice> slices_of(uint32_t lines) {
  if (lines % kSlices) return {{0, lines}};
  std::vector<Slice> slices;
  for (uint32_t i = 0; i < kSlices; ++i) slices.push_back({i * (lines / kSlices), lines / kSlices});
  return slices;
}

bool is_prime(uint32_t n) {
  for (uint32_t factor = 2; factor * factor <= n; ++factor)
    if (n % factor == 0) return false;
  return n > 1;
}

// Primes from the shortest to the longest delay, in equal ratios: as samples at size 1.
std::vector<double> lengths(uint32_t lines, double sample_rate) {
  std::vector<double> primes;
  uint32_t next = 2;
  for (uint32_t line = 0; line < lines; ++line) {
    const double seconds = kShortest * std::pow(kLongest / kShortest, line / (lines - 1.0));
    for (next = std::max(next, static_cast<uint32_t>(seconds * sample_rate)); !is_prime(next);) ++next;
    primes.push_back(next++);
  }
  return primes;
}

// A low-pass gain · x + pole · y for a line of this length. One pass takes 60 dB · length / decay at 0 Hz, and the same
// with a decay of (1 − damp) times as long at kDampHertz: its gains at both give the pole.
struct Absorption {
  Signal gain, pole;
};
Absorption absorption(NodeBuild& b, Signal samples) {
  const double rate = local_rate(b);
  const double cosine = std::cos(2 * kPi * std::min(kDampHertz / rate, 0.45));
  Signal nepers = samples * (-kLn1000 / rate) / b["decay"];
  Signal high = 2.0 * max(nepers * (b["damp"] / (1.0 - b["damp"])), -kMostDamping);
  Signal lost = -math::expm1(high), kept = math::exp(high);  // of the power at kDampHertz, against 0 Hz
  Signal root = sqrt((1 - cosine) * kept * (2.0 - (1 + cosine) * kept));
  Signal pole = lost / (1.0 - cosine * kept + root);
  return {b.coefficient(math::exp(nepers) * (1.0 - pole)), b.coefficient(pole)};
}

// Sums and differences of all pairs at distances 1, 2, 4, …: a Walsh-Hadamard matrix.
void add_butterflies(std::vector<Signal>& values) {
  for (size_t reach = 1; reach < values.size(); reach *= 2)
    for (size_t i = 0; i < values.size(); ++i)
      if ((i & reach) == 0) {
        Signal low = values[i], high = values[i + reach];
        values[i] = low + high;
        values[i + reach] = low - high;
      }
}

// The matrix over the square root of its size: in each slice line by line, then slice by slice.
std::vector<Signal> hadamard(Builder& b, std::vector<Signal> slices) {
  double lines = 0;
  for (Signal& slice : slices) {
    lines += slice.lanes();
    std::vector<Signal> lanes;
    for (uint32_t l = 0; l < slice.lanes(); ++l) lanes.push_back(b.extract(slice, l));
    add_butterflies(lanes);
    slice = b.stack(lanes);
  }
  add_butterflies(slices);
  for (Signal& slice : slices) slice = 1 / std::sqrt(lines) * slice;
  return slices;
}

// x − 2/n · sum(x), by the sums of channels of lines.
std::vector<Signal> householder(Builder& b, std::vector<Signal> slices, Signal sums) {
  double lines = 0;
  for (const Signal& slice : slices) lines += slice.lanes();
  Signal mirrored = 2 / lines * b.fold(sums, 1);
  for (Signal& slice : slices) slice = slice - mirrored;
  return slices;
}

// What goes into each line: channel c into lines c, c + channels, … with turns of sign, so that what leaves as their
// sum is made of all reflections but the first with either sign.
std::vector<Signal> distributed(Builder& b, Signal x, uint32_t lines) {
  const uint32_t channels = x.lanes();
  x = finite(x);
  Signal plus = 1.0 * channels / lines * x, minus = -1.0 * channels / lines * x;
  std::vector<Signal> parts;
  for (uint32_t l = 0; l < lines; ++l) parts.push_back(b.extract(l / channels % 2 ? minus : plus, l % channels));
  return parts;
}

bool settings_fit(NodeBuild& b, uint32_t lines) {
  const auto refuse = [&](Errc code, std::string message) {
    b.fail(code, std::move(message));
    return false;
  };
  if (lines != b.number("lines")) return refuse(Errc::out_of_range, "'lines' is no whole number; write 16, say");
  if (b.text("matrix") == "hadamard" && !std::has_single_bit(lines))
    return refuse(Errc::out_of_range,
                  "a hadamard matrix has 2, 4, 8, 16, 32 or 64 'lines'; use householder for other numbers");
  if (b.instances() > lines)
    return refuse(Errc::out_of_range, "it has more channels than 'lines'; give it at least a line for each");
  for (const char* port : {"decay", "damp", "size"})
    if (b[port].lanes() > 1)
      return refuse(Errc::channel_mismatch, "'" + std::string(port) + "' is one for all lines; give it one channel");
  return true;
}

void fdn(NodeBuild& b) {
  Builder& build = b.builder();
  const uint32_t lines = static_cast<uint32_t>(b.number("lines"));
  if (!settings_fit(b, lines)) return b.out(b.constant(0));
  const double rate = local_rate(b);
  const std::vector<double> primes = lengths(lines, rate);
  const std::vector<Slice> slices = slices_of(lines);
  std::vector<LineBank> banks;
  std::vector<Signal> leaving;
  for (const Slice slice : slices) {
    Signal scaled = b["size"] * in_lanes(build, std::span(primes).subspan(slice.first, slice.count));
    Signal samples = round(scaled);
    const std::string name = std::to_string(banks.size());
    banks.push_back(open_bank(b, "lines" + name, slice.count, scaled / rate));
    const Absorption absorb = absorption(b, samples);
    Signal before = b.state("damped" + name, slice.count);
    leaving.push_back(absorb.gain * banks.back().tap(samples) + absorb.pole * before);
    b.set(before, leaving.back());
  }
  Signal out = build.fold(build.stack(leaving), b.instances());
  const std::vector<Signal> mixed =
      b.text("matrix") == "hadamard" ? hadamard(build, leaving) : householder(build, leaving, out);
  b.later("in", [=](Signal x) {
    const std::vector<Signal> fed = distributed(*x.build, x, lines);
    for (size_t i = 0; i < slices.size(); ++i) {
      const auto begin = fed.begin() + slices[i].first;
      Signal entering = x.build->stack({begin, begin + slices[i].count});
      banks[i].push(clamp(mixed[i] + entering, -kLoudest, kLoudest));
    }
  });
  b.out(out);
}

}  // namespace

std::vector<NodeDef> feedback_networks() {
  Port in = audio_in(kAnyWidth, "the signal: channel c goes into the lines c, c + channels, …");
  in.delayed = true;
  return {
      {.type = "fdn",
       .category = Category::stateful,
       .inputs = {in,
                  {.name = "decay",
                   .fallback = 2,
                   .minimum = 0.01,
                   .maximum = 1e9,
                   .unit = Unit::seconds,
                   .scale = Scale::log,
                   .doc = "time to -60 dB of low frequencies; 1e9 s is endless"},
                  {.name = "damp",
                   .fallback = 0.5,
                   .minimum = 0,
                   .maximum = 0.99,
                   .doc = "at 8 kHz the decay is (1 - damp) times as long"},
                  {.name = "size",
                   .fallback = 1,
                   .minimum = 0.1,
                   .maximum = 4,
                   .doc = "of the lengths: at 1 they are primes from 30 to 85 ms"}},
       .outputs = {{"out", kAnyWidth}},
       .settings = {{.name = "lines", .fallback = 16, .minimum = 2, .maximum = 64, .doc = "how many delay lines"},
                    {.name = "matrix",
                     .kind = SettingKind::choice,
                     .choices = {"householder", "hadamard"},
                     .doc =
                         "how they feed each other: x - 2/n · sum(x), or a Walsh-Hadamard matrix over the root of n"}},
       .doc = "A feedback delay network. A low-pass in each line makes all of them decay at one rate, at 0 Hz and at 8 "
              "kHz. Channel c is the sum of lines c, c + channels, …, whose inputs turn their sign by turns. Lengths "
              "are whole samples, and those of a moving size change from cell to cell. A line holds ±1000 at most.",
       .source = "J.-M. Jot, A. Chaigne, Digital delay networks for designing artificial reverberators, AES 90 (1991); "
                 "J. O. Smith, Physical Audio Signal Processing, Householder and Hadamard feedback matrices",
       .lower = fdn},
  };
}

}  // namespace sinter::nodes
