// Two detectors of what an audio thread must not do. LLVM's realtime sanitizer sees calls of library functions that
// allocate, free, lock or wait, also where they need no system call; syscall user dispatch sees every system call, also
// where no library function was called. Each is blind where the other sees.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sinter::test {

enum class Detector : uint8_t { library_calls, system_calls };

/// Whether this build and machine have it; where not, `why` (unless null) says so.
bool has_detector(Detector detector, std::string* why = nullptr);

/// Something that was done while it was forbidden, and how often.
struct Violation {
  Detector detector{};
  std::string name;  ///< of the function or system call: "malloc", "futex"
  uint64_t count = 0;
};

/// Everything since forget_violations(), of all threads. Any thread, outside of ForbidWaiting.
std::vector<Violation> violations();
uint64_t violation_count();
/// While no thread is forbidden anything.
void forget_violations();
/// "malloc 3 times, futex 1 time", or "" where there is none.
std::string violations_text();

/// Makes this thread able to be watched, as long as it lives; before its first ForbidWaiting.
class WatchedThread {
 public:
  WatchedThread();
  ~WatchedThread();
  WatchedThread(const WatchedThread&) = delete;
  WatchedThread& operator=(const WatchedThread&) = delete;
};

/// What is done by this thread in this scope is watched: violations are counted, and let through.
class ForbidWaiting {
 public:
  ForbidWaiting() noexcept;
  ~ForbidWaiting();
  ForbidWaiting(const ForbidWaiting&) = delete;
  ForbidWaiting& operator=(const ForbidWaiting&) = delete;
};

/// Page faults of this thread so far: the system's, which no detector sees.
struct PageFaults {
  uint64_t minor = 0, major = 0;
};
PageFaults page_faults();

}  // namespace sinter::test
