// The op table as data, argument access, and evaluation of one op on literals.
#include "sinter/ir/ir.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "sinter/base/fp_mode.hpp"
#include "sinter/ir/meaning.hpp"

namespace sinter {
namespace {

constexpr bool commutative = true, none = false;

constexpr uint8_t arity_of(Signature signature) {
  switch (signature) {
    case Signature::R_RRR:
    case Signature::T_MTT:
      return 3;
    case Signature::R_RR:
    case Signature::M_RR:
    case Signature::M_MM:
    case Signature::I_II:
    case Signature::M_II:
      return 2;
    default:
      return 1;
  }
}

constexpr uint8_t structural_arity(Op op) {
  switch (op) {
    case Op::table_set:
    case Op::tap:
      return 2;
    case Op::ramp:
    case Op::hold:
    case Op::next:
    case Op::push:
    case Op::table_get:
    case Op::relane:
    case Op::fold:
    case Op::upsample:
    case Op::decimate:
    case Op::call_output:
    case Op::output:
    case Op::probe:
      return 1;
    default:
      return 0;
  }
}

constexpr std::string_view kWishes[kWishCount] = {"auto", "serial", "time_parallel", "block", "scan", "lanes"};

constexpr OpInfo kOps[] = {
#define SINTER_OP(opname, sig, flags, meaning, x86, doc) \
  {#opname, Signature::sig, flags,                       \
   Signature::sig == Signature::X ? structural_arity(Op::opname) : arity_of(Signature::sig), doc},
#include "sinter/ir/ops.def"
#undef SINTER_OP
};

// Literals as the three kinds of element an op sees.
template <class T>
T from(uint64_t bits) {
  if constexpr (std::is_same_v<T, float>) return as_f32(bits);
  else if constexpr (std::is_same_v<T, double>) return as_f64(bits);
  else if constexpr (std::is_same_v<T, Mask>) return Mask{as_i32(bits)};
  else return as_i32(bits);
}
uint64_t to(float v) { return bits_of(v); }
uint64_t to(double v) { return bits_of(v); }
uint64_t to(int32_t v) { return bits_of(v); }
uint64_t to(Mask v) { return bits_of(v.bits); }

struct Operands {
  uint64_t a, b, c;
  uint32_t imm2;
};

// One evaluator per op and element type; the signature says which arguments have the element type.
template <Signature S, class T, class F>
uint64_t apply(F&& f, const Operands& o) {
  const int count = static_cast<int>(o.imm2);
  if constexpr (S == Signature::T_MTT) return to(f(from<Mask>(o.a), from<T>(o.b), from<T>(o.c), count));
  else return to(f(from<T>(o.a), from<T>(o.b), from<T>(o.c), count));
}

template <Signature S, class F>
uint64_t dispatch(F&& f, Type type, const Operands& o) {
  using enum Signature;
  if constexpr (S == R_RR || S == R_R || S == R_RRR || S == M_RR || S == I_R)
    return type == Type::f64 ? apply<S, double>(f, o) : apply<S, float>(f, o);
  else if constexpr (S == T_MTT) switch (type) {
      case Type::f64:
        return apply<S, double>(f, o);
      case Type::f32:
        return apply<S, float>(f, o);
      case Type::i32:
        return apply<S, int32_t>(f, o);
      case Type::mask:
        return apply<S, Mask>(f, o);
    }
  else if constexpr (S == M_MM || S == M_M) return apply<S, Mask>(f, o);
  else if constexpr (S == F_D || S == I_D || S == D_D) return apply<S, double>(f, o);
  else if constexpr (S == D_F || S == I_F) return apply<S, float>(f, o);
  else return apply<S, int32_t>(f, o);
  return 0;
}

uint64_t evaluate_here(Op op, Type type, const Operands& operands) {
  switch (op) {
#define SINTER_OP(opname, sig, flags, expression, x86, doc)                                                         \
  case Op::opname:                                                                                                  \
    if constexpr (Signature::sig != Signature::X)                                                                   \
      return dispatch<Signature::sig>([]([[maybe_unused]] auto a, [[maybe_unused]] auto b, [[maybe_unused]] auto c, \
                                         [[maybe_unused]] int count) { return expression; },                        \
                                      type, operands);                                                              \
    break;
#include "sinter/ir/ops.def"
#undef SINTER_OP
  }
  return 0;
}

}  // namespace

const OpInfo& info(Op op) { return kOps[static_cast<size_t>(op)]; }

bool parse_op(std::string_view name, Op& op) {
  for (uint32_t i = 0; i < kOpCount; ++i)
    if (kOps[i].name == name) {
      op = static_cast<Op>(i);
      return true;
    }
  return false;
}

std::string_view name(Type type) {
  constexpr std::string_view kNames[] = {"f32", "f64", "i32", "mask"};
  return kNames[static_cast<size_t>(type)];
}
std::string_view name(Rate rate) {
  constexpr std::string_view kNames[] = {"constant", "control", "sample"};
  return kNames[static_cast<size_t>(rate)];
}
std::string_view name(Wish wish) { return kWishes[static_cast<size_t>(wish)]; }
bool parse_wish(std::string_view name, Wish& wish) {
  const auto* const found = std::find(std::begin(kWishes), std::end(kWishes), name);
  if (found == std::end(kWishes)) return false;
  wish = static_cast<Wish>(found - std::begin(kWishes));
  return true;
}

uint32_t arg_count(const Ir& ir, const Inst& inst) {
  if (inst.op == Op::stack || inst.op == Op::call) return inst.arg[1].index;
  if (inst.op == Op::tap) return inst.arg[1].valid() ? 2 : 1;
  (void)ir;
  return info(inst.op).arity;
}

Value arg(const Ir& ir, const Inst& inst, uint32_t i) {
  if (inst.op == Op::stack || inst.op == Op::call) return ir.pool[inst.arg[0].index + i];
  return inst.arg[i];
}

uint64_t evaluate(Op op, Type, Type argument, uint32_t imm2, uint64_t a, uint64_t b, uint64_t c) {
  uint64_t result = 0;
  with_audio_fp([&] { result = evaluate_here(op, argument, {a, b, c, imm2}); });
  return result;
}

}  // namespace sinter
