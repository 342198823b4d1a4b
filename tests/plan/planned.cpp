// See planned.hpp.
#include "planned.hpp"

#include <doctest/doctest.h>

namespace sinter::test {

Ir passed(const Graph& graph, bool strict) {
  Result<Ir> ir = lower(graph, {.library = &standard_nodes()});
  if (!ir) FAIL(format(ir.error()));
  return run_passes(std::move(*ir), {.strict = strict, .fuse_mul_add = !strict});
}

Planned planned(const Graph& graph, const PlanOptions& options) {
  Planned made{.ir = passed(graph, options.strict)};
  Result<Plan> plan = make_plan(made.ir, options);
  if (!plan) FAIL(format(plan.error()));
  made.plan = std::move(*plan);
  return made;
}

}  // namespace sinter::test
