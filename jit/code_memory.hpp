// Executable memory of one program. Pages are written, then made executable; they are never both, and never changed
// again.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sinter/base/error.hpp"

namespace sinter::jit {

/// Whole pages of its own, unmapped by the destructor. Control thread.
class CodeMemory {
 public:
  CodeMemory() = default;
  ~CodeMemory();
  CodeMemory(CodeMemory&& other) noexcept { *this = std::move(other); }
  CodeMemory& operator=(CodeMemory&& other) noexcept;

  /// True where this system has a way to make machine code that is never writable and executable at once.
  static bool supported();
  /// Maps at least `bytes` readable and writable bytes. Errc::no_machine_code where the system refuses.
  static Result<CodeMemory> reserve(size_t bytes);
  /// Makes the pages readable and executable, for good. Errc::no_machine_code where the system refuses.
  [[nodiscard]] Result<bool> seal();

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sinter::jit
