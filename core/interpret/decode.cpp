// Decoding of sample-rate insts into entries, for the reference and for the serial steps of the block interpreter.
#include "decode.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace sinter::interpret {

Operand Literals::operand(const Inst& inst) {
  const bool wide = inst.type == Type::f64;
  const auto [found, fresh] = found_[wide].try_emplace(inst.imm, static_cast<uint32_t>(bits_.size()));
  if (fresh) {
    bits_.push_back(inst.imm);
    if (!wide) {
      const uint32_t low = static_cast<uint32_t>(inst.imm);
      std::memcpy(&bits_.back(), &low, sizeof low);
    }
  }
  return {found->second * 8, Area::literals, 0};
}

std::vector<Extent> line_extents(const Layout& layout) {
  std::vector<Extent> extents;
  for (const LineSlot& line : layout.lines)
    extents.push_back({line.max_delay, line.capacity - 1, line.lanes > 1 ? line.stride() : 0});
  return extents;
}

std::vector<Extent> table_extents(const Layout& layout) {
  std::vector<Extent> extents;
  for (const TableSlot& table : layout.tables) {
    assert(table.size > 0);
    extents.push_back({table.size - 1, 0, table.lanes > 1 ? table.size : 0});
  }
  return extents;
}

Operand control_operand(const Ir& ir, const Plan& plan, Value value) {
  const Inst& inst = ir[value];
  const uint32_t offset = plan.control_offset[value.index];
  assert(offset != UINT32_MAX);
  return {offset, Area::controls, static_cast<uint16_t>(inst.lanes > 1 ? size_of(inst.type) : 0)};
}

SampleDecoder::SampleDecoder(const Ir& ir, const Plan& plan, Literals& literals)
    : ir_(ir), plan_(plan), literals_(literals), slot_(ir.size(), UINT32_MAX) {}

uint32_t SampleDecoder::allocate(uint64_t bytes) {
  const uint64_t at = bytes_;
  bytes_ += (bytes + 7) / 8 * 8;
  assert(bytes_ <= UINT32_MAX);
  return static_cast<uint32_t>(at);
}

Operand SampleDecoder::spread(Operand element, uint32_t lanes, Type type) const {
  element.stride = static_cast<uint16_t>(lanes > 1 ? size_of(type) : 0);
  return element;
}

Operand SampleDecoder::make_slot(Value value) {
  const Inst& inst = ir_[value];
  slot_[value.index] = allocate(uint64_t{inst.lanes} * size_of(inst.type));
  return spread({slot_[value.index]}, inst.lanes, inst.type);
}

Operand SampleDecoder::operand(Value value, SampleCode& to) {
  const Inst& inst = ir_[value];
  if (inst.op == Op::constant) return literals_.operand(inst);
  if (inst.rate != Rate::sample) return control_operand(ir_, plan_, value);
  if (slot_[value.index] != UINT32_MAX) return spread({slot_[value.index]}, inst.lanes, inst.type);
  return import(value, to);
}

Operand SampleDecoder::import(Value value, SampleCode& to) {
  const Inst& inst = ir_[value];
  const ValuePlace& place = plan_.places[value.index];
  if (place.kind == PlaceKind::ramp || inst.op == Op::frame || inst.op == Op::cell_start) {
    add(value, to);
    return operand(value, to);
  }
  const RowKind kind = place.kind == PlaceKind::input  ? RowKind::input
                       : place.kind == PlaceKind::rows ? RowKind::table
                                                       : RowKind::buffer;
  assert(kind != RowKind::buffer || place.kind == PlaceKind::buffer);
  const Operand slot = make_slot(value);
  to.body.push_back({.kernel = load_row_kernel(kind, inst.type),
                     .result = slot,
                     .lanes = inst.lanes,
                     .imm = row_bytes(inst.clock, size_of(inst.type)),
                     .extra = place.offset,
                     .clock = inst.clock});
  return slot;
}

void SampleDecoder::add(Value value, SampleCode& to) {
  const Inst& inst = ir_[value];
  if (inst.op == Op::call) return decode_call(value, to);
  Entry entry{.lanes = inst.lanes, .clock = inst.clock};
  if (info(inst.op).signature == Signature::X) return decode_structural(value, entry, to);
  const uint32_t count = info(inst.op).arity;
  entry.kernel = op_kernel(inst.op, ir_[inst.arg[inst.op == Op::select ? 1 : 0]].type);
  entry.imm = inst.imm2;
  entry.a = operand(inst.arg[0], to);
  if (count > 1) entry.b = operand(inst.arg[1], to);
  if (count > 2) entry.c = operand(inst.arg[2], to);
  entry.result = make_slot(value);
  to.body.push_back(entry);
}

