// Chorus, flanger, phaser and tremolo, sample by sample in double precision, and what is known of them without a model:
// notches, combs, and loops that die away.
#include <doctest/doctest.h>

#include <cmath>
#include <complex>

#include "run.hpp"
#include "sinter/nodes/nodes.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 4000;
constexpr double kTau = 6.283185307179586;

struct Effect {
  std::string type;
  double rate = 3, depth = 0.8, feedback = 0, mix = 0.5;
  uint32_t count = 0;  ///< voices or stages
};

using History = std::vector<double>;

double read(const History& line, double delay) {
  const double at = static_cast<double>(line.size()) - delay, whole = std::floor(at);
  auto sample = [&](double index) { return index < 0 ? 0 : line[static_cast<size_t>(index)]; };
  return sample(whole) + (at - whole) * (sample(whole + 1) - sample(whole));
}

std::vector<double> expected(const Effect& e, const std::vector<float>& in, double sample_rate, double turns = 0) {
  History line, out;
  std::vector<double> x1(e.count), y1(e.count);
  double last = 0;
  for (size_t n = 0; n < in.size(); ++n) {
    const double phase = e.rate * static_cast<double>(n) / sample_rate + turns;
    double wet = 0;
    if (e.type == "tremolo") {
      out.push_back(in[n] * (1 - e.depth * (1 - std::cos(kTau * phase)) / 2));
      continue;
    }
    if (e.type == "chorus") {
      for (uint32_t v = 0; v < e.count; ++v)
        wet += read(line, (0.016 + 0.005 * e.depth * std::sin(kTau * (phase + static_cast<double>(v) / e.count))) *
                              sample_rate);
      line.push_back(in[n] + e.feedback * wet / e.count);
      wet /= std::sqrt(e.count);
    } else if (e.type == "flanger") {
      wet = read(line, (0.001 + 0.006 * e.depth * (1 - std::cos(kTau * phase)) / 2) * sample_rate);
      line.push_back(in[n] + e.feedback * wet);
    } else {
      const double hertz = 800 * std::pow(4, e.depth * std::sin(kTau * phase));
      const double t = std::tan(kTau / 2 * hertz / sample_rate), a = (t - 1) / (t + 1), c = std::sqrt(1 - a * a);
      wet = in[n] + e.feedback * last;
      for (uint32_t s = 0; s < e.count; ++s) {
        const double x = wet, state = x1[s];
        wet = a * x + c * state;
        x1[s] = c * x - a * state;
      }
      last = wet;
    }
    out.push_back((1 - e.mix) * in[n] + e.mix * wet);
  }
  return out;
}

Graph graph_of(const Effect& e, uint32_t channels = 1) {
  std::vector<std::pair<std::string, std::string>> ports = {
      {"in", "in"}, {"rate", std::to_string(e.rate)}, {"depth", std::to_string(e.depth)}};
  if (e.type != "tremolo") {
    ports.push_back({"feedback", std::to_string(e.feedback)});
    ports.push_back({"mix", std::to_string(e.mix)});
  }
  std::vector<std::pair<std::string, SettingValue>> settings;
  if (e.count) settings.push_back({e.type == "chorus" ? "voices" : "stages", number(e.count)});
  Graph graph;
  graph.input("in", channels);
  graph.node("x", e.type, ports, settings);
  graph.output("out", "x");
  return graph;
}

double gain_at(const std::vector<float>& response, double hertz, double sample_rate) {
  std::complex<double> sum = 0;
  for (size_t n = 0; n < response.size(); ++n)
    sum += static_cast<double>(response[n]) * std::polar(1.0, -kTau * hertz / sample_rate * static_cast<double>(n));
  return std::abs(sum);
}

}  // namespace

