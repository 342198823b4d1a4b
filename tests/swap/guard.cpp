// The output guard: nothing over full scale leaves, a runaway is silenced and said, and comes back when it is over.
#include "guard.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "swap_run.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

struct Guarded {
  OutputGuard guard;
  std::vector<float> left, right;
  explicit Guarded(uint32_t frames) : left(frames), right(frames) { guard.prepare(48'000); }
  void run() {
    float* rows[] = {left.data(), nullptr, right.data()};
    guard.process(rows, static_cast<uint32_t>(left.size()));
  }
};

}  // namespace

TEST_CASE("the guard leaves what is within full scale as it is, to the bit") {
  Guarded g(1'000);
  for (size_t f = 0; f < 1'000; ++f) g.left[f] = std::sin(0.1f * static_cast<float>(f)), g.right[f] = -g.left[f];
  const std::vector<float> before = g.left;
  g.run();
  CHECK(g.left == before);
}

TEST_CASE("the guard holds the ceiling without clipping flat, over all channels alike") {
  Guarded g(48'000);
  for (size_t f = 0; f < 48'000; ++f) {
    g.left[f] = 4 * std::sin(0.05f * static_cast<float>(f));
    g.right[f] = 0.25f * g.left[f];
  }
  g.run();
  CHECK(std::ranges::max(g.left) <= 1.0f);
  CHECK(std::ranges::min(g.left) >= -1.0f);
  for (size_t f = 0; f < 48'000; ++f) REQUIRE(g.right[f] == doctest::Approx(0.25f * g.left[f]).epsilon(1e-5));
  CHECK_FALSE(g.guard.muted());
}

TEST_CASE("a runaway mutes at its first sample, and half a second after it is over the sound opens again") {
  for (const float bad :
       {20.0f, -1e30f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    Guarded g(48'000);
    std::fill(g.left.begin(), g.left.end(), 0.5f);
    std::fill(g.right.begin(), g.right.end(), 0.5f);
    g.right[100] = bad;
    g.run();
    CHECK(g.left[99] == 0.5f);
    CHECK(g.left[100] == 0);
    CHECK(g.right[100] == 0);
    CHECK(g.left[100 + 23'000] == 0);
    CHECK(g.left.back() == doctest::Approx(0.5));
    CHECK_FALSE(g.guard.muted());
    CHECK(g.guard.mutes() == 1);
    CHECK(largest_step(g.left, 24'000, 48'000) < 0.001);
  }
}

TEST_CASE("an engine with the guard on silences a feedback typo and says so; without it, nothing is touched") {
  Graph graph;
  graph.input("in");
  graph.node("echo", "delay", {{"in", "in + 1.8 * echo"}, {"time", "0.001"}},
             {{"max", SettingValue{SettingKind::number, 0.01, false, {}, {}}}});
  graph.output("out", "echo");
  for (const bool on : {false, true}) {
    Engine engine;
    engine.prepare(program_of(graph, best_backend()));
    engine.set_guard(on);
    std::vector<float> in(4'800, 0.1f), out(4'800);
    const float* inputs[] = {in.data()};
    float* outputs[] = {out.data()};
    engine.process(inputs, outputs, 4'800);
    CHECK(engine.guard_muted() == on);
    CHECK(engine.counters().guard_mutes == (on ? 1u : 0u));
    CHECK((std::ranges::max(out) <= 1.0f) == on);
  }
}

TEST_CASE("a reset opens the guard and does not forget how often it muted") {
  Graph graph;
  graph.input("in");
  graph.output("out", "40 * in");
  Engine engine;
  engine.prepare(program_of(graph, best_backend()));
  engine.set_guard(true);
  std::vector<float> in(64, 0.5f), out(64);
  const float* inputs[] = {in.data()};
  float* outputs[] = {out.data()};
  engine.process(inputs, outputs, 64);
  CHECK(engine.guard_muted());
  engine.reset();
  std::fill(in.begin(), in.end(), 0.0f);
  engine.process(inputs, outputs, 64);
  CHECK_FALSE(engine.guard_muted());
  CHECK(engine.counters().guard_mutes == 1);
}
