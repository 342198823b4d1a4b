// How numbers and signals come to the lanes of instances.
#pragma once

#include <span>

#include "families.hpp"

namespace sinter::nodes {

/// Number i in lane i.
Signal in_lanes(Builder& b, std::span<const double> numbers);
/// Each lane of x `each` times, all of that `times` times. One lane stays one, which suits any number of them.
Signal repeated(Builder& b, Signal x, uint32_t each, uint32_t times = 1);
/// Left + right of a signal with two lanes an instance: one lane an instance.
Signal both_sides(Builder& b, Signal x);

}  // namespace sinter::nodes
