// Fast mode is judged by the f64 reference: not much further from it than strict f32 is.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "bound.hpp"
#include "random_graph.hpp"
#include "run.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

CompileOptions with(const Backend* backend, bool strict, bool f64) {
  CompileOptions options;
  options.backend = backend;
  options.strict = strict;
  options.f64 = f64;
  return options;
}

// Runs a graph in f64, strict and in fast mode on every executor.
struct Verdict {
  bool comparable = false;
  double use = 0;        // of the bound, the most of any executor
  std::string executor;  // that one
  double error = 0;      // the largest of any executor
  std::string problem;
};

Verdict judge(const Graph& graph, uint64_t seed) {
  Verdict verdict;
  const Backend* reference = find_backend("reference");
  Result<Compiled> exact = compile_patch(graph, with(reference, true, true));
  Result<Compiled> strict = compile_patch(graph, with(reference, true, false));
  if (!exact || !strict) {
    verdict.problem = "does not compile: " + format(exact ? strict.error() : exact.error());
    return verdict;
  }
  Random random(seed * 31 + 7);
  const Scenario scenario = make_scenario(random, strict->program->layout, 512, false);
  const Audio truth = run(exact->program, scenario, {});
  const Audio f32 = run(strict->program, scenario, {});
  if (!comparable(truth, f32)) return verdict;
  verdict.comparable = true;
  for (const Backend* backend : backends()) {
    if (!backend->available() || backend == reference) continue;
    Result<Compiled> fast = compile_patch(graph, with(backend, false, false));
    if (!fast) {
      verdict.problem = format(fast.error());
      return verdict;
    }
    const Audio got = run(fast->program, scenario, {256, false, false});
    ran_on(backend->name());
    verdict.error = std::max(verdict.error, largest_error(truth, got));
    const double use = use_of_bound(truth, f32, got);
    if (use <= verdict.use) continue;
    verdict.use = use;
    verdict.executor = backend->name();
  }
  return verdict;
}

// Judges graphs of one temper. At most one in twenty may be too chaotic to compare. The strict error is one draw of its
// rounding and sometimes a lucky one: one graph in 200 may pass the bound, none may pass four times the bound.
void judge_all(Temper temper, uint64_t count, double absolute_bound) {
  uint64_t chaotic = 0, beyond = 0;
  uint32_t failures = 0;
  for (uint64_t seed = 1; seed <= count && failures < 3; ++seed) {
    Random random(seed + 5'000'000);
    const Graph graph = random_graph(random, {.max_nodes = 8, .temper = temper});
    const Verdict verdict = judge(graph, seed);
    chaotic += !verdict.comparable && verdict.problem.empty();
    beyond += verdict.use > 1;
    if (verdict.problem.empty() && verdict.use <= 4 && verdict.error <= absolute_bound) continue;
    ++failures;
    MESSAGE("seed " << seed << ": " << verdict.problem << " " << verdict.executor << " uses " << verdict.use
                    << " of the bound, error " << verdict.error << "\n"
                    << write_patch(graph));
  }
  CHECK(failures == 0);
  CHECK(chaotic * 20 <= count + 20);
  CHECK(beyond * 200 <= count + 200);
  MESSAGE(count << " graphs: " << chaotic << " too chaotic to compare, " << beyond << " beyond the bound");
}

}  // namespace

TEST_CASE("random continuous graphs in fast mode stay within the bound against double precision") {
  judge_all(Temper::continuous, scaled(2'000), std::numeric_limits<double>::infinity());
}

TEST_CASE("random contractive graphs in fast mode stay within the bound and within an absolute one") {
  // Filters at 60 Hz lose 40 dB of their 150; everything else here is a handful of roundings of numbers near 1.
  judge_all(Temper::contractive, scaled(2'000), 1e-4);
}
