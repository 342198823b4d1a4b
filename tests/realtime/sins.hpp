// What no audio thread may do, as a table: the deliberately bad kernels that prove the detectors.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <span>
#include <string_view>

namespace sinter::test {

/// What sins need to be ready before the audio thread runs. One sin each.
struct Stage {
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<bool> begun{false};  ///< the sinner is about to wait
  bool released = false;           ///< by the mutex
  void* allocated = nullptr;       ///< freed by the sinner where not null
  int file = -1;                   ///< open for writing
  void* page = nullptr;            ///< a mapped page
};

struct Sin {
  std::string_view name;
  void (*commit)(Stage&);  ///< on the audio thread
  enum class Partner : uint8_t { none, holds_mutex, notifies } partner;
  bool library_calls, system_calls;  ///< which detectors always see it
};

/// Every sin, and two rows of what is none.
std::span<const Sin> all_sins();

}  // namespace sinter::test
