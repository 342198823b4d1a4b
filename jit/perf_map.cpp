// The format is that of Linux's tools/perf/Documentation/jit-interface.txt: start, size and name, a line per function.
#include "perf_map.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#if defined(__linux__)
#include <unistd.h>
#endif

namespace sinter::jit {

void register_with_perf(std::string_view backend, const Generated& code) {
#if defined(__linux__)
  if (!std::getenv("SINTER_PERF_MAP")) return;
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  FILE* file = std::fopen(path.c_str(), "a");
  if (!file) return;
  const uint8_t* end = code.memory.data() + code.code_bytes;
  for (size_t i = code.segments.size(); i-- > 0;) {
    if (!code.segments[i].code) continue;
    const uint8_t* start = reinterpret_cast<const uint8_t*>(code.segments[i].code);
    std::fprintf(file, "%llx %llx sinter_%.*s_%zu\n",
                 static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(start)),
                 static_cast<unsigned long long>(end - start), static_cast<int>(backend.size()), backend.data(), i);
    end = start;
  }
  std::fclose(file);
#else
  (void)backend;
  (void)code;
#endif
}

}  // namespace sinter::jit
