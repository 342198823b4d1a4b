// Compressor, expander and gate against the gain computer and detector of Giannoulis, Massberg and Reiss (2012),
// written here in decibels and in double precision.
#include <doctest/doctest.h>

#include <cmath>

#include "run.hpp"
#include "sinter/nodes/nodes.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 4000;

struct Processor {
  std::string type = "compressor";
  double threshold = 0.1, ratio = 4, attack = 0.002, release = 0.02, knee = 2;
  std::string mode = "peak";
  bool link = true;
};

double decibel(double gain) { return 20 * std::log10(std::max(gain, 1e-10)); }
double gain_of(double decibels) { return std::pow(10, decibels / 20); }

// Reduction in dB at a level in dB: equation (4) for a compressor, and the same mirrored for an expander.
double reduction(const Processor& p, double level) {
  const double slope = p.type == "compressor" ? 1 - 1 / p.ratio : p.ratio - 1;
  const double past = (level - decibel(p.threshold)) * (p.type == "compressor" ? 1 : -1), width = decibel(p.knee);
  double out = 2 * past > width ? slope * past : 0;
  if (2 * std::abs(past) <= width && width > 0) out = slope * std::pow(past + width / 2, 2) / (2 * width);
  return p.type == "expander" ? std::min(out, 80.0) : out;
}

std::vector<double> levels(const Processor& p, const std::vector<double>& square, double rate) {
  std::vector<double> out;
  const auto window = static_cast<size_t>(std::lround(0.01 * rate));
  double mean = 0;
  for (size_t n = 0; n < square.size(); ++n) {
    double level = std::sqrt(square[n]);
    if (p.mode == "rms") level = std::sqrt(mean += (1 - std::exp(-1 / (0.01 * rate))) * (square[n] - mean));
    else if (p.type != "compressor")
      for (size_t k = n < window ? 0 : n - window + 1; k < n; ++k) level = std::max(level, std::sqrt(square[k]));
    out.push_back(level);
  }
  return out;
}

// The gain for a key of which `square` is the largest square over the channels, or their mean.
std::vector<double> gains(const Processor& p, const std::vector<double>& square, double rate) {
  const bool presses = p.type == "compressor", moves_gain = p.type == "gate";
  auto step = [&](double seconds) { return seconds > 0 ? 1 - std::exp(-1 / (seconds * rate)) : 1; };
  std::vector<double> out;
  double y = 0;
  for (const double level : levels(p, square, rate)) {
    double target = reduction(p, decibel(level));
    if (moves_gain) target = gain_of(-target);
    const bool attacks = presses || moves_gain ? target > y : target < y;
    y += step(attacks ? p.attack : p.release) * (target - y);
    out.push_back(moves_gain ? y : gain_of(-y));
  }
  return out;
}

std::vector<double> squares(const std::vector<float>& in) {
  std::vector<double> out;
  for (const float x : in) out.push_back(static_cast<double>(x) * x);
  return out;
}

std::vector<double> product(const std::vector<double>& gain, const std::vector<float>& in) {
  std::vector<double> out;
  for (size_t n = 0; n < in.size(); ++n) out.push_back(gain[n] * in[n]);
  return out;
}

SettingValue flag(bool on) { return {.kind = SettingKind::flag, .flag = on}; }

std::vector<std::pair<std::string, std::string>> ports(const Processor& p) {
  return {{"in", "in"},
          {"threshold", std::to_string(p.threshold)},
          {"ratio", std::to_string(p.ratio)},
          {"attack", std::to_string(p.attack)},
          {"release", std::to_string(p.release)},
          {"knee", std::to_string(p.knee)}};
}

Graph graph_of(const Processor& p, uint32_t channels = 1, const std::string& output = "stack(x, x.gain)") {
  Graph graph;
  graph.input("in", channels);
  graph.node("x", p.type, ports(p), {{"mode", choice(p.mode)}, {"link", flag(p.link)}});
  graph.output("out", output);
  return graph;
}

// Bursts from -60 dB to 6 dB.
std::vector<float> bursts(uint64_t seed) {
  std::vector<float> out = noise(kFrames, seed);
  for (size_t n = 0; n < out.size(); ++n)
    out[n] *= static_cast<float>(gain_of(-60 + 33 * static_cast<double>((n / 500) % 3)));
  return out;
}

}  // namespace

