// Lowering of what has memory: states, delay lines, tables, probes, and changes of clock.
#include <algorithm>

#include "body.hpp"

namespace sinter::jit {

void Lowering::lower_state(Value value, const Inst& inst) {
  if (!serial_) return void(fail("a state in a time-parallel loop"));
  const StateSlot& slot = plan_.layout.states[inst.imm];
  const auto [found, added] =
      state_at_.try_emplace(static_cast<uint32_t>(inst.imm), static_cast<uint32_t>(body_.states.size()));
  if (added) {
    const uint32_t at = pointer(Pointer::state, 0, slot.lanes > 1, 4);
    body_.states.push_back({.pointer = at, .offset = static_cast<int32_t>(slot.offset)});
  }
  Body::State& state = body_.states[found->second];
  if (inst.op == Op::next) return nexts_.push_back(value);
  if (state.value == kNoValue)
    state.value = leaf({.kind = Leaf::element, .pointer = state.pointer, .offset = state.offset});
  ++body_.pointers[state.pointer].uses;
  bind(value, state.value);
}

// All states change at once: values that are themselves states are held before the first is written.
void Lowering::lower_nexts() {
  struct Write {
    Value root;
    uint32_t value;
  };
  std::vector<Write> writes;
  for (Value root : nexts_) {
    const Inst& inst = ir_[root];
    uint32_t value = value_of(inst.arg[0]);
    if (value == body_.states[state_at_.at(static_cast<uint32_t>(inst.imm))].value) continue;
    const uint32_t from = body_.leaf_of[value];
    const bool is_state = from != kNoValue && body_.leaves[from].kind == Leaf::element &&
                          body_.pointers[body_.leaves[from].pointer].kind == Pointer::state;
    inst_ = root.index;
    if (is_state) {
      const uint32_t held = computed();
      node(kCopy, held, {value});
      value = held;
    }
    writes.push_back({root, value});
  }
  for (const Write& write : writes) {
    const uint32_t index = state_at_.at(static_cast<uint32_t>(ir_[write.root].imm));
    inst_ = write.root.index;
    BodyNode& made = node(kNext, kNoValue, {write.value});
    made.pointer = body_.states[index].pointer;
    made.offset = body_.states[index].offset;
    made.second = index;
    ++body_.pointers[made.pointer].uses;
  }
}

void Lowering::lower_line(Value value, const Inst& inst) {
  if (!serial_) return void(fail("a delay line in a time-parallel loop"));
  const LineSlot& line = plan_.layout.lines[inst.imm];
  const uint32_t ring = pointer(Pointer::ring, static_cast<uint32_t>(inst.imm), line.lanes > 1, line.capacity * 4);
  const uint32_t now = pointer(Pointer::frame_base, line.clock, false, 0);
  const auto finish = [&](BodyNode& made) {
    made.pointer = ring;
    made.second = now;
    made.high = line.capacity - 1;
  };
  if (inst.op == Op::push) {
    const uint32_t pushed = value_of(inst.arg[0]);
    finish(node(kPush, kNoValue, {pushed}));
    return bind(value, pushed);
  }
  const int32_t longest = static_cast<int32_t>(line.max_delay);
  const int32_t shortest =
      std::min(std::max<int32_t>(static_cast<int32_t>(inst.imm2), inst.arg[1].valid() ? 0 : 1), longest);
  const Inst& delay = ir_[inst.arg[0]];
  const uint32_t result = computed();
  if (delay.op == Op::constant) {
    BodyNode& made = node(kTapFixed, result, {});
    finish(made);
    made.low = static_cast<uint32_t>(std::clamp(as_i32(delay.imm), shortest, longest));
  } else {
    const uint32_t samples = value_of(inst.arg[0]);
    BodyNode& made = node(kTap, result, {samples});
    finish(made);
    made.low = static_cast<uint32_t>(shortest);
    made.offset = longest;
  }
  bind(value, result);
}

void Lowering::lower_table(Value value, const Inst& inst) {
  const TableSlot& table = plan_.layout.tables[inst.imm];
  if (inst.op == Op::table_set && !serial_) return void(fail("a table that is written in a time-parallel loop"));
  const uint32_t at = pointer(Pointer::table, static_cast<uint32_t>(inst.imm), table.lanes > 1, table.size * 4);
  const uint32_t index = value_of(inst.arg[0]);
  const bool get = inst.op == Op::table_get;
  const uint32_t result = get ? computed() : kNoValue;
  BodyNode& made = get ? node(kTableGet, result, {index}) : node(kTableSet, kNoValue, {index, value_of(inst.arg[1])});
  made.pointer = at;
  made.high = table.size - 1;
  if (get) bind(value, result);
}

// In whole vectors, what lies beyond the last frame counts as silence.
void Lowering::lower_probe(const Inst& inst) {
  uint32_t value = value_of(inst.arg[0]);
  if (!serial_) {
    const uint32_t inside = compute(Op::ilt, index_plus(Pointer::zero, 1), leaf({.kind = Leaf::total}));
    value = compute(Op::mask_and, value, inside);
  }
  const ProbeSlot& slot = plan_.layout.probes[inst.imm];
  const uint32_t at = pointer(Pointer::probes, 0, slot.lanes > 1, 8);
  node(kProbe, kNoValue, {value}).offset = static_cast<int32_t>(body_.probes.size() * kProbeBytes);
  body_.probes.push_back({.pointer = at, .offset = static_cast<int32_t>(slot.offset)});
}

// Upsampling walks the source's frames and writes groups; decimating walks every factor-th frame and writes one.
void Lowering::lower_resample(const Step& step) {
  const Inst& inst = ir_[step.body[0]];
  inst_ = step.body[0].index;
  body_.clock = ir_[inst.arg[0]].clock;
  const uint32_t value = value_of(inst.arg[0]);
  for (const Store& store : step.stores) {
    int32_t offset = 0;
    const uint32_t at = store_pointer(store, inst.clock, offset);
    BodyNode& made = node(kStoreSpread, kNoValue, {value});
    made.pointer = at;
    made.offset = offset;
    made.low = inst.op == Op::upsample ? static_cast<uint32_t>(inst.imm) : 1;
  }
}

}  // namespace sinter::jit
