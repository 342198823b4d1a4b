// The same patch computed in two ways, one taking over from the other in mid-stream: what a strategy keeps in a form of
// its own goes through the form of the layout and back, and nobody hears where.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "bound.hpp"
#include "compare.hpp"
#include "patches.hpp"
#include "swap_run.hpp"
#include "tally.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 500;

// A backend, a mode and the strategy that all nodes ask for.
struct Way {
  const Backend* backend;
  bool strict;
  const char* strategy;
  std::string text() const {
    return std::string(backend->name()) + (strict ? " strict " : " fast ") + (*strategy ? strategy : "auto");
  }
};

std::vector<Way> ways() {
  std::vector<Way> all;
  for (const Backend* backend : backends()) {
    if (!backend->available() || backend->name() == "reference") continue;
    for (const bool strict : {true, false})
      for (const char* strategy : {"", "serial", "time_parallel", "block", "scan", "lanes"})
        if (backend->width() || !*strategy) all.push_back({backend, strict, strategy});
  }
  return all;
}

// Which column of the tally's table computes each state.
using StateStrategies = std::map<std::string, size_t>;

StateStrategies strategies_of_states(const Compiled& compiled) {
  StateStrategies found;
  const auto note = [&](const std::vector<Value>& values, size_t strategy) {
    for (const Value value : values)
      if (value.valid() && compiled.ir[value].op == Op::next)
        found[compiled.ir.states[compiled.ir[value].imm].key] = strategy;
  };
  for (const Step& planned : compiled.plan.steps) {
    const Step& step = planned.kind == StepKind::either ? planned.otherwise[0] : planned;
    note(step.body, step.kind == StepKind::lanes ? 4 : 5);
    for (const Step& inner : step.inner) note(inner.body, 6);
    for (const Recurrence& recurrence : step.recurrences)
      note(recurrence.body, static_cast<size_t>(recurrence.solution));
  }
  return found;
}

struct Made {
  std::shared_ptr<const Program> program;
  StateStrategies strategies;
};

Made make(const Graph& graph, const Way& way, bool f64 = false) {
  CompileOptions options;
  options.backend = way.backend;
  options.strict = way.strict;
  options.f64 = f64;
  Result<Compiled> compiled = compile_patch(with_strategy(graph, way.strategy), options);
  if (!compiled) FAIL(way.text() << ": " << format(compiled.error()));
  return {compiled->program, strategies_of_states(*compiled)};
}

using Pairs = std::array<std::array<uint64_t, kStrategyCount>, kStrategyCount>;

std::string table(const Pairs& pairs) {
  char cell[32];
  std::string text = "states that went from a strategy (row) to another (column)\n           ";
  for (const std::string_view name : kStrategies) text += std::string(10 - name.size(), ' ') + std::string(name);
  for (size_t from = 0; from < kStrategyCount; ++from) {
    text += "\n  " + std::string(kStrategies[from]) + std::string(9 - kStrategies[from].size(), ' ');
    for (const uint64_t count : pairs[from]) {
      std::snprintf(cell, sizeof cell, "%10llu", static_cast<unsigned long long>(count));
      text += cell;
    }
  }
  return text;
}

std::vector<ParameterSet> some_sets(Random& random) {
  std::vector<ParameterSet> sets;
  for (uint32_t n = random.below(6); n-- > 0;)
    sets.push_back({random.below(kFrames), random.chance(0.5) ? "p0" : "p1", random.uniform(-1, 1)});
  std::ranges::stable_sort(sets, {}, &ParameterSet::at);
  return sets;
}

std::vector<uint32_t> some_blocks(Random& random) {
  constexpr uint32_t kSizes[] = {1, 7, 16, 31, 33, 48, 63, 64, 100, 256};
  std::vector<uint32_t> blocks(1 + random.below(3));
  for (uint32_t& block : blocks) block = kSizes[random.below(10)];
  return blocks;
}

// One patch with what the reference makes of it and a program for every way.
struct Subject {
  Graph graph;
  Audio inputs;
  std::vector<ParameterSet> sets;
  Audio truth, strict;
  std::vector<Made> made;
  bool comparable = false;
};

Subject make_subject(Random& random, const std::vector<Way>& all) {
  Subject subject;
  subject.graph = random.chance(0.2) ? written_out_patch(random, 2) : recurrence_patch(random, 2);
  subject.inputs = tones_and_noise(random, 2, kFrames);
  subject.sets = some_sets(random);
  const Way reference{find_backend("reference"), true, ""};
  const auto exact = make(subject.graph, reference, true).program, strict = make(subject.graph, reference).program;
  subject.truth = play(exact, subject.inputs, 1, {}, {kFrames}, subject.sets).out;
  subject.strict = play(strict, subject.inputs, 1, {}, {kFrames}, subject.sets).out;
  subject.comparable = comparable(subject.truth, subject.strict);
  for (const Way& way : all) subject.made.push_back(make(subject.graph, way));
  return subject;
}

