// Rows that steps read from elsewhere, and the kernels over rows that reach the block: rings, tables, probes, stores.
#pragma once

#include "entry.hpp"
#include "rows.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::interpret {

/// A value that a step finds rather than computes.
struct Source {
  PlaceKind kind{};
  Type type{};
  uint8_t clock = 1;
  uint32_t lanes = 1;
  uint32_t offset = 0;           ///< bytes, flat channel or row table entry; ramp: of v0 in the control area
  uint32_t slope = 0;            ///< ramp: of the slope in the control area
  const uint8_t* row = nullptr;  ///< literal: a row of it
};

/// Samples [begin, begin + samples) of a lane (of lane 0 where the source has one), readable up to the next multiple of
/// kRowPadding. `home` is a row to use where the source's own memory cannot be.
uint8_t* fetch(const Source& source, const Block& block, uint32_t lane, uint32_t begin, uint32_t samples,
               uint8_t* home);

/// r becomes sources[index]; c is the register whose row is its home.
void fetch_row(const RowOp& op, const RowContext& x) noexcept;
/// entries[index], one "lane" per sample: ops that the instruction set has no kernel for.
void scalar_row(const RowOp& op, const RowContext& x) noexcept;
/// index: of the line, table or offset in the probe area; count: smallest delay of a tap.
RowKernel structural_row_kernel(Op op, Type type);
/// a to row `index` of the buffers (bytes, lanes row_bytes apart) or to flat output channel `index`.
RowKernel store_kernel(Store::Kind kind, Type type);

}  // namespace sinter::interpret
