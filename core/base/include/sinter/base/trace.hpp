// SINTER_TRACE=<pass>|plan|asm|all: what the compiler did, on standard error. Control thread only.
#pragma once

#include <string_view>

namespace sinter {

/// True where the environment asks for this topic (a comma-separated list, or "all"). Read once per process.
bool trace_wants(std::string_view topic);

/// Writes one titled block to standard error.
void trace_write(std::string_view topic, std::string_view text);

}  // namespace sinter
