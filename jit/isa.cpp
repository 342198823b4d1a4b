// asmjit's CpuInfo reports AVX and AVX-512 only where XGETBV says that the system saves their registers.
#include "isa.hpp"

namespace sinter::jit {

bool available(const Isa& isa) {
  if (!asmjit::Environment::host().isFamilyX86() || !asmjit::Environment::host().is64Bit()) return false;
  using F = asmjit::CpuFeatures::X86;
  const asmjit::CpuFeatures& host = asmjit::CpuInfo::host().features();
  switch (isa.level) {
    case Level::sse:
      return host.has(F::kSSE2);
    case Level::avx2:
      return host.has(F::kAVX2) && host.has(F::kFMA);
    case Level::avx512:
      return host.has(F::kAVX2) && host.has(F::kFMA) && host.has(F::kAVX512_F) && host.has(F::kAVX512_DQ) &&
             host.has(F::kAVX512_BW) && host.has(F::kAVX512_VL);
  }
  return false;
}

}  // namespace sinter::jit
