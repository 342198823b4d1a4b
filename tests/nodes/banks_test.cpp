// Resonators and modes against their difference equation in double precision, and against what ringing means.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr double kTau = 6.283185307179586;

// H(z) = gain / 2 · (1 − z⁻²) / (1 − 2 r cos θ z⁻¹ + r² z⁻²), in direct form, which double precision carries.
std::vector<double> rung(const std::vector<float>& in, double hertz, double decay, double gain, double rate) {
  const double r = std::pow(0.001, 1 / (std::max(decay, 1 / hertz) * rate)), c = std::cos(kTau * hertz / rate);
  std::vector<double> out(in.size());
  for (size_t n = 0; n < in.size(); ++n) {
    const double x2 = n >= 2 ? in[n - 2] : 0, y1 = n >= 1 ? out[n - 1] : 0, y2 = n >= 2 ? out[n - 2] : 0;
    out[n] = gain / 2 * (in[n] - x2) + 2 * r * c * y1 - r * r * y2;
  }
  return out;
}

void add(std::vector<double>& sum, const std::vector<double>& part) {
  sum.resize(part.size());
  for (size_t n = 0; n < part.size(); ++n) sum[n] += part[n];
}

SettingValue numbers(std::vector<double> list) { return {.kind = SettingKind::numbers, .numbers = std::move(list)}; }

std::string text(double number) { return std::to_string(number); }

}  // namespace

TEST_CASE("a resonator follows its difference equation") {
  constexpr uint32_t kFrames = 6000;
  struct Case {
    double hertz, decay, gain;
  };
  const std::vector<float> in = noise(kFrames, 3);
  for (const double rate : kRates)
    for (const Case one : {Case{440, 1, 1}, {1, 0.001, 1}, {60, 20, 2}, {5000, 0.004, -0.5}, {21000, 0.001, 1}}) {
      CAPTURE(rate);
      CAPTURE(one.hertz);
      CAPTURE(one.decay);
      const Graph graph = one_node(
          "resonator", {{"in", "in"}, {"freq", text(one.hertz)}, {"decay", text(one.decay)}, {"gain", text(one.gain)}});
      const std::vector<double> expected = rung(in, one.hertz, one.decay, one.gain, rate);
      // In single precision the rounding of the states gathers over thousands of samples.
      on_every_executor(graph, {in}, kFrames, {.sample_rate = rate},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 2e-5 * largest(expected)); });
      on_every_executor(graph, {in}, kFrames, {.sample_rate = rate, .f64 = true},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 2e-7 * largest(expected)); });
    }
}

TEST_CASE("a struck resonator rings at its frequency with its gain and is at -60 dB after its decay") {
  for (const double rate : kRates)
    for (const double hertz : {100.0, 3000.0}) {
      CAPTURE(rate);
      CAPTURE(hertz);
      const double decay = 0.25;
      const auto frames = static_cast<uint32_t>(rate * 0.26);
      std::vector<double> expected;
      for (uint32_t n = 0; n < frames; ++n)
        expected.push_back(0.5 * std::pow(0.001, n / (decay * rate)) * std::cos(kTau * hertz / rate * n));
      on_every_executor(
          one_node("resonator", {{"in", "in"}, {"freq", text(hertz)}, {"decay", "0.25"}, {"gain", "0.5"}}),
          {impulse(frames)}, frames, {.sample_rate = rate}, [&](const Rows& out) {
            // A cosine but for its first sample and a part in quadrature of (1 - r²) cot θ / 2.
            const double quadrature = 7 / (decay * rate) / std::tan(kTau * hertz / rate);
            CHECK(out[0][0] == doctest::Approx(0.25));
            CHECK(worst_difference({out[0].begin() + 1, out[0].end()}, {expected.begin() + 1, expected.end()}) <
                  0.5 * (quadrature + 14 / (decay * rate)));
            double last = 0;
            for (auto n = static_cast<size_t>(decay * rate) - static_cast<size_t>(rate / hertz); n < out[0].size(); ++n)
              last = std::max(last, static_cast<double>(std::abs(out[0][n])));
            CHECK(last < 0.5e-3 * 1.4);
            CHECK(last > 0.5e-3 * 0.7);
          });
    }
}

