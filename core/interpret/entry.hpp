// Decoded code of the per-sample interpreters: one entry per op, run by one function over all lanes of the value.
#pragma once

#include <cstdint>
#include <cstring>

#include "sinter/engine/program.hpp"
#include "sinter/ir/ir.hpp"

namespace sinter::interpret {

/// The memory an operand lies in. Literals are never a result.
enum class Area : uint16_t { values, controls, state, literals };
inline constexpr uint32_t kAreas = 4;

/// Element of lane l: `offset` + l · `stride` bytes into its area; stride 0 spreads one lane to all.
struct Operand {
  uint32_t offset = 0;
  Area area = Area::values;
  uint16_t stride = 0;
};

struct Entry;

/// Extent of a ring or table as the accesses need it.
struct Extent {
  uint32_t last = 0;         ///< largest delay, or largest index
  uint32_t wrap = 0;         ///< rings: capacity − 1
  uint32_t lane_stride = 0;  ///< elements from lane to lane; 0 where all lanes share one
};

/// Where one local sample step runs.
struct Context {
  uint8_t* area[kAreas] = {};
  const Block* block = nullptr;
  const Extent* lines = nullptr;
  const Extent* tables = nullptr;
  uint32_t frame = 0;               ///< base frame within the block
  const uint32_t* local = nullptr;  ///< per clock: local frame within the block

  uint8_t* at(Operand o) const { return area[static_cast<uint32_t>(o.area)] + o.offset; }
  uint32_t local_of(const Entry& entry) const;
};

using Kernel = void (*)(const Entry&, const Context&) noexcept;

struct Entry {
  Kernel kernel = nullptr;
  Operand result, a, b, c;
  uint32_t lanes = 1;
  uint32_t imm = 0;  ///< shift count, or the index that the op's doc names
  uint64_t extra =
      0;  ///< packed Relane, lanes of a fold's argument, minimum of a tap, factor of an upsample, row offset
  uint8_t clock = 1;
};

inline uint32_t Context::local_of(const Entry& entry) const { return local[entry.clock]; }

template <class T>
T load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
void store(void* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

/// The kernel of an op of the table whose (non-mask) arguments have this type.
Kernel op_kernel(Op op, Type argument);
/// Lanes of a, copied as they are.
Kernel copy_kernel(Type type);
/// 0, 1, 2 … in the lanes.
Kernel count_kernel();
Kernel relane_kernel(Type type);
Kernel fold_kernel(Type type);

/// Sample-rate kernels that reach the block: inputs, rings, tables, probes, calls. `real` is the type of audio.
Kernel sample_kernel(Op op, Type type, Type real);
/// Elements j of rows: of the block's buffers (imm: clock's row bytes, extra: offset), inputs or row table (extra:
/// index).
enum class RowKind : uint8_t { buffer, input, output, table };
Kernel load_row_kernel(RowKind kind, Type type);
Kernel store_row_kernel(RowKind kind, Type type);

}  // namespace sinter::interpret