TEST_CASE("the effects follow their equations at every rate, with and without feedback") {
  const std::vector<float> in = noise(kFrames, 31, 0.5);
  const Effect effects[] = {
      {.type = "chorus", .count = 1},
      {.type = "chorus", .feedback = 0.6, .count = 4},
      {.type = "chorus", .rate = 0.2, .depth = 1, .mix = 1, .count = 8},
      {.type = "flanger"},
      {.type = "flanger", .rate = 20, .depth = 1, .feedback = -0.8},
      {.type = "flanger", .rate = 0.3, .feedback = 0.7, .mix = 1},
      {.type = "phaser", .count = 2},
      {.type = "phaser", .rate = 8, .depth = 1, .feedback = 0.7, .count = 6},
      {.type = "phaser", .feedback = -0.5, .mix = 1, .count = 12},
      {.type = "tremolo", .rate = 7},
  };
  for (const Effect& e : effects)
    for (const double rate : kRates) {
      CAPTURE(e.type);
      CAPTURE(e.feedback);
      CAPTURE(e.count);
      CAPTURE(rate);
      // A delay of 2,000 samples in single precision is known to 1e-4 sample, and noise moves by as much as 1 in one.
      const double tolerance = e.type == "chorus" || e.type == "flanger" ? 6e-4 : 2e-5;
      on_every_executor(graph_of(e), {in}, kFrames, {.sample_rate = rate},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected(e, in, rate)) < tolerance); });
    }
}

