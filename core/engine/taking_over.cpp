// One instance goes on where another is: what is remembered by the lists of a Migration, controls here.
#include <algorithm>
#include <cstring>

#include "control_area.hpp"
#include "instance.hpp"
#include "migration.hpp"

namespace sinter {

void Instance::take_over(Instance& older, Migration& move) noexcept {
  frame = older.frame;
  older.canonical_states(move.canonical);
  move.finish(older, *this);
  take_controls(older, move);
  program_->executor->from_canonical(block_now(0));
}

void Instance::take_snapshot(Instance& older) noexcept {
  frame = older.frame;
  older.canonical_states(arrival->canonical);
  arrival->finish(older, *this);
}

// There and back would round: what plays on must not hear that it was read.
void Instance::canonical_states(const AlignedBytes& to) noexcept {
  std::memcpy(to.data(), memory.state.data(), memory.state.size());
  Block block = block_now(0);
  block.state = to.data();
  program_->executor->to_canonical(block);
}

// Parameters, transport, controllers, notes and ramps go on where the older program is; what is new is settled. States
// are in canonical form before and after.
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
    const double inside = within(value, slot.minimum, slot.maximum);
    const double target = glides_[p].heading;
    Glide& glide = glides_[p] = older.glides_[before];
    put(p, inside);
    // From elsewhere the old step would lead beyond the target, and perhaps out of a range that has become narrower.
    if (inside != value && glide.cells_left) glide.step = (glide.heading - inside) / glide.cells_left;
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
  if (moved) counters_.control_ops += program_->control->run(controls, nullptr, moved);
  size_t at = 0;
  for (size_t r = 0; r < layout().ramps.size(); ++r)
    for (uint32_t l = 0; l < layout().ramps[r].lanes; ++l, ++at) {
      const uint32_t before = move.ramps[r];
      const double value = read_control(controls, layout().ramps[r].source + l * 8);
      ramp_lanes_[at] = before == Migration::kNew ? RampLane{value, value} : older.ramp_lanes_[before + l];
    }
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
