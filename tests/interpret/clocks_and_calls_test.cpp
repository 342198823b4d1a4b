// Faster clocks, External calls, meters and double precision.
#include <doctest/doctest.h>

#include <cmath>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// A leaky sum that says what it wants: no rounding differs between cuts of the signal.
class Leak final : public External {
 public:
  void process(const ExternalBlock& block) noexcept override {
    for (uint32_t i = 0; i < block.frames; ++i) {
      memory_ = memory_ * 0.5f + block.inputs[0][i] - block.inputs[1][i];
      block.outputs[0][i] = memory_;
      block.outputs[1][i] = block.inputs[2][i];
    }
  }
  void reset() noexcept override { memory_ = 0; }

 private:
  float memory_ = 0;
};

class LeakType final : public ExternalType {
 public:
  std::string_view name() const override { return "leak"; }
  uint64_t fingerprint() const override { return 1; }
  uint32_t latency_frames() const override { return 0; }
  uint64_t tail_frames(double) const override { return 0; }
  bool exact_under_partition() const override { return true; }
  uint64_t memory_bytes(double) const override { return sizeof(Leak); }
  std::unique_ptr<External> prepare(double) const override { return std::make_unique<Leak>(); }
};

}  // namespace

TEST_CASE("a section at twice and four times the rate runs its states that much faster") {
  constexpr uint32_t kFrames = 210;
  const std::vector<float> x = noise(kFrames, 11);
  for (const uint8_t factor : {uint8_t{2}, uint8_t{4}}) {
    Channels expected(2);
    float z = 0, count = 0;
    for (uint32_t i = 0; i < kFrames; ++i) {
      float first = 0;
      for (uint32_t s = 0; s < factor; ++s) {
        z = z * 0.75f + (s == 0 ? x[i] : 0.0f);
        if (s == 0) first = z;
      }
      expected[0].push_back(first);
      expected[1].push_back(count);
      count += factor;
    }
    check_everywhere(
        [&](Builder& b) {
          const Signal in = b.input(add_input(b));
          const Signal fast = b.upsample(in, factor);
          b.set_clock(factor);
          const Signal before = b.state("z", Type::f32, 1);
          const Signal now = before * 0.75 + fast;
          b.next(before, now);
          const Signal frames = b.op(Op::to_f32, b.frame());
          b.set_clock(1);
          b.output(add_output(b, 2), b.stack({b.decimate(now, factor), b.decimate(frames, factor)}));
        },
        {x}, kFrames, expected);
  }
}

TEST_CASE("two clocks within each other meet sample for sample") {
  constexpr uint32_t kFrames = 150;
  const std::vector<float> x = noise(kFrames, 12);
  Channels expected(1);
  float y = 0, z = 0;
  for (uint32_t i = 0; i < kFrames; ++i) {
    float out = 0;
    for (uint32_t s = 0; s < 2; ++s) {
      y = y * 0.5f + (s == 0 ? x[i] : 0.0f);
      for (uint32_t t = 0; t < 2; ++t) {
        z = z * 0.25f + (t == 0 ? y : 0.0f);
        if (s == 0 && t == 0) out = z;
      }
    }
    expected[0].push_back(out);
  }
  check_everywhere(
      [](Builder& b) {
        const auto leak = [&](const char* key, Signal in, double pole) {
          b.set_clock(in.inst().clock);
          const Signal before = b.state(key, Type::f32, 1), now = before * pole + in;
          b.next(before, now);
          return now;
        };
        const Signal twice = leak("y", b.upsample(b.input(add_input(b)), 2), 0.5);
        const Signal four = leak("z", b.upsample(twice, 2), 0.25);
        b.set_clock(1);
        b.output(add_output(b), b.decimate(b.decimate(four, 2), 2));
      },
      {x}, kFrames, expected);
}

TEST_CASE("constants and controls stand beside samples of a faster clock") {
  constexpr uint32_t kFrames = 150;
  const std::vector<float> x = noise(kFrames, 14);
  Channels expected(1);
  for (uint32_t i = 0; i < kFrames; ++i) expected[0].push_back((x[i] * x[i] + 0.25f * 0.25f) + 3.0f * 3.0f);
  check_everywhere(
      [](Builder& b) {
        b.ir().params.push_back({"p", 3, 0, 10, 0});
        const Signal fast = b.upsample(b.input(add_input(b)), 4);
        b.set_clock(4);
        const Signal all = b.stack({fast, b.constant(0.25), b.coefficient(b.param(0))});
        const Signal sum = b.fold(all * all, 1);
        b.set_clock(1);
        b.output(add_output(b), b.decimate(sum, 4));
      },
      {x}, kFrames, expected);
}