void SampleDecoder::decode_structural(Value value, Entry entry, SampleCode& to) {
  const Inst& inst = ir_[value];
  const uint32_t index = static_cast<uint32_t>(inst.imm);
  const uint32_t args = arg_count(ir_, inst);
  if (inst.op == Op::stack || inst.op == Op::relane || inst.op == Op::fold) {
    // The result's slot comes first: loads of arguments may be added meanwhile.
    const Operand result = make_slot(value);
    std::vector<Entry> entries;
    decode_lanes(
        ir_, inst, result, [&](Value a) { return operand(a, to); }, entries);
    to.body.insert(to.body.end(), entries.begin(), entries.end());
    return;
  }
  entry.imm = index;
  if (args > 0 && inst.op != Op::ramp && inst.op != Op::call_output) entry.a = operand(inst.arg[0], to);
  if (args > 1) entry.b = operand(inst.arg[1], to);
  switch (inst.op) {
    case Op::prev: {
      entry.a = spread({plan_.state_offset[index], Area::state}, ir_.states[index].lanes, inst.type);
      entry.kernel = copy_kernel(inst.type);
      break;
    }
    case Op::next: {
      entry.kernel = copy_kernel(inst.type);
      entry.result = {plan_.state_offset[index], Area::state};
      entry.lanes = ir_.states[index].lanes;
      to.nexts.push_back(entry);
      return;
    }
    case Op::ramp: {
      const RampSlot& ramp = plan_.layout.ramps[plan_.places[value.index].offset];
      entry.a = spread({ramp.start, Area::controls}, ramp.lanes, inst.type);
      entry.b = spread({ramp.slope, Area::controls}, ramp.lanes, inst.type);
      entry.kernel = sample_kernel(inst.op, inst.type, ir_.real);
      break;
    }
    case Op::decimate:
      entry.kernel = copy_kernel(inst.type);
      break;
    case Op::call_output: {
      const CallDecl& decl = ir_.calls[index];
      const Operand samples{slot_[inst.arg[0].index]};
      const uint32_t before = std::accumulate(decl.output_lanes.begin(), decl.output_lanes.begin() + inst.imm2, 0u);
      entry.a = spread({samples.offset + before * 4}, inst.lanes, Type::f32);
      entry.kernel = inst.type == Type::f64 ? op_kernel(Op::widen, Type::f32) : copy_kernel(Type::f32);
      break;
    }
    default:
      entry.kernel = sample_kernel(inst.op, inst.op == Op::table_set ? ir_[inst.arg[1]].type : inst.type, ir_.real);
  }
  if (inst.op == Op::input) entry.imm = plan_.layout.inputs[index].first_channel;
  if (inst.op == Op::output) entry.imm = plan_.layout.outputs[index].first_channel;
  if (inst.op == Op::probe) entry.extra = plan_.layout.probes[index].offset;
  if (inst.op == Op::upsample) entry.extra = inst.imm;
  // Without its push as an argument a tap may run before it, so it never reads the sample being pushed.
  if (inst.op == Op::tap) entry.extra = args > 1 ? inst.imm2 : std::max(inst.imm2, 1u);
  if (inst.op != Op::output && inst.op != Op::probe && inst.op != Op::table_set) entry.result = make_slot(value);
  to.body.push_back(entry);
}

void SampleDecoder::decode_call(Value value, SampleCode& to) {
  const Inst& inst = ir_[value];
  const CallDecl& decl = ir_.calls[inst.imm];
  const uint32_t inputs = std::accumulate(decl.input_lanes.begin(), decl.input_lanes.end(), 0u);
  const uint32_t outputs = std::accumulate(decl.output_lanes.begin(), decl.output_lanes.end(), 0u);
  const uint32_t rows = allocate(uint64_t{inputs + outputs} * (sizeof(float*) + sizeof(float)));
  uint32_t sample = rows + (inputs + outputs) * static_cast<uint32_t>(sizeof(float*));
  for (uint32_t i = 0; i < arg_count(ir_, inst); ++i) {
    const Value from = arg(ir_, inst, i);
    Entry entry{.lanes = decl.input_lanes[i]};
    entry.a = operand(from, to);
    entry.kernel = ir_[from].type == Type::f64 ? op_kernel(Op::narrow, Type::f64) : copy_kernel(Type::f32);
    entry.result = {sample};
    to.body.push_back(entry);
    sample += decl.input_lanes[i] * 4;
  }
  Entry entry{.kernel = sample_kernel(Op::call, inst.type, ir_.real), .imm = static_cast<uint32_t>(inst.imm)};
  entry.a = {rows};
  entry.b.offset = inputs;
  entry.c.offset = outputs;
  to.body.push_back(entry);
  // What call_output finds under the call's own index: its output samples.
  slot_[value.index] = sample;
}

void SampleDecoder::add(const Store& from, uint8_t clock, SampleCode& to) {
  const Inst& inst = ir_[from.value];
  const RowKind kind = from.kind == Store::buffer ? RowKind::buffer : RowKind::output;
  Entry entry{.lanes = inst.lanes, .imm = row_bytes(clock, size_of(inst.type)), .extra = from.offset, .clock = clock};
  entry.a = operand(from.value, to);
  entry.kernel = store_row_kernel(kind, inst.type);
  to.body.push_back(entry);
}

}  // namespace sinter::interpret
