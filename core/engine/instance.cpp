// Cuts a block into cells and runs the executor between them, over rows that are as long as it needs.
#include "instance.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "migration.hpp"

namespace sinter {
namespace {

bool overlap(const float* a, const float* b, uint32_t frames) { return a < b + frames && b < a + frames; }

const float* row(std::span<const float* const> rows, uint32_t channel) {
  return channel < rows.size() ? rows[channel] : nullptr;
}
float* row(std::span<float* const> rows, uint32_t channel) { return channel < rows.size() ? rows[channel] : nullptr; }

}  // namespace

Instance::~Instance() = default;

Block Instance::block_now(uint32_t frames) noexcept {
  Block block;
  block.frames = frames;
  block.cell_offset = cell_offset_;
  block.frame = frame;
  block.controls = memory.controls.data();
  block.state = memory.state.data();
  block.buffers = memory.buffers.data();
  block.probes = memory.probes.data();
  block.rings = memory.ring_pointers.data();
  block.tables = memory.table_pointers.data();
  block.rows = memory.rows.data();
  block.inputs = memory.inputs.data();
  block.outputs = memory.outputs.data();
  block.externals = memory.external_pointers.data();
  block.scratch = memory.scratch.data();
  return block;
}

void Instance::run_rows(uint32_t frames) noexcept {
  for (size_t r = 0; r < memory.input_rows.size(); ++r)
    memory.rows[memory.input_rows[r]] = const_cast<float*>(memory.inputs[memory.input_row_channel[r]]);
  program_->executor->run(block_now(frames));
  frame += frames;
  cell_offset_ += frames;
}

// `frames` of the host's rows from `done` on. Directly where the executor may touch them, through padded rows where a
// channel is missing, an output shares memory with an input, or less than a whole vector is left.
void Instance::run_host(const HostBlock& block, uint32_t done, uint32_t frames, bool staged) noexcept {
  const uint32_t at = block.first + done, out_at = block.first_output + done;
  for (uint32_t c = 0; c < layout().input_channels; ++c) {
    const float* host = row(block.inputs, c);
    float* stage = memory.staged_inputs.data() + size_t{c} * kStageFrames;
    if (!host) memory.inputs[c] = memory.silence.data();
    else if (!staged) memory.inputs[c] = host + at;
    else {
      std::memcpy(stage, host + at, frames * sizeof(float));
      memory.inputs[c] = stage;
    }
  }
  for (uint32_t c = 0; c < layout().output_channels; ++c) {
    float* host = row(block.outputs, c);
    memory.outputs[c] = host && !staged ? host + out_at : memory.staged_outputs.data() + size_t{c} * kStageFrames;
  }
  run_rows(frames);
  if (!staged) return;
  for (uint32_t c = 0; c < layout().output_channels; ++c)
    if (float* host = row(block.outputs, c)) std::memcpy(host + out_at, memory.outputs[c], frames * sizeof(float));
}

bool Instance::needs_staging(const HostBlock& block) const noexcept {
  const uint32_t inputs = layout().input_channels;
  const uint32_t end = block.first + block.frames;
  for (uint32_t c = 0; c < layout().output_channels; ++c) {
    const float* out = row(block.outputs, c);
    if (!out) return true;
    for (uint32_t i = 0; i < inputs; ++i) {
      const float* in = row(block.inputs, i);
      if (!in || !overlap(in, out, end)) continue;
      const bool same_row = i == c && in == out;
      if (!same_row || program_->reads_input_late) return true;
    }
    for (uint32_t o = 0; o < c; ++o)
      if (overlap(block.outputs[o], out, end)) return true;
  }
  for (uint32_t c = 0; c < inputs; ++c)
    if (!row(block.inputs, c)) return true;
  return false;
}

// Which events of a block are due, and where the next one wants a cell of its own.
struct Instance::Splits {
  explicit Splits(const HostBlock& b) : block(b) {
    while (next < block.events.size() && block.events[next].frame < block.first) ++next;  // an earlier part's
  }
  const HostBlock& block;
  size_t next = 0;

