// The rotation that brings a matrix of two states to real Schur form (Golub, Van Loan: Matrix Computations, 7.4).
#include "linear_basis.hpp"

#include <algorithm>
#include <cmath>

namespace sinter::interpret {

// A rotation by θ turns p = a - d and σ = b + c into each other by 2θ and leaves δ = b - c as it is. With r = |(p, σ)|
// the poles differ by q = √(r² - δ²): real where |δ| ≤ r. Equal diagonal elements: p cos 2θ + σ sin 2θ = 0. An upper
// triangle: σ cos 2θ - p sin 2θ = δ. Both are met by (cos 2θ, sin 2θ) = (δ' σ + q p, q σ - δ' p) / r², with δ' = δ
// limited to ±r and q = 0 where the poles are complex.
Basis choose_basis(double a, double b, double c, double d) noexcept {
  double p = a - d, sigma = b + c, delta = b - c;
  const double scale = std::max(std::fabs(p), std::fabs(sigma));
  if (!(scale > 0) || !std::isfinite(scale) || !std::isfinite(delta)) return {};
  p /= scale;
  sigma /= scale;
  delta /= scale;
  const double r2 = p * p + sigma * sigma, r = std::sqrt(r2);
  const bool complex = std::fabs(delta) >= r;
  const double limited = std::clamp(delta, -r, r);
  const double difference = complex ? 0 : p * p + 4 * (b / scale) * (c / scale);
  const double q = std::copysign(std::sqrt(std::max(difference, 0.0)), p);
  const double twice_cosine = limited * sigma + q * p, twice_sine = q * sigma - limited * p;
  const double norm = std::sqrt(twice_cosine * twice_cosine + twice_sine * twice_sine);
  // The half angle without cancellation.
  const double cosine2 = twice_cosine / norm, sine2 = twice_sine / norm;
  const double larger = std::sqrt(0.5 + 0.5 * std::fabs(cosine2));
  const double smaller = std::fabs(sine2) / (2 * larger);
  return cosine2 >= 0 ? Basis{larger, std::copysign(smaller, sine2)} : Basis{smaller, std::copysign(larger, sine2)};
}

}  // namespace sinter::interpret
