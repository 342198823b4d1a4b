// The limiter: its promise, and its gain against a window maximum, release and mean written out in double precision.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 4000;

// Noise whose level jumps by up to 60 dB, with single samples far above it.
std::vector<float> jumps(uint64_t seed) {
  Random random(seed);
  std::vector<float> out(kFrames);
  double level = 1;
  for (float& x : out) {
    if (random.chance(0.01)) level = std::pow(10, random.uniform(-2, 1));
    x = static_cast<float>(level * random.uniform(-1, 1) * (random.chance(0.002) ? 30 : 1));
  }
  return out;
}

Graph limiter(uint32_t channels, double lookahead, const std::string& ceiling, const std::string& release) {
  Graph graph;
  graph.input("in", channels).input("c", 1);
  graph.node("x", "limiter", {{"in", "in"}, {"ceiling", ceiling}, {"release", release}},
             {{"lookahead", number(lookahead)}});
  graph.output("out", "x");
  return graph;
}

double peak_at(const Rows& in, size_t n) {
  double peak = 0;
  for (const std::vector<float>& row : in) peak = std::max(peak, static_cast<double>(std::abs(row[n])));
  return peak;
}

std::vector<double> gains(const Rows& in, double ceiling, double release, double rate, size_t ahead) {
  const size_t length = std::bit_floor(ahead + 1);
  const double step = 1 - std::exp(-1 / (release * rate));
  std::vector<double> smoothed, out;
  double reduction = 0;
  for (size_t n = 0; n < kFrames; ++n) {
    double peak = 0;
    for (size_t k = n < ahead ? 0 : n - ahead; k <= n; ++k) peak = std::max(peak, peak_at(in, k));
    const double needed = 1 - std::min(1.0, ceiling / peak);
    smoothed.push_back(reduction = needed > reduction ? needed : reduction + step * (needed - reduction));
    double mean = 0;
    for (size_t k = 0; k < length && k <= n; ++k) mean += smoothed[n - k] / static_cast<double>(length);
    out.push_back(1 - mean);
  }
  return out;
}

}  // namespace

TEST_CASE("no sample leaves a limiter above its ceiling, whatever comes and however the ceiling moves") {
  for (const double rate : kRates)
    for (const double lookahead : {0.0, 0.0001, 0.002})
      for (const std::string ceiling : {"0.3", "1", "c"})
        for (const std::string release : {"0", "0.01", "1"}) {
          CAPTURE(rate);
          CAPTURE(lookahead);
          CAPTURE(ceiling);
          CAPTURE(release);
          Rows in = {jumps(1), jumps(2), noise(kFrames, 3, 0.4)};
          for (float& x : in[2]) x += 0.5f;
          on_every_executor(limiter(2, lookahead, ceiling, release), in, kFrames, {.sample_rate = rate},
                            [&](const Rows& out) {
                              for (size_t n = 0; n < kFrames; ++n) {
                                const float most = ceiling == "c" ? in[2][n] : std::stof(ceiling);
                                REQUIRE(std::abs(out[0][n]) <= most);
                                REQUIRE(std::abs(out[1][n]) <= most);
                              }
                            });
        }
}

TEST_CASE("what stays under the ceiling passes unchanged, late by the look-ahead") {
  const std::vector<float> in = noise(kFrames, 5, 0.7);
  for (const double lookahead : {0.0, 0.001, 0.0333}) {
    const auto lag = static_cast<size_t>(std::lround(lookahead * 48'000));
    std::vector<double> expected(kFrames);
    for (size_t n = lag; n < kFrames; ++n) expected[n] = in[n - lag];
    const Graph graph = limiter(1, lookahead, "0.7", "0.1");
    on_every_executor(graph, {in, in}, kFrames, {},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], expected) == 0); });
    Result<Compiled> compiled = compile_patch(graph, {});
    REQUIRE(compiled);
    CHECK(compiled->program->layout.latency_frames == lag);
  }
}

TEST_CASE("all channels get one gain: the window's largest need, released and averaged") {
  for (const double rate : kRates)
    for (const double lookahead : {0.0, 0.0002, 0.001, 0.0015}) {
      CAPTURE(rate);
      CAPTURE(lookahead);
      const Rows in = {jumps(11), jumps(12), jumps(13)};
      const auto lag = static_cast<size_t>(std::lround(lookahead * rate));
      const std::vector<double> gain = gains(in, 0.5, 0.005, rate, lag);
      Rows rows = in;
      rows.push_back(in[0]);
      on_every_executor(limiter(3, lookahead, "0.5", "0.005"), rows, kFrames, {.sample_rate = rate},
                        [&](const Rows& out) {
                          for (size_t c = 0; c < 3; ++c) {
                            std::vector<double> expected(kFrames);
                            for (size_t n = lag; n < kFrames; ++n) expected[n] = gain[n] * in[c][n - lag];
                            // Peaks are 300 times the ceiling: 1 − reduction has lost that much.
                            CHECK(worst_difference(out[c], expected) < 1e-4);
                          }
                        });
    }
}

TEST_CASE("with look-ahead the gain comes down in a straight line that ends where the peak is") {
  std::vector<float> in(kFrames, 0.5f);
  in[2'000] = 4;
  // 63 samples ahead: the mean is of 64.
  const Graph graph = limiter(1, 63.0 / 48'000, "1", "1");
  on_every_executor(graph, {in, in}, kFrames, {}, [&](const Rows& out) {
    for (size_t k = 0; k < 64; ++k) {
      const double gain = 1 - 0.75 * static_cast<double>(k + 1) / 64;
      CHECK(out[0][2'000 + k] == doctest::Approx((k == 63 ? 4 : 0.5) * gain).epsilon(1e-5));
    }
  });
}
