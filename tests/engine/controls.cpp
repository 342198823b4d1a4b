// Rates and the control grid: how often coefficient maths runs, and how smoothly a control moves.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "sinter/sinter.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kBlock = 160;  // not a multiple of the grid, on purpose

Graph lowpass_graph(const std::string& freq) {
  Graph graph;
  graph.input("in");
  GraphParam cutoff;
  cutoff.id = "cutoff";
  cutoff.minimum = 20;
  cutoff.maximum = 20'000;
  cutoff.fallback = 1'000;
  graph.param(cutoff);
  graph.node("filter", "lowpass", {{"in", "in"}, {"freq", freq}});
  return graph.output("out", "filter");
}

Compiled compiled_on(const Graph& graph, std::string_view backend) {
  CompileOptions options;
  options.backend = find_backend(backend);
  Result<Compiled> compiled = compile_patch(graph, options);
  if (!compiled) FAIL(format(compiled.error()));
  return std::move(*compiled);
}

void feed(Engine& engine, uint32_t frames) {
  std::vector<float> in(frames, 0.25f), out(frames);
  const float* inputs[] = {in.data()};
  float* outputs[] = {out.data()};
  engine.process(inputs, outputs, frames);
}

}  // namespace

TEST_CASE("coefficient maths runs once per cell while a parameter moves and not at all while it rests") {
  const Compiled compiled = compiled_on(lowpass_graph("$cutoff"), "interpreter");
  Engine engine;
  engine.prepare(compiled.program);
  for (int n = 0; n < 20; ++n) feed(engine, kBlock);
  CHECK(engine.counters().cells == 0);
  CHECK(engine.counters().control_ops == 0);

  // One set per cell: one run of the control code each.
  feed(engine, 64 - static_cast<uint32_t>(engine.frame() % 64));
  const uint64_t before = engine.counters().cells;
  for (int n = 0; n < 10; ++n) {
    engine.set_parameter(0, 500.0 + n);
    feed(engine, 64);
  }
  CHECK(engine.counters().cells - before == 10);

  const uint64_t moved = engine.counters().control_ops;
  for (int n = 0; n < 20; ++n) feed(engine, kBlock);
  CHECK(engine.counters().control_ops == moved);
}

TEST_CASE("a glide computes coefficients once per cell until it has arrived") {
  Graph graph = lowpass_graph("$cutoff");
  graph.params[0].smooth_ms = 100;  // 75 cells of 64 frames at 48 kHz
  const Compiled compiled = compiled_on(graph, "interpreter");
  Engine engine;
  engine.prepare(compiled.program);
  engine.set_parameter(0, 8'000);
  for (int n = 0; n < 200; ++n) feed(engine, 64);
  CHECK(engine.counters().cells == 75);
}

TEST_CASE("coefficient maths is part of the sample loop where the control is a signal") {
  const Compiled by_param = compiled_on(lowpass_graph("$cutoff"), "interpreter");
  const Compiled by_signal = compiled_on(lowpass_graph("1000 + 500 * in"), "interpreter");
  const auto sample_ops = [](const Compiled& compiled) {
    size_t ops = 0;
    for (const Step& step : compiled.plan.steps) ops += step.body.size();
    return ops;
  };
  // The tangent of the cutoff alone is a dozen ops.
  CHECK(sample_ops(by_signal) > sample_ops(by_param) + 10);
  CHECK(by_param.plan.controls.size() > by_signal.plan.controls.size() + 10);
}

TEST_CASE("a full-range gain sweep of 100 ms leaves nothing above -90 dB at multiples of the grid rate") {
  Graph graph;
  graph.input("in");
  GraphParam gain;
  gain.id = "gain";
  gain.minimum = 0;
  gain.maximum = 1;
  gain.smooth_ms = 100;
  graph.param(gain);
  graph.output("out", "$gain * in");
  constexpr double kRate = 48'000, kTone = 1'000;
  constexpr uint32_t kFrames = 9'600;
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    const Compiled compiled = compiled_on(graph, backend->name());
    Engine engine;
    engine.prepare(compiled.program);
    std::vector<double> sweep;
    std::vector<float> in(kBlock), out(kBlock);
    for (uint32_t at = 0; at < kFrames; at += kBlock) {
      if (at == 1'600) engine.set_parameter(0, 1);
      for (uint32_t f = 0; f < kBlock; ++f)
        in[f] = static_cast<float>(std::sin(2 * std::numbers::pi * kTone / kRate * (at + f)));
      const float* inputs[] = {in.data()};
      float* outputs[] = {out.data()};
      engine.process(inputs, outputs, kBlock);
      sweep.insert(sweep.end(), out.begin(), out.end());
    }
    CHECK(std::abs(sweep.back()) <= 1.0);
    // A Blackman-Harris window keeps the tone and the sweep's own slow spectrum 92 dB below the bins looked at; the
    // level is relative to a full-scale tone.
    for (int harmonic = 3; harmonic <= 15; ++harmonic)
      for (const double side : {-kTone, kTone}) {
        const double hz = harmonic * kRate / 64 + side;
        double real = 0, imaginary = 0, weight = 0;
        for (uint32_t f = 0; f < kFrames; ++f) {
          const double turn = 2 * std::numbers::pi * f / kFrames;
          const double window =
              0.35875 - 0.48829 * std::cos(turn) + 0.14128 * std::cos(2 * turn) - 0.01168 * std::cos(3 * turn);
          real += window * sweep[f] * std::cos(2 * std::numbers::pi * hz / kRate * f);
          imaginary += window * sweep[f] * std::sin(2 * std::numbers::pi * hz / kRate * f);
          weight += window;
        }
        const double level = 20 * std::log10(2 * std::hypot(real, imaginary) / weight + 1e-12);
        CAPTURE(hz);
        CHECK(level <= -90);
      }
    ran_on(backend->name());
  }
}

TEST_CASE("a parameter set between two grid lines takes effect at the first frame of the next call") {
  Graph graph;
  graph.input("in");
  GraphParam gain;
  gain.id = "gain";
  gain.fallback = 0;
  graph.param(gain);
  graph.output("out", "$gain + 0 * in");
  const Compiled compiled = compiled_on(graph, "reference");
  Engine engine;
  engine.prepare(compiled.program);
  feed(engine, 16);
  engine.set_parameter(0, 0.96);
  std::vector<float> in(112), out(112);
  const float* inputs[] = {in.data()};
  float* outputs[] = {out.data()};
  engine.process(inputs, outputs, 112);
  // From frame 16 to the grid line at 64: 48 equal steps.
  CHECK(out[0] == doctest::Approx(0).epsilon(1e-6));
  CHECK(out[1] == doctest::Approx(0.02).epsilon(1e-5));
  CHECK(out[24] == doctest::Approx(0.48).epsilon(1e-5));
  CHECK(out[48] == doctest::Approx(0.96).epsilon(1e-6));
  CHECK(out[111] == doctest::Approx(0.96).epsilon(1e-6));
}
