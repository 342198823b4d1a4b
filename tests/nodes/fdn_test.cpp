// Feedback delay networks against a model with whole matrices, and what they promise: energy, decay, decorrelation.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>

#include "decay.hpp"
#include "run.hpp"
#include "sinter/nodes/nodes.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 12'000;
constexpr double kClose = 2e-6;  // of outputs around 0.1, after loops in single precision

struct Network {
  size_t lines = 16, channels = 1;
  bool hadamard = false;
  double decay = 2, damp = 0.5, size = 1;
};

std::string channels_in(size_t count) {
  std::string list = "a";
  for (size_t c = 1; c < count; ++c) list += c % 2 ? ", b" : ", a";
  return count > 1 ? "stack(" + list + ")" : list;
}

Graph graph_of(const Network& n) {
  return one_node(
      "fdn",
      {{"in", channels_in(n.channels)}, {"decay", exact(n.decay)}, {"damp", exact(n.damp)}, {"size", exact(n.size)}},
      {{"lines", number(static_cast<double>(n.lines))}, {"matrix", choice(n.hadamard ? "hadamard" : "householder")}},
      {"a", "b"});
}

std::vector<size_t> prime_lengths(size_t lines, double rate, double size) {
  std::vector<bool> composite(1'000'000);
  for (size_t p = 2; p * p < composite.size(); ++p)
    for (size_t q = p * p; !composite[p] && q < composite.size(); q += p) composite[q] = true;
  std::vector<size_t> lengths;
  size_t at = 2;
  for (size_t l = 0; l < lines; ++l) {
    const double part = static_cast<double>(l) / (static_cast<double>(lines) - 1);
    at = std::max(at, static_cast<size_t>(0.030 * std::pow(0.085 / 0.030, part) * rate));
    while (composite[at]) ++at;
    lengths.push_back(static_cast<size_t>(std::nearbyint(static_cast<double>(at++) * size)));
  }
  return lengths;
}

// The pole of (1 − p) / (1 − p / z) that has this gain at this frequency, by bisection.
double pole_for(double gain, double turns) {
  double low = 0, high = 1;
  for (int i = 0; i < 200; ++i) {
    const double p = (low + high) / 2;
    const double is = (1 - p) / std::abs(1.0 - p * std::polar(1.0, -2 * M_PI * turns));
    (is > gain ? low : high) = p;
  }
  return low;
}

double element(const Network& n, size_t i, size_t j) {
  if (n.hadamard) return (std::popcount(i & j) % 2 ? -1 : 1) / std::sqrt(static_cast<double>(n.lines));
  return (i == j ? 1.0 : 0.0) - 2.0 / static_cast<double>(n.lines);
}

std::vector<std::vector<double>> model(const Network& n, const Rows& in, double rate) {
  const std::vector<size_t> lengths = prime_lengths(n.lines, rate, n.size);
  std::vector<std::vector<double>> pushed(n.lines), out(n.channels, std::vector<double>(in[0].size()));
  std::vector<double> y(n.lines), pole(n.lines), gain(n.lines);
  for (size_t l = 0; l < n.lines; ++l) {
    const double seconds = static_cast<double>(lengths[l]) / rate;
    gain[l] = std::pow(10, -3 * seconds / n.decay);
    const double at_8_khz = std::pow(10, -3 * seconds / (n.decay * (1 - n.damp)));
    pole[l] = n.damp > 0 ? pole_for(std::max(at_8_khz / gain[l], std::exp(-9)), std::min(8000 / rate, 0.45)) : 0;
  }
  for (size_t t = 0; t < in[0].size(); ++t) {
    for (size_t l = 0; l < n.lines; ++l) {
      const double x = t >= lengths[l] ? pushed[l][t - lengths[l]] : 0;
      y[l] = (1 - pole[l]) * gain[l] * x + pole[l] * y[l];
      out[l % n.channels][t] += y[l];
    }
    for (size_t l = 0; l < n.lines; ++l) {
      const double fed = in[l % n.channels % 2][t], sign = l / n.channels % 2 ? -1 : 1;
      double sum = sign * fed * static_cast<double>(n.channels) / static_cast<double>(n.lines);
      for (size_t j = 0; j < n.lines; ++j) sum += element(n, l, j) * y[j];
      pushed[l].push_back(sum);
    }
  }
  return out;
}

