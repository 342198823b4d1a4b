// Oscillators against 32-bit phases counted in the test, and noise against what uniform white noise must satisfy.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

#include "run.hpp"
#include "spectrum.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// sin_turns promises 2e-7; its argument, a phase rounded to 24 bits, adds 2π · 2^-26 at most.
constexpr double kSineTolerance = 3.5e-7;

double ramp(uint32_t phase) { return std::floor(phase / 256.0) / 16777216.0; }

}  // namespace

TEST_CASE("a phasor counts its phase exactly, at every rate, forwards and backwards, and never reaches 1") {
  for (const double rate : kRates)
    for (const double hertz : {0.0, 0.01, -7.3, 440.0, 1234.5678, 21000.0, -3000.1}) {
      CAPTURE(rate);
      CAPTURE(hertz);
      const uint32_t frames = 5000;
      std::vector<double> expected;
      for (uint32_t n = 0; n < frames; ++n) expected.push_back(ramp(phase_of(n, hertz, rate)));
      on_every_executor(one_node("phasor", {{"freq", std::to_string(hertz)}}, {}, {}), {}, frames,
                        {.sample_rate = rate}, [&](const Rows& out) {
                          CHECK(worst_difference(out[0], expected) == 0);
                          for (float sample : out[0]) REQUIRE(sample < 1);
                        });
    }
}

TEST_CASE("a phasor's phase is added in turns and wraps") {
  for (const double offset : {0.25, 0.5, 0.75, -0.25, 3.5, -7.125}) {
    CAPTURE(offset);
    const uint32_t step = increment(997, 48000),
                   shift = static_cast<uint32_t>(static_cast<int64_t>(offset * 4294967296.0));
    std::vector<double> expected;
    for (uint32_t n = 0; n < 1000; ++n) expected.push_back(ramp(n * step + shift));
    on_every_executor(one_node("phasor", {{"freq", "997"}, {"phase", std::to_string(offset)}}, {}, {}), {}, 1000, {},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], expected) == 0); });
    const std::vector<float> signal(1000, static_cast<float>(offset));
    on_every_executor(one_node("phasor", {{"freq", "997"}, {"phase", "in"}}), {signal}, 1000, {},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], expected) == 0); });
  }
}

TEST_CASE("a rise of reset sets the phase to 0, staying high does not") {
  for (const double hertz : {1000.0, 3.7}) {
    std::vector<float> gate(1000);
    for (size_t n = 100; n < 300; ++n) gate[n] = 1;
    gate[500] = 0.001f;
    for (size_t n = 600; n < 700; ++n) gate[n] = -1;
    std::vector<double> expected;
    for (uint32_t n = 0, since = 0; n < 1000; ++n, ++since) {
      if (n == 100 || n == 500) since = 0;
      expected.push_back(ramp(phase_of(since, hertz, 48000)));
    }
    on_every_executor(one_node("phasor", {{"freq", std::to_string(hertz)}, {"reset", "in"}}), {gate}, 1000, {},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], expected) == 0); });
  }
}

TEST_CASE("a sine is the sine of the exact phase") {
  for (const double rate : kRates)
    for (const double hertz : {20.0, 440.0, 15000.0, -100.0}) {
      std::vector<double> expected;
      for (uint32_t n = 0; n < 4000; ++n) expected.push_back(std::sin(kTau * phase_of(n, hertz, rate) / 4294967296.0));
      on_every_executor(one_node("sine", {{"freq", std::to_string(hertz)}}, {}, {}), {}, 4000, {.sample_rate = rate},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) <= kSineTolerance); });
    }
}

TEST_CASE("an audio-rate frequency moves the phase sample by sample, and a wild one stays below half the rate") {
  const double rate = 96000;
  std::vector<float> hertz = noise(3000, 5, 20000);
  hertz[10] = 1e30f, hertz[20] = -1e30f, hertz[30] = NAN;
  on_every_executor(one_node("phasor", {{"freq", "in"}}), {hertz}, 3000, {.sample_rate = rate}, [&](const Rows& out) {
    double worst = 0;
    for (size_t n = 0; n + 1 < out[0].size(); ++n) {
      double moved = out[0][n + 1] - out[0][n] - static_cast<double>(hertz[n]) / rate;
      if (n == 10 || n == 20 || n == 30) moved = std::abs(std::abs(out[0][n + 1] - out[0][n]) - 0.5);
      else moved -= std::round(moved);
      worst = std::max(worst, std::abs(moved));
    }
    CHECK(worst < 2e-7);  // two phases cut to 24 bits, and a frequency in single precision
  });
}

