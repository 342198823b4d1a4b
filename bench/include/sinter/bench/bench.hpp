// The measurements of `sinter bench`: named figures with medians and minima, all ratios from one run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sinter/sinter.hpp"

namespace sinter {

/// One measured figure.
struct Figure {
  std::string group;  ///< "affine_44100", "shaper", "compile/1000 ops", …
  std::string name;   ///< "avx2", "memcpy", "g++ -O3", …
  std::string unit;   ///< "ns", "ns per node-sample", "µs", "×"
  double median = 0, minimum = 0;
  std::string note;  ///< what has to be said about this one; mostly empty
};

/// Times of many like events, one by one: what a median hides is what is heard.
struct Distribution {
  std::string group, name, unit;
  uint64_t count = 0;
  double minimum = 0, p50 = 0, p90 = 0, p99 = 0, maximum = 0;
  double period = 0;  ///< what a callback may take, in the same unit; 0: not a callback's time
};

/// What one step of a plan costs, in cycles per frame.
struct Prediction {
  std::string group, name;  ///< the patch; the step's number, kind, size, and how its recurrences are solved
  double predicted = 0;     ///< by the cost model; 0: it says nothing
  double median = 0, minimum = 0;
};

/// A goal of the project, with what this run reached.
struct Goal {
  std::string text;
  double reached = 0, goal = 0;
  bool at_most = true;
  bool met() const { return at_most ? reached <= goal : reached >= goal; }
};

struct BenchReport {
  std::string processor;
  std::vector<Figure> figures;
  std::vector<Distribution> distributions;
  std::vector<Prediction> predictions;
  std::vector<Goal> goals;
  std::vector<std::string> notes;  ///< what was not measured and why, and what holds for all figures
  const Figure* find(std::string_view group, std::string_view name) const;
  const Distribution* find_distribution(std::string_view group, std::string_view name) const;
};

struct BenchOptions {
  int repetitions = 15;
  double seconds_per_repetition = 0.004;
  bool compile_times = true;
  std::string self;      ///< path of the sinter program, to measure cold compiles in new processes; empty: not measured
  uint32_t edits = 240;  ///< of a patch that plays, measured by bench_swap
  uint32_t largest = 4'096;  ///< of the sizes that bench_growth measures
};

/// Everything above in one run; takes about half a minute. Control thread.
BenchReport run_benchmarks(const BenchOptions& options);

/// ns per frame of a patch on every available backend, block 512. Control thread. Errors: of the patch.
Result<BenchReport> bench_patch(const Graph& graph, const std::string& name, double sample_rate,
                                const BenchOptions& options);

/// Editing while it sounds: from set_patch to the first frame of the new patch, on a thread that is paced as a device
/// would; and what callbacks cost while a program takes over, whatever it remembers. About a minute. Control thread.
/// Errors: of the patches it makes.
Result<BenchReport> bench_swap(const BenchOptions& options);

/// The worst that parameters, notes and the transport may ask of a block, beside the same patch at rest. Control
/// thread. Errors: of the patches it makes.
Result<BenchReport> bench_events(const BenchOptions& options);

/// Filters, oscillators and reverbs in ns per frame beside the loops that a C++ programmer writes for them; what
/// computes something else than the loop is not timed. About a minute. Control thread. Errors: of the patches it makes.
Result<BenchReport> bench_recurrences(const BenchOptions& options);

/// Chains, banks and parallel chains of 1 to some thousand nodes: ns per node and frame, and compile times. About two
/// minutes. Control thread. Errors: of the patches it makes.
Result<BenchReport> bench_growth(const BenchOptions& options);

/// What an instance of each node costs, by itself and of sixteen. About half a minute. Control thread. Errors: of the
/// examples in docs/nodes.md.
Result<BenchReport> bench_nodes(const BenchOptions& options);

/// Every step of a patch's plan on the widest machine code, each run by itself on the memory of the whole: the cycles
/// per frame that the cost model predicts, and those measured. A note instead where there is no machine code. Control
/// thread. Errors: of the patch.
Result<BenchReport> bench_predicted(const Graph& graph, const std::string& name, double sample_rate,
                                    const BenchOptions& options);

/// What bench_predicted found in all patches of a report, as notes and one goal.
void summarise_predictions(BenchReport& report);

/// The patches that ship with Sinter, sorted; empty where the sources it was built from are gone. Control thread.
std::vector<std::string> example_patches();

/// The first compile of a new process, in microseconds: what the cold figures measure. `what` is "affine", "shaper" or
/// a number of ops.
double compile_once(const std::string& what);

std::string format_report(const BenchReport& report);
std::string json_report(const BenchReport& report);

}  // namespace sinter
