// See bare_run.hpp.
#include "bare_run.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "sinter/base/fp_mode.hpp"

namespace sinter::measuring {
namespace {

constexpr uint64_t kAlignment = 64;

}  // namespace

void BareRun::Free::operator()(uint8_t* bytes) const { std::free(bytes); }

// With a vector of slack behind, as code may read and write whole vectors.
BareRun::Bytes BareRun::zeroed(uint64_t bytes) {
  const uint64_t size = (bytes + 2 * kAlignment - 1) / kAlignment * kAlignment;
  Bytes made(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, size)));
  if (!made) throw std::bad_alloc();
  std::memset(made.get(), 0, size);
  return made;
}

BareRun::BareRun(std::shared_ptr<const Program> program, uint32_t frames)
    : program_(std::move(program)), frames_(frames) {
  const Layout& layout = program_->layout;
  controls_ = zeroed(layout.control_bytes);
  state_ = zeroed(layout.state_bytes);
  buffers_ = zeroed(layout.buffer_bytes);
  probes_ = zeroed(layout.probe_bytes);
  reserve_scratch(*program_->executor);
  make_states();
  make_rows();
  block_.controls = controls_.get();
  block_.state = state_.get();
  block_.buffers = buffers_.get();
  block_.probes = probes_.get();
  block_.rings = ring_pointers_.data();
  block_.tables = table_pointers_.data();
  block_.externals = external_pointers_.data();
  block_.rows = row_table_.data();
  block_.inputs = inputs_.data();
  block_.outputs = outputs_.data();
  with_audio_fp([&] { make_controls(); });
}

void BareRun::reserve_scratch(const Executor& executor) {
  if (scratch_ && executor.scratch_bytes() <= scratch_bytes_) return;
  scratch_bytes_ = executor.scratch_bytes();
  scratch_ = zeroed(scratch_bytes_);
  block_.scratch = scratch_.get();
}

void BareRun::make_states() {
  const Layout& layout = program_->layout;
  for (const StateSlot& slot : layout.states)
    for (uint32_t l = 0; l < slot.lanes; ++l)
      std::memcpy(state_.get() + slot.offset + l * bytes_of(slot.kind), &slot.init, bytes_of(slot.kind));
  for (const LineSlot& line : layout.lines) {
    rings_.push_back(zeroed(line.bytes()));
    ring_pointers_.push_back(rings_.back().get());
  }
  for (const TableSlot& table : layout.tables) {
    std::vector<float> content(size_t{table.size} * table.lanes, 0.0f);
    std::copy(table.data.begin(), table.data.end(), content.begin());
    tables_.push_back(std::move(content));
    table_pointers_.push_back(tables_.back().data());
  }
  for (const CallSlot& call : layout.calls) {
    externals_.push_back(call.type->prepare(layout.sample_rate));
    external_pointers_.push_back(externals_.back().get());
  }
}

void BareRun::make_controls() {
  const Layout& layout = program_->layout;
  uint8_t* controls = controls_.get();
  program_->control->constants(controls);
  for (const ParamSlot& slot : layout.params)
    for (uint32_t l = 0; l < slot.lanes; ++l) std::memcpy(controls + slot.offset + l * 8, &slot.initial, 8);
  program_->control->run(controls, nullptr, ~uint64_t{0});
  for (const RampSlot& ramp : layout.ramps)
    for (uint32_t l = 0; l < ramp.lanes; ++l) {
      double value;
      std::memcpy(&value, controls + ramp.source + l * 8, sizeof value);
      const float start = static_cast<float>(value);
      std::memcpy(controls + ramp.start + l * sizeof start, &start, sizeof start);
    }
  program_->executor->from_canonical(block_);
}

void BareRun::make_rows() {
  const Layout& layout = program_->layout;
  rows_.assign(layout.input_channels + layout.output_channels, Row(frames_));
  for (const RowSource& source : program_->row_sources)
    row_table_.push_back(source.kind == RowSource::buffer ? reinterpret_cast<float*>(buffers_.get() + source.offset)
                                                          : nullptr);
  inputs_.resize(layout.input_channels);
  outputs_.resize(layout.output_channels);
}

void BareRun::call(const Executor& executor) noexcept {
  const uint32_t most = std::min(frames_, executor.max_frames());
  for (uint32_t done = 0; done < frames_; done += most) {
    for (uint32_t c = 0; c < inputs_.size(); ++c) inputs_[c] = input(c) + done;
    for (uint32_t c = 0; c < outputs_.size(); ++c) outputs_[c] = output(c) + done;
    for (size_t r = 0; r < row_table_.size(); ++r)
      if (const RowSource& source = program_->row_sources[r]; source.kind == RowSource::input)
        row_table_[r] = const_cast<float*>(inputs_[source.offset]);
    block_.frames = std::min(most, frames_ - done);
    executor.run(block_);
    block_.frame += block_.frames;
  }
}

}  // namespace sinter::measuring
