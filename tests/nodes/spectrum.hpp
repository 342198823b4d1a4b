// A double-precision transform and the integer phases of oscillators, for tests to model them with.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

namespace sinter::test {

inline constexpr double kTau = 6.283185307179586;

/// Of a power of two of values, scaled so that a cosine of amplitude 1 gives 1/2 in its two bins.
inline std::vector<std::complex<double>> transform(std::vector<std::complex<double>> x) {
  const size_t n = x.size();
  for (size_t i = 1, j = 0; i < n; ++i) {
    size_t bit = n / 2;
    for (; j & bit; bit /= 2) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (size_t half = 1; half < n; half *= 2) {
    std::vector<std::complex<double>> turn(half);
    for (size_t k = 0; k < half; ++k)
      turn[k] = std::polar(1.0, -kTau * static_cast<double>(k) / static_cast<double>(2 * half));
    for (size_t at = 0; at < n; at += 2 * half)
      for (size_t k = 0; k < half; ++k) {
        const std::complex<double> even = x[at + k], odd = x[at + half + k] * turn[k];
        x[at + k] = even + odd, x[at + half + k] = even - odd;
      }
  }
  for (std::complex<double>& bin : x) bin /= static_cast<double>(n);
  return x;
}
inline std::vector<std::complex<double>> transform(const std::vector<float>& x) {
  return transform(std::vector<std::complex<double>>(x.begin(), x.end()));
}

/// Amplitudes of the cosines in a signal, from 0 Hz to half the sample rate.
inline std::vector<double> amplitudes(const std::vector<float>& x) {
  const auto bins = transform(x);
  std::vector<double> list;
  for (size_t b = 0; b <= x.size() / 2; ++b) list.push_back((b == 0 || b == x.size() / 2 ? 1 : 2) * std::abs(bins[b]));
  return list;
}

inline uint32_t increment(double hertz, double rate) {
  return static_cast<uint32_t>(static_cast<int64_t>(std::nearbyint(hertz / rate * 4294967296.0)));
}
/// Of frame n. What never passes 40 Hz has 31 bits more.
inline uint32_t phase_of(uint32_t n, double hertz, double rate) {
  if (hertz == 0 || std::abs(hertz) > 40) return n * increment(hertz, rate);
  const double units = hertz / rate * 4294967296.0, whole = std::floor(units);
  const auto step = static_cast<int64_t>(whole * 0x1p31 + std::nearbyint((units - whole) * 0x1p31));
  return static_cast<uint32_t>(n * static_cast<uint64_t>(step) >> 31);
}

}  // namespace sinter::test
