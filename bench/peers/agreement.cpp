// Whether two programs compute the same thing.
#include "agreement.hpp"

#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "sinter/base/fp_mode.hpp"

namespace sinter::peers {
namespace {

constexpr uint32_t kFrames = 24'576, kBlock = 64;

Rows response(Runner& runner, const Rows& input) {
  Rows output(runner.outputs, kFrames);
  std::vector<const float*> inputs;
  std::vector<float*> outputs;
  with_audio_fp([&] {
    runner.clear();
    for (uint32_t frame = 0; frame < kFrames; frame += kBlock) {
      input.at(frame, inputs);
      output.at(frame, outputs);
      runner.run(inputs, outputs, kBlock);
    }
  });
  return output;
}

constexpr double kWorst = std::numeric_limits<double>::infinity();

// A NaN is no agreement, nor is silence: it says nothing about either program.
double in_db(double difference, double energy) {
  if (!std::isfinite(difference) || !(energy > 0)) return kWorst;
  return difference > 0 ? 10 * std::log10(difference / energy) : -kWorst;
}

double difference_db(const Rows& truth, const Rows& one, uint32_t lag) {
  if (truth.channels() != one.channels()) return kWorst;
  double energy = 0, difference = 0;
  for (uint32_t c = 0; c < truth.channels(); ++c)
    for (uint32_t i = 0; i + lag < kFrames; ++i) {
      const double is = one[c][i + lag], should = truth[c][i];
      energy += should * should;
      difference += (is - should) * (is - should);
    }
  return in_db(difference, energy);
}

constexpr uint32_t kWindow = 32;
using Bands = std::array<double, kWindow / 2 + 1>;

// Mean powers under windows that overlap by half (P. Welch, The use of fast Fourier transform for the estimation of
// power spectra, IEEE Trans. Audio Electroacoust. 15, 1967), by the definition of the transform: there is little to do.
Bands powers(const float* signal) {
  constexpr double kAngle = 2 * std::numbers::pi / kWindow;
  Bands bands{};
  for (uint32_t start = 0; start + kWindow <= kFrames; start += kWindow / 2)
    for (uint32_t band = 0; band < bands.size(); ++band) {
      std::complex<double> sum = 0;
      for (uint32_t i = 0; i < kWindow; ++i)
        sum += (1 - std::cos(kAngle * i)) * signal[start + i] * std::polar(1.0, kAngle * (band * i % kWindow));
      bands[band] += std::norm(sum);
    }
  return bands;
}

double spectral_difference_db(const Rows& truth, const Rows& one) {
  if (truth.channels() != one.channels()) return kWorst;
  double energy = 0, difference = 0;
  for (uint32_t c = 0; c < truth.channels(); ++c) {
    const Bands should = powers(truth[c]), is = powers(one[c]);
    for (size_t band = 0; band < is.size(); ++band) {
      energy += should[band] * should[band];
      difference += (is[band] - should[band]) * (is[band] - should[band]);
    }
  }
  return in_db(difference, energy);
}

// The worst over the signals.
template <class Compare>
double worst_db(const Responses& truth, const Responses& one, Compare compare) {
  if (truth.signals.size() != one.signals.size()) return kWorst;
  double worst = -kWorst;
  for (size_t k = 0; k < truth.signals.size(); ++k) worst = std::max(worst, compare(truth.signals[k], one.signals[k]));
  return worst;
}

}  // namespace

Responses respond(Runner& runner) {
  Responses responses;
  Rows input(runner.inputs, kFrames);
  for (uint32_t c = 0; c < runner.inputs; ++c) input[c][0] = 1;
  responses.signals.push_back(response(runner, input));
  if (runner.inputs == 0) return responses;
  input.fill_with_noise();
  responses.signals.push_back(response(runner, input));
  return responses;
}

double difference_db(const Responses& truth, const Responses& one, uint32_t lag) {
  return worst_db(truth, one, [&](const Rows& should, const Rows& is) { return difference_db(should, is, lag); });
}

double spectral_difference_db(const Responses& truth, const Responses& one) {
  return worst_db(truth, one, [](const Rows& should, const Rows& is) { return spectral_difference_db(should, is); });
}

}  // namespace sinter::peers
