// See lanes.hpp.
#include "lanes.hpp"

#include <vector>

namespace sinter::nodes {

Signal in_lanes(Builder& b, std::span<const double> numbers) {
  std::vector<Signal> parts;
  for (const double number : numbers) parts.push_back(b.constant(number));
  return b.stack(parts);
}

Signal repeated(Builder& b, Signal x, uint32_t each, uint32_t times) {
  if (x.lanes() == 1) return x;
  if (each > 1) x = b.relane(x, {.repeat = each}, each * x.lanes());
  return b.stack(std::vector<Signal>(times, x));
}

Signal both_sides(Builder& b, Signal x) {
  const uint32_t instances = x.lanes() / 2;
  return b.relane(x, {.stride = 2}, instances) + b.relane(x, {.offset = 1, .stride = 2}, instances);
}

}  // namespace sinter::nodes
