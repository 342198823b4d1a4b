// See sins.hpp. Small allocations and uncontended locks need no system call; mmap, write and yielding call no function
// that the realtime sanitizer intercepts: that is why there are two detectors.
#include "sins.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace sinter::test {
namespace {

constexpr size_t kPage = 4096;

// So that no allocation is optimised away.
void use(const void* pointer) { __asm__ volatile("" : : "r"(pointer) : "memory"); }

void nothing(Stage&) {}
void counts(Stage& stage) { stage.begun.store(true); }

void allocates_little(Stage& stage) {
  stage.allocated = std::malloc(40);
  use(stage.allocated);
}
void allocates_much(Stage& stage) {
  stage.allocated = std::malloc(64u << 20);
  use(stage.allocated);
}
void grows(Stage& stage) {
  stage.allocated = std::realloc(stage.allocated, 5000);
  use(stage.allocated);
}
void allocates_aligned(Stage& stage) {
  stage.allocated = std::aligned_alloc(64, 640);
  use(stage.allocated);
}
void makes_an_object(Stage&) { use(std::make_unique<int>(7).get()); }
void makes_a_string(Stage&) {
  const std::string text(100, 'x');
  use(text.data());
}
void frees(Stage& stage) {
  std::free(stage.allocated);
  stage.allocated = nullptr;
}
void throws(Stage&) {
  try {
    throw std::runtime_error("on the audio thread");
  } catch (const std::runtime_error&) {
  }
}

void locks_a_free_mutex(Stage& stage) { const std::lock_guard lock(stage.mutex); }
void waits_for_a_mutex(Stage& stage) {
  stage.begun.store(true);
  const std::lock_guard lock(stage.mutex);
}
void waits_on_a_condition(Stage& stage) {
  std::unique_lock lock(stage.mutex);
  stage.begun.store(true);
  stage.changed.wait(lock, [&] { return stage.released; });
}
void sleeps(Stage&) { std::this_thread::sleep_for(std::chrono::microseconds(1)); }
void yields(Stage&) { std::this_thread::yield(); }

void writes(Stage& stage) {
  if (write(stage.file, "x", 1) != 1) std::perror("write");
}
void opens(Stage&) {
  if (const int file = open("/dev/null", O_RDONLY); file >= 0) close(file);
}
void prints_to_a_file(Stage&) {
  if (FILE* file = std::fopen("/dev/null", "w")) {
    std::fputs("x", file);
    std::fclose(file);
  }
}
void maps(Stage&) {
  void* at = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  use(at);
  munmap(at, kPage);
}
void protects(Stage& stage) { mprotect(stage.page, kPage, PROT_READ); }
void gives_pages_back(Stage& stage) { madvise(stage.page, kPage, MADV_DONTNEED); }
void starts_a_thread(Stage&) {
  pthread_t thread{};
  if (pthread_create(
          &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr) == 0)
    pthread_join(thread, nullptr);
}

using Partner = Sin::Partner;
constexpr Sin kSins[] = {
    {"does nothing", nothing, Partner::none, false, false},
    {"stores an atomic", counts, Partner::none, false, false},
    {"allocates a little", allocates_little, Partner::none, true, false},
    {"allocates much", allocates_much, Partner::none, true, true},
    {"reallocates", grows, Partner::none, true, false},
    {"allocates aligned", allocates_aligned, Partner::none, true, false},
    {"makes an object", makes_an_object, Partner::none, true, false},
    {"makes a string", makes_a_string, Partner::none, true, false},
    {"frees", frees, Partner::none, true, false},
    {"throws an exception", throws, Partner::none, true, false},
    {"locks a mutex that is free", locks_a_free_mutex, Partner::none, true, false},
    {"waits for a mutex", waits_for_a_mutex, Partner::holds_mutex, true, true},
    {"waits on a condition", waits_on_a_condition, Partner::notifies, true, true},
    {"sleeps", sleeps, Partner::none, true, true},
    {"yields", yields, Partner::none, false, true},
    {"writes to a file", writes, Partner::none, false, true},
    {"opens a file", opens, Partner::none, true, true},
    {"prints to a file", prints_to_a_file, Partner::none, true, true},
    {"maps a page", maps, Partner::none, false, true},
    {"protects a page", protects, Partner::none, false, true},
    {"gives pages back", gives_pages_back, Partner::none, false, true},
    {"starts a thread", starts_a_thread, Partner::none, true, true},
};

}  // namespace

std::span<const Sin> all_sins() { return kSins; }

}  // namespace sinter::test
