// The classic waveforms against their definitions: the ideal wave with two-point residuals at its corners in time, and
// the spectrum that such a wave must have.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

#include "run.hpp"
#include "spectrum.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// Single precision: a phase cut to 24 bits, and its distance from a corner in samples, cut where a sample is short.
constexpr double kTolerance = 1e-6;

double wrapped(double turns) { return turns - std::floor(turns); }

// What a step by 1 at `at` turns adds to the ideal wave, and a corner where the slope rises by 1 per sample; `step` in
// turns per sample.
double step_residual(double phase, double at, double step) {
  double sum = 0;
  for (const double image : {-1.0, 0.0, 1.0}) {
    const double x = (phase - at - image) / step, u = std::max(0.0, 1 - std::abs(x));
    if (x != 0) sum += (x < 0 ? 0.5 : -0.5) * u * u;
  }
  return sum;
}
double corner_residual(double phase, double at, double step) {
  double sum = 0;
  for (const double image : {-1.0, 0.0, 1.0}) {
    const double u = std::max(0.0, 1 - std::abs(phase - at - image) / step);
    sum += u * u * u / 6;
  }
  return sum;
}

double model(const std::string& type, double phase, double step, double width = 0.5) {
  const double p = wrapped(phase);
  step = std::max(std::abs(step), 0x1p-32);
  if (type == "saw") return (p == 0 ? 0 : 2 * p - 1) - 2 * step_residual(p, 0, step);
  if (type == "triangle") {
    const double naive = p < 0.25 ? 4 * p : p < 0.75 ? 2 - 4 * p : 4 * p - 4;
    return naive + 8 * step * (corner_residual(p, 0.75, step) - corner_residual(p, 0.25, step));
  }
  if (width == 0 || width == 1) return 2 * width - 1;
  const double naive = p == 0 || p == width ? 0 : p < width ? 1 : -1;
  return naive + 2 * (step_residual(p, 0, step) - step_residual(p, width, step));
}

constexpr const char* kTypes[] = {"saw", "square", "triangle", "pulse"};

// The amplitude of harmonic m of the wave that these residuals band-limit: that of the ideal wave, times the response
// of a triangle of two samples, sinc². `step` in turns per sample.
double harmonic(const std::string& type, double m, double step, double width) {
  const double x = kTau / 2 * m * step, limited = std::sin(x) * std::sin(x) / (x * x);
  const bool odd = std::fmod(m, 2) == 1;
  if (type == "saw") return limited * 4 / (kTau * m);
  if (type == "triangle") return odd ? limited * 32 / (kTau * kTau * m * m) : 0;
  return limited * 8 / (kTau * m) * std::abs(std::sin(kTau / 2 * m * width));
}

struct Pitch {
  double rate, hertz;
};
constexpr Pitch kPitches[] = {{44'100, 1245}, {44'100, 5000}, {96'000, 1245}, {96'000, 5000}};
constexpr uint32_t kWindow = 1 << 15;

// An odd whole number of periods in the window, next to a pitch, so that every harmonic has a bin to itself, wherever
// it is mirrored to.
uint32_t periods(const Pitch& pitch) { return static_cast<uint32_t>(pitch.hertz / pitch.rate * kWindow / 2) * 2 + 1; }
Graph periodic(const std::string& type, const Pitch& pitch, double width) {
  std::vector<std::pair<std::string, std::string>> ports = {
      {"freq", std::to_string(periods(pitch)) + " * sr / " + std::to_string(kWindow)}};
  if (type == "pulse") ports.push_back({"width", std::to_string(width)});
  return one_node(type, ports, {}, {});
}

}  // namespace

TEST_CASE("saw, square, triangle and pulse are the ideal waves with the residuals of polyBLEP and polyBLAMP") {
  for (const std::string type : kTypes)
    for (const double rate : kRates)
      for (const double hertz : {0.0, 0.7, -31.3, 440.0, 1234.5678, 9000.0, -15000.0, 21000.0})
        for (const double width : {0.5, 0.0, 0.0037, 0.83, 1.0}) {
          if (type != "pulse" && width != 0.5) continue;
          CAPTURE(type);
          CAPTURE(rate);
          CAPTURE(hertz);
          CAPTURE(width);
          std::vector<std::pair<std::string, std::string>> ports = {{"freq", std::to_string(hertz)}};
          if (type == "pulse") ports.push_back({"width", std::to_string(width)});
          std::vector<double> expected;
          for (uint32_t n = 0; n < 2000; ++n)
            expected.push_back(model(type, phase_of(n, hertz, rate) / 4294967296.0, hertz / rate, width));
          on_every_executor(one_node(type, ports, {}, {}), {}, 2000, {.sample_rate = rate},
                            [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < kTolerance); });
        }
}

TEST_CASE("their spectra are those of a two-sample triangle's response, harmonics and aliases alike") {
  for (const std::string type : kTypes)
    for (const Pitch pitch : kPitches) {
      const double width = type == "pulse" ? 0.3 : 0.5;
      const uint32_t k = periods(pitch);
      std::vector<double> expected(kWindow / 2 + 1);
      expected[0] = 2 * width - 1;
      for (uint32_t m = 1; m < kWindow / 2; ++m) {
        const uint32_t bin = m * k % kWindow;
        expected[std::min(bin, kWindow - bin)] += harmonic(type, m, static_cast<double>(k) / kWindow, width);
      }
      CAPTURE(type);
      CAPTURE(pitch.rate);
      CAPTURE(pitch.hertz);
      on_every_executor(periodic(type, pitch, width), {}, kWindow, {.sample_rate = pitch.rate}, [&](const Rows& out) {
        const std::vector<double> found = amplitudes(out[0]);
        double worst = 0;
        for (size_t b = 0; b < found.size(); ++b) worst = std::max(worst, std::abs(found[b] - std::abs(expected[b])));
        CHECK(worst < 1e-6);
      });
    }
}

