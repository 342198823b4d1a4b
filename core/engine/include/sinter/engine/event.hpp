// What a host tells the engine with a block: notes, controllers, timed parameter steps, and where the transport stands.
#pragma once

#include <cstdint>

namespace sinter {

enum class EventKind : uint8_t {
  note_on,        ///< key, value: velocity 0 … 1 (0 is a note_off, as in MIDI); splits the cell
  note_off,       ///< key or note_id, value: release velocity; splits the cell
  parameter,      ///< index: parameter handle, value: plain; splits the cell
  bend,           ///< channel, value: −1 … 1 of the bend range; a ramp to the next grid line
  pressure,       ///< channel (or note_id where ≥ 0), value: 0 … 1; a ramp
  timbre,         ///< channel (or note_id where ≥ 0), value: 0 … 1 (MPE: controller 74); a ramp
  controller,     ///< channel, index: MIDI controller 0 … 127, value: 0 … 1; a ramp; 64 is the sustain pedal
  key_pressure,   ///< channel, key, value: 0 … 1; a ramp
  all_notes_off,  ///< channel; releases what the pedal does not hold
  all_sound_off,  ///< channel; ends voices at once
};

/// One event of a block. Plain data.
struct Event {
  uint32_t frame = 0;  ///< from the block's first frame; beyond the block: at its last frame
  EventKind kind{};
  uint8_t channel = 0;   ///< MIDI channel 0 … 15
  uint8_t key = 0;       ///< MIDI note number 0 … 127
  uint32_t index = 0;    ///< parameter handle or controller number
  int32_t note_id = -1;  ///< what hosts call a note; −1: told by channel and key
  double value = 0;
};

/// Where the host's transport stands at the first frame of a block.
struct Transport {
  double bpm = 120;
  double beat = 0;  ///< quarter notes since the start of the song
  double beats_per_bar = 4;
  bool playing = true;
};

/// Splits of a 64-frame cell by notes and parameter steps; later ones of the same cell move to its next grid line.
inline constexpr uint32_t kMaxSplits = 16;

}  // namespace sinter