TEST_CASE("the static curve is that of the paper, for hard and soft knees and all ratios") {
  std::vector<float> in(kFrames);
  for (size_t n = 0; n < kFrames; ++n)
    in[n] = static_cast<float>(gain_of(-100 + 120.0 * static_cast<double>(n) / kFrames));
  for (const std::string type : {"compressor", "expander", "gate"})
    for (const double ratio : {1.0, 2.0, 20.0, 1000.0})
      for (const double knee : {1.0, 2.0, 30.0}) {
        const Processor p{.type = type, .ratio = ratio, .attack = 0, .release = 0, .knee = knee};
        CAPTURE(type);
        CAPTURE(ratio);
        CAPTURE(knee);
        const std::vector<double> expected = gains(p, squares(in), 48'000);
        // Of a steep slope times the rounding of a logarithm in single precision.
        const double tolerance = 2e-6 * (type == "compressor" ? 10 : std::max(10.0, ratio));
        on_every_executor(graph_of(p), {in}, kFrames, {}, [&](const Rows& out) {
          CHECK(worst_difference(out[1], expected) < tolerance);
          CHECK(worst_difference(out[0], product(expected, in)) < 10 * tolerance);
        });
      }
}

TEST_CASE("gains follow the detector with its attack and its release") {
  const std::vector<float> in = bursts(4);
  for (const std::string type : {"compressor", "expander", "gate"})
    for (const std::string mode : {"peak", "rms"})
      for (const double rate : kRates)
        for (const double attack : {0.0, 0.002}) {
          const Processor p{.type = type, .attack = attack, .mode = mode};
          CAPTURE(type);
          CAPTURE(mode);
          CAPTURE(rate);
          CAPTURE(attack);
          const std::vector<double> expected = gains(p, squares(in), rate);
          on_every_executor(graph_of(p), {in}, kFrames, {.sample_rate = rate},
                            [&](const Rows& out) { CHECK(worst_difference(out[1], expected) < 5e-5); });
        }
}

TEST_CASE("after its attack a compressor has done 1 - 1/e of the reduction in dB, after its release undone as much") {
  const double rate = 48'000;
  std::vector<float> in(12'000, 1.0f);
  for (size_t n = 6'000; n < in.size(); ++n) in[n] = 0.001f;
  const Processor p{.threshold = 0.1, .ratio = 4, .attack = 0.01, .release = 0.05, .knee = 1};
  on_every_executor(graph_of(p), {in}, 12'000, {}, [&](const Rows& out) {
    const double full = 15;  // dB: 20 over the threshold become 5
    CHECK(-decibel(out[1][static_cast<size_t>(0.01 * rate) - 1]) ==
          doctest::Approx(full * (1 - std::exp(-1))).epsilon(1e-3));
    CHECK(-decibel(out[1][5'999]) == doctest::Approx(full).epsilon(1e-3));
    CHECK(-decibel(out[1][6'000 + static_cast<size_t>(0.05 * rate) - 1]) ==
          doctest::Approx(full * std::exp(-1)).epsilon(1e-3));
  });
}

TEST_CASE("linked channels share the gain of the loudest, in rms of their mean; others have their own") {
  for (const uint32_t channels : {2u, 3u, 5u})
    for (const std::string type : {"compressor", "gate"})
      for (const std::string mode : {"peak", "rms"}) {
        CAPTURE(channels);
        CAPTURE(type);
        CAPTURE(mode);
        Processor p{.type = type, .mode = mode};
        Rows in;
        std::vector<double> shared(kFrames);
        for (uint32_t c = 0; c < channels; ++c) {
          in.push_back(bursts(10 + c));
          for (float& x : in.back()) x *= c == 1 ? 1.0f : 0.3f;
          const std::vector<double> own = squares(in.back());
          for (size_t n = 0; n < kFrames; ++n)
            shared[n] = mode == "rms" ? shared[n] + own[n] / channels : std::max(shared[n], own[n]);
        }
        const std::vector<double> expected = gains(p, shared, 48'000);
        on_every_executor(graph_of(p, channels), in, kFrames, {}, [&](const Rows& out) {
          REQUIRE(out.size() == 2 * channels);
          for (uint32_t c = 0; c < channels; ++c) {
            CHECK(worst_difference(out[channels + c], expected) < 5e-5);
            CHECK(worst_difference(out[c], product(expected, in[c])) < 1e-4);
          }
        });
        p.link = false;
        on_every_executor(graph_of(p, channels), in, kFrames, {}, [&](const Rows& out) {
          for (uint32_t c = 0; c < channels; ++c)
            CHECK(worst_difference(out[channels + c], gains(p, squares(in[c]), 48'000)) < 5e-5);
        });
      }
}

TEST_CASE("a key decides in place of in, and one of 1 channel for all channels") {
  const std::vector<float> left = noise(kFrames, 1), right = noise(kFrames, 2), key = bursts(3);
  const Processor p;
  const std::vector<double> expected = gains(p, squares(key), 48'000);
  for (const bool link : {true, false}) {
    Graph graph;
    graph.input("in", 2).input("side", 1);
    std::vector<std::pair<std::string, std::string>> list = ports(p);
    list.push_back({"key", "side"});
    list.push_back({"makeup", "2"});
    graph.node("x", p.type, list, {{"link", flag(link)}});
    graph.output("out", "stack(x, x.gain)");
    on_every_executor(graph, {left, right, key}, kFrames, {}, [&](const Rows& out) {
      std::vector<double> made_up = product(expected, left);
      for (double& x : made_up) x *= 2;
      CHECK(worst_difference(out[0], made_up) < 1e-4);
      CHECK(worst_difference(out[2], expected) < 5e-5);
      CHECK(worst_difference(out[3], expected) < 5e-5);
    });
  }
}

TEST_CASE("silence closes a gate to silence and leaves a compressor open") {
  std::vector<float> in(20'000);
  for (size_t n = 0; n < 2'000; ++n) in[n] = 0.5f;
  on_every_executor(graph_of({.type = "gate", .release = 0.002}), {in}, 20'000, {},
                    [&](const Rows& out) { CHECK(out[1].back() < 1e-20f); });
  on_every_executor(graph_of({.release = 0.002}), {in}, 20'000, {},
                    [&](const Rows& out) { CHECK(out[1].back() == doctest::Approx(1).epsilon(1e-6)); });
}

TEST_CASE("a peak gate stays open between the peaks of a low tone") {
  std::vector<float> in(20'000);
  for (size_t n = 0; n < in.size(); ++n) in[n] = static_cast<float>(0.012 * std::sin(0.0068 * static_cast<double>(n)));
  // 52 Hz, 1.6 dB over the threshold, with an attack and a release that would follow every half wave.
  on_every_executor(graph_of({.type = "gate", .threshold = 0.01, .attack = 0, .release = 0.001, .knee = 1}), {in},
                    20'000, {}, [&](const Rows& out) {
                      for (size_t n = 1'000; n < out[1].size(); ++n) REQUIRE(out[1][n] == 1.0f);
                    });
}

TEST_CASE("with look-ahead the gain is as early as that, and the patch as late") {
  const std::vector<float> in = bursts(8);
  for (const double rate : kRates) {
    const Processor p;
    const double ahead = 0.003;
    const auto lag = static_cast<size_t>(std::lround(ahead * rate));
    Graph graph = one_node(p.type, ports(p), {{"lookahead", number(ahead)}});
    const std::vector<double> gain = gains(p, squares(in), rate);
    std::vector<double> expected(kFrames);
    for (size_t n = lag; n < kFrames; ++n) expected[n] = gain[n] * in[n - lag];
    on_every_executor(graph, {in}, kFrames, {.sample_rate = rate},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 1e-4); });
    Result<Compiled> compiled = compile_patch(graph, {.sample_rate = rate});
    REQUIRE(compiled);
    CHECK(compiled->program->layout.latency_frames == lag);
  }
}

TEST_CASE("latencies add up in series, and of ways side by side the longest counts") {
  Graph graph;
  graph.input("in");
  graph.node("a", "compressor", {{"in", "in"}}, {{"lookahead", number(0.001)}});
  graph.node("b", "limiter", {{"in", "a"}}, {{"lookahead", number(0.002)}});
  graph.node("c", "gate", {{"in", "in"}}, {{"lookahead", number(0.0015)}});
  graph.node("unheard", "limiter", {{"in", "in"}}, {{"lookahead", number(0.1)}});
  graph.output("out", "b + c");
  Result<Compiled> compiled = compile_patch(graph, {});
  REQUIRE(compiled);
  CHECK(compiled->program->layout.latency_frames == 144);
  const Result<Ir> ir = lower(graph, {.library = &standard_nodes()});
  REQUIRE(ir);
  const Result<Ir> read = parse_ir(print(*ir));
  REQUIRE(read);
  CHECK(read->latency_frames == 144);
}
