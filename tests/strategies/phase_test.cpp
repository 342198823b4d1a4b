// Phases are exact: frame n has n · round(f / sr · 2^32) mod 2^32 however many samples are summed at once, those of
// slow oscillators with 31 bits more, and increments that come as a signal add up to the bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "sinter/sinter.hpp"
#include "support.hpp"
#include "tally.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr double kRate = 48'000, kTurn = 4294967296.0;
constexpr double kSlowHertz = 40;
constexpr uint32_t kLongest = 997;

uint32_t increment_of(double hertz) {
  return static_cast<uint32_t>(static_cast<int64_t>(std::nearbyint(hertz / kRate * kTurn)));
}

// With 31 bits more.
uint64_t long_increment_of(double hertz) {
  const double units = hertz / kRate * kTurn, whole = std::floor(units);
  const auto fraction = static_cast<int64_t>(std::nearbyint(std::min((units - whole) * 0x1p31, 0x1p31 - 1)));
  return (static_cast<uint64_t>(static_cast<int64_t>(whole)) << 31) + static_cast<uint64_t>(fraction);
}

// The same from a signal, in the float arithmetic of sample code.
uint32_t increment_of(float hertz) {
  const auto units = static_cast<float>(kTurn / kRate);
  return static_cast<uint32_t>(static_cast<int64_t>(std::nearbyint(hertz * units)));
}

std::string digits(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

// The upper 24 bits, which are what a float holds.
float expected(uint32_t phase) { return static_cast<float>(phase >> 8) * 0x1p-24f; }

// Runs a phasor over random blocks, up to `frames`. Before each block `turn` may move the knob, and gives the
// increments of the block's `count` frames. The first frame that is wrong, or "".
using Increments =
    std::function<void(Engine&, uint32_t count, std::vector<float>& in, std::vector<uint32_t>& increments)>;

// Those of a slow phase, which goes on from call to call.
struct LongPhase {
  uint64_t phase = 0;
  void fill(double hertz, uint32_t count, std::vector<uint32_t>& increments) {
    const uint64_t step = long_increment_of(hertz);
    for (uint32_t f = 0; f < count; ++f, phase += step)
      increments[f] = static_cast<uint32_t>((phase + step) >> 31) - static_cast<uint32_t>(phase >> 31);
  }
};

std::string wrong_frame(const std::shared_ptr<const Program>& program, uint64_t frames, Random& random,
                        const Increments& turn) {
  Engine engine;
  engine.prepare(program);
  std::vector<float> in(kLongest), out(kLongest);
  std::vector<uint32_t> increments(kLongest);
  uint32_t phase = 0;
  for (uint64_t at = 0; at < frames;) {
    constexpr uint32_t kSizes[] = {1, 3, 16, 33, 64, 64, 128, 512, 512, kLongest};
    const uint32_t count = random.chance(0.5) ? kSizes[random.below(10)] : 1 + random.below(kLongest);
    turn(engine, count, in, increments);
    const float* inputs[] = {in.data()};
    float* outputs[] = {out.data()};
    engine.process(inputs, outputs, count);
    for (uint32_t f = 0; f < count; ++f) {
      if (out[f] != expected(phase))
        return "frame " + std::to_string(at + f) + " is " + digits(out[f]) + ", not " + digits(expected(phase));
      phase += increments[f];
    }
    at += count;
  }
  return "";
}

struct Case {
  std::string what;
  Graph graph;
  Increments turn;
};

Case at_rest(double hertz) {
  Case one{"a number, " + digits(hertz) + " Hz", {}, {}};
  one.graph.input("in").node("x", "phasor", {{"freq", digits(hertz)}});
  one.turn = [hertz, slow = LongPhase()](Engine&, uint32_t count, std::vector<float>&,
                                         std::vector<uint32_t>& increments) mutable {
    if (std::abs(hertz) <= kSlowHertz) slow.fill(hertz, count, increments);
    else std::fill(increments.begin(), increments.end(), increment_of(hertz));
  };
  return one;
}

Case by_knob(Random& random, double most) {
  Case one{"a knob up to " + digits(most) + " Hz", {}, {}};
  one.graph.input("in").param({.id = "f", .minimum = -most, .maximum = most, .fallback = 0, .unit = Unit::hertz});
  one.graph.node("x", "phasor", {{"freq", "$f"}});
  one.turn = [&random, most, hertz = 0.0, slow = LongPhase()](Engine& engine, uint32_t count, std::vector<float>&,
                                                              std::vector<uint32_t>& increments) mutable {
    if (random.chance(0.1)) engine.set_parameter(0, hertz = random.uniform(-most, most));
    if (most <= kSlowHertz) slow.fill(hertz, count, increments);
    else std::fill(increments.begin(), increments.end(), increment_of(hertz));
  };
  return one;
}

Case by_signal(Random& random) {
  Case one{"a signal", {}, {}};
  one.graph.input("in").node("x", "phasor", {{"freq", "in"}});
  one.turn = [&random](Engine&, uint32_t, std::vector<float>& in, std::vector<uint32_t>& increments) {
    for (size_t f = 0; f < in.size(); ++f) {
      in[f] = static_cast<float>(random.uniform(-15'000, 20'000));
      increments[f] = increment_of(in[f]);
    }
  };
  return one;
}

}  // namespace

