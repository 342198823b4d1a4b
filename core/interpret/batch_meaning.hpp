// What each op of ops.def computes, on a batch of xsimd: the same names and bits as ir/meaning.hpp on one value.
//
// Included once per instruction set, inside that set's namespace: nothing here may be shared between them, or the
// linker would keep one set's code for all.

using Real = xsimd::batch<float, Arch>;
using Int = xsimd::batch<int32_t, Arch>;
using Word = xsimd::batch<uint32_t, Arch>;

/// All bits set or none, per element.
struct Truth {
  Int bits;
};

namespace meaning {

inline Int bits_of(Real a) { return xsimd::bitwise_cast<Int>(a); }
inline Real from_bits(Int a) { return xsimd::bitwise_cast<Real>(a); }

template <class T>
inline Truth truth(xsimd::batch_bool<T, Arch> on) {
  return {xsimd::bitwise_cast<Int>(xsimd::bitwise_cast(on))};
}

#ifdef __x86_64__
inline Real min(Real a, Real b) { return xsimd::min(a, b); }
inline Real max(Real a, Real b) { return xsimd::max(a, b); }
#else
inline Real min(Real a, Real b) { return xsimd::select(a < b, a, b); }
inline Real max(Real a, Real b) { return xsimd::select(a > b, a, b); }
#endif
inline Real sqrt(Real a) { return xsimd::sqrt(a); }
inline Real neg(Real a) { return from_bits(bits_of(a) ^ Int(INT32_MIN)); }
inline Real abs(Real a) { return from_bits(bits_of(a) & Int(INT32_MAX)); }

#ifdef __AVX__
inline Real floor(Real a) { return xsimd::floor(a); }
inline Real ceil(Real a) { return xsimd::ceil(a); }
inline Real trunc(Real a) { return xsimd::trunc(a); }
inline Real round(Real a) { return xsimd::nearbyint(a); }
#else
// Adding and taking away 2^23 rounds |a| < 2^23 to a whole number, ties to even; larger ones and NaN are whole already.
inline Real signed_as(Real magnitude, Real sign) {
  return from_bits((bits_of(magnitude) & Int(INT32_MAX)) | (bits_of(sign) & Int(INT32_MIN)));
}
inline Real whole_or(Real a, Real rounded) {
  return xsimd::select(abs(a) < Real(0x1p23f), signed_as(rounded, a), a + Real(0));
}
inline Real nearest(Real a) { return signed_as((abs(a) + Real(0x1p23f)) - Real(0x1p23f), a); }
inline Real floor(Real a) {
  const Real n = nearest(a);
  return whole_or(a, xsimd::select(n > a, n - Real(1), n));
}
inline Real ceil(Real a) {
  const Real n = nearest(a);
  return whole_or(a, xsimd::select(n < a, n + Real(1), n));
}
inline Real trunc(Real a) {
  const Real n = abs(nearest(a));
  return whole_or(a, xsimd::select(n > abs(a), n - Real(1), n));
}
inline Real round(Real a) { return whole_or(a, nearest(a)); }
#endif

// xsimd's own fma rounds twice where a set has no overload of it (AVX-512 in xsimd 8.1).
#if defined(__AVX512F__)
inline Real fma(Real a, Real b, Real c) { return _mm512_fmadd_ps(a, b, c); }
#elif defined(__FMA__)
inline Real fma(Real a, Real b, Real c) { return xsimd::fma(a, b, c); }
#endif

inline Truth lt(Real a, Real b) { return truth(a < b); }
inline Truth le(Real a, Real b) { return truth(a <= b); }
inline Truth eq(Real a, Real b) { return truth(a == b); }
// Not xsimd's own, which some sets make an ordered comparison: a NaN differs from everything.
inline Truth ne(Real a, Real b) { return {~truth(a == b).bits}; }
inline Int select(Truth m, Int a, Int b) { return (a & m.bits) | (b & ~m.bits); }
inline Real select(Truth m, Real a, Real b) { return from_bits(select(m, bits_of(a), bits_of(b))); }
inline Truth select(Truth m, Truth a, Truth b) { return {select(m, a.bits, b.bits)}; }

inline Int iadd(Int a, Int b) { return a + b; }
inline Int isub(Int a, Int b) { return a - b; }
// Unsigned, for some sets multiply element by element in C++, where signed overflow is undefined.
inline Int imul(Int a, Int b) {
  return xsimd::bitwise_cast<Int>(xsimd::bitwise_cast<Word>(a) * xsimd::bitwise_cast<Word>(b));
}
inline Int bit_and(Int a, Int b) { return a & b; }
inline Int bit_or(Int a, Int b) { return a | b; }
inline Int bit_xor(Int a, Int b) { return a ^ b; }
inline Truth bit_and(Truth a, Truth b) { return {a.bits & b.bits}; }
inline Truth bit_or(Truth a, Truth b) { return {a.bits | b.bits}; }
inline Truth bit_not(Truth a) { return {~a.bits}; }
inline Int ishl(Int a, int count) { return a << count; }
inline Int ishr(Int a, int count) { return a >> count; }
inline Int ushr(Int a, int count) { return xsimd::bitwise_cast<Int>(xsimd::bitwise_cast<Word>(a) >> count); }
inline Truth ilt(Int a, Int b) { return truth(a < b); }
inline Truth ieq(Int a, Int b) { return truth(a == b); }

#ifdef __x86_64__
inline Int to_int(Real a) { return xsimd::to_int(a); }
#else
inline Int to_int(Real a) {
  const Truth fits = bit_and(lt(Real(-0x1p31f), a), lt(a, Real(0x1p31f)));
  return select(fits, xsimd::to_int(a), Int(INT32_MIN));
}
#endif
inline Int to_int_round(Real a) { return to_int(round(a)); }
inline Real to_f32(Int a) { return xsimd::to_float(a); }

}  // namespace meaning
