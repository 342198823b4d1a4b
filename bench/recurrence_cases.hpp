// The patches of `sinter bench --recurrences`, each with the loops that do the same in C++ and what is aimed at.
#pragma once

#include <string>
#include <vector>

#include "sinter/bench/bench.hpp"
#include "textbook.hpp"

namespace sinter::measuring {

struct RecurrenceCase {
  std::string name;
  Graph graph;
  textbook::Maker loop;  ///< what ratios are against
  struct Other {
    std::string name;
    textbook::Maker make;
  };
  std::vector<Other> other_loops;  ///< the same written in another way
  struct Limit {
    std::string backend;
    double ns_per_frame = 0;  ///< at kGoalGhz
  };
  std::vector<Limit> limits;
  double times_faster = 0;  ///< than the loop; 0: no goal
};

inline constexpr double kGoalGhz = 2.7;  ///< the clock that goals in nanoseconds are for

/// Control thread. Errors: of the patches.
Result<std::vector<RecurrenceCase>> recurrence_cases();

}  // namespace sinter::measuring
