// Names generated code for `perf`, where the environment asks for it with SINTER_PERF_MAP.
#pragma once

#include <string_view>

#include "generator.hpp"

namespace sinter::jit {

/// Appends the segments to /tmp/perf-PID.map where SINTER_PERF_MAP is set. Control thread.
void register_with_perf(std::string_view backend, const Generated& code);

}  // namespace sinter::jit
