// A picture of a sound: levels over time and frequency.
#pragma once

#include <cstdint>
#include <vector>

namespace sinter::host {

struct Spectrogram {
  uint32_t width = 0, height = 0;
  std::vector<uint8_t> levels;  ///< row 0 on top (high frequencies); 0 is −90 dB or less, 255 is 0 dB
};

/// Hann windows of 2,048 samples; rows on a logarithmic scale from 40 Hz to half the sample rate. Control thread.
Spectrogram make_spectrogram(const std::vector<float>& mono, double sample_rate, uint32_t width, uint32_t height);

}  // namespace sinter::host
