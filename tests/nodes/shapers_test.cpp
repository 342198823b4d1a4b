// Curves, pan laws, the follower and the meter against their formulas in double precision.
#include <doctest/doctest.h>

#include <cmath>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 3000;
constexpr double kHalfTurn = 3.141592653589793;

std::vector<double> mapped(const std::vector<float>& in, double (*curve)(double)) {
  std::vector<double> out;
  for (float sample : in) out.push_back(curve(sample));
  return out;
}

}  // namespace

TEST_CASE("clip cuts at one and softclip is a tanh") {
  const std::vector<float> in = noise(kFrames, 2, 3);
  on_every_executor(one_node("clip", {{"in", "in"}, {"drive", "2"}}), {in}, kFrames, {}, [&](const Rows& out) {
    CHECK(worst_difference(out[0], mapped(in, [](double x) { return std::clamp(2 * x, -1.0, 1.0); })) == 0);
  });
  on_every_executor(one_node("softclip", {{"in", "in"}, {"drive", "2"}}), {in}, kFrames, {}, [&](const Rows& out) {
    CHECK(worst_difference(out[0], mapped(in, [](double x) { return std::tanh(2 * x); })) < 4 * 6e-8);  // 4 ulp below 1
  });
}

TEST_CASE("fold turns the signal around at one as often as it takes") {
  const std::vector<float> in = noise(kFrames, 2, 3);
  for (const double drive : {0.3, 1.0, 2.0, 40.0}) {
    CAPTURE(drive);
    std::vector<double> expected;
    for (float sample : in) expected.push_back(2 / kHalfTurn * std::asin(std::sin(kHalfTurn / 2 * drive * sample)));
    on_every_executor(one_node("fold", {{"in", "in"}, {"drive", std::to_string(drive)}}), {in}, kFrames, {},
                      [&](const Rows& out) {
                        CHECK(worst_difference(out[0], expected) <= 1e-7 * std::max(1.0, 3 * drive));
                        if (drive == 1)
                          for (size_t n = 0; n < kFrames; ++n)
                            if (std::abs(in[n]) <= 1) CHECK(out[0][n] == in[n]);
                      });
  }
}

TEST_CASE("crush rounds to its bits and takes its rate of samples per second") {
  const std::vector<float> in = noise(kFrames, 2, 1.2);
  for (const double rate : kRates)
    for (const double bits : {1.0, 4.0, 6.5, 24.0})
      for (const double taken_rate : {1.0, 3000.0, 22050.0, 40000.0, 384000.0}) {
        CAPTURE(rate);
        CAPTURE(bits);
        CAPTURE(taken_rate);
        const double steps = std::exp2(bits - 1), share = std::min(taken_rate / rate, 1.0);
        const auto increment = static_cast<int64_t>(std::nearbyint(share * 0x1p30));
        std::vector<double> expected;
        double held = 0;
        for (size_t n = 0; n < kFrames; ++n) {
          const int64_t before = static_cast<int64_t>(n) * increment - 1, after = before + increment;
          if (after >> 30 != before >> 30) held = std::clamp(static_cast<double>(in[n]), -1.0, 1.0);
          expected.push_back(std::nearbyint(held * steps) / steps);
        }
        on_every_executor(
            one_node("crush", {{"in", "in"}, {"bits", std::to_string(bits)}, {"rate", std::to_string(taken_rate)}}),
            {in}, kFrames, {.sample_rate = rate}, [&](const Rows& out) {
              // A fractional number of steps is rounded to f32, which may move a tie.
              CHECK(worst_difference(out[0], expected) <= (bits == 6.5 ? 1.001 / steps : 1e-7));
            });
      }
}

