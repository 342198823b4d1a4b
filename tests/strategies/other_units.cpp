// Units of integers, delays and feedback through curves: what is exact, what has a distance, and what has to stay
// serial.
#include "sinter/ir/math.hpp"
#include "units.hpp"

namespace sinter::test {
namespace {

constexpr double kTurn = 4294967296.0;

}  // namespace

// A wave without a jump, of a phase in units of 2^-32 turns.
Signal UnitMaker::oscillator(Signal phase) {
  if (random.chance(0.5)) return math::sin_turns(to_real(phase) * (1 / kTurn));
  return abs(to_real(phase)) * (2 / kTurn);
}

// A phase accumulator whose increment rests, moves per cell or per sample, with and without resets.
Signal UnitMaker::phase(Signal x, Signal y) {
  const Signal phase = state(Type::i32, below(2) * 0x12345678u);
  Signal increment;
  switch (below(4)) {
    case 0:
      increment = integer(static_cast<uint32_t>(random.next() >> 36));
      break;
    case 1:
      increment = b.op(Op::to_int_round, (0.02 + 0.019 * parameter()) * kTurn);
      break;
    case 2:
      increment = b.op(Op::to_int_round, (0.001 + 0.05 * lane_fraction()) * kTurn);
      break;
    default:
      // A power of two, so that both precisions see the same increments.
      increment = b.op(Op::to_int_round, b.enter(modulator_) * 0x1p26);
  }
  Signal from = phase;
  if (random.chance(0.3)) from = b.select(random.chance(0.3) ? b.cell_start() : gate(y), integer(below(1000)), phase);
  const Signal now = add(from, increment);
  b.next(phase, now);
  const Signal wave = oscillator(random.chance(0.5) ? from : now);
  return random.chance(0.5) ? 0.5 * x + 0.5 * wave : x * wave;
}

// 64 bits in two words, for slow phases: the lower word's carry is what the upper one adds.
Signal UnitMaker::long_phase(Signal x) {
  const Signal low = state(Type::i32), high = state(Type::i32);
  const Signal step = integer(static_cast<uint32_t>(random.next()) | 1);
  const Signal sum = add(low, step);
  const Signal sign = integer(0x80000000u);
  const Signal wrapped = b.op(Op::ilt, b.op(Op::ixor, sum, sign), b.op(Op::ixor, step, sign));
  b.next(low, sum);
  const Signal carry = b.select(wrapped, integer(1), integer(0));
  b.next(high, add(add(high, carry), integer(below(1u << 20))));
  return 0.5 * x + 0.5 * oscillator(high);
}

// x' = a · x + c mod 2^32, the generator of noise in many programs.
Signal UnitMaker::congruential(Signal x) {
  const Signal z = state(Type::i32, 1 + below(1000));
  Signal now = b.op(Op::imul, z, integer(random.chance(0.5) ? 1664525u : 196314165u));
  now = random.chance(0.5) ? add(now, integer(1013904223u)) : add(now, b.op(Op::ishl, b.lane(lanes), {}, {}, 3));
  b.next(z, now);
  return 0.7 * x + 0.3 * to_real(b.op(Op::ishr, now, {}, {}, 8)) * 0x1p-23;
}

// Counts, with and without a reset, and a toggle: integer states that are read as a slow ramp.
Signal UnitMaker::counter(Signal x, Signal y) {
  const Signal count = state(Type::i32);
  const Signal pulse = b.select(gate(y), integer(1 + below(3)), integer(0));
  Signal from = count;
  if (random.chance(0.5)) from = b.select(b.cell_start(), integer(0), count);
  Signal now = random.chance(0.5) ? add(from, pulse) : b.op(Op::isub, from, pulse);
  if (random.chance(0.2)) now = b.op(Op::ixor, count, pulse);
  b.next(count, now);
  return 0.8 * x + 0.2 * to_real(b.op(Op::iand, now, integer(255))) * 0x1p-8;
}

// Feedback through a delay: shorter or longer than a chunk, fixed, by a knob, or moved by a signal.
Signal UnitMaker::echo(Signal x) {
  static constexpr uint32_t kFixed[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 200, 300};
  const uint32_t length = kFixed[below(21)];
  const uint32_t line = b.line("u" + std::to_string(unit_) + "/line", lanes, length + 60);
  Signal back;
  switch (below(4)) {
    case 0:
      back = b.tap(line, integer(length), length);
      break;
    case 1: {
      const Signal delay = (length + 0.0) + 20.0 + 20.0 * parameter();
      back = b.tap(line, b.op(Op::to_int_round, delay), length);
      break;
    }
    case 2:
      back = b.tap(line, add(b.lane(lanes), integer(length)), length);
      break;
    default: {
      const Signal delay = clamp((length + 20.0) + 20.0 * b.enter(modulator_), length, length + 40.0);
      const Signal whole = floor(delay), index = b.op(Op::to_int, whole);
      const Signal near = b.tap(line, index, length), far = b.tap(line, add(index, integer(1)), length);
      back = near + (delay - whole) * (far - near);
    }
  }
  if (random.chance(0.3)) back = one_pole(back);
  if (random.chance(0.2)) back = math::tanh(back);
  const Signal now = 0.5 * x + coefficient(-0.5, 0.5, moves()) * back;
  b.push(line, now);
  return random.chance(0.5) ? now : back;
}

// Four one-poles in a loop through a curve: loop gain below 1.
Signal UnitMaker::ladder(Signal x) {
  const Moves speed = moves();
  const Signal g = coefficient(0.05, 0.7, speed), k = coefficient(0.1, 0.9, Moves::per_cell);
  std::vector<Signal> stages;
  for (uint32_t s = 0; s < 4; ++s) stages.push_back(real_state());
  Signal y = math::tanh(x - k * stages[3]);
  for (const Signal& stage : stages) {
    y = stage + g * (y - stage);
    b.next(stage, y);
  }
  return y;
}

// Two speeds, chosen by the state itself: of |x|, or the root of the mean square.
Signal UnitMaker::follower(Signal x) {
  const bool rms = random.chance(0.5);
  const Signal attack = coefficient(0.05, 0.5, moves()), release = coefficient(0.005, 0.05, Moves::per_cell);
  const Signal level = real_state();
  const Signal size = rms ? x * x : abs(x);
  const Signal now = level + b.select(size > level, attack, release) * (size - level);
  b.next(level, now);
  return rms ? sqrt(now + 0.01) : now;
}

// A sine that bends its own phase by less than one radian.
Signal UnitMaker::feedback_fm(Signal x) {
  const Signal phase = state(Type::i32), last = real_state();
  const Signal step = add(integer(0x01000000u + below(1u << 26)), b.op(Op::imul, b.lane(lanes), integer(0x00345678u)));
  b.next(phase, add(phase, step));
  const Signal turns = to_real(phase) * (1 / kTurn) + coefficient(0, 0.1, moves()) * last;
  const Signal now = math::sin_turns(turns);
  b.next(last, now);
  return 0.5 * x + 0.5 * now;
}

Signal UnitMaker::limited(Signal x) {
  const Signal y = real_state();
  const Signal now = clamp(y + coefficient(0.05, 0.6, moves()) * (x - y), -0.4, 0.45);
  b.next(y, now);
  return 0.5 * x + now;
}

}  // namespace sinter::test
