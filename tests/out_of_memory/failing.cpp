// See failing.hpp. The linker sends malloc and the others here (tests/out_of_memory/CMakeLists.txt), but not those
// inside of shared libraries: operator new is one of them, so it is replaced.
#include "failing.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace sinter::test {
namespace {

enum class Watch : uint8_t { off, marked, all };
std::atomic<Watch> watch{Watch::off};
std::atomic<uint64_t> calls{0}, failures{0}, first{Failure::kNone};
std::atomic<bool> for_good{false};
thread_local bool marked = false;
thread_local uint32_t excused = 0;

bool fails() noexcept {
  const Watch now = watch.load(std::memory_order_acquire);
  if (now == Watch::off || excused || (now == Watch::marked && !marked)) return false;
  const uint64_t call = calls.fetch_add(1);
  const uint64_t from = first.load();
  if (call != from && !(for_good.load() && call > from)) return false;
  failures.fetch_add(1);
  return true;
}

}  // namespace

FailingMemory::FailingMemory(Failure failure, Threads threads) noexcept {
  calls.store(0);
  failures.store(0);
  first.store(failure.first);
  for_good.store(failure.for_good);
  marked = true;
  watch.store(threads == Threads::all ? Watch::all : Watch::marked, std::memory_order_release);
}

FailingMemory::~FailingMemory() {
  watch.store(Watch::off);
  marked = false;
}

uint64_t FailingMemory::points() const noexcept { return calls.load(); }
uint64_t FailingMemory::points_failed() const noexcept { return failures.load(); }

Excused::Excused() noexcept { ++excused; }
Excused::~Excused() { --excused; }

}  // namespace sinter::test

extern "C" {
void* __real_malloc(size_t bytes);
void* __real_calloc(size_t count, size_t bytes);
void* __real_realloc(void* old, size_t bytes);
void* __real_aligned_alloc(size_t alignment, size_t bytes);
int __real_posix_memalign(void** at, size_t alignment, size_t bytes);
void* __real_mmap(void* at, size_t bytes, int protection, int flags, int file, off_t offset);
int __real_mprotect(void* at, size_t bytes, int protection);

void* __wrap_malloc(size_t bytes);
void* __wrap_calloc(size_t count, size_t bytes);
void* __wrap_realloc(void* old, size_t bytes);
void* __wrap_aligned_alloc(size_t alignment, size_t bytes);
int __wrap_posix_memalign(void** at, size_t alignment, size_t bytes);
void* __wrap_mmap(void* at, size_t bytes, int protection, int flags, int file, off_t offset);
int __wrap_mprotect(void* at, size_t bytes, int protection);
}

namespace {

using sinter::test::fails;

void* out_of_memory() noexcept {
  errno = ENOMEM;
  return nullptr;
}

void* allocate(size_t bytes) noexcept { return fails() ? out_of_memory() : __real_malloc(bytes ? bytes : 1); }

void* allocate(size_t bytes, std::align_val_t alignment) noexcept {
  void* at = nullptr;
  if (fails() || __real_posix_memalign(&at, static_cast<size_t>(alignment), bytes ? bytes : 1) != 0) return nullptr;
  return at;
}

void* or_throw(void* at) {
  if (!at) throw std::bad_alloc();
  return at;
}

}  // namespace

void* __wrap_malloc(size_t bytes) { return fails() ? out_of_memory() : __real_malloc(bytes); }
void* __wrap_calloc(size_t count, size_t bytes) { return fails() ? out_of_memory() : __real_calloc(count, bytes); }
void* __wrap_realloc(void* old, size_t bytes) { return fails() ? out_of_memory() : __real_realloc(old, bytes); }
void* __wrap_aligned_alloc(size_t alignment, size_t bytes) {
  return fails() ? out_of_memory() : __real_aligned_alloc(alignment, bytes);
}
int __wrap_posix_memalign(void** at, size_t alignment, size_t bytes) {
  return fails() ? ENOMEM : __real_posix_memalign(at, alignment, bytes);
}
void* __wrap_mmap(void* at, size_t bytes, int protection, int flags, int file, off_t offset) {
  if (!fails()) return __real_mmap(at, bytes, protection, flags, file, offset);
  errno = ENOMEM;
  return MAP_FAILED;
}
int __wrap_mprotect(void* at, size_t bytes, int protection) {
  if (!fails()) return __real_mprotect(at, bytes, protection);
  errno = ENOMEM;
  return -1;
}

void* operator new(size_t bytes) { return or_throw(allocate(bytes)); }
void* operator new[](size_t bytes) { return or_throw(allocate(bytes)); }
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new(size_t bytes, std::align_val_t alignment) { return or_throw(allocate(bytes, alignment)); }
void* operator new[](size_t bytes, std::align_val_t alignment) { return or_throw(allocate(bytes, alignment)); }
void* operator new(size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(bytes, alignment);
}
void* operator new[](size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(bytes, alignment);
}

void operator delete(void* at) noexcept { std::free(at); }
void operator delete[](void* at) noexcept { std::free(at); }
void operator delete(void* at, size_t) noexcept { std::free(at); }
void operator delete[](void* at, size_t) noexcept { std::free(at); }
void operator delete(void* at, const std::nothrow_t&) noexcept { std::free(at); }
void operator delete[](void* at, const std::nothrow_t&) noexcept { std::free(at); }
void operator delete(void* at, std::align_val_t) noexcept { std::free(at); }
void operator delete[](void* at, std::align_val_t) noexcept { std::free(at); }
void operator delete(void* at, size_t, std::align_val_t) noexcept { std::free(at); }
void operator delete[](void* at, size_t, std::align_val_t) noexcept { std::free(at); }
void operator delete(void* at, std::align_val_t, const std::nothrow_t&) noexcept { std::free(at); }
void operator delete[](void* at, std::align_val_t, const std::nothrow_t&) noexcept { std::free(at); }
