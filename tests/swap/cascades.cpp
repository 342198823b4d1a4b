// Filters in series that one program solves in pairs, another by themselves and a third one sample at a time: each
// takes over from each in mid-stream.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "bound.hpp"
#include "compare.hpp"
#include "patches.hpp"
#include "swap_run.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 400;

struct Way {
  const Backend* backend;
  const char* strategy;
};

struct Made {
  std::shared_ptr<const Program> program;
  bool pairs = false;
};

Made make(const Graph& graph, const Way& way, bool strict = false, bool f64 = false) {
  const Compiled compiled = test::compiled(with_strategy(graph, way.strategy), way.backend, strict, f64);
  Made made{compiled.program};
  for (const Step& step : compiled.plan.steps)
    for (const Recurrence& recurrence : step.recurrences) made.pairs |= recurrence.sections.size() > 1;
  return made;
}

std::vector<Way> ways() {
  std::vector<Way> all;
  for (const Backend* backend : backends()) {
    if (!backend->available() || backend->name() == "reference") continue;
    for (const char* strategy : {"", "block", "serial"})
      if (backend->width() || !*strategy) all.push_back({backend, strategy});
  }
  return all;
}

// Two to five filters whose frequency, and so the basis of their states, a knob moves.
Graph cascade(Random& random) {
  static const char* const kTypes[] = {"lowpass", "highpass", "notch", "allpass", "onepole"};
  Graph graph;
  graph.input("in");
  graph.param({.id = "p0", .minimum = -1, .maximum = 1, .fallback = 0});
  graph.node("x", kTypes[random.below(5)], {{"in", "in"}, {"freq", "700 + 500 * k + 300 * $p0"}});
  graph.nodes.back().chain = 2 + random.below(4);
  return graph.output("out", "x");
}

}  // namespace

TEST_CASE("filters in pairs, by themselves and one sample at a time take over from each other in mid-stream") {
  const std::vector<Way> all = ways();
  Random random(53);
  uint64_t swaps = 0, between = 0, failures = 0;
  double worst = 0;
  for (uint64_t n = 0; n < scaled(20) && failures < 3; ++n) {
    const Graph graph = cascade(random);
    const Audio inputs = tones_and_noise(random, 1, kFrames);
    std::vector<ParameterSet> sets;
    for (uint32_t s = 0; s < 4; ++s) sets.push_back({random.below(kFrames), "p0", random.uniform(-1, 1)});
    std::ranges::stable_sort(sets, {}, &ParameterSet::at);
    const Way reference{find_backend("reference"), ""};
    const Audio truth = play(make(graph, reference, true, true).program, inputs, 1, {}, {kFrames}, sets).out;
    const Audio strict = play(make(graph, reference, true).program, inputs, 1, {}, {kFrames}, sets).out;
    std::vector<Made> made;
    for (const Way& way : all) made.push_back(make(graph, way));
    for (size_t a = 0; a < all.size(); ++a)
      for (size_t b = 0; b < all.size() && failures < 3; ++b) {
        const uint32_t at = 1 + random.below(kFrames - 1), block = 1 + random.below(70);
        const SwapRun run = play(made[a].program, inputs, 1, {{at, made[b].program}}, {block}, sets);
        ++swaps;
        between += made[a].pairs != made[b].pairs;
        const double use = all_finite(run.out) ? use_of_bound(truth, strict, run.out) : 100;
        worst = std::max(worst, use);
        ran_on(all[b].backend->name());
        if (use <= 4) continue;
        ++failures;
        MESSAGE(all[a].backend->name() << " " << all[a].strategy << " to " << all[b].backend->name() << " "
                                       << all[b].strategy << " at " << at << " uses " << use << " of the bound\n"
                                       << write_patch(graph));
      }
  }
  CHECK(failures == 0);
  MESSAGE(swaps << " swaps, " << between << " of them to pairs or from pairs; worst use " << worst);
  if (std::ranges::none_of(backends(), [](const Backend* one) { return one->width() && one->available(); }))
    return skipped("filters in pairs", "this build or processor has no machine code");
  CHECK(between >= scaled(200));
}
