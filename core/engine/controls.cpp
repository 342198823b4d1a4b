// What happens when a cell begins: parameters glide, the transport, controllers and notes are written, control code
// runs where something moved, and ramps head for the values at the next grid line.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "instance.hpp"
#include "migration.hpp"
#include "sinter/base/fp_mode.hpp"

namespace sinter {
namespace {

template <class T>
void write(uint8_t* at, double value) {
  const T element = static_cast<T>(value);
  std::memcpy(at, &element, sizeof element);
}

double read_control(const uint8_t* controls, uint32_t offset) {
  double value;
  std::memcpy(&value, controls + offset, sizeof value);
  return value;
}

// Non-finite recurrence states become 0; returns how many there were and where the last one is. The exponent of a
// non-finite number is all ones.
struct Scrubbed {
  uint64_t count = 0;
  uint32_t offset = 0;
};
template <class Bits>
Scrubbed scrub(uint8_t* state, uint32_t bytes, Bits exponent) {
  Bits* words = reinterpret_cast<Bits*>(state);
  const auto count = static_cast<uint32_t>(bytes / sizeof(Bits));
  Bits any = 0;
  for (uint32_t i = 0; i < count; ++i) any |= static_cast<Bits>((words[i] & exponent) == exponent);
  if (!any) return {};
  Scrubbed found;
  for (uint32_t i = 0; i < count; ++i)
    if ((words[i] & exponent) == exponent) {
      words[i] = 0;
      ++found.count;
      found.offset = static_cast<uint32_t>(i * sizeof(Bits));
    }
  return found;
}

}  // namespace

Instance::Instance(std::shared_ptr<const Program> program, ParameterStore& parameters, EngineCounters& counters,
                   const Inherited& inherited)
    : memory(*program, inherited),
      fade_rows(size_t{program->layout.output_channels} * kCellFrames),
      program_(std::move(program)),
      parameters_(parameters),
      counters_(counters),
      private_probe_(program_->layout.probes.size(), false) {
  for (uint32_t c = 0; c < layout().output_channels; ++c)
    fade_pointers.push_back(fade_rows.data() + size_t{c} * kCellFrames);
  slot_of_.assign(parameters.size(), ParameterStore::kNone);
  for (uint32_t p = 0; p < layout().params.size(); ++p) {
    const ParamSlot& slot = layout().params[p];
    handle_of_.push_back(slot.role == ControlRole::parameter ? parameters.find(slot.id) : ParameterStore::kNone);
    if (handle_of_.back() != ParameterStore::kNone) slot_of_[handle_of_.back()] = p;
    else if (slot.role != ControlRole::voice) sources_.push_back(p);
    has_beat_ |= slot.role == ControlRole::beat || slot.role == ControlRole::bar;
  }
  glides_.resize(layout().params.size());
  size_t lanes = 0;
  for (const RampSlot& ramp : layout().ramps) lanes += ramp.lanes;
  ramp_lanes_.resize(lanes);
  for (const VoiceSlot& slot : layout().voices) {
    voices_.push_back(std::make_unique<Voices>(slot, layout().sample_rate));
    for (const uint32_t probe : {slot.level_probe, slot.done_probe})
      if (probe != VoiceSlot::kUnused) private_probe_[probe] = true;
  }
  granule_ = program_->executor->granule();
  gridless_ =
      program_->executor->max_frames() > kCellFrames && !layout().real_state_bytes && voices_.empty() && !has_beat_;
  with_audio_fp([&] {
    program_->control->constants(memory.controls.data());
    settle();
  });
}

void Instance::reset() noexcept {
  memory.reset(*program_);
  frame = 0;
  tempo_.frame = 0;
  tempo_.transport.beat = 0;
  cell_offset_ = window_frames_ = splits_ = 0;
  pending_cell_ = unsettled_ = false;
  for (const std::unique_ptr<Voices>& voices : voices_) voices->reset();
  settle();
}

// All parameters at their targets, all controls computed, all ramps at rest.
void Instance::settle() noexcept {
  uint8_t* controls = memory.controls.data();
  seen_sets_ = parameters_.sets();
  for (size_t p = 0; p < glides_.size(); ++p) {
    if (handle_of_[p] == ParameterStore::kNone) continue;
    glides_[p] = {.heading = parameters_.get(handle_of_[p])};
    write<double>(controls + layout().params[p].offset, glides_[p].heading);
  }
  sources_moved_ = true;
  move_sources(0);
  for (const std::unique_ptr<Voices>& voices : voices_) voices->write_all(controls);
  program_->control->run(controls, ~uint64_t{0});
  size_t at = 0;
  for (const RampSlot& ramp : layout().ramps)
    for (uint32_t l = 0; l < ramp.lanes; ++l) {
      const double value = read_control(controls, ramp.source + l * 8);
      ramp_lanes_[at++] = {value, value};
    }
  ramps_moving_ = glides_moving_ = false;
  write_ramps(kCellFrames);
}

// v0 and slope of every ramp for the cell that begins now and has `remaining` frames to the next grid line.
void Instance::write_ramps(uint32_t remaining) noexcept {
  uint8_t* controls = memory.controls.data();
  const uint32_t bytes = bytes_of(layout().real);
  size_t at = 0;
  for (const RampSlot& ramp : layout().ramps)
    for (uint32_t l = 0; l < ramp.lanes; ++l, ++at) {
      const RampLane& lane = ramp_lanes_[at];
      const double slope = lane.target == lane.now ? 0.0 : (lane.target - lane.now) / (remaining * ramp.clock);
      uint8_t* start_at = controls + ramp.start + l * bytes;
      uint8_t* slope_at = controls + ramp.slope + l * bytes;
      if (layout().real == ElementKind::f64) {
        write<double>(start_at, lane.now);
        write<double>(slope_at, slope);
      } else {
        write<float>(start_at, lane.now);
        write<float>(slope_at, slope);
      }
    }
}

// -- Parameters

void Instance::head_for(uint32_t index, double target) noexcept {
  Glide& glide = glides_[index];
  if (glide.heading == target) return;
  const ParamSlot& slot = layout().params[index];
  const double cells = slot.smooth_seconds * layout().sample_rate / kCellFrames;
  glide.cells_left = static_cast<uint32_t>(std::clamp(std::nearbyint(cells), 1.0, 1e9));
  glide.heading = target;
  glide.step = (target - read_control(memory.controls.data(), slot.offset)) / glide.cells_left;
  glide.fresh = glides_moving_ = true;
}

// What was set from other threads begins to move with the first frame of this block.
void Instance::adopt_parameters() noexcept {
  seen_sets_ = parameters_.sets();
  for (uint32_t p = 0; p < glides_.size(); ++p) {
    if (handle_of_[p] == ParameterStore::kNone) continue;
    head_for(p, parameters_.get(handle_of_[p]));
    pending_cell_ |= glides_[p].fresh;
  }
}

// Advances the glides to the next grid line; returns the groups of the parameters that moved. In a cell that begins
// between grid lines only those move that have just set out: the others are on their way there already.
uint64_t Instance::move_parameters(bool on_grid) noexcept {
  if (!glides_moving_) return 0;
  glides_moving_ = false;
  uint64_t moved = 0;
  for (uint32_t p = 0; p < glides_.size(); ++p) {
    Glide& glide = glides_[p];
    if (!glide.cells_left) continue;
    if (on_grid || glide.fresh) {
      uint8_t* value_at = memory.controls.data() + layout().params[p].offset;
      const double value = read_control(memory.controls.data(), layout().params[p].offset);
      write<double>(value_at, --glide.cells_left ? value + glide.step : glide.heading);
      glide.fresh = false;
      moved |= param_group(p);
    }
    glides_moving_ |= glide.cells_left != 0;
  }
  return moved;
}

// -- Transport, controllers and notes

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
    controllers_[event.index % controllers_.size()] = std::clamp(event.value, 0.0, 1.0);
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

// -- Cells

void Instance::begin_cell(uint32_t elapsed, uint32_t remaining) noexcept {
  const bool on_grid = remaining == kCellFrames;
  if (on_grid) {
    scrub_states();
    listen_to_voices();
  }
  cell_offset_ = 0;
  pending_cell_ = unsettled_ = false;
  uint8_t* controls = memory.controls.data();
  uint64_t moved = move_parameters(on_grid) | move_sources(remaining);
  for (size_t v = 0; v < voices_.size(); ++v)
    if (voices_[v]->begin_cell(controls, on_grid)) moved |= layout().voices[v].moved_by;
  if (!moved && !ramps_moving_) return;
  if (moved) {
    counters_.control_ops += program_->control->run(controls, moved);
    ++counters_.cells;
  }
  move_ramps(on_grid, elapsed, remaining);
  write_ramps(remaining);
}

// Ramps stand where they are now and go to the values that the controls will have at the next grid line.
void Instance::move_ramps(bool on_grid, uint32_t elapsed, uint32_t remaining) noexcept {
  const uint8_t* controls = memory.controls.data();
  size_t at = 0;
  for (const RampSlot& ramp : layout().ramps) {
    RampLane* lanes = ramp_lanes_.data() + at;
    at += ramp.lanes;
    for (uint32_t l = 0; l < ramp.lanes; ++l) {
      RampLane& lane = lanes[l];
      // At a grid line the last cell's target is reached exactly; in between, what the ramp has covered so far.
      lane.now = on_grid ? lane.target : lane.now + (lane.target - lane.now) * elapsed / (elapsed + remaining);
      lane.target = read_control(controls, ramp.source + l * 8);
    }
    // A note does not glide from the one that its voice played before.
    if (ramp.voices)
      for (const uint32_t voice : voices_[ramp.voices - 1]->begun())
        for (uint32_t l = voice; l < ramp.lanes; l += layout().voices[ramp.voices - 1].voices)
          lanes[l].now = lanes[l].target;
  }
  if (tempo_jumped_) {
    tempo_jumped_ = false;
    at = 0;
    for (const RampSlot& ramp : layout().ramps) {
      for (const uint32_t p : sources_) {
        const ParamSlot& slot = layout().params[p];
        if (slot.offset != ramp.source) continue;
        if (slot.role == ControlRole::beat) ramp_lanes_[at].now = beat_at(frame);
        if (slot.role == ControlRole::bar) ramp_lanes_[at].now = beat_at(frame) / tempo_.transport.beats_per_bar;
      }
      at += ramp.lanes;
    }
  }
  ramps_moving_ =
      std::any_of(ramp_lanes_.begin(), ramp_lanes_.end(), [](const RampLane& l) { return l.now != l.target; });
}

void Instance::scrub_states() noexcept {
  if (!layout().real_state_bytes) return;
  const Scrubbed found = layout().real == ElementKind::f64
                             ? scrub<uint64_t>(memory.state.data(), layout().real_state_bytes, 0x7ff0000000000000u)
                             : scrub<uint32_t>(memory.state.data(), layout().real_state_bytes, 0x7f800000u);
  if (!found.count) return;
  counters_.scrubbed_states += found.count;
  counters_.scrubbed_at.store(number << 32 | found.offset, std::memory_order_relaxed);
}

// -- Taking over

// Parameters, transport, controllers, notes and ramps go on where the older program is; what is new is settled.
void Instance::take_controls(const Instance& older, const Migration& move) noexcept {
  uint8_t* controls = memory.controls.data();
  controllers_ = older.controllers_;
  tempo_ = older.tempo_;
  tempo_jumped_ = true;
  sources_moved_ = true;
  seen_sets_ = older.seen_sets_;
  splits_ = older.splits_;
  split_cell_ = older.split_cell_;
  cell_offset_ = older.cell_offset_;
  pending_cell_ = older.pending_cell_ || !move.same_controls;
  unsettled_ = true;
  uint64_t moved = move_sources((kCellFrames - static_cast<uint32_t>(frame % kCellFrames)) % kCellFrames);
  const auto put = [&](uint32_t p, double value) {
    const uint32_t offset = layout().params[p].offset;
    if (value == read_control(controls, offset)) return;
    write<double>(controls + offset, value);
    moved |= param_group(p);
  };
  for (uint32_t p = 0; p < glides_.size(); ++p) {
    if (handle_of_[p] == ParameterStore::kNone) continue;
    glides_[p] = {.heading = parameters_.get(handle_of_[p])};
    const uint32_t before = move.params[p];
    if (before == Migration::kNew) {
      put(p, glides_[p].heading);
      continue;
    }
    const ParamSlot& slot = layout().params[p];
    const double value = read_control(older.memory.controls.data(), older.layout().params[before].offset);
    const double target = glides_[p].heading;
    glides_[p] = older.glides_[before];
    put(p, std::clamp(value, slot.minimum, slot.maximum));
    head_for(p, target);
    glides_moving_ |= glides_[p].cells_left != 0;
    pending_cell_ |= glides_[p].fresh;
  }
  for (size_t v = 0; v < voices_.size(); ++v) {
    if (move.voices[v] == Migration::kNew) continue;
    voices_[v]->take_over(*older.voices_[move.voices[v]]);
    voices_[v]->write_all(controls);
    moved |= layout().voices[v].moved_by;
  }
  if (moved) counters_.control_ops += program_->control->run(controls, moved);
  size_t at = 0;
  for (size_t r = 0; r < layout().ramps.size(); ++r)
    for (uint32_t l = 0; l < layout().ramps[r].lanes; ++l, ++at) {
      const uint32_t before = move.ramps[r];
      const double value = read_control(controls, layout().ramps[r].source + l * 8);
      ramp_lanes_[at] = before == Migration::kNew ? RampLane{value, value} : older.ramp_lanes_[before + l];
    }
  ramps_moving_ =
      std::any_of(ramp_lanes_.begin(), ramp_lanes_.end(), [](const RampLane& l) { return l.now != l.target; });
  write_ramps(kCellFrames - static_cast<uint32_t>((frame - cell_offset_) % kCellFrames));
}

void Instance::begin_restored(const Instance& older) noexcept {
  controllers_ = older.controllers_;
  tempo_.transport = older.tempo_.transport;
  tempo_.transport.beat = older.beat_at(older.frame);
  tempo_.frame = frame;
  sources_moved_ = tempo_jumped_ = unsettled_ = pending_cell_ = true;
  program_->executor->from_canonical(block_now(0));
}

}  // namespace sinter
