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
  double waiting = 0;  ///< cycles that these take
  uint32_t states = 0;
  uint32_t inputs = 0;
  uint32_t rows = 0;  ///< of a whole step: inputs with a row for each lane. What a recurrence reads may be in lanes too
  uint32_t lanes = 1;
  uint32_t clock = 1;
  uint32_t sections = 1;  ///< in series, of which the recurrence was merged
  uint32_t elements = 0;  ///< of a matrix over the states that are not 0 by its structure
  uint32_t products = 0;  ///< of elements in a product of two such matrices
  bool moves = false;     ///< a coefficient or an input is a control
};
Shape shape_of(const Ir& ir, const Recurrence& recurrence);

double serial_cycles(const Shape& shape);
double lanes_cycles(const Shape& shape, uint32_t width);
double solved_cycles(const Shape& shape, Solution solution, uint32_t width);
/// Of a recurrence of Solution::constant that stands in a row of such and waits for the one before.
double series_cycles(const Shape& shape, uint32_t width);

/// Cycles per base frame of a whole step, in calls of `chunk` frames.
double step_cycles(const Ir& ir, const Step& step, uint32_t width, uint32_t chunk);
/// The same of a serial step whose delays are long: a sample waits for the one before through states alone.
double overlapping_cycles(const Ir& ir, const Step& step, uint32_t width, uint32_t chunk);

}  // namespace sinter::planning
