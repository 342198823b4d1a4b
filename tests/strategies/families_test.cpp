// What a patch writes out strip by strip and the plan packs into lanes gives what each strip gives by itself.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "bound.hpp"
#include "patches.hpp"
#include "run.hpp"
#include "sinter/sinter.hpp"
#include "tally.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kBlocks[] = {64, 1, 3, 16, 31, 48, 997};

Result<Compiled> compiled(const Graph& graph, std::string_view backend, bool strict, bool f64 = false) {
  CompileOptions options;
  options.backend = find_backend(backend);
  options.strict = strict;
  options.f64 = f64;
  return compile_patch(graph, options);
}

Scenario moving_scenario(Random& random, const Layout& layout) {
  Scenario scenario = make_scenario(random, layout, 200 + random.below(200), false);
  for (uint32_t n = random.below(6); n-- > 0;)
    scenario.turns.push_back(
        {random.below(200), random.below(static_cast<uint32_t>(layout.params.size())), random.uniform(-1, 1)});
  std::ranges::stable_sort(scenario.turns, {}, &Turn::frame);
  return scenario;
}

// What the tests saw: families, and how their loops ran.
struct Seen {
  uint64_t patches = 0, packed = 0, families = 0, in_lanes = 0, time_parallel = 0, serial = 0;
  void note(const Compiled& made) {
    ++patches;
    packed += made.plan.names.any();
    for (const Step& step : made.plan.steps) {
      const bool family = std::any_of(step.body.begin(), step.body.end(), [&](Value v) {
        return made.plan.names.any() && made.ir[v].op == Op::next &&
               !made.plan.names.state_keys[made.ir[v].imm].empty();
      });
      if (!family) continue;
      ++families;
      in_lanes += step.kind == StepKind::lanes;
      time_parallel += step.kind == StepKind::time_parallel;
      serial += step.kind == StepKind::serial;
    }
  }
};

// The layout knows every node by its own key, wherever its numbers lie.
std::string lost_key(const Layout& plain, const Layout& packed) {
  if (plain.states.size() != packed.states.size()) return "another number of states";
  for (const StateSlot& slot : plain.states) {
    const auto found = std::ranges::find(packed.states, slot.key, &StateSlot::key);
    if (found == packed.states.end() || found->lanes != slot.lanes || found->init != slot.init) return slot.key;
  }
  const auto has_ramps = [](const Layout& all, const Layout& of) {
    return std::ranges::all_of(of.ramps, [&](const RampSlot& ramp) {
      return std::ranges::find(all.ramps, ramp.cone, &RampSlot::cone) != all.ramps.end();
    });
  };
  if (!has_ramps(packed, plain) || !has_ramps(plain, packed)) return "a ramp";
  for (size_t o = 0; o < plain.outputs.size(); ++o)
    if (plain.outputs[o].cone != packed.outputs[o].cone) return "an output's fingerprint";
  return "";
}

std::string fault(uint64_t seed, bool strict, Seen& seen) {
  Random random(seed);
  const Graph graph = written_out_patch(random, 3);
  const Result<Compiled> reference = compiled(graph, "reference", true),
                         exact = compiled(graph, "reference", true, true),
                         plain = compiled(graph, "interpreter", strict);
  for (const Result<Compiled>* each : {&reference, &exact, &plain})
    if (!*each) return "does not compile: " + format(each->error());
  const Scenario scenario = moving_scenario(random, reference->program->layout);
  const Audio expected = run(reference->program, scenario, {}), truth = run(exact->program, scenario, {});
  for (const Backend* backend : backends()) {
    if (!backend->available() || !backend->width()) continue;
    const Result<Compiled> made = compiled(graph, backend->name(), strict);
    if (!made) return std::string(backend->name()) + " does not compile it: " + format(made.error());
    for (const Error& error : verify(made->ir)) return "no valid Ir: " + format(error);
    if (std::string key = lost_key(plain->program->layout, made->program->layout); !key.empty())
      return "the layout lost " + key;
    seen.note(*made);
    count_strategies(backend->name(), strict, made->plan);
    for (const uint32_t block : kBlocks) {
      const Audio got = run(made->program, scenario, {.block = block});
      const std::string at = std::string(backend->name()) + ", blocks of " + std::to_string(block) + ": ";
      if (strict) {
        if (std::string where = difference(expected, got); !where.empty()) return at + where;
      } else if (comparable(truth, expected)) {
        const double use = use_of_bound(truth, expected, got);
        if (use > 4) return at + "uses " + std::to_string(use) + " of the bound";
      }
      if (!all_finite(got)) return at + "not finite";
    }
    ran_on(backend->name());
  }
  return "";
}

void check(bool strict) {
  const uint64_t count = scaled(300);
  Seen seen;
  uint32_t failures = 0;
  for (uint64_t seed = first_seed(); seed < first_seed() + count && failures < 3; ++seed) {
    const std::string text = fault(seed, strict, seen);
    if (text.empty()) continue;
    ++failures;
    Random random(seed);
    MESSAGE("seed " << seed << ": " << text << "\n" << write_patch(written_out_patch(random, 3)));
  }
  CHECK(failures == 0);
  MESSAGE(seen.patches << " plans, " << seen.packed << " packed; steps with families: " << seen.families
                       << ", in lanes " << seen.in_lanes << ", time-parallel " << seen.time_parallel << ", serial "
                       << seen.serial);
  if (std::ranges::none_of(backends(), [](const Backend* one) { return one->width() && one->available(); }))
    return skipped("strips packed into lanes", "this build or processor has no machine code");
  if (count < 50) return skipped("how strips are packed", "too few patches at this scale");
  CHECK(seen.packed * 2 > seen.patches);
  CHECK(seen.in_lanes > count / 10);
  CHECK(seen.time_parallel > count / 10);
}

}  // namespace

TEST_CASE("strips written out by hand give the same bits packed as each by itself in strict mode") { check(true); }

TEST_CASE("strips written out by hand stay within the bound in fast mode") { check(false); }
