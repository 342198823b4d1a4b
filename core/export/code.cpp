// Statements of single insts and of loops over lanes.
#include "code.hpp"

#include <algorithm>

namespace sinter::exporting {
namespace {

// Of the line or other declaration that an inst names.
uint32_t index_of(const Inst& inst) { return static_cast<uint32_t>(inst.imm); }

}  // namespace

std::string lane_loop(uint32_t lanes) { return "for (std::uint32_t l = 0; l < " + number(lanes) + "; ++l)"; }

std::string slot(uint32_t first, uint32_t lanes) {
  if (lanes == 1) return number(first);
  return first ? number(first) + " + l" : "l";
}

// -- Names

std::string Code::control_place(uint32_t value) const {
  const Inst& inst = ir_.insts[value];
  if (model_.is_literal(value)) return model_.literal_text(value);
  if (inst.op == Op::param) {
    const uint32_t first = model_.param_slot[inst.imm];
    return "values_[" + slot(first, inst.lanes) + "]";
  }
  return "c" + number(value) + "_" + (inst.lanes > 1 ? "[l]" : "");
}

std::string Code::name(uint32_t index, const std::string& lane) const {
  const Inst& inst = ir_.insts[index];
  if (model_.is_literal(index)) return model_.literal_text(index);
  if (inst.op == Op::push) return name(inst.arg[0].index, lane);
  const std::string element = inst.lanes > 1 ? "[" + lane + "]" : "";
  if (inst.op == Op::param) {
    const uint32_t first = model_.param_slot[inst.imm];
    if (inst.lanes == 1) return "values_[" + number(first) + "]";
    return "values_[" + (first ? number(first) + " + " : "") + lane + "]";
  }
  const std::string id = number(index);
  if (!model_.per_sample(index) && model_.member[index])
    return (rendering_ && inst.lanes == 1 ? "c" + id : "c" + id + "_") + element;
  if (!schedule_->array[index]) return "v" + id;
  return "v" + id + (model_.is_scratch(index) ? "_" : "") + element;
}

std::string Code::arg_name(const Inst& inst, uint32_t i, const std::string& lane) const {
  return name(arg(ir_, inst, i).index, lane);
}

std::string Code::state(const Inst& inst) const {
  const std::string& base = model_.states[inst.imm];
  return ir_.states[inst.imm].lanes > 1 ? base + "_[l]" : base;
}

// Frames in the units of a clock: "now" absolute, "into" the cell.
std::string Code::time(const std::string& kind, uint32_t clock) {
  const std::string text = kind + (clock > 1 ? "_x" + number(clock) : "");
  used_.insert(text);
  return text;
}

void Code::note_origin(Writer& out, uint32_t index) {
  if (ir_.origin[index] == origin_) return;
  origin_ = ir_.origin[index];
  const std::string path = comment(ir_.origins[origin_]);
  if (!path.empty()) out.line("// " + path);
}

// -- Statements

void Code::assign(Writer& out, uint32_t index, const std::string& expression) {
  const bool stored = (!model_.per_sample(index) && model_.member[index]) || schedule_->array[index];
  const std::string type = stored ? "" : "const " + std::string(type_name(ir_.insts[index].type)) + " ";
  out.line(type + name(index) + " = " + expression + ";");
}

void Code::write_schedule(Writer& out, const Schedule& schedule) {
  schedule_ = &schedule;
  origin_ = 0;
  for (const Item& item : schedule.items) write_item(out, item);
}

void Code::write_item(Writer& out, const Item& item) {
  for (const uint32_t i : item.insts) {
    const bool kept = !model_.per_sample(i) && model_.member[i];
    const Inst& inst = ir_.insts[i];
    if (schedule_->array[i] && !kept && !model_.is_scratch(i) && inst.op != Op::push)
      out.line(std::string(type_name(inst.type)) + " v" + number(i) + "[" + number(inst.lanes) + "];");
  }
  if (item.lanes == 1) return write_inst(out, item.insts[0]);
  out.open(lane_loop(item.lanes));
  for (const uint32_t i : item.insts) write_inst(out, i);
  out.close();
}

void Code::write_inst(Writer& out, uint32_t index) {
  const Inst& inst = ir_.insts[index];
  note_origin(out, index);
  const OpInfo& row = info(inst.op);
  if (row.signature == Signature::X) return write_structural(out, index);
  std::array<std::string, 3> args;
  for (uint32_t i = 0; i < row.arity; ++i) args[i] = arg_name(inst, i);
  assign(out, index, ops_.expression(inst, args));
}

void Code::write_structural(Writer& out, uint32_t index) {
  const Inst& inst = ir_.insts[index];
  const std::string zero = literal(inst.type, 0);
  switch (inst.op) {
    case Op::input: {
      uint32_t first = 0;
      for (uint32_t i = 0; i < inst.imm; ++i) first += ir_.inputs[i].channels;
      const std::string sample = "in_[" + slot(first, inst.lanes) + "][f]";
      return assign(out, index, inst.type == Type::f64 ? "static_cast<double>(" + sample + ")" : sample);
    }
    case Op::lane:
      return assign(out, index, inst.lanes > 1 ? "static_cast<std::int32_t>(l)" : "0");
    case Op::frame:
      return assign(out, index, "static_cast<std::int32_t>(" + time("now", inst.clock) + ")");
    case Op::cell_start:
      return assign(out, index, time("now", inst.clock) + " % " + number(kGridFrames * inst.clock) + "u == 0");
    case Op::ramp:
      return assign(out, index, ramp(index));
    case Op::hold:
      return assign(out, index,
                    inst.type == Type::f32 ? "static_cast<float>(" + arg_name(inst, 0) + ")" : arg_name(inst, 0));
    case Op::prev:
      return assign(out, index, state(inst));
    case Op::tap:
      return assign(out, index, tap(inst));
    case Op::table_get:
      return assign(out, index, element(inst));
    case Op::relane: {
      const Relane map = Relane::unpack(inst.imm);
      if (inst.lanes == 1) return assign(out, index, arg_name(inst, 0, number(map.offset)));
      const std::string lane = (map.offset ? number(map.offset) + " + " : "") + "l" +
                               (map.repeat > 1 ? " / " + number(map.repeat) : "") +
                               (map.stride != 1 ? " * " + number(map.stride) : "");
      return assign(out, index, arg_name(inst, 0, lane));
    }
    case Op::stack:
      return write_stack(out, index);
    case Op::fold:
      return write_fold(out, index);
    case Op::upsample:
      // Where no sample of the slower clock begins, its code has not run.
      return assign(out, index, inst.clock / inst.imm >= set_->slowest ? arg_name(inst, 0) : zero);
    case Op::decimate:
      return assign(out, index, arg_name(inst, 0));
    default:
      return write_root(out, index);
  }
}

void Code::write_root(Writer& out, uint32_t index) {
  const Inst& inst = ir_.insts[index];
  const std::string a = arg_name(inst, 0);
  if (inst.op == Op::next) return out.line(state(inst) + " = " + a + ";");
  if (inst.op == Op::push) {
    const std::string& line = model_.lines[inst.imm];
    const std::string lane = inst.lanes > 1 ? "l * " + number(model_.line_stride(index_of(inst))) + "u + " : "";
    const std::string mask = number(model_.capacity(index_of(inst)) - 1) + "u";
    return out.line(line + "[" + lane + "(" + time("now", inst.clock) + " & " + mask + ")] = " + a + ";");
  }
  if (inst.op == Op::table_set) {
    const std::string b = arg_name(inst, 1);
    return out.line(element(inst) + " = " + (inst.type == Type::f64 ? "static_cast<float>(" + b + ")" : b) + ";");
  }
  const std::string heard = inst.type == Type::f64 ? "static_cast<float>(" + a + ")" : a;
  uint32_t first = 0;
  if (inst.op == Op::output) {
    for (uint32_t i = 0; i < inst.imm; ++i) first += ir_.outputs[i].channels;
    return out.line("out_[" + slot(first, inst.lanes) + "][f] = " + heard + ";");
  }
  ops_.need("maximum"), ops_.need("absolute");
  first = model_.probe_slot[inst.imm];
  const std::string at = "[" + slot(first, inst.lanes) + "]";
  out.line("peak_" + at + " = detail::maximum(detail::absolute(" + heard + "), peak_" + at + ");");
  out.line("squares_" + at + " += " + heard + " * " + heard + ";");
}

void Code::write_stack(Writer& out, uint32_t index) {
  const Inst& inst = ir_.insts[index];
  if (inst.lanes == 1) return assign(out, index, arg_name(inst, 0, "0"));
  uint32_t first = 0;
  for (uint32_t i = 0; i < arg_count(ir_, inst); ++i) {
    const uint32_t part = arg(ir_, inst, i).index, lanes = ir_.insts[part].lanes;
    const std::string copy = name(index, slot(first, lanes)) + " = " + name(part) + ";";
    out.line(lanes > 1 ? lane_loop(lanes) + " " + copy : copy);
    first += lanes;
  }
}

// In this order, so that every width of lanes gives the same bits.
void Code::write_fold(Writer& out, uint32_t index) {
  const Inst& inst = ir_.insts[index];
  const std::string sum = "sum" + number(index), lanes = number(inst.lanes);
  const std::string first = inst.lanes > 1 ? "l" : "0", next = inst.lanes > 1 ? "l + " + lanes : lanes;
  out.line(std::string(type_name(inst.type)) + " " + sum + " = " + arg_name(inst, 0, first) + ";");
  out.line("for (std::uint32_t i = " + next + "; i < " + number(ir_[inst.arg[0]].lanes) + "; i += " + lanes + ") " +
           sum + " += " + arg_name(inst, 0, "i") + ";");
  assign(out, index, sum);
}

// -- Expressions

std::string Code::ramp(uint32_t index) {
  const Inst& inst = ir_.insts[index];
  const uint32_t first = model_.ramp_slot[index];
  const std::string into = time("into", inst.clock);
  if (inst.lanes == 1) return "start" + number(first) + " + " + into + " * slope" + number(first);
  return "start_[" + slot(first, 2) + "] + " + into + " * slope_[" + slot(first, 2) + "]";
}

std::string Code::tap(const Inst& inst) {
  const LineDecl& line = ir_.lines[inst.imm];
  // Without its push as an argument it may run before it, so it never reads the sample being pushed.
  const uint32_t least = inst.arg[1].valid() ? inst.imm2 : std::max(inst.imm2, 1u);
  const Inst& delay = ir_[inst.arg[0]];
  std::string back;
  if (delay.op == Op::constant) {
    const int64_t wanted = as_i32(delay.imm);
    back = number(static_cast<uint64_t>(std::clamp<int64_t>(wanted, least, line.max_delay))) + "u";
  } else {
    ops_.need("clamp_delay");
    back = "detail::clamp_delay(" + arg_name(inst, 0) + ", " + number(least) + ", " + number(line.max_delay) + ")";
  }
  const std::string lane = line.lanes > 1 ? "l * " + number(model_.line_stride(index_of(inst))) + "u + " : "";
  return model_.lines[inst.imm] + "[" + lane + "((" + time("now", inst.clock) + " - " + back + ") & " +
         number(model_.capacity(index_of(inst)) - 1) + "u)]";
}

std::string Code::element(const Inst& inst) {
  ops_.need("clamp_index");
  const TableDecl& table = ir_.tables[inst.imm];
  const std::string& base = model_.tables[inst.imm];
  const std::string lane = table.lanes > 1 ? "l * " + number(table.size) + "u + " : "";
  return (table.writable ? base + "_" : "detail::" + base) + "[" + lane + "detail::clamp_index(" + arg_name(inst, 0) +
         ", " + number(table.size - 1) + ")]";
}

}  // namespace sinter::exporting
