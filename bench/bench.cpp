// Running jobs under Google Benchmark, and writing reports.
#include "sinter/bench/bench.hpp"

#include <benchmark/benchmark.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
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
        times[run.run_name.function_name].push_back(run.GetAdjustedRealTime());
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

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.3f" : value < 1000 ? "%.1f" : "%.0f", value);
  return text;
}

}  // namespace

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

namespace {

std::string format_distributions(const std::vector<Distribution>& distributions) {
  std::string text, group;
  char line[320];
  for (const Distribution& d : distributions) {
    if (d.group != group) {
      group = d.group;
      std::snprintf(line, sizeof line, "\n%s\n  %-40s %6s %9s %9s %9s %9s %9s\n", group.c_str(), "", "count", "minimum",
                    "p50", "p90", "p99", "max");
      text += line;
    }
    std::snprintf(line, sizeof line, "  %-40s %6llu %9s %9s %9s %9s %9s  %s", d.name.c_str(),
                  static_cast<unsigned long long>(d.count), number(d.minimum).c_str(), number(d.p50).c_str(),
                  number(d.p90).c_str(), number(d.p99).c_str(), number(d.maximum).c_str(), d.unit.c_str());
    text += line;
    if (d.period > 0) {
      std::snprintf(line, sizeof line, "   p99 %.1f %%, max %.1f %% of a period", 100 * d.p99 / d.period,
                    100 * d.maximum / d.period);
      text += line;
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::string format_report(const BenchReport& report) {
  std::string text = "on " + report.processor + "\n";
  std::string group;
  char line[256];
  for (const Figure& figure : report.figures) {
    if (figure.group != group) {
      group = figure.group;
      std::snprintf(line, sizeof line, "\n%-34s %12s %12s\n", group.c_str(), "median", "minimum");
      text += line;
    }
    std::snprintf(line, sizeof line, "  %-32s %12s %12s  %s\n", figure.name.c_str(), number(figure.median).c_str(),
                  number(figure.minimum).c_str(), figure.unit.c_str());
    text += line;
  }
  text += format_distributions(report.distributions);
  if (!report.goals.empty()) text += "\ngoals\n";
  for (const Goal& goal : report.goals) {
    std::snprintf(line, sizeof line, "  %-6s %-66s %10s (%s %s)\n", goal.met() ? "met" : "missed", goal.text.c_str(),
                  number(goal.reached).c_str(), goal.at_most ? "≤" : "≥", number(goal.goal).c_str());
    text += line;
  }
  return text;
}

std::string json_report(const BenchReport& report) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json(buffer);
  const auto text = [&](const char* key, const std::string& value) {
    json.Key(key);
    json.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
  };
  json.StartObject();
  text("processor", report.processor);
  json.Key("figures");
  json.StartArray();
  for (const Figure& figure : report.figures) {
    json.StartObject();
    text("group", figure.group);
    text("name", figure.name);
    text("unit", figure.unit);
    json.Key("median");
    json.Double(figure.median);
    json.Key("minimum");
    json.Double(figure.minimum);
    json.EndObject();
  }
  json.EndArray();
  json.Key("distributions");
  json.StartArray();
  for (const Distribution& d : report.distributions) {
    json.StartObject();
    text("group", d.group);
    text("name", d.name);
    text("unit", d.unit);
    json.Key("count");
    json.Uint64(d.count);
    const std::pair<const char*, double> values[] = {
        {"minimum", d.minimum}, {"p50", d.p50}, {"p90", d.p90}, {"p99", d.p99}, {"max", d.maximum}};
    for (const auto& [key, value] : values) {
      json.Key(key);
      json.Double(value);
    }
    if (d.period > 0) {
      json.Key("period");
      json.Double(d.period);
    }
    json.EndObject();
  }
  json.EndArray();
  json.Key("goals");
  json.StartArray();
  for (const Goal& goal : report.goals) {
    json.StartObject();
    text("text", goal.text);
    json.Key("reached");
    json.Double(goal.reached);
    text("relation", goal.at_most ? "at most" : "at least");
    json.Key("goal");
    json.Double(goal.goal);
    json.Key("met");
    json.Bool(goal.met());
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace sinter
