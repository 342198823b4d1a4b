// Memory that runs out when it is told to: operator new, malloc and its family, mmap and mprotect, as far as they are
// called from this program and the libraries linked into it.
#pragma once

#include <cstdint>

namespace sinter::test {

/// Which calls fail while a FailingMemory lives.
struct Failure {
  static constexpr uint64_t kNone = UINT64_MAX;
  uint64_t first = kNone;  ///< the call that fails, counted from 0
  bool for_good = false;   ///< all after it too
};

/// Counts and fails calls of one thread, or of all but those that are excused. One at a time.
class FailingMemory {
 public:
  enum class Threads : uint8_t { this_one, all };
  explicit FailingMemory(Failure failure, Threads threads = Threads::this_one) noexcept;
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;

  /// Calls so far; every one is a point at which memory can run out.
  uint64_t points() const noexcept;
  bool failed() const noexcept { return points_failed() > 0; }
  uint64_t points_failed() const noexcept;
};

/// In its scope this thread's memory never runs out: a test's own calls, the audio thread's.
class Excused {
 public:
  Excused() noexcept;
  ~Excused();
  Excused(const Excused&) = delete;
  Excused& operator=(const Excused&) = delete;
};

}  // namespace sinter::test
