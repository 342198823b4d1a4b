// Integer phases: 2^32 to the turn, and 2^63 for what is known to be slow.
#include "phase.hpp"

namespace sinter::nodes {
namespace {

constexpr double kLargestIncrement = 2147483520.0;  // the largest f32 below half a turn
constexpr double kSlowHertz = 40 * (1 + 1e-9);      // no pitch, what never gets faster; bounds are rounded outward

// Fractions of a phase unit, in a second word of which 2^31 are one: its top bit changes where the sum of all fractions
// passes a whole unit, which is 1 more for the phase. `restarts`: where the phase becomes 0, if it ever does.
Signal carried_unit(NodeBuild& b, Signal fraction, uint32_t lanes, std::optional<Signal> restarts) {
  constexpr double kUnit = 2147483648.0;
  Builder& build = b.builder();
  Signal fine = build.state(b.key("fine"), Type::i32, lanes);
  Signal now = restarts ? select(*restarts, build.integer(0), fine) : fine;
  Signal after = build.op(Op::iadd, now, build.op(Op::to_int_round, min(fraction * kUnit, kUnit - 1)));
  b.set(fine, after);
  return build.op(Op::ushr, build.op(Op::ixor, now, after), {}, {}, 31);
}

// An LFO would be off by a turn in some hours without the second word.
Signal increment(NodeBuild& b, Signal hertz, uint32_t lanes, std::optional<Signal> restarts) {
  Builder& build = b.builder();
  Signal units = units_per_sample(b, hertz);
  const double most = hertz.rate() == Rate::sample ? kMaxHertz : b.largest(hertz);
  if (most == 0 || most > kSlowHertz) return build.op(Op::to_int_round, units);
  Signal whole = floor(units);
  return build.op(Op::iadd, build.op(Op::to_int_round, whole), carried_unit(b, units - whole, lanes, restarts));
}

}  // namespace

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

// Per-sample frequencies multiply by one constant instead of dividing.
Signal units_per_sample(NodeBuild& b, Signal hertz) {
  Signal units = hertz.rate() == Rate::sample ? hertz * (kTurn / b.sample_rate()) : hertz / b.sample_rate() * kTurn;
  return clamp(units, -kLargestIncrement, kLargestIncrement);
}

// Half a turn does not fit and becomes -2^31, which is the same phase.
Signal phase_units(Builder& b, Signal turns) {
  if (turns.rate() != Rate::constant) turns = b.enter(turns);
  return b.op(Op::to_int_round, (turns - round(turns)) * kTurn);
}

Signal rises(NodeBuild& b, Signal gate, std::string_view name) {
  gate = b.coefficient(gate);
  Signal before = b.state(name, gate.lanes());
  b.set(before, gate);
  return before <= 0.0 && gate > 0.0;
}

Signal phase_increment(NodeBuild& b, std::optional<Signal> restarts) {
  return increment(b, b["freq"], b.instances(), restarts);
}

Signal lfo_phase(NodeBuild& b, Signal hertz) {
  Builder& build = b.builder();
  Signal phase = build.state(b.key("phase"), Type::i32, hertz.lanes());
  b.set(phase, build.op(Op::iadd, phase, increment(b, hertz, hertz.lanes(), {})));
  return phase;
}

Signal running_phase(NodeBuild& b, bool has_reset) {
  Builder& build = b.builder();
  Signal phase = build.state(b.key("phase"), Type::i32, b.instances());
  std::optional<Signal> restarts;
  if (has_reset && b.connected("reset")) restarts = rises(b, b["reset"], "reset");
  Signal now = restarts ? select(*restarts, build.integer(0), phase) : phase;
  b.set(phase, build.op(Op::iadd, now, phase_increment(b, restarts)));
  return b.connected("phase") ? build.op(Op::iadd, now, phase_units(build, b["phase"])) : now;
}

Signal turns_per_sample(NodeBuild& b) { return max(abs(units_per_sample(b, b["freq"])), 1.0) * (1 / kTurn); }

Signal signed_turns(Builder& b, Signal phase) { return to_real(b, phase) * (1 / kTurn); }

}  // namespace sinter::nodes
