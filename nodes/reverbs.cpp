// Reverberators for stereo: Freeverb and Dattorro's plate. Their lengths are published in samples and stand here so.
#include <array>
#include <string>

#include "line_bank.hpp"
#include "phase.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr double kLoudest = 1000;  // in a loop at most, whatever modulates it

// A wet signal of two lanes an instance beside the dry one.
void mix_out(NodeBuild& b, Signal wet) {
  Signal in = b["in"];
  b.out(in + repeated(b.builder(), b["mix"], 2) * (wet - in));
}

// A pole given for one rate, at another: equal time constants.
Signal pole_at_rate(NodeBuild& b, Signal pole, double given_rate) {
  return math::pow(pole, given_rate / b.sample_rate());
}

// Freeverb. Lengths in samples at 44.1 kHz; the right side's are longer by the spread.
constexpr double kFreeverbRate = 44100;
constexpr std::array<double, 8> kCombs = {1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617};
constexpr double kMiddleComb = 1378;  // their mean
constexpr std::array<double, 4> kAllpasses = {556, 441, 341, 225};
constexpr double kSpread = 23;
constexpr double kWetGain = 0.015 * 3;  // what goes into the combs, and what comes out, in the original
constexpr double kDampScale = 0.4;      // of the original's knob

// Seconds of each side at size 1, instance after instance.
Signal side_seconds(Builder& b, double samples, uint32_t instances) {
  const std::array<double, 2> sides = {samples / kFreeverbRate, (samples + kSpread) / kFreeverbRate};
  return repeated(b, in_lanes(b, sides), 1, instances);
}

struct Loss {
  Signal gain, pole;
};

// One comb of all sides. Eight of them lie side by side in one loop and hide each other's latency.
Signal comb(NodeBuild& b, Signal x, Signal size, const Loss& loss, size_t number) {
  const uint32_t instances = b.instances();
  Signal scaled = size * side_seconds(b.builder(), kCombs[number], instances);
  const LineBank line = open_bank(b, "comb" + std::to_string(number), 2 * instances, scaled);
  Signal y = line.tap(whole_samples(b, scaled)), damped = b.state("damped" + std::to_string(number), 2 * instances);
  Signal now = y + loss.pole * (damped - y);
  b.set(damped, now);
  line.push(clamp(x + loss.gain * now, -kLoudest, kLoudest));
  return y;
}

// The original's all-pass is none quite: its gain differs a little with frequency.
Signal freeverb_allpass(NodeBuild& b, Signal x, Signal size, size_t stage) {
  const uint32_t instances = b.instances();
  Signal scaled = size * side_seconds(b.builder(), kAllpasses[stage], instances);
  const LineBank line = open_bank(b, "allpass" + std::to_string(stage), 2 * instances, scaled);
  Signal z = line.tap(whole_samples(b, scaled));
  line.push(x + 0.5 * z);
  return z - x;
}

void freeverb(NodeBuild& b) {
  const auto on_sides = [&](Signal x) { return repeated(b.builder(), x, 2); };
  Signal x = on_sides(predelayed(b, kWetGain * finite(both_sides(b.builder(), b["in"])), b["predelay"]));
  Signal gain = math::exp(b["size"] * (-kLn1000 * kMiddleComb / kFreeverbRate) / b["decay"]);
  Signal pole = pole_at_rate(b, kDampScale * b["damp"], kFreeverbRate);
  const Loss loss{on_sides(b.coefficient(gain)), on_sides(b.coefficient(pole))};
  Signal size = on_sides(b["size"]), wet = comb(b, x, size, loss, 0);
  for (size_t number = 1; number < kCombs.size(); ++number) wet = wet + comb(b, x, size, loss, number);
  for (size_t stage = 0; stage < kAllpasses.size(); ++stage) wet = freeverb_allpass(b, wet, size, stage);
  mix_out(b, wet);
}

// Dattorro's plate. Lengths in samples at 29,761 Hz.
constexpr double kPlateRate = 29761;
struct Diffuser {
  double samples, gain;
};
constexpr std::array<Diffuser, 4> kDiffusers = {{{142, 0.75}, {107, 0.75}, {379, 0.625}, {277, 0.625}}};
// Of the tank's two halves: the all-pass that swings, a delay, an all-pass, a delay.
using Halves = std::array<double, 2>;
constexpr Halves kSwinging = {672, 908}, kFirstDelay = {4453, 4217}, kSecondAllpass = {1800, 2656},
                 kSecondDelay = {3720, 3163};
