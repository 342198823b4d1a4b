// process(): cuts a block into cells of the control grid, moves controls at their starts, and runs the executor
// between.
#include "sinter/engine/engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "memory.hpp"
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

// Non-finite recurrence states become 0; returns how many there were. The exponent of a non-finite number is all ones.
template <class Bits>
uint64_t scrub(uint8_t* state, uint32_t bytes, Bits exponent) {
  Bits* words = reinterpret_cast<Bits*>(state);
  const auto count = static_cast<uint32_t>(bytes / sizeof(Bits));
  Bits any = 0;
  for (uint32_t i = 0; i < count; ++i) any |= static_cast<Bits>((words[i] & exponent) == exponent);
  if (!any) return 0;
  uint64_t found = 0;
  for (uint32_t i = 0; i < count; ++i)
    if ((words[i] & exponent) == exponent) {
      words[i] = 0;
      ++found;
    }
  return found;
}

bool overlap(const float* a, const float* b, uint32_t frames) { return a < b + frames && b < a + frames; }

}  // namespace

Engine::Engine() = default;
Engine::~Engine() = default;

void Engine::prepare(std::shared_ptr<const Program> program) {
  program_ = std::move(program);
  memory_ = std::make_unique<Memory>(*program_);
  frame_ = 0;
  with_audio_fp([&] { settle(); });
}

void Engine::set_parameter(uint32_t index, double plain_value) noexcept {
  if (!program_ || index >= program_->layout.params.size()) return;
  const ParamSlot& slot = program_->layout.params[index];
  const double value = std::isnan(plain_value) ? slot.initial : std::clamp(plain_value, slot.minimum, slot.maximum);
  memory_->glides[index].target.store(value, std::memory_order_relaxed);
  memory_->parameter_sets.fetch_add(1, std::memory_order_release);
}

double Engine::parameter(uint32_t index) const noexcept {
  if (!program_ || index >= program_->layout.params.size()) return 0;
  return memory_->glides[index].target.load(std::memory_order_relaxed);
}

void Engine::reset() noexcept {
  if (!program_) return;
  memory_->reset(*program_);
  frame_ = 0;
  with_audio_fp([&] { settle(); });
}

// All parameters at their targets, all controls computed, all ramps at rest.
void Engine::settle() noexcept {
  Memory& m = *memory_;
  m.seen_sets = m.parameter_sets.load(std::memory_order_acquire);
  uint8_t* controls = m.controls.data();
  const std::vector<ParamSlot>& params = program_->layout.params;
  for (size_t p = 0; p < params.size(); ++p) {
    Glide& glide = m.glides[p];
    glide.heading = glide.target.load(std::memory_order_relaxed);
    glide.cells_left = 0;
    write<double>(controls + params[p].offset, glide.heading);
  }
  program_->control->run(controls, ~uint64_t{0});
  size_t at = 0;
  for (const RampSlot& ramp : program_->layout.ramps)
    for (uint32_t l = 0; l < ramp.lanes; ++l) {
      const double value = read_control(controls, ramp.source + l * 8);
      m.ramp_lanes[at++] = {value, value};
    }
  m.ramps_moving = m.glides_moving = false;
  write_ramps(kCellFrames);
}

// v0 and slope of every ramp for the cell that begins now and has `remaining` frames to the next grid line.
void Engine::write_ramps(uint32_t remaining) noexcept {
  const Layout& layout = program_->layout;
  Memory& m = *memory_;
  uint8_t* controls = m.controls.data();
  const uint32_t bytes = bytes_of(layout.real);
  size_t at = 0;
  for (const RampSlot& ramp : layout.ramps)
    for (uint32_t l = 0; l < ramp.lanes; ++l, ++at) {
      const RampLane& lane = m.ramp_lanes[at];
      const double slope = lane.target == lane.now ? 0.0 : (lane.target - lane.now) / (remaining * ramp.clock);
      uint8_t* start_at = controls + ramp.start + l * bytes;
      uint8_t* slope_at = controls + ramp.slope + l * bytes;
      if (layout.real == ElementKind::f64) {
        write<double>(start_at, lane.now);
        write<double>(slope_at, slope);
      } else {
        write<float>(start_at, lane.now);
        write<float>(slope_at, slope);
      }
    }
}

