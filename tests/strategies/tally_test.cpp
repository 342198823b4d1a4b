// Counts what the other test cases of this program planned; its file's name makes it run after them.
#include "tally.hpp"

#include <doctest/doctest.h>

#include "sinter/sinter.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr auto kConstant = static_cast<size_t>(Solution::constant);

}  // namespace

TEST_CASE("every strategy was chosen often on every machine code backend, in strict mode only those that are exact") {
  // Of few graphs a strategy may be missing by chance.
  const bool enough = scaled(2'000) >= 200 && plans_counted() >= scaled(4'000);
  if (!enough) skipped("how often each strategy was chosen", "too few random recurrences were run");
  StrategyCounts total{};
  bool machine_code = false;
  for (const Backend* backend : backends()) {
    if (backend->width() == 0) continue;
    if (!backend->available()) {
      skipped("strategies on " + std::string(backend->name()), "this processor does not have it");
      continue;
    }
    machine_code = true;
    const StrategyCounts strict = counted(backend->name(), true), fast = counted(backend->name(), false);
    CHECK(strict[kConstant] == 0);
    for (size_t s = 0; enough && s < kStrategyCount; ++s) {
      CAPTURE(backend->name());
      CAPTURE(kStrategies[s]);
      const bool rare = kStrategies[s] == "woven";
      CHECK(fast[s] >= scaled(rare ? 50 : 300));
      if (s != kConstant) CHECK(strict[s] >= scaled(rare ? 50 : 150));
      total[s] += fast[s] + strict[s];
    }
  }
  for (size_t s = 0; enough && machine_code && s < kStrategyCount; ++s) {
    CAPTURE(kStrategies[s]);
    CHECK(total[s] >= scaled(kStrategies[s] == "woven" ? 300 : 2'000));
  }
  MESSAGE(strategy_table());
}
