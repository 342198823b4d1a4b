// Levels that probes measure: a peak and a sum of squares, in the loop per element of a vector, behind it as one.
#include "loops.hpp"

namespace sinter::jit {
namespace {

constexpr Ids kLoad{I::kIdMovss, I::kIdVmovss}, kLarger{I::kIdMaxss, I::kIdVmaxss}, kSum{I::kIdAddss, I::kIdVaddss},
    kLargerOfAll{I::kIdMaxps, I::kIdVmaxps}, kSumOfAll{I::kIdAddps, I::kIdVaddps};

}  // namespace

void Loops::clear_levels(size_t count) {
  if (count == 0) return;
  const x86::Vec nothing = e_.vec(0);  // pins are the highest registers
  e_.zero(nothing);
  for (size_t p = 0; p < count; ++p)
    for (int32_t part = 0; part < 2; ++part)
      e_.store_aligned(x86::ptr(abi::kSecond, static_cast<int32_t>(p * kProbeBytes) + part * 64), nothing);
}

// `part` 0 is a peak, 1 a sum of squares.
void Loops::add_to_level(int32_t part, const x86::Mem& to, const x86::Mem& from) {
  e_.two(kLoad, x86::xmm0, to);
  e_.three(part == 0 ? kLarger : kSum, x86::xmm0, x86::xmm0, from);
  e_.two(kLoad, to, x86::xmm0);
}

// The level of all elements of the vector at `from`: its halves meet until one element is left.
void Loops::gather_level(int32_t part, const x86::Mem& from) {
  const Ids& meet = part == 0 ? kLargerOfAll : kSumOfAll;
  const uint32_t width = e_.mode.width();
  e_.load_aligned(e_.vec(0), from);
  if (width == 16) {
    a_.vextractf64x4(x86::ymm1, x86::zmm0, 1);
    e_.three(meet, x86::ymm0, x86::ymm0, x86::ymm1);
  }
  if (width >= 8) {
    a_.vextractf128(x86::xmm1, x86::ymm0, 1);
    e_.three(meet, x86::xmm0, x86::xmm0, x86::xmm1);
  }
  for (const uint32_t half : {0x0eu, 0x01u}) {  // elements 2 and 3 to 0 and 1, then 1 to 0
    a_.emit(e_.mode.isa->vex() ? I::kIdVpshufd : I::kIdPshufd, x86::xmm1, x86::xmm0, asmjit::imm(half));
    e_.three(meet, x86::xmm0, x86::xmm0, x86::xmm1);
  }
  e_.two(kLoad, from, x86::xmm0);
}

void Loops::add_up_probes(const Body& body) {
  for (size_t p = 0; p < body.probes.size(); ++p) {
    const x86::Gpq at = e_.pointer(body.probes[p].pointer);
    for (int32_t part = 0; part < 2; ++part) {
      const x86::Mem seen = x86::ptr(abi::kSecond, static_cast<int32_t>(p * kProbeBytes) + part * 64);
      if (e_.mode.width() > 1) gather_level(part, seen);
      add_to_level(part, x86::dword_ptr(at, body.probes[p].offset + part * 4), seen);
    }
  }
}

}  // namespace sinter::jit
