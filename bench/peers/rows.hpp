// Rows of samples at 64-byte boundaries, as hosts hand them out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace sinter::peers {

class Rows {
 public:
  Rows(uint32_t channels, uint32_t frames) : frames_(frames) {
    for (uint32_t c = 0; c < channels; ++c) {
      rows_.emplace_back(static_cast<float*>(::operator new(frames * sizeof(float), kAligned)));
      std::fill_n(rows_.back().get(), frames, 0.0f);
    }
  }
  uint32_t channels() const { return static_cast<uint32_t>(rows_.size()); }
  uint32_t frames() const { return frames_; }
  float* operator[](uint32_t channel) { return rows_[channel].get(); }
  const float* operator[](uint32_t channel) const { return rows_[channel].get(); }

  /// Where every row is at `frame`.
  void at(uint32_t frame, std::vector<const float*>& pointers) const {
    pointers.resize(rows_.size());
    for (size_t c = 0; c < rows_.size(); ++c) pointers[c] = rows_[c].get() + frame;
  }
  void at(uint32_t frame, std::vector<float*>& pointers) {
    pointers.resize(rows_.size());
    for (size_t c = 0; c < rows_.size(); ++c) pointers[c] = rows_[c].get() + frame;
  }

  /// The same noise every time, −0.5 … 0.5, another one in each channel.
  void fill_with_noise() {
    uint32_t state = 22'695'477;
    for (auto& row : rows_)
      for (uint32_t i = 0; i < frames_; ++i) {
        state = state * 1'664'525 + 1'013'904'223;
        row.get()[i] = static_cast<float>(state >> 8) * 0x1p-24f - 0.5f;
      }
  }

 private:
  static constexpr std::align_val_t kAligned{64};
  struct Free {
    void operator()(float* row) const { ::operator delete(row, kAligned); }
  };
  uint32_t frames_;
  std::vector<std::unique_ptr<float[], Free>> rows_;
};

}  // namespace sinter::peers
