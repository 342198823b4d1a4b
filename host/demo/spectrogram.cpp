// Short-time Fourier transform on KissFFT.
#include "spectrogram.hpp"

#include <kissfft/kiss_fftr.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sinter::host {

Spectrogram make_spectrogram(const std::vector<float>& mono, double sample_rate, uint32_t width, uint32_t height) {
  constexpr uint32_t kWindow = 2048, kBins = kWindow / 2 + 1;
  constexpr double kLowestHz = 40, kFloorDb = -90;
  Spectrogram picture{width, height, std::vector<uint8_t>(size_t{width} * height)};
  kiss_fftr_cfg plan = kiss_fftr_alloc(kWindow, 0, nullptr, nullptr);
  std::vector<float> frame(kWindow);
  std::vector<kiss_fft_cpx> bins(kBins);
  for (uint32_t x = 0; x < width; ++x) {
    const auto centre = static_cast<int64_t>(static_cast<double>(mono.size()) * (x + 0.5) / width);
    for (uint32_t n = 0; n < kWindow; ++n) {
      const int64_t at = centre + n - kWindow / 2;
      const double hann = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * n / kWindow);
      frame[n] = at >= 0 && at < static_cast<int64_t>(mono.size())
                     ? static_cast<float>(hann * mono[static_cast<size_t>(at)])
                     : 0.0f;
    }
    kiss_fftr(plan, frame.data(), bins.data());
    for (uint32_t y = 0; y < height; ++y) {
      const auto bin_of = [&](double row) {
        const double hz = kLowestHz * std::pow(sample_rate / 2 / kLowestHz, 1 - row / height);
        return std::min<double>(kBins - 1, hz * kWindow / sample_rate);
      };
      const auto low = static_cast<uint32_t>(bin_of(y + 1)), high = static_cast<uint32_t>(bin_of(y));
      double power = 0;
      for (uint32_t bin = low; bin <= high; ++bin)
        power = std::max(power, double{bins[bin].r} * bins[bin].r + double{bins[bin].i} * bins[bin].i);
      const double db = 10 * std::log10(power + 1e-20) - 20 * std::log10(kWindow / 4.0);
      picture.levels[size_t{y} * width + x] =
          static_cast<uint8_t>(std::clamp((db - kFloorDb) / -kFloorDb, 0.0, 1.0) * 255);
    }
  }
  kiss_fftr_free(plan);
  return picture;
}

}  // namespace sinter::host
