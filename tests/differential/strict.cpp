// Strict mode: every executor and every way to cut a signal into blocks gives the bits of the reference interpreter.
#include <doctest/doctest.h>

#include <string>

#include "random_graph.hpp"
#include "run.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kBlocks[] = {0, 1, 2, 3, 7, 31, 64, 997};

struct Check {
  uint64_t seed;
  bool count = true;
};

CompileOptions strict_on(const Backend* backend) {
  CompileOptions options;
  options.strict = true;
  options.backend = backend;
  options.sample_rate = 48'000;
  return options;
}

// "" where all executors agree; else which one does not and where. Compile errors of the generator count as failures
// too.
std::string disagreement(const Graph& graph, const Check& check) {
  Result<Compiled> reference = compile_patch(graph, strict_on(find_backend("reference")));
  if (!reference) return "does not compile: " + format(reference.error());
  Random random(check.seed * 7919 + 1);
  const uint32_t frames = random.chance(0.1) ? 1100 : 200 + random.below(90);
  const Scenario scenario = make_scenario(random, reference->program->layout, frames, random.chance(0.25));
  const auto expected = run(reference->program, scenario, {});
  if (check.count) ran_on("reference");
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    Result<Compiled> compiled =
        backend->name() == "reference" ? std::move(reference) : compile_patch(graph, strict_on(backend));
    if (!compiled) return std::string(backend->name()) + " does not compile it: " + format(compiled.error());
    for (uint32_t block : kBlocks) {
      // The reference is slow: one partition of it, chosen by the seed, is enough.
      if (backend->name() == "reference" && block != kBlocks[check.seed % std::size(kBlocks)]) continue;
      const Partition partition{block, block == 0 || block == 31, block == 7 || block == 64};
      const std::string where = difference(expected, run(compiled->program, scenario, partition));
      if (!where.empty()) return std::string(backend->name()) + ", " + partition.text() + ": " + where;
    }
    if (check.count && backend->name() != "reference") ran_on(backend->name());
  }
  return "";
}

// The smallest graph that still disagrees: nodes are taken out for as long as that works.
Graph shrink(Graph graph, uint64_t seed) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t n = graph.nodes.size(); n-- > 0;) {
      Graph candidate = without_node(graph, n);
      const std::string still = disagreement(candidate, {seed, false});
      if (still.empty() || still.starts_with("does not compile")) continue;
      graph = std::move(candidate);
      smaller = true;
    }
  }
  return graph;
}

}  // namespace

TEST_CASE("random graphs give the same bits on every executor for every partition in strict mode") {
  const uint64_t count = scaled(20'000);
  uint32_t failures = 0;
  for (uint64_t seed = first_seed(); seed < first_seed() + count && failures < 3; ++seed) {
    Random random(seed);
    const Graph graph = random_graph(random);
    const std::string found = disagreement(graph, {seed});
    if (found.empty()) continue;
    ++failures;
    const Graph small = found.starts_with("does not compile") ? graph : shrink(graph, seed);
    MESSAGE("seed " << seed << ": " << found << "\nsmallest: " << disagreement(small, {seed, false}) << "\n"
                    << write_patch(small));
  }
  CHECK(failures == 0);
  for (const Backend* backend : backends())
    if (!backend->available())
      skipped("differential on " + std::string(backend->name()), "this processor does not have it");
}
