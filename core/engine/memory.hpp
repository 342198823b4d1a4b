// Private to the engine: what a prepared program changes while it runs. Made on the control thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "sinter/base/round_up.hpp"
#include "sinter/engine/program.hpp"

namespace sinter {

/// Zeroed bytes at a 64-byte boundary, with one vector of slack after them. Throws std::bad_alloc.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(uint64_t bytes)
      : data_(static_cast<uint8_t*>(std::aligned_alloc(kCacheLine, round_up(bytes + kCacheLine, kCacheLine)))),
        size_(bytes) {
    if (!data_) throw std::bad_alloc();
    clear();
  }
  uint8_t* data() const { return data_.get(); }
  uint64_t size() const { return size_; }
  void clear();
  void swap(AlignedBytes& other) noexcept {
    data_.swap(other.data_);
    std::swap(size_, other.size_);
  }

 private:
  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<uint8_t, Free> data_;
  uint64_t size_ = 0;
};

/// What the last complete metering window of a probe's lane had.
struct ProbeLevel {
  std::atomic<float> peak{0}, rms{0};
};

/// What a new program takes from the one that plays, and needs no memory of its own for. Per line and call of its
/// layout.
struct Inherited {
  std::vector<bool> lines, calls;
};

inline constexpr uint32_t kStageFrames = kCellFrames + 16;

struct Memory {
  Memory(const Program& program, const Inherited& inherited);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  AlignedBytes controls, state, buffers, probes, scratch;
  std::vector<AlignedBytes> rings;
  std::vector<uint8_t*> ring_pointers;  ///< a ring's own, or the one of the program that took it over
  std::vector<std::vector<float>> tables;
  std::vector<float*> table_pointers;
  std::vector<std::unique_ptr<External>> externals;
  std::vector<External*> external_pointers;

  std::vector<float*> rows;          ///< the plan's row table
  std::vector<uint32_t> input_rows;  ///< which of them follow the host's inputs
  std::vector<uint32_t> input_row_channel;
  std::vector<const float*> inputs;  ///< of the current block
  std::vector<float*> outputs;
  std::vector<float> staged_inputs;  ///< kStageFrames per channel
  std::vector<float> staged_outputs;
  std::vector<float> silence;
  std::vector<ProbeLevel> published;  ///< per lane of the probe area

  void reset(const Program& program);
};

}  // namespace sinter
