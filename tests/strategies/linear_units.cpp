// Units whose states follow linear equations: everything that may be solved for many samples at once.
#include <algorithm>
#include <cmath>

#include "sinter/ir/math.hpp"
#include "units.hpp"

namespace sinter::test {

Signal UnitMaker::before(Signal x) {
  x = b.enter(x);
  const Signal z = b.state("u" + std::to_string(unit_) + "/s" + std::to_string(states_++), x.type(), x.lanes());
  b.next(z, x);
  return z;
}

Signal UnitMaker::shift(Signal x) {
  Signal sum = 0.4 * x, z = x;
  const uint32_t taps = 1 + below(6);
  for (uint32_t t = 0; t < taps; ++t) {
    z = before(z);
    if (t + 1 < taps && random.chance(0.3)) continue;
    sum = sum + (0.6 / taps) * z * (random.chance(0.5) ? coefficient(-1, 1, Moves::per_sample) : b.constant(1));
  }
  return sum;
}

// Sample and hold, at grid lines or by a gate.
Signal UnitMaker::held(Signal x, Signal y) {
  const Signal held = real_state();
  const Signal value = b.select(random.chance(0.5) ? b.cell_start() : gate(y), b.enter(x), held);
  b.next(held, value);
  return 0.5 * x + 0.5 * (random.chance(0.5) ? value : held);
}

Signal UnitMaker::one_pole(Signal x) {
  const Signal y = real_state(random.chance(0.2) ? 0.5 : 0);
  Signal now;
  const double largest = random.chance(0.5) ? 0.98 : 0.7;
  switch (below(4)) {
    case 0:
      now = y + coefficient(0.01, 0.6, moves()) * (x - y);
      break;
    case 1:
      now = coefficient(-largest, largest, moves()) * y + (1 - largest) * x;
      break;
    case 2: {
      const Signal a = coefficient(0.02, 0.9, moves());
      now = (1.0 - a) * y + a * x;
      break;
    }
    default:
      now = x * (1 - largest) - y * coefficient(0, largest, moves());
  }
  b.next(y, now);
  return random.chance(0.7) ? now : y;
}

// Two complex poles, transposed direct form II. Its gain is at most 1 / ((1 − r) · max(1 − r, sin θ)).
Signal UnitMaker::biquad(Signal x) {
  Signal a1, a2;
  double gain = 0.3;
  const Moves speed = moves();
  if (speed == Moves::per_sample) {
    a1 = knob(-0.55, 0.5, speed);
    a2 = knob(-0.4, 0.4, speed);
  } else {
    // Poles close to 1 ring long, and f32 coefficients miss them.
    const bool hard = random.chance(0.15);
    well_conditioned_ &= !hard;
    const double r = hard ? uniform(0.99, 0.9995) : uniform(0.3, 0.98), lo = hard ? 0.003 : 0.1;
    const double from = uniform(lo, hard ? 0.05 : 2.5), to = random.chance(0.3) ? from : from + uniform(0, 0.4);
    const Signal turn = knob(from, to, speed);
    a1 = -2.0 * r * math::cos(turn);
    a2 = b.constant(r * r);
    gain = (1 - r) * std::max(1 - r, std::sin(from));
  }
  a1 = b.coefficient(a1), a2 = b.coefficient(a2);
  const Signal s1 = real_state(), s2 = real_state();
  const Signal y = gain * x + s1;
  b.next(s1, (0.5 * gain) * x - a1 * y + s2);
  b.next(s2, (-0.3 * gain) * x - a2 * y);
  return y;
}

// Direct forms I and II: the same poles with other states, some of them shifts.
Signal UnitMaker::direct_form(Signal x) {
  const Moves speed = moves();
  const Signal a1 = coefficient(-0.6, 0.5, speed), a2 = coefficient(-0.35, 0.35, speed);
  if (random.chance(0.5)) {
    const Signal w1 = real_state(), w2 = real_state();
    const Signal w = 0.05 * x - a1 * w1 - a2 * w2;
    b.next(w1, w);
    b.next(w2, w1);
    return 0.4 * w + 0.3 * w1 - 0.2 * w2;
  }
  const Signal x1 = before(x), x2 = before(x1);
  const Signal y1 = real_state(), y2 = real_state();
  const Signal y = 0.03 * x + 0.02 * x1 - 0.01 * x2 - a1 * y1 - a2 * y2;
  b.next(y1, y);
  b.next(y2, y1);
  return y;
}

// A rotation that shrinks: contractive at whatever rate it turns.
Signal UnitMaker::coupled(Signal x) {
  const Moves speed = moves();
  const double r = random.chance(0.3) ? uniform(0.99, 0.999) : uniform(0.5, 0.99);
  const double from = uniform(0.001, 1.5);
  const Signal turn = knob(from, from + uniform(0, 0.3), speed);
  const Signal c = b.coefficient(r * math::cos(turn)), s = b.coefficient(r * math::sin(turn));
  const Signal u = real_state(), v = real_state(random.chance(0.3) ? 0.25 : 0);
  const Signal up = c * u - s * v + (1 - r) * x, vp = s * u + c * v;
  b.next(u, up);
  b.next(v, vp);
  return random.chance(0.5) ? up : 0.5 * (u + v);
}

Signal UnitMaker::state_variable(Signal x) {
  const Moves speed = moves();
  const double lowest = random.chance(0.3) ? 0.002 : 0.05;
  const Signal g = knob(lowest, lowest * 4 + uniform(0, 0.8), speed);
  const Signal k = knob(0.4, 2, speed == Moves::per_sample && random.chance(0.5) ? Moves::per_cell : speed);
  Signal a1 = 1.0 / (1.0 + g * (g + k)), a2 = g * a1, a3 = g * a2;
  a1 = b.coefficient(a1), a2 = b.coefficient(a2), a3 = b.coefficient(a3);
  const Signal ic1 = real_state(), ic2 = real_state();
  const Signal in = 0.3 * x, v3 = in - ic2;
  const Signal band = a1 * ic1 + a2 * v3, low = ic2 + a2 * ic1 + a3 * v3;
  b.next(ic1, 2.0 * band - ic1);
  b.next(ic2, 2.0 * low - ic2);
  switch (below(3)) {
    case 0:
      return low;
    case 1:
      return band;
    default:
      return in - b.coefficient(k) * band - low;
  }
}

// y[n] = g · x − Σ a_k · y[n−k], up to order 5, with Σ |a_k| < 1.
Signal UnitMaker::high_order(Signal x) {
  const Moves speed = moves();
  const uint32_t order = 3 + below(3);
  std::vector<Signal> past;
  for (uint32_t k = 0; k < order; ++k) past.push_back(real_state());
  Signal y = 0.1 * x;
  const double each = 0.9 / order;
  for (const Signal& one : past) y = y - coefficient(-each, each, speed) * one;
  for (uint32_t k = 0; k < order; ++k) b.next(past[k], k ? past[k - 1] : y);
  return y;
}

// s' = A s + B u with a full A whose rows sum to less than 1.
Signal UnitMaker::dense(Signal x, Signal y) {
  const Moves speed = moves();
  const uint32_t order = 2 + below(4);
  std::vector<Signal> states;
  for (uint32_t k = 0; k < order; ++k) states.push_back(real_state());
  Signal out = 0.2 * x;
  for (uint32_t k = 0; k < order; ++k) {
    Signal sum = random.chance(0.5) ? 0.08 * x : 0.05 * x - 0.03 * y;
    for (uint32_t l = 0; l < order; ++l) sum = sum + coefficient(-0.9 / order, 0.9 / order, speed) * states[l];
    b.next(states[k], sum);
    out = out + (0.8 / order) * (random.chance(0.5) ? sum : states[k]);
  }
  return out;
}

// A formula that is linear in its terms, written in one of many ways. `norm` is what its size is at most.
Signal UnitMaker::linear_form(const std::vector<Signal>& terms, uint32_t depth, Moves speed, double& norm) {
  if (depth == 0 || random.chance(0.1)) {
    norm = 1;
    return terms[below(static_cast<uint32_t>(terms.size()))];
  }
  double left = 0, right = 0;
  const Signal one = linear_form(terms, depth - 1, speed, left);
  norm = left;
  switch (below(8)) {
    case 0:
      return -one;
    case 1:
      return coefficient(-1, 1, speed) * one;
    case 2:
      norm = left / 1.2;
      return one / coefficient(1.2, 3, speed);
    case 3:
      norm = left + 0.1;
      return one + coefficient(-0.1, 0.1, speed);
    case 4:
    case 5: {
      const Signal other = linear_form(terms, depth - 1, speed, right);
      norm = left + right;
      return one + other;
    }
    case 6: {
      const Signal other = linear_form(terms, depth - 1, speed, right);
      norm = left + right;
      return other - one;
    }
    default: {
      if (speed != Moves::per_sample) return one * 0.75;
      const Signal other = linear_form(terms, depth - 1, speed, right);
      norm = std::max(left, right);
      return b.select(gate(modulator_), one, other);
    }
  }
}

Signal UnitMaker::random_linear(Signal x, Signal y) {
  const Moves speed = moves();
  const uint32_t order = 1 + below(5);
  std::vector<Signal> states, terms = {b.enter(x), b.enter(y)};
  for (uint32_t k = 0; k < order; ++k) states.push_back(real_state());
  terms.insert(terms.end(), states.begin(), states.end());
  Signal out = 0.3 * x;
  for (uint32_t k = 0; k < order; ++k) {
    double norm = 0;
    Signal next = linear_form(terms, 1 + below(4), speed, norm);
    if (norm > 0.95) next = (0.95 / norm) * next;
    b.next(states[k], next);
    out = out + (0.7 / order) * (random.chance(0.5) ? next : states[k]);
  }
  return out;
}

Signal UnitMaker::cascade(Signal x) {
  const uint32_t sections = 2 + below(9);
  const uint32_t kind = below(3);
  for (uint32_t s = 0; s < sections; ++s)
    x = kind == 0 ? one_pole(x) : kind == 1 ? 2.0 * state_variable(x) : 3.0 * direct_form(x);
  return x;
}

// Lanes that read each other one sample late: no lane can be computed for long without the others.
Signal UnitMaker::across_lanes(Signal x) {
  if (lanes == 1 || lanes > 8) return coupled(x);
  const Signal z = real_state();
  const Signal turned = b.stack({b.relane(z, {.offset = 1}, lanes - 1), b.extract(z, 0)});
  const Signal mix = random.chance(0.5) ? b.fold(z, 1) * (0.4 / lanes) : 0.3 * z;
  const Signal now = 0.4 * turned + mix + 0.2 * x;
  b.next(z, now);
  return now;
}

}  // namespace sinter::test