TEST_CASE("a phase is exact after ten million frames, its increments at rest, turned by a knob or a signal") {
  const uint64_t frames = scaled(10'000'000);
  Random random(71);
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    for (const bool strict : {false, true}) {
      std::vector<Case> cases;
      for (const double hertz : {440.0, random.uniform(0.01, 5), random.uniform(5, 23'000), -random.uniform(1, 23'000)})
        cases.push_back(at_rest(hertz));
      cases.push_back(by_knob(random, 20'000));
      cases.push_back(by_knob(random, kSlowHertz));
      cases.push_back(by_signal(random));
      // One sample at a time is slow, and is what the others have to equal.
      const uint64_t length = backend->name() == "reference" ? frames / 10 : frames;
      Case whole = cases[2];
      whole.graph.output("out", "x");
      for (Case& one : cases) {
        one.graph.output("out", "x");
        CompileOptions options;
        options.backend = backend;
        options.strict = strict;
        const Result<Compiled> compiled = compile_patch(one.graph, options);
        REQUIRE(compiled);
        count_strategies(backend->name(), strict, compiled->plan);
        CAPTURE(backend->name());
        CAPTURE(strict);
        CAPTURE(one.what);
        CHECK(wrong_frame(compiled->program, length / cases.size(), random, one.turn) == "");
        ran_on(backend->name());
      }
      // One of them goes the whole way.
      CompileOptions options;
      options.backend = backend;
      options.strict = strict;
      const Result<Compiled> compiled = compile_patch(whole.graph, options);
      REQUIRE(compiled);
      CHECK(wrong_frame(compiled->program, length, random, whole.turn) == "");
    }
  }
}

TEST_CASE("an LFO keeps time: after ten million frames its phase is that of the frequency as it was written") {
  const uint64_t frames = scaled(10'000'000);
  constexpr double kFastest = 192'000;
  for (const double hertz : {0.01, 0.1, 1.0, -0.3, 19.99}) {
    Graph graph;
    graph.node("x", "phasor", {{"freq", digits(hertz)}}).output("out", "x");
    for (const Backend* backend : backends()) {
      // One sample at a time is slow, and equals the others in the test above.
      if (!backend->available() || backend->name() == "reference") continue;
      for (const bool strict : {false, true}) {
        CompileOptions options;
        options.backend = backend;
        options.strict = strict;
        options.sample_rate = kFastest;
        const Result<Compiled> compiled = compile_patch(graph, options);
        REQUIRE(compiled);
        count_strategies(backend->name(), strict, compiled->plan);
        if (backend->width() > 0)
          for (const Step& step : compiled->plan.steps) CHECK(step.kind == StepKind::time_parallel);
        Engine engine;
        engine.prepare(compiled->program);
        std::vector<float> out(kLongest);
        float* outputs[] = {out.data()};
        long double worst = 0;
        for (uint64_t at = 0; at < frames; at += kLongest) {
          engine.process({}, outputs, kLongest);
          for (uint32_t f = 0; f < kLongest; ++f) {
            const long double turns = static_cast<long double>(at + f) * static_cast<long double>(hertz) / kFastest;
            const long double off = out[f] - turns;
            worst = std::max(worst, std::abs(off - std::round(off)));
          }
        }
        CAPTURE(backend->name());
        CAPTURE(strict);
        CAPTURE(hertz);
        // A float has the upper 24 bits; ten million steps of half a 2^63rd of a turn are nothing beside that.
        CHECK(worst <= 0x1.001p-24L);
        ran_on(backend->name());
      }
    }
  }
}

TEST_CASE("all 32 bits of a phase with resets are those of a loop, in every lane and at every clock") {
  constexpr uint32_t kLanes = 5;
  for (const uint8_t clock : {uint8_t{1}, uint8_t{2}, uint8_t{4}}) {
    Ir ir;
    Builder b(ir);
    ir.inputs = {{"reset", 1}};
    ir.outputs = {{"high", kLanes}, {"low", kLanes}};
    const Signal reset = b.input(0);
    b.set_clock(clock);
    const Signal phase = b.state("phase", Type::i32, kLanes, 77);
    const Signal from = b.select(b.upsample(reset, clock) > 0.0, b.integer(9), phase);
    const Signal step = b.op(Op::iadd, b.op(Op::imul, b.lane(kLanes), b.integer(0x01234567)), b.integer(0x0badcafe));
    b.next(phase, b.op(Op::iadd, from, step));
    const Signal high = b.op(Op::to_f32, b.op(Op::ushr, from, {}, {}, 16));
    const Signal low = b.op(Op::to_f32, b.op(Op::iand, from, b.integer(0xffff)));
    const Signal slow_high = b.decimate(high, clock), slow_low = b.decimate(low, clock);
    b.set_clock(1);
    b.output(0, slow_high);
    b.output(1, slow_low);
    REQUIRE(verify(ir).empty());
    Random random(72);
    const auto frames = static_cast<uint32_t>(scaled(100'000));
    std::vector<float> in(frames);
    for (float& x : in) x = random.chance(0.002) ? 1.0f : 0.0f;
    for (const Backend* backend : backends())
      for (const bool strict : {false, true}) {
        if (!backend->available()) continue;
        CompileOptions options;
        options.backend = backend;
        options.strict = strict;
        const Result<Compiled> compiled = compile(Ir(ir), options);
        REQUIRE(compiled);
        count_strategies(backend->name(), strict, compiled->plan);
        Engine engine;
        engine.prepare(compiled->program);
        std::vector<std::vector<float>> out(2 * kLanes, std::vector<float>(frames));
        for (uint32_t at = 0; at < frames;) {
          const uint32_t count = std::min(1 + random.below(300), frames - at);
          const float* inputs[] = {in.data() + at};
          std::vector<float*> outputs;
          for (std::vector<float>& row : out) outputs.push_back(row.data() + at);
          engine.process(inputs, outputs, count);
          at += count;
        }
        uint64_t wrong = 0;
        for (uint32_t lane = 0; lane < kLanes; ++lane) {
          uint32_t now = 77;
          for (uint32_t f = 0; f < frames; ++f)
            for (uint32_t sub = 0; sub < clock; ++sub) {
              if (sub == 0 && in[f] > 0) now = 9;
              if (sub == 0)
                wrong += out[lane][f] != static_cast<float>(now >> 16) ||
                         out[kLanes + lane][f] != static_cast<float>(now & 0xffff);
              now += 0x01234567u * lane + 0x0badcafeu;
            }
        }
        CAPTURE(backend->name());
        CAPTURE(strict);
        CAPTURE(int(clock));
        CHECK(wrong == 0);
        ran_on(backend->name());
      }
  }
}
