// Sinter beside Faust: makes every pair in every configuration, checks that all compute the same, then times them in
// one process. The figures are in docs/performance.md.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <thread>

#include "agreement.hpp"
#include "configurations.hpp"
#include "pair.hpp"
#include "report.hpp"
#include "runner.hpp"
#include "sinter/bench/measure.hpp"
#include "timing.hpp"

namespace sinter::peers {
namespace {

using Words = std::vector<std::string>;

// The pairs' lengths and pitches are whole numbers at this rate.
constexpr double kSampleRate = 48'000;

struct Options {
  std::string folder = SINTER_PEERS_DIR, cache = SINTER_PEERS_CACHE, json_path;
  std::vector<uint32_t> blocks = {64, 512};
  Words only;
  TimingOptions timing;
  int processor = -1, compiles = 3;
  bool no_static = false, check = false;
};

struct Candidates {
  std::vector<std::unique_ptr<Runner>> runners;
  std::string problem;
  void add(std::unique_ptr<Runner> made, std::string& why) {
    if (made) runners.push_back(std::move(made));
    else problem += (problem.empty() ? "" : "; ") + why;
  }
};

// "NAME: " before configurations of programs beyond the first, so that all have names of their own.
std::string label(const Pair& pair, size_t program, const std::string& engine, const Words& options) {
  std::string name = engine;
  for (const std::string& option : options) name += " " + option;
  if (program == 0) return name;
  const std::string& path = pair.dsp_paths[program];
  const std::string file = path.substr(path.find_last_of('/') + 1);
  const size_t from = pair.name.size() + 1;
  return file.substr(from, file.find_last_of('.') - from) + ": " + name;
}

void add_faust(Candidates& all, const Pair& pair, size_t program, const Options& options) {
  const std::string& path = pair.dsp_paths[program];
  std::string why;
  for (const Words& words : jit_options())
    all.add(jit_runner(label(pair, program, "llvm", words), path, words, kSampleRate, options.compiles, why), why);
  if (options.no_static) return;
  for (const NamedBuild& one : static_builds())
    all.add(static_runner(label(pair, program, one.build.compiler, one.words), path, one.build, options.cache,
                          kSampleRate, why),
            why);
}

Candidates make_all(const Pair& pair, const Options& options) {
  Candidates all;
  std::string why;
  for (const Backend* backend : backends())
    if (backend->available() && backend->name() != "reference")
      all.add(sinter_runner(pair.patch_path, *backend, kSampleRate, false, why), why);
  for (size_t program = 0; program < pair.dsp_paths.size(); ++program) add_faust(all, pair, program, options);
  return all;
}

// Compares everything with the first Faust program in double precision. What is wrong goes to result.problem.
void check_agreement(PairResult& result, Candidates& all, const Options& options) {
  const Pair& pair = result.pair;
  std::string why;
  const auto wrong = [&](const std::string& text) { result.problem += (result.problem.empty() ? "" : "; ") + text; };
  const auto truth = static_runner("truth", pair.dsp_paths[0], truth_build(), options.cache, kSampleRate, why);
  if (!truth) return wrong(why);
  const Responses should = respond(*truth);
  const auto f64 = sinter_runner(pair.patch_path, *find_backend("reference"), kSampleRate, true, why);
  if (!f64) return wrong(why);
  char text[200];
  const auto compare = [&](Runner& one, uint32_t lag) {
    return pair.spectrum ? spectral_difference_db(should, respond(one)) : difference_db(should, respond(one), lag);
  };
  result.f64_db = compare(*f64, pair.lag);
  if (!(result.f64_db <= pair.limit_db)) {
    std::snprintf(text, sizeof text, "the sides differ by %.1f dB in double precision", result.f64_db);
    wrong(text);
  }
  for (const auto& runner : all.runners) {
    const bool ours = runner->side == Side::sinter;
    const double db = compare(*runner, ours ? pair.lag : 0);
    result.contenders.push_back({runner->side, runner->name, runner->compile_ms, db, {}});
    // The other side may be as inexact as single precision makes it, but has to compute the same thing.
    constexpr double kOtherProgram = -40;
    if (db <= (ours ? pair.single_db : kOtherProgram)) continue;
    std::snprintf(text, sizeof text, "%s differs by %.1f dB", runner->name.c_str(), db);
    wrong(text);
  }
}

// Everything that C++ compilers have to do, on all processors: afterwards each library is only loaded. What fails does
// so again, and is reported, where the library is wanted.
void build_all(const std::vector<Pair>& pairs, const Options& options) {
  std::vector<std::function<void()>> jobs;
  const auto add = [&](const std::string& path, const StaticBuild& build) {
    jobs.push_back([path, build, &options] {
      std::string problem;
      build_static(path, build, options.cache, problem);
    });
  };
  for (const Pair& pair : pairs) {
    add(pair.dsp_paths[0], truth_build());
    if (options.no_static) continue;
    for (const std::string& path : pair.dsp_paths)
      for (const NamedBuild& one : static_builds()) add(path, one.build);
  }
  std::atomic<size_t> next{0};
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < std::max(1u, std::thread::hardware_concurrency()); ++t)
    threads.emplace_back([&] {
      for (size_t job; (job = next++) < jobs.size();) jobs[job]();
    });
}

PairResult run_pair(const Pair& pair, const Options& options) {
  PairResult result;
  result.pair = pair;
  Candidates all = make_all(pair, options);
  result.problem = all.problem;
  check_agreement(result, all, options);
  if (options.check || result.contenders.size() != all.runners.size()) return result;
  std::vector<Runner*> runners;
  for (const auto& runner : all.runners) runners.push_back(runner.get());
  const auto timings = measure(runners, options.blocks, options.timing);
  for (size_t r = 0; r < runners.size(); ++r) result.contenders[r].timings = timings[r];
  return result;
}

int run(const Options& options) {
  const Result<std::vector<Pair>> pairs = find_pairs(options.folder, options.only);
  if (!pairs) {
    for (const Error& error : pairs.errors()) std::fprintf(stderr, "%s\n", format(error).c_str());
    return 1;
  }
  Report report;
  report.processor = measuring::processor_name();
  report.compilers = jit_version();
  report.sample_rate = kSampleRate;
  if (!options.check) report.blocks = options.blocks;
  for (const char* tool : {"faust", "g++", "clang++"})
    if (!is_installed(tool)) report.remarks.push_back(std::string(tool) + " is not installed: left out");
  std::fprintf(stderr, "compiling what Faust wrote …\n");
  build_all(*pairs, options);
  if (pin_to_processor(options.processor) < 0) report.remarks.push_back("could not pin to one processor");
  bool good = true;
  for (const Pair& pair : *pairs) {
    std::fprintf(stderr, "%s …\n", pair.name.c_str());
    report.results.push_back(run_pair(pair, options));
    good = good && report.results.back().problem.empty();
  }
  std::fputs(text_report(report).c_str(), stdout);
  if (!options.json_path.empty() && !(std::ofstream(options.json_path) << json_report(report))) {
    std::fprintf(stderr, "%s cannot be written\n", options.json_path.c_str());
    return 1;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace sinter::peers

int main(int count, char** arguments) {
  sinter::peers::Options options;
  CLI::App app("Sinter beside Faust: the same programs, checked to agree, then timed in one process.");
  app.add_option("PAIR", options.only, "Pairs to run, by the names of their files; without any, all");
  app.add_option("--blocks", options.blocks, "Frames of a block, for example 32,64,256,512")
      ->delimiter(',')
      ->check(CLI::Range(1, 8'192));
  app.add_option("--rounds", options.timing.rounds, "Readings of each figure")->check(CLI::Range(1, 10'000));
  app.add_option("--batch-us", options.timing.batch_us, "Length of a reading, µs")->check(CLI::Range(10, 100'000));
  app.add_option("--compiles", options.compiles, "Readings of libfaust's compile time")->check(CLI::Range(1, 100));
  app.add_option("--cpu", options.processor, "Processor to run on; without, the one it starts on");
  app.add_option("--json", options.json_path, "Also writes everything as JSON to this file");
  app.add_option("--folder", options.folder, "Where patches/ and faust/ lie");
  app.add_option("--cache", options.cache, "Where compiled Faust programs are kept");
  app.add_flag("--no-static", options.no_static, "libfaust only, no C++ compilers");
  app.add_flag("--check", options.check, "Checks agreement only, without timing");
  CLI11_PARSE(app, count, arguments);
  return sinter::peers::run(options);
}
