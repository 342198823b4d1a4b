// The three instruction sets as data, and the calling convention: which registers mean what inside generated code.
#pragma once

#include <asmjit/x86.h>

#include <cstdint>
#include <string_view>

namespace sinter::jit {

namespace x86 = asmjit::x86;
namespace I = asmjit::x86::Inst;  // instruction ids

enum class Level : uint8_t { sse, avx2, avx512 };

struct Isa {
  Level level;
  std::string_view name;
  uint32_t width;      ///< f32 elements of a vector
  uint32_t registers;  ///< vector registers
  bool vex() const { return level != Level::sse; }
  bool evex() const { return level == Level::avx512; }
};

inline constexpr Isa kIsas[] = {
    {Level::sse, "sse", 4, 16},
    {Level::avx2, "avx2", 8, 16},
    {Level::avx512, "avx512", 16, 32},
};

/// True where processor (CPUID) and operating system (XGETBV) run this instruction set.
bool available(const Isa& isa);

/// What instructions work on: whole vectors of an instruction set, or one element in xmm registers (serial loops).
struct Mode {
  const Isa* isa;
  bool scalar;
  uint32_t width() const { return scalar ? 1 : isa->width; }
  /// Bytes of a register in memory: a spill slot.
  uint32_t bytes() const { return scalar ? 16 : isa->width * 4; }
  uint32_t index() const { return static_cast<uint32_t>(isa->level) * 2 + scalar; }
  bool broadcasts() const { return isa->evex(); }  ///< operands in memory may be one element
};
inline constexpr uint32_t kModes = 6;

// System V AMD64. Win64 would be another set of these: rcx for the block, rdi and rsi saved, xmm6 … xmm15 saved.
// The code calls nothing, so the block stays where it arrives.
namespace abi {

inline constexpr x86::Gpq kBlock = x86::rdi;     ///< const Block*
inline constexpr x86::Gpq kTime = x86::rax;      ///< local frame within the call
inline constexpr x86::Gpq kLimit = x86::r11;     ///< where the running time loop ends
inline constexpr x86::Gpq kTile = x86::r11;      ///< lanes steps, which keep their limit in memory: the frame's tiles
inline constexpr x86::Gpq kSecond = x86::r10;    ///< second index of clock changes, base of large spill areas
inline constexpr x86::Gpq kScratch = x86::rcx;   ///< pointers that have no register of their own
inline constexpr x86::Gpq kScratch2 = x86::rdx;  ///< indices
inline constexpr x86::Gpq kScratch3 = x86::rsi;  ///< clamping, lane offsets
/// Registers for pointers, those that cost a save last.
inline constexpr x86::Gpq kPointers[] = {x86::r8, x86::r9, x86::rbx, x86::r12, x86::r13, x86::r14, x86::r15};
inline constexpr uint32_t kPointerCount = 7;
inline constexpr uint32_t kFirstSaved = 2;  ///< kPointers from here on belong to the caller

}  // namespace abi

}  // namespace sinter::jit
