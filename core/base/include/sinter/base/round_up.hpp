// Sizes in whole units: rows of whole vectors, memory of whole cache lines.
#pragma once

#include <cstdint>
#include <type_traits>

namespace sinter {

inline constexpr uint32_t kCacheLine = 64;  ///< bytes; also the widest vector

/// The smallest multiple of `unit` that is at least `n`.
template <class T>
constexpr T round_up(T n, std::type_identity_t<T> unit) {
  return (n + unit - 1) / unit * unit;
}

}  // namespace sinter
