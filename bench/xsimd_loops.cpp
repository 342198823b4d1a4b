// See xsimd_loops.hpp.
#include "xsimd_loops.hpp"

#include <xsimd/xsimd.hpp>

namespace sinter::loops {

void affine_xsimd(const float* in, float* out, std::size_t n) {
  using Batch = xsimd::batch<float>;
  constexpr std::size_t kWidth = Batch::size;
  const Batch gain(0.5f), offset(1.0f);
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) (Batch::load_unaligned(in + i) * gain + offset).store_unaligned(out + i);
  for (; i < n; ++i) out[i] = 0.5f * in[i] + 1.0f;
}

}  // namespace sinter::loops
