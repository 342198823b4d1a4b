// The newest samples of a signal, written by the audio thread and read by any other, neither of which ever waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

namespace sinter {

/// Rings of the last `frames()` samples per lane. Every sample has its absolute number: sample p lies in cell
/// p mod frames(). The writer says how far it will go before it writes and how far it went afterwards, so that a reader
/// knows which of its samples may have been overwritten meanwhile.
class Recording {
 public:
  /// `frames`: a power of two. Control thread; throws std::bad_alloc.
  Recording(uint32_t lanes, uint32_t frames);
  static uint64_t memory_bytes(uint32_t lanes, uint32_t frames) {
    return uint64_t{lanes} * frames * sizeof(std::atomic<float>);
  }

  uint32_t lanes() const noexcept { return lanes_; }
  uint32_t frames() const noexcept { return frames_; }

  struct Newest {
    uint64_t end = 0;     ///< samples recorded when the last of these was: its number is end - 1
    uint32_t frames = 0;  ///< how many at the end of what was filled are samples
  };
  /// Fills `out` with the newest samples of a lane, oldest first, the last one last; 0 before those that there are. All
  /// of it are samples where as many have been recorded and out is no longer than half of frames(), unless the reader
  /// was held up while the other half was recorded. Lanes from lanes() on have no samples. Any thread, wait-free.
  Newest read(uint32_t lane, std::span<float> out) const noexcept;

  /// Appends `count` (up to frames()) samples of each lane. Audio thread.
  void write(const float* const* rows, uint32_t count) noexcept;
  /// Appends frames() zeros to each lane, if it has any samples. Audio thread.
  void silence() noexcept;
  /// Copies about `bytes` at most of what `from`, of the same size, has recorded and this one has not; true once
  /// nothing is left. The first call begins anew. Audio thread, before the first write().
  bool follow(const Recording& from, uint64_t bytes, bool first) noexcept;

 private:
  std::atomic<float>& cell(uint32_t lane, uint64_t sample) noexcept {
    return cells_[size_t{lane} * frames_ + static_cast<size_t>(sample & (frames_ - 1))];
  }
  const std::atomic<float>& cell(uint32_t lane, uint64_t sample) const noexcept {
    return const_cast<Recording*>(this)->cell(lane, sample);
  }

  uint32_t lanes_, frames_;
  std::vector<std::atomic<float>> cells_;
  std::atomic<uint64_t> begin_{0};    ///< number of the first sample that was recorded here or copied
  std::atomic<uint64_t> claimed_{0};  ///< samples before this may be being written
  std::atomic<uint64_t> end_{0};      ///< samples before this are written
};

}  // namespace sinter
