// Lets long work on the control side be stopped from outside: it asks now and then, and once stopped it stays stopped.
#pragma once

#include <cstdint>
#include <functional>

#include "sinter/base/error.hpp"

namespace sinter {

class Poll {
 public:
  /// `stop` gives true where the work is not wanted any more. Null or empty: never.
  explicit Poll(const std::function<bool()>* stop = nullptr) : stop_(stop && *stop ? stop : nullptr) {}

  /// True from the first time on that the answer was true.
  bool now() {
    if (!stopped_ && stop_) stopped_ = (*stop_)();
    return stopped_;
  }
  /// now(), asking at every 1,024th call only: for inner loops.
  bool often() { return (++calls_ & 1023u) == 0 ? now() : stopped_; }

 private:
  const std::function<bool()>* stop_;
  uint32_t calls_ = 0;
  bool stopped_ = false;
};

/// What stopped work gives instead of its result.
inline Error cancelled_error() {
  return {.code = Errc::cancelled, .where = {}, .message = "compiling was stopped before it was done"};
}

}  // namespace sinter
