// How fast compiled graphs run, beside memcpy and loops that g++ compiled.
#include <cstring>
#include <memory>
#include <string>

#include "loops.hpp"
#include "sinter/bench/measure.hpp"
#include "xsimd_loops.hpp"

namespace sinter::measuring {
namespace {

using Loop = void (*)(const float*, float*, std::size_t);

struct BareKernel {
  BareKernel(const Graph& graph, const Backend& backend, uint32_t frames) : rows(2, Row(frames)) {
    CompileOptions options;
    options.backend = &backend;
    program = compile_patch(graph, options).value().program;
    scratch.resize(program->executor->scratch_bytes() + 64);
    controls.resize(program->layout.control_bytes + 64);
    block.frames = frames;
    block.inputs = &input;
    block.outputs = &output;
    block.scratch = scratch.data();
    block.controls = controls.data();
  }
  std::vector<Row> rows;
  std::vector<uint8_t> scratch, controls;
  std::shared_ptr<const Program> program;
  const float* input = rows[0].data();
  float* output = rows[1].data();
  Block block;
};

// All jobs of a group work on rows of their own, so that none finds its data warmed by another.
class Group {
 public:
  Group(std::string name, uint32_t frames) : name_(std::move(name)), frames_(frames) {}

  void add_loop(const std::string& name, Loop loop) {
    auto rows = std::make_shared<std::vector<Row>>(2, Row(frames_));
    jobs_.push_back({name, [rows, loop, n = frames_] { loop((*rows)[0].data(), (*rows)[1].data(), n); }});
  }

  void add_backends(const Graph& graph, bool with_reference) {
    for (const Backend* backend : backends()) {
      if (!backend->available() || (backend->name() == "reference" && !with_reference)) continue;
      auto kernel = std::make_shared<Kernel>(graph, *backend, frames_);
      if (kernel->ok()) jobs_.push_back({std::string(backend->name()), [kernel] { kernel->call(); }});
    }
  }

  // The machine code by itself, for a graph without controls, states and buffers: what Engine::process() adds shows.
  void add_kernels(const Graph& graph) {
    for (const Backend* backend : backends()) {
      if (!backend->available() || backend->name() == "reference" || backend->name() == "interpreter") continue;
      auto kernel = std::make_shared<BareKernel>(graph, *backend, frames_);
      jobs_.push_back(
          {std::string(backend->name()) + " kernel", [kernel] { kernel->program->executor->run(kernel->block); }});
    }
  }

  // Figures in `unit`, each time divided by `per`.
  void run(BenchReport& report, const BenchOptions& options, double per = 1, const std::string& unit = "ns") {
    const std::vector<Timing> timings = measure(jobs_, options);
    for (size_t j = 0; j < jobs_.size(); ++j)
      report.figures.push_back({name_, jobs_[j].name, unit, timings[j].median_ns / per, timings[j].minimum_ns / per});
  }

