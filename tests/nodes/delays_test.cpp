// Delay lines against histories indexed in the test.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "run.hpp"
#include "sinter/nodes/nodes.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 3000;
constexpr double kRate = 48000;

double history(const std::vector<float>& in, int64_t at) { return at >= 0 ? in[static_cast<size_t>(at)] : 0; }

// Sample n of `in` delayed by d samples; the all-pass has its own test.
double interpolated(const std::string& how, const std::vector<float>& in, int64_t n, double d) {
  if (how == "none") return history(in, n - static_cast<int64_t>(std::nearbyint(d)));
  const auto whole = static_cast<int64_t>(std::floor(d));
  const double f = d - static_cast<double>(whole);
  auto y = [&](int64_t offset) { return history(in, n - std::max<int64_t>(whole + offset, 0)); };
  if (how == "linear") return (1 - f) * y(0) + f * y(1);
  // Catmull-Rom as a weighted sum, not as the polynomial that the node evaluates.
  const double f2 = f * f, f3 = f2 * f;
  return y(-1) * (-0.5 * f + f2 - 0.5 * f3) + y(0) * (1 - 2.5 * f2 + 1.5 * f3) + y(1) * (0.5 * f + 2 * f2 - 1.5 * f3) +
         y(2) * (-0.5 * f2 + 0.5 * f3);
}

std::vector<std::pair<std::string, SettingValue>> delay_settings(const std::string& how, double max = 0.02) {
  return {{"max", number(max)}, {"interpolation", choice(how)}};
}

std::string samples(double count) { return std::to_string(count) + " / sr"; }

}  // namespace

TEST_CASE("a delay reads the samples it should, for constant and moving times, from 0 to its maximum") {
  const std::vector<float> in = noise(kFrames, 21);
  std::vector<float> moving(kFrames);
  for (size_t n = 0; n < kFrames; ++n)
    moving[n] = static_cast<float>((400 + 399 * std::sin(0.01 * static_cast<double>(n))) / kRate);
  for (const std::string how : {"none", "linear", "cubic"}) {
    CAPTURE(how);
    for (const double d : {0.0, 0.25, 1.0, 1.75, 2.5, 17.0, 100.5, 959.75, 960.0}) {
      CAPTURE(d);
      std::vector<double> expected;
      for (uint32_t n = 0; n < kFrames; ++n) expected.push_back(interpolated(how, in, n, d));
      if (how == "none" && d - std::floor(d) == 0.5) continue;  // a tie, which rounding of d / sr · sr may break
      on_every_executor(one_node("delay", {{"in", "in"}, {"time", samples(d)}}, delay_settings(how)), {in}, kFrames, {},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 1e-6); });
    }
    if (how == "none") continue;
    std::vector<double> expected;
    for (uint32_t n = 0; n < kFrames; ++n)
      expected.push_back(interpolated(how, in, n, static_cast<double>(moving[n]) * kRate));
    // A delay of up to 800 samples in single precision is known to 3e-5 sample, times the steepest slope of the noise.
    on_every_executor(one_node("delay", {{"in", "in"}, {"time", "t"}}, delay_settings(how), {"in", "t"}), {in, moving},
                      kFrames, {}, [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 3e-4); });
  }
}

TEST_CASE("an all-pass delay line has gain 1 everywhere and the delay asked for at low frequencies") {
  for (const double d : {0.3, 0.5, 1.2, 7.9, 33.5}) {
    CAPTURE(d);
    on_every_executor(one_node("delay", {{"in", "in"}, {"time", samples(d)}}, delay_settings("allpass")),
                      {impulse(kFrames)}, kFrames, {}, [&](const Rows& out) {
                        double energy = 0, sum = 0, moment = 0;
                        for (size_t n = 0; n < out[0].size(); ++n) {
                          energy += static_cast<double>(out[0][n]) * out[0][n];
                          sum += out[0][n];
                          moment += static_cast<double>(n) * out[0][n];
                        }
                        CHECK(energy == doctest::Approx(1).epsilon(1e-5));
                        CHECK(sum == doctest::Approx(1).epsilon(1e-5));
                        CHECK(moment == doctest::Approx(d).epsilon(1e-4));
                      });
  }
  const std::vector<float> in = noise(kFrames, 3);
  on_every_executor(one_node("delay", {{"in", "in"}, {"time", "0"}}, delay_settings("allpass")), {in}, kFrames, {},
                    [&](const Rows& out) { CHECK(out[0] == in); });
}

