// Feedback through delays that may be short: both loops of a step give what one sample at a time gives, however delays
// move across the limit and however the signal is cut; and both are taken, often.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bound.hpp"
#include "recurrences.hpp"
#include "run.hpp"
#include "sinter/ir/math.hpp"
#include "sinter/sinter.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kBlocks[] = {64, 1, 2, 3, 7, 16, 31, 33, 48, 63, 997};

// One loop through a delay line, whose delays are asked for by knobs and signals from 1 sample to more than a call.
class LoopMaker {
 public:
  // `continuous`: an error in a delay is no jump in what is heard, so that f32 may be compared with f64.
  LoopMaker(uint64_t seed, Builder& builder, bool continuous)
      : random_(seed), b_(builder), continuous_(continuous), lanes_(lanes()), clock_(random_.chance(0.8) ? 1 : 2) {}

  void make() {
    Ir& ir = b_.ir();
    ir.inputs = {{"in", random_.chance(0.5) ? lanes_ : 1}, {"side", 1}};
    for (uint32_t p = 0; p < 2; ++p)
      ir.params.push_back({.id = "p" + std::to_string(p),
                           .initial = random_.uniform(-1, 1),
                           .minimum = -1,
                           .maximum = 1,
                           .smooth_seconds = random_.chance(0.3) ? random_.uniform(0, 0.01) : 0});
    const Signal in = b_.input(0), side = b_.input(1);
    b_.set_clock(clock_);
    const Signal x = b_.upsample(in, clock_);
    modulator_ = b_.upsample(side, clock_);
    const Signal heard = loop(x);
    std::vector<Signal> outs = {b_.decimate(heard, clock_)};
    if (clock_ == 1)
      for (const Signal& delay : delays_) outs.push_back(b_.coefficient(delay));
    b_.set_clock(1);
    for (uint32_t o = 0; o < outs.size(); ++o) {
      ir.outputs.push_back({"out" + std::to_string(o), outs[o].lanes()});
      b_.output(o, outs[o]);
    }
  }

 private:
  uint32_t lanes() {
    static constexpr uint32_t kLanes[] = {1, 1, 1, 2, 2, 3, 4, 5};
    return kLanes[random_.below(8)];
  }
  Signal real(Signal integer) { return b_.op(b_.ir().real == Type::f64 ? Op::to_f64 : Op::to_f32, integer); }
  Signal state() { return b_.state("s" + std::to_string(states_++), b_.ir().real, lanes_); }

  Signal loop(Signal x) {
    longest_ = (66 + random_.below(150)) * clock_;
    line_ = b_.line("line", lanes_, longest_ + 2);
    Signal back = delayed();
    if (random_.chance(0.2)) back = 0.5 * back + 0.5 * delayed();
    // A delay that the loop decides itself is not known before it runs.
    const bool decides = !continuous_ && random_.chance(0.2);
    const Signal decided = decides ? state() : back;
    if (decides) back = 0.5 * back + 0.5 * b_.tap(line_, b_.op(Op::to_int_round, 40.0 + 60.0 * decided), 1);
    for (uint32_t n = random_.below(3); n-- > 0;) back = through(back);
    const Signal now = 0.5 * x + random_.uniform(-0.5, 0.5) * back;
    b_.push(line_, now);
    if (decides) b_.next(decided, clamp(now, -1, 1));
    return random_.chance(0.5) ? now : back;
  }

  // Of the line, by a delay that is as short as a sample at times.
  Signal delayed() {
    const double low = 1 + random_.below(30), high = std::max(70.0 * clock_, longest_ * random_.uniform(0.6, 1.0));
    const double middle = (low + high) / 2, half = (high - low) / 2;
    const Signal knob = b_.param(random_.below(2));
    const uint32_t kind = random_.below(continuous_ ? 3 : 4);
    if (kind == 0) {
      Signal delay = b_.op(Op::to_int_round, middle + half * knob);
      if (random_.chance(0.3)) delay = b_.op(Op::iadd, delay, b_.lane(lanes_));
      return tap(delay);
    }
    const Signal moving = kind == 1 ? modulator_ : b_.enter(knob);
    const Signal delay = clamp(middle + half * moving, low, high);
    if (kind == 3) return tap(b_.op(Op::to_int_round, delay));
    const Signal whole = floor(delay), near = tap(b_.op(Op::to_int, whole)),
                 far = tap(b_.op(Op::iadd, b_.op(Op::to_int, whole), b_.integer(1)));
    return near + (delay - whole) * (far - near);
  }

