// One section of the trapezoidal state-variable filter, which the filters by name and the crossover are made of.
#pragma once

#include <string_view>

#include "families.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {

struct Svf {
  Signal in, band, low;
};

/// One sample of a section with integrator gain g = tan(π · freq / sr), as top / bottom, and damping k = 1/Q. `name`
/// tells the states of several sections of a node apart.
Svf svf(NodeBuild& b, const math::Ratio& g, Signal k, Signal in, std::string_view name = "");

/// tan(π · freq / sr) of the port `freq`: the analogue prototype's frequency, so that freq itself is met exactly.
math::Ratio warped(NodeBuild& b);

}  // namespace sinter::nodes
