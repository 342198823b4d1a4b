// Google Benchmark behind a function. All work of a call is measured in random alternation.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sinter/bench/bench.hpp"

namespace sinter::measuring {

struct Job {
  std::string name;
  std::function<void()> work;
};

/// As the system calls it.
std::string processor_name();

struct Timing {
  double median_ns = 0, minimum_ns = 0;
};

/// The thread's processor time for one call of each job: other work on the machine does not count.
std::vector<Timing> measure(const std::vector<Job>& jobs, const BenchOptions& options);

/// Processor time of the calling thread, microseconds: other work on the machine does not count. Any thread.
double processor_us();

/// A job whose time tells the processor's clock beside whatever else is measured: its additions wait for each other,
/// one cycle each. clock_ghz() of its median is 0 where this is not known of the processor.
Job clock_job();
double clock_ghz(const Timing& timing);

/// Says which kinds of machine code this build or processor lacks.
void note_missing_backends(BenchReport& report);
/// True, and noted, where the system gave no memory for machine code.
bool machine_code_refused(BenchReport& report, const std::vector<Error>& errors);

/// What a list of times amounts to. `period`: see Distribution.
Distribution distribution(std::string group, std::string name, std::string unit, std::vector<double> values,
                          double period = 0);

void throughput(BenchReport& report, const BenchOptions& options);
void compile_times(BenchReport& report, const BenchOptions& options);
Result<bool> swap_times(BenchReport& report, const BenchOptions& options);
Result<bool> callback_times(BenchReport& report, const BenchOptions& options);

/// Samples at a 64-byte boundary, as hosts hand them out: noise in −0.5 … 0.5, the same in every row of a length.
class Row {
 public:
  explicit Row(uint32_t frames) : store_(frames + 32) { fill(); }
  // A copy's boundary lies elsewhere in its memory.
  Row(const Row& other) : store_(other.store_.size()) { fill(); }
  Row(Row&&) = default;
  Row& operator=(Row other) {
    store_.swap(other.store_);
    return *this;
  }
  float* data() { return store_.data() + (64 - reinterpret_cast<uintptr_t>(store_.data()) % 64) % 64 / sizeof(float); }

 private:
  void fill();
  std::vector<float> store_;
};

/// A compiled graph in an engine with rows of its own, called on one block as a host would.
class Kernel {
 public:
  Kernel(const Graph& graph, const Backend& backend, uint32_t frames, double sample_rate = 48'000);
  Kernel(std::shared_ptr<const Program> program, uint32_t frames);
  bool ok() const { return ok_; }
  void call() { engine_.process(inputs_, outputs_, frames_); }

 private:
  void prepare(std::shared_ptr<const Program> program);
  bool ok_ = false;
  uint32_t frames_;
  Engine engine_;
  std::vector<Row> rows_;
  std::vector<const float*> inputs_;
  std::vector<float*> outputs_;
};

Graph affine_graph();
Graph shaper_graph();
Graph cheap_graph(uint32_t nodes);
Graph eight_op_graph();
/// A graph of about this many distinct ops in expression nodes, `channels` wide.
Graph random_ops_graph(uint32_t ops, uint32_t channels);

}  // namespace sinter::measuring
