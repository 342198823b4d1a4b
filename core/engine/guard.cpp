// Sample by sample over linked channels; a sample that is not finite counts as a runaway.
#include "guard.hpp"

#include <algorithm>
#include <cmath>

namespace sinter {
namespace {

constexpr float kCeiling = 1;
constexpr float kRunaway = 15.8489f;   // +24 dB
constexpr float kAlmostOne = 0.9999f;  // beyond it float steps are too coarse to recover; the signal passes untouched
constexpr double kRecoverySeconds = 0.1, kOpenSeconds = 0.05, kQuietSeconds = 0.5;

}  // namespace

void OutputGuard::prepare(double sample_rate) noexcept {
  recovery_ = static_cast<float>(1 - std::exp(-3 / (kRecoverySeconds * sample_rate)));
  opening_step_ = static_cast<float>(1 / (kOpenSeconds * sample_rate));
  wanted_quiet_ = static_cast<uint32_t>(kQuietSeconds * sample_rate);
  mutes_ = 0;
  reset();
}

void OutputGuard::reset() noexcept {
  gain_ = opening_ = 1;
  quiet_frames_ = 0;
  muted_ = false;
}

// Infinite where any channel is not finite.
float OutputGuard::peak_of_frame(std::span<float* const> outputs, uint32_t frame) const noexcept {
  float peak = 0;
  for (const float* row : outputs) {
    if (!row) continue;
    const float size = std::abs(row[frame]);
    if (!(size < HUGE_VALF)) return HUGE_VALF;
    peak = std::max(peak, size);
  }
  return peak;
}

void OutputGuard::process(std::span<float* const> outputs, uint32_t frames) noexcept {
  for (uint32_t f = 0; f < frames; ++f) {
    const float peak = peak_of_frame(outputs, f);
    if (peak >= kRunaway) {
      if (!muted_) ++mutes_;
      muted_ = true;
      quiet_frames_ = 0;
      opening_ = 0;
    }
    if (muted_) {
      quiet_frames_ = peak <= kCeiling ? quiet_frames_ + 1 : 0;
      muted_ = quiet_frames_ < wanted_quiet_;
    } else {
      opening_ = std::min(1.0f, opening_ + opening_step_);
    }
    gain_ = gain_ < kAlmostOne ? gain_ + (1 - gain_) * recovery_ : 1;
    if (peak * gain_ > kCeiling) gain_ = kCeiling / peak;
    const float gain = gain_ * opening_;
    if (gain == 1) continue;
    for (float* row : outputs)
      if (row) row[f] = muted_ ? 0 : std::clamp(row[f] * gain, -kCeiling, kCeiling);
  }
}

}  // namespace sinter
