// What each op of ops.def computes, on one value. The block interpreter overloads the same names for batches.
// Built from operations whose result IEEE 754 or x86 defines to the bit; no <cmath> function that a libm may round its
// own way.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace sinter {

/// A truth value: all bits set or none, as SIMD compares make it.
struct Mask {
  int32_t bits = 0;
  static Mask of(bool on) { return {on ? -1 : 0}; }
  bool on() const { return bits != 0; }
};

namespace meaning {

// min and max are one instruction on x86 whose treatment of NaN, −0 and denormals is the definition.
#if defined(__x86_64__) || defined(_M_X64)
inline float min(float a, float b) { return _mm_cvtss_f32(_mm_min_ss(_mm_set_ss(a), _mm_set_ss(b))); }
inline float max(float a, float b) { return _mm_cvtss_f32(_mm_max_ss(_mm_set_ss(a), _mm_set_ss(b))); }
inline double min(double a, double b) { return _mm_cvtsd_f64(_mm_min_sd(_mm_set_sd(a), _mm_set_sd(b))); }
inline double max(double a, double b) { return _mm_cvtsd_f64(_mm_max_sd(_mm_set_sd(a), _mm_set_sd(b))); }
#else
template <class T>
T min(T a, T b) {
  return a < b ? a : b;
}
template <class T>
T max(T a, T b) {
  return a > b ? a : b;
}
#endif

inline float sqrt(float a) { return std::sqrt(a); }
inline double sqrt(double a) { return std::sqrt(a); }
inline float neg(float a) { return std::bit_cast<float>(std::bit_cast<uint32_t>(a) ^ 0x80000000u); }
inline double neg(double a) { return std::bit_cast<double>(std::bit_cast<uint64_t>(a) ^ 0x8000000000000000u); }
inline float abs(float a) { return std::bit_cast<float>(std::bit_cast<uint32_t>(a) & 0x7fffffffu); }
inline double abs(double a) { return std::bit_cast<double>(std::bit_cast<uint64_t>(a) & 0x7fffffffffffffffu); }
template <class T>
T floor(T a) {
  return std::floor(a);
}
template <class T>
T ceil(T a) {
  return std::ceil(a);
}
template <class T>
T trunc(T a) {
  return std::trunc(a);
}
template <class T>
T round(T a) {
  return std::nearbyint(a);
}
inline float fma(float a, float b, float c) { return std::fma(a, b, c); }
inline double fma(double a, double b, double c) { return std::fma(a, b, c); }

template <class T>
Mask lt(T a, T b) {
  return Mask::of(a < b);
}
template <class T>
Mask le(T a, T b) {
  return Mask::of(a <= b);
}
template <class T>
Mask eq(T a, T b) {
  return Mask::of(a == b);
}
template <class T>
Mask ne(T a, T b) {
  return Mask::of(a != b);
}
template <class T>
T select(Mask m, T a, T b) {
  return m.on() ? a : b;
}

inline uint32_t bits(int32_t a) { return static_cast<uint32_t>(a); }
inline int32_t wrap(uint32_t a) { return static_cast<int32_t>(a); }
inline int32_t iadd(int32_t a, int32_t b) { return wrap(bits(a) + bits(b)); }
inline int32_t isub(int32_t a, int32_t b) { return wrap(bits(a) - bits(b)); }
inline int32_t imul(int32_t a, int32_t b) { return wrap(bits(a) * bits(b)); }
inline int32_t bit_and(int32_t a, int32_t b) { return a & b; }
inline int32_t bit_or(int32_t a, int32_t b) { return a | b; }
inline int32_t bit_xor(int32_t a, int32_t b) { return a ^ b; }
inline Mask bit_and(Mask a, Mask b) { return {a.bits & b.bits}; }
inline Mask bit_or(Mask a, Mask b) { return {a.bits | b.bits}; }
inline Mask bit_not(Mask a) { return {~a.bits}; }
inline int32_t ishl(int32_t a, int count) { return wrap(bits(a) << count); }
inline int32_t ishr(int32_t a, int count) { return a >> count; }
inline int32_t ushr(int32_t a, int count) { return wrap(bits(a) >> count); }
inline Mask ilt(int32_t a, int32_t b) { return Mask::of(a < b); }
inline Mask ieq(int32_t a, int32_t b) { return Mask::of(a == b); }

/// Towards zero; INT32_MIN where the value does not fit or is NaN (what x86 does, written out for every machine).
template <class T>
int32_t to_int(T a) {
  const bool fits = a > T(-2147483649.0) && a < T(2147483648.0);
  return fits ? static_cast<int32_t>(a) : INT32_MIN;
}
template <class T>
int32_t to_int_round(T a) {
  return to_int(std::nearbyint(a));
}
inline float to_f32(int32_t a) { return static_cast<float>(a); }
inline double to_f64(int32_t a) { return a; }
inline float narrow(double a) { return static_cast<float>(a); }
inline double widen(float a) { return a; }
inline int32_t bits_of(float a) { return std::bit_cast<int32_t>(a); }
inline float from_bits(int32_t a) { return std::bit_cast<float>(a); }
inline int32_t exponent(double a) { return static_cast<int32_t>(std::bit_cast<uint64_t>(a) >> 52 & 0x7ff) - 1023; }
inline double mantissa(double a) {
  return std::bit_cast<double>((std::bit_cast<uint64_t>(a) & 0x000fffffffffffffu) | 0x3ff0000000000000u);
}
inline double power_of_two(int32_t a) {
  return std::bit_cast<double>(static_cast<uint64_t>((bits(a) + 1023u) & 0x7ffu) << 52);
}

}  // namespace meaning
}  // namespace sinter
