// The computer keyboard as a piano: two rows of keys, and an end for notes that terminals never tell.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "sinter/engine/event.hpp"

namespace sinter::host {

/// A terminal tells no key-up, and repeats a key that is held. So a note ends when another key is struck (keys within
/// kChord of each other are a chord), or kHold after its last repetition. Control thread.
class Piano {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kChord{40};   ///< keys this close sound together
  static constexpr std::chrono::milliseconds kRepeat{60};  ///< the same key this soon again is held, not struck
  static constexpr std::chrono::milliseconds kHold{600};   ///< longer than terminals wait before they repeat a key

  /// `a w s e d f t g y h u j k o l p ;` from C; z x octave; c v velocity; space ends all notes. What the key does, in
  /// order; nothing where it is none of these.
  std::vector<Event> press(char key, Clock::time_point now);
  /// Notes that end by now.
  std::vector<Event> release(Clock::time_point now);
  /// When release() is due; nothing while no note sounds.
  std::optional<Clock::time_point> due() const;

  int octave() const { return octave_; }         ///< of the key a, as in "C4" = note 60
  double velocity() const { return velocity_; }  ///< 0 … 1
  static bool is_key(char key);                  ///< a note, octave, velocity or space

 private:
  struct Note {
    uint8_t key;
    Clock::time_point struck, last;
  };
  std::vector<Event> strike(uint8_t note, Clock::time_point now);

  std::vector<Note> sounding_;
  int octave_ = 4;
  double velocity_ = 0.75;
};

}  // namespace sinter::host
