// What machine code of a width gets of a patch, whether this build has a backend of it or not.
#pragma once

#include "sinter/passes/passes.hpp"
#include "sinter/sinter.hpp"

namespace sinter::test {

struct Planned {
  Ir ir;
  Plan plan;
};

/// Lowered and passed as for a backend with fma. Fails the test where that cannot be.
Ir passed(const Graph& graph, bool strict);
Planned planned(const Graph& graph, const PlanOptions& options = {.width = 16});

}  // namespace sinter::test
