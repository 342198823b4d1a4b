// Private to the engine: reading and writing the control area, whose values are f64 and whose ramps are of audio's
// type.
#pragma once

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

}  // namespace sinter
