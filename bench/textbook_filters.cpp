// Filters by the book; see textbook.hpp.
#include <cmath>

#include "textbook.hpp"

namespace sinter::textbook {
namespace {

constexpr double kPi = 3.14159265358979323846;

// R. Bristow-Johnson's Audio EQ Cookbook.
struct Coefficients {
  float b0, b1, b2, a1, a2;

  static Coefficients of(double b0, double b1, double b2, double a0, double a1, double a2) {
    const auto f = [&](double c) { return static_cast<float>(c / a0); };
    return {f(b0), f(b1), f(b2), f(a1), f(a2)};
  }
  static Coefficients lowpass(double hz, double q) {
    const double w = 2 * kPi * hz / kSampleRate, c = std::cos(w), alpha = std::sin(w) / (2 * q);
    return of((1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha);
  }
  static Coefficients bandpass(double hz, double q) {
    const double w = 2 * kPi * hz / kSampleRate, c = std::cos(w), alpha = std::sin(w) / (2 * q);
    return of(alpha, 0, -alpha, 1 + alpha, -2 * c, 1 - alpha);
  }
  static Coefficients peak(double hz, double q, double db) {
    const double w = 2 * kPi * hz / kSampleRate, c = std::cos(w), alpha = std::sin(w) / (2 * q);
    const double a = std::pow(10, db / 40);
    return of(1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a);
  }
};

struct Section {
  Coefficients c;
  float z1 = 0, z2 = 0;

