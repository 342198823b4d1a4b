// The block interpreter's machine: ops over rows of up to 64 local samples, held by registers that are pointers.
#pragma once

#include <cstdint>

#include "sinter/engine/program.hpp"
#include "sinter/ir/ir.hpp"

namespace sinter::interpret {

/// Samples of a row. Rows of the scratch and of internal buffers may be read and written up to the next multiple of 16.
inline constexpr uint32_t kRowSamples = kCellFrames;
inline constexpr uint32_t kRowPadding = 16;

struct RowOp;
struct RowContext;
using RowKernel = void (*)(const RowOp&, const RowContext&) noexcept;

/// r = op(a, b, c): indices of registers.
struct RowOp {
  RowKernel kernel = nullptr;
  uint32_t r = 0, a = 0, b = 0, c = 0;
  uint32_t lanes = 1;  ///< of the value: it is computed for these lanes of the step alone
  int32_t count = 0;   ///< shift count
  uint32_t index = 0;  ///< into a table of the step or the layout, as the kernel knows
};

struct Source;
struct Entry;
struct Extent;

/// One chunk of one lane of a step.
struct RowContext {
  uint8_t** reg = nullptr;
  uint32_t samples = 0;  ///< in the chunk, 1 … kRowSamples
  uint32_t begin = 0;    ///< local index of the first one within the block
  uint32_t lane = 0;
  uint8_t clock = 1;
  const Block* block = nullptr;
  const Source* sources = nullptr;
  const Entry* entries = nullptr;
  const Extent* lines = nullptr;
  const Extent* tables = nullptr;
};

/// A set of kernels of one instruction set for ops of f32, i32 and masks; null where an op has none: f64 and what the
/// set lacks.
struct RowSet {
  const char* name;
  RowKernel (*find)(Op op, Type argument);
};

/// The sets this processor can run, narrowest first. Control thread.
uint32_t available_row_sets(const RowSet** sets, uint32_t room);
inline constexpr uint32_t kMaxRowSets = 3;

}  // namespace sinter::interpret
