// The allocator of voices alone, for its tests: notes in, control sources out. A cell a call, on grid lines unless a
// test says otherwise.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "voices.hpp"

namespace sinter::test {

inline constexpr double kRate = 48'000;
inline constexpr uint32_t kSilentCells = 38;  // 50 ms, rounded up

inline VoiceSlot slot_of(uint32_t voices, VoiceSlot::Mode mode = VoiceSlot::Mode::poly) {
  VoiceSlot slot;
  slot.key = "synth";
  slot.voices = voices;
  slot.mode = mode;
  uint32_t at = 0;
  for (uint32_t* offset : {&slot.freq, &slot.gate, &slot.velocity, &slot.off_velocity, &slot.pressure, &slot.timbre,
                           &slot.bend, &slot.note, &slot.restart, &slot.open})
    *offset = at++ * voices * 8;
  return slot;
}

inline Event event(EventKind kind, int key, double value, uint8_t channel = 0) {
  return {.kind = kind, .channel = channel, .key = static_cast<uint8_t>(key), .value = value};
}
inline Event controller(uint32_t number, double value, uint8_t channel = 0) {
  return {.kind = EventKind::controller, .channel = channel, .index = number, .value = value};
}

/// Voices with the memory that an engine gives them.
struct Player {
  explicit Player(const VoiceSlot& s)
      : slot(s), voices(slot, kRate), controls(size_t{10} * s.voices), levels(2 * s.voices, 1.0f), done(2 * s.voices) {
    voices.write_all(bytes());
  }

  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(controls.data()); }
  double at(uint32_t offset, uint32_t voice = 0) const { return controls[offset / 8 + voice]; }
  uint32_t on(int key, double velocity = 1, uint8_t channel = 0) {
    return voices.handle(event(EventKind::note_on, key, velocity, channel));
  }
  void off(int key, uint8_t channel = 0) { voices.handle(event(EventKind::note_off, key, 0.25, channel)); }
  void cell(bool on_grid = true) {
    if (on_grid) voices.listen(has_levels ? levels.data() : nullptr, has_done ? done.data() : nullptr);
    voices.begin_cell(bytes(), on_grid);
  }
  void cells(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) cell();
  }
  /// Keys of the voices whose gate is 1.
  std::vector<int> open() const {
    std::vector<int> keys;
    for (uint32_t v = 0; v < slot.voices; ++v)
      if (at(slot.gate, v) == 1) keys.push_back(static_cast<int>(at(slot.note, v)));
    return keys;
  }

  VoiceSlot slot;
  Voices voices;
  std::vector<double> controls;
  std::vector<float> levels, done;
  bool has_levels = true, has_done = false;
};

using Keys = std::vector<int>;

}  // namespace sinter::test
