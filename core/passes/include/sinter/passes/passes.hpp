// The passes, as one list in the order they run. Each makes an Ir simpler or faster and keeps its meaning.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "sinter/ir/ir.hpp"

namespace sinter {

struct PassContext {
  bool strict = false;
  bool fuse_mul_add = false;                         ///< the backend has fma and the mode is fast
  const std::function<bool()>* cancelled = nullptr;  ///< polled: the Ir is not wanted any more. Null: never
};

struct Pass {
  std::string_view name;
  /// Linear in the size of the Ir. False where it left the Ir as it was.
  bool (*run)(Ir& ir, const PassContext& context);
  std::string_view doc;
};

/// All passes in order; `sinter inspect` and SINTER_TRACE know them by these names.
std::span<const Pass> pipeline();

/// Runs them all, traces each that SINTER_TRACE asks for (before/after or "unchanged", and its time). Debug builds, and
/// all builds where the environment has SINTER_VERIFY, verify the Ir before the first pass and after each, and abort
/// where a rule is broken. Once cancelled, what it returns is good for nothing but being dropped. Control thread.
Ir run_passes(Ir ir, const PassContext& context);

}  // namespace sinter
