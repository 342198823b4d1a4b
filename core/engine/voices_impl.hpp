// The allocator's inside: the voices, the keys that are down, and what is known of each channel. Private to the engine.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "control_area.hpp"
#include "midi_channels.hpp"
#include "sinter/engine/program.hpp"
#include "voices.hpp"

namespace sinter {
namespace allocating {
constexpr uint32_t kKeyCount = 128;
constexpr uint32_t kHeldNotes = 64;  ///< of mono and legato: more keys than hands have

/// What is told to the patch; the order of kSlots.
enum Source : uint8_t { freq, gate, velocity, off_velocity, pressure, timbre, bend, note, restart, open, kSources };

enum class Stage : uint8_t { free, held, pedal, released };  ///< pedal: its key is up, the pedal holds it

struct Voice {
  Stage stage = Stage::free;
  uint8_t channel = 0, key = 69;
  int32_t note_id = -1;
  uint64_t order = 0;  ///< notes are counted as they begin
  double velocity = 0, off_velocity = 0, pressure = 0, timbre = 0.5;
  double channel_bend = 0, note_bend = 0;  ///< semitones
  bool fresh = false;                      ///< its note has not been heard yet
  bool brief = false;                      ///< the key went up before that: released at the next grid line
  bool jumps = false;                      ///< fresh, and does not glide
  bool measured = false;                   ///< what is heard of it next belongs to this note alone
  bool heard = false;                      ///< `level` does
  float level = 0;
  uint32_t silent_cells = 0;
  bool cut = false;                               ///< fades out from the next grid line on, whatever its envelopes do
  double octaves_left = 0, octaves_per_cell = 0;  ///< to the key's pitch
  uint32_t glide_cells = 0;                       ///< steps left
  bool sets_out = false;                          ///< has not made the first of them
  double told[kSources] = {440, 0, 0, 0, 0, 0.5, 0, 69, 0, 1};

  bool sounds() const { return stage != Stage::free; }
  bool key_down() const { return stage == Stage::held; }
};

/// A key of mono and legato, in the order in which they went down.
struct HeldNote {
  uint8_t channel = 0, key = 0;
  int32_t note_id = -1;
  double velocity = 0;
  bool pedal = false;  ///< the key is up
};

}  // namespace allocating

struct Voices::Impl {
  using Voice = allocating::Voice;
  using HeldNote = allocating::HeldNote;

  Impl(const VoiceSlot& s, double sample_rate);

  // -- Notes
  bool plays(const Event& event) const { return event.key >= slot.lowest && event.key <= slot.highest; }
  uint32_t note_on(const Event& event) noexcept;
  void note_off(const Event& event, double release_velocity) noexcept;
  void begin(Voice& voice, const HeldNote& held, bool legato, bool glides) noexcept;
  void release(Voice& voice) noexcept;
  void cut(Voice& voice) noexcept;
  void key_up(Voice& voice, double release_velocity) noexcept;
  void pedal_up(uint8_t channel) noexcept;
  void release_all(uint8_t channel) noexcept;
  void cut_all(uint8_t channel) noexcept;
  Voice* choose(const Event& event, uint32_t& ended) noexcept;
  Voice* victim() noexcept;
  // -- Mono and legato
  void push_held(const HeldNote& held) noexcept;
  void drop_held(uint32_t index) noexcept;
  void mono_on(const HeldNote& held) noexcept;
  void mono_off(const Event& event, double release_velocity) noexcept;
  void mono_go_back() noexcept;
  // -- Expression
  void refresh_bend(uint8_t channel) noexcept;
  void express(const Event& event) noexcept;
  void controller(const Event& event) noexcept;
  // -- What the patch is told
  void glide(Voice& voice, bool on_grid) noexcept;
  double hz(const Voice& voice) const noexcept;
  bool tell(Voice& voice, uint32_t lane, uint8_t* controls, bool on_grid) noexcept;
  void write(uint8_t* controls, uint32_t lane, uint32_t source, double value) const noexcept;

  const VoiceSlot& slot;
  const bool mono;
  const uint32_t glide_cells, silent_cells;
  std::array<double, allocating::kKeyCount> key_hz;
  std::vector<Voice> voices;
  std::vector<uint32_t> begun;
  uint32_t begun_count = 0;
  uint64_t notes = 0;
  MidiChannels channels;
  std::array<HeldNote, allocating::kHeldNotes> held;
  uint32_t held_count = 0;
  bool played = false;  ///< mono: there is a pitch to glide from
};

}  // namespace sinter