Rows run_fast(const Graph& graph, const Rows& in, uint32_t frames, double rate) {
  for (const char* name : {"avx512", "avx2", "sse"})
    if (const Backend* backend = find_backend(name); backend && backend->available())
      return render(graph, in, frames, {.sample_rate = rate}, *backend);
  return render(graph, in, frames, {.sample_rate = rate}, *find_backend("reference"));
}

// Seconds to −60 dB at a frequency: the line of least squares through the levels of windows from 0.1 to 0.6 decays.
double decay_at(const std::vector<float>& response, double hertz, double decay, double rate) {
  constexpr size_t kWindow = 2048;
  double count = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (auto at = static_cast<size_t>(0.1 * decay * rate); at < static_cast<size_t>(0.6 * decay * rate); at += kWindow) {
    double power = 0;
    for (int side = -20; side <= 20; ++side) {
      std::complex<double> sum = 0;
      const double step = 2 * M_PI * (hertz + side * rate / kWindow) / rate;
      for (size_t n = 0; n < kWindow; ++n)
        sum += static_cast<double>(response[at + n]) * std::sin(M_PI * static_cast<double>(n) / kWindow) *
               std::polar(1.0, -step * static_cast<double>(n));
      power += std::norm(sum);
    }
    const double x = static_cast<double>(at) / rate, y = 10 * std::log10(power);
    count += 1, sum_x += x, sum_y += y, sum_xx += x * x, sum_xy += x * y;
  }
  return -60 / ((count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x));
}

}  // namespace

TEST_CASE("an fdn is its lines, filters and matrix, for any number of lines and channels") {
  const Rows in = {noise(kFrames, 41), noise(kFrames, 42)};
  const Network networks[] = {{16, 1, false, 2, 0.5, 1},   {16, 2, true, 1, 0.2, 0.4}, {7, 2, false, 0.3, 0.9, 0.1},
                              {2, 1, true, 5, 0, 0.2},     {64, 4, true, 2, 0.3, 0.1}, {33, 5, false, 2, 0.5, 0.5},
                              {4, 4, false, 0.05, 0.99, 1}};
  for (const double rate : kRates)
    for (const Network& network : networks) {
      CAPTURE(rate);
      CAPTURE(network.lines);
      CAPTURE(network.channels);
      CAPTURE(network.hadamard);
      const std::vector<std::vector<double>> expected = model(network, in, rate);
      on_every_executor(graph_of(network), in, kFrames, {.sample_rate = rate}, [&](const Rows& out) {
        REQUIRE(out.size() == expected.size());
        for (size_t c = 0; c < out.size(); ++c) CHECK(worst_difference(out[c], expected[c]) < kClose);
      });
      if (rate == kRates[0] && network.lines == 16) CHECK(largest(expected[0]) > 0.01);
    }
}

