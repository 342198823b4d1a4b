// Percentiles of the callback's load from a histogram with equal relative steps.
#include "sinter/host/load_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace sinter::host {
namespace {

constexpr int kLowestExponent = -15;  // frexp's exponent of 2^-16

}  // namespace

uint32_t LoadHistogram::class_of(double load) noexcept {
  if (!(load > 0)) return 0;
  int exponent = 0;
  const double mantissa = std::frexp(load, &exponent);  // 0.5 … 1
  if (exponent < kLowestExponent) return 0;
  const auto step = static_cast<uint32_t>((mantissa * 2 - 1) * kSteps);
  const uint32_t index = static_cast<uint32_t>(exponent - kLowestExponent) * kSteps + std::min(step, kSteps - 1);
  return std::min(index, kClasses - 1);
}

double LoadHistogram::upper_edge(uint32_t index) noexcept {
  const int octave = static_cast<int>(index / kSteps) + kLowestExponent - 1;
  return std::ldexp(1 + (index % kSteps + 1.0) / kSteps, octave);
}

// One writer: a load and a store are enough, and cost no bus lock.
void LoadHistogram::add(double load) noexcept {
  std::atomic<uint64_t>& count = counts_[class_of(load)];
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (load > largest_.load(std::memory_order_relaxed)) largest_.store(load, std::memory_order_relaxed);
}

LoadHistogram::Counts LoadHistogram::counts() const noexcept {
  Counts all;
  for (uint32_t i = 0; i < kClasses; ++i) all[i] = counts_[i].load(std::memory_order_relaxed);
  return all;
}

LoadFigures load_figures(const LoadHistogram::Counts& counts) {
  LoadFigures figures;
  for (uint64_t count : counts) figures.callbacks += count;
  if (!figures.callbacks) return figures;
  const double all = static_cast<double>(figures.callbacks);
  uint64_t below = 0;
  for (uint32_t i = 0; i < LoadHistogram::kClasses; ++i) {
    if (!counts[i]) continue;
    const double edge = LoadHistogram::upper_edge(i);
    const double before = static_cast<double>(below);
    below += counts[i];
    const double upto = static_cast<double>(below);
    if (before < 0.5 * all && upto >= 0.5 * all) figures.p50 = edge;
    if (before < 0.99 * all && upto >= 0.99 * all) figures.p99 = edge;
    figures.max = edge;
  }
  return figures;
}

void LoadStatistics::tick() {
  past_.push_back(histogram_.counts());
  if (past_.size() > kWindow + 1) past_.pop_front();
}

LoadFigures LoadStatistics::recent() const {
  LoadHistogram::Counts now = histogram_.counts();
  for (uint32_t i = 0; i < LoadHistogram::kClasses; ++i) now[i] -= past_.front()[i];
  return load_figures(now);
}

LoadFigures LoadStatistics::overall() const {
  LoadFigures figures = load_figures(histogram_.counts());
  figures.max = histogram_.largest();
  figures.p50 = std::min(figures.p50, figures.max);
  figures.p99 = std::min(figures.p99, figures.max);
  return figures;
}

}  // namespace sinter::host