TEST_CASE("pan keeps the power, is exact at its ends and -3 dB in the middle") {
  const std::vector<float> in = noise(kFrames, 2);
  for (const double position : {-1.0, -0.4, 0.0, 0.7, 1.0, 5.0}) {
    CAPTURE(position);
    const double angle = (std::min(position, 1.0) + 1) * kHalfTurn / 4;
    std::vector<double> left, right;
    for (float sample : in) {
      left.push_back(sample * std::cos(angle));
      right.push_back(sample * std::sin(angle));
    }
    on_every_executor(one_node("pan", {{"in", "in"}, {"position", std::to_string(position)}}), {in}, kFrames, {},
                      [&](const Rows& out) {
                        REQUIRE(out.size() == 2);
                        CHECK(worst_difference(out[0], left) < 3e-7);
                        CHECK(worst_difference(out[1], right) < 3e-7);
                        if (position == -1) CHECK(largest({out[1].begin(), out[1].end()}) == 0);
                      });
  }
}

TEST_CASE("pan and balance widen every channel of a wide signal by itself") {
  Graph graph;
  graph.input("a").input("b");
  graph.node("p", "pan", {{"in", "stack(a, b)"}, {"position", "stack(-1, 0.5)"}});
  graph.node("x", "balance", {{"in", "p"}, {"position", "stack(0.25, -0.5)"}});
  graph.output("out", "x");
  const std::vector<float> a = noise(kFrames, 1), b = noise(kFrames, 2);
  const double angle = 1.5 * kHalfTurn / 4;
  const double gains[] = {1 * 0.75, 0, std::cos(angle), std::sin(angle) * 0.5};
  on_every_executor(graph, {a, b}, kFrames, {}, [&](const Rows& out) {
    REQUIRE(out.size() == 4);
    for (size_t c = 0; c < 4; ++c) {
      std::vector<double> expected;
      for (float sample : c < 2 ? a : b) expected.push_back(sample * gains[c]);
      CHECK(worst_difference(out[c], expected) < 3e-7);
    }
  });
}

TEST_CASE("a follower rises with its attack and falls with its release") {
  std::vector<float> in = noise(kFrames, 3);
  for (size_t n = kFrames / 2; n < kFrames; ++n) in[n] *= 0.1f;
  for (const double rate : kRates)
    for (const char* mode : {"peak", "rms"})
      for (const double attack : {0.0, 0.002}) {
        CAPTURE(rate);
        CAPTURE(mode);
        const bool rms = std::string(mode) == "rms";
        auto step = [&](double seconds) { return seconds > 0 ? 1 - std::exp(-1 / (seconds * rate)) : 1; };
        std::vector<double> expected;
        double level = 0;
        for (float sample : in) {
          const double x = rms ? static_cast<double>(sample) * sample : std::abs(sample);
          level += (x > level ? step(attack) : step(0.02)) * (x - level);
          expected.push_back(rms ? std::sqrt(level) : level);
        }
        on_every_executor(one_node("follow", {{"in", "in"}, {"attack", std::to_string(attack)}, {"release", "0.02"}},
                                   {{"mode", choice(mode)}}),
                          {in}, kFrames, {.sample_rate = rate},
                          [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 5e-6); });
      }
}

TEST_CASE("a meter passes its channels on and measures each") {
  Graph graph;
  graph.input("in", 2);
  graph.node("x", "meter", {{"in", "in"}});
  graph.output("out", "x");
  const std::vector<float> left = noise(kFrames, 1, 0.5), right = noise(kFrames, 2, 0.25);
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    CAPTURE(backend->name());
    Result<Compiled> compiled = compile_patch(graph, {.backend = backend});
    REQUIRE(compiled);
    Engine engine;
    engine.prepare(compiled->program);
    std::vector<float> out_left(kFrames), out_right(kFrames);
    const float* in[] = {left.data(), right.data()};
    float* out[] = {out_left.data(), out_right.data()};
    engine.process(in, out, kFrames);
    CHECK(out_left == left);
    CHECK(out_right == right);
    for (uint32_t lane : {0u, 1u}) {
      double peak = 0, square = 0;
      for (float sample : lane ? right : left) {
        peak = std::max(peak, static_cast<double>(std::abs(sample)));
        square += static_cast<double>(sample) * sample / kFrames;
      }
      const Engine::Level level = engine.read_probe(0, lane);
      CHECK(level.peak == doctest::Approx(peak));
      CHECK(level.rms == doctest::Approx(std::sqrt(square)).epsilon(1e-4));
    }
    ran_on(backend->name());
  }
}
