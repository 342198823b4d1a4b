// Filters against the analogue-free statement of what they are: the cookbook's transfer functions, and difference
// equations.
#include <doctest/doctest.h>

#include <cmath>
#include <complex>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr double kTau = 6.283185307179586;

struct Biquad {
  double b0, b1, b2, a0, a1, a2;
  std::complex<double> at(double hertz, double rate) const {
    const std::complex<double> z = std::polar(1.0, -kTau * hertz / rate);
    return (b0 + z * (b1 + z * b2)) / (a0 + z * (a1 + z * a2));
  }
};

// R. Bristow-Johnson, Audio EQ Cookbook, with gain = A².
Biquad cookbook(const std::string& type, double hertz, double q, double gain, double rate) {
  const double w = kTau * hertz / rate, c = std::cos(w), alpha = std::sin(w) / (2 * q), A = std::sqrt(gain);
  const double s = 2 * std::sqrt(A) * alpha;
  if (type == "lowpass") return {(1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha};
  if (type == "highpass") return {(1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha};
  if (type == "bandpass") return {alpha, 0, -alpha, 1 + alpha, -2 * c, 1 - alpha};
  if (type == "notch") return {1, -2 * c, 1, 1 + alpha, -2 * c, 1 - alpha};
  if (type == "allpass") return {1 - alpha, -2 * c, 1 + alpha, 1 + alpha, -2 * c, 1 - alpha};
  if (type == "peak") return {1 + alpha * A, -2 * c, 1 - alpha * A, 1 + alpha / A, -2 * c, 1 - alpha / A};
  if (type == "lowshelf")
    return {A * ((A + 1) - (A - 1) * c + s), 2 * A * ((A - 1) - (A + 1) * c), A * ((A + 1) - (A - 1) * c - s),
            (A + 1) + (A - 1) * c + s,       -2 * ((A - 1) + (A + 1) * c),    (A + 1) + (A - 1) * c - s};
  return {A * ((A + 1) + (A - 1) * c + s), -2 * A * ((A - 1) + (A + 1) * c), A * ((A + 1) + (A - 1) * c - s),
          (A + 1) - (A - 1) * c + s,       2 * ((A - 1) - (A + 1) * c),      (A + 1) - (A - 1) * c - s};
}

std::complex<double> response(const std::vector<float>& impulse_response, double hertz, double rate) {
  const std::complex<double> step = std::polar(1.0, -kTau * hertz / rate);
  std::complex<double> sum = 0, z = 1;
  for (float sample : impulse_response) {
    sum += static_cast<double>(sample) * z;
    z *= step;
  }
  return sum;
}

// Probes from well below to well above a filter's frequency, and the ends of the spectrum.
std::vector<double> probes(double hertz, double rate) {
  std::vector<double> list = {0.0, rate / 2};
  for (double factor : {0.1, 0.3, 0.7, 0.9, 1.0, 1.1, 1.5, 3.0, 10.0})
    if (hertz * factor < rate / 2) list.push_back(hertz * factor);
  return list;
}

double worst_response_error(const std::vector<float>& impulse_response, const Biquad& expected, double hertz,
                            double rate) {
  double worst = 0;
  for (const double probe : probes(hertz, rate))
    worst = std::max(worst, std::abs(response(impulse_response, probe, rate) - expected.at(probe, rate)));
  return worst;
}

struct Corner {
  double hertz, q;
};
constexpr Corner kCorners[] = {{40, 0.7071}, {1000, 0.3}, {1000, 12}, {15000, 0.7071}, {20000, 3}};

uint32_t ringing_frames(Corner corner, double rate) {
  return static_cast<uint32_t>(rate * 20 * std::max(corner.q, 0.5 / corner.q) * 2 / (kTau / 2 * corner.hertz)) + 500;
}

std::vector<std::pair<std::string, std::string>> ports(Corner corner, double gain, bool has_gain) {
  std::vector<std::pair<std::string, std::string>> list = {
      {"in", "in"}, {"freq", std::to_string(corner.hertz)}, {"q", std::to_string(corner.q)}};
  if (has_gain) list.push_back({"gain", std::to_string(gain)});
  return list;
}

}  // namespace

TEST_CASE("filters by name have the cookbook's complex responses") {
  for (const std::string type :
       {"lowpass", "highpass", "bandpass", "notch", "allpass", "peak", "lowshelf", "highshelf"})
    for (const double rate : kRates)
      for (const Corner corner : kCorners)
        for (const double gain : {0.1, 4.0}) {
          const bool has_gain = type == "peak" || type == "lowshelf" || type == "highshelf";
          if (!has_gain && gain > 1) continue;
          CAPTURE(type);
          CAPTURE(rate);
          CAPTURE(corner.hertz);
          CAPTURE(corner.q);
          CAPTURE(gain);
          const Graph graph = one_node(type, ports(corner, gain, has_gain));
          const Biquad expected = cookbook(type, corner.hertz, corner.q, gain, rate);
          const uint32_t frames = ringing_frames(corner, rate) * (has_gain ? 3 : 1);
          // In double precision what is left is the rounding of the output to f32, times the length's square root.
          on_every_executor(graph, {impulse(frames)}, frames, {.sample_rate = rate, .f64 = true}, [&](const Rows& out) {
            CHECK(worst_response_error(out[0], expected, corner.hertz, rate) < 2e-5);
          });
          // In single precision the coefficients are rounded too: 40 Hz at 192 kHz loses most.
          on_every_executor(graph, {impulse(frames)}, frames, {.sample_rate = rate}, [&](const Rows& out) {
            CHECK(worst_response_error(out[0], expected, corner.hertz, rate) < 3e-3);
          });
        }
}

TEST_CASE("svf gives the responses of the filters by name, and a band with gain q") {
  const Corner corner{1500, 4};
  const double rate = 48000;
  const uint32_t frames = ringing_frames(corner, rate);
  Graph graph;
  graph.input("in");
  graph.node("x", "svf", {{"in", "in"}, {"freq", "1500"}, {"q", "4"}});
  graph.output("out", "stack(x.low, x.band, x.high, x.notch, x.peak)");
  on_every_executor(graph, {impulse(frames)}, frames, {}, [&](const Rows& out) {
    REQUIRE(out.size() == 5);
    auto design = [&](const char* type) { return cookbook(type, corner.hertz, corner.q, 1, rate); };
    for (const double probe : probes(corner.hertz, rate)) {
      const auto low = design("lowpass").at(probe, rate), high = design("highpass").at(probe, rate);
      const std::complex<double> expected[] = {low, design("bandpass").at(probe, rate) * corner.q, high,
                                               design("notch").at(probe, rate), low - high};
      for (size_t c = 0; c < 5; ++c) CHECK(std::abs(response(out[c], probe, rate) - expected[c]) < 1e-5);
    }
  });
}

TEST_CASE("first-order filters and the biquad follow their difference equations") {
  constexpr uint32_t kFrames = 4000;
  const std::vector<float> in = noise(kFrames, 11);
  struct Case {
    const char* type;
    std::vector<std::pair<std::string, std::string>> ports;
    Biquad equation;
  };
  for (const double rate : kRates) {
    const double p = std::exp(-kTau * 300 / rate), r = std::exp(-kTau * 10 / rate);
    const Case cases[] = {
        {"onepole", {{"in", "in"}, {"freq", "300"}}, {1 - p, 0, 0, 1, -p, 0}},
        {"onezero", {{"in", "in"}, {"coef", "-0.7"}}, {1, -0.7, 0, 1, 0, 0}},
        {"dcblock", {{"in", "in"}}, {1, -1, 0, 1, -r, 0}},
        {"biquad",
         {{"in", "in"}, {"b0", "0.2"}, {"b1", "0.3"}, {"b2", "-0.1"}, {"a1", "-1.5"}, {"a2", "0.8"}},
         {0.2, 0.3, -0.1, 1, -1.5, 0.8}},
    };
    for (const Case& one : cases) {
      CAPTURE(one.type);
      CAPTURE(rate);
      std::vector<double> expected(kFrames);
      const Biquad& e = one.equation;
      for (size_t n = 0; n < kFrames; ++n) {
        auto x = [&](size_t back) { return n >= back ? static_cast<double>(in[n - back]) : 0; };
        auto y = [&](size_t back) { return n >= back ? expected[n - back] : 0; };
        expected[n] = e.b0 * x(0) + e.b1 * x(1) + e.b2 * x(2) - e.a1 * y(1) - e.a2 * y(2);
      }
      // Rounding of f32 states and coefficients, gathered over the filter's memory.
      const double tolerance = 1e-5 * largest(expected);
      on_every_executor(one_node(one.type, one.ports), {in}, kFrames, {.sample_rate = rate},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) <= tolerance); });
      on_every_executor(
          one_node(one.type, one.ports), {in}, kFrames, {.sample_rate = rate, .f64 = true},
          [&](const Rows& out) { CHECK(worst_difference(out[0], expected) <= 1e-7 * largest(expected)); });
    }
  }
}

