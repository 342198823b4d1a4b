// A plucked string: its recurrence by an independent filter, its pitch and decay by the phase and level of its
// partials.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <complex>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

struct Pluck {
  double hertz = 220, damp = 0.5, position = 0.13;
};

Graph string_of(const Pluck& p, const std::string& id = "x") {
  Graph graph;
  graph.input("in", 1);
  graph.node(id, "karplus",
             {{"trigger", "in"}, {"freq", exact(p.hertz)}, {"damp", exact(p.damp)}, {"position", exact(p.position)}});
  graph.output("out", id);
  return graph;
}

// Half the width of the triangle, in samples.
int64_t width_at(double rate) { return 2 * std::max<int64_t>(1, static_cast<int64_t>(std::lround(rate / 48'000))); }

// What one round keeps of a frequency, without the interpolation between samples.
double kept(const Pluck& p, double hertz, double rate) {
  const double seconds = 30 * std::pow(0.01, p.damp), width = static_cast<double>(width_at(rate));
  const double x = M_PI * hertz / rate;
  const double smooth = std::pow(std::sin(width * x) / (width * std::sin(x)), 2);
  return std::pow(10, -3 / (p.hertz * seconds)) * (1 - p.damp * (1 - smooth));
}

// The weight that the loop gives to the sample `lag` ago: an interpolation by Lagrange's products, smoothed.
double weight(const Pluck& p, double rate, int64_t lag) {
  const double period = rate / p.hertz, seconds = 30 * std::pow(0.01, p.damp);
  const auto whole = static_cast<int64_t>(std::floor(period));
  const auto width = width_at(rate);
  double sum = 0;
  for (int64_t place = whole - 1; place <= whole + 2; ++place) {
    double cubic = 1;
    for (int64_t other = whole - 1; other <= whole + 2; ++other)
      if (other != place) cubic *= (period - static_cast<double>(other)) / static_cast<double>(place - other);
    const int64_t away = std::abs(lag - place);
    const double triangle =
        static_cast<double>(std::max<int64_t>(width - away, 0)) / static_cast<double>(width * width);
    sum += cubic * ((away == 0 ? 1 - p.damp : 0) + p.damp * triangle);
  }
  return std::pow(10, -3 * period / (rate * seconds)) * sum;
}

// A partial's phase and level in a window of whole periods around `from`.
std::complex<double> partial(const std::vector<float>& out, size_t from, double length, double hertz, double rate) {
  std::complex<double> sum = 0;
  const auto count = static_cast<size_t>(length);
  for (size_t n = 0; n < count; ++n) {
    const double window = 0.5 - 0.5 * std::cos(2 * M_PI * static_cast<double>(n) / static_cast<double>(count));
    sum += window * out[from + n] * std::polar(1.0, -2 * M_PI * hertz * static_cast<double>(from + n) / rate);
  }
  return sum;
}

}  // namespace

TEST_CASE("a string is silent until it is plucked, and then circulates through its filter") {
  constexpr uint32_t kFrames = 4000, kStart = 100;
  std::vector<float> trigger(kFrames);
  std::fill(trigger.begin() + kStart, trigger.end(), 1.0f);
  constexpr Pluck kPlucks[] = {{220.37, 0.5, 0.13}, {1000, 1, 0.5}, {5000.1, 0, 0.02}, {881, 0.1, 0.3}};
  for (const double rate : kRates)
    for (const Pluck& p : kPlucks) {
      CAPTURE(rate);
      CAPTURE(p.hertz);
      const double period = rate / p.hertz;
      const auto begin = kStart + static_cast<size_t>(1.5 * period) + 2;  // the pluck is over
      on_every_executor(string_of(p), {trigger}, kFrames, {.sample_rate = rate}, [&](const Rows& out) {
        double burst = 0;
        for (size_t n = 0; n < kStart; ++n) REQUIRE(out[0][n] == 0);
        for (size_t n = kStart; n < begin; ++n) burst = std::max(burst, std::abs(static_cast<double>(out[0][n])));
        CHECK(burst > 0.2);
        CHECK(burst < 2);
        for (size_t n = begin; n < kFrames; ++n) {
          double expected = 0;
          const auto first = static_cast<int64_t>(period) - width_at(rate);
          for (int64_t lag = first; lag < first + 2 * width_at(rate) + 3; ++lag)
            if (lag <= static_cast<int64_t>(n)) expected += weight(p, rate, lag) * out[0][n - static_cast<size_t>(lag)];
          REQUIRE(out[0][n] == doctest::Approx(expected).epsilon(2e-5).scale(1));
        }
      });
    }
}

TEST_CASE("a string is in tune to a cent from 27.5 Hz to 4 kHz") {
  constexpr double kCent = 1.0 / 1731;  // 2^(1/1200) − 1
  for (const double rate : kRates)
    for (const double hertz : {27.5, 61.735, 110.0, 220.5, 440.0, 997.0, 2093.0, 2960.0, 4000.0}) {
      CAPTURE(rate);
      CAPTURE(hertz);
      const double period = rate / hertz, window = 8 * period, later = 4 * period;
      const auto start = static_cast<size_t>(2 * period), second = start + static_cast<size_t>(later);
      const auto frames = static_cast<uint32_t>(static_cast<double>(second) + window + 1);
      on_every_executor(string_of({hertz, 0.2, 0.13}), {std::vector<float>(frames, 1.0f)}, frames,
                        {.sample_rate = rate}, [&](const Rows& out) {
                          const std::complex<double> a = partial(out[0], start, window, hertz, rate),
                                                     b = partial(out[0], second, window, hertz, rate);
                          const double turns = std::arg(b / a) / (2 * M_PI);
                          const double error = turns * rate / static_cast<double>(second - start) / hertz;
                          CHECK(std::abs(error) < kCent);
                        });
    }
}

TEST_CASE("partials of a string die away as its filter says, at every rate") {
  for (const double rate : kRates)
    for (const Pluck& p : {Pluck{rate / 200, 0.5}, Pluck{rate / 200, 1}, Pluck{rate / 400, 0}, Pluck{rate / 100, 0.3}})
      for (const int number : {1, 3, 5}) {
        CAPTURE(rate);
        CAPTURE(p.damp);
        CAPTURE(number);
        // A period of whole samples, so that the interpolation takes nothing.
        const double period = rate / p.hertz, hertz = number * p.hertz;
        constexpr size_t kRounds = 20;
        const auto start = static_cast<size_t>(2 * period), second = start + kRounds * static_cast<size_t>(period);
        const auto frames = static_cast<uint32_t>(second + static_cast<size_t>(8 * period) + 1);
        on_every_executor(
            string_of(p), {std::vector<float>(frames, 1.0f)}, frames, {.sample_rate = rate}, [&](const Rows& out) {
              const double ratio = std::abs(partial(out[0], second, 8 * period, hertz, rate)) /
                                   std::abs(partial(out[0], start, 8 * period, hertz, rate));
              CHECK(std::pow(ratio, 1.0 / kRounds) == doctest::Approx(kept(p, hertz, rate)).epsilon(2e-4));
            });
      }
}

TEST_CASE("a string plucked in its middle has no even partials") {
  constexpr double kRate = 48'000, kHertz = 240;  // a period of 200 samples
  const uint32_t frames = 4000;
  on_every_executor(
      string_of({kHertz, 0.1, 0.5}), {std::vector<float>(frames, 1.0f)}, frames, {}, [&](const Rows& out) {
        const auto level = [&](int number) { return std::abs(partial(out[0], 500, 3200, number * kHertz, kRate)); };
        for (const int even : {2, 4, 6}) CHECK(level(even) < 0.01 * (level(even - 1) + level(even + 1)));
      });
}

TEST_CASE("each rise plucks anew, strings differ, and a pluck does not depend on how blocks are cut") {
  constexpr uint32_t kFrames = 6000;
  std::vector<float> trigger(kFrames, -1.0f);
  for (const size_t at : {10u, 11u, 3000u, 3001u}) trigger[at] = 1;
  const Graph graph = string_of({1300, 0.9, 0.2});
  on_every_executor(graph, {trigger}, kFrames, {}, [&](const Rows& out) {
    const auto power = [&](size_t from, size_t to) {
      double sum = 0;
      for (size_t n = from; n < to; ++n) sum += static_cast<double>(out[0][n]) * out[0][n];
      return sum;
    };
    CHECK(power(0, 10) == 0);
    CHECK(power(10, 50) > 0.1);
    CHECK(power(3000, 3040) > 4 * power(2960, 3000));
  });
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    const Rows one = render(graph, {trigger}, kFrames, {.block_seed = 1}, *backend);
    const Rows two = render(graph, {trigger}, kFrames, {.block_seed = 2}, *backend);
    const std::vector<double> expected(one[0].begin(), one[0].end());
    CHECK(worst_difference(two[0], expected) < 1e-5);
    const Rows other = render(string_of({1300, 0.9, 0.2}, "y"), {trigger}, kFrames, {}, *backend);
    CHECK(worst_difference(other[0], expected) > 0.1);
  }
}
