// What enters a family is stacked, below sample rate op by op down to the numbers that differ.
#include "packed_ir.hpp"

#include <algorithm>

#include "sinter/ir/rules.hpp"

namespace sinter::planning {
namespace {

constexpr uint32_t kDepth = 64;  // of formulas below sample rate that are packed; deeper ones are stacked

bool all_equal(const Tuple& tuple) {
  return std::all_of(tuple.begin(), tuple.end(), [&](Value v) { return v == tuple[0]; });
}

}  // namespace

PackedIr::PackedIr(const Ir& from) : from_(from), map_(from.size()), packed_(from.size()) {
  Ir& made = ir();
  made.sample_rate = from.sample_rate, made.real = from.real;
  made.origins = from.origins, made.wishes = from.wishes;
  made.lines = from.lines, made.tables = from.tables;
  made.inputs = from.inputs, made.outputs = from.outputs, made.params = from.params, made.probes = from.probes;
  made.calls = from.calls, made.voices = from.voices, made.scopes = from.scopes;
  made.latency_frames = from.latency_frames;
  names().origins.resize(made.origins.size());
}

bool PackedIr::full() const {
  constexpr uint32_t kMore = 1'000;
  return made_.ir.size() > std::min(kMaxValues, 2 * from_.size() + kMore);
}

bool PackedIr::ByIndices::operator()(const Tuple& a, const Tuple& b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](Value x, Value y) { return x.index < y.index; });
}

void PackedIr::replace(Value old_value, Value value) { map_[old_value.index] = value; }

Value PackedIr::append(const Inst& inst, uint32_t origin) {
  const Value value{ir().size()};
  if (is_root(inst.op)) ir().roots.push_back(value);
  ir().insts.push_back(inst);
  ir().origin.push_back(origin);
  return value;
}

void PackedIr::put_args(Inst& inst, const Tuple& args) {
  if (inst.op == Op::stack || inst.op == Op::call) {
    inst.arg[0] = {static_cast<uint32_t>(ir().pool.size())};
    inst.arg[1] = {static_cast<uint32_t>(args.size())};
    ir().pool.insert(ir().pool.end(), args.begin(), args.end());
  } else {
    std::copy(args.begin(), args.end(), inst.arg);
  }
}

// One value for what the members read, each with `lanes` lanes; of one lane where all read the same one.
Value PackedIr::together(const Tuple& tuple, uint32_t lanes) {
  const Inst& head = old(tuple[0]);
  if (all_equal(tuple) && (head.lanes == 1 || lanes == 1)) return renewed(tuple[0]);
  Tuple key = tuple;
  key.push_back({lanes});
  if (const auto known = together_.find(key); known != together_.end()) return known->second;
  const bool ramps = std::all_of(tuple.begin(), tuple.end(), [&](Value v) { return old(v).op == Op::ramp; });
  Value value = ramps                       ? together_ramp(tuple)
                : head.rate == Rate::sample ? together_rows(tuple)
                                            : together_cells(tuple, 0);
  const auto members = static_cast<uint32_t>(tuple.size());
  if (ir()[value].lanes == members && lanes > 1)
    value = relane(value, {.repeat = lanes}, members * lanes, shared_origin(tuple));
  together_.emplace(std::move(key), value);
  return value;
}

Value PackedIr::stack(const Tuple& tuple) {
  Inst inst{.op = Op::stack, .type = old(tuple[0]).type, .rate = Rate::constant, .lanes = 0};
  Tuple args;
  for (const Value v : tuple) {
    args.push_back(renewed(v));
    inst.lanes += old(v).lanes;
  }
  put_args(inst, args);
  return finish(inst, tuple);
}

// With the rate, clock and entry that follow from its arguments.
Value PackedIr::finish(Inst inst, const Tuple& tuple) {
  inst.rate = rules::rate(ir(), inst);
  inst.clock = rules::clock(ir(), inst);
  inst.entered = rules::entered(ir(), inst);
  return append(inst, shared_origin(tuple));
}

Value PackedIr::relane(Value of, Relane map, uint32_t lanes, uint32_t origin) {
  Inst inst = ir()[of];
  inst = {.op = Op::relane, .type = inst.type, .rate = inst.rate, .clock = inst.clock, .entered = inst.entered};
  inst.lanes = lanes;
  inst.arg[0] = of;
  inst.imm = map.pack();
  return append(inst, origin);
}

// Rows of one family in steps of as many lanes are a view of it.
Value PackedIr::together_rows(const Tuple& tuple) {
  const Packed head = packed_[tuple[0].index], second = packed_[tuple[1].index];
  if (!head.value.valid() || second.lane <= head.lane) return stack(tuple);
  const uint32_t step = second.lane - head.lane, lanes = old(tuple[0]).lanes;
  for (uint32_t l = 1; l < tuple.size(); ++l) {
    const Packed& each = packed_[tuple[l].index];
    if (each.value != head.value || each.lane != head.lane + l * step) return stack(tuple);
  }
  const auto all = static_cast<uint32_t>(tuple.size()) * lanes;
  if (step == lanes && ir()[head.value].lanes == all) return head.value;
  if (step != lanes && lanes > 1) return stack(tuple);
  return relane(head.value, {.offset = head.lane, .stride = step == lanes ? 1 : step}, all, shared_origin(tuple));
}

Value PackedIr::together_ramp(const Tuple& tuple) {
  Tuple sources;
  for (const Value v : tuple) sources.push_back(old(v).arg[0]);
  if (all_equal(sources)) return stack(tuple);
  Inst inst = old(tuple[0]);
  inst.arg[0] = together_cells(sources, 0);
  inst.lanes = ir()[inst.arg[0]].lanes;
  std::vector<uint32_t> parts;
  for (const Value v : tuple) parts.push_back(v.index);
  const Value value = append(inst, shared_origin(tuple));
  ramps_.emplace_back(value, std::move(parts));
  return value;
}