TEST_CASE("a filter whose frequency is a signal follows it sample by sample") {
  constexpr uint32_t kFrames = 3000;
  const double rate = 48000;
  const std::vector<float> in = noise(kFrames, 1);
  std::vector<float> hertz(kFrames);
  for (size_t n = 0; n < kFrames; ++n)
    hertz[n] = static_cast<float>(2000 + 1900 * std::sin(0.05 * static_cast<double>(n)));
  std::vector<double> expected;
  double y = 0;
  for (size_t n = 0; n < kFrames; ++n) expected.push_back(y += (1 - std::exp(-kTau * hertz[n] / rate)) * (in[n] - y));
  on_every_executor(one_node("onepole", {{"in", "in"}, {"freq", "f"}}, {}, {"in", "f"}), {in, hertz}, kFrames, {},
                    [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 5e-7); });
}

TEST_CASE("linkwitz splits with two Butterworth filters in series, and low and high add up to their all-pass") {
  for (const double rate : kRates)
    for (const double hertz : {80.0, 1000.0, 15000.0}) {
      CAPTURE(rate);
      CAPTURE(hertz);
      const uint32_t frames = ringing_frames({hertz, 0.7071}, rate) * 2;
      Graph graph;
      graph.input("in");
      graph.node("x", "linkwitz", {{"in", "in"}, {"freq", std::to_string(hertz)}});
      graph.output("out", "stack(x.low, x.high, x.low + x.high)");
      const double q = std::sqrt(0.5);
      const auto design = [&](const char* type) { return cookbook(type, hertz, q, 1, rate); };
      on_every_executor(graph, {impulse(frames)}, frames, {.sample_rate = rate}, [&](const Rows& out) {
        for (const double probe : probes(hertz, rate)) {
          const auto low = design("lowpass").at(probe, rate), high = design("highpass").at(probe, rate);
          CHECK(std::abs(response(out[0], probe, rate) - low * low) < 2e-4);
          CHECK(std::abs(response(out[1], probe, rate) - high * high) < 2e-4);
          const auto sum = response(out[2], probe, rate);
          CHECK(std::abs(sum - design("allpass").at(probe, rate)) < 2e-4);
          CHECK(std::abs(std::abs(sum) - 1) < 1e-4);  // flat
        }
        CHECK(20 * std::log10(std::abs(response(out[0], hertz, rate))) == doctest::Approx(-6.0206).epsilon(0.001));
      });
    }
}
