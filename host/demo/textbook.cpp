// Straight from the books: RBJ's cookbook in transposed direct form II, the TPT filter sample by sample, Schroeder's
// loops.
#include "textbook.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace sinter::host {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

float from_db(float db) { return std::pow(10.0f, db / 20); }

struct Biquad {
  float b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0, z1 = 0, z2 = 0;

  float operator()(float x) {
    const float y = b0 * x + z1;
    z1 = b1 * x - a1 * y + z2;
    z2 = b2 * x - a2 * y;
    return y;
  }
  static Biquad of(double b0, double b1, double b2, double a0, double a1, double a2) {
    const auto f = [&](double c) { return static_cast<float>(c / a0); };
    return {f(b0), f(b1), f(b2), f(a1), f(a2)};
  }
  struct Angle {
    double cosine, alpha;
    Angle(double hz, double q, double rate) {
      const double w = 2 * std::numbers::pi * hz / rate;
      cosine = std::cos(w);
      alpha = std::sin(w) / (2 * q);
    }
  };
  static Biquad lowpass(double hz, double q, double rate) {
    const Angle w(hz, q, rate);
    return of((1 - w.cosine) / 2, 1 - w.cosine, (1 - w.cosine) / 2, 1 + w.alpha, -2 * w.cosine, 1 - w.alpha);
  }
  static Biquad highpass(double hz, double q, double rate) {
    const Angle w(hz, q, rate);
    return of((1 + w.cosine) / 2, -1 - w.cosine, (1 + w.cosine) / 2, 1 + w.alpha, -2 * w.cosine, 1 - w.alpha);
  }
  static Biquad bandpass(double hz, double q, double rate) {
    const Angle w(hz, q, rate);
    return of(w.alpha, 0, -w.alpha, 1 + w.alpha, -2 * w.cosine, 1 - w.alpha);
  }
  static Biquad peak(double hz, double q, double db, double rate) {
    const Angle w(hz, q, rate);
    const double a = std::pow(10, db / 40);
    return of(1 + w.alpha * a, -2 * w.cosine, 1 - w.alpha * a, 1 + w.alpha / a, -2 * w.cosine, 1 - w.alpha / a);
  }
  static Biquad shelf(double hz, double db, double rate, bool high) {
    const Angle w(hz, std::numbers::sqrt2 / 2, rate);
    const double a = std::pow(10, db / 40), root = 2 * std::sqrt(a) * w.alpha, c = high ? -w.cosine : w.cosine,
                 s = high ? -1 : 1;
    return of(a * ((a + 1) - (a - 1) * c + root), s * 2 * a * ((a - 1) - (a + 1) * c),
              a * ((a + 1) - (a - 1) * c - root), (a + 1) + (a - 1) * c + root, s * -2 * ((a - 1) + (a + 1) * c),
              (a + 1) + (a - 1) * c - root);
  }
};

struct Ring {
  std::vector<float> samples;
  size_t at = 0;
  explicit Ring(size_t frames) : samples(frames) {}
  void push(float x) {
    samples[at] = x;
    at = at + 1 == samples.size() ? 0 : at + 1;
  }
  /// The sample pushed `delay` pushes ago (1: the last one).
  float back(size_t delay) const { return samples[at >= delay ? at - delay : at + samples.size() - delay]; }
};

class Saturator final : public Textbook {
  void process(const float* const* in, float* const* out, uint32_t frames) override {
    const float drive = from_db(12), bias = 0.15f, fold = 0.3f, level = from_db(-8);
    for (int c = 0; c < 2; ++c)
      for (uint32_t f = 0; f < frames; ++f) {
        const float tube = std::tanh(drive * in[c][f] + bias) - std::tanh(bias);
        const float mixed = tube + fold * (std::sin(2 * tube) - tube);
        out[c][f] = level * std::tanh(mixed);
      }
  }
};

class WarmEcho final : public Textbook {
 public:
  explicit WarmEcho(double rate) {
    for (Channel& channel : channels_) {
      channel.ring = Ring(static_cast<size_t>(2 * rate) + 4);
      channel.damp = Biquad::lowpass(3200, 0.7, rate);
    }
    delay_ = static_cast<float>(0.35 * rate);
  }
  void process(const float* const* in, float* const* out, uint32_t frames) override {
    const float drive = from_db(6);
    for (int c = 0; c < 2; ++c) {
      Channel& channel = channels_[c];
      for (uint32_t f = 0; f < frames; ++f) {
        const auto whole = static_cast<size_t>(delay_);
        const float part = delay_ - static_cast<float>(whole);
        const float near = channel.ring.back(whole), far = channel.ring.back(whole + 1);
        const float echo = near + part * (far - near);
        channel.ring.push(in[c][f] + 0.6f * channel.damp(echo));
        out[c][f] = 0.5f * std::tanh(drive * (in[c][f] + echo));
      }
    }
  }

 private:
  struct Channel {
    Ring ring{1};
    Biquad damp;
  };
  std::array<Channel, 2> channels_;
  float delay_;
};

class ChannelStrip final : public Textbook {
 public:
  explicit ChannelStrip(double rate) : pole_(static_cast<float>(std::exp(-2 * std::numbers::pi * 10 / rate))) {
    for (auto& chain : chains_)
      chain = {Biquad::highpass(80, 0.7071, rate), Biquad::shelf(150, 2, rate, false), Biquad::peak(3000, 0.9, 4, rate),
               Biquad::shelf(9000, 3, rate, true)};
  }
  void process(const float* const* in, float* const* out, uint32_t frames) override {
    const float drive = from_db(3), level = from_db(-3);
    for (int c = 0; c < 2; ++c)
      for (uint32_t f = 0; f < frames; ++f) {
        float x = in[c][f] - x1_[c] + pole_ * y1_[c];
        x1_[c] = in[c][f];
        y1_[c] = x;
        for (Biquad& band : chains_[c]) x = band(x);
        x = level * std::tanh(drive * x);
        peak_[c] = std::max(peak_[c], std::abs(x));
        square_[c] += x * x;
        out[c][f] = x;
      }
  }

