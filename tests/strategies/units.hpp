// What units of random recurrences are made with: signals of known size, coefficients of every rate, states with keys.
#pragma once

#include <string>
#include <vector>

#include "sinter/ir/builder.hpp"
#include "support.hpp"

namespace sinter::test {

/// The rates a coefficient may have.
enum class Moves : uint8_t { never, per_cell, per_sample };

/// Hands out what units need. Signals stay within about ±1.
class UnitMaker {
 public:
  UnitMaker(uint64_t seed, Builder& builder, uint32_t instances) : random(seed), b(builder), lanes(instances) {}

  /// One unit applied to `x`, which gives its output. `y` is a second input.
  Signal unit(Signal x, Signal y);

  bool well_conditioned() const { return well_conditioned_; }
  void begin_unit(uint32_t number, Signal modulator) { unit_ = number, states_ = 0, modulator_ = modulator; }

  Random random;
  Builder& b;
  const uint32_t lanes;

 private:
  // Of every kind a few; each is linear.cpp's or others.cpp's.
  Signal shift(Signal x);
  Signal held(Signal x, Signal y);
  Signal one_pole(Signal x);
  Signal biquad(Signal x);
  Signal direct_form(Signal x);
  Signal coupled(Signal x);
  Signal state_variable(Signal x);
  Signal high_order(Signal x);
  Signal dense(Signal x, Signal y);
  Signal random_linear(Signal x, Signal y);
  Signal cascade(Signal x);
  Signal across_lanes(Signal x);

  Signal phase(Signal x, Signal y);
  Signal long_phase(Signal x);
  Signal congruential(Signal x);
  Signal counter(Signal x, Signal y);
  Signal echo(Signal x);
  Signal ladder(Signal x);
  Signal follower(Signal x);
  Signal feedback_fm(Signal x);
  Signal limited(Signal x);

  Signal linear_form(const std::vector<Signal>& terms, uint32_t depth, Moves moves, double& norm);
  Signal oscillator(Signal phase);

  Moves moves();
  /// A value within lo … hi (the f32 rounding aside) that moves at most so fast: literal, per lane, by a parameter, by
  /// a modulator.
  Signal knob(double lo, double hi, Moves moves);
  /// The same as a coefficient, which stands for its cell instead of ramping.
  Signal coefficient(double lo, double hi, Moves moves) { return b.coefficient(knob(lo, hi, moves)); }
  /// 0 … 1 by the lane, at constant rate.
  Signal lane_fraction();
  Signal parameter();
  /// True now and then, told from a patch input, so that both precisions agree on when.
  Signal gate(Signal raw);
  Signal state(Type type = Type::f32, uint64_t init = 0);
  Signal real_state(double init = 0);
  Signal before(Signal x);
  Signal to_real(Signal integer) { return b.op(b.ir().real == Type::f64 ? Op::to_f64 : Op::to_f32, integer); }
  Signal integer(uint32_t bits) { return b.integer(static_cast<int32_t>(bits)); }
  Signal add(Signal x, Signal y) { return b.op(Op::iadd, x, y); }
  uint32_t below(uint32_t n) { return random.below(n); }
  double uniform(double lo, double hi) { return random.uniform(lo, hi); }

  uint32_t unit_ = 0, states_ = 0;
  Signal modulator_;  // within ±1, sample rate
  bool well_conditioned_ = true;
};

}  // namespace sinter::test
