// Fast mode is judged by the f64 reference: not much further from it than strict f32 is.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "random_graph.hpp"
#include "run.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

using Audio = std::vector<std::vector<float>>;

CompileOptions with(const Backend* backend, bool strict, bool f64) {
  CompileOptions options;
  options.backend = backend;
  options.strict = strict;
  options.f64 = f64;
  return options;
}

struct Window {
  double error = 0, peak = 0;
};

Window window(const Audio& exact, const Audio& got, size_t channel, size_t from) {
  Window w;
  for (size_t f = from; f < std::min(from + 64, exact[channel].size()); ++f) {
    w.peak = std::max(w.peak, std::abs(static_cast<double>(exact[channel][f])));
    w.error = std::max(w.error, std::abs(static_cast<double>(got[channel][f]) - exact[channel][f]));
  }
  return w;
}

double signal_to_error_db(const Audio& exact, const Audio& got) {
  double signal = 0, error = 0;
  for (size_t c = 0; c < exact.size(); ++c)
    for (size_t f = 0; f < exact[c].size(); ++f) {
      const double e = static_cast<double>(got[c][f]) - exact[c][f];
      signal += static_cast<double>(exact[c][f]) * exact[c][f];
      error += e * e;
    }
  if (error == 0) return 400;
  return 10 * std::log10(signal / error);
}

bool all_finite(const Audio& audio) {
  for (const auto& row : audio)
    for (float x : row)
      if (!std::isfinite(x)) return false;
  return true;
}

// The bound of the fast contract: err(fast) ≤ 4 · err(strict f32) + 2^-20 · peak in every 64-frame window. Errors are
// compared over a window's surroundings, because two roundings of one recurrence err at different moments.
std::string beyond_bound(const Audio& exact, const Audio& strict, const Audio& fast) {
  for (size_t c = 0; c < exact.size(); ++c) {
    double strict_so_far = 0, peak_so_far = 0;
    for (size_t from = 0; from < exact[c].size(); from += 64) {
      const Window s = window(exact, strict, c, from), f = window(exact, fast, c, from);
      strict_so_far = std::max(strict_so_far, s.error);
      peak_so_far = std::max(peak_so_far, s.peak);
      if (!(f.error <= 4 * strict_so_far + 0x1p-20 * peak_so_far))
        return "channel " + std::to_string(c) + " window at " + std::to_string(from) + ": error " +
               std::to_string(f.error) + " against " + std::to_string(strict_so_far) + " strict, peak " +
               std::to_string(peak_so_far);
    }
  }
  return "";
}

// Runs a graph in f64, strict and in fast mode on every machine backend.
struct Verdict {
  bool comparable = false;
  std::string problem;
};

Verdict judge(const Graph& graph, uint64_t seed, double absolute_bound) {
  Verdict verdict;
  const Backend* reference = find_backend("reference");
  Result<Compiled> exact = compile_patch(graph, with(reference, true, true));
  Result<Compiled> strict = compile_patch(graph, with(reference, true, false));
  if (!exact || !strict) {
    verdict.problem = "does not compile: " + format(exact ? strict.error() : exact.error());
    return verdict;
  }
  Random random(seed * 31 + 7);
  const Scenario scenario = make_scenario(random, strict->program->layout, 512, false);
  const Audio truth = run(exact->program, scenario, {});
  const Audio f32 = run(strict->program, scenario, {});
  if (!all_finite(truth) || !all_finite(f32) || signal_to_error_db(truth, f32) < 40) return verdict;
  verdict.comparable = true;
  for (const Backend* backend : backends()) {
    if (!backend->available() || backend == reference) continue;
    Result<Compiled> fast = compile_patch(graph, with(backend, false, false));
    if (!fast) {
      verdict.problem = format(fast.error());
      return verdict;
    }
    const Audio got = run(fast->program, scenario, {256, false, false});
    ran_on(backend->name());
    verdict.problem = beyond_bound(truth, f32, got);
    if (absolute_bound > 0 && verdict.problem.empty())
      for (size_t c = 0; c < truth.size(); ++c)
        for (size_t f = 0; f < truth[c].size(); ++f)
          if (std::abs(static_cast<double>(got[c][f]) - truth[c][f]) > absolute_bound)
            verdict.problem =
                "absolute error " + std::to_string(std::abs(static_cast<double>(got[c][f]) - truth[c][f]));
    if (!verdict.problem.empty()) {
      verdict.problem = std::string(backend->name()) + ": " + verdict.problem;
      return verdict;
    }
  }
  return verdict;
}

}  // namespace

TEST_CASE("random contractive graphs in fast mode stay within the bound against double precision") {
  // Filters at 60 Hz lose 40 dB of their 150; everything else here is a handful of roundings of numbers near 1.
  constexpr double kAbsoluteBound = 2e-3;
  const uint64_t count = scaled(2'000);
  uint64_t chaotic = 0;
  uint32_t failures = 0;
  for (uint64_t seed = 1; seed <= count && failures < 3; ++seed) {
    Random random(seed + 5'000'000);
    const Graph graph = random_graph(random, {.max_nodes = 8, .smooth = true});
    const Verdict verdict = judge(graph, seed, kAbsoluteBound);
    chaotic += !verdict.comparable && verdict.problem.empty();
    if (verdict.problem.empty()) continue;
    ++failures;
    MESSAGE("seed " << seed << ": " << verdict.problem << "\n" << write_patch(graph));
  }
  CHECK(failures == 0);
  CHECK(chaotic * 20 <= count);
}
