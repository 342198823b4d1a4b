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
  uint32_t edits = 240;
  bool json = false, swap = false, events = false;
};

int run(const Options& options) {
  if (!options.cold_compile.empty()) {
    std::printf("%.3f\n", compile_once(options.cold_compile));
    return kOk;
  }
  BenchOptions bench{.repetitions = options.repetitions, .self = std::filesystem::read_symlink("/proc/self/exe")};
  bench.edits = options.edits;
  BenchReport report;
  if (options.swap || options.events) {
    const Result<BenchReport> live = options.swap ? bench_swap(bench) : bench_events(bench);
    if (!live) return fail(live.errors(), options.json);
    report = *live;
  } else if (options.patches.empty()) {
    report = run_benchmarks(bench);
  }
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
  CLI::Option* const patches = app.add_option(
      "PATCH", options->patches, "Patches to measure; without any, the project's own benchmarks (half a minute)");
  app.add_option("--rate", options->rate, "Sample rate for patches, Hz")->check(CLI::Range(8'000, 768'000));
  app.add_option("--repetitions", options->repetitions, "Rounds of each figure")->check(CLI::Range(3, 1'000));
  CLI::Option* const swap =
      app.add_flag("--swap", options->swap,
                   "Editing while it sounds: from text to sound, and what callbacks cost meanwhile (one minute)");
  app.add_option("--edits", options->edits, "Edits that --swap measures")->check(CLI::Range(1, 10'000))->needs(swap);
  CLI::Option* const events =
      app.add_flag("--events", options->events, "The worst that parameters, notes and the transport may cost")
          ->excludes(swap);
  patches->excludes(swap)->excludes(events);
  app.add_flag("--json", options->json, "Machine-readable output");
  app.add_option("--cold-compile", options->cold_compile, "")->group("");
  app.callback([options, &result] { result = run(*options); });
}

}  // namespace sinter::host
