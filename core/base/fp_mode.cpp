// MXCSR on x86, FPCR on AArch64.
#include "sinter/base/fp_mode.hpp"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace sinter {
namespace {

#if defined(__x86_64__) || defined(_M_X64)
constexpr uint64_t kAudioMode = 0x1f80u | 0x8040u;  // all exceptions masked, nearest; FTZ (15) and DAZ (6)
constexpr uint64_t kStickyFlags = 0x3f;             // what has happened, not what is asked for
uint64_t read_mode() { return _mm_getcsr(); }
void write_mode(uint64_t mode) { _mm_setcsr(static_cast<unsigned>(mode)); }
#elif defined(__aarch64__)
constexpr uint64_t kAudioMode = uint64_t{1} << 24;  // FZ
constexpr uint64_t kStickyFlags = 0;
uint64_t read_mode() {
  uint64_t mode;
  asm volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
void write_mode(uint64_t mode) { asm volatile("msr fpcr, %0" ::"r"(mode)); }
#else
#error "Sinter needs a way to flush denormals on this processor"
#endif

}  // namespace

// Writing the mode costs several nanoseconds; hosts that already run in it do not pay.
AudioFpMode::AudioFpMode() noexcept : saved_(read_mode()) {
  if ((saved_ & ~kStickyFlags) != kAudioMode) write_mode(kAudioMode | (saved_ & kStickyFlags));
}
AudioFpMode::~AudioFpMode() noexcept {
  // Code called in between may have changed it. Reading it after arithmetic is slow, and tells nothing where it is to
  // be written anyway.
  const bool written = (saved_ & ~kStickyFlags) != kAudioMode;
  if (written || ((read_mode() ^ saved_) & ~kStickyFlags) != 0) write_mode(saved_);
}

[[gnu::noinline]] void with_audio_fp(void (*work)(void*), void* context) {
  const AudioFpMode mode;
  asm volatile("" : "+r"(work) : : "memory");
  work(context);
}

}  // namespace sinter
