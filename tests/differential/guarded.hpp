// Audio rows that end at (or begin after) a page nobody may touch: one frame too far is a fault, not a wrong sample.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace sinter::test {

class GuardedRow {
 public:
  /// `frames` floats; at_end: the last float touches the guard page, else the first does.
  GuardedRow(uint32_t frames, bool at_end) : frames_(frames) {
    const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    const size_t bytes = frames * sizeof(float);
    const size_t inner = (bytes + page - 1) / page * page + (bytes ? 0 : page);
    size_ = inner + 2 * page;
    base_ = static_cast<uint8_t*>(::mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::mprotect(base_ + page, inner, PROT_READ | PROT_WRITE);
    data_ = reinterpret_cast<float*>(at_end ? base_ + page + inner - bytes : base_ + page);
  }
  ~GuardedRow() { ::munmap(base_, size_); }
  GuardedRow(const GuardedRow&) = delete;
  GuardedRow& operator=(const GuardedRow&) = delete;

  float* data() { return data_; }
  uint32_t frames() const { return frames_; }

 private:
  uint32_t frames_;
  size_t size_;
  uint8_t* base_;
  float* data_;
};

}  // namespace sinter::test
