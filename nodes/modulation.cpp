// Effects that an LFO moves: chorus, flanger, phaser, tremolo. Nothing of the LFO waits for the sample before, and what
// feeds back passes a delay of at least a millisecond, or one multiply-add per stage.
#include <cmath>
#include <string>

#include "phase.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr double kMaxRate = 40;  // Hz, as far as phases count as slow

// Phase of a channel in turns: those of n channels lie within half a turn, 0, 1/(2n), 2/(2n), ….
Signal channel_turns(NodeBuild& b) {
  Builder& build = b.builder();
  if (b.channels() == 1) return b.constant(0);
  const uint32_t copies = b.instances() / b.channels();
  Signal channel = build.relane(build.lane(b.channels()), {.repeat = copies}, b.instances());
  return build.op(Op::to_f64, channel) * (0.5 / b.channels());
}

// sin(2π · (phase + turns)) of the node's LFO.
Signal lfo(NodeBuild& b, Signal phase, Signal turns) {
  Builder& build = b.builder();
  return math::sin_turns(to_real(build, build.op(Op::iadd, phase, phase_units(build, turns))) * (1 / kTurn));
}

// A line read at delays that move, with linear interpolation: its gain passes 1 at no frequency, so that a loop around
// it dies away.
class MovingLine {
 public:
  MovingLine(NodeBuild& b, double shortest_seconds, double longest_seconds)
      : build_(b.builder()),
        rate_(local_rate(b)),
        least_(static_cast<uint32_t>(shortest_seconds * rate_)),
        line_(build_.line(b.key("line"), b.instances(), static_cast<uint32_t>(longest_seconds * rate_) + 2)) {}

  double samples(double seconds) const { return seconds * rate_; }
  /// `delay`: samples, from the shortest to the longest.
  Signal read(Signal delay) const {
    delay = max(delay, least_);
    Signal whole = floor(delay), index = build_.op(Op::to_int, whole);
    Signal near = build_.tap(line_, index, least_);
    Signal far = build_.tap(line_, build_.op(Op::iadd, index, build_.integer(1)), least_ + 1);
    return near + (delay - whole) * (far - near);
  }
  void push(Signal x) const { build_.push(line_, x); }

 private:
  Builder& build_;
  double rate_;  // local, Hz
  uint32_t least_;
  uint32_t line_;
};

// Of a setting that has to be a multiple of `step`.
uint32_t whole_number(NodeBuild& b, std::string_view setting, uint32_t step) {
  const auto number = static_cast<uint32_t>(b.number(setting));
  if (number % step != 0 || number != b.number(setting))
    b.fail(Errc::out_of_range, "'" + std::string(setting) + "' is no " + (step == 2 ? "even" : "whole") +
                                   " number; write " + std::to_string((number + step - 1) / step * step));
  return number;
}

void mix(NodeBuild& b, Signal wet) { b.out(b["in"] + b["mix"] * (wet - b["in"])); }

constexpr double kChorusMiddle = 0.016, kChorusSwing = 0.005;  // s

void chorus(NodeBuild& b) {
  const uint32_t voices = whole_number(b, "voices", 1);
  const MovingLine line(b, kChorusMiddle - kChorusSwing, kChorusMiddle + kChorusSwing);
  Signal phase = lfo_phase(b, b["rate"]), turns = channel_turns(b), sum;
  Signal swing = line.samples(kChorusSwing) * b["depth"];
  for (uint32_t voice = 0; voice < voices; ++voice) {
    Signal sweep = lfo(b, phase, turns + static_cast<double>(voice) / voices);
    Signal tap = line.read(line.samples(kChorusMiddle) + swing * sweep);
    sum = sum.valid() ? sum + tap : tap;
  }
  line.push(b["in"] + b["feedback"] * (1.0 / voices) * sum);
  mix(b, sum * (1 / std::sqrt(voices)));
}

constexpr double kFlangerShortest = 0.001, kFlangerSwing = 0.006;  // s

void flanger(NodeBuild& b) {
  const MovingLine line(b, kFlangerShortest, kFlangerShortest + kFlangerSwing);
  Signal up = 0.5 - 0.5 * lfo(b, lfo_phase(b, b["rate"]), channel_turns(b) + 0.25);
  Signal wet = line.read(line.samples(kFlangerShortest) + line.samples(kFlangerSwing) * b["depth"] * up);
  line.push(b["in"] + b["feedback"] * wet);
  mix(b, wet);
}

constexpr double kPhaserHertz = 800, kPhaserOctaves = 2;

// First-order all-passes as normalised lattice sections, rotations of (input, state): none adds energy however its
// corner moves, so that the loop is stable for any |feedback| < 1. `sine`, `cosine`: of the rotation.
Signal allpasses(NodeBuild& b, Signal x, Signal sine, Signal cosine, uint32_t stages) {
  for (uint32_t stage = 0; stage < stages; ++stage) {
    Signal s = b.state("s" + std::to_string(stage));
    b.set(s, cosine * x - sine * s);
    x = sine * x + cosine * s;
  }
  return x;
}

