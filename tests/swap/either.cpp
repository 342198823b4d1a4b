// Echoes whose delays move across a call's length, handed over in mid-stream: whichever of its two loops a program took
// last, what it leaves in states and delay lines is what any other program goes on from.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "compare.hpp"
#include "swap_run.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 600;

// Times from one sample to 3 ms, by a knob and by a signal; in the loop what is solved, and what is not.
constexpr const char* kPatch = R"j({ "sinter": 1, "inputs": { "in": 2, "side": 1 },
  "params": { "p": { "min": 0, "max": 1, "default": 0.5, "smooth_ms": 2 } },
  "outputs": { "out": "echo + 0.5 * flange" }, "nodes": [
    { "id": "echo", "type": "delay", "in": { "in": "0.5 * in + 0.4 * damp", "time": "0.003 * $p" }, "max": 0.003,
      "interpolation": "linear" },
    { "id": "damp", "type": "lowpass", "in": { "in": "stack(echo[1], echo[0])", "freq": "2kHz", "q": 0.9 } },
    { "id": "flange", "type": "delay", "in": { "in": "tanh(echo + 0.4 * flange)", "time": "0.0015 * (1 + side)" },
      "max": 0.003, "interpolation": "linear" } ] })j";

struct Way {
  const Backend* backend;
  bool strict, serial;
  std::string text() const {
    return std::string(backend->name()) + (strict ? " strict" : " fast") + (serial ? " serial" : "");
  }
};

std::vector<Way> ways() {
  std::vector<Way> all;
  for (const Backend* backend : backends()) {
    if (!backend->available() || backend->name() == "reference") continue;
    for (const bool strict : {true, false})
      for (const bool serial : {false, true})
        if (backend->width() || !serial) all.push_back({backend, strict, serial});
  }
  return all;
}

Compiled made(const Way& way, bool f64 = false) {
  Result<Graph> graph = read_patch(kPatch, "either.json", "", standard_nodes());
  if (!graph) FAIL(format(graph.error()));
  for (Node& node : graph->nodes)
    if (way.serial) node.strategy = "serial";
  CompileOptions options;
  options.backend = way.backend;
  options.strict = way.strict;
  options.f64 = f64;
  Result<Compiled> compiled = compile_patch(*graph, options);
  if (!compiled) FAIL(way.text() << ": " << format(compiled.error()));
  const auto both = std::ranges::count(compiled->plan.steps, StepKind::either, &Step::kind);
  CHECK((both > 0) == (way.backend->width() && !way.serial));
  return std::move(*compiled);
}

}  // namespace

TEST_CASE("loops that are held twice take over from each other and from all others in mid-stream") {
  const std::vector<Way> all = ways();
  std::vector<std::shared_ptr<const Program>> programs;
  for (const Way& way : all) programs.push_back(made(way).program);
  const Way reference{find_backend("reference"), true, false};
  const auto exact = made(reference, true).program, plain = made(reference).program;
  Random random(53);
  double worst = 0;
  uint64_t swaps = 0;
  for (uint64_t n = 0; n < scaled(40); ++n) {
    const Audio inputs = tones_and_noise(random, 3, kFrames);
    std::vector<ParameterSet> sets;
    for (uint32_t k = 0; k < 6; ++k) sets.push_back({random.below(kFrames), "p", random.uniform(0, 1)});
    std::ranges::stable_sort(sets, {}, &ParameterSet::at);
    const Audio truth = play(exact, inputs, 2, {}, {kFrames}, sets).out,
                f32 = play(plain, inputs, 2, {}, {kFrames}, sets).out;
    for (const bool strict : {true, false}) {
      std::vector<Swap> list;
      std::string story;
      uint32_t first = 0;
      for (uint32_t s = 0; s < 11; ++s) {
        uint32_t way = random.below(static_cast<uint32_t>(all.size()));
        while (strict && !all[way].strict) way = random.below(static_cast<uint32_t>(all.size()));
        if (s == 0) first = way;
        else list.push_back({(s - 1) * 55 + 1 + random.below(55), programs[way]});
        story += (s ? ", " + std::to_string(list.back().at) + ": " : "") + all[way].text();
        ran_on(all[way].backend->name());
      }
      const Audio got =
          play(programs[first], inputs, 2, list, {1 + random.below(100), 64, 1 + random.below(20)}, sets).out;
      swaps += list.size();
      CAPTURE(story);
      if (strict) {
        CHECK(difference(f32, got) == "");
        continue;
      }
      REQUIRE(all_finite(got));
      if (!comparable(truth, f32)) continue;
      const double use = use_of_bound(truth, f32, got);
      if (use > 4) MESSAGE(story << " uses " << use << ": " << difference(f32, got));
      worst = std::max(worst, use);
    }
  }
  CHECK(worst <= 4);
  MESSAGE(swaps << " swaps, worst use of the fast bound " << worst);
}