TEST_CASE("a resonator whose frequency jumps at every sample keeps what it stores") {
  constexpr uint32_t kFrames = 4000;
  std::vector<float> in = impulse(kFrames), hertz(kFrames);
  Random random(9);
  for (float& f : hertz) f = static_cast<float>(random.uniform(20, 20000));
  for (const double rate : kRates)
    on_every_executor(one_node("resonator", {{"in", "in"}, {"freq", "f"}, {"decay", "10"}}, {}, {"in", "f"}),
                      {in, hertz}, kFrames, {.sample_rate = rate}, [&](const Rows& out) {
                        for (float sample : out[0]) REQUIRE(std::abs(sample) < 1.01);
                      });
}

TEST_CASE("modal is the sum of its modes, without those above 0.49 sr") {
  constexpr uint32_t kFrames = 4000;
  const std::vector<double> ratios = {1, 2.756, 5.404, 8.933, 13.34, 18.64, 31.87, 40},
                            gains = {1, 0.8, 0.6, 0.5, -0.4, 0.3, 0.2, 5},
                            decays = {1, 0.9, 0.7, 0.5, 0.4, 0.3, 0.1, 1};
  const std::vector<float> in = noise(kFrames, 4, 0.1);
  for (const double rate : kRates)
    for (const bool given : {false, true}) {
      CAPTURE(rate);
      CAPTURE(given);
      std::vector<std::pair<std::string, SettingValue>> settings = {{"ratios", numbers(ratios)}};
      if (given) settings.push_back({"gains", numbers(gains)}), settings.push_back({"decays", numbers(decays)});
      std::vector<double> expected;
      for (size_t m = 0; m < ratios.size(); ++m)
        if (600 * ratios[m] <= 0.49 * rate)
          add(expected, rung(in, 600 * ratios[m], given ? 0.8 * decays[m] : 0.8, given ? gains[m] : 1, rate));
      const Graph graph = one_node("modal", {{"in", "in"}, {"freq", "600"}, {"decay", "0.8"}}, settings);
      // In single precision the highest mode turns by a rounded angle: it is behind by 2e-4 turns at the end.
      on_every_executor(graph, {in}, kFrames, {.sample_rate = rate},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 2e-4 * largest(expected)); });
      on_every_executor(graph, {in}, kFrames, {.sample_rate = rate, .f64 = true},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 2e-7 * largest(expected)); });
    }
}

TEST_CASE("resonators and modes whose frequency may move follow the same equation while it rests") {
  constexpr uint32_t kFrames = 4000;
  const std::vector<float> in = noise(kFrames, 4);
  for (const double rate : kRates)
    for (const double hertz : {50.0, 700.0, 6000.0}) {
      CAPTURE(rate);
      CAPTURE(hertz);
      const Rows rows = {in, std::vector<float>(kFrames, static_cast<float>(hertz))};
      const std::vector<std::pair<std::string, std::string>> ports = {{"in", "in"}, {"freq", "f"}, {"decay", "0.6"}};
      const Graph one = one_node("resonator", ports, {}, {"in", "f"});
      const Graph three = one_node(
          "modal", ports, {{"ratios", numbers({1, 2.5, 40})}, {"gains", numbers({1, -0.5, 0.25})}}, {"in", "f"});
      const std::vector<double> first = rung(in, hertz, 0.6, 1, rate);
      std::vector<double> all = first;
      add(all, rung(in, 2.5 * hertz, 0.6, -0.5, rate));
      if (40 * hertz <= 0.49 * rate) add(all, rung(in, 40 * hertz, 0.6, 0.25, rate));
      // In single precision the rounding of angles of every sample gathers.
      for (const bool f64 : {false, true}) {
        const double tolerance = f64 ? 2e-7 : 3e-4;
        on_every_executor(one, rows, kFrames, {.sample_rate = rate, .f64 = f64}, [&](const Rows& out) {
          CHECK(worst_difference(out[0], first) < tolerance * largest(first));
        });
        on_every_executor(three, rows, kFrames, {.sample_rate = rate, .f64 = f64},
                          [&](const Rows& out) { CHECK(worst_difference(out[0], all) < tolerance * largest(all)); });
      }
    }
}

