// The processor's clock, measured beside everything else: goals in nanoseconds are for one clock, and clocks drift. And
// the time that a thread has had of it.
#include <time.h>

#include <cstdint>

#include "sinter/bench/measure.hpp"

namespace sinter::measuring {
namespace {

constexpr int kRounds = 64, kAddsPerRound = 16;

// Register to register: processors of today add small literals to a register without taking a cycle.
void dependent_adds() {
#if defined(__x86_64__)
  uint64_t sum = 1;
  const uint64_t step = 3;
  for (int round = 0; round < kRounds; ++round)
    asm volatile(
        "add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\t"
        "add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\t"
        "add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\t"
        "add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0"
        : "+r"(sum)
        : "r"(step)
        : "cc");
#endif
}

}  // namespace

double processor_us() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

Job clock_job() { return {"clock", dependent_adds}; }

double clock_ghz(const Timing& timing) {
#if defined(__x86_64__)
  return timing.median_ns > 0 ? kRounds * kAddsPerRound / timing.median_ns : 0;
#else
  (void)timing;
  return 0;
#endif
}

}  // namespace sinter::measuring
