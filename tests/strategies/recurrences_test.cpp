// Every way to solve a recurrence gives what one sample at a time gives, however the signal is cut: to the bit in
// strict mode, within the fast contract's bound in fast mode.
#include "recurrences.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "bound.hpp"
#include "run.hpp"
#include "sinter/sinter.hpp"
#include "tally.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// Strict f32 errs by less than a tenth of this: what it loses is the rounding of coefficients.
constexpr double kLargestError = 2e-5;
constexpr uint32_t kBlocks[] = {64, 1, 2, 3, 7, 16, 31, 33, 48, 63, 997};

std::vector<Partition> partitions(uint64_t seed) {
  std::vector<Partition> all;
  for (const uint32_t block : kBlocks) all.push_back({block, block == 33, block == 48});
  all.push_back({150, false, false, seed});
  return all;
}

Ir make_ir(uint64_t seed, bool f64, uint32_t kept, RecurrenceInfo* info = nullptr) {
  Ir ir;
  if (f64) ir.real = Type::f64;
  Builder builder(ir);
  const RecurrenceInfo made = random_recurrences(seed, builder, kept);
  if (info) *info = made;
  return ir;
}

Result<Compiled> compiled(const Ir& ir, const Backend* backend, bool strict) {
  CompileOptions options;
  options.backend = backend;
  options.strict = strict;
  options.f64 = ir.real == Type::f64;
  return compile(Ir(ir), options);
}

// Some seconds' knobs in some hundred frames.
Scenario moving_scenario(uint64_t seed, const Layout& layout) {
  Random random(seed * 7919 + 1);
  const uint32_t frames = random.chance(0.1) ? 1100 + random.below(100) : 260 + random.below(200);
  Scenario scenario = make_scenario(random, layout, frames, false);
  for (uint32_t n = random.below(8); n-- > 0;)
    scenario.turns.push_back({random.chance(0.5) ? random.below(frames) : random.below(frames / 64) * 64,
                              random.below(static_cast<uint32_t>(layout.params.size())), random.uniform(-1, 1)});
  std::ranges::stable_sort(scenario.turns, {}, &Turn::frame);
  return scenario;
}

struct Finding {
  std::string text;  // "" where all is well
  bool compared = true;
  double use = 0;    // of the fast bound, the most of any executor and partition
  double error = 0;  // the largest
  double strict_error = 0;
};

std::string unverified(const Ir& ir) {
  for (const Error& error : verify(ir)) return "is no valid Ir: " + format(error);
  return "";
}

Finding strict_finding(uint64_t seed, uint32_t kept, bool count) {
  const Ir ir = make_ir(seed, false, kept);
  if (std::string invalid = unverified(ir); !invalid.empty()) return {invalid};
  const Result<Compiled> reference = compiled(ir, find_backend("reference"), true);
  if (!reference) return {"does not compile: " + format(reference.error())};
  const Scenario scenario = moving_scenario(seed, reference->program->layout);
  const Audio expected = run(reference->program, scenario, {});
  for (const Backend* backend : backends()) {
    if (!backend->available() || backend->name() == "reference") continue;
    const Result<Compiled> made = compiled(ir, backend, true);
    if (!made) return {std::string(backend->name()) + " does not compile it: " + format(made.error())};
    if (count) count_strategies(backend->name(), true, made->plan);
    const std::vector<Partition> all = partitions(seed);
    for (size_t p = 0; p < all.size(); ++p) {
      // The interpreter runs all recurrences one way: two partitions, chosen by the seed, are enough.
      if (backend->width() == 0 && p != seed % all.size() && p != (seed + 5) % all.size()) continue;
      const std::string where = difference(expected, run(made->program, scenario, all[p]));
      if (!where.empty()) return {std::string(backend->name()) + ", " + all[p].text() + ": " + where};
    }
    if (count) ran_on(backend->name());
  }
  return {};
}

