// The realtime sanitizer's runtime, entered and left by hand: it intercepts allocation, locks, waits and files.
#pragma once

#include <vector>

#include "detectors.hpp"

namespace sinter::test::library_calls {

/// Why it is not there, or null.
const char* missing() noexcept;
void watch_thread();
void enter() noexcept;
void exit() noexcept;
void append(std::vector<Violation>& all);
void forget();

}  // namespace sinter::test::library_calls
