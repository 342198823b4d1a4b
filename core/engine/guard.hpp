// Private to the engine: keeps a patch that runs away from hurting ears. For live use only: it changes what is heard.
#pragma once

#include <cstdint>
#include <span>

namespace sinter {

/// A limiter without delay over all channels (ceiling 0 dBFS: the gain falls at once and recovers within 100 ms), and a
/// mute where a block is 24 dB over: it lasts until what comes in has been within full scale for half a second.
class OutputGuard {
 public:
  void prepare(double sample_rate) noexcept;
  /// As new, but for how often it muted. Audio thread.
  void reset() noexcept;
  /// Audio thread.
  void process(std::span<float* const> outputs, uint32_t frames) noexcept;
  bool muted() const noexcept { return muted_; }
  /// Times that it muted since prepare.
  uint64_t mutes() const noexcept { return mutes_; }

 private:
  float peak_of_frame(std::span<float* const> outputs, uint32_t frame) const noexcept;

  float gain_ = 1, recovery_ = 0;  // per frame towards 1
  float opening_ = 1, opening_step_ = 0;
  uint32_t quiet_frames_ = 0, wanted_quiet_ = 0;
  bool muted_ = false;
  uint64_t mutes_ = 0;
};

}  // namespace sinter
