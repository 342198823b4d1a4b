// See library_calls.hpp. The runtime ends the program at the first violation; the build wraps the function that decides
// that (tests/realtime/CMakeLists.txt), so that here they are counted instead.
#include "library_calls.hpp"

#include <array>
#include <atomic>
#include <string_view>

#if SINTER_RTSAN

extern "C" {
void __rtsan_realtime_enter();
void __rtsan_realtime_exit();
// Members of __rtsan::Context, by their names in the object file: the runtime comes without headers.
bool sinter_rtsan_is_realtime(const void* context) __asm__("_ZNK7__rtsan7Context17InRealtimeContextEv");
bool sinter_rtsan_is_bypassed(const void* context) __asm__("_ZNK7__rtsan7Context10IsBypassedEv");
void __wrap__ZN7__rtsan7Context17ExpectNotRealtimeEPKc(void* context, const char* function);
}

namespace {

struct Counter {
  std::atomic<const char*> function{nullptr};
  std::atomic<uint64_t> count{0};
};
std::array<Counter, 128> counters;  // more than the functions it intercepts

}  // namespace

void __wrap__ZN7__rtsan7Context17ExpectNotRealtimeEPKc(void* context, const char* function) {
  if (!sinter_rtsan_is_realtime(context) || sinter_rtsan_is_bypassed(context)) return;
  for (Counter& counter : counters) {
    const char* there = nullptr;
    // Names are literals of the runtime; one that stands there twice is added up by append().
    if (!counter.function.compare_exchange_strong(there, function) && there != function) continue;
    counter.count.fetch_add(1);
    return;
  }
}

namespace sinter::test::library_calls {

const char* missing() noexcept { return nullptr; }

// The runtime allocates its context of a thread on first use.
void watch_thread() {
  enter();
  exit();
}

void enter() noexcept { __rtsan_realtime_enter(); }
void exit() noexcept { __rtsan_realtime_exit(); }

void append(std::vector<Violation>& all) {
  const size_t first = all.size();
  for (const Counter& counter : counters) {
    const uint64_t count = counter.count.load();
    if (!count) continue;
    const std::string_view name = counter.function.load();
    size_t at = first;
    while (at < all.size() && all[at].name != name) ++at;
    if (at == all.size()) all.push_back({Detector::library_calls, std::string(name), 0});
    all[at].count += count;
  }
}

void forget() {
  for (Counter& counter : counters) counter.count.store(0);
}

}  // namespace sinter::test::library_calls

#else

namespace sinter::test::library_calls {

const char* missing() noexcept {
  return "the build found no realtime sanitizer runtime that it can use (Debian: libclang-rt-19-dev), or has another "
         "sanitizer";
}
void watch_thread() {}
void enter() noexcept {}
void exit() noexcept {}
void append(std::vector<Violation>&) {}
void forget() {}

}  // namespace sinter::test::library_calls

#endif
