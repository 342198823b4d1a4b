// What is not finite, what is nearly nothing and what is at the end of its range, through every strategy.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "bound.hpp"
#include "run.hpp"
#include "sinter/sinter.hpp"
#include "tally.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

struct Subject {
  const char* what;
  const char* type;
  std::vector<std::pair<std::string, std::string>> ports;
  uint32_t channels = 1, chain = 0;
};

// A knob "f" in Hz, a signal "side", the audio "in". One or more for every strategy.
const Subject kSubjects[] = {
    {"one-pole at rest", "onepole", {{"in", "in"}, {"freq", "700"}}},
    {"one-pole by a signal", "onepole", {{"in", "in"}, {"freq", "900 + 800 * side"}}},
    {"low-pass by a knob", "lowpass", {{"in", "in"}, {"freq", "$f"}, {"q", "4"}}},
    {"low-pass by a signal", "lowpass", {{"in", "in"}, {"freq", "900 + 800 * side"}, {"q", "4"}}},
    {"direct form", "biquad", {{"in", "in"}, {"b0", "0.1"}, {"b1", "0.1"}, {"a1", "-1.6"}, {"a2", "0.8"}}},
    {"high-passed constant", "dcblock", {{"in", "in"}, {"freq", "60"}}},
    {"one sample late", "onezero", {{"in", "in"}, {"coef", "0.5"}}},
    {"follower", "follow", {{"in", "in"}, {"attack", "0.001"}, {"release", "0.01"}}},
    {"seventeen channels", "peak", {{"in", "wide"}, {"freq", "300 * (i + 1)"}, {"q", "2"}, {"gain", "2"}}, 17},
    {"chain of five", "peak", {{"in", "in"}, {"freq", "200 * 2^k"}, {"q", "1"}, {"gain", "0.5"}}, 1, 5},
};