TEST_CASE("in a cycle a delay is at least 1 sample, 1.5 with allpass and 2 with cubic") {
  for (const std::string how : {"none", "linear", "cubic"}) {
    CAPTURE(how);
    Graph graph;
    graph.input("in");
    graph.node("x", "delay", {{"in", "in + 0.5 * x"}, {"time", "0"}}, delay_settings(how));
    graph.output("out", "x");
    const size_t least = how == "cubic" ? 2 : 1;
    std::vector<double> expected(kFrames);
    for (size_t n = least; n < kFrames; n += least) expected[n] = std::pow(0.5, static_cast<double>(n / least - 1));
    on_every_executor(graph, {impulse(kFrames)}, kFrames, {},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 1e-9); });
  }
  Graph graph;
  graph.input("in");
  graph.node("x", "delay", {{"in", "in - 0.9 * x"}, {"time", "0"}}, delay_settings("allpass"));
  graph.output("out", "x");
  on_every_executor(graph, {impulse(kFrames)}, kFrames, {}, [&](const Rows& out) {
    CHECK(out[0][0] == 0);
    CHECK(out[0][1] == doctest::Approx((1 - 0.5) / (1 + 0.5)));  // Thiran's coefficient for half a sample
    CHECK(std::abs(out[0][kFrames - 1]) < 1e-6);
  });
}

TEST_CASE("a promised minimum lengthens shorter times and changes no others") {
  const std::vector<float> in = noise(kFrames, 8);
  for (const std::string how : {"none", "linear", "cubic", "allpass"})
    for (const double d : {10.0, 100.0, 100.75, 500.25}) {
      CAPTURE(how);
      CAPTURE(d);
      auto settings = delay_settings(how);
      const Backend& reference = *find_backend("reference");
      const Rows plain = render(one_node("delay", {{"in", "in"}, {"time", samples(std::max(d, 100.0))}}, settings),
                                {in}, kFrames, {}, reference);
      settings.push_back({"min", number(100 / kRate)});
      const std::vector<double> expected(plain[0].begin(), plain[0].end());
      on_every_executor(one_node("delay", {{"in", "in"}, {"time", samples(d)}}, settings), {in}, kFrames, {},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 1e-6); });
    }
}

TEST_CASE("a time that is no number reads inside the line, and the line forgets what is not finite") {
  std::vector<float> in = noise(kFrames, 4), time = noise(kFrames, 5, 0.05);
  const float bad[] = {NAN, INFINITY, -INFINITY, std::numeric_limits<float>::max(), -1e30f};
  for (size_t n = 0; n < kFrames; n += 7) time[n] = bad[n % 5];
  for (size_t n = 100; n < 105; ++n) in[n] = bad[n % 3];
  for (const std::string how : {"none", "linear", "cubic"}) {
    CAPTURE(how);
    on_every_executor(one_node("delay", {{"in", "in"}, {"time", "t"}}, delay_settings(how), {"in", "t"}), {in, time},
                      kFrames, {}, [&](const Rows& out) {
                        for (size_t n = 0; n < kFrames; ++n) REQUIRE(std::isfinite(out[0][n]));
                      });
  }
}

TEST_CASE("several taps of one signal share its line") {
  Graph graph;
  graph.input("in");
  graph.node("x", "delay", {{"in", "in"}, {"time", "stack(0, 7, 500) / sr"}}, delay_settings("linear"));
  graph.output("out", "x");
  const Result<Ir> ir = lower(graph, {.library = &standard_nodes()});
  REQUIRE(ir);
  CHECK(ir->lines.size() == 1);
  CHECK(ir->lines[0].lanes == 1);
  const std::vector<float> in = noise(kFrames, 2);
  on_every_executor(graph, {in}, kFrames, {}, [&](const Rows& out) {
    REQUIRE(out.size() == 3);
    const int64_t taps[] = {0, 7, 500};
    for (size_t c = 0; c < 3; ++c) {
      std::vector<double> expected;
      for (int64_t n = 0; n < kFrames; ++n) expected.push_back(history(in, n - taps[c]));
      CHECK(worst_difference(out[c], expected) < 1e-6);
    }
  });
}

