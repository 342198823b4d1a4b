// fold_constants: what literals make is a literal.
#include "fold_constants.hpp"

#include <cmath>

#include "rewrite.hpp"
#include "sinter/ir/rules.hpp"

namespace sinter {
namespace {

// A literal enters as it stands. A ramp adds k · 0 to it, which is not nothing to −0, NaN and infinities. A coefficient
// that narrowing would change stays a hold: the powers of a recurrence are made of the double.
bool fold_entry(const Ir& ir, const Inst& inst, uint64_t& bits) {
  const Inst& from = ir[inst.arg[0]];
  if (from.op != Op::constant) return false;
  const double value = as_f64(from.imm);
  if (inst.op == Op::ramp && (!std::isfinite(value) || std::signbit(value))) return false;
  bits = inst.type == Type::f64 ? from.imm : evaluate(Op::narrow, Type::f32, Type::f64, 0, from.imm, 0, 0);
  return inst.op != Op::hold || inst.type == Type::f64 || bits_of(static_cast<double>(as_f32(bits))) == from.imm;
}

}  // namespace

bool fold_literal(const Ir& ir, const Inst& inst, uint64_t& bits) {
  if (inst.op == Op::hold || inst.op == Op::ramp) return fold_entry(ir, inst, bits);
  return rules::fold(ir, inst, bits);
}

bool fold_constants(Ir& ir, const PassContext& context) {
  Poll poll(context.cancelled);
  bool found = false;
  uint64_t bits = 0;
  for (const Inst& inst : ir.insts) {
    if (poll.often()) return false;
    if (found = fold_literal(ir, inst, bits); found) break;
  }
  if (!found) return false;
  rewrite(ir, poll, [](Rewriter& to, uint32_t index) {
    const Inst inst = to.renewed(index);
    uint64_t literal = 0;
    if (fold_literal(to.to(), inst, literal)) to.replace(to.append_literal(inst.type, literal));
    else to.keep(inst);
  });
  return true;
}

}  // namespace sinter
