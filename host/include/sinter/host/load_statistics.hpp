// How much of its time the audio callback takes: counted without locks, told as percentiles.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>

namespace sinter::host {

/// Loads (callback time / period) in classes 1/32 of an octave wide, from 2⁻¹⁶ to 2⁸; never full.
class LoadHistogram {
 public:
  static constexpr uint32_t kSteps = 32, kOctaves = 24;
  static constexpr uint32_t kClasses = kSteps * kOctaves;
  using Counts = std::array<uint64_t, kClasses>;

  /// Audio thread (one).
  void add(double load) noexcept;
  Counts counts() const noexcept;
  double largest() const noexcept { return largest_.load(std::memory_order_relaxed); }

  static uint32_t class_of(double load) noexcept;
  static double upper_edge(uint32_t index) noexcept;

 private:
  std::array<std::atomic<uint64_t>, kClasses> counts_{};
  std::atomic<double> largest_{0};
};

/// Loads; 1 is the whole period. Each is the upper edge of its class: at most 1/32 too large.
struct LoadFigures {
  uint64_t callbacks = 0;
  double p50 = 0, p99 = 0, max = 0;
};
LoadFigures load_figures(const LoadHistogram::Counts& counts);

/// Figures of the last seconds and of all time. Control thread.
class LoadStatistics {
 public:
  explicit LoadStatistics(const LoadHistogram& histogram) : histogram_(histogram) { tick(); }
  /// Once a second.
  void tick();
  LoadFigures recent() const;  ///< the last kWindow ticks
  LoadFigures overall() const;
  static constexpr size_t kWindow = 5;  ///< ticks

 private:
  const LoadHistogram& histogram_;
  std::deque<LoadHistogram::Counts> past_;
};

}  // namespace sinter::host
