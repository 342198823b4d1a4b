// See bound.hpp. Windows do not show up here: the worst of all windows is the worst of all frames.
#include "bound.hpp"

#include <algorithm>
#include <cmath>

namespace sinter::test {
namespace {

double error_of(float exact, float got) { return std::abs(static_cast<double>(got) - exact); }

}  // namespace

double use_of_bound(const Audio& exact, const Audio& strict, const Audio& fast) {
  double worst = 0;
  for (size_t c = 0; c < exact.size(); ++c) {
    double strict_error = 0, fast_error = 0, peak = 0;
    for (size_t f = 0; f < exact[c].size(); ++f) {
      peak = std::max(peak, std::abs(static_cast<double>(exact[c][f])));
      strict_error = std::max(strict_error, error_of(exact[c][f], strict[c][f]));
      const double error = error_of(exact[c][f], fast[c][f]);
      if (!std::isfinite(error)) return 100;
      fast_error = std::max(fast_error, error);
    }
    if (fast_error > 0) worst = std::max(worst, fast_error / (4 * strict_error + 0x1p-20 * peak));
  }
  return std::min(worst, 100.0);
}

double signal_to_error_db(const Audio& exact, const Audio& got) {
  double signal = 0, error = 0;
  for (size_t c = 0; c < exact.size(); ++c)
    for (size_t f = 0; f < exact[c].size(); ++f) {
      signal += static_cast<double>(exact[c][f]) * exact[c][f];
      error += std::pow(error_of(exact[c][f], got[c][f]), 2);
    }
  if (error == 0) return 400;
  return 10 * std::log10(signal / error);
}

double largest_error(const Audio& exact, const Audio& got) {
  double error = 0;
  for (size_t c = 0; c < exact.size(); ++c)
    for (size_t f = 0; f < exact[c].size(); ++f) error = std::max(error, error_of(exact[c][f], got[c][f]));
  return error;
}

bool all_finite(const Audio& audio) {
  for (const std::vector<float>& row : audio)
    for (const float x : row)
      if (!std::isfinite(x)) return false;
  return true;
}

bool comparable(const Audio& exact, const Audio& strict) {
  return all_finite(exact) && all_finite(strict) && signal_to_error_db(exact, strict) >= 40;
}

}  // namespace sinter::test
