// Constant folding of one inst, for fold_constants and for simplify, which folds what its rules make.
#pragma once

#include "sinter/passes/passes.hpp"

namespace sinter {

/// The literal that an inst of literals is; false where it is none. Ops of the table, hold and ramp.
bool fold_literal(const Ir& ir, const Inst& inst, uint64_t& bits);

bool fold_constants(Ir& ir, const PassContext& context);

}  // namespace sinter
