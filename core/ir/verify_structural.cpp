// The verifier's rules for structural ops: sources, entry into sample code, state, lines, tables, lanes, clocks and
// calls.
#include <algorithm>

#include "sinter/ir/rules.hpp"
#include "verifier.hpp"

namespace sinter {

using namespace verifying;
using Wrong = Verifier::Wrong;

namespace {

Wrong types(bool good) { return good ? "" : "the types do not fit the op"; }
Wrong first(Wrong a, Wrong b) { return a.empty() ? b : a; }

}  // namespace

Wrong Verifier::check_structural(const Inst& inst) {
  const Inst* a = info(inst.op).arity ? &at(inst.arg[0]) : nullptr;
  switch (inst.op) {
    case Op::constant:
      if (inst.type != Type::f64 && inst.imm > UINT32_MAX) return "a literal of 32 bits has no upper bits";
      if (inst.type == Type::mask && inst.imm != 0 && inst.imm != UINT32_MAX) return "a mask has all bits or none";
      return check_spread(inst, 1);
    case Op::input:
      return first(types(inst.type == ir_.real), check_spread(inst, ir_.inputs[inst.imm].channels));
    case Op::param:
      return first(types(inst.type == Type::f64), check_spread(inst, ir_.params[inst.imm].lanes));
    case Op::lane:
      return types(inst.type == Type::i32);
    case Op::frame:
      return first(types(inst.type == Type::i32), check_spread(inst, 1));
    case Op::cell_start:
      return first(types(inst.type == Type::mask), check_spread(inst, 1));
    case Op::ramp:
    case Op::hold:
      return check_entry(inst, *a);
    case Op::prev:
    case Op::next:
      return check_state(inst);
    case Op::push:
      return check_push(inst, *a);
    case Op::tap:
      return check_tap(inst, *a);
    case Op::table_get:
    case Op::table_set:
      return check_table(inst);
    case Op::relane:
    case Op::stack:
    case Op::fold:
      return check_lanes(inst);
    case Op::upsample:
    case Op::decimate:
      return check_resample(inst, *a);
    case Op::call:
    case Op::call_output:
      return check_call(inst);
    case Op::output:
      if (++outputs_[inst.imm] > 1) return "the output is written twice";
      return first(types(inst.type == ir_.real && a->type == ir_.real),
                   check_spread(inst, ir_.outputs[inst.imm].channels));
    case Op::probe:
      if (++probes_[inst.imm] > 1) return "the probe is written twice";
      return first(types(inst.type == ir_.real && a->type == ir_.real), check_spread(inst, ir_.probes[inst.imm].lanes));
    default:
      return "the op has no rules";
  }
}

Wrong Verifier::check_entry(const Inst& inst, const Inst& a) const {
  if (a.type != Type::f64 || inst.type != ir_.real) return types(false);
  if (a.rate == Rate::sample) return "only constants and controls enter sample code";
  return check_spread(inst, a.lanes);
}

Wrong Verifier::check_state(const Inst& inst) {
  const StateDecl& decl = ir_.states[inst.imm];
  if (inst.type != decl.type || inst.clock != decl.clock) return "type or clock differ from the state's";
  if (inst.op == Op::prev) {
    if (++prevs_[inst.imm] > 1) return "the state is read by two prevs";
    if (nexts_[inst.imm]) return "the state is read after its next";
  } else {
    if (++nexts_[inst.imm] > 1) return "the state has two nexts";
    if (at(inst.arg[0]).type != decl.type) return types(false);
  }
  return check_spread(inst, decl.lanes);
}

Wrong Verifier::check_push(const Inst& inst, const Inst& a) {
  const LineDecl& decl = ir_.lines[inst.imm];
  if (++pushes_[inst.imm] > 1) return "the line has two pushes";
  if (inst.type != decl.type || a.type != decl.type || inst.clock != decl.clock)
    return "type or clock differ from the line's";
  return check_spread(inst, decl.lanes);
}

Wrong Verifier::check_tap(const Inst& inst, const Inst& delay) const {
  const LineDecl& decl = ir_.lines[inst.imm];
  if (inst.type != decl.type || inst.clock != decl.clock) return "type or clock differ from the line's";
  if (delay.type != Type::i32) return "a delay is i32";
  if (inst.imm2 > decl.max_delay) return "its minimum is longer than the line";
  if (inst.arg[1].valid()) {
    const Inst& push = at(inst.arg[1]);
    if (push.op != Op::push || push.imm != inst.imm) return "its second argument is not the push of its line";
  } else if (inst.imm2 == 0) {
    return "a delay of 0 reads the push, which is missing";
  }
  const uint32_t lanes = std::max(decl.lanes, delay.lanes);
  if (decl.lanes != 1 && decl.lanes != lanes)
    return "the line has " + number(decl.lanes) + " lanes, not 1 or " + number(lanes);
  return check_spread(inst, lanes);
}

Wrong Verifier::check_table(const Inst& inst) {
  const TableDecl& decl = ir_.tables[inst.imm];
  if (at(inst.arg[0]).type != Type::i32) return "an index is i32";
  if (decl.lanes != 1 && decl.lanes != inst.lanes)
    return "the table has " + number(decl.lanes) + " lanes, not 1 or " + number(inst.lanes);
  if (inst.op == Op::table_get) {
    if (sets_[inst.imm]) return "the table is read after it was set";
    return first(types(inst.type == Type::f32), check_spread(inst, std::max(decl.lanes, at(inst.arg[0]).lanes)));
  }
  ++sets_[inst.imm];
  if (!decl.writable) return "the table is not writable";
  if (inst.type != at(inst.arg[1]).type || inst.type != ir_.real) return types(false);
  return check_spread(inst, std::max(decl.lanes, rules::lanes(ir_, inst)));
}

Wrong Verifier::check_lanes(const Inst& inst) const {
  if (inst.op == Op::stack) {
    uint64_t sum = 0;
    const uint32_t count = inst.arg[1].index;
    if (count == 0) return "a stack has at least one argument";
    for (uint32_t i = 0; i < count; ++i) {
      sum += at(arg(ir_, inst, i)).lanes;
      if (at(arg(ir_, inst, i)).type != inst.type) return types(false);
    }
    return inst.lanes == sum ? "" : "it has " + number(inst.lanes) + " lanes where its arguments have " + number(sum);
  }
  const Inst& a = at(inst.arg[0]);
  if (inst.type != a.type) return types(false);
  if (inst.op == Op::fold) {
    if (!is_real(a.type)) return types(false);
    return inst.lanes < a.lanes ? "" : "a fold makes fewer lanes";
  }
  const Relane map = Relane::unpack(inst.imm);
  if (map.repeat == 0 || inst.imm >> 60) return "a relane repeats at least once";
  const uint64_t last = map.offset + uint64_t{(inst.lanes - 1) / map.repeat} * map.stride;
  return last < a.lanes ? "" : "it reads lane " + number(last) + " of " + number(a.lanes);
}

Wrong Verifier::check_resample(const Inst& inst, const Inst& a) const {
  if (inst.type != a.type) return types(false);
  if (a.rate != Rate::sample) return "only samples change their clock";
  const bool up = inst.op == Op::upsample;
  const uint64_t slow = up ? a.clock : inst.clock, fast = up ? inst.clock : a.clock;
  if (slow * inst.imm != fast) return "the clocks do not fit the factor";
  return check_spread(inst, a.lanes);
}

Wrong Verifier::check_call(const Inst& inst) {
  const CallDecl& decl = ir_.calls[inst.imm];
  if (inst.type != ir_.real || inst.clock != 1) return "an External node works on audio at clock 1";
  if (inst.op == Op::call_output) {
    const Inst& call = at(inst.arg[0]);
    if (call.op != Op::call || call.imm != inst.imm) return "its argument is not its call";
    if (inst.imm2 >= decl.output_lanes.size()) return "the call has no output " + number(inst.imm2);
    return inst.lanes == decl.output_lanes[inst.imm2] ? "" : "its lanes differ from the call's";
  }
  if (++calls_[inst.imm] > 1) return "the External node is called twice";
  const uint32_t count = inst.arg[1].index;
  if (count != decl.input_lanes.size()) return "the call has " + number(decl.input_lanes.size()) + " inputs";
  for (uint32_t i = 0; i < count; ++i) {
    const Inst& from = at(arg(ir_, inst, i));
    if (from.type != ir_.real) return types(false);
    if (from.lanes != 1 && from.lanes != decl.input_lanes[i])
      return "argument " + number(i) + " has " + number(from.lanes) + " lanes, not 1 or " + number(decl.input_lanes[i]);
  }
  return inst.lanes == 1 ? "" : "a call has one lane";
}

}  // namespace sinter
