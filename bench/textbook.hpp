// Filters, reverbs and oscillators as a C++ programmer writes them: one sample at a time, states in registers where
// they fit. Compiled with -O3 -march=native -ffast-math; each computes what the patch of its name in
// recurrence_cases.cpp does.
#pragma once

#include <cstddef>
#include <memory>

namespace sinter::textbook {

inline constexpr double kSampleRate = 48'000;

class Loop {
 public:
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  virtual ~Loop();
  /// Rows of `frames` samples; goes on where the last call ended.
  virtual void process(const float* const* in, float* const* out, std::size_t frames) = 0;
};
using Maker = std::unique_ptr<Loop> (*)();

// textbook_filters.cpp
std::unique_ptr<Loop> biquad();  ///< transposed direct form II
std::unique_ptr<Loop> one_pole();
std::unique_ptr<Loop> cascade();        ///< ten biquads, all of them in each sample
std::unique_ptr<Loop> modulated_svf();  ///< trapezoidal, with a tangent per sample
std::unique_ptr<Loop> modes();          ///< 64 biquads in turn
std::unique_ptr<Loop>
modes_side_by_side();            ///< the same with all coefficients of a kind in one array, for the vectoriser
std::unique_ptr<Loop> ladder();  ///< five tanh per sample

// textbook_delays.cpp
std::unique_ptr<Loop> freeverb();
std::unique_ptr<Loop> strings();

// textbook_sources.cpp
std::unique_ptr<Loop> saws();
std::unique_ptr<Loop> operators();
std::unique_ptr<Loop> strips();  ///< 40 strips in turn, each node over a block of 64: what the vectoriser likes
std::unique_ptr<Loop> strips_by_sample();  ///< the same with all strips in each sample

}  // namespace sinter::textbook
