// The affine loop written by hand with xsimd, for the instruction set the compiler targets by default.
#pragma once

#include <cstddef>

namespace sinter::loops {
void affine_xsimd(const float* in, float* out, std::size_t n);
}
