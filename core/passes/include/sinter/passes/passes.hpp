// The passes, as one list in the order they run. Each takes an Ir and returns a better one with the same meaning.
#pragma once

#include <span>
#include <string_view>

#include "sinter/ir/ir.hpp"

namespace sinter {

struct PassContext {
  bool strict = false;
  bool fuse_mul_add = false;  ///< the backend has fma and the mode is fast
};

struct Pass {
  std::string_view name;
  Ir (*run)(const Ir& ir, const PassContext& context);
  std::string_view doc;
};

/// All passes in order; `sinter inspect` and SINTER_TRACE know them by these names.
std::span<const Pass> pipeline();

/// Runs them all, traces each that SINTER_TRACE asks for (before/after or "unchanged", and its time). Control thread.
Ir run_passes(Ir ir, const PassContext& context);

}  // namespace sinter
