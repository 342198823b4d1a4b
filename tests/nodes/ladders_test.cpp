// Ladders against the bilinear transform of their analogue prototypes, and against a model of the saturated loop.
#include <doctest/doctest.h>

#include <cmath>
#include <complex>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

using Complex = std::complex<double>;
constexpr double kTau = 6.283185307179586;
constexpr double kQuiet = 1e-3;  // an impulse this small is bent by less than 1e-6 of itself

struct Prototype {
  const char* type;
  double threshold;          ///< loop gain of self-oscillation
  double unit;               ///< of s, in units of freq
  Complex (*open)(Complex);  ///< the stages without the loop
};
const Prototype kPrototypes[] = {
    {"ladder", 4, 1, [](Complex s) { return 1.0 / std::pow(1.0 + s, 4); }},
    {"diode", 17, std::sqrt(2), [](Complex s) { return 1.0 / (1.0 + s * (16.0 + s * (40.0 + s * (32.0 + s * 8.0)))); }},
};

// The closed loop by the bilinear transform that meets freq itself.
Complex expected(const Prototype& p, double hertz, double resonance, double probe, double rate) {
  const Complex s(0, std::tan(kTau / 2 * probe / rate) / std::tan(kTau / 2 * hertz / rate) / p.unit);
  const Complex open = p.open(s);
  return open / (1.0 + p.threshold * resonance * open);
}

Complex response(const std::vector<float>& impulse_response, double hertz, double rate) {
  const Complex step = std::polar(1.0, -kTau * hertz / rate);
  Complex sum = 0, z = 1;
  for (float sample : impulse_response) sum += static_cast<double>(sample) * z, z *= step;
  return sum;
}

std::vector<float> quiet_impulse(uint32_t frames) {
  std::vector<float> in(frames);
  in[0] = static_cast<float>(kQuiet);
  return in;
}

Graph filter(const std::string& type, double hertz, double resonance, double drive) {
  return one_node(type, {{"in", "in"},
                         {"freq", std::to_string(hertz)},
                         {"resonance", std::to_string(resonance)},
                         {"drive", std::to_string(drive)}});
}

// Where the signal rises through 0, between samples; in the second half, when what else rang has died away.
double ringing_hertz(const std::vector<float>& out, double rate) {
  double first = 0, last = 0;
  int periods = -1;
  for (size_t n = out.size() / 2; n < out.size(); ++n) {
    if (!(out[n - 1] < 0 && out[n] >= 0)) continue;
    last = static_cast<double>(n) - out[n] / (static_cast<double>(out[n]) - out[n - 1]);
    if (++periods == 0) first = last;
  }
  return periods > 0 ? periods * rate / (last - first) : 0;
}

// Moog's ladder with the trapezoidal rule, its loop solved by stages: u such that linear sums hold, then bent.
std::vector<double> ladder_model(const std::vector<float>& in, double hertz, double resonance, double drive,
                                 double rate) {
  const double g = std::tan(kTau / 2 * hertz / rate), step = g / (1 + g), k = 4 * resonance;
  double s[4] = {};
  std::vector<double> out;
  for (float x : in) {
    double rest = 0;
    for (double state : s) rest = step * rest + state / (1 + g);
    double stage = std::tanh((drive * x - k * rest) / (1 + k * std::pow(step, 4)));
    for (double& state : s) {
      const double change = step * (stage - state);
      stage = state + change;
      state = stage + change;
    }
    out.push_back(stage);
  }
  return out;
}

}  // namespace

