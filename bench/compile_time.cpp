// How long it takes from a Graph to code that can be called: by size, by part, warm and in a new process.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "sinter/bench/measure.hpp"

namespace sinter::measuring {
namespace {

double now_us() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Samples {
  std::vector<double> total, lower, passes, plan, emit;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}
double least(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::min_element(values.begin(), values.end());
}

Samples sample(const Graph& graph, const Backend& backend, int times) {
  Samples samples;
  CompileOptions options;
  options.backend = &backend;
  for (int t = 0; t < times; ++t) {
    const double before = now_us();
    Result<Compiled> compiled = compile_patch(graph, options);
    const double after = now_us();
    if (!compiled) return samples;
    samples.total.push_back(after - before);
    samples.lower.push_back(compiled->times.lower);
    samples.passes.push_back(compiled->times.passes);
    samples.plan.push_back(compiled->times.plan);
    samples.emit.push_back(compiled->times.emit);
  }
  return samples;
}

void add(BenchReport& report, const std::string& group, const Samples& samples) {
  report.figures.push_back({group, "graph to callable code", "µs", median(samples.total), least(samples.total)});
  report.figures.push_back({group, "  lower", "µs", median(samples.lower), least(samples.lower)});
  report.figures.push_back({group, "  passes", "µs", median(samples.passes), least(samples.passes)});
  report.figures.push_back({group, "  plan", "µs", median(samples.plan), least(samples.plan)});
  report.figures.push_back({group, "  registers and emission", "µs", median(samples.emit), least(samples.emit)});
}

// The first compile of new processes, each of which prints how long it took.
void add_cold(BenchReport& report, const std::string& what, const BenchOptions& options) {
  if (options.self.empty()) return;
  std::vector<double> times;
  for (int t = 0; t < 5; ++t) {
    FILE* child = ::popen(("'" + options.self + "' bench --cold-compile " + what).c_str(), "r");
    if (!child) return;
    double us = 0;
    if (std::fscanf(child, "%lf", &us) == 1) times.push_back(us);
    ::pclose(child);
  }
  if (!times.empty())
    report.figures.push_back({"compile " + what, "cold, first of a process", "µs", median(times), least(times)});
}

// Least squares of log time over log size: 1 is linear.
double fitted_exponent(const std::map<double, double>& time_by_size) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (const auto& [size, time] : time_by_size) {
    const double a = std::log(size), b = std::log(time);
    n += 1, x += a, y += b, xx += a * a, xy += a * b;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

}  // namespace

Graph random_ops_graph(uint32_t ops, uint32_t channels) {
  constexpr uint32_t kOpsPerNode = 25;
  Graph graph;
  graph.input("in", channels);
  uint32_t state = 12'345;
  const auto below = [&](uint32_t n) {
    state = state * 1'664'525 + 1'013'904'223;
    return (state >> 8) % n;
  };
  std::vector<std::string> names = {"in"};
  for (uint32_t made = 0; made < ops;) {
    std::string text = names.back();
    const uint32_t count = std::min(kOpsPerNode, ops - made);
    for (uint32_t k = 0; k < count; ++k) {
      static const char* const kOperators[] = {" + ", " - ", " * "};
      char literal[24];
      std::snprintf(literal, sizeof literal, "%.5f", 0.1 + 0.00001 * (made + k));
      const std::string other = below(3) ? std::string(literal) : names[below(static_cast<uint32_t>(names.size()))];
      text = "(" + text + kOperators[below(3)] + other + ")";
    }
    made += count;
    const std::string id = "n" + std::to_string(made);
    graph.expr(id, text);
    names.push_back(id);
    if (names.size() > 12) names.erase(names.begin() + 1);
  }
  return graph.output("out", names.back());
}

void compile_times(BenchReport& report, const BenchOptions& options) {
  const Backend& backend = best_backend();
  const std::string on = " on " + std::string(backend.name());
  add(report, "compile affine", sample(affine_graph(), backend, 101));
  add_cold(report, "affine", options);
  add(report, "compile shaper", sample(shaper_graph(), backend, 101));
  add_cold(report, "shaper", options);
  std::map<double, double> time_by_size;
  for (uint32_t ops : {100u, 1'000u, 10'000u, 100'000u}) {
    const Samples samples = sample(random_ops_graph(ops, 1), backend, ops > 10'000 ? 3 : 15);
    add(report, "compile " + std::to_string(ops) + " ops", samples);
    if (ops <= 10'000) add_cold(report, std::to_string(ops), options);
    if (ops >= 1'000 && !samples.total.empty()) time_by_size[ops] = median(samples.total);
    if (ops == 1'000)
      report.goals.push_back(
          {"registers and emission, µs per op of 1,000" + on, median(samples.emit) / ops, 0.3, true});
  }
  const auto time_of = [&](const char* group) {
    const Figure* figure = report.find(group, "graph to callable code");
    return figure ? figure->median : 0;
  };
  report.goals.push_back({"compile affine, warm, µs" + on, time_of("compile affine"), 100, true});
  report.goals.push_back({"compile 1,000 ops, warm, ms" + on, time_of("compile 1000 ops") / 1000, 1.5, true});
  report.goals.push_back(
      {"compile time over size, fitted exponent 1,000 … 100,000 ops", fitted_exponent(time_by_size), 1.1, true});
  for (uint32_t channels : {1u, 16u, 64u})
    add(report, "compile 1,000 ops, " + std::to_string(channels) + " channels",
        sample(random_ops_graph(1'000, channels), backend, 15));
  const double one = time_of("compile 1,000 ops, 1 channels"), many = time_of("compile 1,000 ops, 64 channels");
  if (one > 0) report.goals.push_back({"compile time of a 64-channel family against 1 channel", many / one, 1.2, true});
}

}  // namespace sinter::measuring

namespace sinter {

double compile_once(const std::string& what) {
  const Graph graph = what == "affine"   ? measuring::affine_graph()
                      : what == "shaper" ? measuring::shaper_graph()
                                         : measuring::random_ops_graph(
                                               static_cast<uint32_t>(std::strtoul(what.c_str(), nullptr, 10)), 1);
  const double before = measuring::now_us();
  CompileOptions options;
  Result<Compiled> compiled = compile_patch(graph, options);
  return compiled ? measuring::now_us() - before : 0;
}

}  // namespace sinter
