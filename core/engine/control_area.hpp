// Private to the engine: reading and writing the control area, whose values are f64 and whose ramps are of audio's
// type; and what lets numbers from outside into it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace sinter {

template <class T>
void write(uint8_t* at, double value) {
  const T element = static_cast<T>(value);
  std::memcpy(at, &element, sizeof element);
}

inline double read_control(const uint8_t* controls, uint32_t offset) {
  double value;
  std::memcpy(&value, controls + offset, sizeof value);
  return value;
}

/// `value` in lo … hi, and `lo` where it is not a number, which std::clamp would let through.
inline double within(double value, double lo, double hi) { return value >= lo ? std::min(value, hi) : lo; }

}  // namespace sinter
