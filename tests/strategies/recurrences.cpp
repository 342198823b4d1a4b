// The generator: units one after the other and beside each other, at one clock, between other clocks' inputs and
// outputs.
#include "recurrences.hpp"

#include <algorithm>

#include "units.hpp"

namespace sinter::test {

Moves UnitMaker::moves() {
  const uint32_t kind = below(10);
  return kind < 2 ? Moves::never : kind < 6 ? Moves::per_cell : Moves::per_sample;
}

Signal UnitMaker::lane_fraction() { return b.op(Op::to_f64, b.lane(lanes)) * (1.0 / lanes); }

Signal UnitMaker::parameter() {
  const uint32_t index = below(3);
  return b.param(index);
}

Signal UnitMaker::knob(double lo, double hi, Moves moves) {
  const double middle = (lo + hi) / 2, half = (hi - lo) / 2;
  const uint32_t kind = below(4);
  const double drawn = uniform(lo, hi);
  if (moves == Moves::per_sample && kind == 1) return middle + half * b.enter(parameter());
  if (moves == Moves::per_sample && kind) return middle + half * modulator_;
  // Half of the range by the knob, half by the lane.
  if (moves == Moves::per_cell && kind == 1 && lanes > 1)
    return middle + (0.5 * half) * parameter() + half * (lane_fraction() - 0.5);
  if (moves == Moves::per_cell && kind) return middle + half * parameter();
  if (lanes > 1 && kind < 2) return lo + (hi - lo) * lane_fraction();
  return b.constant(drawn);
}

Signal UnitMaker::gate(Signal raw) { return b.enter(raw) > uniform(-0.3, 0.5); }

Signal UnitMaker::state(Type type, uint64_t init) {
  return b.state("u" + std::to_string(unit_) + "/s" + std::to_string(states_++), type, lanes, init);
}

Signal UnitMaker::real_state(double init) {
  const bool f64 = b.ir().real == Type::f64;
  return state(b.ir().real, f64 ? bits_of(init) : bits_of(static_cast<float>(init)));
}

Signal UnitMaker::unit(Signal x, Signal y) {
  switch (below(26)) {
    case 0:
      return shift(x);
    case 1:
      return held(x, y);
    case 2:
    case 3:
      return one_pole(x);
    case 4:
      return biquad(x);
    case 5:
      return direct_form(x);
    case 6:
      return coupled(x);
    case 7:
      return state_variable(x);
    case 8:
      return high_order(x);
    case 9:
      return dense(x, y);
    case 10:
    case 11:
      return random_linear(x, y);
    case 12:
      return cascade(x);
    case 13:
      return across_lanes(x);
    case 14:
    case 22:
    case 23:
      return phase(x, y);
    case 15:
    case 24:
      return random.chance(0.5) ? long_phase(x) : congruential(x);
    case 16:
      return counter(x, y);
    case 17:
      return echo(x);
    case 18:
      return ladder(x);
    case 19:
      return follower(x);
    case 20:
      return feedback_fm(x);
    default:
      return limited(x);
  }
}

namespace {

uint32_t some_lanes(Random& random) {
  static constexpr uint32_t kLanes[] = {1, 1, 1, 1, 1, 2, 2, 3, 4, 4, 5, 7, 8, 9, 12, 16, 17, 17, 18};
  return random.chance(0.85) ? kLanes[random.below(19)] : 20 + random.below(51);
}

// Up to 4 channels of the signal, no louder.
Signal narrowed(Builder& b, Signal x, uint32_t channels) {
  if (x.lanes() <= channels) return x;
  return b.sum(x, channels) * (static_cast<double>(channels) / x.lanes());
}

}  // namespace

RecurrenceInfo random_recurrences(uint64_t seed, Builder& builder, uint32_t kept) {
  Random random(seed);
  Ir& ir = builder.ir();
  const uint32_t lanes = some_lanes(random);
  const auto factor = static_cast<uint8_t>(random.chance(0.7) ? 1 : random.chance(0.5) ? 2 : 4);
  const uint32_t units = 1 + random.below(kMostUnits);
  const bool wide_input = lanes <= 4 && random.chance(0.5);
  ir.inputs = {{"in", wide_input ? lanes : 1}, {"side", 1}};
  for (uint32_t p = 0; p < 3; ++p)
    ir.params.push_back({.id = "p" + std::to_string(p),
                         .initial = random.uniform(-1, 1),
                         .minimum = -1,
                         .maximum = 1,
                         .smooth_seconds = random.chance(0.3) ? random.uniform(0, 0.01) : 0});
  const Signal in = builder.input(0), side = builder.input(1);
  builder.set_clock(factor);
  std::vector<Signal> signals = {builder.upsample(in, factor), builder.upsample(side, factor)};
  UnitMaker maker(random.next(), builder, lanes);
  RecurrenceInfo info;
  for (; info.units < units; ++info.units) {
    // The newest signal is used more often than not, so that loops feed each other.
    const Signal x =
        maker.random.chance(0.6) ? signals.back() : signals[maker.random.below(static_cast<uint32_t>(signals.size()))];
    maker.begin_unit(info.units, signals[1]);
    const Signal made = maker.unit(x, signals[1]);
    signals.push_back(kept >> info.units & 1 ? made : x);
  }
  info.well_conditioned = maker.well_conditioned();
  Signal out = signals.back();
  if (info.units > 1) out = 0.5 * out + 0.5 * signals[signals.size() - 2];
  out = narrowed(builder, out, 4);
  const Signal base = builder.decimate(out, factor);
  builder.set_clock(1);
  ir.outputs.push_back({"out", base.lanes()});
  builder.output(0, base);
  return info;
}

}  // namespace sinter::test