TEST_CASE("an impulse of frequency 0 comes once, others whenever the phase wraps, the first at once") {
  for (const double hertz : {0.0, 1.0, 480.0, 12000.0, 11025.3}) {
    CAPTURE(hertz);
    std::vector<double> expected = {1};
    for (uint32_t n = 1; n < 60'000; ++n)
      expected.push_back(phase_of(n, hertz, 48000) < phase_of(n - 1, hertz, 48000) ? 1 : 0);
    on_every_executor(one_node("impulse", {{"freq", std::to_string(hertz)}}, {}, {}), {}, 60'000, {},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], expected) == 0); });
  }
}

TEST_CASE("noise is uniform, white, symmetric, and different for every node, seed and channel") {
  Graph graph;
  graph.node("a", "noise", {});
  graph.node("b", "noise", {});
  graph.node("c", "noise", {}, {{"seed", number(1)}});
  graph.node("d", "noise", {}, {{"seed", number(2)}});
  graph.nodes.push_back({.id = "e", .type = "noise", .channels = 2});
  graph.output("out", "stack(a, b, c, d, e)");
  constexpr uint32_t kFrames = 40000;
  on_every_executor(graph, {}, kFrames, {}, [&](const Rows& out) {
    REQUIRE(out.size() == 6);
    // Five standard deviations of a mean, a variance and a correlation of kFrames uniform numbers.
    const double five = 5 / std::sqrt(static_cast<double>(kFrames));
    for (size_t c = 0; c < out.size(); ++c) {
      double mean = 0, square = 0, lag = 0;
      for (uint32_t n = 0; n < kFrames; ++n) {
        const double x = out[c][n];
        REQUIRE(std::abs(x) < 1);
        mean += x / kFrames;
        square += x * x / kFrames;
        lag += n ? x * out[c][n - 1] / kFrames : 0;
      }
      CHECK(std::abs(mean) < five * 0.58);
      CHECK(std::abs(square - 1.0 / 3) < five * 0.3);
      CHECK(std::abs(lag) < five / 3);
      for (size_t other = 0; other < c; ++other) {
        double product = 0;
        for (uint32_t n = 0; n < kFrames; ++n) product += static_cast<double>(out[c][n]) * out[other][n] / kFrames;
        CHECK(std::abs(product) < five / 3);
      }
    }
  });
}

TEST_CASE(
    "pink noise falls by 3 dB per octave within half a decibel from 20 Hz to 0.45 of the rate, at an RMS of 0.2") {
  for (const double rate : {22'050.0, 44'100.0, 96'000.0, 192'000.0}) {
    CAPTURE(rate);
    // The white noise of the same seed is what it is made of: their ratio is the filter's response, but for the ends.
    Graph graph;
    graph.node("white", "noise", {}, {{"seed", number(7)}});
    graph.node("x", "pink", {}, {{"seed", number(7)}});
    graph.output("out", "stack(x, white)");
    const uint32_t frames = rate > 50'000 ? 1 << 19 : 1 << 18;
    on_every_executor(graph, {}, frames, {.sample_rate = rate}, [&](const Rows& out) {
      const auto pink = transform(out[0]), white = transform(out[1]);
      double least = 1e9, most = -1e9, power = 0;
      const auto bins = static_cast<double>(frames);
      for (double low = 20 * bins / rate; low < 0.45 * bins; low *= 1.2) {
        double over = 0, under = 0;
        for (auto k = static_cast<size_t>(low * 0.9); k <= static_cast<size_t>(low * 1.1) && k < frames / 2; ++k) {
          over += std::norm(pink[k]);
          under += std::norm(white[k]) / static_cast<double>(k);
        }
        const double level = 10 * std::log10(over / under);
        least = std::min(least, level), most = std::max(most, level);
      }
      CHECK(most - least < 2 * 0.5);
      for (uint32_t n = 0; n < frames; ++n) power += static_cast<double>(out[0][n]) * out[0][n];
      CHECK(std::sqrt(power / frames) == doctest::Approx(0.2).epsilon(0.03));
    });
  }
}

TEST_CASE("pink noise is another in every channel") {
  Graph graph;
  graph.nodes.push_back({.id = "x", .type = "pink", .channels = 2});
  graph.output("out", "x");
  on_every_executor(graph, {}, 200'000, {}, [&](const Rows& out) {
    double product = 0;
    for (size_t n = 0; n < out[0].size(); ++n) product += static_cast<double>(out[0][n]) * out[1][n];
    // Ten per second is about how many independent values the lowest octave has.
    CHECK(std::abs(product) / static_cast<double>(out[0].size()) < 0.04 * 0.25);
  });
}
