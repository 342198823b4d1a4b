// Runs something again and again, each time with another allocation failing, once and for good from there on.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "failing.hpp"
#include "sinter/base/error.hpp"
#include "support.hpp"

namespace sinter::test {

/// Points tried of one operation: all of them where there are no more, else spread evenly.
inline uint64_t max_points() { return std::max<uint64_t>(40, scaled(300)); }

struct Sweep {
  uint64_t points = 0;    ///< allocations of one run in which nothing fails
  uint64_t tried = 0;     ///< runs with a failure
  uint64_t refused = 0;   ///< that ended with an error
  uint64_t survived = 0;  ///< that got what they wanted nevertheless

  void print(const std::string& what) const {
    MESSAGE(what << ": " << points << " allocation points, " << tried << " runs, " << refused << " refused, "
                 << survived << " got along without");
  }
};

/// `operation` gives a Result; `is_right` says whether one that is a value is what it should be; `is_refusal` which
/// error codes may come. Fails the test where neither holds.
template <class Operation, class IsRight, class IsRefusal>
Sweep sweep(const std::string& what, Operation&& operation, IsRight&& is_right, IsRefusal&& is_refusal) {
  Sweep all;
  const auto attempt = [&](Failure failure, uint64_t& points) {
    const FailingMemory memory(failure);
    auto result = operation();
    points = memory.points();
    return result;
  };
  for (int warm_up = 0; warm_up < 2; ++warm_up)  // what is made once per process is made
    REQUIRE(is_right(attempt({}, all.points)));
  REQUIRE(all.points > 0);
  const uint64_t count = std::min(all.points, max_points());
  for (uint64_t n = 0; n < count; ++n)
    for (const bool for_good : {false, true}) {
      const uint64_t point = n * all.points / count;
      uint64_t points = 0;
      const auto result = attempt({point, for_good}, points);
      ++all.tried;
      ++(result ? all.survived : all.refused);
      const bool good = result ? is_right(result) : is_refusal(result.error().code);
      if (good) continue;
      CAPTURE(what);
      CAPTURE(point);
      CAPTURE(for_good);
      if (result) FAIL("a wrong result");
      else FAIL(format(result.error()));
    }
  all.print(what);
  return all;
}

inline bool only_out_of_memory(Errc code) { return code == Errc::out_of_memory; }

}  // namespace sinter::test
