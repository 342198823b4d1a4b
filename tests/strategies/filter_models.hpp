// Second-order filters as they are meant, in long double, and as a textbook writes them, in plain float.
#pragma once

#include <functional>
#include <vector>

namespace sinter::test {

/// A filter of the Audio EQ Cookbook: a low-pass, or a peak where gain is not 1 (linear, at the centre).
struct Design {
  const char* name;
  double hertz, q, gain;
  bool is_peak() const { return gain != 1; }
};

struct BiquadCoefficients {
  long double b0, b1, b2, a1, a2;  ///< a0 = 1
};
BiquadCoefficients cookbook(const Design& design, long double hertz, long double rate);

/// The frequency of each sample.
using Frequencies = std::vector<double>;
/// The coefficients of each sample.
using BiquadOf = std::function<BiquadCoefficients(size_t)>;

/// The trapezoidal state-variable filter with frequencies as given.
std::vector<double> exact_svf(const Design& design, const std::vector<float>& in, const Frequencies& hertz,
                              double rate);
/// Transposed direct form II, direct form I.
std::vector<double> exact_tdf2(const std::vector<float>& in, const BiquadOf& at);
std::vector<double> exact_df1(const std::vector<float>& in, const BiquadOf& at);

/// The same in float with coefficients rounded to float.
std::vector<float> scalar_tdf2(const std::vector<float>& in, const BiquadOf& at);
std::vector<float> scalar_df1(const std::vector<float>& in, const BiquadOf& at);

/// 10 · log10 of the sums of squares of signal and error over everything.
double signal_to_error_db(const std::vector<double>& exact, const std::vector<float>& got);

}  // namespace sinter::test
