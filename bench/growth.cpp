// How cost grows with the size of a patch: filters in series, filters side by side, and chains written out by hand.
#include <algorithm>
#include <cstdio>

#include "bare_run.hpp"
#include "sinter/base/fp_mode.hpp"
#include "sinter/bench/measure.hpp"

namespace sinter::measuring {
namespace {

constexpr uint32_t kFrames = 512;
constexpr uint64_t kFirstCacheBytes = 32 << 10, kSecondCacheBytes = 2 << 20;

std::string text(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.6g", value);
  return digits;
}

Node filter(const char* type, const std::vector<std::pair<const char*, std::string>>& inputs) {
  Node node;
  node.id = "filter";
  node.type = type;
  for (const auto& [port, expression] : inputs)
    node.inputs.push_back({.port = port, .expr = parse_expr(expression).value()});
  return node;
}

Graph eq_chain(uint32_t peaks) {
  Graph graph;
  graph.input("in");
  Node eq = filter(
      "peak", {{"in", "in"}, {"freq", "40 * 400^(k / " + std::to_string(peaks) + ")"}, {"q", "2"}, {"gain", "0.98"}});
  eq.chain = peaks;
  graph.nodes.push_back(std::move(eq));
  return graph.output("out", "filter");
}

Graph bank(uint32_t filters) {
  Graph graph;
  graph.input("in");
  Node all = filter("bandpass", {{"in", "in"}, {"freq", "40 * 400^(i / n)"}, {"q", "30"}});
  all.channels = filters;
  graph.nodes.push_back(std::move(all));
  return graph.output("out", text(1.0 / filters) + " * sum(filter)");
}

// Each written by itself, with numbers of its own: three nodes after each other. Sums of 100, as no expression takes
// 1,000 operators in a row.
Graph parallel_chains(uint32_t chains) {
  constexpr uint32_t kSummed = 100;
  Graph graph;
  graph.input("in");
  std::string sums, sum;
  for (uint32_t c = 0; c < chains; ++c) {
    const std::string n = std::to_string(c);
    graph.node("low" + n, "lowpass", {{"in", "in"}, {"freq", text(300 + 7 * c)}});
    graph.node("drive" + n, "softclip", {{"in", "low" + n}, {"drive", text(1 + 0.002 * c)}});
    graph.node("soft" + n, "onepole", {{"in", "drive" + n}, {"freq", text(9'000 - 6 * c)}});
    sum += (sum.empty() ? "" : " + ") + ("soft" + n);
    if ((c + 1) % kSummed && c + 1 != chains) continue;
    graph.expr("sum" + n, sum);
    sums += (sums.empty() ? "" : " + ") + ("sum" + n);
    sum.clear();
  }
  return graph.output("out", text(1.0 / chains) + " * (" + sums + ")");
}

struct Series {
  const char* name;
  const char* unit_of_size;
  Graph (*make)(uint32_t size);
  uint32_t nodes_per_unit;
  std::vector<uint32_t> sizes;
  bool compile_time_rests;  // with the size: instances of one body
};

const std::vector<Series>& all_series() {
  static const std::vector<Series> series = {
      {"EQ chain", "peaks", eq_chain, 1, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'000}, false},
      {"bank by channels", "band-passes", bank, 1, {1, 2, 4, 8, 16, 32, 64, 256, 1'024, 4'096}, true},
      {"parallel chains by hand",
       "chains of 3",
       parallel_chains,
       3,
       {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'000},
       false},
  };
  return series;
}

struct Point {
  uint32_t size = 0;
  std::shared_ptr<const Program> program;
  uint64_t code_bytes = 0;
  double compile_us = 0, fastest_compile_us = 0;
  Timing per_node;  // ns per node and frame
};

Result<Point> compile_point(const Series& series, uint32_t size, const Backend& backend, int repetitions) {
  Point point{.size = size};
  const Graph graph = series.make(size);
  CompileOptions options;
  options.backend = &backend;
  std::vector<double> times;
  for (int t = 0; t < repetitions; ++t) {
    const double before = processor_us();
    Result<Compiled> compiled = compile_patch(graph, options);
    times.push_back(processor_us() - before);
    if (!compiled) return compiled.errors();
    point.program = compiled->program;
    point.code_bytes = compiled->code_bytes;
  }
  std::sort(times.begin(), times.end());
  point.compile_us = times[times.size() / 2];
  point.fastest_compile_us = times.front();
  return point;
}

void time_points(const Series& series, std::vector<Point>& points, const BenchOptions& options) {
  std::vector<Job> jobs;
  for (const Point& point : points) {
    auto run = std::make_shared<BareRun>(point.program, kFrames);
    jobs.push_back({series.name, [run] { run->call(); }});
  }
  std::vector<Timing> timings;
  with_audio_fp([&] { timings = measure(jobs, options); });
  for (size_t p = 0; p < points.size(); ++p) {
    const double node_frames = double{kFrames} * points[p].size * series.nodes_per_unit;
    points[p].per_node = {timings[p].median_ns / node_frames, timings[p].minimum_ns / node_frames};
  }
}

uint64_t data_bytes(const Point& point) {
  const Layout& layout = point.program->layout;
  return uint64_t{layout.control_bytes} + layout.state_bytes + layout.buffer_bytes;
}
bool beyond_second_cache(const Point& point) { return data_bytes(point) + point.code_bytes > kSecondCacheBytes; }

// What may explain that this size is dearer than others.
std::string circumstances(const Point& point, uint32_t width) {
  std::string said;
  const auto say = [&](const std::string& what) { said += (said.empty() ? "" : "; ") + what; };
  if (width && point.size < width) say("fewer than the " + std::to_string(width) + " elements of a vector");
  const auto say_bytes = [&](uint64_t bytes, const char* of_what) {
    if (bytes > kFirstCacheBytes) say(std::to_string(bytes / 1024) + " KB of " + of_what);
  };
  say_bytes(data_bytes(point), "states, controls and rows");
  say_bytes(point.code_bytes, "code");
  if (beyond_second_cache(point)) say("more than a second cache of 2 MB holds");
  return said;
}

void add_figures(BenchReport& report, const Series& series, const std::vector<Point>& points, const Backend& backend) {
  const std::string on = ", " + std::string(backend.name());
  double best = points.front().per_node.median_ns;
  for (const Point& point : points) best = std::min(best, point.per_node.median_ns);
  for (const Point& point : points) {
    char ratio[48];
    std::snprintf(ratio, sizeof ratio, "%.2f of the best", point.per_node.median_ns / best);
    const std::string why = circumstances(point, backend.width());
    report.figures.push_back({series.name + on + ", per node and frame",
                              std::to_string(point.size) + " " + series.unit_of_size, "ns", point.per_node.median_ns,
                              point.per_node.minimum_ns, ratio + (why.empty() ? "" : "; " + why)});
  }
  for (const Point& point : points) {
    char per_node[64];
    std::snprintf(per_node, sizeof per_node, "%.2f us per node, %llu bytes of code",
                  point.compile_us / (point.size * series.nodes_per_unit),
                  static_cast<unsigned long long>(point.code_bytes));
    report.figures.push_back({series.name + on + ", compile time",
                              std::to_string(point.size) + " " + series.unit_of_size, "us", point.compile_us,
                              point.fastest_compile_us, per_node});
  }
}

void add_goals(BenchReport& report, const Series& series, const std::vector<Point>& points, const Backend& backend) {
  const std::string on = ", " + std::string(backend.name());
  double best = points.front().per_node.median_ns, worst_rise = 1;
  for (const Point& point : points) {
    if (beyond_second_cache(point)) continue;
    worst_rise = std::max(worst_rise, point.per_node.median_ns / best);
    best = std::min(best, point.per_node.median_ns);
  }
  report.goals.push_back(
      {series.name + on + ": dearest size in the second cache over the best smaller one", worst_rise, 2, true});
  // A few filters may become another kind of loop than many of them.
  constexpr uint32_t kMany = 16;
  const auto many = std::find_if(points.begin(), points.end(), [](const Point& p) { return p.size == kMany; });
  if (series.compile_time_rests && many != points.end())
    report.goals.push_back({series.name + on + ": compile time of the largest over that of 16",
                            points.back().fastest_compile_us / many->fastest_compile_us, 1.2, true});
}

Result<bool> add_series(BenchReport& report, const Series& series, const Backend& backend,
                        const BenchOptions& options) {
  std::vector<Point> points;
  for (const uint32_t size : series.sizes) {
    if (size > options.largest) break;
    Result<Point> point = compile_point(series, size, backend, std::max(3, options.repetitions / 3));
    if (!point && machine_code_refused(report, point.errors())) return true;
    if (!point) return point.errors();
    points.push_back(std::move(*point));
  }
  time_points(series, points, options);
  add_figures(report, series, points, backend);
  add_goals(report, series, points, backend);
  return true;
}

}  // namespace
}  // namespace sinter::measuring

namespace sinter {

Result<BenchReport> bench_growth(const BenchOptions& options) {
  BenchReport report;
  report.processor = measuring::processor_name();
  for (const char* name : {"avx2", "avx512"}) {
    const Backend* backend = find_backend(name);
    if (!backend || !backend->available()) continue;
    for (const measuring::Series& series : measuring::all_series())
      if (const Result<bool> done = measuring::add_series(report, series, *backend, options); !done)
        return done.errors();
  }
  measuring::note_missing_backends(report);
  return report;
}

}  // namespace sinter
