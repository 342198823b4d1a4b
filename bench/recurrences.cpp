// What recurrences cost: filters, oscillators and reverbs beside the loops that a C++ programmer writes for them, the
// copying of as many rows, and the processor's clock, all in one run.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>

#include "bare_run.hpp"
#include "recurrence_cases.hpp"
#include "sinter/base/fp_mode.hpp"
#include "sinter/bench/measure.hpp"

namespace sinter::measuring {
namespace {

constexpr uint32_t kFrames = 512, kSmallFrames = 64;
constexpr double kAgreementDb = -60;
const char* const kLoop = "loop";
const char* const kMemcpy = "memcpy";

// A loop with rows of its own, channels as the patch has.
class LoopRun {
 public:
  LoopRun(textbook::Maker make, const Layout& layout)
      : loop_(make()),
        inputs_(layout.input_channels),
        rows_(layout.input_channels + layout.output_channels, Row(kFrames)) {
    for (size_t r = 0; r < rows_.size(); ++r) {
      if (r < inputs_) in_.push_back(rows_[r].data());
      else out_.push_back(rows_[r].data());
    }
  }
  void call() { loop_->process(in_.data(), out_.data(), kFrames); }
  // As many rows as come out, of what comes in.
  void copy() {
    for (size_t c = 0; c < out_.size(); ++c)
      std::memcpy(out_[c], in_.empty() ? source_.data() : in_[c % in_.size()], kFrames * sizeof(float));
  }
  const float* output(size_t channel) const { return out_[channel]; }

