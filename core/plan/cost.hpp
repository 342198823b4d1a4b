// The cost model: cycles per base frame of a step, by which recurrences get their strategy. Measured on x86 with two
// vector operations a cycle and four cycles of latency; `sinter bench --predicted` prints it beside measurements.
#pragma once

#include <cstdint>

#include "sinter/plan/plan.hpp"

namespace sinter::planning {

/// What the cost of a recurrence depends on.
struct Shape {
  uint32_t ops = 0;    ///< of the recurrence and what runs with it, per sample and lane
  uint32_t chain = 0;  ///< ops one after another from a state to its next value
  uint32_t states = 0;
  uint32_t inputs = 0;
  uint32_t lanes = 1;
  uint32_t clock = 1;
  bool moves = false;  ///< a coefficient or an input is a control
};
Shape shape_of(const Ir& ir, const Recurrence& recurrence);

double serial_cycles(const Shape& shape);
double lanes_cycles(const Shape& shape, uint32_t width);
double solved_cycles(const Shape& shape, Solution solution, uint32_t width);

/// Cycles per base frame of a whole step, in calls of `chunk` frames.
double step_cycles(const Ir& ir, const Step& step, uint32_t width, uint32_t chunk);

}  // namespace sinter::planning
