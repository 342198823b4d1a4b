// The copy that passes share.
#include "rewrite.hpp"

#include <utility>

#include "sinter/ir/rules.hpp"

namespace sinter {

Rewriter::Rewriter(Ir& ir) : to_(ir) {
  from_.real = ir.real;
  from_.insts = std::exchange(ir.insts, {});
  from_.pool = std::exchange(ir.pool, {});
  from_.roots = std::exchange(ir.roots, {});
  from_.origin = std::exchange(ir.origin, {});
  map_.resize(from_.insts.size());
  to_.insts.reserve(from_.insts.size());
  to_.origin.reserve(from_.insts.size());
  to_.pool.reserve(from_.pool.size());
  to_.roots.reserve(from_.roots.size());
}

Inst Rewriter::renewed(uint32_t index) {
  Inst inst = from_.insts[index];
  if (inst.op == Op::stack || inst.op == Op::call) {
    const uint32_t start = inst.arg[0].index, count = inst.arg[1].index;
    inst.arg[0] = {static_cast<uint32_t>(to_.pool.size())};
    for (uint32_t i = 0; i < count; ++i) to_.pool.push_back(map_[from_.pool[start + i].index]);
  } else {
    for (Value& value : inst.arg)
      if (value.valid()) value = map_[value.index];
    rules::order_arguments(inst);
  }
  if (slower_ && !is_root(inst.op)) {
    const Rate rate = rules::rate(to_, inst);
    if (rate != inst.rate) {
      inst.rate = rate;
      inst.clock = 1;
      inst.entered = rules::entered(to_, inst);
    }
  }
  return inst;
}

Value Rewriter::append(const Inst& inst) {
  const Value value{to_.size()};
  if (is_root(inst.op)) to_.roots.push_back(value);
  to_.insts.push_back(inst);
  to_.origin.push_back(from_.origin[at_]);
  return value;
}

Value Rewriter::append_literal(Type type, uint64_t bits) {
  Inst inst{.op = Op::constant, .type = type, .entered = type != Type::f64 || to_.real == Type::f64};
  inst.imm = bits;
  return append(inst);
}

void Rewriter::replace(Value value) {
  slower_ |= to_[value].rate != from_.insts[at_].rate;
  map_[at_] = value;
}

void Rewriter::keep() { keep(renewed(at_)); }

void Rewriter::keep(const Inst& inst) {
  const bool resamples = inst.op == Op::upsample || inst.op == Op::decimate;
  if (!resamples || inst.rate == Rate::sample) {
    const Value value = append(inst);
    if (inst.entered || !from_.insts[at_].entered) return replace(value);
    // An f64 that was made of samples and is made of literals now enters as they do.
    Inst hold{.op = Op::hold, .type = inst.type, .rate = inst.rate, .entered = true, .lanes = inst.lanes};
    hold.arg[0] = value;
    return replace(append(hold));
  }
  if (inst.op == Op::decimate) return replace(inst.arg[0]);
  replace(rules::zero_stuff(to_, inst.arg[0], from_.insts[at_].clock, inst.imm,
                            [&](const Inst& part) { return append(part); }));
}

}  // namespace sinter
