// No page is writable and executable at once, in any phase of compiling.
#include "../../jit/code_memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "rig.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

struct Maps {
  bool writable_and_executable = false;
  std::string at;  ///< permissions of the mapping that holds the address
};

Maps read_maps(const void* address) {
  Maps maps;
  std::ifstream file("/proc/self/maps");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    uintptr_t first = 0, last = 0;
    char dash = 0;
    std::string permissions;
    words >> std::hex >> first >> dash >> last >> permissions;
    if (permissions.find('w') != std::string::npos && permissions.find('x') != std::string::npos)
      maps.writable_and_executable = true;
    const uintptr_t wanted = reinterpret_cast<uintptr_t>(address);
    if (wanted >= first && wanted < last) maps.at = permissions;
  }
  return maps;
}

}  // namespace

TEST_CASE("code memory is writable, then executable, never both, and goes away") {
  if (!jit::CodeMemory::supported()) return skipped("code memory", "not on this system");
  const uint8_t* where = nullptr;
  {
    Result<jit::CodeMemory> memory = jit::CodeMemory::reserve(5000);
    REQUIRE(memory);
    where = memory->data();
    CHECK_GE(memory->size(), 5000);
    CHECK_EQ(reinterpret_cast<uintptr_t>(where) % 4096, 0);
    CHECK_EQ(read_maps(where).at.substr(0, 3), "rw-");
    CHECK_FALSE(read_maps(where).writable_and_executable);
    std::fill_n(memory->data(), memory->size(), uint8_t{0xc3});
    REQUIRE(memory->seal());
    CHECK_EQ(read_maps(where).at.substr(0, 3), "r-x");
    CHECK_FALSE(read_maps(where).writable_and_executable);
    jit::CodeMemory moved = std::move(*memory);
    CHECK_EQ(moved.data(), where);
    CHECK_EQ(read_maps(where).at.substr(0, 3), "r-x");
  }
  CHECK_EQ(read_maps(where).at, "");
}

TEST_CASE("a program's code is never writable while it can run") {
  for (const Backend* backend : jit_here()) {
    Ir ir;
    Builder build(ir);
    add_outputs(build, {add_input(build) * 0.5 + 1.0});
    const std::shared_ptr<const Program> program = make_program(ir, backend);
    CHECK_FALSE(read_maps(nullptr).writable_and_executable);
    render(program, noise(1, 100, 1), 100);
    CHECK_FALSE(read_maps(nullptr).writable_and_executable);
    ran_on(backend->name());
  }
}

TEST_CASE("more memory than there is gives an error, not a crash") {
  if (!jit::CodeMemory::supported()) return;
  const Result<jit::CodeMemory> memory = jit::CodeMemory::reserve(size_t{1} << 60);
  REQUIRE_FALSE(memory);
  CHECK_EQ(memory.error().code, Errc::no_machine_code);
}

TEST_CASE("a backend is available exactly where the compiler's own CPUID and XGETBV check says so") {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  for (const Backend* backend : jit_backends()) {
    const bool expected =
        backend->name() == "sse" || (backend->name() == "avx2" && avx2) || (backend->name() == "avx512" && avx512);
    CHECK_EQ(backend->available(), expected);
  }
}