  // Asked for less than the minimum as often as for more, so that clamping decides.
  Signal tap(Signal delay) {
    const uint32_t minimum = random_.chance(0.5) ? 1 : 2 + random_.below(40);
    if (minimum > 1 && !continuous_) delay = b_.op(Op::isub, delay, b_.integer(static_cast<int32_t>(minimum / 2 + 15)));
    if (delays_.size() < 3) delays_.push_back(max(real(delay), minimum));
    return b_.tap(line_, delay, minimum);
  }

  Signal through(Signal x) {
    switch (random_.below(6)) {
      case 0:
        return math::tanh(x);
      case 1: {
        const Signal y = state();
        const Signal now = y + b_.coefficient(0.3 + 0.2 * b_.param(0)) * (x - y);
        b_.next(y, now);
        return now;
      }
      case 2:
        return two_states(x);
      case 3: {
        const Signal y = state();
        const Signal now = y + 0.3 * (math::tanh(x) - math::tanh(y));
        b_.next(y, now);
        return now;
      }
      case 4: {
        const uint32_t inner = b_.line("inner" + std::to_string(states_++), lanes_, 40);
        const Signal back = b_.tap(inner, b_.integer(static_cast<int32_t>(1 + random_.below(30))), 1);
        b_.push(inner, 0.6 * x + 0.4 * back);
        return back;
      }
      default:
        if (lanes_ == 1) return -x;
        return b_.stack({b_.relane(x, {.offset = 1}, lanes_ - 1), b_.extract(x, 0)});
    }
  }

  // What powers would keep in a basis of its own.
  Signal two_states(Signal x) {
    const Signal u = state(), v = state();
    const Signal next_u = 0.95 * u - 0.3 * v + 0.1 * x;
    b_.next(u, next_u);
    b_.next(v, 0.25 * u + 0.55 * v);
    return next_u;
  }

  Random random_;
  Builder& b_;
  bool continuous_;
  uint32_t lanes_;
  uint8_t clock_;
  uint32_t longest_ = 0, line_ = 0, states_ = 0;
  Signal modulator_;
  std::vector<Signal> delays_;
};

Ir make_ir(uint64_t seed, bool f64, bool continuous) {
  Ir ir;
  if (f64) ir.real = Type::f64;
  Builder builder(ir);
  LoopMaker(seed, builder, continuous).make();
  return ir;
}

Compiled compiled(const Ir& ir, const Backend* backend, bool strict) {
  CompileOptions options;
  options.backend = backend;
  options.strict = strict;
  options.f64 = ir.real == Type::f64;
  Result<Compiled> made = compile(Ir(ir), options);
  if (!made) FAIL(backend->name() << ": " << format(made.error()));
  return std::move(*made);
}

std::vector<Partition> partitions(uint64_t seed) {
  std::vector<Partition> all;
  for (const uint32_t block : kBlocks) all.push_back({block, block == 33, block == 48});
  all.push_back({150, false, false, seed});
  return all;
}

Scenario moving_scenario(uint64_t seed, const Layout& layout) {
  Random random(seed * 7919 + 1);
  Scenario scenario = make_scenario(random, layout, 400 + random.below(300), false);
  for (uint32_t n = 2 + random.below(8); n-- > 0;)
    scenario.turns.push_back({random.below(scenario.frames), random.below(2), random.uniform(-1, 1)});
  std::ranges::stable_sort(scenario.turns, {}, &Turn::frame);
  return scenario;
}

const Step* step_of_both(const Plan& plan) {
  const auto found = std::ranges::find(plan.steps, StepKind::either, &Step::kind);
  return found == plan.steps.end() ? nullptr : &*found;
}

struct Sides {
  uint64_t plans = 0, vectors = 0, one_by_one = 0;  // plans that hold both loops; calls that took each
};

// By the delays that were heard of: outputs from 1 on. Calls end at grid lines, blocks and turns.
void count_sides(const Compiled& made, const Scenario& scenario, uint32_t block, const Audio& heard, Sides& sides) {
  const Step* both = step_of_both(made.plan);
  if (!both) return;
  ++sides.plans;
  const uint32_t first = made.program->layout.outputs[0].channels;
  if (heard.size() == first || both->clock != 1) return;
  size_t turn = 0;
  uint32_t block_end = 0;
  for (uint32_t at = 0; at < scenario.frames;) {
    while (turn < scenario.turns.size() && scenario.turns[turn].frame <= at) ++turn;
    if (block_end <= at) block_end = at + block;
    uint32_t end = std::min({at / 64 * 64 + 64, block_end, scenario.frames, at + made.plan.chunk_frames});
    if (turn < scenario.turns.size()) end = std::min(end, scenario.turns[turn].frame);
    if (end < block_end && turn < scenario.turns.size() && end == scenario.turns[turn].frame) block_end = end;
    bool enough = true;
    for (uint32_t c = first; c < heard.size(); ++c)
      for (uint32_t f = at; f < end; ++f) enough = enough && heard[c][f] >= static_cast<float>(end - at);
    ++(enough ? sides.vectors : sides.one_by_one);
    at = end;
  }
}

}  // namespace

