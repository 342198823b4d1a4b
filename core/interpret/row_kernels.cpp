// Kernels over rows that reach the block. Rings and tables are walked sample by sample: their addresses differ.
#include "row_kernels.hpp"

#include <algorithm>
#include <cassert>

#include "sinter/ir/meaning.hpp"

namespace sinter::interpret {
namespace {

const uint8_t* control(const Block& block, const Source& source, uint32_t offset, uint32_t lane) {
  return block.controls + offset + (source.lanes > 1 ? size_t{lane} * size_of(source.type) : 0);
}

template <class T>
void fill(uint8_t* row, T value) {
  for (uint32_t i = 0; i < kRowSamples; ++i) store<T>(row + i * sizeof(T), value);
}

// At rest every sample is the same, the sign of a zero included; most ramps are, most of the time.
void fill_ramp(uint8_t* row, float start, float slope, int32_t k) {
  if (slope == 0) return fill(row, start + slope);
  for (int32_t i = 0; i < int32_t{kRowSamples}; ++i)
    store<float>(row + i * 4, start + static_cast<float>(k + i) * slope);
}

uint64_t absolute(const RowContext& x) { return x.block->frame * x.clock + x.begin; }

void frame_row(const RowOp& op, const RowContext& x) noexcept {
  const uint32_t first = static_cast<uint32_t>(absolute(x));
  for (uint32_t i = 0; i < kRowSamples; ++i) store<uint32_t>(x.reg[op.r] + i * 4, first + i);
}

void cell_start_row(const RowOp& op, const RowContext& x) noexcept {
  const uint64_t cell = uint64_t{kGridFrames} * x.clock, first = absolute(x);
  for (uint32_t i = 0; i < x.samples; ++i) store<Mask>(x.reg[op.r] + i * 4, Mask::of((first + i) % cell == 0));
}

// Runs piece(index in the ring, first sample of the chunk, count) over a chunk that begins at `at` and may wrap.
template <class F>
void over_ring(uint32_t at, const Extent& line, uint32_t samples, F&& piece) {
  for (uint32_t done = 0; done < samples;) {
    const uint32_t from = (at + done) & line.wrap, count = std::min(samples - done, line.wrap + 1 - from);
    piece(from, done, count);
    done += count;
  }
}

template <class T>
T* ring_of(const RowOp& op, const RowContext& x) {
  return reinterpret_cast<T*>(x.block->rings[op.index]) + size_t{x.lane} * x.lines[op.index].lane_stride;
}

template <class T>
void push_row(const RowOp& op, const RowContext& x) noexcept {
  T* ring = ring_of<T>(op, x);
  const uint8_t* a = x.reg[op.a];
  over_ring(static_cast<uint32_t>(absolute(x)), x.lines[op.index], x.samples,
            [&](uint32_t at, uint32_t first, uint32_t count) {
              std::memcpy(ring + at, a + first * sizeof(T), count * sizeof(T));
            });
}

template <class T>
void tap_row(const RowOp& op, const RowContext& x) noexcept {
  const Extent& line = x.lines[op.index];
  const T* ring = ring_of<T>(op, x);
  const uint32_t now = static_cast<uint32_t>(absolute(x));
  const int32_t last = static_cast<int32_t>(line.last);
  const uint8_t* a = x.reg[op.a];
  uint8_t* r = x.reg[op.r];
  const auto clamp = [&](int32_t delay) { return static_cast<uint32_t>(std::min(std::max(delay, op.count), last)); };
  const int32_t first = load<int32_t>(a);
  int32_t differences = 0;
  for (uint32_t i = 0; i < x.samples; ++i) differences |= load<int32_t>(a + i * 4) ^ first;
  if (differences == 0) {
    over_ring(now - clamp(first), line, x.samples, [&](uint32_t at, uint32_t begin, uint32_t count) {
      std::memcpy(r + begin * sizeof(T), ring + at, count * sizeof(T));
    });
    return;
  }
  for (uint32_t i = 0; i < x.samples; ++i)
    store<T>(r + i * sizeof(T), ring[(now + i - clamp(load<int32_t>(a + i * 4))) & line.wrap]);
}

uint32_t clamped(int32_t index, uint32_t last) { return index < 0 ? 0 : std::min(static_cast<uint32_t>(index), last); }

void table_get_row(const RowOp& op, const RowContext& x) noexcept {
  const Extent& extent = x.tables[op.index];
  const float* table = x.block->tables[op.index] + size_t{x.lane} * extent.lane_stride;
  for (uint32_t i = 0; i < x.samples; ++i)
    store<float>(x.reg[op.r] + i * 4, table[clamped(load<int32_t>(x.reg[op.a] + i * 4), extent.last)]);
}

void probe_row(const RowOp& op, const RowContext& x) noexcept {
  float* level = reinterpret_cast<float*>(x.block->probes + op.index) + 2 * x.lane;
  float peak = level[0], squares = level[1];
  for (uint32_t i = 0; i < x.samples; ++i) {
    const float value = load<float>(x.reg[op.a] + i * 4);
    peak = meaning::max(meaning::abs(value), peak);
    squares += value * value;
  }
  level[0] = peak;
  level[1] = squares;
}

template <class T>
void store_buffer(const RowOp& op, const RowContext& x) noexcept {
  uint8_t* row = x.block->buffers + op.index + size_t{x.lane} * row_bytes(x.clock, sizeof(T));
  std::memcpy(row + size_t{x.begin} * sizeof(T), x.reg[op.a], x.samples * sizeof(T));
}

void store_output(const RowOp& op, const RowContext& x) noexcept {
  std::memcpy(x.block->outputs[op.index + x.lane] + x.begin, x.reg[op.a], x.samples * sizeof(float));
}

}  // namespace

uint8_t* fetch(const Source& source, const Block& block, uint32_t lane, uint32_t begin, uint32_t samples,
               uint8_t* home) {
  const size_t size = size_of(source.type);
  if (source.lanes == 1) lane = 0;
  const uint8_t* row = nullptr;
  switch (source.kind) {
    case PlaceKind::literal:
      return const_cast<uint8_t*>(source.row);
    case PlaceKind::control:
      if (size == 8) fill(home, load<uint64_t>(control(block, source, source.offset, lane)));
      else fill(home, load<uint32_t>(control(block, source, source.offset, lane)));
      return home;
    case PlaceKind::ramp:
      fill_ramp(home, load<float>(control(block, source, source.offset, lane)),
                load<float>(control(block, source, source.slope, lane)),
                static_cast<int32_t>(block.cell_offset * source.clock + begin));
      return home;
    case PlaceKind::buffer:
      return block.buffers + source.offset + lane * size_t{row_bytes(source.clock, static_cast<uint32_t>(size))} +
             begin * size;
    case PlaceKind::input:
      row = reinterpret_cast<const uint8_t*>(block.inputs[source.offset + lane]);
      break;
    case PlaceKind::rows:
      row = reinterpret_cast<const uint8_t*>(block.rows[source.offset + lane]);
      break;
    case PlaceKind::none:
      assert(!"a value that no step left anywhere");
      return home;
  }
  row += begin * size;
  // A host's row may end with its last sample.
  if (samples % kRowPadding == 0) return const_cast<uint8_t*>(row);
  std::memcpy(home, row, samples * size);
  return home;
}

void fetch_row(const RowOp& op, const RowContext& x) noexcept {
  x.reg[op.r] = fetch(x.sources[op.index], *x.block, x.lane, x.begin, x.samples, x.reg[op.c]);
}

void scalar_row(const RowOp& op, const RowContext& x) noexcept {
  Entry entry = x.entries[op.index];
  entry.lanes = x.samples;
  Context context;
  uint8_t* const rows[kAreas] = {x.reg[op.r], x.reg[op.a], x.reg[op.b], x.reg[op.c]};
  std::copy(rows, rows + kAreas, context.area);
  entry.kernel(entry, context);
}

RowKernel structural_row_kernel(Op op, Type type) {
  const bool wide = type == Type::f64;
  switch (op) {
    case Op::frame:
      return frame_row;
    case Op::cell_start:
      return cell_start_row;
    case Op::push:
      return wide ? push_row<double> : push_row<float>;
    case Op::tap:
      return wide ? tap_row<double> : tap_row<float>;
    case Op::table_get:
      return table_get_row;
    case Op::probe:
      return probe_row;
    default:
      return nullptr;
  }
}

RowKernel store_kernel(Store::Kind kind, Type type) {
  if (kind == Store::output) return store_output;
  return type == Type::f64 ? store_buffer<uint64_t> : store_buffer<uint32_t>;
}

}  // namespace sinter::interpret
