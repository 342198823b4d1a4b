// What every test program shares: the scale of counts, and the tally of what ran where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sinter::test {

/// SINTER_TEST_SCALE (default 1; `make test-full` sets more): counts of random tests are multiplied by it, at least 1.
uint64_t scaled(uint64_t count);

/// SINTER_FUZZ_SEED (default 1; `make fuzz` sets another): where random tests begin.
uint64_t first_seed();

/// Notes that `count` checks ran on an executor ("reference", "interpreter", "sse", "avx2", "avx512").
void ran_on(std::string_view executor, uint64_t count = 1);

/// Notes that something was not run, and why. Shown in the last lines of `make test`.
void skipped(std::string_view what, std::string_view why);

/// A 64-bit generator whose numbers are the same everywhere (splitmix64).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  /// 0 … n − 1
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((next() >> 32) * n >> 32); }
  double uniform(double lo, double hi) { return lo + (hi - lo) * (static_cast<double>(next() >> 11) * 0x1p-53); }
  bool chance(double p) { return uniform(0, 1) < p; }

 private:
  uint64_t state_;
};

}  // namespace sinter::test