TEST_CASE("frame and cell_start follow the absolute grid at every clock") {
  constexpr uint32_t kFrames = 200;
  Channels expected(2);
  for (uint32_t i = 0; i < kFrames; ++i) {
    expected[0].push_back(static_cast<float>(i));
    expected[1].push_back(i % 64 == 0 ? 1.0f : 0.0f);
  }
  check_everywhere(
      [](Builder& b) {
        const Signal frame = b.op(Op::to_f32, b.frame());
        const Signal start = b.select(b.cell_start(), b.literal(Type::f32, bits_of(1.0f)), b.literal(Type::f32, 0));
        b.output(add_output(b, 2), b.stack({frame, start}));
      },
      {}, kFrames, expected);
}

TEST_CASE("an External call gets its rows and gives the same for any cut of the signal") {
  constexpr uint32_t kFrames = 333;
  const Channels in = {noise(kFrames, 20), noise(kFrames, 21)};
  Channels expected(2);
  float memory = 0;
  for (uint32_t i = 0; i < kFrames; ++i) {
    const float left = in[0][i] * 0.5f;
    memory = memory * 0.5f + left - in[1][i];
    expected[0].push_back(memory + memory);
    expected[1].push_back(0.125f);
  }
  check_everywhere(
      [](Builder& b) {
        const Signal left = b.input(add_input(b)), right = b.input(add_input(b));
        const CallDecl decl{"leak", std::make_shared<LeakType>(), {2, 1}, {1, 1}};
        const Signal call = b.call(decl, {b.stack({left * 0.5, right}), b.constant(0.125)});
        const Signal out = b.call_output(call, 0);
        b.output(add_output(b, 2), b.stack({out + out, b.call_output(call, 1)}));
      },
      in, kFrames, expected);
}

TEST_CASE("a probe measures the peak and power of each lane") {
  constexpr uint32_t kFrames = 4096;
  std::vector<float> tone(kFrames);
  for (uint32_t i = 0; i < kFrames; ++i) tone[i] = static_cast<float>(0.5 * std::sin(i * 0.05));
  Ir ir;
  Builder b(ir);
  const Signal x = b.input(add_input(b));
  b.probe("level", b.stack({x, x * -0.5}));
  b.output(add_output(b), x);
  for (const std::string& executor : executors(ir)) {
    Engine engine;
    engine.prepare(make_program(ir, executor));
    run(engine, {tone}, kFrames, {64});
    ran_on(executor);
    for (uint32_t lane = 0; lane < 2; ++lane) {
      const double scale = lane ? 0.25 : 0.5;
      // Windows do not hold whole periods of the tone; 1 % covers the part of a period.
      CHECK(engine.read_probe(0, lane).peak == doctest::Approx(scale).epsilon(0.01));
      CHECK(engine.read_probe(0, lane).rms == doctest::Approx(scale / std::sqrt(2)).epsilon(0.01));
    }
  }
}

TEST_CASE("a probe of an input measures each sample once") {
  const std::vector<float> ones(2048, 1.0f);
  Ir ir;
  Builder b(ir);
  const Signal x = b.input(add_input(b));
  b.probe("level", x);
  b.output(add_output(b), x);
  for (const std::string& executor : executors(ir)) {
    Engine engine;
    engine.prepare(make_program(ir, executor));
    run(engine, {ones}, 2048, {64});
    ran_on(executor);
    CHECK(engine.read_probe(0, 0).peak == 1.0f);
    CHECK(engine.read_probe(0, 0).rms == 1.0f);
  }
}

TEST_CASE("in an f64 compilation audio is computed in doubles") {
  constexpr uint32_t kFrames = 500;
  const std::vector<float> x = noise(kFrames, 30);
  Ir ir;
  ir.real = Type::f64;
  Builder b(ir);
  const Signal in = b.input(add_input(b));
  const Signal before = b.state("z", Type::f64, 1);
  const Signal now = before * 0.999 + in * 0.3;
  b.next(before, now);
  const uint32_t line = b.line("line", 1, 10);
  const Signal pushed = b.push(line, now);
  b.output(add_output(b), b.tap(line, b.integer(7), 0, pushed));
  std::vector<double> z;
  for (uint32_t i = 0; i < kFrames; ++i) z.push_back((z.empty() ? 0.0 : z.back()) * 0.999 + double{x[i]} * 0.3);
  Engine engine;
  engine.prepare(make_program(ir, "reference"));
  const Channels got = run(engine, {x}, kFrames, {7});
  ran_on("reference f64");
  for (uint32_t i = 0; i < kFrames; ++i) REQUIRE(got[0][i] == (i < 7 ? 0.0f : static_cast<float>(z[i - 7])));
}
