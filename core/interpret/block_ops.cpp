// The op table over rows, for one instruction set: compiled once per set with its flags, chosen at run time.
//
// SINTER_SET names the set. Everything but the one entry point is in an unnamed namespace: an inline function that this
// file shared with others could be kept with instructions the processor lacks.
#include <cstdint>
#include <xsimd/xsimd.hpp>

#include "rows.hpp"

#define SINTER_JOIN2(a, b) a##b
#define SINTER_JOIN(a, b) SINTER_JOIN2(a, b)
#define SINTER_TEXT2(a) #a
#define SINTER_TEXT(a) SINTER_TEXT2(a)

namespace sinter::interpret {
namespace {

#if defined(__AVX512F__)
using Arch = xsimd::avx512f;
#elif defined(__AVX2__) && defined(__FMA__)
using Arch = xsimd::fma3<xsimd::avx2>;
#else
using Arch = xsimd::default_arch;
#endif

#include "batch_meaning.hpp"

static_assert(kRowPadding % Real::size == 0, "rows are padded for the widest batch");

// Rows in memory: floats, and words for integers and masks.
template <class T>
struct Row;
template <>
struct Row<Real> {
  static Real load(const uint8_t* row, uint32_t i) {
    return Real::load_unaligned(reinterpret_cast<const float*>(row) + i);
  }
  static void store(uint8_t* row, uint32_t i, Real v) { v.store_unaligned(reinterpret_cast<float*>(row) + i); }
};
template <>
struct Row<Int> {
  static Int load(const uint8_t* row, uint32_t i) {
    return Int::load_unaligned(reinterpret_cast<const int32_t*>(row) + i);
  }
  static void store(uint8_t* row, uint32_t i, Int v) { v.store_unaligned(reinterpret_cast<int32_t*>(row) + i); }
};
template <>
struct Row<Truth> {
  static Truth load(const uint8_t* row, uint32_t i) { return {Row<Int>::load(row, i)}; }
  static void store(uint8_t* row, uint32_t i, Truth v) { Row<Int>::store(row, i, v.bits); }
};

// F is a captureless lambda of an op's meaning over (a, b, c, count); arguments beyond the arity are never used.
template <int kArity, class F, class A, class T>
void over_row(const RowOp& op, const RowContext& x) noexcept {
  uint8_t* r = x.reg[op.r];
  const uint8_t *a = x.reg[op.a], *b = x.reg[op.b], *c = x.reg[op.c];
  const int count = op.count;
  for (uint32_t i = 0; i < x.samples; i += Real::size) {
    const A first = Row<A>::load(a, i);
    const T second = Row<T>::load(kArity > 1 ? b : a, i), third = Row<T>::load(kArity > 2 ? c : a, i);
    const auto result = F{}(first, second, third, count);
    Row<std::remove_cv_t<decltype(result)>>::store(r, i, result);
  }
}

template <int kArity, class A, class T, class F>
RowKernel kernel(F) {
  return over_row<kArity, F, A, T>;
}

#define SINTER_LAMBDA(expression) \
  [](auto a, [[maybe_unused]] auto b, [[maybe_unused]] auto c, [[maybe_unused]] int count) { return expression; }
#define SINTER_REAL(n, expression) \
  return type == Type::f32 ? kernel<n, Real, Real>(SINTER_LAMBDA(expression)) : nullptr;

// One row per signature; those with an f64 have no kernel here.
#define SINTER_ROW_R_RR(e) SINTER_REAL(2, e)
#define SINTER_ROW_R_R(e) SINTER_REAL(1, e)
#define SINTER_ROW_M_RR(e) SINTER_REAL(2, e)
#define SINTER_ROW_I_R(e) SINTER_REAL(1, e)
#define SINTER_ROW_I_F(e) SINTER_REAL(1, e)
#ifdef __FMA__
#define SINTER_ROW_R_RRR(e) SINTER_REAL(3, e)
#else
#define SINTER_ROW_R_RRR(e) return nullptr;
#endif
#define SINTER_ROW_M_MM(e) return kernel<2, Truth, Truth>(SINTER_LAMBDA(e));
#define SINTER_ROW_M_M(e) return kernel<1, Truth, Truth>(SINTER_LAMBDA(e));
#define SINTER_ROW_T_MTT(e)                                             \
  return type == Type::f64   ? nullptr                                  \
         : type == Type::f32 ? kernel<3, Truth, Real>(SINTER_LAMBDA(e)) \
                             : kernel<3, Truth, Int>(SINTER_LAMBDA(e));
#define SINTER_ROW_I_II(e) return kernel<2, Int, Int>(SINTER_LAMBDA(e));
#define SINTER_ROW_I_IC(e) return kernel<1, Int, Int>(SINTER_LAMBDA(e));
#define SINTER_ROW_M_II(e) return kernel<2, Int, Int>(SINTER_LAMBDA(e));
#define SINTER_ROW_F_I(e) return kernel<1, Int, Int>(SINTER_LAMBDA(e));
#define SINTER_ROW_D_I(e) return nullptr;
#define SINTER_ROW_F_D(e) return nullptr;
#define SINTER_ROW_D_F(e) return nullptr;
#define SINTER_ROW_I_D(e) return nullptr;
#define SINTER_ROW_D_D(e) return nullptr;
#define SINTER_ROW_X(e) return nullptr;

RowKernel find([[maybe_unused]] Op op, [[maybe_unused]] Type type) {
  switch (op) {
#define SINTER_OP(opname, sig, flags, expression, x86, doc) \
  case Op::opname:                                          \
    SINTER_ROW_##sig(expression)
#include "sinter/ir/ops.def"
#undef SINTER_OP
  }
  return nullptr;
}

}  // namespace

extern const RowSet SINTER_JOIN(kRows_, SINTER_SET);
const RowSet SINTER_JOIN(kRows_, SINTER_SET) = {SINTER_TEXT(SINTER_SET), find};

}  // namespace sinter::interpret
