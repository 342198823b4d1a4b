// The x86 column of ops.def: one row of data per op, with the instruction sequences that more than one instruction
// needs.
//
// SSE2 has no rounding, no 32-bit multiply and no blend; the sequences here give the bits that the newer sets give.
#include "emitter.hpp"
#include "recipe.hpp"

namespace sinter::jit {
namespace {

constexpr uint32_t kSign = 0x80000000u, kMagnitude = 0x7fffffffu, kOnes = 0xffffffffu;
constexpr uint32_t kOne = 0x3f800000u, kWholeFrom = 0x4b000000u;  // 1.0f; 2^23: every f32 from here on is whole

// Names of the x86 column.
struct Family {
  Ids packed, single, integer;
};
constexpr Family Add{{I::kIdAddps, I::kIdVaddps}, {I::kIdAddss, I::kIdVaddss}, {I::kIdPaddd, I::kIdVpaddd}};
constexpr Family Sub{{I::kIdSubps, I::kIdVsubps}, {I::kIdSubss, I::kIdVsubss}, {I::kIdPsubd, I::kIdVpsubd}};
constexpr Family Mul{{I::kIdMulps, I::kIdVmulps}, {I::kIdMulss, I::kIdVmulss}, {}};
constexpr Family Div{{I::kIdDivps, I::kIdVdivps}, {I::kIdDivss, I::kIdVdivss}, {}};
constexpr Family Min{{I::kIdMinps, I::kIdVminps}, {I::kIdMinss, I::kIdVminss}, {}};
constexpr Family Max{{I::kIdMaxps, I::kIdVmaxps}, {I::kIdMaxss, I::kIdVmaxss}, {}};
constexpr Ids And{I::kIdAndps, I::kIdVandps}, Or{I::kIdOrps, I::kIdVorps}, Xor{I::kIdXorps, I::kIdVxorps};
constexpr Ids Left{I::kIdPslld, I::kIdVpslld}, Right{I::kIdPsrld, I::kIdVpsrld}, RightSigned{I::kIdPsrad, I::kIdVpsrad};
constexpr Ids Less{I::kIdPcmpgtd, I::kIdVpcmpgtd}, Equal{I::kIdPcmpeqd, I::kIdVpcmpeqd};
constexpr Ids Truncate{I::kIdCvttps2dq, I::kIdVcvttps2dq}, Nearest{I::kIdCvtps2dq, I::kIdVcvtps2dq};

constexpr uint8_t kFirst = 1, kSecond = 2, kThird = 4;

const Ids& form(const Emitter& e, const Recipe& r) { return e.mode.scalar && r.single.vex ? r.single : r.ids; }

void binary(Emitter& e, const Recipe& r, const Operands& o) { e.three(form(e, r), o.dst, o.arg[0], o.arg[1]); }
// One-element forms of one argument merge into the result: zeroing it first cuts a false dependency.
void unary(Emitter& e, const Recipe& r, const Operands& o) {
  if (e.mode.scalar && r.single.vex) {
    if (!o.arg[0].isReg()) e.zero(o.dst);
    const asmjit::Operand& top = o.arg[0].isReg() ? o.arg[0] : o.dst;
    if (e.mode.isa->vex()) e.a.emit(r.single.vex, o.dst, top, o.arg[0]);
    else e.a.emit(r.single.sse, o.dst, o.arg[0]);
  } else {
    e.two(r.ids, o.dst, o.arg[0]);
  }
}
void with_literal(Emitter& e, const Recipe& r, const Operands& o) { e.three(r.ids, o.dst, o.arg[0], e.literal(r.imm)); }

constexpr Recipe arith(const Family& f) {
  return shaped({.emit = {binary, binary, binary}, .ids = f.packed, .single = f.single},
                {.fold = {kSecond, kSecond, kSecond}, .tied_sse = true});
}
constexpr Recipe integer(const Family& f) {
  return shaped({.emit = {binary, binary, binary}, .ids = f.integer},
                {.fold = {kSecond, kSecond, kSecond}, .tied_sse = true});
}
constexpr Recipe bits(const Ids& ids) {
  return shaped({.emit = {binary, binary, binary}, .ids = ids},
                {.fold = {kSecond, kSecond, kSecond}, .tied_sse = true});
}
constexpr Recipe literal_bits(const Ids& ids, uint32_t literal) {
  return shaped({.emit = {with_literal, with_literal, with_literal}, .ids = ids, .imm = literal}, {.tied_sse = true});
}
constexpr Recipe sign_xor() { return literal_bits(Xor, kSign); }
constexpr Recipe sign_clear() { return literal_bits(And, kMagnitude); }
constexpr Recipe bit_not() { return literal_bits(Xor, kOnes); }

constexpr Recipe one_argument(const Ids& ids, const Ids& single = {}) {
  return shaped({.emit = {unary, unary, unary}, .ids = ids, .single = single}, {.fold = {kFirst, kFirst, kFirst}});
}
constexpr Recipe root() { return one_argument({I::kIdSqrtps, I::kIdVsqrtps}, {I::kIdSqrtss, I::kIdVsqrtss}); }
constexpr Recipe to_integer(const Ids& ids) { return one_argument(ids); }
constexpr Recipe from_integer() { return one_argument({I::kIdCvtdq2ps, I::kIdVcvtdq2ps}); }
constexpr Recipe reinterpret() { return Recipe{.renames = true}; }
constexpr Recipe control_only() { return {}; }

// Rounding. imm: 0 nearest, 1 down, 2 up, 3 towards zero, as in ROUNDPS.
void round_sse(Emitter& e, const Recipe& r, const Operands& o) {
  x86::Assembler& a = e.a;
  const x86::Xmm x = o.reg(0).xmm(), whole = o.dst.xmm(), t = o.temp[0].xmm();
  e.two(r.imm == 0 ? Nearest : Truncate, whole, x);
  a.cvtdq2ps(whole, whole);
  if (r.imm == 1 || r.imm == 2) {  // one step where truncation went the wrong way
    a.movaps(t, r.imm == 1 ? x : whole);
    a.cmpps(t, r.imm == 1 ? whole : x, 1);
    a.emit(I::kIdAndps, t, e.literal(kOne));
    if (r.imm == 1) a.subps(whole, t);
    else a.addps(whole, t);
  }
  a.emit(I::kIdMovaps, t, e.literal(kSign));  // the sign of x belongs to every result, zeros included
  a.andps(t, x);
  a.orps(whole, t);
  a.emit(I::kIdMovaps, t, e.literal(kMagnitude));  // what is whole already, infinite or NaN stays as it is
  a.andps(t, x);
  a.emit(I::kIdCmpps, t, e.literal(kWholeFrom), asmjit::imm(1));
  a.andps(whole, t);
  a.andnps(t, x);
  a.orps(whole, t);
}
void round_vex(Emitter& e, const Recipe& r, const Operands& o) {
  e.a.emit(I::kIdVroundps, o.dst, o.arg[0], asmjit::imm(r.imm | 8));
}
void round_evex(Emitter& e, const Recipe& r, const Operands& o) {
  e.a.emit(I::kIdVrndscaleps, o.dst, o.arg[0], asmjit::imm(r.imm | 8));
}
constexpr Recipe round_to(uint32_t direction) {
  return shaped({.emit = {round_sse, round_vex, round_evex}, .imm = direction},
                {.fold = {0, kFirst, kFirst}, .temps = {1, 0, 0}, .early = {true, false, false}});
}

// Of packed and single: plain, minus the product, minus the sum, minus both; operands 132, 213, 231.
constexpr uint32_t kFused[2][4][3] = {{{I::kIdVfmadd132ps, I::kIdVfmadd213ps, I::kIdVfmadd231ps},
                                       {I::kIdVfnmadd132ps, I::kIdVfnmadd213ps, I::kIdVfnmadd231ps},
                                       {I::kIdVfmsub132ps, I::kIdVfmsub213ps, I::kIdVfmsub231ps},
                                       {I::kIdVfnmsub132ps, I::kIdVfnmsub213ps, I::kIdVfnmsub231ps}},
                                      {{I::kIdVfmadd132ss, I::kIdVfmadd213ss, I::kIdVfmadd231ss},
                                       {I::kIdVfnmadd132ss, I::kIdVfnmadd213ss, I::kIdVfnmadd231ss},
                                       {I::kIdVfmsub132ss, I::kIdVfmsub213ss, I::kIdVfmsub231ss},
                                       {I::kIdVfnmsub132ss, I::kIdVfnmsub213ss, I::kIdVfnmsub231ss}}};

// a · b + c. The result takes the register of any argument that ends here; the form is chosen to suit.
void fused_vex(Emitter& e, const Recipe&, const Operands& o) {
  const bool one = e.mode.scalar;
  const uint32_t* forms = kFused[one][o.low];
  const uint32_t form132 = forms[0], form213 = forms[1], form231 = forms[2];
  const asmjit::Operand *a = &o.arg[0], *b = &o.arg[1];
  const asmjit::Operand& c = o.arg[2];
  const auto is_dst = [&](const asmjit::Operand& x) { return x.isReg() && x.id() == o.dst.id(); };
  if (!a->isReg()) std::swap(a, b);
  if (!b->isReg()) {  // b in memory
    if (is_dst(*a) && !is_dst(c)) return void(e.a.emit(form132, o.dst, c, *b));
    e.move(o.dst, c);
    e.a.emit(form231, o.dst, *a, *b);
  } else if (is_dst(c)) {
    e.a.emit(form231, o.dst, *a, *b);
  } else {
    if (is_dst(*b)) std::swap(a, b);
    e.move(o.dst, *a);
    e.a.emit(form213, o.dst, *b, c);
  }
}
constexpr Recipe fused() {
  constexpr uint8_t any = kFirst | kSecond | kThird;
  return shaped({.emit = {nullptr, fused_vex, fused_vex}, .single = {0, I::kIdVfmadd213ss}}, {.fold = {0, any, any}});
}

// Compares. On AVX-512 they give a mask register, spread back to a vector of all or no bits.
void compare_legacy(Emitter& e, const Recipe& r, const Operands& o) {
  if (e.mode.isa->vex()) {
    e.a.emit(I::kIdVcmpps, o.dst, o.arg[0], o.arg[1], asmjit::imm(r.imm));
  } else {
    e.move(o.dst, o.arg[0]);
    e.a.emit(I::kIdCmpps, o.dst, o.arg[1], asmjit::imm(r.imm));
  }
}
void compare_to_k(Emitter& e, const Recipe& r, const Operands& o) {
  if (r.ids.vex == I::kIdVcmpps) e.a.emit(I::kIdVcmpps, x86::k1, o.arg[0], o.arg[1], asmjit::imm(r.imm));
  else e.a.emit(r.ids.vex, x86::k1, o.arg[0], o.arg[1]);
}
void compare_evex(Emitter& e, const Recipe& r, const Operands& o) {
  compare_to_k(e, r, o);
  e.a.emit(I::kIdVpmovm2d, o.dst, x86::k1);
}
constexpr Recipe compare(uint32_t predicate) {
  return shaped(
      {.emit = {compare_legacy, compare_legacy, compare_evex}, .ids = {I::kIdCmpps, I::kIdVcmpps}, .imm = predicate},
      {.fold = {kSecond, kSecond, kSecond}, .tied_sse = true});
}
// a < b is b > a.
constexpr Recipe compare_integer(const Ids& ids) {
  return shaped({.emit = {binary, binary, compare_evex}, .ids = ids, .swaps = ids.sse == I::kIdPcmpgtd},
                {.fold = {kSecond, kSecond, kSecond}, .tied_sse = true});
}

void choose_sse(Emitter& e, const Recipe&, const Operands& o) {
  e.a.emit(I::kIdMovaps, o.temp[0], o.arg[0]);
  e.a.emit(I::kIdMovaps, o.dst, o.arg[0]);
  e.a.emit(I::kIdAndps, o.dst, o.arg[1]);
  e.a.emit(I::kIdAndnps, o.temp[0], o.arg[2]);
  e.a.emit(I::kIdOrps, o.dst, o.temp[0]);
}
void choose_vex(Emitter& e, const Recipe&, const Operands& o) {
  e.a.emit(I::kIdVblendvps, o.dst, o.arg[2], o.arg[1], o.arg[0]);
}
// Bit by bit, as a table over (dst, second, third): a mask register would have to be made of the mask first.
void choose_evex(Emitter& e, const Recipe&, const Operands& o) {
  const asmjit::Operand &mask = o.arg[0], &then = o.arg[1], &otherwise = o.arg[2];
  const auto is_dst = [&](const asmjit::Operand& x) { return x.isReg() && x.id() == o.dst.id(); };
  const auto ternary = [&](const asmjit::Operand& second, const asmjit::Operand& third, uint32_t table) {
    e.a.emit(I::kIdVpternlogd, o.dst, second, third, asmjit::imm(table));
  };
  if (!is_dst(mask) && is_dst(otherwise)) return ternary(mask, then, 0xb8);
  if (!is_dst(mask) && is_dst(then)) return ternary(mask, otherwise, 0xe2);
  e.move(o.dst, mask);
  ternary(otherwise, then, 0xac);
}
constexpr Recipe choose() {
  return shaped({.emit = {choose_sse, choose_vex, choose_evex}},
                {.fold = {kSecond | kThird, kSecond, kSecond}, .temps = {1, 0, 0}, .early = {true, false, false}});
}
void select_by_compare(Emitter& e, const Recipe&, const Operands& o) {
  compare_to_k(e, recipe_of(static_cast<Op>(o.low)), o);
  e.a.k(x86::k1).emit(I::kIdVblendmps, o.dst, o.arg[3], o.arg[2]);
}

// Division by a reciprocal of 14 bits: r = 1/b, y = a r, and y − (b y − a) r has all bits: the remainder is exact but
// for its last bit. As written, zeros keep their signs.
void divide_by_estimate(Emitter& e, const Recipe&, const Operands& o) {
  const x86::Vec &r = o.temp[0], &remainder = o.temp[1];
  e.a.emit(I::kIdVrcp14ps, r, o.arg[1]);
  e.a.emit(I::kIdVmulps, o.dst, r, o.arg[0]);
  e.move(remainder, o.dst);
  e.a.emit(I::kIdVfmsub213ps, remainder, o.arg[1], o.arg[0]);
  e.a.emit(I::kIdVfnmadd231ps, o.dst, remainder, r);
}
constexpr Recipe estimate() {
  return shaped({.emit = {nullptr, nullptr, divide_by_estimate}}, {.temps = {0, 0, 2}, .early = {false, false, true}});
}

void multiply_sse(Emitter& e, const Recipe&, const Operands& o) {
  x86::Assembler& a = e.a;
  const x86::Xmm low = o.dst.xmm(), high = o.temp[0].xmm(), t = o.temp[1].xmm();
  e.move(high, o.arg[0]);
  e.move(t, o.arg[1]);
  a.psrlq(high, 32);
  a.psrlq(t, 32);
  a.pmuludq(high, t);
  e.move(low, o.arg[0]);
  a.emit(I::kIdPmuludq, low, o.arg[1]);
  a.pshufd(low, low, 0x08);
  a.pshufd(high, high, 0x08);
  a.punpckldq(low, high);
}
constexpr Recipe multiply_low() {
  return shaped({.emit = {multiply_sse, binary, binary}, .ids = {0, I::kIdVpmulld}},
                {.fold = {0, kSecond, kSecond}, .temps = {2, 0, 0}, .early = {true, false, false}});
}

void shift_by(Emitter& e, const Recipe& r, const Operands& o) {
  if (e.mode.isa->vex()) {
    e.a.emit(r.ids.vex, o.dst, o.arg[0], asmjit::imm(o.low));
  } else {
    e.move(o.dst, o.arg[0]);
    e.a.emit(r.ids.sse, o.dst, asmjit::imm(o.low));
  }
}
constexpr Recipe shift(const Ids& ids) {
  return shaped({.emit = {shift_by, shift_by, shift_by}, .ids = ids}, {.tied_sse = true});
}

constexpr bool commutative = true, none = false;
constexpr Recipe with_flags(Recipe recipe, bool commutes) {
  for (Rule& rule : recipe.rules) rule.commutative = commutes;
  return recipe;
}

constexpr Recipe kRecipes[] = {
#define SINTER_OP(name, sig, flags, meaning, x86column, doc) with_flags(Recipe{x86column}, flags),
#include "sinter/ir/ops.def"
#undef SINTER_OP
};

}  // namespace

const Recipe& recipe_of(Op op) { return kRecipes[static_cast<size_t>(op)]; }

bool is_compare(Op op) {
  return op == Op::lt || op == Op::le || op == Op::eq || op == Op::ne || op == Op::ilt || op == Op::ieq;
}

constexpr Recipe kDivideByEstimateRecipe = estimate();
const Recipe kDivideByEstimate = kDivideByEstimateRecipe;

constexpr Recipe kSelectByCompareRecipe =
    shaped({.emit = {nullptr, nullptr, select_by_compare}}, {.fold = {0, 0, kSecond | kThird}});
const Recipe kSelectByCompare = kSelectByCompareRecipe;

}  // namespace sinter::jit