TEST_CASE("an fdn without losses keeps its energy to the last bits") {
  constexpr uint32_t kLong = 100'000;
  for (const bool hadamard : {false, true}) {
    CAPTURE(hadamard);
    // A channel for each line shows what leaves it: in the next frames of its length, all that it holds.
    const Network network{8, 8, hadamard, 1e9, 0, 0.3};
    const std::vector<size_t> lengths = prime_lengths(8, 48'000, 0.3);
    const Rows out =
        render(graph_of(network), {impulse(kLong), impulse(kLong)}, kLong, {.f64 = true}, *find_backend("reference"));
    auto energy = [&](size_t from) {
      double sum = 0;
      for (size_t l = 0; l < 8; ++l)
        for (size_t n = 1; n <= lengths[l]; ++n) sum += std::pow(static_cast<double>(out[l][from + n]), 2);
      return sum;
    };
    CHECK(energy(0) == doctest::Approx(8).epsilon(1e-9));
    // What goes out is single precision, hence 1e-7.
    for (size_t at = 5000; at < kLong - 2000; at += 7001) CHECK(energy(at) == doctest::Approx(8).epsilon(1e-7));
  }
}

TEST_CASE("an fdn dies away in the time that decay says, to 2 %") {
  const Network networks[] = {{16, 2, false, 0.8, 0, 1}, {16, 2, true, 2, 0, 0.5}, {32, 1, true, 0.8, 0, 2}};
  for (const double rate : {44'100.0, 192'000.0})
    for (const Network& network : networks) {
      CAPTURE(rate);
      CAPTURE(network.decay);
      const auto frames = static_cast<uint32_t>(1.2 * network.decay * rate);
      const Rows out = run_fast(graph_of(network), {impulse(frames), impulse(frames)}, frames, rate);
      for (const auto& channel : out)
        CHECK(decay_seconds(channel, rate) == doctest::Approx(network.decay).epsilon(0.02));
    }
}

TEST_CASE("at 8 kHz an fdn dies away in (1 - damp) times its decay, at every rate") {
  for (const double rate : kRates) {
    CAPTURE(rate);
    const Network network{32, 1, true, 2, 0.6, 0.6};
    const auto frames = static_cast<uint32_t>(2 * rate);
    const Rows out = run_fast(graph_of(network), {impulse(frames), impulse(frames)}, frames, rate);
    CHECK(decay_at(out[0], 8000, 0.8, rate) == doctest::Approx(0.8).epsilon(0.05));
    CHECK(decay_at(out[0], 600, 2, rate) == doctest::Approx(2).epsilon(0.05));
  }
}

TEST_CASE("the channels of an fdn share nothing, though they get the same") {
  constexpr uint32_t kLong = 96'000;
  const Graph graph = one_node("fdn", {{"in", "stack(a, a, a)"}, {"decay", "1"}});
  Graph fed = graph;
  fed.inputs.clear();
  fed.input("a", 1);
  const Rows out = run_fast(fed, {noise(kLong, 43)}, kLong, 48'000);
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < i; ++j) {
      double cross = 0, own = 0, other = 0;
      for (size_t n = 24'000; n < kLong; ++n) {
        cross += static_cast<double>(out[i][n]) * out[j][n];
        own += static_cast<double>(out[i][n]) * out[i][n];
        other += static_cast<double>(out[j][n]) * out[j][n];
      }
      CHECK(std::abs(cross) / std::sqrt(own * other) < 0.1);
    }
}

TEST_CASE("an fdn may close a cycle by itself") {
  Graph graph;
  graph.input("in", 1);
  graph.node("x", "fdn", {{"in", "in + 0.5 * x"}, {"decay", "0.5"}, {"size", "0.3"}});
  graph.output("out", "x");
  on_every_executor(graph, {impulse(kFrames)}, kFrames, {}, [&](const Rows& out) {
    double most = 0;
    for (const float sample : out[0]) most = std::max(most, static_cast<double>(std::abs(sample)));
    CHECK(most > 0.01);
    CHECK(most < 1);
  });
}

TEST_CASE("an fdn whose lengths and losses jump stays bounded for seconds") {
  constexpr uint32_t kLong = 200'000;
  Random random(44);
  Rows in = {noise(kLong, 45), std::vector<float>(kLong), std::vector<float>(kLong)};
  for (size_t n = 0; n < kLong; ++n) {
    in[1][n] = n % 7 ? in[1][n - 1] : static_cast<float>(random.uniform(0.1, 4));
    in[2][n] = n % 5 ? in[2][n - 1] : static_cast<float>(random.uniform(0, 0.99));
  }
  const Graph graph = one_node("fdn", {{"in", "in"}, {"decay", "1000"}, {"size", "size"}, {"damp", "damp"}},
                               {{"lines", number(8)}}, {"in", "size", "damp"});
  const Rows out = run_fast(graph, in, kLong, 48'000);
  for (const float sample : out[0]) REQUIRE(std::abs(sample) <= 8100);  // 8 lines of 1,000, and what comes in
}

TEST_CASE("what is not finite does not get into an fdn, nor does a step in its place") {
  Rows in = {noise(kFrames, 46), noise(kFrames, 47)};
  const float bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t n = 1000; n < 1006; ++n) in[n % 2][n] = bad[n % 3];
  on_every_executor(graph_of({16, 2, true}), in, kFrames, {}, [&](const Rows& out) {
    for (const std::vector<float>& channel : out)
      for (const float sample : channel) REQUIRE(std::abs(sample) < 4);
  });
}

TEST_CASE("an fdn refuses settings that make no network") {
  auto code = [](const Graph& graph) {
    const Result<Compiled> compiled = compile_patch(graph, {});
    REQUIRE(!compiled);
    return compiled.error().code;
  };
  CHECK(code(graph_of({12, 1, true})) == Errc::out_of_range);
  CHECK(code(graph_of({4, 5, false})) == Errc::out_of_range);
  CHECK(code(one_node("fdn", {{"in", "in"}}, {{"lines", number(7.5)}})) == Errc::out_of_range);
  CHECK(code(one_node("fdn", {{"in", "stack(in, in)"}, {"size", "stack(1, 2)"}})) == Errc::channel_mismatch);
}
