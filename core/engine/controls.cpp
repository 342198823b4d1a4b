// What happens when a cell begins: parameters glide, the transport, controllers and notes are written, control code
// runs where something moved, and ramps head for the values at the next grid line.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "control_area.hpp"
#include "instance.hpp"
#include "migration.hpp"
#include "sinter/base/fp_mode.hpp"

namespace sinter {
namespace {

// Non-finite recurrence states become 0; returns how many there were and where the last one is. The exponent of a
// non-finite number is all ones. In whatever form an executor keeps them, 0 and finite numbers are finite states.
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
  for (const External* external : memory.external_pointers)
    recordings.push_back(external ? external->recording() : nullptr);
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
  longest_run_ = program_->executor->max_frames();
  gridless_ =
      program_->executor->max_frames() > kCellFrames && !layout().real_state_bytes && voices_.empty() && !has_beat_;
  with_audio_fp([&] {
    program_->control->constants(memory.controls.data());
    settle();
  });
}

void Instance::begin_initial() noexcept { program_->executor->from_canonical(block_now(0)); }

void Instance::reset() noexcept {
  memory.reset(*program_);
  frame = 0;
  tempo_.frame = 0;
  tempo_.transport.beat = 0;
  cell_offset_ = window_frames_ = splits_ = 0;
  pending_cell_ = unsettled_ = false;
  for (const std::unique_ptr<Voices>& voices : voices_) voices->reset();
  settle();
  begin_initial();
}

// All parameters at their targets, all controls computed, all ramps at rest. States are in canonical form before and
// after.
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
  program_->control->run(controls, nullptr, ~uint64_t{0});
  size_t at = 0;
  for (const RampSlot& ramp : layout().ramps)
    for (uint32_t l = 0; l < ramp.lanes; ++l) {
      const double value = read_control(controls, ramp.source + l * 8);
      ramp_lanes_[at++] = {value, value};
    }
  glides_moving_ = false;
  write_ramps(kCellFrames);
}

// v0 and slope of every ramp for the cell that begins now and has `remaining` frames to the next grid line.
void Instance::write_ramps(uint32_t remaining) noexcept {
  uint8_t* controls = memory.controls.data();
  const uint32_t bytes = bytes_of(layout().real);
  ramps_moving_ = false;
  size_t at = 0;
  for (const RampSlot& ramp : layout().ramps)
    for (uint32_t l = 0; l < ramp.lanes; ++l, ++at) {
      const RampLane& lane = ramp_lanes_[at];
      const bool moves = lane.target != lane.now;
      const double slope = moves ? (lane.target - lane.now) / (remaining * ramp.clock) : 0.0;
      ramps_moving_ |= moves;
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
    counters_.control_ops += program_->control->run(controls, memory.state.data(), moved);
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

}  // namespace sinter