void phaser(NodeBuild& b) {
  const uint32_t stages = whole_number(b, "stages", 2);
  Signal sweep = lfo(b, lfo_phase(b, b["rate"]), channel_turns(b));
  Signal hertz = kPhaserHertz * math::exp2(kPhaserOctaves * b["depth"] * sweep);
  const math::Ratio g = math::tan_ratio(hertz * (kPi / b.sample_rate()));
  Signal sine = (g.top - g.bottom) / (g.top + g.bottom);
  Signal x = b["in"], last;
  const bool loop = b.largest(b["feedback"]) > 0;
  if (loop) x = x + b.coefficient(b["feedback"]) * (last = b.state("last"));
  Signal wet = allpasses(b, x, sine, sqrt(1.0 - sine * sine), stages);
  if (loop) b.set(last, wet);
  mix(b, wet);
}

void tremolo(NodeBuild& b) {
  Signal down = 0.5 - 0.5 * lfo(b, lfo_phase(b, b["rate"]), b.constant(0.25));
  b.out(b["in"] * (1.0 - b["depth"] * down));
}

NodeDef effect(std::string_view type, double rate, double depth, std::string_view depth_doc) {
  return {.type = type,
          .category = Category::stateful,
          .inputs = {audio_in(),
                     {.name = "rate",
                      .fallback = rate,
                      .minimum = 0,
                      .maximum = kMaxRate,
                      .unit = Unit::hertz,
                      .doc = "of the LFO, a sine"},
                     {.name = "depth", .fallback = depth, .minimum = 0, .maximum = 1, .doc = depth_doc}}};
}

NodeDef loop_effect(NodeDef def, double feedback, std::string_view feedback_doc) {
  def.inputs.push_back({.name = "feedback",
                        .fallback = feedback,
                        .minimum = -0.99,
                        .maximum = 0.99,
                        .unit = Unit::gain,
                        .doc = feedback_doc});
  def.inputs.push_back(
      {.name = "mix", .fallback = 0.5, .minimum = 0, .maximum = 1, .doc = "0: in alone, 1: wet alone"});
  return def;
}

}  // namespace

std::vector<NodeDef> modulation() {
  constexpr std::string_view kDelays =
      "J. Dattorro, Effect design, part 2: delay-line modulation and chorus, J. Audio Eng. Soc. 45 (1997)";
  NodeDef chorus_def =
      loop_effect(effect("chorus", 0.5, 0.3, "delays of 16 ms ± depth · 5 ms"), 0, "of the mean voice");
  chorus_def.settings = {{.name = "voices", .fallback = 4, .minimum = 1, .maximum = 8, .doc = "whole number"}};
  chorus_def.doc =
      "Voices at delays that one LFO moves, phases spread over its turn; their sum over the root of their number is "
      "mixed with in. Channel c of n is c / (2n) of a turn ahead: 90 degrees in stereo.";
  chorus_def.source = kDelays;
  chorus_def.lower = chorus;

  NodeDef flanger_def =
      loop_effect(effect("flanger", 0.25, 0.7, "delays of 1 ms … 1 ms + depth · 6 ms"), 0.5, "around the delay");
  flanger_def.doc =
      "A comb whose delay an LFO moves, from its shortest on: v[n] = in[n] + feedback · wet[n], wet[n] = v[n-d], read "
      "with linear interpolation. Channel c of n is c / (2n) of a turn ahead.";
  flanger_def.source = kDelays;
  flanger_def.lower = flanger;

  NodeDef phaser_def = loop_effect(effect("phaser", 0.4, 0.7, "corners from 800 Hz / 4^depth to 800 Hz · 4^depth"), 0.3,
                                   "of the last stage, a sample later");
  phaser_def.settings = {{.name = "stages", .fallback = 6, .minimum = 2, .maximum = 24, .doc = "even number"}};
  phaser_def.doc =
      "First-order all-passes in series, one corner for all, which an LFO moves in octaves; at mix 0.5 the sum with in "
      "has stages / 2 notches. Channel c of n is c / (2n) of a turn ahead.";
  phaser_def.source =
      "J. O. Smith, Physical Audio Signal Processing, phasing with first-order allpass filters; A. H. Gray, J. D. "
      "Markel, A normalized digital filter structure, IEEE Trans. ASSP 23 (1975)";
  phaser_def.lower = phaser;

  NodeDef tremolo_def = effect("tremolo", 5, 0.5, "the gain moves from 1 down to 1 - depth");
  tremolo_def.doc = "out = in · (1 - depth · (1 - cos(2π · phase)) / 2); all channels move together.";
  tremolo_def.source = "definition";
  tremolo_def.lower = tremolo;
  return {chorus_def, flanger_def, phaser_def, tremolo_def};
}

}  // namespace sinter::nodes