constexpr double kSwingingGain = -0.7, kSecondGain = 0.5;
constexpr double kSwing = 8, kSwingHertz = 1;                                  // samples to each side, and how often
constexpr double kLoop = 672 + 4453 + 1800 + 3720 + 908 + 4217 + 2656 + 3163;  // once through both halves
constexpr double kTapGain = 0.6;

// v = x − gain · v[n − d], y = gain · v + v[n − d], of which `delayed` is the last.
Signal lattice(const LineBank& line, Signal x, Signal delayed, double gain) {
  Signal inside = x - gain * delayed;
  line.push(inside);
  return gain * inside + delayed;
}

Signal diffuse(NodeBuild& b, Signal x, size_t stage) {
  Signal seconds = b.constant(kDiffusers[stage].samples / kPlateRate);
  const LineBank line = open_bank(b, "diffuser" + std::to_string(stage), x.lanes(), seconds);
  return lattice(line, x, line.tap(whole_samples(b, seconds)), kDiffusers[stage].gain);
}

// The halves are lanes: left and right of each instance.
class Tank {
 public:
  explicit Tank(NodeBuild& b)
      : b_(b), build_(b.builder()), instances_(b.instances()), size_(repeated(build_, b["size"], 2)) {}

  Signal run(Signal in) {
    const LineBank first = open("delay1", kFirstDelay), second = open("delay2", kSecondDelay);
    Signal decay = math::exp(b_["size"] * (-kLn1000 / 4 * kLoop / kPlateRate) / b_["decay"]);
    decay = repeated(build_, b_.coefficient(decay), 2);
    Signal ends = tap(second, kSecondDelay);
    Signal x = clamp(repeated(build_, in, 2) + decay * other_half(ends), -kLoudest, kLoudest);
    first.push(swinging_allpass(x));
    Signal damped = decay * damp(tap(first, kFirstDelay));
    const LineBank line = open("allpass2", kSecondAllpass);
    second.push(lattice(line, damped, tap(line, kSecondAllpass), kSecondGain));
    return outputs(first, line, second);
  }

 private:
  LineBank open(std::string_view name, const Halves& samples) {
    return open_bank(b_, name, 2 * instances_, size_ * seconds(samples));
  }
  Signal seconds(const Halves& samples) {
    const Halves scaled = {samples[0] / kPlateRate, samples[1] / kPlateRate};
    return repeated(build_, in_lanes(build_, scaled), 1, instances_);
  }
  Signal tap(const LineBank& line, const Halves& samples) {
    return line.tap(whole_samples(b_, size_ * seconds(samples)));
  }
  // Left and right of each instance exchanged.
  Signal other_half(Signal x) {
    std::vector<Signal> lanes;
    for (uint32_t l = 0; l < 2 * instances_; ++l) lanes.push_back(build_.extract(x, l ^ 1));
    return build_.stack(lanes);
  }

  // Both halves swing by one sine, the right a quarter turn ahead. Its phase follows from the frame's number, exactly.
  Signal swing() {
    Signal units =
        build_.op(Op::imul, build_.frame(), build_.integer(static_cast<int32_t>(kTurn * kSwingHertz / local_rate(b_))));
    Signal quarter = repeated(build_, build_.stack({build_.integer(0), build_.integer(1 << 30)}), 1, instances_);
    Signal phase = build_.op(Op::iadd, units, quarter);
    return kSwing / kPlateRate * b_.sample_rate() * math::sin_turns(to_real(build_, phase) * 0x1p-32);
  }

  // Linear interpolation: it can only take energy from the loop.
  Signal swinging_allpass(Signal x) {
    Signal still = size_ * seconds(kSwinging);
    const LineBank line = open_bank(b_, "allpass1", 2 * instances_, still + (kSwing + 1) / kPlateRate);
    Signal delay = b_.coefficient(still * b_.sample_rate()) + swing(), whole = floor(delay);
    Signal near = line.tap(whole), far = line.tap(whole + 1);
    return lattice(line, x, near + (delay - whole) * (far - near), kSwingingGain);
  }

  Signal damp(Signal x) {
    Signal pole = repeated(build_, b_.coefficient(pole_at_rate(b_, b_["damp"], kPlateRate)), 2);
    Signal y = b_.state("damped", 2 * instances_);
    Signal now = x + pole * (y - x);
    b_.set(y, now);
    return now;
  }

