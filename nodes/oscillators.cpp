// Oscillators: phases are integers, so that they wrap exactly and never drift; noise is a hash of the frame's number.
#include "families.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr double kTurn = 4294967296.0;              // phase units per turn: 2^32
constexpr double kLargestIncrement = 2147483520.0;  // the largest f32 below half a turn
constexpr double kSlowHertz = 40 * (1 + 1e-9);      // no pitch, what never gets faster; bounds are rounded outward

Port reset_port() {
  return {.name = "reset", .fallback = 0, .doc = "a rise from 0 or below to above 0 sets the phase to 0"};
}
Port phase_port() {
  return {.name = "phase",
          .fallback = 0,
          .minimum = -1e6,
          .maximum = 1e6,
          .unit = Unit::turns,
          .doc = "added to the phase"};
}
Port pitch_port(std::optional<double> fallback) {
  return {.name = "freq",
          .fallback = fallback,
          .minimum = -kMaxHertz,
          .maximum = kMaxHertz,
          .unit = Unit::hertz,
          .doc = "up to half the sample rate; negative runs backwards"};
}

// Phase units per sample. Per-sample frequencies multiply by one constant instead of dividing.
Signal units_per_sample(NodeBuild& b, Signal hertz) {
  Signal units = hertz.rate() == Rate::sample ? hertz * (kTurn / b.sample_rate()) : hertz / b.sample_rate() * kTurn;
  return clamp(units, -kLargestIncrement, kLargestIncrement);
}

// Turns as phase units: whole turns taken off first. Half a turn does not fit and becomes -2^31, which is the same
// phase.
Signal phase_units(Builder& b, Signal turns) {
  if (turns.rate() != Rate::constant) turns = b.enter(turns);
  return b.op(Op::to_int_round, (turns - round(turns)) * kTurn);
}

// True in the first sample of a gate: from <= 0 to > 0. Controls stand for their whole cell instead of ramping.
Signal rises(NodeBuild& b, Signal gate) {
  gate = b.coefficient(gate);
  Signal before = b.state("reset", gate.lanes());
  b.set(before, gate);
  return before <= 0.0 && gate > 0.0;
}

// Fractions of a phase unit, in a second word of which 2^31 are one: its top bit changes where the sum of all fractions
// passes a whole unit, which is 1 more for the phase. `restarts`: where the phase becomes 0, if it ever does.
Signal carried_unit(NodeBuild& b, Signal fraction, std::optional<Signal> restarts) {
  constexpr double kUnit = 2147483648.0;
  Builder& build = b.builder();
  Signal fine = build.state(b.key("fine"), Type::i32, b.instances());
  Signal now = restarts ? select(*restarts, build.integer(0), fine) : fine;
  Signal after = build.op(Op::iadd, now, build.op(Op::to_int_round, min(fraction * kUnit, kUnit - 1)));
  b.set(fine, after);
  return build.op(Op::ushr, build.op(Op::ixor, now, after), {}, {}, 31);
}

// What is added to the phase in this sample: round(freq / sr · 2^32). An LFO would be off by a turn in some hours, so
// one that is known to be slow counts in 2^63 to the turn.
Signal increment(NodeBuild& b, std::optional<Signal> restarts = {}) {
  Builder& build = b.builder();
  Signal hertz = b["freq"], units = units_per_sample(b, hertz);
  const double most = hertz.rate() == Rate::sample ? kMaxHertz : b.largest(hertz);
  if (most == 0 || most > kSlowHertz) return build.op(Op::to_int_round, units);
  Signal whole = floor(units);
  return build.op(Op::iadd, build.op(Op::to_int_round, whole), carried_unit(b, units - whole, restarts));
}

// The running phase of this sample, offset included, as i32.
Signal running_phase(NodeBuild& b) {
  Builder& build = b.builder();
  Signal phase = build.state(b.key("phase"), Type::i32, b.instances());
  std::optional<Signal> restarts;
  if (b.connected("reset")) restarts = rises(b, b["reset"]);
  Signal now = restarts ? select(*restarts, build.integer(0), phase) : phase;
  b.set(phase, build.op(Op::iadd, now, increment(b, restarts)));
  return b.connected("phase") ? build.op(Op::iadd, now, phase_units(build, b["phase"])) : now;
}

void phasor(NodeBuild& b) {
  // 24 bits of phase are all that an f32 holds, so that the largest output stays below 1.
  Signal unsigned_phase = b.builder().op(Op::ushr, running_phase(b), {}, {}, 8);
  b.out(to_real(b.builder(), unsigned_phase) * 0x1p-24);
}

void sine(NodeBuild& b) { b.out(math::sin_turns(to_real(b.builder(), running_phase(b)) * 0x1p-32)); }

// A 32-bit integer hash with low bias, here with a second key between its rounds, so that two seeds do not walk through
// one sequence at different places.
Signal hash(Builder& b, Signal x, Signal key) {
  auto fold = [&](Signal v, uint32_t count) { return b.op(Op::ixor, v, b.op(Op::ushr, v, {}, {}, count)); };
  x = b.op(Op::imul, fold(x, 16), b.integer(0x7feb352d));
  x = b.op(Op::ixor, x, key);
  return fold(b.op(Op::imul, fold(x, 15), b.integer(static_cast<int32_t>(0x846ca68bu))), 16);
}

void noise(NodeBuild& b) {
  Builder& build = b.builder();
  const uint32_t seed = b.number("seed") > 0 ? static_cast<uint32_t>(b.number("seed")) : b.seed();
  Signal key = hash(build, build.lane(b.instances()), build.integer(static_cast<int32_t>(seed)));
  Signal bits = hash(build, build.op(Op::iadd, build.frame(), key), hash(build, key, key));
  // Odd 25-bit numbers: symmetric about 0, exact in an f32.
  Signal odd = build.op(Op::ior, build.op(Op::ishr, bits, {}, {}, 7), build.integer(1));
  b.out(to_real(build, odd) * 0x1p-24);
}

void impulse(NodeBuild& b) {
  Builder& build = b.builder();
  Signal phase = build.state(b.key("phase"), Type::i32, b.instances());
  Signal due = build.state(b.key("due"), Type::i32, b.instances(), bits_of(1));
  Signal after = build.op(Op::iadd, phase, increment(b));
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
       .settings = {{.name = "seed",
                     .minimum = 0,
                     .maximum = 4294967295.0,
                     .doc = "whole number; 0 makes one from the node's id. Every channel differs"}},
       .doc = "White noise, uniform in -1 … 1, a function of the frame's number, the seed and the channel: any frame "
              "can be computed by itself.",
       .source = "C. Wellons, Prospecting for Hash Functions (2018), lowbias32; counter-based generation as in J. "
                 "Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC11",
       .lower = noise},
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
