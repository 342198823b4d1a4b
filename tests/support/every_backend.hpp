// Runs a check on every backend that this processor has, and counts it. For tests that link the whole library.
#pragma once

#include <doctest/doctest.h>

#include "sinter/sinter.hpp"
#include "support.hpp"

namespace sinter::test {

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
