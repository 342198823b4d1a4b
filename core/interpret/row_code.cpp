// The decoder of steps over rows: one pass for last uses, one that hands out registers.
#include "row_code.hpp"

#include <algorithm>
#include <cassert>

namespace sinter::interpret {

const uint8_t* LiteralRows::row(const Inst& inst) {
  const bool wide = inst.type == Type::f64;
  const uint8_t*& row = found_[{wide, inst.imm}];
  if (row) return row;
  const uint64_t both = inst.imm << 32 | (inst.imm & 0xffffffffu);
  std::fill_n(rows_.emplace_back().words, kRowSamples, wide ? inst.imm : both);
  return row = reinterpret_cast<const uint8_t*>(rows_.back().words);
}

Source make_source(const Ir& ir, const Plan& plan, LiteralRows& literals, Value value) {
  const Inst& inst = ir[value];
  Source source{.type = inst.type, .clock = inst.clock, .lanes = inst.lanes};
  if (inst.op == Op::constant) {
    source.kind = PlaceKind::literal;
    source.row = literals.row(inst);
  } else if (inst.rate != Rate::sample) {
    source.kind = PlaceKind::control;
    source.offset = plan.control_offset[value.index];
  } else {
    const ValuePlace& place = plan.places[value.index];
    source.kind = place.kind;
    source.offset = place.offset;
    if (place.kind == PlaceKind::ramp) {
      const RampSlot& ramp = plan.layout.ramps[place.offset];
      source.offset = ramp.start;
      source.slope = ramp.slope;
      source.lanes = ramp.lanes;
    }
  }
  assert(source.kind != PlaceKind::none);
  return source;
}

RowOp elementwise(const RowSet& set, Op op, Type argument, uint32_t count, std::vector<Entry>& entries) {
  RowOp row{.kernel = set.find(op, argument), .count = static_cast<int32_t>(count)};
  if (row.kernel) return row;
  // The four areas of the entry stand for the registers r, a, b and c.
  const uint16_t bytes = static_cast<uint16_t>(size_of(argument));
  Entry entry{.kernel = op_kernel(op, argument), .imm = count};
  entry.result = {0, Area{0}, 0};
  entry.a = {0, Area{1}, op == Op::select ? uint16_t{4} : bytes};
  entry.b = {0, Area{2}, bytes};
  entry.c = {0, Area{3}, bytes};
  row.kernel = scalar_row;
  row.index = static_cast<uint32_t>(entries.size());
  entries.push_back(entry);
  return row;
}

namespace {

class RowDecoder {
 public:
  RowDecoder(const Ir& ir, const Plan& plan, const Step& step, const RowSet& set, LiteralRows& literals, Poll& poll)
      : ir_(ir), plan_(plan), step_(step), set_(set), literals_(literals), poll_(poll) {}

  RowCode decode() {
    find_last_uses();
    for (at_ = 0; at_ < step_.body.size(); ++at_) {
      if (poll_.often()) return {};  // what is stored may not have been decoded
      add(step_.body[at_]);
    }
    for (const Store& store : step_.stores) add(store);
    return std::move(code_);
  }

 private:
  // The value of a push is its argument's.
  Value resolve(Value value) const {
    while (ir_[value].op == Op::push) value = ir_[value].arg[0];
    return value;
  }

  void find_last_uses() {
    const uint32_t end = static_cast<uint32_t>(step_.body.size());
    for (uint32_t i = 0; i < end && !poll_.often(); ++i)
      for (uint32_t a = 0; a < arg_count(ir_, ir_[step_.body[i]]); ++a)
        last_use_[resolve(arg(ir_, ir_[step_.body[i]], a)).index] = i;
    for (const Store& store : step_.stores) last_use_[resolve(store.value).index] = end;
  }

  uint32_t new_register(uint32_t home) {
    code_.homes.push_back(home);
    return static_cast<uint32_t>(code_.homes.size() - 1);
  }

  uint32_t take_row(Type type) {
    std::vector<uint32_t>& free = free_[type == Type::f64];
    if (!free.empty()) {
      const uint32_t reg = free.back();
      free.pop_back();
      return reg;
    }
    const uint32_t home = code_.row_bytes;
    code_.row_bytes += kRowSamples * size_of(type);
    return new_register(home);
  }