 private:
  std::unique_ptr<textbook::Loop> loop_;
  size_t inputs_;
  std::vector<Row> rows_;
  Row source_{kFrames};
  std::vector<const float*> in_;
  std::vector<float*> out_;
};

// One way to run a case's patch.
struct Executed {
  std::string name, backend;
  std::shared_ptr<const Program> program;
};

// Widest last. What this machine lacks is left out and said in the report's notes.
Result<std::vector<Executed>> executors(BenchReport& report, const Graph& graph) {
  std::vector<Executed> all;
  const auto add = [&](const Backend& backend, bool strict) -> Result<bool> {
    CompileOptions options;
    options.sample_rate = textbook::kSampleRate;
    options.backend = &backend;
    options.strict = strict;
    Result<Compiled> compiled = compile_patch(graph, options);
    if (!compiled && machine_code_refused(report, compiled.errors())) return false;
    if (!compiled) return compiled.errors();
    all.push_back(
        {std::string(backend.name()) + (strict ? " strict" : ""), std::string(backend.name()), compiled->program});
    return true;
  };
  for (const Backend* backend : backends()) {
    if (!backend->available() || backend->name() == "reference") continue;
    if (const Result<bool> done = add(*backend, false); !done) return done.errors();
  }
  if (const Result<bool> done = add(best_backend(), true); !done) return done.errors();
  return all;
}

// Energy of the difference over the loop's own, dB, over two seconds of the same input.
double agreement_db(const RecurrenceCase& one, const Executed& executed) {
  constexpr int kBlocks = 188;
  const Layout& layout = executed.program->layout;
  LoopRun loop(one.loop, layout);
  BareRun ours(executed.program, kFrames);
  double error = 0, signal = 0;
  with_audio_fp([&] {
    for (int b = 0; b < kBlocks; ++b) {
      loop.call();
      ours.call();
      for (uint32_t c = 0; c < layout.output_channels; ++c)
        for (uint32_t f = 0; f < kFrames; ++f) {
          const double expected = loop.output(c)[f], difference = ours.output(c)[f] - expected;
          signal += expected * expected;
          error += difference * difference;
        }
    }
  });
  if (!(signal > 0) || !std::isfinite(error)) return HUGE_VAL;
  return 10 * std::log10(std::max(error, 1e-30 * signal) / signal);
}

// Leaves out of `all` what does not compute what the loop does.
double keep_agreeing(BenchReport& report, const RecurrenceCase& one, std::vector<Executed>& all) {
  double worst = -HUGE_VAL;
  std::erase_if(all, [&](const Executed& executed) {
    const double db = agreement_db(one, executed);
    worst = std::max(worst, db);
    if (db <= kAgreementDb) return false;
    char text[160];
    std::snprintf(text, sizeof text, "%s: %s differs from the loop (%.1f dB) and is not timed", one.name.c_str(),
                  executed.name.c_str(), db);
    report.notes.push_back(text);
    return true;
  });
  return worst;
}

struct Timed {
  std::map<std::string, Timing> times;  // per call
  double ghz = 0;
};

Timed time_case(const RecurrenceCase& one, const std::vector<Executed>& all, const BenchOptions& options,
                std::vector<std::string>& order) {
  std::vector<Job> jobs = {clock_job()};
  const auto add_loop = [&](const std::string& name, textbook::Maker make) {
    auto loop = std::make_shared<LoopRun>(make, all.front().program->layout);
    jobs.push_back({name, [loop] { loop->call(); }});
  };
  auto copied = std::make_shared<LoopRun>(one.loop, all.front().program->layout);
  jobs.push_back({kMemcpy, [copied] { copied->copy(); }});
  add_loop(kLoop, one.loop);
  for (const RecurrenceCase::Other& other : one.other_loops) add_loop(other.name, other.make);
  for (const Executed& executed : all) {
    auto bare = std::make_shared<BareRun>(executed.program, kFrames);
    jobs.push_back({executed.name, [bare] { bare->call(); }});
  }
  for (const uint32_t frames : {kFrames, kSmallFrames})
    for (const Executed& executed : all) {
      auto kernel = std::make_shared<Kernel>(executed.program, frames);
      jobs.push_back({executed.name + ", engine, blocks of " + std::to_string(frames), [kernel] { kernel->call(); }});
    }
  std::vector<Timing> timings;
  with_audio_fp([&] { timings = measure(jobs, options); });
  Timed timed{.ghz = clock_ghz(timings[0])};
  for (size_t j = 1; j < jobs.size(); ++j) {
    timed.times[jobs[j].name] = timings[j];
    order.push_back(jobs[j].name);
  }
  return timed;
}

double frames_of(const std::string& job) { return job.ends_with("blocks of 64") ? kSmallFrames : kFrames; }

void add_figures(BenchReport& report, const RecurrenceCase& one, const std::vector<Executed>& all, const Timed& timed,
                 const std::vector<std::string>& order, double worst_db) {
  const std::string group = one.name + ", per frame";
  for (const std::string& job : order) {
    const Timing& t = timed.times.at(job);
    const double frames = frames_of(job);
    report.figures.push_back({group, job, "ns", t.median_ns / frames, t.minimum_ns / frames});
  }
  const Timing& loop = timed.times.at(kLoop);
  for (const Executed& executed : all) {
    const Timing& t = timed.times.at(executed.name);
    report.figures.push_back({one.name + ", loop over ours", executed.name, "×", loop.median_ns / t.median_ns,
                              loop.minimum_ns / t.minimum_ns});
  }
  report.figures.push_back({one.name + ", conditions", "largest difference from the loop", "dB", worst_db, worst_db});
  if (timed.ghz > 0) report.figures.push_back({one.name + ", conditions", "clock", "GHz", timed.ghz, timed.ghz});
}

void add_goals(BenchReport& report, const RecurrenceCase& one, const std::vector<Executed>& all, const Timed& timed,
               double worst_db) {
  report.goals.push_back({one.name + ": differs from the loop by, dB", worst_db, kAgreementDb, true});
  const double slower = timed.ghz > 0 ? kGoalGhz / timed.ghz : 1;
  for (const RecurrenceCase::Limit& limit : one.limits) {
    const auto found = timed.times.find(limit.backend);
    if (found == timed.times.end()) continue;
    char text[128];
    std::snprintf(text, sizeof text, "%s %s, ns per frame (%.2f at %.1f GHz)", one.name.c_str(), limit.backend.c_str(),
                  limit.ns_per_frame, kGoalGhz);
    report.goals.push_back({text, found->second.median_ns / kFrames, limit.ns_per_frame * slower, true});
  }
  const auto widest = std::find_if(all.rbegin(), all.rend(), [](const Executed& e) { return e.name == e.backend; });
  if (one.times_faster > 0 && widest != all.rend() && widest->backend != "interpreter")
    report.goals.push_back({one.name + ": loop / " + widest->name,
                            timed.times.at(kLoop).median_ns / timed.times.at(widest->name).median_ns, one.times_faster,
                            false});
}

Result<bool> add_case(BenchReport& report, const RecurrenceCase& one, const BenchOptions& options) {
  Result<std::vector<Executed>> all = executors(report, one.graph);
  if (!all) return all.errors();
  const double worst_db = keep_agreeing(report, one, *all);
  if (all->empty()) {
    report.goals.push_back({one.name + ": differs from the loop by, dB", worst_db, kAgreementDb, true});
    return true;
  }
  std::vector<std::string> order;
  const Timed timed = time_case(one, *all, options, order);
  add_figures(report, one, *all, timed, order, worst_db);
  add_goals(report, one, *all, timed, worst_db);
  return true;
}

}  // namespace

void note_missing_backends(BenchReport& report) {
  for (const char* name : {"sse", "avx2", "avx512"}) {
    const Backend* backend = find_backend(name);
    if (!backend) report.notes.push_back(std::string("not measured: this build has no machine code for ") + name);
    else if (!backend->available())
      report.notes.push_back(std::string("not measured: this processor or system cannot run ") + name);
  }
}

bool machine_code_refused(BenchReport& report, const std::vector<Error>& errors) {
  if (errors.front().code != Errc::no_machine_code) return false;
  const std::string note = "not measured: " + errors.front().message;
  if (std::find(report.notes.begin(), report.notes.end(), note) == report.notes.end()) report.notes.push_back(note);
  return true;
}

}  // namespace sinter::measuring

namespace sinter {

Result<BenchReport> bench_recurrences(const BenchOptions& options) {
  BenchReport report;
  report.processor = measuring::processor_name();
  measuring::note_missing_backends(report);
  const Result<std::vector<measuring::RecurrenceCase>> cases = measuring::recurrence_cases();
  if (!cases) return cases.errors();
  for (const measuring::RecurrenceCase& one : *cases)
    if (const Result<bool> done = measuring::add_case(report, one, options); !done) return done.errors();
  report.notes.push_back(
      "'loop' is what a C++ programmer writes, by g++ -O3 -march=native -ffast-math. Each executor was compared with "
      "it over "
      "two seconds before it was timed.");
  report.notes.push_back("Figures without 'engine' are of the code alone, in blocks of 512 frames.");
  report.notes.push_back("Goals in ns are for 2.7 GHz and scaled by the clock that was measured beside each case.");
  return report;
}

}  // namespace sinter