TEST_CASE("channel c of n is c / (2n) of a turn ahead, and a tremolo moves all channels together") {
  const Rows in = {noise(kFrames, 1, 0.5), noise(kFrames, 2, 0.5), noise(kFrames, 3, 0.5)};
  for (const Effect& e :
       {Effect{.type = "chorus", .feedback = 0.3, .count = 3}, Effect{.type = "flanger", .feedback = 0.5},
        Effect{.type = "phaser", .feedback = 0.4, .count = 4}, Effect{.type = "tremolo"}}) {
    CAPTURE(e.type);
    on_every_executor(graph_of(e, 3), in, kFrames, {}, [&](const Rows& out) {
      REQUIRE(out.size() == 3);
      for (size_t c = 0; c < 3; ++c) {
        const double turns = e.type == "tremolo" ? 0 : static_cast<double>(c) / 6;
        CHECK(worst_difference(out[c], expected(e, in[c], 48'000, turns)) < 6e-4);
      }
    });
  }
}

TEST_CASE("copies of a composite are no channels: each begins its turn where a mono effect does") {
  const std::vector<float> in = noise(kFrames, 9, 0.5);
  const Effect e{.type = "phaser", .feedback = 0.4, .count = 4};
  const Result<Graph> graph = read_patch(R"({ "sinter": 1, "inputs": { "in": 2 },
    "define": { "voice": { "inputs": { "in": 1 }, "outputs": { "out": "x" }, "nodes": [ { "id": "x", "type": "phaser",
      "in": { "in": "in", "rate": 3, "depth": 0.8, "feedback": 0.4 }, "stages": 4 } ] } },
    "nodes": [ { "id": "v", "type": "voice", "in": { "in": "in" } } ], "outputs": { "out": "v" } })",
                                         "", "", standard_nodes());
  REQUIRE(graph);
  on_every_executor(*graph, {in, in}, kFrames, {}, [&](const Rows& out) {
    REQUIRE(out.size() == 2);
    for (const std::vector<float>& row : out) CHECK(worst_difference(row, expected(e, in, 48'000)) < 6e-4);
  });
}

TEST_CASE("a phaser at rest has half as many notches as stages, where its all-passes turn by odd half turns") {
  for (const uint32_t stages : {2u, 4u, 6u, 12u, 24u}) {
    CAPTURE(stages);
    const Effect e{.type = "phaser", .depth = 0, .count = stages};
    on_every_executor(graph_of(e), {impulse(kFrames)}, kFrames, {}, [&](const Rows& out) {
      double above = 0;  // the notch before
      for (uint32_t k = 1; k <= stages / 2; ++k) {
        const double t = std::tan(kTau / 2 * 800 / 48'000) * std::tan((2 * k - 1) * kTau / 4 / stages);
        const double notch = std::atan(t) / kTau * 2 * 48'000;
        CHECK(gain_at(out[0], notch, 48'000) < 1e-3);
        const double between = std::tan(kTau / 2 * 800 / 48'000) * std::tan((2 * k - 2) * kTau / 4 / stages);
        CHECK(gain_at(out[0], std::atan(between) / kTau * 2 * 48'000, 48'000) == doctest::Approx(1).epsilon(1e-3));
        CHECK(notch > above);
        above = notch;
      }
      CHECK(gain_at(out[0], 24'000, 48'000) == doctest::Approx(1).epsilon(1e-3));
    });
  }
}

TEST_CASE("a flanger at rest is a comb of 1 ms, and feedback sharpens its teeth") {
  for (const double feedback : {0.0, 0.9}) {
    const Effect e{.type = "flanger", .depth = 0, .feedback = feedback};
    on_every_executor(graph_of(e), {impulse(20'000)}, 20'000, {}, [&](const Rows& out) {
      for (const double hertz : {100.0, 500.0, 1000.0, 2300.0, 7500.0, 12000.0}) {
        const std::complex<double> z = std::polar(1.0, -kTau * hertz * 0.001);
        CHECK(gain_at(out[0], hertz, 48'000) ==
              doctest::Approx(std::abs(0.5 + 0.5 * z / (1.0 - feedback * z))).epsilon(1e-3));
      }
    });
  }
}

TEST_CASE("loops at the end of their range stay within their bound while all else jumps, and die away after") {
  constexpr uint32_t kLong = 30'000;
  for (const std::string type : {"chorus", "flanger", "phaser"})
    for (const std::string feedback : {"5", "-5"})
      for (const double rate : kRates) {
        CAPTURE(type);
        CAPTURE(feedback);
        CAPTURE(rate);
        Graph graph;
        graph.input("in").input("lfo").input("depth");
        graph.node("x", type,
                   {{"in", "in"}, {"rate", "lfo"}, {"depth", "depth"}, {"feedback", feedback}, {"mix", "1"}});
        graph.output("out", "x");
        Rows in = {noise(kLong, 1), noise(kLong, 2, 60), noise(kLong, 3)};
        for (size_t n = kLong / 3; n < kLong; ++n) in[0][n] = 0;
        on_every_executor(graph, in, kLong, {.sample_rate = rate}, [&](const Rows& out) {
          double early = 0, late = 0;
          for (size_t n = 0; n < kLong; ++n) {
            REQUIRE(std::abs(out[0][n]) < 200);  // 1 / (1 − 0.99), and the root of 4 voices
            if (n < kLong / 3) early = std::max(early, std::abs(static_cast<double>(out[0][n])));
            if (n > kLong * 9 / 10) late = std::max(late, std::abs(static_cast<double>(out[0][n])));
          }
          CHECK(late < early);
        });
      }
}

TEST_CASE("voices and stages are whole numbers, and stages even") {
  auto code = [](const std::string& type, const std::string& setting, double value) {
    const Result<Compiled> compiled = compile_patch(one_node(type, {{"in", "in"}}, {{setting, number(value)}}), {});
    return compiled ? Errc{} : compiled.error().code;
  };
  CHECK(code("phaser", "stages", 5) == Errc::out_of_range);
  CHECK(code("phaser", "stages", 2.5) == Errc::out_of_range);
  CHECK(code("chorus", "voices", 2.5) == Errc::out_of_range);
  CHECK(compile_patch(one_node("chorus", {{"in", "in"}}, {{"voices", number(8)}}), {}));
  CHECK(compile_patch(one_node("phaser", {{"in", "in"}}, {{"stages", number(24)}}), {}));
}