TEST_CASE("aliases below an eighth of the rate are at least 34 dB below those of the naive wave") {
  const double least_drop = 34;  // sinc²(7/8) = 0.0194 is what the nearest of them are weighted with
  for (const std::string type : {"saw", "square", "triangle"})
    for (const Pitch pitch : kPitches) {
      const uint32_t k = periods(pitch);
      std::vector<float> naive;
      for (uint32_t n = 0; n < kWindow; ++n) {
        const double p = wrapped(static_cast<double>(n) * k / kWindow);
        naive.push_back(static_cast<float>(model(type, p, 0)));
      }
      const std::vector<double> before = amplitudes(naive);
      CAPTURE(type);
      CAPTURE(pitch.rate);
      CAPTURE(pitch.hertz);
      on_every_executor(periodic(type, pitch, 0.5), {}, kWindow, {.sample_rate = pitch.rate}, [&](const Rows& out) {
        const std::vector<double> found = amplitudes(out[0]);
        double was = 0, is = 0;
        for (size_t b = 1; b < kWindow / 8; ++b) {
          if (b % k == 0) continue;
          was += before[b] * before[b], is += found[b] * found[b];
        }
        CHECK(10 * std::log10(was / is) > least_drop);
      });
    }
}

TEST_CASE("a pulse follows a width that moves, and its mean is 2 · width - 1") {
  constexpr uint32_t kFrames = 48'000;
  const double hertz = 300, rate = 48'000;
  std::vector<float> width(kFrames);
  std::vector<double> expected;
  double mean = 0;
  for (uint32_t n = 0; n < kFrames; ++n) {
    width[n] = static_cast<float>(0.5 + 0.5 * std::sin(kTau * 2.3 * n / kFrames));
    expected.push_back(model("pulse", phase_of(n, hertz, rate) / 4294967296.0, hertz / rate, width[n]));
    mean += (2.0 * width[n] - 1) / kFrames;
  }
  on_every_executor(one_node("pulse", {{"freq", "300"}, {"width", "in"}}), {width}, kFrames, {}, [&](const Rows& out) {
    // A width in single precision is 2^-24 turns off, over the 1/160 turn that a sample is, on a slope of 2.
    CHECK(worst_difference(out[0], expected) < 4e-5);
    double found = 0;
    for (float sample : out[0]) found += static_cast<double>(sample) / kFrames;
    CHECK(std::abs(found - mean) < 1e-3);
  });
}

TEST_CASE("waveforms take phase, reset and an audio-rate frequency as a phasor does") {
  constexpr uint32_t kFrames = 3000;
  const double rate = 48'000;
  std::vector<float> hertz(kFrames), gate(kFrames);
  uint32_t phase = 0;
  std::vector<double> steps;
  for (uint32_t n = 0; n < kFrames; ++n) {
    hertz[n] = static_cast<float>(1500 + 4000 * std::sin(0.013 * n));
    gate[n] = n % 700 > 500 ? 1.0f : 0.0f;
    steps.push_back(hertz[n] / rate);
  }
  for (const std::string type : kTypes) {
    CAPTURE(type);
    std::vector<double> expected;
    phase = 0;
    for (uint32_t n = 0; n < kFrames; ++n) {
      if (n > 0 && gate[n] > 0 && gate[n - 1] <= 0) phase = 0;
      expected.push_back(model(type, phase / 4294967296.0 + 0.375, steps[n]));
      // A frequency in single precision is multiplied and rounded in single precision.
      const float units = hertz[n] * static_cast<float>(4294967296.0 / rate);
      phase += static_cast<uint32_t>(static_cast<int32_t>(std::nearbyint(units)));
    }
    const Graph graph = one_node(type, {{"freq", "in"}, {"reset", "gate"}, {"phase", "0.375"}}, {}, {"in", "gate"});
    on_every_executor(graph, {hertz, gate}, kFrames, {},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 1e-4); });
  }
}

TEST_CASE("a parameter that rests gives what its number gives") {
  const char* const kPorts[] = {"freq", "phase", "width", "position"};
  const double values[] = {1234.5, 0.3, 0.2, 0.6};
  for (const std::string type : {"saw", "square", "triangle", "pulse", "wavetable"}) {
    CAPTURE(type);
    Graph moving, resting;
    std::vector<std::pair<std::string, std::string>> params, numbers;
    for (size_t i = 0; i < std::size(kPorts); ++i) {
      if ((i == 2 && type != "pulse") || (i == 3 && type != "wavetable")) continue;
      const std::string id = "p_" + std::string(kPorts[i]);
      moving.params.push_back({.id = id, .minimum = 0, .maximum = 5000, .fallback = values[i]});
      params.push_back({kPorts[i], "$" + id});
      numbers.push_back({kPorts[i], std::to_string(values[i])});
    }
    std::vector<std::pair<std::string, SettingValue>> settings;
    if (type == "wavetable")
      settings.push_back({"table", {.kind = SettingKind::numbers, .numbers = {0, 1, 0.3, -2, 1, -0.7, 0.1}}});
    moving.node("x", type, params, settings), resting.node("x", type, numbers, settings);
    moving.output("out", "x"), resting.output("out", "x");
    for (const Backend* backend : backends()) {
      if (!backend->available()) continue;
      const Rows expected = render(resting, {}, 2000, {}, *backend), found = render(moving, {}, 2000, {}, *backend);
      const std::vector<double> same(expected[0].begin(), expected[0].end());
      CHECK(worst_difference(found[0], same) < 2e-5);  // a phase and a width of 24 bits, where numbers have 53
    }
  }
}
