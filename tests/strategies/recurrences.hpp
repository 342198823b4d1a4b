// Random Irs of recurrences, built so that whatever the plan does with each of them can be judged: they are contractive
// and continuous, so that errors neither grow nor jump.
#pragma once

#include <cstdint>

#include "sinter/ir/builder.hpp"

namespace sinter::test {

inline constexpr uint32_t kMostUnits = 6;

struct RecurrenceInfo {
  uint32_t units = 0;            ///< recurrences and small groups of them
  bool well_conditioned = true;  ///< f32 coefficients do not move its poles much: an absolute bound on errors holds
};

/// Builds inputs, parameters p0 … p2 (−1 … 1), up to kMostUnits units at clocks 1, 2 and 4 and in up to 70 lanes, and
/// outputs into the builder's empty Ir. The same seed gives the same recurrences in f32 and f64. Of a unit whose bit in
/// `kept` is 0 nothing is heard: its input goes past it.
RecurrenceInfo random_recurrences(uint64_t seed, Builder& builder, uint32_t kept = UINT32_MAX);

}  // namespace sinter::test
