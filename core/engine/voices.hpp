// Gives the notes of a poly node to its voices, and says what freq, gate and the rest are for each. Private to the
// engine.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sinter/base/voices.hpp"
#include "sinter/engine/event.hpp"

namespace sinter {

/// The voices of one VoiceSlot. Events change what is to come; begin_cell() writes it to the control area, so that
/// notes are heard exactly where cells begin. Made on the control thread; everything else is for the audio thread,
/// bounded by the number of voices.
class Voices {
 public:
  /// `slot` outlives this.
  Voices(const VoiceSlot& slot, double sample_rate);
  ~Voices();

  /// No note sounds, controllers at rest.
  void reset() noexcept;
  /// Whether the event begins, ends or changes a note here. Such an event wants a cell of its own where it is a note.
  static bool splits(EventKind kind) noexcept { return kind == EventKind::note_on || kind == EventKind::note_off; }
  /// Takes the event in: what it changes is heard from the next begin_cell() on. The number of notes it ended for want
  /// of a voice (0 or 1).
  uint32_t handle(const Event& event) noexcept;
  /// A note of another slot of the same choke group began: cuts all voices. They are silent one cell after the next
  /// grid line.
  void choke() noexcept;

  /// At every cell's start, before control code runs: writes the control sources of all voices that changed; true where
  /// any did. `on_grid`: the cell begins at a multiple of 64 frames, which is when glides move on and voices that were
  /// cut begin to fade.
  bool begin_cell(uint8_t* controls, bool on_grid) noexcept;
  /// Voices whose note began in the cell begun last: their ramps jump instead of gliding from the note before.
  std::span<const uint32_t> begun() const noexcept;
  /// What begin_cell() will not write again is written now: everything, for a control area that is new.
  void write_all(uint8_t* controls) noexcept;

  /// At every grid line, before begin_cell(): what came out of the voices in the 64 frames before, and their `done`
  /// outputs (either null where there is none): frees those that have ended. Pairs of peak and sum of squares per
  /// voice.
  void listen(const float* levels, const float* done) noexcept;

  /// Goes on where the voices of an older version of the patch are; those beyond the number of voices end.
  void take_over(const Voices& older) noexcept;

  /// How many notes sound (released ones that are not silent yet included).
  uint32_t sounding() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sinter
