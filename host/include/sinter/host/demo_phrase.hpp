// A built-in phrase for trying instruments: chords and a melody, dynamics, sustain pedal, pitch bend, modulation wheel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sinter/engine/event.hpp"

namespace sinter::host {

inline constexpr double kDemoTempo = 120;  ///< quarter notes per minute
inline constexpr double kDemoBeats = 16;   ///< four bars; then it begins again

/// The phrase at one sample rate, looped for ever. The same frames give the same events, however they are cut.
class DemoPhrase {
 public:
  explicit DemoPhrase(double sample_rate);

  /// Frames of one pass.
  uint64_t length() const noexcept { return length_; }
  /// Events of one pass.
  size_t size() const noexcept { return events_.size(); }
  /// Events of frames position … position + frames in order, their frames counted from `position`; at most as many as
  /// `events` holds. Returns how many. Audio thread.
  uint32_t fill(uint64_t position, uint32_t frames, std::span<Event> events) const noexcept;

 private:
  struct Timed {
    uint64_t frame;
    Event event;
  };
  std::vector<Timed> events_;  ///< by frame
  uint64_t length_ = 0;
};

}  // namespace sinter::host
