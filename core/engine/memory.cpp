// Making and resetting the memory of a program.
#include "memory.hpp"

#include <algorithm>
#include <cstring>

namespace sinter {

void AlignedBytes::clear() {
  if (data_) std::memset(data_.get(), 0, round_up(size_ + kCacheLine, kCacheLine));
}

uint64_t Layout::memory_bytes() const {
  uint64_t total = uint64_t{control_bytes} + state_bytes + probe_bytes + buffer_bytes + uint64_t{rows} * sizeof(float*);
  for (const LineSlot& line : lines) total += line.bytes();
  for (const TableSlot& table : tables) total += uint64_t{table.size} * table.lanes * sizeof(float);
  for (const CallSlot& call : calls) total += call.type->memory_bytes(sample_rate);
  return total;
}

Memory::Memory(const Program& program, const Inherited& inherited)
    : controls(program.layout.control_bytes),
      state(program.layout.state_bytes),
      buffers(program.layout.buffer_bytes),
      probes(program.layout.probe_bytes),
      scratch(program.executor->scratch_bytes()),
      published(program.layout.probe_bytes / 8) {
  const Layout& layout = program.layout;
  for (size_t l = 0; l < layout.lines.size(); ++l) {
    const LineSlot& line = layout.lines[l];
    const bool own = l >= inherited.lines.size() || !inherited.lines[l];
    if (own) rings.emplace_back(line.bytes());
    else rings.emplace_back();
    ring_pointers.push_back(rings.back().data());
  }
  for (const TableSlot& table : layout.tables) {
    tables.emplace_back(size_t{table.size} * table.lanes, 0.0f);
    table_pointers.push_back(tables.back().data());
  }
  for (size_t c = 0; c < layout.calls.size(); ++c) {
    const bool own = c >= inherited.calls.size() || !inherited.calls[c];
    externals.push_back(own ? layout.calls[c].type->prepare(layout.sample_rate) : nullptr);
    external_pointers.push_back(externals.back().get());
  }
  rows.resize(program.row_sources.size());
  for (uint32_t r = 0; r < rows.size(); ++r) {
    const RowSource& source = program.row_sources[r];
    if (source.kind == RowSource::buffer) rows[r] = reinterpret_cast<float*>(buffers.data() + source.offset);
    else {
      input_rows.push_back(r);
      input_row_channel.push_back(source.offset);
    }
  }
  inputs.resize(layout.input_channels);
  outputs.resize(layout.output_channels);
  staged_inputs.assign(size_t{layout.input_channels} * kStageFrames, 0.0f);
  staged_outputs.assign(size_t{layout.output_channels} * kStageFrames, 0.0f);
  silence.assign(kStageFrames, 0.0f);
  reset(program);
}

void Memory::reset(const Program& program) {
  const Layout& layout = program.layout;
  state.clear();
  for (const StateSlot& slot : layout.states)
    for (uint32_t l = 0; l < slot.lanes; ++l)
      std::memcpy(state.data() + slot.offset + l * bytes_of(slot.kind), &slot.init, bytes_of(slot.kind));
  for (const AlignedBytes& ring : rings)
    if (ring.data()) std::memset(ring.data(), 0, ring.size());
  for (size_t t = 0; t < tables.size(); ++t) {
    const std::vector<float>& data = layout.tables[t].data;
    std::fill(tables[t].begin(), tables[t].end(), 0.0f);
    std::copy(data.begin(), data.end(), tables[t].begin());
  }
  probes.clear();
  for (External* external : external_pointers)
    if (external) external->reset();
}

}  // namespace sinter
