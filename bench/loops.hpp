// Loops a C++ programmer would write, compiled by g++ three times: plain -O3, without vectorisation, and with
// -march=native -ffast-math (which calls libmvec).
#pragma once

#include <cstddef>

#define SINTER_LOOPS(flavour)                                                                      \
  namespace sinter::loops::flavour {                                                               \
  void affine(const float* in, float* out, std::size_t n);                                         \
  void affine_checked(const float* in, float* out, std::size_t n); /* every access through at() */ \
  void shaper(const float* in, float* out, std::size_t n);                                         \
  void cheap200(const float* in, float* out, std::size_t n);                                       \
  void eight_ops(const float* in, float* out, std::size_t n);                                      \
  }
SINTER_LOOPS(plain)
SINTER_LOOPS(scalar)
SINTER_LOOPS(native)
#undef SINTER_LOOPS