  // The frame within the part of the block that is being played.
  uint32_t frame_of(const Event& event) const {
    const uint32_t at = std::max(event.frame, block.first) - block.first;
    return std::min(at, std::max(block.frames, 1u) - 1);
  }
  bool belongs(const Event& event) const { return block.last || event.frame < block.first + block.frames; }
  bool due(uint32_t done) const {
    return next < block.events.size() && belongs(block.events[next]) && frame_of(block.events[next]) <= done;
  }
  bool none_left() const { return next >= block.events.size() || !belongs(block.events[next]); }
  // The frames from `done` to the next event that splits, at most `most`.
  uint32_t until_split(uint32_t done, uint32_t most, bool notes) const {
    for (size_t e = next; e < block.events.size() && belongs(block.events[e]); ++e) {
      const uint32_t at = frame_of(block.events[e]);
      if (at >= done + most) break;
      if (at <= done) continue;  // not in order: it is taken when its turn comes
      const EventKind kind = block.events[e].kind;
      if (kind == EventKind::parameter || (notes && Voices::splits(kind))) return at - done;
    }
    return most;
  }
};

void Instance::process(const HostBlock& block) noexcept {
  const bool staged = needs_staging(block);
  const bool unlimited = gridless_ && !staged;
  if (parameters_.sets() != seen_sets_) adopt_parameters();
  Splits splits(block);
  for (uint32_t done = 0; done < block.frames || splits.due(done);) {
    const bool on_grid = frame % kCellFrames == 0;
    if (frame / kCellFrames != split_cell_) split_cell_ = frame / kCellFrames, splits_ = 0;
    take_due(splits, done, on_grid);
    if (done == block.frames) break;  // what the last events asked for begins with the next block
    const uint32_t remaining = kCellFrames - static_cast<uint32_t>(frame % kCellFrames);
    if (on_grid || pending_cell_) begin_cell(cell_offset_, remaining);
    // At rest a program without buffers and recurrences has no use for the grid: the whole block is one run.
    const bool at_rest = unlimited && !ramps_moving_ && !glides_moving_ && !unsettled_ && splits.none_left();
    uint32_t run = std::min(block.frames - done, at_rest ? block.frames : remaining);
    run = std::min(run, longest_run_);
    if (splits_ < kMaxSplits) run = splits.until_split(done, run, !voices_.empty());
    const uint32_t whole = staged ? 0 : run & ~(granule_ - 1);
    if (whole) run_host(block, done, whole, false);
    if (run > whole) run_host(block, done + whole, run - whole, true);
    done += run;
  }
  publish_probes(block.frames);
}

// Notes and steps begin a cell of their own, up to kMaxSplits within 64 frames; what is beyond waits for the grid line.
void Instance::take_due(Splits& splits, uint32_t done, bool on_grid) noexcept {
  const bool room = on_grid || splits_ < kMaxSplits;
  bool split = false;
  for (; splits.due(done); ++splits.next) {
    const Event& event = splits.block.events[splits.next];
    if (!take(event)) continue;
    const bool in_time = splits.frame_of(event) == done;
    if (room && in_time) split = true;
    else ++counters_.moved_events;
  }
  if (!split || on_grid) return;
  ++splits_;
  pending_cell_ = true;
}

// Once per window the levels of all probes are handed to whoever reads them, and measuring begins again.
void Instance::publish_probes(uint32_t frames) noexcept {
  window_frames_ += frames;
  if (window_frames_ < kProbeWindowFrames) return;
  for (size_t p = 0; p < layout().probes.size(); ++p) {
    if (private_probe_[p]) continue;
    const ProbeSlot& slot = layout().probes[p];
    float* levels = reinterpret_cast<float*>(memory.probes.data() + slot.offset);
    ProbeLevel* to = memory.published.data() + slot.offset / 8;
    for (uint32_t lane = 0; lane < slot.lanes; ++lane, levels += 2) {
      to[lane].peak.store(levels[0], std::memory_order_relaxed);
      to[lane].rms.store(std::sqrt(levels[1] / static_cast<float>(window_frames_)), std::memory_order_relaxed);
      levels[0] = levels[1] = 0;
    }
  }
  window_frames_ = 0;
}

Engine::Level Instance::read_probe(uint32_t probe, uint32_t lane) const noexcept {
  if (probe >= layout().probes.size() || lane >= layout().probes[probe].lanes) return {};
  const ProbeLevel& level = memory.published[layout().probes[probe].offset / 8 + lane];
  return {level.peak.load(std::memory_order_relaxed), level.rms.load(std::memory_order_relaxed)};
}

std::string Instance::state_key(uint32_t offset) const {
  for (const StateSlot& slot : layout().states)
    if (offset >= slot.offset && offset < slot.offset + slot.lanes * bytes_of(slot.kind)) return slot.key;
  return {};
}

}  // namespace sinter
