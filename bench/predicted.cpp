// The cost model on trial: for every step of a plan the cycles per frame that were predicted, and those it takes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>

#include "bare_run.hpp"
#include "sinter/base/fp_mode.hpp"
#include "sinter/bench/measure.hpp"

namespace sinter::measuring {
namespace {

constexpr uint32_t kFrames = 512;
constexpr double kLeastCycles = 0.5;  // per frame: what takes less drowns in what a call takes

// "3 time_parallel, 2 lanes, 14 ops, 1 constant"
std::string describe(const Step& step, size_t index) {
  std::string text = std::to_string(index) + " " + std::string(name(step.kind));
  if (step.lanes > 1) text += ", " + std::to_string(step.lanes) + " lanes";
  if (step.clock > 1) text += ", clock " + std::to_string(step.clock);
  text += ", " + std::to_string(step.body.size()) + (step.body.size() == 1 ? " op" : " ops");
  std::map<std::string_view, int> solutions;
  for (const Recurrence& recurrence : step.recurrences) ++solutions[name(recurrence.solution)];
  for (const auto& [solution, count] : solutions) text += ", " + std::to_string(count) + " " + std::string(solution);
  return text;
}

using Executors = std::vector<std::unique_ptr<const Executor>>;

// What a call costs before any step has begun.
class NoSteps final : public Executor {
 public:
  explicit NoSteps(const Executor& whole) : max_frames_(whole.max_frames()), granule_(whole.granule()) {}
  std::string_view name() const override { return "none"; }
  uint32_t max_frames() const override { return max_frames_; }
  uint32_t granule() const override { return granule_; }
  void run(const Block&) const noexcept override {}

 private:
  uint32_t max_frames_, granule_;
};

// First of no step, then of each by itself, over the memory of the whole plan.
Result<Executors> step_executors(const Compiled& compiled, const Backend& backend) {
  Executors executors;
  executors.push_back(std::make_unique<NoSteps>(*compiled.program->executor));
  Plan part = compiled.plan;
  for (const Step& step : compiled.plan.steps) {
    part.steps = {step};
    // Opaque code runs the same from any executor, and a backend may have no machine code for it alone.
    const Backend& runner = step.kind == StepKind::call ? *find_backend("interpreter") : backend;
    Result<Code> code = runner.compile(compiled.ir, part, false);
    if (!code) return code.errors();
    executors.push_back(std::move(code->executor));
  }
  return executors;
}

Result<bool> add_patch(BenchReport& report, const Compiled& compiled, const Backend& backend, const std::string& patch,
                       const BenchOptions& options) {
  const Result<Executors> executors = step_executors(compiled, backend);
  if (!executors) return executors.errors();
  BareRun run(compiled.program, kFrames);
  for (const auto& executor : *executors) run.reserve_scratch(*executor);
  std::vector<Job> jobs = {clock_job(), {"all steps", [&] { run.call(); }}};
  for (const auto& executor : *executors) jobs.push_back({"step", [&run, step = executor.get()] { run.call(*step); }});
  std::vector<Timing> timings;
  with_audio_fp([&] {
    for (int block = 0; block < 16; ++block) run.call();  // rows and states as they are in use
    timings = measure(jobs, options);
  });
  const double ghz = clock_ghz(timings[0]);
  if (!(ghz > 0)) {
    report.notes.push_back(patch + ": not measured, as the clock of this kind of processor is not known");
    return true;
  }
  const double call_ns = timings[2].minimum_ns;
  const std::string group = patch + " on " + std::string(backend.name());
  const auto add = [&](const std::string& step, double predicted, const Timing& timing) {
    const auto cycles = [&](double ns) { return std::max(0.0, ns - call_ns) * ghz / kFrames; };
    report.predictions.push_back({group, step, predicted, cycles(timing.median_ns), cycles(timing.minimum_ns)});
  };
  double sum = 0;
  bool opaque = false;
  for (size_t s = 0; s < compiled.plan.steps.size(); ++s) {
    const Step& step = compiled.plan.steps[s];
    const bool call = step.kind == StepKind::call;  // nobody can predict opaque code
    opaque |= call;
    sum += step.cycles;
    add(describe(step, s), call ? 0 : step.cycles, timings[3 + s]);
  }
  add("all steps", opaque ? 0 : sum, timings[1]);
  return true;
}

}  // namespace
}  // namespace sinter::measuring

namespace sinter {

Result<BenchReport> bench_predicted(const Graph& graph, const std::string& name, double sample_rate,
                                    const BenchOptions& options) {
  BenchReport report;
  report.processor = measuring::processor_name();
  const Backend& backend = best_backend();
  if (backend.name() == "interpreter") {
    report.notes.push_back(name + ": not measured, as this build or machine has no machine code");
    return report;
  }
  CompileOptions compile_options;
  compile_options.sample_rate = sample_rate;
  compile_options.backend = &backend;
  const Result<Compiled> compiled = compile_patch(graph, compile_options);
  if (!compiled && measuring::machine_code_refused(report, compiled.errors())) return report;
  if (!compiled) return compiled.errors();
  const Result<bool> done = measuring::add_patch(report, *compiled, backend, name, options);
  if (!done) return done.errors();
  return report;
}

void summarise_predictions(BenchReport& report) {
  double steps = 0, near = 0, logs = 0, unpredicted = 0;
  for (const Prediction& p : report.predictions) {
    if (p.name == "all steps") continue;
    if (!(p.predicted > 0)) ++unpredicted;
    else if (std::max(p.predicted, p.median) >= measuring::kLeastCycles) {
      const double ratio = std::max(p.median, 1e-3) / p.predicted;
      steps += 1;
      near += ratio >= 0.5 && ratio <= 2;
      logs += std::log(ratio);
    }
  }
  char text[200];
  if (unpredicted > 0) {
    std::snprintf(text, sizeof text, "%.0f steps have no prediction", unpredicted);
    report.notes.push_back(text);
  }
  if (!(steps > 0)) return;
  std::snprintf(text, sizeof text,
                "%.0f steps of %.1f cycles per frame and more; measured over predicted: %.2f as a geometric mean",
                steps, measuring::kLeastCycles, std::exp(logs / steps));
  report.notes.push_back(text);
  report.goals.push_back({"part of the steps whose cost is predicted within a factor of 2", near / steps, 0.9, false});
}

std::vector<std::string> example_patches() {
  std::vector<std::string> paths;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(SINTER_EXAMPLES_DIR, none))
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace sinter
