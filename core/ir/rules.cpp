// Rate, clock, lanes and entry as they follow from the arguments; hashing and equality of insts.
#include "sinter/ir/rules.hpp"

#include <algorithm>

namespace sinter::rules {
namespace {

uint64_t mix(uint64_t h, uint64_t v) {
  h = (h ^ v) * 0x9e3779b97f4a7c15u;
  return h ^ h >> 29;
}

}  // namespace

Type result_type(Signature signature, Type of_arguments) {
  using enum Signature;
  switch (signature) {
    case R_RR:
    case R_R:
    case R_RRR:
    case T_MTT:
      return of_arguments;
    case M_RR:
    case M_MM:
    case M_M:
    case M_II:
      return Type::mask;
    case F_I:
    case F_D:
      return Type::f32;
    case D_I:
    case D_F:
    case D_D:
      return Type::f64;
    default:
      return Type::i32;
  }
}

Rate rate(const Ir& ir, const Inst& inst) {
  switch (inst.op) {
    case Op::constant:
    case Op::lane:
      return Rate::constant;
    case Op::param:
      return Rate::control;
    case Op::input:
    case Op::frame:
    case Op::cell_start:
    case Op::ramp:
    case Op::prev:
    case Op::tap:
    case Op::call_output:
      return Rate::sample;
    default:
      break;
  }
  if (is_root(inst.op)) return Rate::sample;
  if (inst.op == Op::table_get && ir.tables[inst.imm].writable) return Rate::sample;
  Rate most = Rate::constant;
  for (uint32_t i = 0, count = arg_count(ir, inst); i < count; ++i) most = std::max(most, ir[arg(ir, inst, i)].rate);
  return most;
}

uint8_t clock(const Ir& ir, const Inst& inst) {
  for (uint32_t i = 0, count = arg_count(ir, inst); i < count; ++i) {
    const Inst& from = ir[arg(ir, inst, i)];
    if (from.rate == Rate::sample) return from.clock;
  }
  return 1;
}

uint32_t lanes(const Ir& ir, const Inst& inst) {
  uint32_t most = 1;
  for (uint32_t i = 0, count = arg_count(ir, inst); i < count; ++i) most = std::max(most, ir[arg(ir, inst, i)].lanes);
  return most;
}

bool entered(const Ir& ir, const Inst& inst) {
  if (inst.type != Type::f64 || inst.rate == Rate::sample) return true;
  if (ir.real != Type::f64) return false;
  if (inst.op == Op::constant || inst.op == Op::hold) return true;
  for (uint32_t i = 0, count = arg_count(ir, inst); i < count; ++i) {
    const Inst& from = ir[arg(ir, inst, i)];
    if (from.type == Type::f64 && from.entered && from.op != Op::constant) return true;
  }
  return false;
}

bool fold(const Ir& ir, const Inst& inst, uint64_t& bits) {
  const OpInfo& op = info(inst.op);
  if (op.signature == Signature::X) return false;
  uint64_t literal[3] = {};
  for (uint32_t i = 0; i < op.arity; ++i) {
    const Inst& from = ir[inst.arg[i]];
    if (from.op != Op::constant) return false;
    literal[i] = from.imm;
  }
  const Type argument = ir[inst.arg[op.signature == Signature::T_MTT ? 1 : 0]].type;
  bits = evaluate(inst.op, inst.type, argument, inst.imm2, literal[0], literal[1], literal[2]);
  return true;
}

uint64_t hash(const Ir& ir, const Inst& inst) {
  uint64_t h = static_cast<uint64_t>(inst.op) | static_cast<uint64_t>(inst.type) << 8 | uint64_t{inst.clock} << 16 |
               uint64_t{inst.exact} << 24 | uint64_t{inst.entered} << 25 | uint64_t{inst.lanes} << 32;
  h = mix(0x51ed270b, h);
  if (inst.op == Op::stack) {
    for (uint32_t i = 0; i < inst.arg[1].index; ++i) h = mix(h, ir.pool[inst.arg[0].index + i].index);
    return h;
  }
  h = mix(h, inst.imm);
  h = mix(h, inst.arg[0].index | uint64_t{inst.arg[1].index} << 32);
  return mix(h, inst.arg[2].index | uint64_t{inst.imm2} << 32);
}

bool same(const Ir& ir, const Inst& a, const Inst& b) {
  if (a.op != Op::stack || b.op != Op::stack) return a == b;
  if (a.arg[1] != b.arg[1] || a.type != b.type || a.clock != b.clock || a.entered != b.entered) return false;
  const auto at = ir.pool.begin();
  return std::equal(at + a.arg[0].index, at + a.arg[0].index + a.arg[1].index, at + b.arg[0].index);
}

}  // namespace sinter::rules