TEST_CASE("ladders are tuned: for small signals they are their prototypes, whose resonance lies at freq") {
  for (const Prototype& p : kPrototypes)
    for (const double rate : kRates)
      for (const double hertz : {60.0, 1000.0, 12000.0})
        for (const double resonance : {0.0, 0.5, 0.9}) {
          CAPTURE(p.type);
          CAPTURE(rate);
          CAPTURE(hertz);
          CAPTURE(resonance);
          const auto frames = static_cast<uint32_t>(rate / hertz * 60) + 400;
          on_every_executor(
              filter(p.type, hertz, resonance, 1), {quiet_impulse(frames)}, frames, {.sample_rate = rate},
              [&](const Rows& out) {
                for (double factor : {0.0, 0.3, 0.8, 1.0, 1.2, 3.0}) {
                  const double probe = hertz * factor;
                  if (probe > rate / 2) continue;
                  const Complex want = expected(p, hertz, resonance, probe, rate);
                  CHECK(std::abs(response(out[0], probe, rate) / kQuiet - want) < 2e-3 * (1 + std::abs(want)));
                }
              });
        }
}

TEST_CASE("at resonance 1 a ladder rings on at freq, whatever its level") {
  for (const Prototype& p : kPrototypes)
    for (const double rate : kRates)
      for (const double hertz : {110.0, 1000.0, 9000.0})
        for (const double strike : {1e-3, 100.0}) {
          CAPTURE(p.type);
          CAPTURE(rate);
          CAPTURE(hertz);
          CAPTURE(strike);
          const auto frames = static_cast<uint32_t>(rate / hertz * 40);
          std::vector<float> in(frames);
          for (size_t n = 0; n < 8; ++n) in[n] = static_cast<float>(strike);
          on_every_executor(filter(p.type, hertz, 1, 1), {in}, frames, {.sample_rate = rate}, [&](const Rows& out) {
            CHECK(ringing_hertz(out[0], rate) == doctest::Approx(hertz).epsilon(0.01));
          });
        }
}

TEST_CASE("without resonance a ladder falls by 24 dB per octave") {
  const double rate = 192'000, hertz = 200;
  for (const Prototype& p : kPrototypes) {
    CAPTURE(p.type);
    const uint32_t frames = 40'000;
    on_every_executor(
        filter(p.type, hertz, 0, 1), {quiet_impulse(frames)}, frames, {.sample_rate = rate}, [&](const Rows& out) {
          auto level = [&](double factor) { return 20 * std::log10(std::abs(response(out[0], factor * hertz, rate))); };
          CHECK(level(8) - level(16) == doctest::Approx(24).epsilon(0.02));
        });
  }
}

TEST_CASE("a driven ladder is a tanh in a loop that is solved as if it were linear") {
  constexpr uint32_t kFrames = 4000;
  const std::vector<float> in = noise(kFrames, 8);
  for (const double rate : kRates)
    for (const double drive : {0.01, 1.0, 20.0}) {
      CAPTURE(rate);
      CAPTURE(drive);
      const std::vector<double> want = ladder_model(in, 900, 0.8, drive, rate);
      on_every_executor(filter("ladder", 900, 0.8, drive), {in}, kFrames, {.sample_rate = rate},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], want) < 1e-5 * largest(want)); });
    }
}

TEST_CASE("no modulation makes a ladder louder than its saturation allows") {
  constexpr uint32_t kFrames = 5000;
  Random random(3);
  Rows in(3);
  for (uint32_t n = 0; n < kFrames; ++n) {
    in[0].push_back(static_cast<float>(random.uniform(-1, 1)));
    in[1].push_back(static_cast<float>(random.chance(0.5) ? 20 * std::pow(1000, random.uniform(0, 1)) : 12000));
    in[2].push_back(static_cast<float>(random.chance(0.3) ? random.uniform(0, 1) : 1));
  }
  for (const Prototype& p : kPrototypes)
    for (const double rate : kRates) {
      CAPTURE(p.type);
      CAPTURE(rate);
      on_every_executor(
          one_node(p.type, {{"in", "in"}, {"freq", "f"}, {"resonance", "r"}, {"drive", "1000"}}, {}, {"in", "f", "r"}),
          in, kFrames, {.sample_rate = rate}, [&](const Rows& out) {
            // Each stage overshoots by a share of what it holds when freq jumps; four of them stay below.
            for (float sample : out[0]) REQUIRE(std::abs(sample) < 8);
          });
    }
}
