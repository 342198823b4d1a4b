// What hosts do to process(): null channels, shared and overlapping buffers, bad numbers, odd modes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "every_backend.hpp"
#include "sinter/sinter.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace sinter;
using namespace sinter::test;

namespace {

Graph swapped_graph() {
  Graph graph;
  graph.input("in", 2);
  return graph.output("out", "stack(in[1] * 0.5, in[0] + 1)");
}

}  // namespace

TEST_CASE("outputs that are the inputs, crossed or shifted against them, give what separate buffers give") {
  on_every_backend([](const Backend& backend) {
    const auto program = program_of(swapped_graph(), backend);
    for (const uint32_t frames : {5u, 64u, 200u}) {
      std::vector<float> memory(1000), left(frames), right(frames);
      const auto fill = [&] {
        for (size_t i = 0; i < memory.size(); ++i) memory[i] = std::sin(0.1f * static_cast<float>(i));
      };
      fill();
      float* a = memory.data() + 3;
      float* b = memory.data() + 403;
      Engine apart;
      apart.prepare(program);
      const float* inputs[] = {a, b};
      float* separate[] = {left.data(), right.data()};
      apart.process(inputs, separate, frames);
      for (const bool crossed : {false, true}) {
        fill();
        Engine engine;
        engine.prepare(program);
        float* shared[] = {crossed ? b : a, crossed ? a : b};
        engine.process(inputs, shared, frames);
        CHECK(std::equal(left.begin(), left.end(), shared[0]));
        CHECK(std::equal(right.begin(), right.end(), shared[1]));
      }
    }
  });
}

TEST_CASE("a null input is silence and a null output is not written") {
  on_every_backend([](const Backend& backend) {
    Engine engine;
    engine.prepare(program_of(swapped_graph(), backend));
    std::vector<float> in(100, 0.5f), out(100, 9);
    const float* inputs[] = {nullptr, in.data()};
    float* outputs[] = {nullptr, out.data()};
    engine.process(inputs, outputs, 100);
    CHECK(std::all_of(out.begin(), out.end(), [](float x) { return x == 1.0f; }));
    float* both[] = {out.data(), in.data()};
    engine.process({}, both, 100);
    CHECK(std::all_of(out.begin(), out.end(), [](float x) { return x == 0.0f; }));
    engine.process(inputs, {}, 100);
    engine.process(inputs, both, 0);
  });
}

TEST_CASE("a filter is finite again within 64 frames after its input is clean") {
  Graph graph;
  graph.input("in");
  graph.node("low", "lowpass", {{"in", "in"}, {"freq", "300"}});
  graph.node("echo", "delay", {{"in", "low + 0.5 * echo"}, {"time", "0.003"}},
             {{"max", SettingValue{SettingKind::number, 0.01, false, {}, {}}}});
  graph.output("out", "low + echo");
  on_every_backend([&](const Backend& backend) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 3.4e38f}) {
      Engine engine;
      engine.prepare(program_of(graph, backend));
      std::vector<float> in(256, 0.1f), out(256);
      in[40] = bad;
      in[41] = -bad;
      const float* inputs[] = {in.data()};
      float* outputs[] = {out.data()};
      engine.process(inputs, outputs, 256);
      CHECK(std::all_of(out.begin() + 42 + 64, out.end(), [](float x) { return std::isfinite(x); }));
      CHECK(engine.counters().scrubbed_states >= (std::isfinite(bad) ? 0u : 1u));
    }
  });
}

#if defined(__x86_64__)
TEST_CASE("the caller's floating-point mode is in force inside no call and back after each") {
  Graph graph;
  graph.input("in").output("out", "in * 0.5");
  on_every_backend([&](const Backend& backend) {
    Engine engine;
    engine.prepare(program_of(graph, backend));
    std::vector<float> in(64, 1e-39f), out(64, 1);
    const float* inputs[] = {in.data()};
    float* outputs[] = {out.data()};
    const unsigned odd_mode = 0x1f80u | 0x6000u;  // towards zero, denormals kept
    const unsigned before = _mm_getcsr();
    _mm_setcsr(odd_mode);
    engine.process(inputs, outputs, 64);
    const unsigned after = _mm_getcsr() & ~0x3fu;
    _mm_setcsr(before);
    CHECK(after == odd_mode);
    CHECK(out[7] == 0.0f);  // flushed: our mode, not the caller's
  });
}
#endif

TEST_CASE("a meter gives peak and RMS of its last window") {
  Graph graph;
  graph.input("in", 2).node("level", "meter", {{"in", "in"}});
  graph.output("out", "level");
  on_every_backend([&](const Backend& backend) {
    Engine engine;
    engine.prepare(program_of(graph, backend));
    std::vector<float> quiet(2048, 0.25f), loud(2048);
    for (size_t f = 0; f < loud.size(); ++f) loud[f] = f % 2 ? 0.5f : -0.5f;
    const float* inputs[] = {quiet.data(), loud.data()};
    float* outputs[] = {quiet.data(), loud.data()};
    engine.process(inputs, outputs, 2048);
    CHECK(engine.read_probe(0, 0).peak == 0.25f);
    CHECK(engine.read_probe(0, 1).rms == doctest::Approx(0.5).epsilon(1e-4));
  });
}