  uint32_t operand(Value value) {
    value = resolve(value);
    if (const auto found = held_.find(value.index); found != held_.end()) return found->second;
    const Inst& inst = ir_[value];
    if (inst.op == Op::frame || inst.op == Op::cell_start) {
      add_computed(value, {.kernel = structural_row_kernel(inst.op, inst.type)});
      return held_.at(value.index);
    }
    const Source source = make_source(ir_, plan_, literals_, value);
    if (source.kind == PlaceKind::literal) {
      const uint32_t reg = new_register(kNoHome);
      code_.literals.emplace_back(reg, source.row);
      return held_[value.index] = reg;
    }
    RowOp op{.kernel = fetch_row, .lanes = step_.lanes, .index = static_cast<uint32_t>(code_.sources.size())};
    code_.sources.push_back(source);
    const bool filled = source.kind == PlaceKind::control || source.kind == PlaceKind::ramp;
    if (source.kind != PlaceKind::buffer) op.c = home_of_[value.index] = take_row(inst.type);
    op.r = filled ? op.c : new_register(kNoHome);
    code_.ops.push_back(op);
    return held_[value.index] = op.r;
  }

  // Rows whose value is not used after this inst are free for its result: kernels read an element before they write it.
  void release(Value value) {
    value = resolve(value);
    if (last_use_[value.index] > at_) return;
    const auto home = home_of_.find(value.index);
    if (home == home_of_.end()) return;
    free_[ir_[value].type == Type::f64].push_back(home->second);
    home_of_.erase(home);
  }

  void add_computed(Value value, RowOp op) {
    const Inst& inst = ir_[value];
    op.lanes = step_.lanes;
    op.r = home_of_[value.index] = held_[value.index] = take_row(inst.type);
    code_.ops.push_back(op);
    if (!last_use_.contains(value.index)) release(value);
  }

  void add(Value value) {
    const Inst& inst = ir_[value];
    const uint32_t args = arg_count(ir_, inst);
    uint32_t regs[3] = {};
    for (uint32_t i = 0; i < args; ++i) regs[i] = operand(inst.arg[i]);
    RowOp op;
    if (info(inst.op).signature != Signature::X) {
      op = elementwise(set_, inst.op, ir_[inst.arg[inst.op == Op::select ? 1 : 0]].type, inst.imm2, code_.entries);
    } else {
      op.kernel = structural_row_kernel(inst.op, inst.type);
      op.index = static_cast<uint32_t>(inst.imm);
      if (inst.op == Op::probe) op.index = plan_.layout.probes[inst.imm].offset;
      if (inst.op == Op::tap) op.count = static_cast<int32_t>(args > 1 ? inst.imm2 : std::max(inst.imm2, 1u));
    }
    assert(op.kernel);
    op.a = regs[0];
    op.b = regs[1];
    op.c = regs[2];
    for (uint32_t i = 0; i < args; ++i) release(inst.arg[i]);
    if (inst.op == Op::push || inst.op == Op::probe) {
      op.lanes = inst.lanes;
      code_.ops.push_back(op);
    } else {
      add_computed(value, op);
    }
  }

  void add(const Store& store) {
    const Inst& inst = ir_[store.value];
    RowOp op{.kernel = store_kernel(store.kind, inst.type), .lanes = inst.lanes, .index = store.offset};
    op.a = operand(store.value);
    code_.ops.push_back(op);
  }

  const Ir& ir_;
  const Plan& plan_;
  const Step& step_;
  const RowSet& set_;
  LiteralRows& literals_;
  Poll& poll_;
  RowCode code_;
  uint32_t at_ = 0;
  std::unordered_map<uint32_t, uint32_t> last_use_;
  std::unordered_map<uint32_t, uint32_t> held_;     // value → register
  std::unordered_map<uint32_t, uint32_t> home_of_;  // value → register whose row it occupies
  std::vector<uint32_t> free_[2];
};

}  // namespace

bool runs_over_rows(const Ir& ir, const Step& step) {
  if (step.kind == StepKind::time_parallel) return true;
  std::unordered_map<uint64_t, bool> pushed;  // line → its push stands before
  for (Value value : step.body)
    if (ir[value].op == Op::push) pushed[ir[value].imm] = false;
  for (Value value : step.body) {
    const Inst& inst = ir[value];
    if (inst.lanes != step.lanes && inst.op != Op::frame && inst.op != Op::cell_start) return false;
    switch (inst.op) {
      case Op::prev:
      case Op::next:
      case Op::table_set:
      case Op::relane:
      case Op::stack:
      case Op::fold:
        return false;
      case Op::push:
        pushed[inst.imm] = true;
        break;
      case Op::tap: {
        const auto push = pushed.find(inst.imm);
        if (push != pushed.end() && !push->second && inst.imm2 < kCellFrames * inst.clock) return false;
        break;
      }
      default:
        break;
    }
  }
  return true;
}

RowCode decode_rows(const Ir& ir, const Plan& plan, const Step& step, const RowSet& set, LiteralRows& literals,
                    Poll& poll) {
  return RowDecoder(ir, plan, step, set, literals, poll).decode();
}

}  // namespace sinter::interpret
