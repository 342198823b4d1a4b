// How fast a response dies away.
#pragma once

#include <cmath>
#include <vector>

namespace sinter::test {

/// Seconds to −60 dB, from the backward integrated energy of a response between −5 and −35 dB: a straight line of least
/// squares (M. R. Schroeder, New method of measuring reverberation time, J. Acoust. Soc. Am. 37 (1965); ISO 3382, T30).
template <class Sample>
double decay_seconds(const std::vector<Sample>& response, double sample_rate) {
  std::vector<double> left(response.size() + 1);
  for (size_t n = response.size(); n-- > 0;)
    left[n] = left[n + 1] + static_cast<double>(response[n]) * static_cast<double>(response[n]);
  double count = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (size_t n = 0; n < response.size(); ++n) {
    const double level = 10 * std::log10(left[n] / left[0]), x = static_cast<double>(n);
    if (!(level < -5 && level > -35)) continue;
    count += 1, sum_x += x, sum_y += level, sum_xx += x * x, sum_xy += x * level;
  }
  const double slope = (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x);
  return -60 / slope / sample_rate;
}

}  // namespace sinter::test