 private:
  float pole_;
  std::array<std::array<Biquad, 4>, 2> chains_;
  float x1_[2] = {}, y1_[2] = {}, peak_[2] = {}, square_[2] = {};
};

class StruckBars final : public Textbook {
 public:
  explicit StruckBars(double rate) {
    for (int i = 0; i < 64; ++i) {
      const double hz = 110 * std::pow(i + 1, 1.1);
      bars_[i] = Biquad::bandpass(hz, std::numbers::pi * hz * 1.2 / (6.91 * (1 + i / 6.0)), rate);
    }
  }
  void process(const float* const* in, float* const* out, uint32_t frames) override {
    for (uint32_t f = 0; f < frames; ++f) {
      const float mono = 0.5f * (in[0][f] + in[1][f]);
      float sum[2] = {};
      for (size_t i = 0; i < bars_.size(); ++i) sum[i % 2] += 2 * bars_[i](mono);
      for (int c = 0; c < 2; ++c) out[c][f] = in[c][f] + 0.7f * (std::tanh(sum[c]) - in[c][f]);
    }
  }

 private:
  std::array<Biquad, 64> bars_;
};

class AutoWah final : public Textbook {
 public:
  explicit AutoWah(double rate) : rate_(static_cast<float>(rate)) {
    attack_ = static_cast<float>(1 - std::exp(-1 / (0.005 * rate)));
    release_ = static_cast<float>(1 - std::exp(-1 / (0.18 * rate)));
  }
  void process(const float* const* in, float* const* out, uint32_t frames) override {
    const float level = from_db(-3);
    for (uint32_t f = 0; f < frames; ++f) {
      const float x = std::abs(0.5f * (in[0][f] + in[1][f]));
      loud_ += (x > loud_ ? attack_ : release_) * (x - loud_);
      const float hz = 250 * std::exp2(4 * std::min(1.0f, 2 * loud_));
      const float g = std::tan(kPi * hz / rate_), k = 1 / 4.0f, a1 = 1 / (1 + g * (g + k)), a2 = g * a1, a3 = g * a2;
      for (int c = 0; c < 2; ++c) {
        const float v3 = in[c][f] - ic2_[c];
        const float band = a1 * ic1_[c] + a2 * v3;
        const float low = ic2_[c] + a2 * ic1_[c] + a3 * v3;
        ic1_[c] = 2 * band - ic1_[c];
        ic2_[c] = 2 * low - ic2_[c];
        out[c][f] = std::tanh(level * (band + 0.3f * low));
      }
    }
  }

 private:
  float rate_, attack_, release_, loud_ = 0, ic1_[2] = {}, ic2_[2] = {};
};

class Room final : public Textbook {
 public:
  explicit Room(double rate) : cut_(Biquad::highpass(90, std::numbers::sqrt2 / 2, rate)) {
    constexpr double kCombs[] = {25.3, 26.9, 29.0, 30.7, 32.2, 33.8, 35.3, 36.7}, kPasses[] = {12.6, 10.0, 7.7, 5.1};
    for (size_t c = 0; c < 2; ++c) {
      const double offset = c ? 0.0005 : 0;
      for (const double ms : kCombs)
        combs_[c].push_back(Loop(static_cast<size_t>(std::lround(1.1 * (ms / 1000 + offset) * rate))));
      for (const double ms : kPasses)
        passes_[c].push_back(Loop(static_cast<size_t>(std::lround((ms / 1000 + offset) * rate))));
    }
  }
  void process(const float* const* in, float* const* out, uint32_t frames) override {
    for (uint32_t f = 0; f < frames; ++f) {
      const float mono = cut_(0.5f * (in[0][f] + in[1][f]));
      for (size_t c = 0; c < 2; ++c) {
        float wet = 0;
        for (Loop& comb : combs_[c]) {
          const float y = comb.ring.back(comb.delay);
          comb.damped = y + 0.35f * (comb.damped - y);
          comb.ring.push(mono + 0.86f * comb.damped);
          wet += y;
        }
        wet *= 0.125f;
        for (Loop& pass : passes_[c]) {
          const float y = pass.ring.back(pass.delay) - 0.5f * wet;
          pass.ring.push(wet + 0.5f * y);
          wet = y;
        }
        out[c][f] = in[c][f] + 0.35f * (1.5f * wet - in[c][f]);
      }
    }
  }

 private:
  struct Loop {
    Ring ring;
    size_t delay;
    float damped = 0;
    explicit Loop(size_t frames) : ring(frames + 1), delay(frames) {}
  };
  Biquad cut_;
  std::array<std::vector<Loop>, 2> combs_, passes_;
};

}  // namespace

std::unique_ptr<Textbook> make_textbook(std::string_view name, double sample_rate) {
  if (name == "saturator") return std::make_unique<Saturator>();
  if (name == "warm_echo") return std::make_unique<WarmEcho>(sample_rate);
  if (name == "channel_strip") return std::make_unique<ChannelStrip>(sample_rate);
  if (name == "struck_bars") return std::make_unique<StruckBars>(sample_rate);
  if (name == "auto_wah") return std::make_unique<AutoWah>(sample_rate);
  if (name == "room") return std::make_unique<Room>(sample_rate);
  return nullptr;
}

}  // namespace sinter::host
