// One thread records while others read: what they get is a run of samples without a gap, however they meet.
#include "sinter/engine/recording.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

TEST_CASE("readers of a recording get whole runs of samples while it is written") {
  constexpr uint32_t kLength = 256, kWrap = 1 << 20;
  Recording recording(2, 512);
  std::atomic<bool> done{false};
  std::atomic<uint64_t> torn{0}, reads{0};
  const auto read = [&](uint32_t lane) {
    std::vector<float> out(kLength);
    while (!done.load()) {
      const Recording::Newest got = recording.read(lane, out);
      bool good = got.frames <= kLength;
      for (uint32_t back = 1; back <= got.frames; ++back)
        good &= out[kLength - back] == static_cast<float>((got.end - back) % kWrap + lane);
      for (uint32_t i = 0; i < kLength - got.frames; ++i) good &= out[i] == 0;
      if (!good) torn.fetch_add(1);
      reads.fetch_add(1);
    }
  };
  std::thread first(read, 0), second(read, 1);
  std::vector<float> rows[2] = {std::vector<float>(64), std::vector<float>(64)};
  uint64_t at = 0;
  // At least so many, and until both have read: a machine may run one thread at a time.
  for (uint64_t round = 0; round < scaled(5'000) || reads.load() < 100; ++round) {
    const uint32_t count = 1 + static_cast<uint32_t>(round * 37 % 64);
    for (uint32_t i = 0; i < count; ++i)
      for (uint32_t lane : {0u, 1u}) rows[lane][i] = static_cast<float>((at + i) % kWrap + lane);
    const float* pointers[] = {rows[0].data(), rows[1].data()};
    recording.write(pointers, count);
    at += count;
    if (round % 64 == 0) std::this_thread::yield();
  }
  done.store(true);
  first.join();
  second.join();
  CHECK(torn.load() == 0);
}
