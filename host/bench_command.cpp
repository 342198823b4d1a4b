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
  uint32_t edits = 240, largest = 4'096;
  bool json = false, swap = false, events = false, recurrences = false, growth = false, nodes = false,
       predicted = false;
};

void append(BenchReport& report, const BenchReport& one) {
  const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  report.processor = one.processor;
  add(report.figures, one.figures);
  add(report.predictions, one.predictions);
  add(report.notes, one.notes);
}

Result<BenchReport> measure_patches(const Options& options, const BenchOptions& bench) {
  BenchReport report;
  const bool examples = options.predicted && options.patches.empty();
  for (const std::string& path : examples ? example_patches() : options.patches) {
    const Result<Graph> graph = load_patch(path, nullptr);
    if (!graph) return graph.errors();
    const std::string name = examples ? std::filesystem::path(path).filename().string() : path;
    const Result<BenchReport> one = options.predicted ? bench_predicted(*graph, name, options.rate, bench)
                                                      : bench_patch(*graph, name, options.rate, bench);
    if (!one) return one.errors();
    append(report, *one);
  }
  if (options.predicted) summarise_predictions(report);
  return report;
}

Result<BenchReport> measure(const Options& options, const BenchOptions& bench) {
  if (options.swap) return bench_swap(bench);
  if (options.events) return bench_events(bench);
  if (options.recurrences) return bench_recurrences(bench);
  if (options.growth) return bench_growth(bench);
  if (options.nodes) return bench_nodes(bench);
  if (options.predicted || !options.patches.empty()) return measure_patches(options, bench);
  return run_benchmarks(bench);
}

int run(const Options& options) {
  if (!options.cold_compile.empty()) {
    std::printf("%.3f\n", compile_once(options.cold_compile));
    return kOk;
  }
  BenchOptions bench{.repetitions = options.repetitions, .self = std::filesystem::read_symlink("/proc/self/exe")};
  bench.edits = options.edits;
  bench.largest = options.largest;
  const Result<BenchReport> report = measure(options, bench);
  if (!report) return fail(report.errors(), options.json);
  std::fputs((options.json ? json_report(*report) : format_report(*report)).c_str(), stdout);
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
      app.add_flag("--events", options->events, "The worst that parameters, notes and the transport may cost");
  CLI::Option* const recurrences = app.add_flag(
      "--recurrences", options->recurrences, "Filters, oscillators and reverbs beside their loops in C++ (one minute)");
  CLI::Option* const growth =
      app.add_flag("--growth", options->growth, "Chains and banks of 1 to some thousand nodes (two minutes)");
  app.add_option("--largest", options->largest, "Largest of the sizes that --growth measures")
      ->check(CLI::Range(1, 4'096))
      ->needs(growth);
  CLI::Option* const nodes =
      app.add_flag("--nodes", options->nodes, "What an instance of each node costs (half a minute)");
  CLI::Option* const predicted = app.add_flag(
      "--predicted", options->predicted,
      "Every step of the patches, else of the examples: its cycles as the cost model predicts and as measured");
  CLI::Option* const alone[] = {swap, events, recurrences, growth, nodes};
  for (CLI::Option* one : alone) {
    patches->excludes(one);
    predicted->excludes(one);
    for (CLI::Option* other : alone)
      if (one != other) one->excludes(other);
  }
  app.add_flag("--json", options->json, "Machine-readable output");
  app.add_option("--cold-compile", options->cold_compile, "")->group("");
  app.callback([options, &result] { result = run(*options); });
}

}  // namespace sinter::host
