// sinter bench: the project's own figures, or the speed of patches on every executor.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "sinter/bench/bench.hpp"
#include "sinter/host/build_patch.hpp"
#include "sinter/host/command.hpp"
#include "sinter/host/json.hpp"
#include "sinter/host/terminal.hpp"

namespace sinter::host {
namespace {

struct Options {
  std::vector<std::string> patches;
  std::string cold_compile;
  uint32_t rate = 48'000;
  int repetitions = 15;
  bool json = false;
};

int run(const Options& options) {
  if (!options.cold_compile.empty()) {
    std::printf("%.3f\n", compile_once(options.cold_compile));
    return kOk;
  }
  BenchOptions bench{.repetitions = options.repetitions, .self = std::filesystem::read_symlink("/proc/self/exe")};
  BenchReport report;
  if (options.patches.empty()) report = run_benchmarks(bench);
  for (const std::string& path : options.patches) {
    const Result<Graph> graph = load_patch(path, nullptr);
    if (!graph) return fail(graph.errors(), options.json);
    const BenchReport one = bench_patch(*graph, path, options.rate, bench);
    report.processor = one.processor;
    report.figures.insert(report.figures.end(), one.figures.begin(), one.figures.end());
  }
  std::fputs((options.json ? json_report(report) : format_report(report)).c_str(), stdout);
  return kOk;
}

}  // namespace

void add_bench(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  app.add_option("PATCH", options->patches,
                 "Patches to measure; without any, the project's own benchmarks (half a minute)");
  app.add_option("--rate", options->rate, "Sample rate for patches, Hz")->check(CLI::Range(8'000, 768'000));
  app.add_option("--repetitions", options->repetitions, "Rounds of each figure")->check(CLI::Range(3, 1'000));
  app.add_flag("--json", options->json, "Machine-readable output");
  app.add_option("--cold-compile", options->cold_compile, "")->group("");
  app.callback([options, &result] { result = run(*options); });
}

}  // namespace sinter::host