TEST_CASE("feedback delays that move across a call's length give the same bits both ways in strict mode") {
  Sides sides;
  uint32_t failures = 0;
  const uint64_t count = scaled(500);
  for (uint64_t seed = first_seed(); seed < first_seed() + count && failures < 3; ++seed) {
    const Ir ir = make_ir(seed, false, false);
    const Compiled reference = compiled(ir, find_backend("reference"), true);
    const Scenario scenario = moving_scenario(seed, reference.program->layout);
    const Audio expected = run(reference.program, scenario, {});
    for (const Backend* backend : backends()) {
      if (!backend->available() || backend->name() == "reference") continue;
      const Compiled made = compiled(ir, backend, true);
      if (backend->width() == 0) REQUIRE(!step_of_both(made.plan));
      for (const Partition& partition : partitions(seed)) {
        if (backend->width() == 0 && partition.block != 7) continue;
        const std::string where = difference(expected, run(made.program, scenario, partition));
        if (!partition.seed) count_sides(made, scenario, partition.block, expected, sides);
        if (where.empty()) continue;
        ++failures;
        MESSAGE("seed " << seed << ", " << backend->name() << ", " << partition.text() << ": " << where << "\n"
                        << print(made.ir) << print(made.ir, made.plan));
        break;
      }
      ran_on(backend->name());
    }
  }
  CHECK(failures == 0);
  MESSAGE(sides.plans << " runs of both loops: " << sides.vectors << " calls by vectors, " << sides.one_by_one
                      << " one sample at a time");
  // Of few graphs either side may be rare by chance.
  if (count < 50) return skipped("how often each of two loops ran", "too few random loops were run");
  if (std::ranges::none_of(backends(), [](const Backend* one) { return one->width() && one->available(); })) return;
  CHECK(sides.plans >= scaled(3'000));
  CHECK(sides.vectors >= scaled(50'000));
  CHECK(sides.one_by_one >= scaled(8'000));
}

TEST_CASE("feedback delays that move across a call's length stay within the fast bound both ways") {
  uint64_t beyond = 0, chaotic = 0;
  uint32_t failures = 0;
  double worst = 0;
  const uint64_t count = scaled(300);
  for (uint64_t seed = first_seed(); seed < first_seed() + count && failures < 3; ++seed) {
    const Ir ir = make_ir(seed, false, true), wide = make_ir(seed, true, true);
    const Backend* reference = find_backend("reference");
    const Compiled exact = compiled(wide, reference, true), strict = compiled(ir, reference, true);
    const Scenario scenario = moving_scenario(seed, strict.program->layout);
    // What a delay was is whole: a knob near a half is another number in f32.
    const auto heard = [&](Audio all) {
      all.resize(strict.program->layout.outputs[0].channels);
      return all;
    };
    const Audio truth = heard(run(exact.program, scenario, {})), f32 = heard(run(strict.program, scenario, {}));
    if (!comparable(truth, f32)) {
      ++chaotic;
      continue;
    }
    double most = 0;
    for (const Backend* backend : backends()) {
      if (!backend->available() || backend->width() == 0) continue;
      const Compiled made = compiled(ir, backend, false);
      for (const Partition& partition : partitions(seed)) {
        const Audio got = heard(run(made.program, scenario, partition));
        const double use = use_of_bound(truth, f32, got);
        most = std::max(most, use);
        if (all_finite(got) && use <= 4) continue;
        ++failures;
        MESSAGE("seed " << seed << ", " << backend->name() << ", " << partition.text() << " uses " << use
                        << " of the bound: " << difference(f32, got) << "\n"
                        << print(made.ir, made.plan));
        break;
      }
      ran_on(backend->name());
    }
    beyond += most > 1;
    worst = std::max(worst, most);
  }
  CHECK(failures == 0);
  CHECK(beyond * 200 <= count + 200);
  CHECK(chaotic * 20 <= count + 20);
  MESSAGE(count << " loops: " << chaotic << " too chaotic to compare, " << beyond << " beyond the bound, worst use "
                << worst);
}
