// What a node costs: its example by itself, and sixteen of it side by side.
#include "sinter/nodes/nodes.hpp"

#include <algorithm>
#include <cstdio>

#include "sinter/bench/measure.hpp"

namespace sinter::measuring {
namespace {

constexpr uint32_t kFrames = 512, kInstances = 16;

// Sixteen instances, heard as their sum; false for nodes whose ports are of another width than 1.
bool widen(Graph& graph, const NodeDef& def) {
  for (const Port& port : def.inputs)
    if (port.width != 1) return false;
  for (const OutputPort& output : def.outputs)
    if (output.width != 1) return false;
  const Result<Expr> sum = parse_expr("sum(" + print(graph.outputs[0].expr) + ")");
  if (!sum) return false;
  graph.nodes.back().channels = kInstances;
  graph.outputs[0].expr = *sum;
  return true;
}

Result<bool> add_node(BenchReport& report, const NodeExample& example, const BenchOptions& options) {
  const NodeDef& def = *standard_nodes().find(example.type);
  Result<Graph> graph =
      read_patch(example_patch(example), std::string(example.type), SINTER_EXAMPLES_DIR, standard_nodes());
  if (!graph) return graph.errors();
  std::vector<Job> jobs;
  std::vector<double> instances;
  const auto add = [&](const std::string& how, double count) {
    for (const std::string_view name : {std::string_view("interpreter"), best_backend().name()}) {
      auto kernel = std::make_shared<Kernel>(*graph, *find_backend(name), kFrames);
      if (!kernel->ok() || (!jobs.empty() && jobs.back().name == std::string(name) + how)) continue;
      jobs.push_back({std::string(name) + how, [kernel] { kernel->call(); }});
      instances.push_back(count);
    }
  };
  add("", 1);
  if (widen(*graph, def)) add(", each of 16", kInstances);
  const std::vector<Timing> timings = measure(jobs, options);
  for (size_t j = 0; j < jobs.size(); ++j) {
    const double per = kFrames * instances[j];
    report.figures.push_back(
        {std::string(example.type), jobs[j].name, "ns", timings[j].median_ns / per, timings[j].minimum_ns / per});
  }
  return true;
}

}  // namespace
}  // namespace sinter::measuring

namespace sinter {

Result<BenchReport> bench_nodes(const BenchOptions& options) {
  BenchReport report;
  report.processor = measuring::processor_name();
  for (const NodeExample& example : node_examples()) {
    const Result<bool> done = measuring::add_node(report, example, options);
    if (!done) return done.errors();
  }
  report.notes.push_back("ns per frame and instance of the examples in docs/nodes.md, at 48 kHz in blocks of 512");
  return report;
}

}  // namespace sinter
