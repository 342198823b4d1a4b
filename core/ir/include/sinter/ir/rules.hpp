// What follows from an inst's op and arguments: type, rate, clock, lanes, whether it has entered sample code, its value
// where all arguments are literals. Builder, verifier and passes share these rules. Any thread.
#pragma once

#include <utility>

#include "sinter/ir/ir.hpp"

namespace sinter::rules {

/// Type of the result of an op of the table; `of_arguments` is the type of its reals (T: of its choices).
Type result_type(Signature signature, Type of_arguments);

/// The largest of the arguments' rates; roots and sources have the rate that defines them.
Rate rate(const Ir& ir, const Inst& inst);

/// Ops of the table, stack, relane, fold, ramp and hold: the clock of the first sample-rate argument, 1 where there is
/// none. (A ramp of a control has the clock that it was made for.)
uint8_t clock(const Ir& ir, const Inst& inst);

/// Ops of the table: the most lanes of an argument.
uint32_t lanes(const Ir& ir, const Inst& inst);

/// Whether sample code may use the value as it is. i32, mask and f32 values always may, and what has sample rate. An
/// f64 below sample rate never may in an f32 compilation; in an f64 one it may where it is a literal, made by hold, or
/// made of such values but not of literals alone. Reads inst.type and inst.rate.
bool entered(const Ir& ir, const Inst& inst);

/// The literal that an op of the table makes of literals; false where an argument is none.
bool fold(const Ir& ir, const Inst& inst, uint64_t& bits);

/// Must stay one inst per statement of it: roots, and prev, whose state is its identity.
inline bool is_unique(Op op) { return is_root(op) || op == Op::prev; }

/// Ops that fuse_mul_add may contract, where they are not exact.
inline bool is_contractible(Op op) { return op == Op::add || op == Op::sub || op == Op::mul; }

/// Equal insts have equal hashes; a stack is equal to one of the same arguments wherever in the pool they lie.
uint64_t hash(const Ir& ir, const Inst& inst);
bool same(const Ir& ir, const Inst& a, const Inst& b);

/// Puts the arguments of a commutative op into the order of their indices; true where they were not.
inline bool order_arguments(Inst& inst) {
  if (!info(inst.op).commutative || inst.arg[0].index <= inst.arg[1].index) return false;
  std::swap(inst.arg[0], inst.arg[1]);
  return true;
}

/// Zeros between the values of an x below sample rate, as upsample puts them between samples: x in the first of each
/// `factor` frames of clock `clock`. `add` takes an Inst and returns its Value in `ir`.
template <class Add>
Value zero_stuff(const Ir& ir, Value x, uint8_t clock, uint64_t factor, Add&& add) {
  const Inst from = ir[x];
  const auto literal = [&](Type type, uint64_t bits) {
    Inst made{.op = Op::constant, .type = type, .entered = type != Type::f64 || ir.real == Type::f64};
    made.imm = bits;
    return add(made);
  };
  const auto of = [&](Op op, Type type, uint32_t lanes, Value a, Value b, Value c = {}) {
    Inst made{.op = op, .type = type, .rate = Rate::sample, .clock = clock, .entered = true, .lanes = lanes};
    made.arg[0] = a, made.arg[1] = b, made.arg[2] = c;
    return add(made);
  };
  const Value frame = add({.op = Op::frame, .type = Type::i32, .rate = Rate::sample, .clock = clock, .entered = true});
  const Value at = of(Op::iand, Type::i32, 1, frame, literal(Type::i32, factor - 1));
  const Value first = of(Op::ieq, Type::mask, 1, at, literal(Type::i32, 0));
  return of(Op::select, from.type, from.lanes, first, x, literal(from.type, 0));
}

}  // namespace sinter::rules
