// Compiles a graph of standard nodes and runs it on every executor, cut into blocks of random length.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sinter/sinter.hpp"

namespace sinter::test {

using Rows = std::vector<std::vector<float>>;

inline constexpr double kRates[] = {44'100, 96'000, 192'000};

/// A graph with one node `x` whose first output goes out; `ports` as in a patch. Every name in `inputs` is a mono
/// input.
Graph one_node(const std::string& type, std::vector<std::pair<std::string, std::string>> ports,
               std::vector<std::pair<std::string, SettingValue>> settings = {},
               std::vector<std::string> inputs = {"in"});

/// A number as patches write it, to the last digit.
std::string exact(double value);
SettingValue number(double value);
SettingValue choice(std::string text);
SettingValue file(std::string path);

struct RunOptions {
  double sample_rate = 48'000;
  bool f64 = false;         ///< audio in double precision, on the reference interpreter
  uint64_t block_seed = 1;  ///< of the random block lengths
};

/// Output channels of a graph on one backend. Fails the test where the graph does not compile.
Rows render(const Graph& graph, const Rows& inputs, uint32_t frames, const RunOptions& options, const Backend& backend);

/// Runs on every backend that is available (in an f64 run: on the reference) and hands each result to `check`.
void on_every_executor(const Graph& graph, const Rows& inputs, uint32_t frames, const RunOptions& options,
                       const std::function<void(const Rows&)>& check);

std::vector<float> noise(size_t frames, uint64_t seed, double amplitude = 1);
std::vector<float> impulse(size_t frames);
/// Largest |a − b|; infinite where a is not finite.
double worst_difference(const std::vector<float>& a, const std::vector<double>& b);
double largest(const std::vector<double>& a);

}  // namespace sinter::test
