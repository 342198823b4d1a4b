// What the patch is told of its voices, cell by cell, and when they have ended. Everything follows from the order of
// events and from grid lines, so that no block size changes it.
#include "voices.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "voices_impl.hpp"

namespace sinter {

using namespace allocating;

namespace {

constexpr float kSilence = 3.1622776e-5f;  ///< −90 dB
constexpr double kSilentSeconds = 0.05;    ///< how long a voice is silent before it has ended
constexpr float kDone = 0.5f;              ///< `done` counts as 1 from here on
constexpr uint32_t kRestarts = 1u << 20;   ///< the counter of restarts begins anew: exact in f32

constexpr uint32_t VoiceSlot::*kSlots[kSources] = {
    &VoiceSlot::freq,   &VoiceSlot::gate, &VoiceSlot::velocity, &VoiceSlot::off_velocity, &VoiceSlot::pressure,
    &VoiceSlot::timbre, &VoiceSlot::bend, &VoiceSlot::note,     &VoiceSlot::restart,      &VoiceSlot::open};

}  // namespace

Voices::Impl::Impl(const VoiceSlot& s, double sample_rate)
    : slot(s),
      mono(s.mode != VoiceSlot::Mode::poly),
      glide_cells(static_cast<uint32_t>(within(std::nearbyint(s.glide_seconds * sample_rate / kCellFrames), 0, 1e9))),
      silent_cells(static_cast<uint32_t>(std::ceil(kSilentSeconds * sample_rate / kCellFrames))),
      voices(s.voices),
      begun(s.voices) {
  for (uint32_t key = 0; key < kKeyCount; ++key)
    key_hz[key] = key < s.key_hz.size() ? s.key_hz[key] : 440 * std::exp2((static_cast<double>(key) - 69) / 12);
}

void Voices::Impl::write(uint8_t* controls, uint32_t lane, uint32_t source, double value) const noexcept {
  const uint32_t offset = slot.*kSlots[source];
  if (offset != VoiceSlot::kUnused) std::memcpy(controls + offset + size_t{lane} * 8, &value, sizeof value);
}

// One step of the glide, to where it is at the next grid line. It begins in the cell of its note and goes on at grid
// lines.
void Voices::Impl::glide(Voice& voice, bool on_grid) noexcept {
  if (!voice.glide_cells) return;
  if (!on_grid && !voice.sets_out) return;
  voice.sets_out = false;
  --voice.glide_cells;
  voice.octaves_left = voice.glide_cells ? voice.octaves_per_cell * voice.glide_cells : 0;
}

double Voices::Impl::hz(const Voice& voice) const noexcept {
  const double octaves = voice.octaves_left + (voice.channel_bend + voice.note_bend) / 12;
  return octaves == 0 ? key_hz[voice.key] : key_hz[voice.key] * std::exp2(octaves);
}

bool Voices::Impl::tell(Voice& voice, uint32_t lane, uint8_t* controls, bool on_grid) noexcept {
  if (on_grid && voice.brief && !voice.fresh) voice.brief = false, release(voice);
  glide(voice, on_grid);
  const bool gated = voice.stage == Stage::held || voice.stage == Stage::pedal;
  // A whole cell to fade in: what is left of the one at hand may be a single frame, which would click.
  const double opened = !voice.cut ? 1 : on_grid ? 0 : voice.told[open];
  double now[kSources] = {hz(voice),
                          gated ? 1.0 : 0.0,
                          voice.velocity,
                          voice.off_velocity,
                          voice.pressure,
                          voice.timbre,
                          voice.channel_bend + voice.note_bend,
                          double(voice.key),
                          voice.told[restart],
                          opened};
  if (voice.fresh && gated && voice.told[gate] == 1) now[restart] = std::fmod(voice.told[restart] + 1, kRestarts);
  if (voice.fresh && voice.jumps) begun[begun_count++] = lane;
  if (voice.fresh && on_grid) voice.measured = true;
  voice.fresh = voice.jumps = false;
  bool changed = false;
  for (uint32_t s = 0; s < kSources; ++s) {
    if (now[s] == voice.told[s]) continue;
    voice.told[s] = now[s];
    write(controls, lane, s, now[s]);
    changed = true;
  }
  return changed;
}

Voices::Voices(const VoiceSlot& slot, double sample_rate) : impl_(std::make_unique<Impl>(slot, sample_rate)) {}
Voices::~Voices() = default;

void Voices::reset() noexcept {
  Impl& i = *impl_;
  std::fill(i.voices.begin(), i.voices.end(), Voice{});
  i.begun_count = i.held_count = 0;
  i.notes = 0;
  i.channels = {};
  i.played = false;
}

uint32_t Voices::handle(const Event& event) noexcept {
  constexpr double kUsualRelease = 0.5;  // MIDI's release velocity of keyboards that have none
  Impl& i = *impl_;
  switch (event.kind) {
    case EventKind::note_on:
      if (event.value > 0) return i.note_on(event);
      i.note_off(event, kUsualRelease);
      break;
    case EventKind::note_off:
      i.note_off(event, within(event.value, 0, 1));
      break;
    case EventKind::controller:
      i.controller(event);
      break;
    case EventKind::all_notes_off:
      i.release_all(static_cast<uint8_t>(event.channel % 16));
      break;
    case EventKind::all_sound_off:
      i.cut_all(static_cast<uint8_t>(event.channel % 16));
      break;
    case EventKind::bend:
    case EventKind::pressure:
    case EventKind::timbre:
    case EventKind::key_pressure:
      i.express(event);
      break;
    case EventKind::parameter:
      break;
  }
  return 0;
}

void Voices::choke() noexcept {
  Impl& i = *impl_;
  i.held_count = 0;
  for (Voice& voice : i.voices) i.cut(voice);
}

bool Voices::begin_cell(uint8_t* controls, bool on_grid) noexcept {
  Impl& i = *impl_;
  i.begun_count = 0;
  bool changed = false;
  for (uint32_t v = 0; v < i.voices.size(); ++v) changed |= i.tell(i.voices[v], v, controls, on_grid);
  return changed;
}

std::span<const uint32_t> Voices::begun() const noexcept { return {impl_->begun.data(), impl_->begun_count}; }

void Voices::write_all(uint8_t* controls) noexcept {
  for (uint32_t v = 0; v < impl_->voices.size(); ++v)
    for (uint32_t s = 0; s < kSources; ++s) impl_->write(controls, v, s, impl_->voices[v].told[s]);
}

void Voices::listen(const float* levels, const float* done) noexcept {
  for (size_t v = 0; v < impl_->voices.size(); ++v) {
    Voice& voice = impl_->voices[v];
    if (levels) voice.level = levels[2 * v];
    if (!voice.sounds() || voice.fresh) continue;
    const bool measured = voice.heard = std::exchange(voice.measured, true);
    if (done) {
      if (measured && done[2 * v] >= kDone) voice.stage = Stage::free;
      continue;
    }
    if (voice.stage != Stage::released) continue;
    // Not a number is silence: such states are set to 0.
    const bool silent = !levels || !(levels[2 * v] >= kSilence);
    voice.silent_cells = silent ? voice.silent_cells + 1 : 0;
    if (voice.silent_cells >= impl_->silent_cells) voice.stage = Stage::free;
  }
}

void Voices::take_over(const Voices& older) noexcept {
  Impl& i = *impl_;
  const Impl& from = *older.impl_;
  i.channels = from.channels;
  i.notes = from.notes;
  i.played = from.played;
  const size_t both = std::min(i.voices.size(), from.voices.size());
  std::copy_n(from.voices.begin(), both, i.voices.begin());
  std::fill(i.voices.begin() + static_cast<std::ptrdiff_t>(both), i.voices.end(), Voice{});
  i.held = from.held;
  i.held_count = i.mono && from.mono ? from.held_count : 0;
  if (!i.mono || from.mono) return;
  // Voices become one: the note of voice 0 is the only one that can go on.
  const Voice& first = i.voices[0];
  if (first.key_down() && !first.brief) i.push_held({first.channel, first.key, first.note_id, first.velocity, false});
  i.played = first.order > 0;
}

uint32_t Voices::sounding() const noexcept {
  return static_cast<uint32_t>(std::ranges::count_if(impl_->voices, [](const Voice& v) { return v.sounds(); }));
}

}  // namespace sinter
