// Impulse responses read from audio files.
#pragma once

#include <string>
#include <vector>

#include "sinter/base/error.hpp"

namespace sinter::nodes {

inline constexpr double kMaxImpulseSeconds = 30;

/// An impulse response: one row per channel, all of one length (at least 1 sample), every sample finite.
struct Impulse {
  std::vector<std::vector<float>> channels;
};

/// Reads a file that libsndfile reads and brings it to `sample_rate` (Hz), its level scaled so that convolving with it
/// sounds the same at every rate. Errors: missing_asset, bad_audio, limit_delay. Control thread.
Result<Impulse> load_impulse(const std::string& path, double sample_rate);

}  // namespace sinter::nodes