// The op over packed arguments where all are one op, down to what differs. A literal that meets held values is held,
// so that the powers of a recurrence are made of doubles.
Value PackedIr::together_cells(const Tuple& tuple, uint32_t depth) {
  if (all_equal(tuple) && old(tuple[0]).lanes == 1) return renewed(tuple[0]);
  if (const auto known = cells_.find(tuple); known != cells_.end()) return known->second;
  const Value value = full() ? stack(tuple) : pack_cells(tuple, depth);
  cells_.emplace(tuple, value);
  return value;
}

Value PackedIr::pack_cells(const Tuple& tuple, uint32_t depth) {
  const Inst& head = old(tuple[0]);
  const bool holds = std::any_of(tuple.begin(), tuple.end(), [&](Value v) { return old(v).op == Op::hold; });
  if (holds && from_.real == Type::f32) {
    Tuple held;
    for (const Value v : tuple)
      if (old(v).op == Op::hold) held.push_back(old(v).arg[0]);
      else if (old(v).op == Op::constant) held.push_back(v);
      else return stack(tuple);
    return hold(tuple, held, depth);
  }
  const bool alike = std::all_of(tuple.begin(), tuple.end(), [&](Value v) {
    const Inst& inst = old(v);
    return inst.op == head.op && inst.type == head.type && inst.imm2 == head.imm2 && inst.exact == head.exact &&
           inst.lanes == head.lanes;
  });
  if (!alike || depth == kDepth || info(head.op).signature == Signature::X) return stack(tuple);
  Inst inst = head;
  Tuple args;
  for (uint32_t a = 0; a < info(head.op).arity; ++a) {
    Tuple each;
    for (const Value v : tuple) each.push_back(old(v).arg[a]);
    const bool fits = std::all_of(each.begin(), each.end(), [&](Value v) {
      return old(v).type == old(each[0]).type && old(v).lanes == head.lanes;
    });
    if (!fits) return stack(tuple);
    args.push_back(together_cells(each, depth + 1));
  }
  put_args(inst, args);
  inst.lanes = rules::lanes(ir(), inst);
  return finish(inst, tuple);
}

// `held`: f64 values, f32 literals among them.
Value PackedIr::hold(const Tuple& tuple, const Tuple& held, uint32_t depth) {
  Inst inst{.op = Op::hold, .type = from_.real, .rate = Rate::constant};
  const bool literals = std::any_of(held.begin(), held.end(), [&](Value v) { return old(v).type != Type::f64; });
  Value args;
  if (!literals) {
    args = together_cells(held, depth + 1);
  } else {
    Inst all{.op = Op::stack, .type = Type::f64, .rate = Rate::constant, .lanes = 0};
    Tuple parts;
    for (const Value v : held) {
      parts.push_back(old(v).type == Type::f64 ? renewed(v) : widened(v));
      all.lanes += old(v).lanes;
    }
    put_args(all, parts);
    args = finish(all, tuple);
  }
  inst.lanes = ir()[args].lanes;
  inst.arg[0] = args;
  return finish(inst, tuple);
}

Value PackedIr::widened(Value literal) {
  Inst inst{.op = Op::constant, .type = Type::f64, .rate = Rate::constant};
  inst.imm = bits_of(static_cast<double>(as_f32(old(literal).imm)));
  inst.entered = rules::entered(ir(), inst);
  return append(inst, from_.origin[literal.index]);
}

uint32_t PackedIr::shared_origin(const Tuple& members) {
  std::vector<uint32_t> all;
  for (const Value member : members) all.push_back(from_.origin[member.index]);
  if (std::count(all.begin(), all.end(), all[0]) == static_cast<ptrdiff_t>(all.size())) return all[0];
  const auto [known, fresh] = origins_.try_emplace(all, static_cast<uint32_t>(ir().origins.size()));
  if (fresh) {
    ir().origins.push_back(from_.origins[all[0]]);
    made_.names.origins.resize(ir().origins.size());
    made_.names.origins.back() = std::move(all);
  }
  return known->second;
}

// The new value of an old one; of a family's lane a view.
Value PackedIr::renewed(Value v) {
  if (map_[v.index].valid()) return map_[v.index];
  const Packed& packed = packed_[v.index];
  return map_[v.index] = relane(packed.value, {.offset = packed.lane}, old(v).lanes, from_.origin[v.index]);
}

// Ramps, held values and formulas below sample rate that only lanes read.
void PackedIr::drop_unread() {
  Ir& made = ir();
  const std::vector<bool> live = live_insts(made);
  std::vector<Value> kept(made.size());
  std::vector<std::pair<Value, std::vector<uint32_t>>> ramps;
  for (auto& [ramp, parts] : ramps_)
    if (live[ramp.index]) ramps.emplace_back(ramp, std::move(parts));
  uint32_t count = 0;
  for (uint32_t i = 0; i < made.size(); ++i) {
    if (!live[i]) continue;
    Inst inst = made.insts[i];
    const bool pooled = inst.op == Op::stack || inst.op == Op::call;
    for (uint32_t a = 0, args = arg_count(made, inst); a < args; ++a) {
      Value& value = pooled ? made.pool[inst.arg[0].index + a] : inst.arg[a];
      value = kept[value.index];
    }
    made.insts[count] = inst;
    made.origin[count] = made.origin[i];
    kept[i] = {count++};
  }
  made.insts.resize(count);
  made.origin.resize(count);
  for (Value& root : made.roots) root = kept[root.index];
  ramps_ = std::move(ramps);
}

}  // namespace sinter::planning
