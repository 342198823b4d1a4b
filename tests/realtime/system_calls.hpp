// Syscall user dispatch (Linux 5.11): a byte per thread says whether its system calls raise SIGSYS, whose handler
// counts the call and makes it.
#pragma once

#include <vector>

#include "detectors.hpp"

namespace sinter::test::system_calls {

/// Why it is not there, or null.
const char* missing() noexcept;
void watch_thread();
void leave_thread();
void enter() noexcept;
void exit() noexcept;
void append(std::vector<Violation>& all);
void forget();

}  // namespace sinter::test::system_calls
