// See filter_models.hpp. Each form is written once, for any type of number.
#include "filter_models.hpp"

#include <cmath>
#include <numbers>

namespace sinter::test {
namespace {

constexpr long double kPi = std::numbers::pi_v<long double>;

template <class Real>
struct Coefficients {
  explicit Coefficients(const BiquadCoefficients& c)
      : b0(static_cast<Real>(c.b0)),
        b1(static_cast<Real>(c.b1)),
        b2(static_cast<Real>(c.b2)),
        a1(static_cast<Real>(c.a1)),
        a2(static_cast<Real>(c.a2)) {}
  Real b0, b1, b2, a1, a2;
};

template <class Real, class Out>
std::vector<Out> tdf2(const std::vector<float>& in, const BiquadOf& at) {
  std::vector<Out> out;
  Real s1 = 0, s2 = 0;
  for (size_t n = 0; n < in.size(); ++n) {
    const Coefficients<Real> c(at(n));
    const Real x = in[n], y = c.b0 * x + s1;
    s1 = c.b1 * x - c.a1 * y + s2;
    s2 = c.b2 * x - c.a2 * y;
    out.push_back(static_cast<Out>(y));
  }
  return out;
}

template <class Real, class Out>
std::vector<Out> df1(const std::vector<float>& in, const BiquadOf& at) {
  std::vector<Out> out;
  Real x1 = 0, x2 = 0, y1 = 0, y2 = 0;
  for (size_t n = 0; n < in.size(); ++n) {
    const Coefficients<Real> c(at(n));
    const Real x = in[n], y = c.b0 * x + c.b1 * x1 + c.b2 * x2 - c.a1 * y1 - c.a2 * y2;
    x2 = x1, x1 = x, y2 = y1, y1 = y;
    out.push_back(static_cast<Out>(y));
  }
  return out;
}

}  // namespace

// R. Bristow-Johnson, Audio EQ Cookbook, with gain = A².
BiquadCoefficients cookbook(const Design& design, long double hertz, long double rate) {
  const long double w = 2 * kPi * hertz / rate, c = std::cos(w), alpha = std::sin(w) / (2 * design.q);
  if (!design.is_peak()) {
    const long double a0 = 1 + alpha;
    return {(1 - c) / 2 / a0, (1 - c) / a0, (1 - c) / 2 / a0, -2 * c / a0, (1 - alpha) / a0};
  }
  const long double a = std::sqrt(static_cast<long double>(design.gain)), a0 = 1 + alpha / a;
  return {(1 + alpha * a) / a0, -2 * c / a0, (1 - alpha * a) / a0, -2 * c / a0, (1 - alpha / a) / a0};
}

// Two trapezoidal integrators around a damping, solved for their common input; V. Zavalishin, The Art of VA Filter
// Design.
std::vector<double> exact_svf(const Design& design, const std::vector<float>& in, const Frequencies& hertz,
                              double rate) {
  std::vector<double> out;
  const long double gain = design.gain, k = 1 / (design.q * std::sqrt(gain));
  long double z1 = 0, z2 = 0;
  for (size_t n = 0; n < in.size(); ++n) {
    const long double g = std::tan(kPi * static_cast<long double>(hertz[n]) / static_cast<long double>(rate));
    const long double high = (in[n] - (k + g) * z1 - z2) / (1 + k * g + g * g);
    const long double band = g * high + z1, low = g * band + z2;
    z1 = band + g * high;
    z2 = low + g * band;
    out.push_back(static_cast<double>(design.is_peak() ? in[n] + k * (gain - 1) * band : low));
  }
  return out;
}

std::vector<double> exact_tdf2(const std::vector<float>& in, const BiquadOf& at) {
  return tdf2<long double, double>(in, at);
}
std::vector<double> exact_df1(const std::vector<float>& in, const BiquadOf& at) {
  return df1<long double, double>(in, at);
}
std::vector<float> scalar_tdf2(const std::vector<float>& in, const BiquadOf& at) { return tdf2<float, float>(in, at); }
std::vector<float> scalar_df1(const std::vector<float>& in, const BiquadOf& at) { return df1<float, float>(in, at); }

double signal_to_error_db(const std::vector<double>& exact, const std::vector<float>& got) {
  double signal = 0, error = 0;
  for (size_t n = 0; n < exact.size(); ++n) {
    signal += exact[n] * exact[n];
    error += (got[n] - exact[n]) * (got[n] - exact[n]);
  }
  return std::isfinite(error) ? 10 * std::log10(signal / std::max(error, 1e-300)) : -999;
}

}  // namespace sinter::test
