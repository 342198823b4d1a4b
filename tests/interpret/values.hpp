// Operands that tell meanings apart: signed zeros, denormals, infinities, NaNs, limits of conversions, neighbours of
// one.
#pragma once

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "sinter/ir/ir.hpp"
#include "support.hpp"

namespace sinter::test {

inline std::vector<float> special_f32() {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> values = {0.0f,
                               FLT_TRUE_MIN,
                               FLT_MIN / 2,
                               std::nextafter(FLT_MIN, 0.0f),
                               FLT_MIN,
                               FLT_EPSILON,
                               0.3f,
                               0.5f,
                               std::nextafter(0.5f, 0.0f),
                               std::nextafter(1.0f, 0.0f),
                               1.0f,
                               std::nextafter(1.0f, 2.0f),
                               1.5f,
                               2.5f,
                               3.7f,
                               4194303.5f,
                               8388607.5f,
                               8388608.0f,
                               8388609.0f,
                               16777216.0f,
                               2147483520.0f,
                               2147483648.0f,
                               4294967296.0f,
                               1e20f,
                               FLT_MAX,
                               inf,
                               std::numeric_limits<float>::quiet_NaN()};
  const size_t count = values.size();
  for (size_t i = 0; i < count; ++i) values.push_back(-values[i]);
  return values;
}

inline std::vector<double> special_f64() {
  std::vector<double> values;
  for (float v : special_f32()) values.push_back(v);
  for (double v : {DBL_TRUE_MIN, DBL_MIN, DBL_MIN / 2, DBL_MAX, 2147483647.0, 2147483647.4999, 2147483647.5,
                   2147483648.0, 2147483649.0, 4503599627370495.5, 4503599627370496.0, 9007199254740993.0,
                   1 + DBL_EPSILON, 1e300, 3.4028235677973366e38, 1e-40}) {
    values.push_back(v);
    values.push_back(-v);
  }
  return values;
}

inline std::vector<int32_t> special_i32() {
  return {0,     1,      -1,         2,          7,        -8,        31,        255,          65535,
          65536, -65537, 0x3f800000, 0x7f800000, 16777217, INT32_MAX, INT32_MIN, INT32_MIN + 1};
}

/// Special values and random bits of a type, as literals.
inline std::vector<uint64_t> operands(Type type, uint32_t random_ones, uint64_t seed) {
  std::vector<uint64_t> bits;
  Random random(seed);
  switch (type) {
    case Type::f32:
      for (float v : special_f32()) bits.push_back(bits_of(v));
      break;
    case Type::f64:
      for (double v : special_f64()) bits.push_back(bits_of(v));
      break;
    case Type::i32:
      for (int32_t v : special_i32()) bits.push_back(bits_of(v));
      break;
    case Type::mask:
      return {0, 0xffffffffu};
  }
  for (uint32_t i = 0; i < random_ones; ++i)
    bits.push_back(type == Type::f64 ? random.next() : random.next() & 0xffffffffu);
  return bits;
}

/// The types of an op's result and arguments, for one choice of its free letter.
struct Typing {
  Type result{}, first{}, others{};
};

inline std::vector<Typing> typings(Signature signature) {
  using enum Signature;
  using enum Type;
  switch (signature) {
    case R_RR:
    case R_R:
    case R_RRR:
      return {{f32, f32, f32}, {f64, f64, f64}};
    case M_RR:
      return {{mask, f32, f32}, {mask, f64, f64}};
    case M_MM:
    case M_M:
      return {{mask, mask, mask}};
    case T_MTT:
      return {{f32, mask, f32}, {f64, mask, f64}, {i32, mask, i32}, {mask, mask, mask}};
    case I_II:
    case I_IC:
      return {{i32, i32, i32}};
    case M_II:
      return {{mask, i32, i32}};
    case I_R:
      return {{i32, f32, f32}, {i32, f64, f64}};
    case F_I:
      return {{f32, i32, i32}};
    case D_I:
      return {{f64, i32, i32}};
    case F_D:
      return {{f32, f64, f64}};
    case D_F:
      return {{f64, f32, f32}};
    case I_F:
      return {{i32, f32, f32}};
    case I_D:
      return {{i32, f64, f64}};
    case D_D:
      return {{f64, f64, f64}};
    case X:
      return {};
  }
  return {};
}

/// The same bits; any NaN equals any other.
inline bool same(Type type, uint64_t a, uint64_t b) {
  if (a == b) return true;
  if (type == Type::f32) return std::isnan(as_f32(a)) && std::isnan(as_f32(b));
  if (type == Type::f64) return std::isnan(as_f64(a)) && std::isnan(as_f64(b));
  return false;
}

}  // namespace sinter::test
