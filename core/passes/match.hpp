// Matches one inst against the rules of simplify and says what it becomes.
#pragma once

#include <optional>

#include "sinter/passes/simplify_rules.hpp"

namespace sinter {

/// What the variables of a rule stand for.
struct Bindings {
  Value values[kRuleVariables];
};

/// The first rule that fits the inst, or null. Its arguments are in `ir`; it need not be itself.
const SimplifyRule* find_rule(const Ir& ir, const Inst& inst, bool strict, Bindings& bindings);

/// Whether x is never a denormal: made by arithmetic, which flushes, or chosen from such values. May be false for want
/// of looking far enough.
bool is_flushed(const Ir& ir, Value x, uint32_t depth = 0);

}  // namespace sinter
