// Lowering of what has memory: states, delay lines, tables, probes, and changes of clock.
#include <algorithm>

#include "body.hpp"

namespace sinter::jit {

void Lowering::lower_state(Value value, const Inst& inst) {
  if (!serial_) return lower_counter(value, inst);
  const uint32_t lanes = ir_.states[inst.imm].lanes;
  const auto [found, added] =
      state_at_.try_emplace(static_cast<uint32_t>(inst.imm), static_cast<uint32_t>(body_.states.size()));
  if (added) {
    const uint32_t at = pointer(Pointer::state, 0, lanes > 1, 4);
    body_.states.push_back({.pointer = at, .offset = static_cast<int32_t>(plan_.state_offset[inst.imm])});
  }
  Body::State& state = body_.states[found->second];
  if (inst.op == Op::next) return nexts_.push_back(value);
  if (in_lanes_ && lanes == 1) return void(fail("a state of one lane in a lanes loop"));
  if (state.value == kNoValue)
    state.value = leaf(
        {.kind = in_lanes_ ? Leaf::lane_element : Leaf::element, .pointer = state.pointer, .offset = state.offset});
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
    const bool is_state = from != kNoValue &&
                          (body_.leaves[from].kind == Leaf::element || body_.leaves[from].kind == Leaf::lane_element) &&
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

// Of taps with one delay for a call, and of pushes that nothing reads within it.
bool Lowering::may_have_window(Value value, const Inst& inst) const {
  if (serial_ || body_.windows.size() >= kMaxWindows) return false;
  if (inst.op == Op::push) return tied_taps_[inst.imm] == 0;
  return ir_[inst.arg[0]].rate != Rate::sample && !tied_[value.index];
}

void Lowering::set_tied(const std::vector<Value>& taps, bool tied) {
  for (Value tap : taps) {
    if (tied_[tap.index] == tied) continue;
    tied_[tap.index] = tied;
    tied_taps_[ir_[tap].imm] += tied ? 1 : -1;
  }
}

// What a tap's delay is clamped to.
std::pair<int32_t, int32_t> Lowering::delay_bounds(const Inst& tap) const {
  const auto longest = static_cast<int32_t>(plan_.layout.lines[tap.imm].max_delay);
  const int32_t least = tap.arg[1].valid() ? 0 : 1;
  return {std::min(std::max(static_cast<int32_t>(tap.imm2), least), longest), longest};
}

Body Lowering::lower_delay(Value tap) {
  const Inst& inst = ir_[tap];
  const Step step{.kind = StepKind::either, .lanes = ir_[inst.arg[0]].lanes, .clock = inst.clock};
  begin(step);
  inst_ = tap.index;
  body_.delay = {.value = value_of(inst.arg[0]), .least = delay_bounds(inst).first};
  const uint32_t from = body_.leaf_of[body_.delay.value];
  if (from == kNoValue || (body_.leaves[from].kind != Leaf::element && body_.leaves[from].kind != Leaf::row))
    fail("a delay that lies nowhere");
  step_ = nullptr;
  return std::move(body_);
}

// The pointer to it.
uint32_t Lowering::window(const Inst& inst, const Body::Window& window) {
  const LineSlot& line = plan_.layout.lines[inst.imm];
  const auto index = static_cast<uint32_t>(body_.windows.size());
  const uint32_t at = pointer(Pointer::window, index, false, 0);
  body_.pointers[at].uses += phases_ - 1;
  Body::Window& made = body_.windows.emplace_back(window);
  made.ring = {.kind = Pointer::ring,
               .per_lane = line.lanes > 1 && body_.lanes > 1,
               .index = static_cast<uint32_t>(inst.imm),
               .stride = line.stride() * 4};
  made.capacity = line.capacity;
  return at;
}

void Lowering::lower_tap_window(Value value, const Inst& inst, int32_t shortest, int32_t longest) {
  if (phase_ != 0) return;
  Body::Window made{.low = shortest, .high = longest};
  if (const Inst& delay = ir_[inst.arg[0]]; delay.op == Op::constant) {
    made.low = made.high = std::clamp(as_i32(delay.imm), shortest, longest);
  } else if (shortest < longest) {
    const uint32_t from = body_.leaf_of[value_of(inst.arg[0])];
    if (from == kNoValue || body_.leaves[from].kind != Leaf::element) return void(fail("a delay that is no control"));
    made.pointer = body_.leaves[from].pointer;
    made.offset = body_.leaves[from].offset;
  }
  const Leaf row{.kind = Leaf::row, .pointer = window(inst, made)};
  if (phases_ > 1) lower_row(row, value);
  else bind(value, leaf(row));
}

void Lowering::lower_push_window(Value value, const Inst& inst) {
  if (phase_ != 0) return;
  const Phases rows = rows_of(inst.arg[0]);
  const uint32_t at = window(inst, {.push = true});
  for (uint32_t r = 0; r < phases_; ++r) {
    BodyNode& made = node(kStore, kNoValue, {rows[r]});
    made.pointer = at;
    made.offset = static_cast<int32_t>(r * isa_.width * 4);
  }
  bind_phases(value, phases_of(inst.arg[0]));
}

void Lowering::lower_line(Value value, const Inst& inst) {
  if (in_lanes_) return void(fail("a delay line in a lanes loop"));
  const LineSlot& line = plan_.layout.lines[inst.imm];
  const auto bounds = delay_bounds(inst);
  const int32_t shortest = bounds.first, longest = bounds.second;
  if (may_have_window(value, inst))
    return inst.op == Op::push ? lower_push_window(value, inst) : lower_tap_window(value, inst, shortest, longest);
  const uint32_t ring = pointer(Pointer::ring, static_cast<uint32_t>(inst.imm), line.lanes > 1, line.stride() * 4);
  const uint32_t now = pointer(Pointer::frame_base, line.clock, false, 0);
  const auto finish = [&](BodyNode& made) {
    made.pointer = ring;
    made.second = now;
    made.high = line.capacity - 1;
  };
  if (inst.op == Op::push) return lower_push(value, inst, finish);
  const Inst& delay = ir_[inst.arg[0]];
  // One delay for all samples: whole vectors of the ring.
  const bool rests = delay.rate != Rate::sample;
  const auto read = [&](const Recipe& fixed, const Recipe& moving, uint32_t row) {
    const uint32_t result = computed();
    BodyNode& made = delay.op == Op::constant ? node(fixed, result, {}) : node(moving, result, {value_of(inst.arg[0])});
    finish(made);
    made.row = row;
    made.low =
        static_cast<uint32_t>(delay.op == Op::constant ? std::clamp(as_i32(delay.imm), shortest, longest) : shortest);
    made.offset = longest;
    return result;
  };
  if (serial_) return bind(value, read(kTapFixed, kTap, 0));
  if (!rests) {
    const uint32_t samples = value_of(inst.arg[0]), position = index_plus(Pointer::frame_base, line.clock);
    const uint32_t result = computed();
    BodyNode& made = node(kRingGather, result, {samples, position});
    finish(made);
    made.low = static_cast<uint32_t>(shortest);
    made.offset = longest;
    return bind(value, result);
  }
  if (phases_ == 1) return bind(value, read(kRingLoad, kRingLoadAt, 0));
  if (phase_ != 0) return;
  Phases rows{};
  for (uint32_t r = 0; r < phases_; ++r) rows[r] = read(kRingLoad, kRingLoadAt, r);
  bind_phases(value, transposed(rows));
}

template <class Finish>
void Lowering::lower_push(Value value, const Inst& inst, const Finish& finish) {
  if (serial_ || phases_ == 1) {
    const uint32_t pushed = value_of(inst.arg[0]);
    finish(node(serial_ ? kPush : kRingStore, kNoValue, {pushed}));
    return bind(value, pushed);
  }
  if (phase_ != 0) return;
  const Phases rows = rows_of(inst.arg[0]);
  for (uint32_t r = 0; r < phases_; ++r) {
    BodyNode& made = node(kRingStore, kNoValue, {rows[r]});
    finish(made);
    made.row = r;
  }
  bind_phases(value, phases_of(inst.arg[0]));
}

void Lowering::lower_table(Value value, const Inst& inst) {
  const TableSlot& table = plan_.layout.tables[inst.imm];
  if (inst.op == Op::table_set && !serial_) return void(fail("a table that is written in a time-parallel loop"));
  if (in_lanes_ && table.writable && table.lanes == 1) return void(fail("a table that lanes share and write"));
  const bool whole = in_lanes_ && table.lanes > 1;  // indices then reach into all lanes' elements
  const uint32_t at =
      pointer(Pointer::table, static_cast<uint32_t>(inst.imm), table.lanes > 1 && !whole, table.size * 4);
  const uint32_t index = whole ? lane_table_index(table, value_of(inst.arg[0])) : value_of(inst.arg[0]);
  const bool get = inst.op == Op::table_get;
  const Recipe& set = in_lanes_ ? kTableSetLanes : kTableSet;
  const uint32_t result = get ? computed() : kNoValue;
  BodyNode& made = get ? node(kTableGet, result, {index}) : node(set, kNoValue, {index, value_of(inst.arg[1])});
  made.pointer = at;
  made.high = (whole ? table.size * table.lanes : table.size) - 1;
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
