// mmap → write → mprotect on Linux and the BSDs. Systems without it have no machine code, and play on the interpreter.
#include "code_memory.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

// Seats: macOS on ARM needs MAP_JIT and its write-protect switch, Windows VirtualAlloc, VirtualProtect and
// FlushInstructionCache.
#if defined(__linux__) || defined(__FreeBSD__)
#define SINTER_CODE_MEMORY_MMAP 1
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace sinter::jit {
namespace {

Error refused(const char* what, int reason) {
  return {Errc::no_machine_code, "",
          std::string("the system refuses memory for machine code (") + what + ": " + std::strerror(reason) +
              "); use the interpreter"};
}

}  // namespace

CodeMemory& CodeMemory::operator=(CodeMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

#if SINTER_CODE_MEMORY_MMAP

bool CodeMemory::supported() { return true; }

CodeMemory::~CodeMemory() {
  if (data_) munmap(data_, size_);
}

Result<CodeMemory> CodeMemory::reserve(size_t bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t size = (bytes + page - 1) / page * page;
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return refused("mmap", errno);
  CodeMemory memory;
  memory.data_ = static_cast<uint8_t*>(at);
  memory.size_ = size;
  return memory;
}

Result<bool> CodeMemory::seal() {
  if (mprotect(data_, size_, PROT_READ | PROT_EXEC) != 0) return refused("mprotect", errno);
  return true;
}

#else

bool CodeMemory::supported() { return false; }
CodeMemory::~CodeMemory() = default;
Result<CodeMemory> CodeMemory::reserve(size_t) { return refused("this system has no code memory of ours", ENOSYS); }
Result<bool> CodeMemory::seal() { return refused("this system has no code memory of ours", ENOSYS); }

#endif

}  // namespace sinter::jit
