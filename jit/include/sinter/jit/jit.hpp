// Code generators of this build. Include this, never asmjit.
#pragma once

#include <vector>

#include "sinter/compile/backend.hpp"

namespace sinter {

/// x86 backends, narrowest first: sse (x86-64 baseline), avx2 (AVX2 and FMA), avx512 (F, DQ, BW, VL). Any thread.
std::vector<const Backend*> jit_backends();

}  // namespace sinter
