// What reaches control code from outside: the transport, controllers, and the notes that voices play.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "control_area.hpp"
#include "instance.hpp"

namespace sinter {

double Instance::beat_at(uint64_t at) const noexcept {
  const Transport& t = tempo_.transport;
  if (!t.playing) return t.beat;
  const double frames = static_cast<double>(static_cast<int64_t>(at - tempo_.frame));
  return t.beat + frames * t.bpm / (60 * layout().sample_rate);
}

// Hosts say where they are in every block; only what differs from where we count to ourselves is a jump.
void Instance::set_transport(const Transport& transport) noexcept {
  constexpr double kSameBeat = 1e-6;
  Transport& now = tempo_.transport;
  const double beat = beat_at(frame);
  const bool jump = !(std::abs(beat - transport.beat) <= kSameBeat);
  if (!jump && transport.bpm == now.bpm && transport.playing == now.playing &&
      transport.beats_per_bar == now.beats_per_bar)
    return;
  now = transport;
  if (!jump) now.beat = beat;
  if (!std::isfinite(now.beat)) now.beat = 0;
  now.bpm = std::isfinite(now.bpm) ? std::clamp(now.bpm, 1.0, 999.0) : 120;
  if (!(now.beats_per_bar >= 1 && now.beats_per_bar <= 64)) now.beats_per_bar = 4;
  tempo_.frame = frame;
  tempo_jumped_ |= jump;
  sources_moved_ = unsettled_ = true;
  if (!sources_.empty()) pending_cell_ = true;
}

// Writes what the transport and controllers say for the next grid line; returns the groups that moved.
uint64_t Instance::move_sources(uint32_t remaining) noexcept {
  if (!sources_moved_ && !has_beat_) return 0;
  sources_moved_ = false;
  const Transport& transport = tempo_.transport;
  uint8_t* controls = memory.controls.data();
  uint64_t moved = 0;
  for (const uint32_t p : sources_) {
    const ParamSlot& slot = layout().params[p];
    double value = slot.initial;
    switch (slot.role) {
      case ControlRole::bpm:
        value = transport.bpm;
        break;
      case ControlRole::beat:
        value = beat_at(frame + remaining);
        break;
      case ControlRole::bar:
        value = beat_at(frame + remaining) / transport.beats_per_bar;
        break;
      case ControlRole::playing:
        value = transport.playing;
        break;
      case ControlRole::controller:
        value = controllers_[slot.number % controllers_.size()];
        break;
      default:
        break;
    }
    if (value == read_control(controls, slot.offset)) continue;
    write<double>(controls + slot.offset, value);
    moved |= param_group(p);
  }
  return moved;
}

// Takes an event in; true where it wants a cell of its own.
bool Instance::take(const Event& event) noexcept {
  if (event.kind == EventKind::parameter) {
    if (event.index >= slot_of_.size() || slot_of_[event.index] == ParameterStore::kNone) return false;
    parameters_.note(event.index, event.value);
    head_for(slot_of_[event.index], parameters_.get(event.index));
    return true;
  }
  unsettled_ = true;
  if (event.kind == EventKind::controller) {
    controllers_[event.index % controllers_.size()] = within(event.value, 0, 1);
    sources_moved_ = true;
  }
  for (size_t v = 0; v < voices_.size(); ++v) {
    const VoiceSlot& slot = layout().voices[v];
    counters_.stolen_voices += voices_[v]->handle(event);
    const bool begins = event.kind == EventKind::note_on && event.value > 0;
    if (!begins || !slot.choke || event.key < slot.lowest || event.key > slot.highest) continue;
    for (size_t other = 0; other < voices_.size(); ++other)
      if (other != v && layout().voices[other].choke == slot.choke) voices_[other]->choke();
  }
  return !voices_.empty() && Voices::splits(event.kind);
}

void Instance::listen_to_voices() noexcept {
  for (size_t v = 0; v < voices_.size(); ++v) {
    const VoiceSlot& slot = layout().voices[v];
    const auto levels = [&](uint32_t probe) {
      return probe == VoiceSlot::kUnused
                 ? nullptr
                 : reinterpret_cast<float*>(memory.probes.data() + layout().probes[probe].offset);
    };
    float* const level = levels(slot.level_probe);
    float* const done = levels(slot.done_probe);
    voices_[v]->listen(level, done);
    for (float* heard : {level, done})
      if (heard) std::memset(heard, 0, size_t{slot.voices} * 2 * sizeof(float));
  }
}

}  // namespace sinter
