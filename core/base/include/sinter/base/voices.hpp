// What the compiler tells the engine about control sources, voices and copies of composites: shared by Ir and Layout.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sinter {

/// What sets a control source: a parameter of the patch, the transport, a MIDI controller, or the notes of voices.
enum class ControlRole : uint8_t { parameter, bpm, beat, bar, playing, controller, voice };

/// A `poly` node: which control sources its notes set, and how its voices are given out. Offsets are of f64 lanes (one
/// per voice) in the control area; kUnused where the voice's definition does not declare that input.
struct VoiceSlot {
  static constexpr uint32_t kUnused = UINT32_MAX;
  enum class Mode : uint8_t { poly, mono, legato };
  enum class Steal : uint8_t { oldest, quietest, none };
  std::string key;  ///< path of the poly node
  uint32_t voices = 1;
  Mode mode = Mode::poly;
  Steal steal = Steal::oldest;
  double glide_seconds = 0;                    ///< portamento of mono and legato, constant time
  double bend_range = 2, mpe_bend_range = 48;  ///< semitones
  uint8_t lowest = 0, highest = 127;           ///< notes it plays
  uint32_t choke = 0;                          ///< number of its choke group, 0: none
  std::vector<double> key_hz;                  ///< frequency of the 128 keys
  uint32_t freq = kUnused, gate = kUnused, velocity = kUnused, off_velocity = kUnused, pressure = kUnused,
           timbre = kUnused, bend = kUnused, note = kUnused;
  uint32_t restart = kUnused;  ///< counts notes that began while their voice's gate was 1: a change gives the gate's 0
  uint32_t open =
      kUnused;  ///< 1, and 0 for a voice that was cut, until its next note: its outputs are multiplied by it
  uint32_t level_probe = kUnused, done_probe = kUnused;  ///< probes of the voices' outputs and of `done`
  uint64_t moved_by = 0;                                 ///< parameter groups of its control sources
};

/// Composite instances side by side: every key that begins with "path/" has `copies` copies in its lanes; channel c of
/// copy l is lane c · copies + l. Inner scopes count their outer ones in.
struct ScopeSlot {
  std::string path;
  uint32_t copies = 1;
};

}  // namespace sinter