  // Seven taps to a side, four of them from the other half.
  Signal outputs(const LineBank& first, const LineBank& allpass, const LineBank& second) {
    Signal crossing =
        tap(first, {353, 266}) + tap(first, {3627, 2974}) - tap(allpass, {1228, 1913}) + tap(second, {2673, 1996});
    Signal own = tap(first, {1990, 2111}) + tap(allpass, {187, 335}) + tap(second, {1066, 121});
    return kTapGain * (other_half(crossing) - own);
  }

  NodeBuild& b_;
  Builder& build_;
  const uint32_t instances_;
  Signal size_;
};

void plate(NodeBuild& b) {
  Signal x = predelayed(b, 0.5 * finite(both_sides(b.builder(), b["in"])), b["predelay"]);
  for (size_t stage = 0; stage < kDiffusers.size(); ++stage) x = diffuse(b, x, stage);
  mix_out(b, Tank(b).run(x));
}

std::vector<Port> reverb_ports(Port size, Port decay, Port damp) {
  return {audio_in(2),
          size,
          decay,
          damp,
          {.name = "mix", .fallback = 0.3, .minimum = 0, .maximum = 1, .doc = "0 is in alone, 1 the reverb alone"},
          {.name = "predelay",
           .fallback = 0,
           .minimum = 0,
           .maximum = 1,
           .unit = Unit::seconds,
           .doc = "before the reverb, in whole samples"}};
}

}  // namespace

std::vector<NodeDef> reverbs() {
  auto size = [](double minimum, double maximum, std::string_view doc) {
    return Port{.name = "size", .fallback = 1, .minimum = minimum, .maximum = maximum, .doc = doc};
  };
  auto decay = [](double fallback, std::string_view doc) {
    return Port{.name = "decay",
                .fallback = fallback,
                .minimum = 0.01,
                .maximum = 100,
                .unit = Unit::seconds,
                .scale = Scale::log,
                .doc = doc};
  };
  auto damp = [](double fallback, std::string_view doc) {
    return Port{.name = "damp", .fallback = fallback, .minimum = 0, .maximum = 1, .doc = doc};
  };
  return {
      {.type = "freeverb",
       .category = Category::stateful,
       .inputs = reverb_ports(
           size(0.1, 4, "of the lengths: 1 is the original's"),
           decay(1.24,
                 "time to -60 dB of low frequencies in a comb of middle length; 1.238 s is the original's "
                 "feedback of 0.84, room size 0.5"),
           damp(0.5, "the original's knob: the pole of the low-pass in each comb is 0.4 · damp at 44.1 kHz")),
       .outputs = {{"out", 2}},
       .doc = "Freeverb: left + right into eight combs with damping side by side, then four all-passes in series; the "
              "right side's lines are longer by 23 samples at 44.1 kHz. The feedback is 10^(-3 · size · 31.25 ms / "
              "decay). Lengths are whole samples, and those of a moving size change from cell to cell; a comb holds "
              "±1000 at most.",
       .source = "Jezar at Dreampoint, Freeverb (2000), public domain; J. O. Smith, Physical Audio Signal Processing, "
                 "Freeverb",
       .lower = freeverb},
      {.type = "plate",
       .category = Category::stateful,
       .inputs = reverb_ports(size(0.2, 4, "of the tank's lengths: 1 is the paper's"),
                              decay(1.8,
                                    "time to -60 dB of low frequencies, within 10 %, and about 0.7 s · size at least, "
                                    "which the all-passes ring for; 1.807 s is the paper's gain of 0.5"),
                              damp(0.0005, "pole of the low-pass in each half of the tank, at 29,761 Hz; 0 is none")),
       .outputs = {{"out", 2}},
       .doc = "A plate: (left + right) / 2 through four all-passes into a tank of two halves that feed each other, "
              "read at seven places for each side. Twice in each half stands the gain 10^(-0.75 · size · 0.7254 s / "
              "decay). One all-pass of each half swings by 8 samples (of 29,761 Hz) at 1 Hz, a quarter turn apart, "
              "read between samples on a straight line. The paper's input filter is left out: it is transparent. "
              "Lengths of a moving size change from cell to cell; the tank is fed ±1000 at most.",
       .source = "J. Dattorro, Effect design, part 1: reverberator and other filters, J. Audio Eng. Soc. 45 (1997)",
       .lower = plate},
  };
}

}  // namespace sinter::nodes
