// Programs for a backend, and a check on every backend that this processor has. For tests that link the whole library.
#pragma once

#include <doctest/doctest.h>

#include <memory>

#include "sinter/sinter.hpp"
#include "support.hpp"

namespace sinter::test {

/// Compiled with the standard nodes; fails the test where that is not possible.
inline std::shared_ptr<const Program> program_of(const Graph& graph, const Backend& backend, bool strict = true) {
  CompileOptions options;
  options.backend = &backend;
  options.strict = strict;
  Result<Compiled> compiled = compile_patch(graph, options);
  if (!compiled) FAIL(format(compiled.error()));
  return compiled->program;
}

template <class F>
void on_every_backend(F&& check) {
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    CAPTURE(backend->name());
    check(*backend);
    ran_on(backend->name());
  }
}

}  // namespace sinter::test
