// See detectors.hpp. What both have in common is here; each detector is a file of its own.
#include "detectors.hpp"

#include <sys/resource.h>

#include "library_calls.hpp"
#include "system_calls.hpp"

namespace sinter::test {

bool has_detector(Detector detector, std::string* why) {
  const char* reason = detector == Detector::library_calls ? library_calls::missing() : system_calls::missing();
  if (reason && why) *why = reason;
  return !reason;
}

std::vector<Violation> violations() {
  std::vector<Violation> all;
  library_calls::append(all);
  system_calls::append(all);
  return all;
}

uint64_t violation_count() {
  uint64_t sum = 0;
  for (const Violation& violation : violations()) sum += violation.count;
  return sum;
}

void forget_violations() {
  library_calls::forget();
  system_calls::forget();
}

std::string violations_text() {
  std::string text;
  for (const Violation& violation : violations())
    text += (text.empty() ? "" : ", ") + violation.name + " " + std::to_string(violation.count) + " times";
  return text;
}

WatchedThread::WatchedThread() {
  library_calls::watch_thread();
  system_calls::watch_thread();
}

WatchedThread::~WatchedThread() { system_calls::leave_thread(); }

// System calls last: what the other detector does on its way in is not the audio thread's doing.
ForbidWaiting::ForbidWaiting() noexcept {
  library_calls::enter();
  system_calls::enter();
}

ForbidWaiting::~ForbidWaiting() {
  system_calls::exit();
  library_calls::exit();
}

PageFaults page_faults() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return {static_cast<uint64_t>(usage.ru_minflt), static_cast<uint64_t>(usage.ru_majflt)};
}

}  // namespace sinter::test
