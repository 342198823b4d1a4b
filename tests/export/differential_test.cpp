// Exported headers, compiled by g++ and clang++, give the bits of the reference interpreter in strict mode.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "batch.hpp"
#include "random_graph.hpp"
#include "run.hpp"
#include "sinter/export/export.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

struct Case {
  std::string name;
  std::shared_ptr<const Program> program;
  Scenario scenario;
  std::vector<std::vector<float>> expected;
};

Case make_case(const std::string& name, const Graph& graph, uint64_t seed, uint32_t frames, bool specials) {
  CompileOptions options;
  options.strict = true;
  options.backend = find_backend("reference");
  Result<Compiled> compiled = compile_patch(graph, options);
  if (!compiled) FAIL(name << ": " << format(compiled.error()));
  Random random(seed * 7919 + 3);
  Case made{name, compiled->program, make_scenario(random, compiled->program->layout, frames, specials), {}};
  made.expected = run(made.program, made.scenario, {});
  return made;
}

std::string exported(const Graph& graph, const std::string& name_space) {
  Result<std::string> header = export_cpp(graph, {.name_space = name_space, .library = &standard_nodes()});
  if (!header) FAIL(format(header.error()));
  return *header;
}

void check_all(Batch& batch, const std::vector<Case>& cases, std::vector<Compiler> all, const std::string& options) {
  for (Compiler& compiler : all) compiler.options = options;
  const std::string wrong = batch.build(all);
  REQUIRE_MESSAGE(wrong.empty(), wrong);
  const Partition partitions[] = {{}, {1}, {64, false, true}, {61, true, false, 5}, {200, false, false, 9}};
  for (size_t c = 0; c < all.size(); ++c) {
    for (size_t i = 0; i < cases.size(); ++i) {
      CHECK_MESSAGE(batch.api(c, i).exact(), all[c].name << " does not round as it should");
      for (const Partition& partition : partitions) {
        Played patch(batch.api(c, i));
        CHECK(patch.api.prepare(patch.get(), 48'000));
        const std::string where = difference(cases[i].expected, run(patch, cases[i].scenario, partition));
        CHECK_MESSAGE(where.empty(),
                      cases[i].name << " with " << all[c].name << ", " << partition.text() << ": " << where);
        // Reset, it does the same again; parameters are where they were turned to, so only without turns.
        if (!partition.seed || !cases[i].scenario.turns.empty()) continue;
        patch.api.reset(patch.get());
        CHECK(difference(cases[i].expected, run(patch, cases[i].scenario, {})) == "");
      }
    }
    ran_on("exported, " + all[c].name, cases.size());
  }
}

bool refused(const std::vector<Error>& errors) {
  return std::all_of(errors.begin(), errors.end(), [](const Error& e) { return e.code == Errc::not_supported; });
}

}  // namespace

TEST_CASE("every example that has no opaque nodes gives the same bits as one header") {
  Batch batch("examples");
  std::vector<Case> cases;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(SINTER_SOURCE_DIR "/examples"))
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  const uint64_t most = scaled(64);  // compilers take their time: all of them but in builds that run small counts
  for (const std::string& path : paths) {
    if (cases.size() >= most) break;
    const Result<Graph> graph = read_patch_file(path, standard_nodes());
    if (!graph) FAIL(format(graph.error()));
    const Result<std::string> header =
        export_cpp(*graph, {.name_space = batch.next_namespace(), .library = &standard_nodes()});
    if (!header) {
      CHECK_MESSAGE(refused(header.errors()), format(header.error()));
      continue;
    }
    batch.add(*header);
    cases.push_back(make_case(path, *graph, cases.size(), 1'500, false));
  }
  CHECK(cases.size() >= std::min<uint64_t>(most, 38));
  check_all(batch, cases, compilers(), "-O1");
}

constexpr uint64_t kBatch = 32;  // headers in one translation unit: compilers take their time

TEST_CASE("random graphs give the same bits as headers, fused multiply-adds at hand or not") {
  const uint64_t count = scaled(kBatch);
  for (uint64_t first = 0; first < count; first += kBatch) {
    Batch batch("random" + std::to_string(first));
    std::vector<Case> cases;
    for (uint64_t n = first; n < std::min(first + kBatch, count); ++n) {
      const uint64_t seed = first_seed() + n;
      Random random(seed + 900'000);
      const Graph graph = random_graph(random);
      batch.add(exported(graph, batch.next_namespace()));
      cases.push_back(make_case("seed " + std::to_string(seed), graph, seed, 200 + 7 * static_cast<uint32_t>(seed % 13),
                                seed % 4 == 0));
    }
    check_all(batch, cases, compilers(), first / kBatch % 2 ? "-O1" : "-O2 -march=native");
  }
}