  float operator()(float x) {
    const float y = c.b0 * x + z1;
    z1 = c.b1 * x - c.a1 * y + z2;
    z2 = c.b2 * x - c.a2 * y;
    return y;
  }
};

class Biquad final : public Loop {
  void process(const float* const* in, float* const* out, std::size_t frames) override {
    Section section = section_;
    for (std::size_t i = 0; i < frames; ++i) out[0][i] = section(in[0][i]);
    section_ = section;
  }
  Section section_{Coefficients::lowpass(1'000, 0.7071)};
};

class OnePole final : public Loop {
  void process(const float* const* in, float* const* out, std::size_t frames) override {
    const float* from = in[0];
    float* to = out[0];
    float y = y_;
    for (std::size_t i = 0; i < frames; ++i) to[i] = y += a_ * (from[i] - y);
    y_ = y;
  }
  const float a_ = static_cast<float>(1 - std::exp(-2 * kPi * 1'000 / kSampleRate));
  float y_ = 0;
};

class Cascade final : public Loop {
 public:
  Cascade() {
    for (int k = 0; k < kSections; ++k) sections_[k] = {Coefficients::peak(100 * std::pow(1.7, k), 1.4, -3)};
  }
  void process(const float* const* in, float* const* out, std::size_t frames) override {
    Section sections[kSections];
    for (int k = 0; k < kSections; ++k) sections[k] = sections_[k];
    for (std::size_t i = 0; i < frames; ++i) {
      float x = in[0][i];
      for (Section& section : sections) x = section(x);
      out[0][i] = x;
    }
    for (int k = 0; k < kSections; ++k) sections_[k] = sections[k];
  }

 private:
  static constexpr int kSections = 10;
  Section sections_[kSections];
};

// A. Simper, Solving the continuous SVF equations using trapezoidal integration (2013).
class ModulatedSvf final : public Loop {
  void process(const float* const* in, float* const* out, std::size_t frames) override {
    const float* from = in[0];
    const float* modulation = in[1];
    float* to = out[0];
    constexpr float kDamping = 1 / 2.0f, kTurn = static_cast<float>(kPi / kSampleRate);
    float ic1 = ic1_, ic2 = ic2_;
    for (std::size_t i = 0; i < frames; ++i) {
      const float g = std::tan(kTurn * (1'200 + 2'000 * modulation[i]));
      const float a1 = 1 / (1 + g * (g + kDamping)), a2 = g * a1, a3 = g * a2;
      const float v3 = from[i] - ic2;
      const float band = a1 * ic1 + a2 * v3, low = ic2 + a2 * ic1 + a3 * v3;
      ic1 = 2 * band - ic1;
      ic2 = 2 * low - ic2;
      to[i] = low;
    }
    ic1_ = ic1, ic2_ = ic2;
  }
  float ic1_ = 0, ic2_ = 0;
};

constexpr int kModes = 64;
Coefficients mode(int index) { return Coefficients::bandpass(200 * std::pow(1.06, index), 30); }

class Modes final : public Loop {
 public:
  Modes() {
    for (int m = 0; m < kModes; ++m) sections_[m] = {mode(m)};
  }
  void process(const float* const* in, float* const* out, std::size_t frames) override {
    for (std::size_t i = 0; i < frames; ++i) {
      float sum = 0;
      for (Section& section : sections_) sum += section(in[0][i]);
      out[0][i] = 0.1f * sum;
    }
  }

 private:
  Section sections_[kModes];
};

class ModesSideBySide final : public Loop {
 public:
  ModesSideBySide() {
    for (int m = 0; m < kModes; ++m) {
      const Coefficients c = mode(m);
      b0_[m] = c.b0, b1_[m] = c.b1, b2_[m] = c.b2, a1_[m] = c.a1, a2_[m] = c.a2;
    }
  }
  void process(const float* const* in, float* const* out, std::size_t frames) override {
    for (std::size_t i = 0; i < frames; ++i) {
      const float x = in[0][i];
      float sum = 0;
      for (int m = 0; m < kModes; ++m) {
        const float y = b0_[m] * x + z1_[m];
        z1_[m] = b1_[m] * x - a1_[m] * y + z2_[m];
        z2_[m] = b2_[m] * x - a2_[m] * y;
        sum += y;
      }
      out[0][i] = 0.1f * sum;
    }
  }

 private:
  float b0_[kModes], b1_[kModes], b2_[kModes], a1_[kModes], a2_[kModes], z1_[kModes] = {}, z2_[kModes] = {};
};

// A. Huovilainen, Non-linear digital implementation of the Moog ladder filter, DAFx-04.
class Ladder final : public Loop {
  void process(const float* const* in, float* const* out, std::size_t frames) override {
    const float* from = in[0];
    float* to = out[0];
    const float g = static_cast<float>(1 - std::exp(-2 * kPi * 1'200 / kSampleRate));
    float y1 = y_[0], y2 = y_[1], y3 = y_[2], y4 = y_[3], t1 = t_[0], t2 = t_[1], t3 = t_[2], t4 = t_[3];
    for (std::size_t i = 0; i < frames; ++i) {
      y1 += g * (std::tanh(1.5f * from[i] - 2.4f * y4) - t1);
      t1 = std::tanh(y1);
      y2 += g * (t1 - t2);
      t2 = std::tanh(y2);
      y3 += g * (t2 - t3);
      t3 = std::tanh(y3);
      y4 += g * (t3 - t4);
      t4 = std::tanh(y4);
      to[i] = y4;
    }
    y_[0] = y1, y_[1] = y2, y_[2] = y3, y_[3] = y4, t_[0] = t1, t_[1] = t2, t_[2] = t3, t_[3] = t4;
  }
  float y_[4] = {}, t_[4] = {};
};

}  // namespace

Loop::~Loop() = default;

std::unique_ptr<Loop> biquad() { return std::make_unique<Biquad>(); }
std::unique_ptr<Loop> one_pole() { return std::make_unique<OnePole>(); }
std::unique_ptr<Loop> cascade() { return std::make_unique<Cascade>(); }
std::unique_ptr<Loop> modulated_svf() { return std::make_unique<ModulatedSvf>(); }
std::unique_ptr<Loop> modes() { return std::make_unique<Modes>(); }
std::unique_ptr<Loop> modes_side_by_side() { return std::make_unique<ModesSideBySide>(); }
std::unique_ptr<Loop> ladder() { return std::make_unique<Ladder>(); }

}  // namespace sinter::textbook
