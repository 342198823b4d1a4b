// Oscillators by the book, alone and in a patch of 200 nodes; see textbook.hpp.
#include <cmath>
#include <cstdint>

#include "textbook.hpp"

namespace sinter::textbook {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr float kTwoPi = static_cast<float>(2 * kPi);

// A phase of 32 bits wraps by itself and never drifts.
uint32_t increment(double hz) { return static_cast<uint32_t>(std::llround(hz / kSampleRate * 0x1p32)); }
float turns(uint32_t phase) { return static_cast<float>(static_cast<int32_t>(phase)) * 0x1p-32f; }

// V. Välimäki, A. Huovilainen, Antialiasing oscillators in subtractive synthesis, IEEE Signal Processing Mag. 24
// (2007).
class Saws final : public Loop {
 public:
  Saws() {
    for (int s = 0; s < kSaws; ++s) {
      const double hz = 110 * (1 + 0.004 * (s - 3));
      step_[s] = increment(hz);
      width_[s] = static_cast<float>(hz / kSampleRate);
      per_width_[s] = static_cast<float>(kSampleRate / hz);
    }
  }
  void process(const float* const*, float* const* out, std::size_t frames) override {
    for (std::size_t i = 0; i < frames; ++i) {
      float sum = 0;
      for (int s = 0; s < kSaws; ++s) sum += saw(s);
      out[0][i] = 0.2f * sum;
    }
  }

 private:
  float saw(int s) {
    const float p = static_cast<float>(phase_[s] >> 8) * 0x1p-24f;
    phase_[s] += step_[s];
    float y = 2 * p - 1;
    if (p < width_[s]) {
      const float a = p * per_width_[s];
      y -= 2 * a - a * a - 1;
    } else if (p > 1 - width_[s]) {
      const float b = (p - 1) * per_width_[s];
      y -= b * b + 2 * b + 1;
    }
    return y;
  }
  static constexpr int kSaws = 7;
  uint32_t phase_[kSaws] = {}, step_[kSaws];
  float width_[kSaws], per_width_[kSaws];
};

// Two stacks of three operators.
class Operators final : public Loop {
 public:
  Operators() {
    constexpr double kHertz[kOperators] = {220, 440.5, 1'540, 220.7, 661, 3'080};
    for (int k = 0; k < kOperators; ++k) step_[k] = increment(kHertz[k]);
  }
  void process(const float* const*, float* const* out, std::size_t frames) override {
    float* to = out[0];
    uint32_t p0 = phase_[0], p1 = phase_[1], p2 = phase_[2], p3 = phase_[3], p4 = phase_[4], p5 = phase_[5];
    const uint32_t s0 = step_[0], s1 = step_[1], s2 = step_[2], s3 = step_[3], s4 = step_[4], s5 = step_[5];
    for (std::size_t i = 0; i < frames; ++i) {
      const float m2 = sine(p2, 0), m1 = sine(p1, 0.12f * m2), c0 = sine(p0, 0.3f * m1);
      const float m5 = sine(p5, 0), m4 = sine(p4, 0.08f * m5), c3 = sine(p3, 0.25f * m4);
      to[i] = 0.5f * (c0 + c3);
      p0 += s0, p1 += s1, p2 += s2, p3 += s3, p4 += s4, p5 += s5;
    }
    phase_[0] = p0, phase_[1] = p1, phase_[2] = p2, phase_[3] = p3, phase_[4] = p4, phase_[5] = p5;
  }

 private:
  static float sine(uint32_t phase, float offset_turns) { return std::sin(kTwoPi * (turns(phase) + offset_turns)); }
  static constexpr int kOperators = 6;
  uint32_t phase_[kOperators] = {}, step_[kOperators];
};

// Oscillator, LFO, biquad, tanh, one-pole; 40 of each.
constexpr int kStrips = 40;
struct Strip {
  uint32_t tone_step = 0, lfo_step = 0, tone = 0, lfo = 0;
  float b0 = 0, a1 = 0, a2 = 0, pole = 0, z1 = 0, z2 = 0, y = 0;

  void set(int s) {
    tone_step = increment(55 + 11.5 * s);
    lfo_step = increment(0.2 + 0.13 * s);
    const double w = 2 * kPi * (400 + 120.0 * s) / kSampleRate, alpha = std::sin(w) / (2 * 0.9);
    b0 = static_cast<float>((1 - std::cos(w)) / 2 / (1 + alpha));
    a1 = static_cast<float>(-2 * std::cos(w) / (1 + alpha));
    a2 = static_cast<float>((1 - alpha) / (1 + alpha));
    pole = static_cast<float>(1 - std::exp(-2 * kPi * (900 + 75.0 * s) / kSampleRate));
  }
  float oscillator() {
    const float gain = 0.5f + 0.5f * std::sin(kTwoPi * turns(lfo));
    const float x = gain * std::sin(kTwoPi * turns(tone));
    lfo += lfo_step;
    tone += tone_step;
    return x;
  }
  float filter(float x) {
    const float v = b0 * x, v2 = v + z1;
    z1 = 2 * v - a1 * v2 + z2;
    z2 = v - a2 * v2;
    return v2;
  }
  float smooth(float x) { return y += pole * (x - y); }
};

class StripsBySample final : public Loop {
 public:
  StripsBySample() {
    for (int s = 0; s < kStrips; ++s) strips_[s].set(s);
  }
  void process(const float* const*, float* const* out, std::size_t frames) override {
    for (std::size_t i = 0; i < frames; ++i) {
      float sum = 0;
      for (Strip& strip : strips_) sum += strip.smooth(std::tanh(2 * strip.filter(strip.oscillator())));
      out[0][i] = 0.1f * sum;
    }
  }

 private:
  Strip strips_[kStrips];
};

class Strips final : public Loop {
 public:
  Strips() {
    for (int s = 0; s < kStrips; ++s) strips_[s].set(s);
  }
  void process(const float* const*, float* const* out, std::size_t frames) override {
    constexpr std::size_t kBlock = 64;
    for (std::size_t done = 0; done < frames; done += kBlock) {
      const std::size_t n = frames - done < kBlock ? frames - done : kBlock;
      float sum[kBlock] = {}, row[kBlock];
      for (Strip& kept : strips_) {
        Strip strip = kept;
        for (std::size_t i = 0; i < n; ++i) row[i] = strip.oscillator();
        for (std::size_t i = 0; i < n; ++i) row[i] = strip.filter(row[i]);
        for (std::size_t i = 0; i < n; ++i) row[i] = std::tanh(2 * row[i]);
        for (std::size_t i = 0; i < n; ++i) sum[i] += strip.smooth(row[i]);
        kept = strip;
      }
      for (std::size_t i = 0; i < n; ++i) out[0][done + i] = 0.1f * sum[i];
    }
  }

 private:
  Strip strips_[kStrips];
};

}  // namespace

std::unique_ptr<Loop> saws() { return std::make_unique<Saws>(); }
std::unique_ptr<Loop> operators() { return std::make_unique<Operators>(); }
std::unique_ptr<Loop> strips() { return std::make_unique<Strips>(); }
std::unique_ptr<Loop> strips_by_sample() { return std::make_unique<StripsBySample>(); }

}  // namespace sinter::textbook
