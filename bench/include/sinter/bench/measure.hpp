// Google Benchmark behind a function. All work of a call is measured in random alternation.
#pragma once

#include <cstdint>
#include <functional>
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

/// Time of one call of each job.
std::vector<Timing> measure(const std::vector<Job>& jobs, const BenchOptions& options);

/// What a list of times amounts to. `period`: see Distribution.
Distribution distribution(std::string group, std::string name, std::string unit, std::vector<double> values,
                          double period = 0);

void throughput(BenchReport& report, const BenchOptions& options);
void compile_times(BenchReport& report, const BenchOptions& options);
Result<bool> swap_times(BenchReport& report, const BenchOptions& options);
Result<bool> callback_times(BenchReport& report, const BenchOptions& options);

/// Samples at a 64-byte boundary, as hosts hand them out: noise in −0.5 … 0.5, the same every time.
class Row {
 public:
  explicit Row(uint32_t frames) : store_(frames + 32) { fill(); }
  float* data() { return store_.data() + (64 - reinterpret_cast<uintptr_t>(store_.data()) % 64) % 64 / sizeof(float); }

 private:
  void fill();
  std::vector<float> store_;
};

/// A compiled graph in an engine with rows of its own, called on one block as a host would.
class Kernel {
 public:
  Kernel(const Graph& graph, const Backend& backend, uint32_t frames, double sample_rate = 48'000);
  bool ok() const { return ok_; }
  void call() { engine_.process(inputs_, outputs_, frames_); }

 private:
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