// Advances the glides by one cell; returns the groups of the parameters that moved.
uint64_t Engine::move_parameters() noexcept {
  Memory& m = *memory_;
  const std::vector<ParamSlot>& params = program_->layout.params;
  const uint32_t sets = m.parameter_sets.load(std::memory_order_acquire);
  const bool changed = sets != m.seen_sets;
  if (!changed && !m.glides_moving) return 0;
  m.seen_sets = sets;
  m.glides_moving = false;
  uint64_t moved = 0;
  for (size_t p = 0; p < params.size(); ++p) {
    Glide& glide = m.glides[p];
    uint8_t* value_at = m.controls.data() + params[p].offset;
    const double value = read_control(m.controls.data(), params[p].offset);
    if (const double target = glide.target.load(std::memory_order_relaxed); target != glide.heading) {
      const double cells = params[p].smooth_seconds * program_->layout.sample_rate / kCellFrames;
      glide.cells_left = static_cast<uint32_t>(std::clamp(std::nearbyint(cells), 1.0, 1e9));
      glide.heading = target;
      glide.step = (target - value) / glide.cells_left;
    }
    if (!glide.cells_left) continue;
    write<double>(value_at, --glide.cells_left ? value + glide.step : glide.heading);
    moved |= param_group(static_cast<uint32_t>(p));
    m.glides_moving |= glide.cells_left != 0;
  }
  return moved;
}

// A cell begins: at every grid line, and where parameters were set between two. Ramps stand where they are now and go
// to the values that the controls will have at the next grid line.
void Engine::begin_cell(uint32_t elapsed, uint32_t remaining) noexcept {
  Memory& m = *memory_;
  const bool on_grid = remaining == kCellFrames;
  if (on_grid) scrub_states();
  const uint64_t moved = move_parameters();
  m.cell_offset = 0;
  if (!moved && !m.ramps_moving) return;
  const Layout& layout = program_->layout;
  if (moved) {
    counters_.control_ops += program_->control->run(m.controls.data(), moved);
    ++counters_.cells;
  }
  m.ramps_moving = false;
  size_t at = 0;
  for (const RampSlot& ramp : layout.ramps)
    for (uint32_t l = 0; l < ramp.lanes; ++l, ++at) {
      RampLane& lane = m.ramp_lanes[at];
      // At a grid line the last cell's target is reached exactly; in between, what the ramp has covered so far.
      lane.now = on_grid ? lane.target : lane.now + (lane.target - lane.now) * elapsed / (elapsed + remaining);
      lane.target = read_control(m.controls.data(), ramp.source + l * 8);
      m.ramps_moving |= lane.target != lane.now;
    }
  write_ramps(remaining);
}

void Engine::scrub_states() noexcept {
  const Layout& layout = program_->layout;
  if (!layout.real_state_bytes) return;
  const uint64_t found = layout.real == ElementKind::f64
                             ? scrub<uint64_t>(memory_->state.data(), layout.real_state_bytes, 0x7ff0000000000000u)
                             : scrub<uint32_t>(memory_->state.data(), layout.real_state_bytes, 0x7f800000u);
  if (found) counters_.scrubbed_states += found;
}

// Runs the executor over rows that are as long as it needs.
void Engine::run_rows(uint32_t frames) noexcept {
  Memory& m = *memory_;
  for (size_t r = 0; r < m.input_rows.size(); ++r)
    m.rows[m.input_rows[r]] = const_cast<float*>(m.inputs[m.input_row_channel[r]]);
  Block block;
  block.frames = frames;
  block.cell_offset = m.cell_offset;
  block.frame = frame_;
  block.controls = m.controls.data();
  block.state = m.state.data();
  block.buffers = m.buffers.data();
  block.probes = m.probes.data();
  block.rings = m.ring_pointers.data();
  block.tables = m.table_pointers.data();
  block.rows = m.rows.data();
  block.inputs = m.inputs.data();
  block.outputs = m.outputs.data();
  block.externals = m.external_pointers.data();
  block.scratch = m.scratch.data();
  program_->executor->run(block);
  frame_ += frames;
  m.cell_offset += frames;
}

