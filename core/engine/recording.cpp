// Cells are stored with release and loaded with acquire: whoever reads a sample sees the claim that came before it. On
// x86 these are plain moves.
#include "sinter/engine/recording.hpp"

#include <algorithm>
#include <cassert>

namespace sinter {

Recording::Recording(uint32_t lanes, uint32_t frames) : lanes_(lanes), frames_(frames), cells_(size_t{lanes} * frames) {
  assert((frames & (frames - 1)) == 0);
}

Recording::Newest Recording::read(uint32_t lane, std::span<float> out) const noexcept {
  std::fill(out.begin(), out.end(), 0.0f);
  if (lane >= lanes_) return {};
  const uint64_t end = end_.load(std::memory_order_acquire), begin = begin_.load(std::memory_order_relaxed);
  uint64_t count = std::min<uint64_t>({out.size(), frames_, end - std::min(begin, end)});
  for (uint64_t back = 1; back <= count; ++back)
    out[out.size() - back] = cell(lane, end - back).load(std::memory_order_acquire);
  const uint64_t claimed = claimed_.load(std::memory_order_relaxed);
  const uint64_t kept = claimed > end ? frames_ - std::min<uint64_t>(frames_, claimed - end) : frames_;
  if (kept < count) {
    std::fill(out.end() - static_cast<ptrdiff_t>(count), out.end() - static_cast<ptrdiff_t>(kept), 0.0f);
    count = kept;
  }
  return {end, static_cast<uint32_t>(count)};
}

void Recording::write(const float* const* rows, uint32_t count) noexcept {
  const uint64_t at = end_.load(std::memory_order_relaxed);
  claimed_.store(at + count, std::memory_order_relaxed);
  for (uint32_t lane = 0; lane < lanes_; ++lane)
    for (uint32_t i = 0; i < count; ++i) cell(lane, at + i).store(rows[lane][i], std::memory_order_release);
  end_.store(at + count, std::memory_order_release);
}

void Recording::silence() noexcept {
  const uint64_t at = end_.load(std::memory_order_relaxed);
  if (at == 0) return;  // all are zeros
  claimed_.store(at + frames_, std::memory_order_relaxed);
  for (std::atomic<float>& sample : cells_) sample.store(0, std::memory_order_release);
  end_.store(at + frames_, std::memory_order_release);
}

bool Recording::follow(const Recording& from, uint64_t bytes, bool first) noexcept {
  assert(from.lanes_ == lanes_ && from.frames_ == frames_);
  const uint64_t end = from.end_.load(std::memory_order_relaxed), oldest = end > frames_ ? end - frames_ : 0;
  const uint64_t at = std::max(first ? 0 : end_.load(std::memory_order_relaxed), oldest);
  const uint64_t count = std::min(end - at, std::max<uint64_t>(1, bytes / (lanes_ * sizeof(float))));
  if (first) begin_.store(at, std::memory_order_relaxed);
  claimed_.store(at + count, std::memory_order_relaxed);
  for (uint32_t lane = 0; lane < lanes_; ++lane)
    for (uint64_t sample = at; sample < at + count; ++sample)
      cell(lane, sample).store(from.cell(lane, sample).load(std::memory_order_relaxed), std::memory_order_release);
  end_.store(at + count, std::memory_order_release);
  return at + count == end;
}

}  // namespace sinter
