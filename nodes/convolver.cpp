// The partitioned convolution on KissFFT, whose order of operations never depends on time or on how calls are cut.
#include "convolver.hpp"

#include <algorithm>
#include <cmath>
#include <new>

namespace sinter::nodes {
namespace {

constexpr uint32_t kShortPart = kConvolverLine;
constexpr uint32_t kLanes = 16;  // partial sums of the direct FIR

// The taps that partitions of `part` samples cover. Their outputs are ready two partitions after the input began.
constexpr uint64_t first_tap(uint32_t part) { return 2 * uint64_t{part}; }
uint64_t parts_of(uint64_t taps, uint32_t part) {
  const uint64_t end = part == kShortPart ? std::min(taps, first_tap(ConvolverTaps::kLongPart)) : taps;
  return end <= first_tap(part) ? 0 : (end - first_tap(part) + part - 1) / part;
}
std::span<const float> taps_of(std::span<const float> impulse, uint32_t part) {
  const uint64_t count = std::min<uint64_t>(parts_of(impulse.size(), part) * part,
                                            impulse.size() - std::min<uint64_t>(impulse.size(), first_tap(part)));
  return count ? impulse.subspan(first_tap(part), count) : std::span<const float>();
}

uint64_t spectrum_bytes(uint32_t part) { return uint64_t{part + 1} * 2 * sizeof(float); }

// One sum of products in an order that compilers vectorise as it stands.
float dot(const float* a, const float* b) noexcept {
  float sums[kLanes] = {};
  for (uint32_t i = 0; i < ConvolverTaps::kHead; i += kLanes)
    for (uint32_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (uint32_t half = kLanes / 2; half; half /= 2)
    for (uint32_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

}  // namespace

Transform::Transform(uint32_t size)
    : size_(size),
      forward_(kiss_fftr_alloc(static_cast<int>(2 * size), 0, nullptr, nullptr)),
      inverse_(kiss_fftr_alloc(static_cast<int>(2 * size), 1, nullptr, nullptr)),
      time_(2 * size),
      spectrum_(size + 1) {
  if (!forward_ || !inverse_) throw std::bad_alloc();
}

void Transform::forward(const float* samples, float* real, float* imaginary) noexcept {
  kiss_fftr(forward_.get(), samples, spectrum_.data());
  for (uint32_t bin = 0; bin < bins(); ++bin) {
    real[bin] = spectrum_[bin].r;
    imaginary[bin] = spectrum_[bin].i;
  }
}

void Transform::inverse(const float* real, const float* imaginary, float* samples) noexcept {
  for (uint32_t bin = 0; bin < bins(); ++bin) spectrum_[bin] = {real[bin], imaginary[bin]};
  kiss_fftri(inverse_.get(), spectrum_.data(), time_.data());
  const float scale = 1.0f / static_cast<float>(2 * size_);
  for (uint32_t i = 0; i < size_; ++i) samples[i] = time_[size_ + i] * scale;
}

uint64_t Transform::memory_bytes(uint32_t size) {
  size_t forward = 0, inverse = 0;
  kiss_fftr_alloc(static_cast<int>(2 * size), 0, nullptr, &forward);
  kiss_fftr_alloc(static_cast<int>(2 * size), 1, nullptr, &inverse);
  return forward + inverse + 2 * size * sizeof(float) + (size + 1) * sizeof(kiss_fft_cpx);
}

PartitionedTaps::PartitionedTaps(std::span<const float> taps, Transform& transform) {
  const uint32_t size = transform.size();
  parts = static_cast<uint32_t>((taps.size() + size - 1) / size);
  real.resize(size_t{parts} * transform.bins());
  imaginary.resize(real.size());
  std::vector<float> padded(2 * size);
  for (uint32_t part = 0; part < parts; ++part) {
    const auto from = taps.subspan(size_t{part} * size);
    std::fill(padded.begin(), padded.end(), 0.0f);
    std::copy_n(from.begin(), std::min<size_t>(from.size(), size), padded.begin());
    transform.forward(padded.data(), &real[size_t{part} * transform.bins()],
                      &imaginary[size_t{part} * transform.bins()]);
  }
}

PartitionedTail::PartitionedTail(const PartitionedTaps& taps, Transform& transform)
    : taps_(taps), transform_(transform), lines_(transform.size() / kConvolverLine), newest_(taps.parts) {
  current_.resize(transform.size());
  if (taps_.parts == 0) return;
  next_.resize(transform.size());
  input_.resize(2 * transform.size());
  real_.resize(taps_.real.size());
  imaginary_.resize(taps_.real.size());
  sum_real_.resize(transform.bins());
  sum_imaginary_.resize(transform.bins());
}

void PartitionedTail::advance(const float* line) noexcept {
  if (taps_.parts == 0) return;
  const uint32_t size = transform_.size();
  std::copy_n(line, kConvolverLine, input_.data() + size + line_ * kConvolverLine);
  if (++line_ == lines_) {
    line_ = 0;
    current_.swap(next_);
    const size_t at = size_t{row(++newest_)} * transform_.bins();
    transform_.forward(input_.data(), &real_[at], &imaginary_[at]);
    std::copy_n(input_.data() + size, size, input_.data());
    std::fill(sum_real_.begin(), sum_real_.end(), 0.0f);
    std::fill(sum_imaginary_.begin(), sum_imaginary_.end(), 0.0f);
  }
  const uint64_t parts = taps_.parts;
  multiply(static_cast<uint32_t>(parts * line_ / lines_), static_cast<uint32_t>(parts * (line_ + 1) / lines_));
  if (line_ + 1 == lines_) transform_.inverse(sum_real_.data(), sum_imaginary_.data(), next_.data());
}

void PartitionedTail::multiply(uint32_t first, uint32_t last) noexcept {
  const uint32_t bins = transform_.bins();
  float* __restrict sum_real = sum_real_.data();
  float* __restrict sum_imaginary = sum_imaginary_.data();
  for (uint32_t part = first; part < last; ++part) {
    const size_t at = size_t{row(newest_ - part)} * bins;
    const float* xr = &real_[at];
    const float* xi = &imaginary_[at];
    const float* hr = &taps_.real[size_t{part} * bins];
    const float* hi = &taps_.imaginary[size_t{part} * bins];
    for (uint32_t bin = 0; bin < bins; ++bin) {
      sum_real[bin] += xr[bin] * hr[bin] - xi[bin] * hi[bin];
      sum_imaginary[bin] += xr[bin] * hi[bin] + xi[bin] * hr[bin];
    }
  }
}

void PartitionedTail::reset() noexcept {
  line_ = 0;
  newest_ = taps_.parts;
  ++resets_;
  for (auto* memory : {&input_, &real_, &imaginary_, &sum_real_, &sum_imaginary_, &current_, &next_})
    std::fill(memory->begin(), memory->end(), 0.0f);
}

ConvolverTaps::ConvolverTaps(std::span<const float> impulse, Transform& short_transform, Transform& long_transform)
    : short_transform_(short_transform),
      long_transform_(long_transform),
      head_(kHead),
      short_parts_(taps_of(impulse, kShortPart), short_transform),
      long_parts_(taps_of(impulse, kLongPart), long_transform) {
  for (size_t i = 0; i < std::min<size_t>(impulse.size(), kHead); ++i) head_[kHead - 1 - i] = impulse[i];
}

uint64_t ConvolverTaps::memory_bytes(uint64_t taps) {
  return kHead * sizeof(float) + parts_of(taps, kShortPart) * spectrum_bytes(kShortPart) +
         parts_of(taps, kLongPart) * spectrum_bytes(kLongPart);
}

Convolver::Convolver(const ConvolverTaps& taps)
    : taps_(taps),
      recent_(ConvolverTaps::kHead + kConvolverLine),
      short_tail_(taps.short_parts_, taps.short_transform_),
      long_tail_(taps.long_parts_, taps.long_transform_) {}

void Convolver::process(const float* in, float* out, uint32_t frames) noexcept {
  constexpr float kLargest = 0x1p40f;
  constexpr uint32_t kHead = ConvolverTaps::kHead;
  while (frames > 0) {
    const uint32_t count = std::min(frames, kConvolverLine - at_);
    float* fresh = recent_.data() + kHead + at_;
    for (uint32_t i = 0; i < count; ++i) fresh[i] = std::abs(in[i]) <= kLargest ? in[i] : 0.0f;
    for (uint32_t i = 0; i < count; ++i) {
      const float direct = dot(taps_.head_.data(), fresh + i + 1 - kHead);
      out[i] = direct + short_tail_.output()[at_ + i] + long_tail_.output()[at_ + i];
    }
    in += count, out += count, frames -= count, at_ += count;
    if (at_ < kConvolverLine) break;
    at_ = 0;
    short_tail_.advance(recent_.data() + kHead);
    long_tail_.advance(recent_.data() + kHead);
    std::copy(recent_.begin() + kConvolverLine, recent_.end(), recent_.begin());
  }
}

void Convolver::reset() noexcept {
  at_ = 0;
  std::fill(recent_.begin(), recent_.end(), 0.0f);
  short_tail_.reset();
  long_tail_.reset();
}

uint64_t Convolver::memory_bytes(uint64_t taps) {
  uint64_t bytes = (ConvolverTaps::kHead + kConvolverLine) * sizeof(float);
  for (const uint32_t part : {kShortPart, ConvolverTaps::kLongPart})
    bytes += (parts_of(taps, part) + 1) * spectrum_bytes(part) + 4 * part * sizeof(float);
  return bytes;
}

}  // namespace sinter::nodes