Finding fast_finding(uint64_t seed, uint32_t kept, bool count) {
  Finding finding;
  RecurrenceInfo info;
  const Ir ir = make_ir(seed, false, kept, &info), wide = make_ir(seed, true, kept);
  for (const Ir* one : {&ir, &wide})
    if (finding.text = unverified(*one); !finding.text.empty()) return finding;
  const Backend* reference = find_backend("reference");
  const Result<Compiled> exact = compiled(wide, reference, true), strict = compiled(ir, reference, true);
  if (!exact || !strict) return {"does not compile: " + format(exact ? strict.error() : exact.error())};
  const Scenario scenario = moving_scenario(seed, strict->program->layout);
  const Audio truth = run(exact->program, scenario, {}), f32 = run(strict->program, scenario, {});
  finding.strict_error = largest_error(truth, f32);
  finding.compared = comparable(truth, f32);
  for (const Backend* backend : backends()) {
    if (!backend->available() || backend == reference) continue;
    const Result<Compiled> made = compiled(ir, backend, false);
    if (!made) return {std::string(backend->name()) + " does not compile it: " + format(made.error())};
    if (count) count_strategies(backend->name(), false, made->plan);
    const std::vector<Partition> all = partitions(seed);
    for (size_t p = 0; p < all.size(); ++p) {
      if (backend->width() == 0 && p != seed % all.size()) continue;
      const Audio got = run(made->program, scenario, all[p]);
      const double use = finding.compared ? use_of_bound(truth, f32, got) : 0;
      const double error = largest_error(truth, got);
      if (use > finding.use) finding.use = use;
      finding.error = std::max(finding.error, error);
      const bool wrong = !all_finite(got) || use > 4 || (info.well_conditioned && error > kLargestError);
      if (wrong && finding.text.empty())
        finding.text = std::string(backend->name()) + ", " + all[p].text() + " uses " + std::to_string(use) +
                       " of the bound, error " + std::to_string(error) + ": " + difference(truth, got);
    }
    if (count) ran_on(backend->name());
  }
  return finding;
}

// The fewest units of a failing seed that still fail, as the plan sees them.
std::string report(uint64_t seed, const Finding& found, Finding (*finding)(uint64_t, uint32_t, bool)) {
  uint32_t kept = UINT32_MAX;
  for (uint32_t unit = 0; unit < kMostUnits; ++unit)
    if (const uint32_t fewer = kept & ~(1u << unit); !finding(seed, fewer, false).text.empty()) kept = fewer;
  std::string text =
      "seed " + std::to_string(seed) + ": " + found.text + "\nsmallest: " + finding(seed, kept, false).text;
  const Ir ir = make_ir(seed, false, kept);
  if (const Result<Compiled> made = compiled(ir, find_backend("interpreter"), true))
    return text + "\n" + print(made->ir);
  return text + "\n" + print(ir);
}

}  // namespace

TEST_CASE("random recurrences give the same bits on every executor for every partition in strict mode") {
  const uint64_t count = scaled(2'000);
  uint32_t failures = 0;
  for (uint64_t seed = first_seed(); seed < first_seed() + count && failures < 3; ++seed) {
    const Finding found = strict_finding(seed, UINT32_MAX, true);
    if (found.text.empty()) continue;
    ++failures;
    MESSAGE(report(seed, found, strict_finding));
  }
  CHECK(failures == 0);
}

TEST_CASE("random recurrences in fast mode stay within the bound, and within an absolute one where it holds") {
  const uint64_t count = scaled(2'000);
  uint64_t chaotic = 0, beyond = 0;
  uint32_t failures = 0;
  double worst = 0, worst_error = 0, worst_strict = 0;
  for (uint64_t seed = first_seed(); seed < first_seed() + count && failures < 3; ++seed) {
    const Finding found = fast_finding(seed, UINT32_MAX, true);
    chaotic += !found.compared;
    beyond += found.use > 1;
    worst = std::max(worst, found.use);
    worst_error = std::max(worst_error, found.error);
    worst_strict = std::max(worst_strict, found.strict_error);
    if (found.text.empty()) continue;
    ++failures;
    MESSAGE(report(seed, found, fast_finding));
  }
  CHECK(failures == 0);
  // One strict error is sometimes a lucky draw of its rounding: docs/architecture.md. Twelve partitions draw again.
  CHECK(beyond * 200 <= count + 200);
  CHECK(chaotic * 20 <= count + 20);
  MESSAGE(count << " sets of recurrences: " << chaotic << " too chaotic to compare, " << beyond
                << " beyond the bound, worst use " << worst << "; largest errors: strict " << worst_strict << ", fast "
                << worst_error);
}
