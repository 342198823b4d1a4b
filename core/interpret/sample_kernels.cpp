// Kernels of the structural sample-rate ops: block inputs and outputs, rings, tables, ramps, clocks, probes and calls.
#include <algorithm>
#include <cassert>
#include <cmath>

#include "entry.hpp"
#include "sinter/base/fp_mode.hpp"
#include "sinter/ir/meaning.hpp"

namespace sinter::interpret {
namespace {

template <class T>
void input(const Entry& e, const Context& x) noexcept {
  uint8_t* r = x.at(e.result);
  for (uint32_t lane = 0; lane < e.lanes; ++lane)
    store<T>(r + lane * sizeof(T), T(x.block->inputs[e.imm + lane][x.frame]));
}

template <class T>
void output(const Entry& e, const Context& x) noexcept {
  const uint8_t* a = x.at(e.a);
  for (uint32_t lane = 0; lane < e.lanes; ++lane, a += e.a.stride)
    x.block->outputs[e.imm + lane][x.frame] = static_cast<float>(load<T>(a));
}

void frame(const Entry& e, const Context& x) noexcept {
  const uint64_t local = x.block->frame * e.clock + x.local_of(e);
  store<uint32_t>(x.at(e.result), static_cast<uint32_t>(local));
}

void cell_start(const Entry& e, const Context& x) noexcept {
  const uint64_t local = x.block->frame * e.clock + x.local_of(e);
  store<Mask>(x.at(e.result), Mask::of(local % (uint64_t{kGridFrames} * e.clock) == 0));
}

// a: v0, b: slope per local frame.
template <class T>
void ramp(const Entry& e, const Context& x) noexcept {
  uint8_t* r = x.at(e.result);
  const uint8_t *a = x.at(e.a), *b = x.at(e.b);
  const T k = static_cast<T>(x.block->cell_offset * e.clock + x.local_of(e));
  for (uint32_t lane = 0; lane < e.lanes; ++lane, a += e.a.stride, b += e.b.stride)
    store<T>(r + lane * sizeof(T), load<T>(a) + k * load<T>(b));
}

uint32_t ring_index(const Entry& e, const Context& x) {
  return static_cast<uint32_t>(x.block->frame * e.clock + x.local_of(e));
}

template <class T>
void push(const Entry& e, const Context& x) noexcept {
  const Extent& line = x.lines[e.imm];
  T* ring = reinterpret_cast<T*>(x.block->rings[e.imm]) + (ring_index(e, x) & line.wrap);
  uint8_t* r = x.at(e.result);
  const uint8_t* a = x.at(e.a);
  for (uint32_t lane = 0; lane < e.lanes; ++lane, a += e.a.stride) {
    const T value = load<T>(a);
    ring[size_t{lane} * line.lane_stride] = value;
    store<T>(r + lane * sizeof(T), value);
  }
}

// a: delay; extra: the smallest allowed.
template <class T>
void tap(const Entry& e, const Context& x) noexcept {
  const Extent& line = x.lines[e.imm];
  const T* ring = reinterpret_cast<const T*>(x.block->rings[e.imm]);
  const uint32_t now = ring_index(e, x);
  uint8_t* r = x.at(e.result);
  const uint8_t* a = x.at(e.a);
  for (uint32_t lane = 0; lane < e.lanes; ++lane, a += e.a.stride) {
    const int64_t wanted = std::max(int64_t{load<int32_t>(a)}, static_cast<int64_t>(e.extra));
    const uint32_t delay = static_cast<uint32_t>(std::min(wanted, int64_t{line.last}));
    store<T>(r + lane * sizeof(T), ring[size_t{lane} * line.lane_stride + ((now - delay) & line.wrap)]);
  }
}

float* element(const Entry& e, const Context& x, uint32_t lane, int32_t index) {
  const Extent& table = x.tables[e.imm];
  const uint32_t at = index < 0 ? 0 : std::min(static_cast<uint32_t>(index), table.last);
  return x.block->tables[e.imm] + size_t{lane} * table.lane_stride + at;
}

void table_get(const Entry& e, const Context& x) noexcept {
  uint8_t* r = x.at(e.result);
  const uint8_t* a = x.at(e.a);
  for (uint32_t lane = 0; lane < e.lanes; ++lane, a += e.a.stride)
    store<float>(r + lane * sizeof(float), *element(e, x, lane, load<int32_t>(a)));
}

template <class T>
void table_set(const Entry& e, const Context& x) noexcept {
  const uint8_t *a = x.at(e.a), *b = x.at(e.b);
  for (uint32_t lane = 0; lane < e.lanes; ++lane, a += e.a.stride, b += e.b.stride)
    *element(e, x, lane, load<int32_t>(a)) = static_cast<float>(load<T>(b));
}

template <class T>
void upsample(const Entry& e, const Context& x) noexcept {
  const bool first = x.local_of(e) % e.extra == 0;
  uint8_t* r = x.at(e.result);
  const uint8_t* a = x.at(e.a);
  for (uint32_t lane = 0; lane < e.lanes; ++lane, a += e.a.stride)
    store<T>(r + lane * sizeof(T), first ? load<T>(a) : T{});
}

// Result: the peak and sum of squares of each lane, f32, at extra of the probe area.
template <class T>
void probe(const Entry& e, const Context& x) noexcept {
  const uint8_t* a = x.at(e.a);
  float* level = reinterpret_cast<float*>(x.block->probes + e.extra);
  for (uint32_t lane = 0; lane < e.lanes; ++lane, a += e.a.stride, level += 2) {
    const float value = static_cast<float>(load<T>(a));
    level[0] = meaning::max(meaning::abs(value), level[0]);
    level[1] += value * value;
  }
}

// a: the call's frame in the values: pointers to its `b.offset` input and `c.offset` output elements, one sample each.
void call(const Entry& e, const Context& x) noexcept {
  const uint32_t inputs = e.b.offset, outputs = e.c.offset;
  float** rows = reinterpret_cast<float**>(x.at(e.a));
  float* samples = reinterpret_cast<float*>(rows + inputs + outputs);
  for (uint32_t i = 0; i < inputs + outputs; ++i) rows[i] = samples + i;
  const AudioFpMode mode;
  x.block->externals[e.imm]->process({rows, rows + inputs, 1});
}

// Visits the element at the current sample of each lane's row.
template <class T, RowKind kKind, class F>
void over_rows(const Entry& e, const Context& x, F&& visit) {
  const size_t at = size_t{x.local_of(e)} * sizeof(T);
  const uint32_t lanes = e.lanes;
  if constexpr (kKind == RowKind::buffer) {
    uint8_t* element = x.block->buffers + e.extra + at;
    const uint32_t stride = e.imm;
    for (uint32_t lane = 0; lane < lanes; ++lane, element += stride) visit(lane, element);
  } else {
    const void* const* rows;
    if constexpr (kKind == RowKind::input) rows = reinterpret_cast<const void* const*>(x.block->inputs);
    else if constexpr (kKind == RowKind::output) rows = reinterpret_cast<const void* const*>(x.block->outputs);
    else rows = reinterpret_cast<const void* const*>(x.block->rows);
    rows += e.extra;
    for (uint32_t lane = 0; lane < lanes; ++lane)
      visit(lane, static_cast<uint8_t*>(const_cast<void*>(rows[lane])) + at);
  }
}

template <class T, RowKind kKind>
void load_row(const Entry& e, const Context& x) noexcept {
  uint8_t* r = x.at(e.result);
  over_rows<T, kKind>(e, x,
                      [r](uint32_t lane, const uint8_t* element) { store<T>(r + lane * sizeof(T), load<T>(element)); });
}

template <class T, RowKind kKind>
void store_row(const Entry& e, const Context& x) noexcept {
  const uint8_t* a = x.at(e.a);
  const uint32_t stride = e.a.stride;
  over_rows<T, kKind>(
      e, x, [a, stride](uint32_t lane, uint8_t* element) { store<T>(element, load<T>(a + size_t{lane} * stride)); });
}

}  // namespace

Kernel sample_kernel(Op op, Type type, Type real) {
  const bool wide = type == Type::f64, wide_audio = real == Type::f64;
  switch (op) {
    case Op::input:
      return wide_audio ? input<double> : input<float>;
    case Op::output:
      return wide_audio ? output<double> : output<float>;
    case Op::frame:
      return frame;
    case Op::cell_start:
      return cell_start;
    case Op::ramp:
      return wide_audio ? ramp<double> : ramp<float>;
    case Op::push:
      return wide ? push<double> : push<float>;
    case Op::tap:
      return wide ? tap<double> : tap<float>;
    case Op::table_get:
      return table_get;
    case Op::table_set:
      return wide ? table_set<double> : table_set<float>;
    case Op::upsample:
      return wide ? upsample<uint64_t> : upsample<uint32_t>;
    case Op::probe:
      return wide ? probe<double> : probe<float>;
    case Op::call:
      return call;
    default:
      assert(!"not a structural sample-rate op");
      return nullptr;
  }
}

Kernel load_row_kernel(RowKind kind, Type type) {
  const bool wide = type == Type::f64;
  switch (kind) {
    case RowKind::buffer:
      return wide ? load_row<uint64_t, RowKind::buffer> : load_row<uint32_t, RowKind::buffer>;
    case RowKind::input:
      return load_row<uint32_t, RowKind::input>;
    case RowKind::table:
      return wide ? load_row<uint64_t, RowKind::table> : load_row<uint32_t, RowKind::table>;
    case RowKind::output:
      break;
  }
  assert(!"outputs are never read");
  return nullptr;
}

Kernel store_row_kernel(RowKind kind, Type type) {
  if (kind == RowKind::output) return store_row<uint32_t, RowKind::output>;
  assert(kind == RowKind::buffer);
  return type == Type::f64 ? store_row<uint64_t, RowKind::buffer> : store_row<uint32_t, RowKind::buffer>;
}

}  // namespace sinter::interpret
