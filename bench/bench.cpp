// Running jobs under Google Benchmark.
#include "sinter/bench/bench.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "sinter/bench/measure.hpp"

namespace sinter {
namespace measuring {
namespace {

class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration && !run.error_occurred)
        times[run.run_name.function_name].push_back(run.GetAdjustedCPUTime());
  }
  std::map<std::string, std::vector<double>> times;
};

void initialise_library() {
  static const bool done = [] {
    static char program[] = "sinter", interleave[] = "--benchmark_enable_random_interleaving=true";
    char* arguments[] = {program, interleave};
    int count = 2;
    benchmark::Initialize(&count, arguments);
    return true;
  }();
  (void)done;
}

}  // namespace

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

Distribution distribution(std::string group, std::string name, std::string unit, std::vector<double> values,
                          double period) {
  Distribution d{.group = std::move(group), .name = std::move(name), .unit = std::move(unit), .period = period};
  d.count = values.size();
  if (values.empty()) return d;
  std::sort(values.begin(), values.end());
  // Nearest rank: every percentile is a time that was measured.
  const auto at = [&](double part) {
    const auto rank = static_cast<size_t>(std::ceil(part * static_cast<double>(values.size())));
    return values[std::max<size_t>(rank, 1) - 1];
  };
  d.minimum = values.front();
  d.p50 = at(0.5), d.p90 = at(0.9), d.p99 = at(0.99);
  d.maximum = values.back();
  return d;
}

std::vector<Timing> measure(const std::vector<Job>& jobs, const BenchOptions& options) {
  initialise_library();
  benchmark::ClearRegisteredBenchmarks();
  for (size_t j = 0; j < jobs.size(); ++j)
    benchmark::RegisterBenchmark(std::to_string(j).c_str(),
                                 [&jobs, j](benchmark::State& state) {
                                   for (auto _ : state) {
                                     jobs[j].work();
                                     benchmark::ClobberMemory();
                                   }
                                 })
        ->Repetitions(options.repetitions)
        ->MinTime(options.seconds_per_repetition)
        ->Unit(benchmark::kNanosecond);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  benchmark::ClearRegisteredBenchmarks();
  std::vector<Timing> timings;
  for (size_t j = 0; j < jobs.size(); ++j) {
    std::vector<double>& times = collector.times[std::to_string(j)];
    std::sort(times.begin(), times.end());
    timings.push_back(times.empty() ? Timing{} : Timing{times[times.size() / 2], times.front()});
  }
  return timings;
}

}  // namespace measuring

const Figure* BenchReport::find(std::string_view group, std::string_view name) const {
  for (const Figure& figure : figures)
    if (figure.group == group && figure.name == name) return &figure;
  return nullptr;
}

const Distribution* BenchReport::find_distribution(std::string_view group, std::string_view name) const {
  for (const Distribution& distribution : distributions)
    if (distribution.group == group && distribution.name == name) return &distribution;
  return nullptr;
}

BenchReport run_benchmarks(const BenchOptions& options) {
  BenchReport report;
  report.processor = measuring::processor_name();
  measuring::throughput(report, options);
  if (options.compile_times) measuring::compile_times(report, options);
  return report;
}

}  // namespace sinter
