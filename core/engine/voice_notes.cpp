// Which voice plays which note: stealing, the pedal, mono and legato, and what bends and presses notes.
#include <cmath>

#include "voices_impl.hpp"

namespace sinter {

using namespace allocating;

// Gives a voice its note. `legato`: the gate stays as it is and nothing but the pitch changes.
void Voices::Impl::begin(Voice& voice, const HeldNote& from, bool legato, bool glides) noexcept {
  const double before = std::log2(key_hz[voice.key]) + voice.octaves_left;
  voice.stage = Stage::held;
  voice.channel = from.channel;
  voice.key = from.key;
  voice.note_id = from.note_id;
  voice.order = ++notes;
  voice.octaves_left = voice.octaves_per_cell = 0;
  voice.glide_cells = 0;
  // There is nothing to glide from after a cut, and such a voice is to open at once.
  if (glides && !voice.cut && glide_cells > 0) {
    voice.octaves_left = before - std::log2(key_hz[voice.key]);
    voice.octaves_per_cell = voice.octaves_left / glide_cells;
    voice.glide_cells = glide_cells;
    voice.sets_out = true;
  }
  voice.note_bend = 0;
  voice.channel_bend = channels.bend(from.channel, slot.bend_range, slot.mpe_bend_range);
  voice.brief = voice.cut = false;
  if (legato) return;
  voice.velocity = from.velocity;
  voice.off_velocity = 0;
  voice.pressure = channels.at(from.channel).pressure;
  voice.timbre = channels.at(from.channel).timbre;
  voice.fresh = true;
  voice.jumps = voice.glide_cells == 0;
  voice.measured = voice.heard = false;
  voice.silent_cells = 0;
}

void Voices::Impl::release(Voice& voice) noexcept {
  if (!voice.sounds()) return;
  voice.stage = Stage::released;
  voice.silent_cells = 0;
}

// Those that have ended are cut too: they may still be heard where the patch says itself when they end.
void Voices::Impl::cut(Voice& voice) noexcept {
  voice.stage = Stage::free;
  voice.fresh = voice.brief = false;
  voice.cut = true;
}

void Voices::Impl::key_up(Voice& voice, double release_velocity) noexcept {
  if (!voice.sounds()) return;
  voice.off_velocity = release_velocity;
  if (channels.pedal(voice.channel)) voice.stage = Stage::pedal;
  // A note as short as this would not be heard at all.
  else if (voice.fresh) voice.brief = true;
  else release(voice);
}

// Silent voices first, then those whose key is up; what was never heard is not the quietest.
Voice* Voices::Impl::victim() noexcept {
  if (slot.steal == VoiceSlot::Steal::none) return nullptr;
  const bool quietest = slot.steal == VoiceSlot::Steal::quietest;
  const auto rank = [](const Voice& v) { return v.stage == Stage::released ? 0 : v.stage == Stage::pedal ? 1 : 2; };
  const auto before = [&](const Voice& a, const Voice& b) {
    if (quietest) {
      const float x = a.heard ? a.level : INFINITY, y = b.heard ? b.level : INFINITY;
      if (x != y) return x < y;
    } else if (rank(a) != rank(b)) {
      return rank(a) < rank(b);
    }
    return a.order < b.order;
  };
  return &*std::min_element(voices.begin(), voices.end(), before);
}

Voice* Voices::Impl::choose(const Event& event, uint32_t& ended) noexcept {
  Voice* free = nullptr;
  for (Voice& voice : voices) {
    // The pedal holds a string that is struck again.
    const bool again = voice.stage == Stage::pedal && voice.key == event.key && voice.channel == event.channel &&
                       voice.note_id < 0 && event.note_id < 0;
    if (again) return &voice;
    if (!voice.sounds() && (!free || voice.order < free->order)) free = &voice;
  }
  if (free) return free;
  Voice* const stolen = victim();
  ended = stolen != nullptr;
  return stolen;
}

uint32_t Voices::Impl::note_on(const Event& event) noexcept {
  if (!plays(event)) return 0;
  const HeldNote from{static_cast<uint8_t>(event.channel % 16), event.key, event.note_id, within(event.value, 0, 1)};
  if (mono) return mono_on(from), 0;
  uint32_t ended = 0;
  if (Voice* const voice = choose(event, ended)) begin(*voice, from, false, false);
  return ended;
}

// One key up ends one note: the oldest of that key.
void Voices::Impl::note_off(const Event& event, double release_velocity) noexcept {
  if (mono) return mono_off(event, release_velocity);
  Voice* oldest = nullptr;
  for (Voice& voice : voices) {
    const bool meant = event.note_id >= 0 ? voice.note_id == event.note_id
                                          : voice.key == event.key && voice.channel == event.channel % 16;
    if (meant && voice.key_down() && !voice.brief && (!oldest || voice.order < oldest->order)) oldest = &voice;
  }
  if (oldest) key_up(*oldest, release_velocity);
}

void Voices::Impl::pedal_up(uint8_t channel) noexcept {
  for (uint32_t i = held_count; i-- > 0;)
    if (held[i].pedal && !channels.pedal(held[i].channel) && channels.concerns(channel, held[i].channel)) drop_held(i);
  for (Voice& voice : voices) {
    if (voice.stage != Stage::pedal || channels.pedal(voice.channel) || !channels.concerns(channel, voice.channel))
      continue;
    if (voice.fresh) voice.stage = Stage::held, voice.brief = true;
    else release(voice);
    if (mono) mono_go_back();
  }
}

void Voices::Impl::release_all(uint8_t channel) noexcept {
  for (uint32_t i = held_count; i-- > 0;) {
    if (!channels.concerns(channel, held[i].channel)) continue;
    if (channels.pedal(held[i].channel)) held[i].pedal = true;
    else drop_held(i);
  }
  for (Voice& voice : voices) {
    if (!voice.sounds() || !channels.concerns(channel, voice.channel)) continue;
    if (voice.key_down() && !voice.brief) key_up(voice, 0.5);
    if (mono && voice.stage == Stage::released) mono_go_back();
  }
}

void Voices::Impl::cut_all(uint8_t channel) noexcept {
  for (uint32_t i = held_count; i-- > 0;)
    if (channels.concerns(channel, held[i].channel)) drop_held(i);
  for (Voice& voice : voices)
    if (channels.concerns(channel, voice.channel)) cut(voice);
}

// -- Mono and legato: the key that went down last sounds, and those before it wait for their turn.

void Voices::Impl::push_held(const HeldNote& from) noexcept {
  if (held_count == kHeldNotes) drop_held(0);
  held[held_count++] = from;
}

void Voices::Impl::drop_held(uint32_t index) noexcept {
  std::copy(held.begin() + index + 1, held.begin() + held_count, held.begin() + index);
  --held_count;
}

void Voices::Impl::mono_on(const HeldNote& from) noexcept {
  // What only the pedal holds does not come back.
  for (uint32_t i = held_count; i-- > 0;)
    if (held[i].pedal) drop_held(i);
  Voice& voice = voices[0];
  const bool overlaps = voice.stage == Stage::held && !voice.brief;
  const bool legato = slot.mode == VoiceSlot::Mode::legato && overlaps;
  begin(voice, from, legato, legato || (slot.mode == VoiceSlot::Mode::mono && played));
  played = true;
  push_held(from);
}

void Voices::Impl::mono_off(const Event& event, double release_velocity) noexcept {
  for (uint32_t i = 0; i < held_count; ++i) {
    const bool meant = event.note_id >= 0 ? held[i].note_id == event.note_id
                                          : held[i].key == event.key && held[i].channel == event.channel % 16;
    if (!meant || held[i].pedal) continue;
    const bool sounding = i + 1 == held_count;
    if (channels.pedal(held[i].channel)) {
      held[i].pedal = true;
      if (sounding) key_up(voices[0], release_velocity);
      return;
    }
    drop_held(i);
    if (!sounding) return;
    voices[0].off_velocity = release_velocity;
    if (held_count == 0) key_up(voices[0], release_velocity);
    else mono_go_back();
    return;
  }
}

// The newest key that is still down sounds again, where there is one.
void Voices::Impl::mono_go_back() noexcept {
  if (held_count == 0) return;
  begin(voices[0], held[held_count - 1], slot.mode == VoiceSlot::Mode::legato && voices[0].stage != Stage::free, true);
}

// -- Expression

void Voices::Impl::refresh_bend(uint8_t channel) noexcept {
  for (Voice& voice : voices) {
    // Another note of an MPE controller may have the channel while this one fades out.
    if (channels.is_member(voice.channel) && voice.stage == Stage::released) continue;
    if (channels.concerns(channel, voice.channel))
      voice.channel_bend = channels.bend(voice.channel, slot.bend_range, slot.mpe_bend_range);
  }
}

// Bend, pressure and timbre of a note or of all notes of a channel.
void Voices::Impl::express(const Event& event) noexcept {
  const auto channel = static_cast<uint8_t>(event.channel % 16);
  const bool of_note = event.note_id >= 0;
  const double value = within(event.value, event.kind == EventKind::bend ? -1 : 0, 1);
  if (!of_note && event.kind != EventKind::key_pressure) channels.set(channel, event.kind, value);
  if (event.kind == EventKind::bend && !of_note) return refresh_bend(channel);
  for (Voice& voice : voices) {
    if (!voice.sounds()) continue;
    const bool frozen = channels.is_member(voice.channel) && voice.stage == Stage::released;
    const bool meant = of_note                                 ? voice.note_id == event.note_id
                       : event.kind == EventKind::key_pressure ? voice.channel == channel && voice.key == event.key
                                                               : channels.concerns(channel, voice.channel) && !frozen;
    if (!meant) continue;
    if (event.kind == EventKind::bend) voice.note_bend = value * slot.mpe_bend_range;
    else if (event.kind == EventKind::timbre) voice.timbre = value;
    else voice.pressure = value;
  }
}

void Voices::Impl::controller(const Event& event) noexcept {
  constexpr uint32_t kPedal = 64, kTimbre = 74, kAllSoundOff = 120, kReset = 121, kAllNotesOff = 123;
  const auto channel = static_cast<uint8_t>(event.channel % 16);
  const double value = within(event.value, 0, 1);
  if (event.index == kTimbre) {
    Event timbre = event;
    timbre.kind = EventKind::timbre;
    return express(timbre);
  }
  if (event.index == kAllSoundOff) return cut_all(channel);
  if (event.index == kAllNotesOff) return release_all(channel);
  const bool was_down = channels.at(channel).pedal;
  if (event.index == kPedal) channels.at(channel).pedal = value >= 0.5;
  else if (event.index == kReset) channels.at(channel).reset();
  else if (!channels.take_rpn(channel, event.index, value)) return;
  refresh_bend(channel);
  if (was_down && !channels.at(channel).pedal) pedal_up(channel);
}

}  // namespace sinter
