// Reverb and strings by the book; see textbook.hpp.
#include "textbook.hpp"

namespace sinter::textbook {
namespace {

constexpr int kLongest = 2'048;

// A line of a fixed length, wrapped by comparison as in Freeverb itself.
struct Line {
  int length = 1, at = 0;
  float samples[kLongest] = {};

  float oldest() const { return samples[at]; }
  void push(float x) {
    samples[at] = x;
    if (++at == length) at = 0;
  }
};

// Jezar's Freeverb with Schroeder's own all-pass; lengths as in the original, in samples.
class Freeverb final : public Loop {
 public:
  Freeverb() {
    constexpr int kCombLengths[kCombs] = {1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617};
    constexpr int kAllpassLengths[kAllpasses] = {556, 441, 341, 225};
    constexpr int kSpread = 23;
    for (int c = 0; c < 2; ++c) {
      for (int k = 0; k < kCombs; ++k) combs_[c][k].line.length = kCombLengths[k] + kSpread * c;
      for (int k = 0; k < kAllpasses; ++k) allpasses_[c][k].length = kAllpassLengths[k] + kSpread * c;
    }
  }
  void process(const float* const* in, float* const* out, std::size_t frames) override {
    for (std::size_t i = 0; i < frames; ++i) {
      const float x = 0.015f * (in[0][i] + in[1][i]);
      for (int c = 0; c < 2; ++c) {
        float sum = 0;
        for (Comb& comb : combs_[c]) sum += comb(x);
        for (Line& line : allpasses_[c]) sum = allpass(line, sum);
        out[c][i] = 3 * sum;
      }
    }
  }

 private:
  static constexpr int kCombs = 8, kAllpasses = 4;
  struct Comb {
    Line line;
    float damped = 0;
    float operator()(float x) {
      const float y = line.oldest();
      damped = 0.8f * y + 0.2f * damped;
      line.push(x + 0.84f * damped);
      return y;
    }
  };
  static float allpass(Line& line, float x) {
    const float y = line.oldest() - 0.5f * x;
    line.push(x + 0.5f * y);
    return y;
  }
  Comb combs_[2][kCombs];
  Line allpasses_[2][kAllpasses];
};

// K. Karplus, A. Strong, Digital synthesis of plucked-string and drum timbres, Computer Music J. 7 (1983).
class Strings final : public Loop {
 public:
  Strings() {
    for (int s = 0; s < kStrings; ++s) lines_[s].length = 100 + 7 * s;
  }
  void process(const float* const* in, float* const* out, std::size_t frames) override {
    for (std::size_t i = 0; i < frames; ++i) {
      float sum = 0;
      for (int s = 0; s < kStrings; ++s) {
        const float y = lines_[s].oldest();
        lines_[s].push(in[0][i] + 0.498f * (y + before_[s]));
        before_[s] = y;
        sum += y;
      }
      out[0][i] = 0.25f * sum;
    }
  }

 private:
  static constexpr int kStrings = 16;
  Line lines_[kStrings];
  float before_[kStrings] = {};
};

}  // namespace

std::unique_ptr<Loop> freeverb() { return std::make_unique<Freeverb>(); }
std::unique_ptr<Loop> strings() { return std::make_unique<Strings>(); }

}  // namespace sinter::textbook