// `frames` of the host's rows from `done` on. Directly where the executor may touch them, through padded rows where a
// channel is missing, an output shares memory with an input, or less than a whole vector is left.
void Engine::run_host(const float* const* inputs, float* const* outputs, uint32_t done, uint32_t frames,
                      bool staged) noexcept {
  Memory& m = *memory_;
  const Layout& layout = program_->layout;
  for (uint32_t c = 0; c < layout.input_channels; ++c) {
    const float* host = inputs ? inputs[c] : nullptr;
    float* stage = m.staged_inputs.data() + size_t{c} * kStageFrames;
    if (!host) m.inputs[c] = m.silence.data();
    else if (!staged) m.inputs[c] = host + done;
    else {
      std::memcpy(stage, host + done, frames * sizeof(float));
      m.inputs[c] = stage;
    }
  }
  for (uint32_t c = 0; c < layout.output_channels; ++c) {
    float* host = outputs ? outputs[c] : nullptr;
    m.outputs[c] = host && !staged ? host + done : m.staged_outputs.data() + size_t{c} * kStageFrames;
  }
  run_rows(frames);
  if (!staged) return;
  for (uint32_t c = 0; c < layout.output_channels; ++c)
    if (outputs && outputs[c]) std::memcpy(outputs[c] + done, m.outputs[c], frames * sizeof(float));
}

bool Engine::needs_staging(const float* const* inputs, float* const* outputs, uint32_t frames) const noexcept {
  const Layout& layout = program_->layout;
  for (uint32_t c = 0; c < layout.output_channels; ++c) {
    if (!outputs || !outputs[c]) return true;
    for (uint32_t i = 0; inputs && i < layout.input_channels; ++i) {
      if (!inputs[i] || !overlap(inputs[i], outputs[c], frames)) continue;
      const bool same_row = i == c && inputs[i] == outputs[c];
      if (!same_row || program_->reads_input_late) return true;
    }
    for (uint32_t o = 0; o < c; ++o)
      if (overlap(outputs[o], outputs[c], frames)) return true;
  }
  for (uint32_t c = 0; c < layout.input_channels; ++c)
    if (!inputs || !inputs[c]) return true;
  return false;
}

void Engine::run_cells(const float* const* inputs, float* const* outputs, uint32_t frames) noexcept {
  Memory& m = *memory_;
  const bool staged = needs_staging(inputs, outputs, frames);
  const uint32_t granule = program_->executor->granule();
  const bool unlimited =
      !staged && program_->executor->max_frames() > kCellFrames && !program_->layout.real_state_bytes;
  for (uint32_t done = 0; done < frames;) {
    const uint32_t on_grid = static_cast<uint32_t>(frame_ % kCellFrames);
    const uint32_t remaining = kCellFrames - on_grid;
    if (on_grid == 0 || (done == 0 && m.parameter_sets.load(std::memory_order_acquire) != m.seen_sets))
      begin_cell(m.cell_offset, remaining);
    // At rest a program without buffers and recurrences has no use for the grid: the whole block is one run.
    const bool at_rest = unlimited && !m.ramps_moving && !m.glides_moving;
    const uint32_t run = std::min(frames - done, at_rest ? frames : remaining);
    const uint32_t whole = staged ? 0 : run / granule * granule;
    if (whole) run_host(inputs, outputs, done, whole, false);
    if (run > whole) run_host(inputs, outputs, done + whole, run - whole, true);
    done += run;
  }
}

// Once per window the levels of all probes are handed to whoever reads them, and measuring begins again.
void Engine::publish_probes(uint32_t frames) noexcept {
  Memory& m = *memory_;
  m.window_frames += frames;
  if (m.window_frames < kProbeWindowFrames) return;
  float* levels = reinterpret_cast<float*>(m.probes.data());
  for (size_t lane = 0; lane < m.published.size(); ++lane, levels += 2) {
    m.published[lane].peak.store(levels[0], std::memory_order_relaxed);
    m.published[lane].rms.store(std::sqrt(levels[1] / static_cast<float>(m.window_frames)), std::memory_order_relaxed);
    levels[0] = levels[1] = 0;
  }
  m.window_frames = 0;
}

void Engine::process(const float* const* inputs, float* const* outputs, uint32_t frames) noexcept {
  if (!program_ || !frames) return;
  with_audio_fp([&] {
    run_cells(inputs, outputs, frames);
    publish_probes(frames);
  });
}

Engine::Level Engine::read_probe(uint32_t probe, uint32_t lane) const noexcept {
  if (!program_ || probe >= program_->layout.probes.size() || lane >= program_->layout.probes[probe].lanes) return {};
  const ProbeLevel& level = memory_->published[program_->layout.probes[probe].offset / 8 + lane];
  return {level.peak.load(std::memory_order_relaxed), level.rms.load(std::memory_order_relaxed)};
}

}  // namespace sinter
