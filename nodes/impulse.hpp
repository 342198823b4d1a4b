// Audio files as nodes read them: as they are, or as impulse responses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sinter/base/error.hpp"

namespace sinter::nodes {

inline constexpr double kMaxImpulseSeconds = 30;

/// What a file holds: interleaved frames (at least one) of at most 64 channels, every sample finite.
struct AudioFile {
  uint32_t channels = 1;
  double sample_rate = 48'000;  ///< Hz
  std::vector<float> samples;
};

/// What a file may hold at most: it is refused by its header.
struct AudioLimits {
  double seconds = kMaxImpulseSeconds;
  uint32_t channels = 64;
};

/// Reads a file that libsndfile reads. Errors: missing_asset, bad_audio, limit_delay, limit_channels. Control thread.
Result<AudioFile> read_audio(const std::string& path, const AudioLimits& limits);

/// An impulse response: one row per channel, all of one length (at least 1 sample), every sample finite.
struct Impulse {
  std::vector<std::vector<float>> channels;
};

/// Reads a file that libsndfile reads and brings it to `sample_rate` (Hz), its level scaled so that convolving with it
/// sounds the same at every rate. Errors: missing_asset, bad_audio, limit_delay, limit_channels. Control thread.
Result<Impulse> load_impulse(const std::string& path, double sample_rate, const AudioLimits& limits = {});

}  // namespace sinter::nodes