 private:
  std::string name_;
  uint32_t frames_;
  std::vector<Job> jobs_;
};

void copy(const float* in, float* out, std::size_t n) { std::memcpy(out, in, n * sizeof(float)); }

double ratio(const BenchReport& report, std::string_view group, std::string_view a, std::string_view b) {
  const Figure* over = report.find(group, a);
  const Figure* under = report.find(group, b);
  return over && under && under->median > 0 ? over->median / under->median : 0;
}

void affine(BenchReport& report, const BenchOptions& options, uint32_t frames) {
  const std::string name = "affine_" + std::to_string(frames);
  Group group(name, frames);
  group.add_loop("memcpy", copy);
  group.add_backends(affine_graph(), true);
  group.add_kernels(affine_graph());
  group.add_loop("xsimd", loops::affine_xsimd);
  group.add_loop("g++ -O3", loops::plain::affine);
  group.add_loop("g++ -O3 -fno-tree-vectorize", loops::scalar::affine);
  group.add_loop("g++ -O3 bounds-checked", loops::plain::affine_checked);
  group.run(report, options);
}

void affine_goals(BenchReport& report) {
  for (const char* isa : {"avx2", "avx512"}) {
    if (!report.find("affine_512", isa)) continue;
    const std::string engine = isa, kernel = engine + " kernel";
    for (const std::string& ours : {engine, kernel}) {
      report.goals.push_back(
          {"affine_44100 " + ours + " / memcpy", ratio(report, "affine_44100", ours, "memcpy"), 1.15, true});
      report.goals.push_back({"affine_44100 bounds-checked / " + ours,
                              ratio(report, "affine_44100", "g++ -O3 bounds-checked", ours), 4, false});
      report.goals.push_back(
          {"affine_512 " + ours + " / memcpy", ratio(report, "affine_512", ours, "memcpy"), 1.5, true});
      report.goals.push_back({"affine_512 bounds-checked / " + ours,
                              ratio(report, "affine_512", "g++ -O3 bounds-checked", ours), 10, false});
    }
  }
}

void shaper(BenchReport& report, const BenchOptions& options) {
  constexpr uint32_t kFrames = 512;
  Group group("shaper (8 ops), per sample", kFrames);
  group.add_backends(shaper_graph(), true);
  group.add_loop("g++ -O3 -march=native -ffast-math", loops::native::shaper);
  group.add_loop("g++ -O3", loops::plain::shaper);
  group.run(report, options, kFrames, "ns");
  // g++ uses the widest vectors this processor has, and so do we.
  const std::string widest(best_backend().name());
  report.goals.push_back({"shaper " + widest + " / g++ -O3 -march=native -ffast-math with libmvec",
                          ratio(report, "shaper (8 ops), per sample", widest, "g++ -O3 -march=native -ffast-math"), 1.0,
                          true});
}

void cheap(BenchReport& report, const BenchOptions& options) {
  constexpr uint32_t kFrames = 512, kNodes = 200;
  Group group("200 add/mul nodes, per node-sample", kFrames);
  group.add_backends(cheap_graph(kNodes), false);
  group.add_loop("g++ -O3 -march=native -ffast-math", loops::native::cheap200);
  group.run(report, options, double{kFrames} * kNodes, "ns");
  for (const char* isa : {"avx2", "avx512"})
    if (const Figure* figure = report.find("200 add/mul nodes, per node-sample", isa))
      report.goals.push_back(
          {std::string("fused cheap nodes on ") + isa + ", ns per node-sample", figure->median, 0.03, true});
}

void interpreters(BenchReport& report, const BenchOptions& options) {
  constexpr uint32_t kFrames = 512, kOps = 8;
  Group group("8-op chain, per op-sample", kFrames);
  group.add_backends(eight_op_graph(), true);
  group.add_loop("g++ -O3", loops::plain::eight_ops);
  group.run(report, options, double{kFrames} * kOps, "ns");
  if (const Figure* figure = report.find("8-op chain, per op-sample", "reference"))
    report.goals.push_back({"per-sample interpreter, ns per op", figure->median, 15, true});
  report.goals.push_back({"block interpreter against the per-sample one, 8-op chain",
                          ratio(report, "8-op chain, per op-sample", "reference", "interpreter"), 10, false});
}

}  // namespace

void Row::fill() {
  uint32_t state = 22'695'477;
  for (float* x = data(); x < store_.data() + store_.size(); ++x) {
    state = state * 1'664'525 + 1'013'904'223;
    *x = static_cast<float>(state >> 8) * 0x1p-24f - 0.5f;
  }
}

Kernel::Kernel(const Graph& graph, const Backend& backend, uint32_t frames, double sample_rate) : frames_(frames) {
  CompileOptions options;
  options.sample_rate = sample_rate;
  options.backend = &backend;
  Result<Compiled> compiled = compile_patch(graph, options);
  if (compiled) prepare(compiled->program);
}

Kernel::Kernel(std::shared_ptr<const Program> program, uint32_t frames) : frames_(frames) {
  prepare(std::move(program));
}

void Kernel::prepare(std::shared_ptr<const Program> program) {
  const Layout& layout = program->layout;
  const uint32_t channels = layout.input_channels + layout.output_channels;
  rows_.assign(channels, Row(frames_));
  for (uint32_t c = 0; c < channels; ++c) {
    if (c < layout.input_channels) inputs_.push_back(rows_[c].data());
    else outputs_.push_back(rows_[c].data());
  }
  engine_.prepare(std::move(program));
  ok_ = true;
}

Graph affine_graph() {
  Graph graph;
  return graph.input("in").output("out", "0.5 * in + 1");
}

Graph shaper_graph() {
  Graph graph;
  graph.input("in").expr("driven", "tanh(in * 1.7 + 0.1)").expr("folded", "sin(driven * 2.3) + 0.05");
  return graph.output("out", "abs(folded) * 0.8");
}

Graph cheap_graph(uint32_t nodes) {
  Graph graph;
  graph.input("in");
  std::string last = "in";
  for (uint32_t k = 0; k < nodes; ++k) {
    const std::string id = "n" + std::to_string(k);
    const std::string value = std::to_string(k % 2 ? 0.01 * (k / 2) : 0.5 + 0.004 * (k / 2));
    graph.expr(id, last + (k % 2 ? " + " : " * ") + value);
    last = id;
  }
  return graph.output("out", last);
}

Graph eight_op_graph() {
  Graph graph;
  return graph.input("in").output("out", "(((in * 0.5 + 0.25) * in - 0.125) * in + 0.75) * 0.9 - 0.05");
}

void throughput(BenchReport& report, const BenchOptions& options) {
  affine(report, options, 44'100);
  affine(report, options, 512);
  affine_goals(report);
  shaper(report, options);
  cheap(report, options);
  interpreters(report, options);
}

}  // namespace sinter::measuring

namespace sinter {

Result<BenchReport> bench_patch(const Graph& graph, const std::string& name, double sample_rate,
                                const BenchOptions& options) {
  constexpr uint32_t kFrames = 512;
  if (const Result<Compiled> sound = compile_patch(graph, {.sample_rate = sample_rate}); !sound) return sound.errors();
  BenchReport report;
  report.processor = measuring::processor_name();
  std::vector<measuring::Job> jobs;
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    auto kernel = std::make_shared<measuring::Kernel>(graph, *backend, kFrames, sample_rate);
    if (kernel->ok()) jobs.push_back({std::string(backend->name()), [kernel] { kernel->call(); }});
  }
  const std::vector<measuring::Timing> timings = measuring::measure(jobs, options);
  for (size_t j = 0; j < jobs.size(); ++j)
    report.figures.push_back(
        {name + ", per frame", jobs[j].name, "ns", timings[j].median_ns / kFrames, timings[j].minimum_ns / kFrames});
  const double frame_ns = 1e9 / sample_rate;
  for (size_t j = 0; j < jobs.size(); ++j)
    report.figures.push_back({name + ", times real time", jobs[j].name, "×", frame_ns * kFrames / timings[j].median_ns,
                              frame_ns * kFrames / timings[j].minimum_ns});
  return report;
}

}  // namespace sinter