// What is wrong with an output of programs in these modes, "" where nothing is; its use of the fast bound.
std::string fault(const Subject& subject, const Audio& got, bool strict, double& use) {
  if (strict) return difference(subject.strict, got);
  if (!all_finite(got)) return "not finite";
  if (!subject.comparable) return "";
  use = use_of_bound(subject.truth, subject.strict, got);
  return use <= 4 ? "" : "uses " + std::to_string(use) + " of the bound";
}

}  // namespace

TEST_CASE("every strategy takes over from every other in mid-stream, and nobody hears where") {
  const std::vector<Way> all = ways();
  Random random(51);
  Pairs pairs{};
  uint64_t swaps = 0, beyond = 0, failures = 0, chaotic = 0;
  double worst = 0;
  const uint64_t patches = scaled(60);
  for (uint64_t n = 0; n < patches && failures < 3; ++n) {
    const Subject subject = make_subject(random, all);
    chaotic += !subject.comparable;
    bool over = false;
    for (size_t a = 0; a < all.size(); ++a)
      for (size_t b = 0; b < all.size() && failures < 3; ++b) {
        const Swap swap{1 + random.below(kFrames - 1), subject.made[b].program};
        const auto blocks = some_blocks(random);
        const SwapRun run = play(subject.made[a].program, subject.inputs, 1, {swap}, blocks, subject.sets);
        double use = 0;
        const std::string wrong = fault(subject, run.out, all[a].strict && all[b].strict, use);
        ++swaps;
        over |= use > 1;
        worst = std::max(worst, use);
        for (const auto& [key, from] : subject.made[a].strategies)
          if (const auto to = subject.made[b].strategies.find(key); to != subject.made[b].strategies.end())
            ++pairs[from][to->second];
        ran_on(all[b].backend->name());
        if (wrong.empty()) continue;
        ++failures;
        MESSAGE("patch " << n << ", from " << all[a].text() << " to " << all[b].text() << " at " << swap.at << ": "
                         << wrong << "\n"
                         << write_patch(subject.graph));
      }
    beyond += over;
  }
  CHECK(failures == 0);
  CHECK(beyond * 200 <= patches + 200);
  CHECK(chaotic * 20 <= patches + 20);
  MESSAGE(patches << " patches, " << swaps << " swaps; " << beyond << " patches beyond the bound, worst use " << worst
                  << "\n"
                  << table(pairs));
  if (std::ranges::none_of(backends(), [](const Backend* one) { return one->width() && one->available(); }))
    return skipped("swaps between strategies", "this build or processor has no machine code");
  if (patches < 20) return skipped("how often pairs of strategies were swapped", "too few patches at this scale");
  // What can be solved in several ways goes between all of them; what is exact goes to and from one sample at a time.
  const auto all_pairs = [&](std::initializer_list<size_t> group) {
    for (const size_t from : group)
      for (const size_t to : group) {
        CAPTURE(kStrategies[from]);
        CAPTURE(kStrategies[to]);
        CHECK(pairs[from][to] >= scaled(100));
      }
  };
  all_pairs({2, 3, 4, 5});
  all_pairs({0, 5});
  all_pairs({1, 5});
}

TEST_CASE("a patch that changes its strategy ten times in 500 frames plays on as if it never had") {
  const std::vector<Way> all = ways();
  Random random(52);
  uint64_t failures = 0, beyond = 0;
  const uint64_t patches = scaled(100);
  for (uint64_t n = 0; n < patches && failures < 3; ++n) {
    const Subject subject = make_subject(random, all);
    bool over = false;
    for (const bool strict : {true, false}) {
      const auto draw = [&] {
        for (;;)
          if (const uint32_t way = random.below(static_cast<uint32_t>(all.size())); all[way].strict || !strict)
            return way;
      };
      const uint32_t first = draw();
      std::vector<Swap> swaps;
      std::string story = all[first].text();
      for (uint32_t s = 0; s < 10; ++s) {
        const uint32_t way = draw();
        swaps.push_back({1 + s * 48 + random.below(48), subject.made[way].program});
        story += ", " + std::to_string(swaps.back().at) + ": " + all[way].text();
      }
      const SwapRun run =
          play(subject.made[first].program, subject.inputs, 1, swaps, some_blocks(random), subject.sets);
      double use = 0;
      const std::string wrong = fault(subject, run.out, strict, use);
      over |= use > 1;
      if (wrong.empty()) continue;
      ++failures;
      MESSAGE("patch " << n << ", " << story << ": " << wrong << "\n" << write_patch(subject.graph));
    }
    beyond += over;
  }
  CHECK(failures == 0);
  CHECK(beyond * 200 <= patches + 200);
}