TEST_CASE("each channel of a modal has modes of its own") {
  constexpr uint32_t kFrames = 3000;
  Graph graph;
  graph.input("a").input("b").input("c");
  graph.node("x", "modal",
             {{"in", "stack(a, b, c)"}, {"freq", "stack(200, 300, 470)"}, {"decay", "stack(1, 0.2, 0.5)"}},
             {{"ratios", numbers({1, 2.5})}, {"gains", numbers({1, -0.5})}});
  graph.output("out", "x");
  const Rows in = {noise(kFrames, 1), noise(kFrames, 2), noise(kFrames, 3)};
  const double hertz[] = {200, 300, 470}, decay[] = {1, 0.2, 0.5};
  on_every_executor(graph, in, kFrames, {}, [&](const Rows& out) {
    REQUIRE(out.size() == 3);
    for (size_t c = 0; c < 3; ++c) {
      std::vector<double> expected = rung(in[c], hertz[c], decay[c], 1, 48000);
      add(expected, rung(in[c], 2.5 * hertz[c], decay[c], -0.5, 48000));
      CHECK(worst_difference(out[c], expected) < 2e-5 * largest(expected));
    }
  });
}

TEST_CASE("modal says which of its lists is too short") {
  const auto error = [](std::vector<std::pair<std::string, SettingValue>> settings) {
    const auto compiled = compile_patch(one_node("modal", {{"in", "in"}, {"freq", "100"}}, std::move(settings)), {});
    return compiled ? std::string() : format(compiled.error());
  };
  CHECK(error({{"ratios", numbers({})}}).find("'ratios' needs 1 to 4,096 numbers") != std::string::npos);
  CHECK(error({{"ratios", numbers({1, 2})}, {"gains", numbers({1})}}).find("'gains' has 1 numbers and 'ratios' 2") !=
        std::string::npos);
  CHECK(error({{"ratios", numbers({1, 2})}, {"decays", numbers({1, 1})}}).empty());
}

TEST_CASE("modes that ring for as long as can be never grow, moved or at rest") {
  constexpr double kRate = 192'000;
  constexpr uint32_t kFrames = 192'000, kPart = 20'000;
  for (const bool moves : {false, true}) {
    Graph graph;
    graph.input("in").input("freq");
    const std::vector<double> ratios = {1, 3.7, 20.8, 38.3};
    for (size_t m = 0; m < ratios.size(); ++m) {
      const std::string id = "m" + std::to_string(m);
      graph.node(id, "modal", {{"in", "in"}, {"freq", moves ? "freq" : "1000 + 0 * $p"}, {"decay", "60"}},
                 {{"ratios", {.kind = SettingKind::numbers, .numbers = {ratios[m]}}},
                  {"decays", {.kind = SettingKind::numbers, .numbers = {1000}}}});
      graph.output("o" + std::to_string(m), id);
    }
    graph.param({.id = "p", .minimum = 0, .maximum = 1});
    on_every_executor(graph, {impulse(kFrames), std::vector<float>(kFrames, 1000)}, kFrames, {.sample_rate = kRate},
                      [&](const Rows& out) {
                        for (const std::vector<float>& row : out) {
                          const auto peak = [&](size_t from) {
                            return *std::max_element(row.begin() + static_cast<ptrdiff_t>(from),
                                                     row.begin() + static_cast<ptrdiff_t>(from + kPart));
                          };
                          CHECK(peak(kFrames - kPart) <= peak(kPart) * 1.001);
                        }
                      });
  }
}
