// The numbers of one lane of a LinearTable: powers of a small matrix in double, rounded once.
#pragma once

#include <cstdint>

#include "linear_basis.hpp"
#include "linear_program.hpp"

namespace sinter::interpret {

/// Writes gain, step and lane of both versions, and back, to `numbers` (64-byte aligned) as LinearTable says. What an
/// f32 does not hold is written as its largest number, NaN as 0. `bases`: per section. Audio thread; bounded by states³
/// · W.
void write_powers(const LinearTable& table, const LinearSystem& system, const Basis* bases, uint8_t* numbers) noexcept;

}  // namespace sinter::interpret