TEST_CASE("a delay whose time is a parameter glides to a new time") {
  Graph graph;
  graph.input("in");
  graph.param({.id = "t", .minimum = 0, .maximum = 0.02, .fallback = 0.002, .unit = Unit::seconds});
  graph.node("x", "delay", {{"in", "in"}, {"time", "$t"}}, delay_settings("linear"));
  graph.output("out", "x");
  std::vector<float> slope(kFrames), out(kFrames);
  for (size_t n = 0; n < kFrames; ++n) slope[n] = static_cast<float>(n);
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    CAPTURE(backend->name());
    Result<Compiled> compiled = compile_patch(graph, {.backend = backend});
    REQUIRE(compiled);
    Engine engine;
    engine.prepare(compiled->program);
    for (uint32_t at = 0; at < kFrames; at += 500) {
      if (at == 1000) engine.set_parameter(0, 0.003);
      const float* in_row = slope.data() + at;
      float* out_row = out.data() + at;
      engine.process({&in_row, 1}, {&out_row, 1}, 500);
    }
    CHECK(out[999] == doctest::Approx(999 - 96));
    CHECK(out[kFrames - 1] == doctest::Approx(kFrames - 1 - 144));
    // 48 samples more over at least one cell of 64 frames: the slope slows down but nothing jumps.
    for (size_t n = 200; n < kFrames; ++n) REQUIRE(std::abs(out[n] - out[n - 1] - 1) < 48.0 / 8);
    ran_on(backend->name());
  }
}

TEST_CASE("samples delays by whole samples") {
  const std::vector<float> in = noise(kFrames, 6);
  for (const int n : {0, 1, 5, 1000}) {
    std::vector<double> expected;
    for (int64_t at = 0; at < kFrames; ++at) expected.push_back(history(in, at - n));
    on_every_executor(one_node("samples", {{"in", "in"}, {"n", std::to_string(n)}}, {{"max", number(1000)}}), {in},
                      kFrames, {}, [&](const Rows& out) { CHECK(worst_difference(out[0], expected) == 0); });
  }
}

TEST_CASE("comb and allpass_delay follow their equations") {
  const std::vector<float> in = noise(kFrames, 9);
  for (const int d : {1, 37, 960}) {
    CAPTURE(d);
    const auto lag = static_cast<size_t>(d);
    std::vector<double> comb(kFrames), inside(kFrames), allpass(kFrames), loop(kFrames);
    double damped = 0;
    for (size_t n = 0; n < kFrames; ++n) {
      comb[n] = n >= lag ? inside[n - lag] : 0;
      damped = 0.8 * comb[n] + 0.2 * damped;
      inside[n] = in[n] - 0.84 * damped;
      const double z = n >= lag ? loop[n - lag] : 0;
      allpass[n] = z - 0.6 * in[n];
      loop[n] = in[n] + 0.6 * allpass[n];
    }
    on_every_executor(one_node("comb", {{"in", "in"}, {"time", samples(d)}, {"feedback", "-0.84"}, {"damp", "0.2"}},
                               {{"max", number(0.02)}}),
                      {in}, kFrames, {}, [&](const Rows& out) { CHECK(worst_difference(out[0], comb) < 2e-6); });
    on_every_executor(
        one_node("allpass_delay", {{"in", "in"}, {"time", samples(d)}, {"gain", "0.6"}}, {{"max", number(0.02)}}), {in},
        kFrames, {}, [&](const Rows& out) { CHECK(worst_difference(out[0], allpass) < 2e-6); });
  }
}

TEST_CASE("delays over 30 s and minima over the maximum are refused") {
  auto code = [](const Graph& graph) {
    const Result<Compiled> compiled = compile_patch(graph, {});
    REQUIRE(!compiled);
    return compiled.error().code;
  };
  CHECK(code(one_node("delay", {{"in", "in"}, {"time", "1"}}, delay_settings("linear", 30.001))) == Errc::limit_delay);
  CHECK(code(one_node("samples", {{"in", "in"}, {"n", "1"}}, {{"max", number(30.001 * kRate)}})) == Errc::limit_delay);
  CHECK(code(one_node("comb", {{"in", "in"}, {"time", "1"}, {"feedback", "0"}}, {{"max", number(31)}})) ==
        Errc::limit_delay);
  auto settings = delay_settings("linear", 1);
  settings.push_back({"min", number(2)});
  CHECK(code(one_node("delay", {{"in", "in"}, {"time", "1"}}, settings)) == Errc::out_of_range);
  CHECK(compile_patch(one_node("delay", {{"in", "in"}, {"time", "1"}}, delay_settings("linear", 30)), {}));
}