Graph graph_of(const Subject& subject) {
  Graph graph;
  graph.input("in").input("side");
  graph.param({.id = "f", .minimum = 0.001, .maximum = 384'000, .fallback = 500, .unit = Unit::hertz});
  graph.expr("wide", "in * (1 - 0.5 * i / n)");
  graph.nodes.back().channels = subject.channels;
  graph.node("x", subject.type, subject.ports);
  graph.nodes.back().chain = subject.chain;
  return graph.output("out", subject.channels == 1 ? "x" : "sum(x) / " + std::to_string(subject.channels));
}

std::shared_ptr<const Program> program_of(const Graph& graph, const Backend* backend, bool strict, bool f64 = false) {
  CompileOptions options;
  options.backend = backend;
  options.strict = strict;
  options.f64 = f64;
  const Result<Compiled> compiled = compile_patch(graph, options);
  if (!compiled) FAIL(format(compiled.error()));
  if (!f64) count_strategies(backend->name(), strict, compiled->plan);
  return compiled->program;
}

struct Heard {
  std::vector<float> out;
  uint64_t scrubbed = 0;
};

Heard heard(const std::shared_ptr<const Program>& program, const Audio& in, uint32_t block) {
  Engine engine;
  engine.prepare(program);
  const auto frames = static_cast<uint32_t>(in[0].size());
  Heard result{std::vector<float>(frames), 0};
  for (uint32_t at = 0; at < frames; at += block) {
    const float* inputs[] = {in[0].data() + at, in[1].data() + at};
    float* outputs[] = {result.out.data() + at};
    engine.process(inputs, outputs, std::min(block, frames - at));
  }
  result.scrubbed = engine.counters().scrubbed_states;
  return result;
}

Audio music(uint32_t frames, uint64_t seed) {
  Random random(seed);
  Audio in(2, std::vector<float>(frames));
  for (uint32_t f = 0; f < frames; ++f) {
    in[0][f] = static_cast<float>(0.5 * std::sin(0.05 * f) + random.uniform(-0.3, 0.3));
    in[1][f] = static_cast<float>(std::sin(0.003 * f));
  }
  return in;
}

template <class F>
void on_backends_and_modes(F&& check) {
  for (const Backend* backend : backends())
    for (const bool strict : {true, false}) {
      if (!backend->available()) continue;
      CAPTURE(backend->name());
      CAPTURE(strict);
      check(*backend, strict);
      ran_on(backend->name());
    }
}

}  // namespace

TEST_CASE("an input that is not finite reaches back no further than its own vectors, and is gone after a grid line") {
  constexpr uint32_t kFrames = 6'000;
  const Audio clean = music(kFrames, 81);
  uint32_t reached = 0;
  for (const Subject& subject : kSubjects)
    on_backends_and_modes([&](const Backend& backend, bool strict) {
      const auto program = program_of(graph_of(subject), &backend, strict);
      for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
        for (const uint32_t at : {64u, 100u, 127u, 177u, 206u})
          for (const uint32_t block : {64u, 33u, 997u}) {
            Audio in = clean;
            in[0][at] = bad;
            const Heard wanted = heard(program, clean, block), got = heard(program, in, block);
            CAPTURE(subject.what);
            CAPTURE(at);
            CAPTURE(block);
            uint32_t first = 0;
            while (first < kFrames && got.out[first] == wanted.out[first]) ++first;
            // A time-parallel loop runs four vectors at a time. One sample at a time, nothing is heard early.
            const uint32_t reach = strict || backend.width() == 0 ? 0 : 4 * backend.width() - 1;
            CHECK(first + reach >= at);
            CHECK(first <= at);
            reached = std::max(reached, at - std::min(first, at));
            const uint32_t line = (at / 64 + 1) * 64;
            CHECK(std::all_of(got.out.begin() + line, got.out.end(), [](float x) { return std::isfinite(x); }));
            double late = 0;
            for (uint32_t f = kFrames - 500; f < kFrames; ++f)
              late = std::max(late, std::abs(static_cast<double>(got.out[f]) - wanted.out[f]));
            CHECK(late < 1e-5);
            const bool remembers = std::string_view(subject.type) != "onezero";
            if (remembers) CHECK(got.scrubbed > 0);
          }
    });
  MESSAGE("a value that is not finite was heard up to " << reached << " frames early");
}

TEST_CASE("what is not finite and a choice drops is gone at once one sample at a time, else by the next grid line") {
  constexpr uint32_t kFrames = 512, kBad = 100, kDropped = 104, kLine = 128;
  Graph graph;
  graph.input("in").input("side").expr("y", "side > 0 ? in : 0.9 * prev(y) + in").output("out", "y");
  uint32_t late = 0;
  on_backends_and_modes([&](const Backend& backend, bool strict) {
    const auto program = program_of(graph, &backend, strict);
    for (const uint32_t block : {64u, 33u, 997u}) {
      Audio in = music(kFrames, 83);
      std::fill(in[1].begin(), in[1].end(), 0.0f);
      in[0][kBad] = std::numeric_limits<float>::infinity();
      in[1][kDropped] = 1;
      const Heard got = heard(program, in, block);
      CAPTURE(block);
      const bool one_by_one = strict || backend.width() == 0;
      const auto is_finite = [](float x) { return std::isfinite(x); };
      CHECK(std::all_of(got.out.begin() + (one_by_one ? kDropped : kLine), got.out.end(), is_finite));
      late += !std::all_of(got.out.begin() + kDropped, got.out.begin() + kLine, is_finite);
    }
  });
  MESSAGE("a choice came too late in " << late << " runs");
}

TEST_CASE("tails die away to nothing, and no denormal is heard on the way") {
  constexpr uint32_t kFrames = 30'000;
  Audio in(2, std::vector<float>(kFrames));
  in[0][3] = 1;
  for (const Subject& subject : kSubjects)
    on_backends_and_modes([&](const Backend& backend, bool strict) {
      const auto exact = heard(program_of(graph_of(subject), find_backend("reference"), true, true), in, 512).out;
      const auto got = heard(program_of(graph_of(subject), &backend, strict), in, 500).out;
      CAPTURE(subject.what);
      uint32_t denormal = 0;
      double error = 0;
      for (uint32_t f = 0; f < kFrames; ++f) {
        denormal += std::fpclassify(got[f]) == FP_SUBNORMAL;
        error = std::max(error, std::abs(static_cast<double>(got[f]) - exact[f]));
      }
      CHECK(denormal == 0);
      CHECK(error < 1e-5);
      CHECK(std::abs(got.back()) < 1e-12f);
    });
}

TEST_CASE("a quality of 1000, frequencies at both ends of their range and jumps between them stay within the bound") {
  struct Extreme {
    const char* type;
    std::vector<std::pair<std::string, std::string>> ports;
    std::vector<double> turns;
  };
  const std::vector<double> jumps = {20, 384'000, 0.001, 10'000, 30, 384'000, 100, 5, 20'000};
  const Extreme extremes[] = {{"lowpass", {{"in", "in"}, {"freq", "$f"}, {"q", "1000"}}, {}},
                              {"lowpass", {{"in", "in"}, {"freq", "$f"}, {"q", "1000"}}, {384'000}},
                              {"highpass", {{"in", "in"}, {"freq", "$f"}, {"q", "0.7"}}, {0.001}},
                              {"lowpass", {{"in", "in"}, {"freq", "$f"}, {"q", "0.7"}}, jumps},
                              {"bandpass", {{"in", "in"}, {"freq", "$f"}, {"q", "20"}}, jumps},
                              {"peak", {{"in", "in"}, {"freq", "$f"}, {"q", "5"}, {"gain", "4"}}, jumps},
                              {"onepole", {{"in", "in"}, {"freq", "$f"}}, jumps},
                              {"dcblock", {{"in", "in"}, {"freq", "$f"}}, jumps},
                              {"lowpass", {{"in", "in"}, {"freq", "20000 * side * side"}, {"q", "0.7"}}, {}},
                              {"biquad", {{"in", "0.01 * in"}, {"a1", "-1.99"}, {"a2", "1"}}, {}}};
  constexpr uint32_t kFrames = 2'000;
  double worst = 0;
  for (const Extreme& extreme : extremes) {
    const Subject subject{"", extreme.type, extreme.ports};
    const Graph graph = graph_of(subject);
    Scenario scenario{music(kFrames, 82), {}, kFrames};
    // In the middle of cells and at their lines.
    for (size_t n = 0; n < extreme.turns.size(); ++n)
      scenario.turns.push_back({static_cast<uint32_t>(200 * n + (n % 2 ? 56 : 11)), 0, extreme.turns[n]});
    const Backend* reference = find_backend("reference");
    const Audio truth = run(program_of(graph, reference, true, true), scenario, {});
    const Audio strict_f32 = run(program_of(graph, reference, true), scenario, {});
    on_backends_and_modes([&](const Backend& backend, bool strict) {
      const auto program = program_of(graph, &backend, strict);
      for (const uint32_t block : {64u, 7u, 997u}) {
        const Audio got = run(program, scenario, {block});
        CAPTURE(extreme.type);
        CAPTURE(extreme.ports.back().second);
        CAPTURE(extreme.turns.size());
        CAPTURE(block);
        CHECK(all_finite(got));
        const double use = use_of_bound(truth, strict_f32, got);
        CHECK(use <= 4);
        if (!strict) worst = std::max(worst, use);
      }
    });
  }
  MESSAGE("worst use of the fast bound at the ends of ranges: " << worst);
}
