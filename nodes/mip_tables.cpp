// Makes mip levels from the spectrum of each frame, by KissFFT.
#include "mip_tables.hpp"

#include <kiss_fft.h>
#include <kiss_fftr.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <memory>
#include <new>

#include "families.hpp"

namespace sinter::nodes {
namespace {

struct Free {
  void operator()(void* config) const { kiss_fft_free(config); }
};
template <class Config>
std::unique_ptr<Config, Free> owned(Config* config) {
  if (!config) throw std::bad_alloc();
  return std::unique_ptr<Config, Free>(config);
}

constexpr uint32_t kSmallestSize = 4096;  // two rows of them fit the first cache
constexpr uint32_t kPerHarmonic = 4;      // numbers per period of the highest harmonic: twice what it needs to be told

// The harmonics of a frame as what each adds to an inverse transform, whatever its size: bin h, h up to length / 2.
class Spectrum {
 public:
  explicit Spectrum(uint32_t length)
      : forward_(owned(kiss_fft_alloc(static_cast<int>(length), 0, nullptr, nullptr))), time_(length), bins_(length) {}

  std::span<const kiss_fft_cpx> of(std::span<const float> frame) {
    const size_t length = frame.size();
    for (size_t i = 0; i < length; ++i) time_[i] = {frame[i], 0};
    kiss_fft(forward_.get(), time_.data(), bins_.data());
    const float scale = 1.0f / static_cast<float>(length);
    for (kiss_fft_cpx& bin : bins_) bin = {bin.r * scale, bin.i * scale};
    // Of an even length the highest harmonic shares its bin with its own mirror image.
    if (length % 2 == 0) bins_[length / 2] = {bins_[length / 2].r / 2, 0};
    return std::span<const kiss_fft_cpx>(bins_).first(length / 2 + 1);
  }

 private:
  std::unique_ptr<kiss_fft_state, Free> forward_;
  std::vector<kiss_fft_cpx> time_, bins_;
};

// What makes the spline through a row equal to the wave at every harmonic: the inverse of the spline's own response,
// sinc³, with the half step by which the entries stand before the grid.
std::vector<std::complex<double>> spline_prefilter(uint32_t harmonics, uint32_t size) {
  std::vector<std::complex<double>> filter = {1};
  for (uint32_t h = 1; h <= harmonics; ++h) {
    const double angle = kPi * h / size, sinc = std::sin(angle) / angle;
    filter.push_back(std::polar(1 / (sinc * sinc * sinc), -angle));
  }
  return filter;
}

// All but the rows.
MipTables measure(uint32_t length, uint32_t frames) {
  MipTables made;
  made.harmonics = length / 2;
  made.levels = static_cast<uint32_t>(std::bit_width(made.harmonics));
  made.frames = frames;
  made.size = std::max(kSmallestSize, std::bit_ceil(kPerHarmonic * made.harmonics));
  made.size_log2 = static_cast<uint32_t>(std::countr_zero(made.size));
  return made;
}

}  // namespace

uint64_t mip_table_bytes(uint32_t length, uint32_t frames) {
  const MipTables tables = measure(length, frames);
  return uint64_t{tables.levels} * frames * tables.row_length() * sizeof(float);
}

MipTables make_mip_tables(std::span<const float> waves, uint32_t length) {
  MipTables made = measure(length, static_cast<uint32_t>(waves.size() / length));
  made.rows.resize(size_t{made.levels} * made.frames * made.row_length());

  Spectrum spectrum(length);
  const auto inverse = owned(kiss_fftr_alloc(static_cast<int>(made.size), 1, nullptr, nullptr));
  const std::vector<std::complex<double>> prefilter = spline_prefilter(made.harmonics, made.size);
  std::vector<kiss_fft_cpx> bins(made.size / 2 + 1);
  for (uint32_t frame = 0; frame < made.frames; ++frame) {
    const auto of_frame = spectrum.of(waves.subspan(size_t{frame} * length, length));
    for (uint32_t level = 0; level < made.levels; ++level) {
      std::fill(bins.begin(), bins.end(), kiss_fft_cpx{0, 0});
      for (uint32_t h = 0; h <= made.harmonics >> level; ++h) {
        const std::complex<double> bin = std::complex<double>(of_frame[h].r, of_frame[h].i) * prefilter[h];
        bins[h] = {static_cast<float>(bin.real()), static_cast<float>(bin.imag())};
      }
      float* row = &made.rows[(size_t{level} * made.frames + frame) * made.row_length()];
      kiss_fftri(inverse.get(), bins.data(), row);
      row[made.size] = row[0], row[made.size + 1] = row[1];
    }
  }
  return made;
}

}  // namespace sinter::nodes
