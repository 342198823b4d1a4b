// Freeverb and Dattorro's plate against models of single samples in rings, with the published numbers.
#include <doctest/doctest.h>

#include <cmath>

#include "decay.hpp"
#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 20000;
constexpr double kClose = 2e-5;       // of outputs around 1, after loops in single precision
constexpr double kSwungClose = 3e-4;  // a delay of thousands of samples is known to 1e-4 in single precision

// What was pushed `delay` ≥ 1 samples before the sample that is about to be pushed.
class Ring {
 public:
  explicit Ring(size_t longest) : samples_(longest + 1) {}
  double operator[](size_t delay) const { return samples_[(at_ + samples_.size() - delay) % samples_.size()]; }
  void push(double x) {
    samples_[at_] = x;
    at_ = (at_ + 1) % samples_.size();
  }

 private:
  std::vector<double> samples_;
  size_t at_ = 0;
};

size_t scaled_length(double samples, double published_rate, double rate, double size = 1) {
  return static_cast<size_t>(std::nearbyint(size * samples / published_rate * rate));
}

struct Knobs {
  double size = 1, decay = 1.2379903592893284, damp = 0.5, mix = 1, predelay = 0;
};

// Four one-poles at 300 Hz.
std::vector<double> low_frequencies(const std::vector<float>& in, double rate) {
  std::vector<double> out(in.begin(), in.end());
  for (int pole = 0; pole < 4; ++pole) {
    double y = 0;
    for (double& sample : out) sample = y += (1 - std::exp(-2 * M_PI * 300 / rate)) * (sample - y);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> ports(const Knobs& s) {
  return {{"in", "stack(left, right)"}, {"size", exact(s.size)}, {"decay", exact(s.decay)},
          {"damp", exact(s.damp)},      {"mix", exact(s.mix)},   {"predelay", exact(s.predelay)}};
}

Graph reverb(const std::string& type, const Knobs& setting) {
  return one_node(type, ports(setting), {}, {"left", "right"});
}

struct Stereo {
  std::vector<double> left, right;
};

// The original's update(), one side at a time: combs in parallel, then what it calls all-passes.
std::vector<double> freeverb_side(const std::vector<double>& in, double spread, double feedback, double damp,
                                  double rate, double size) {
  struct Comb {
    Ring ring;
    size_t length;
    double store = 0;
  };
  std::vector<Comb> combs;
  for (const double tuning : {1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617}) {
    const size_t length = scaled_length(tuning + spread, 44100, rate, size);
    combs.push_back({Ring(length), length});
  }
  std::vector<Ring> allpasses;
  std::vector<size_t> lengths;
  for (const double tuning : {556, 441, 341, 225}) {
    lengths.push_back(scaled_length(tuning + spread, 44100, rate, size));
    allpasses.emplace_back(lengths.back());
  }
  std::vector<double> out;
  for (const double x : in) {
    double sum = 0;
    for (Comb& comb : combs) {
      const double read = comb.ring[comb.length];
      comb.store = read * (1 - damp) + comb.store * damp;
      comb.ring.push(0.015 * x + comb.store * feedback);
      sum += read;
    }
    for (size_t a = 0; a < 4; ++a) {
      const double read = allpasses[a][lengths[a]];
      allpasses[a].push(sum + 0.5 * read);
      sum = read - sum;
    }
    out.push_back(3 * sum);
  }
  return out;
}

// Both inputs added, `delay` samples later.
std::vector<double> added(const Rows& in, size_t delay) {
  std::vector<double> sum(in[0].size());
  for (size_t n = delay; n < sum.size(); ++n)
    sum[n] = static_cast<double>(in[0][n - delay]) + static_cast<double>(in[1][n - delay]);
  return sum;
}

struct Lattice {
  Ring ring;
  size_t length;
  double gain;
  double step(double x) { return step(x, ring[length]); }
  double step(double x, double delayed) {
    const double inside = x - gain * delayed;
    ring.push(inside);
    return gain * inside + delayed;
  }
};

// One half of the tank.
struct Half {
  Lattice swinging, second;
  Ring delay1, delay2;
  size_t length1, length2;
  double damped = 0;
};

Half make_half(const double (&lengths)[4], double rate, double size) {
  const auto at = [&](double samples) { return scaled_length(samples, 29761, rate, size); };
  return {{Ring(at(lengths[0]) + 100), 0, -0.7},
          {Ring(at(lengths[2])), at(lengths[2]), 0.5},
          Ring(at(lengths[1])),
          Ring(at(lengths[3])),
          at(lengths[1]),
          at(lengths[3])};
}

Stereo plate(const std::vector<double>& in, const Knobs& s, double rate) {
  const double ratio = rate / 29761;
  const auto at = [&](double samples) { return scaled_length(samples, 29761, rate, s.size); };
  std::vector<Lattice> diffusers;
  for (const auto& [samples, gain] : {std::pair{142.0, 0.75}, {107.0, 0.75}, {379.0, 0.625}, {277.0, 0.625}}) {
    const size_t length = scaled_length(samples, 29761, rate);
    diffusers.push_back({Ring(length), length, gain});
  }
  Half halves[2] = {make_half({672, 4453, 1800, 3720}, rate, s.size), make_half({908, 4217, 2656, 3163}, rate, s.size)};
  const double decay = std::pow(10, -0.75 * s.size * (21589.0 / 29761) / s.decay);
  const double pole = std::pow(s.damp, 1 / ratio);
  const double turn = std::trunc(4294967296.0 / rate);
  Stereo out;
  for (size_t n = 0; n < in.size(); ++n) {
    double x = 0.5 * in[n];
    for (Lattice& one : diffusers) x = one.step(x);
    const Half &l = halves[0], &r = halves[1];
    const double ends[2] = {l.delay2[l.length2], r.delay2[r.length2]};
    out.left.push_back(0.6 * (r.delay1[at(266)] + r.delay1[at(2974)] - r.second.ring[at(1913)] + r.delay2[at(1996)] -
                              l.delay1[at(1990)] - l.second.ring[at(187)] - l.delay2[at(1066)]));
    out.right.push_back(0.6 * (l.delay1[at(353)] + l.delay1[at(3627)] - l.second.ring[at(1228)] + l.delay2[at(2673)] -
                               r.delay1[at(2111)] - r.second.ring[at(335)] - r.delay2[at(121)]));
    for (size_t h = 0; h < 2; ++h) {
      Half& half = halves[h];
      const double phase =
          std::fmod(turn * static_cast<double>(n), 4294967296.0) / 4294967296.0 + 0.25 * static_cast<double>(h);
      const double delay = (h ? 908 : 672) * ratio * s.size + 8 * ratio * std::sin(2 * M_PI * phase);
      const auto whole = static_cast<size_t>(delay);
      const double part = delay - static_cast<double>(whole);
      const double swung = (1 - part) * half.swinging.ring[whole] + part * half.swinging.ring[whole + 1];
      const double end = half.delay1[half.length1];
      half.delay1.push(half.swinging.step(x + decay * ends[1 - h], swung));
      half.damped = (1 - pole) * end + pole * half.damped;
      half.delay2.push(half.second.step(decay * half.damped));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("freeverb is Jezar's with his own constants, and scales to other rates and sizes") {
  const Rows in = {noise(kFrames, 31), noise(kFrames, 32)};
  struct Case {
    double rate, size, damp, feedback;
  };
  constexpr Case kCases[] = {
      {44'100, 1, 0.5, 0.84}, {44'100, 1, 0.25, 0.98}, {96'000, 0.7, 0.5, 0.84}, {48'000, 2, 0, 0.7}};
  for (const Case& one : kCases) {
    CAPTURE(one.rate);
    CAPTURE(one.feedback);
    const double pole = std::pow(0.4 * one.damp, 44100 / one.rate);
    const double decay = -3 * one.size * (1378.0 / 44100) / std::log10(one.feedback);
    const std::vector<double> x = added(in, 0);
    const Stereo expected = {freeverb_side(x, 0, one.feedback, pole, one.rate, one.size),
                             freeverb_side(x, 23, one.feedback, pole, one.rate, one.size)};
    const Graph graph = reverb("freeverb", {.size = one.size, .decay = decay, .damp = one.damp});
    on_every_executor(graph, in, kFrames, {.sample_rate = one.rate}, [&](const Rows& out) {
      REQUIRE(out.size() == 2);
      CHECK(worst_difference(out[0], expected.left) < kClose);
      CHECK(worst_difference(out[1], expected.right) < kClose);
    });
  }
}

TEST_CASE("a plate is Dattorro's, at other rates, sizes and dampings too") {
  const Rows in = {noise(kFrames, 33), noise(kFrames, 34)};
  constexpr Knobs kSettings[] = {{1, 1.8, 0.0005, 1, 0}, {0.3, 0.5, 0.4, 1, 0.003}, {2, 20, 0, 1, 0.01}};
  for (const double rate : {44'100.0, 96'000.0})
    for (const Knobs& setting : kSettings) {
      CAPTURE(rate);
      CAPTURE(setting.size);
      const auto delay = static_cast<size_t>(std::nearbyint(setting.predelay * rate));
      const Stereo expected = plate(added(in, delay), setting, rate);
      on_every_executor(reverb("plate", setting), in, kFrames, {.sample_rate = rate}, [&](const Rows& out) {
        REQUIRE(out.size() == 2);
        CHECK(worst_difference(out[0], expected.left) < kSwungClose);
        CHECK(worst_difference(out[1], expected.right) < kSwungClose);
      });
    }
}

TEST_CASE("low frequencies of a plate die away as fast as its decay says") {
  for (const double decay : {1.807, 5.0}) {
    CAPTURE(decay);
    const auto frames = static_cast<uint32_t>(1.2 * decay * 44'100);
    const Rows out = render(reverb("plate", {.decay = decay, .damp = 0}), {impulse(frames), impulse(frames)}, frames,
                            {.sample_rate = 44'100}, *find_backend("reference"));
    // All-passes hold back what they store, at some frequencies longer than others, hence the tolerance.
    for (const std::vector<float>& side : out)
      CHECK(decay_seconds(low_frequencies(side, 44'100), 44'100) == doctest::Approx(decay).epsilon(0.1));
  }
}

TEST_CASE("a plate with the longest decay loses energy all the same, though its all-passes swing") {
  constexpr uint32_t kSecond = 44'100, kLong = 10 * kSecond;
  on_every_executor(reverb("plate", {.decay = 100, .damp = 0}), {impulse(kLong), impulse(kLong)}, kLong,
                    {.sample_rate = kSecond}, [&](const Rows& out) {
                      double before = 0;
                      for (uint32_t second = 1; second < 10; ++second) {
                        double energy = 0;
                        for (uint32_t n = second * kSecond; n < (second + 1) * kSecond; ++n)
                          energy += static_cast<double>(out[0][n]) * out[0][n];
                        if (second > 1) CHECK(energy < before);
                        before = energy;
                      }
                    });
}

TEST_CASE("what is not finite does not get into a reverb, nor does a step in its place") {
  Rows in = {noise(kFrames, 39), noise(kFrames, 40)};
  const float bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t n = 1000; n < 1006; ++n) in[n % 2][n] = bad[n % 3];
  for (const char* type : {"freeverb", "plate"}) {
    CAPTURE(type);
    on_every_executor(reverb(type, {}), in, kFrames, {}, [&](const Rows& out) {
      for (const std::vector<float>& side : out)
        for (size_t n = 2000; n < kFrames; ++n) REQUIRE(std::abs(side[n]) < 10);
    });
  }
}

TEST_CASE("reverbs mix the dry signal with the wet one, and delay only the wet one") {
  const Rows in = {noise(kFrames, 35), noise(kFrames, 36)};
  for (const char* type : {"freeverb", "plate"}) {
    CAPTURE(type);
    on_every_executor(reverb(type, {.mix = 0}), in, kFrames, {}, [&](const Rows& out) { CHECK(out == in); });
    on_every_executor(reverb(type, {}), in, kFrames, {}, [&](const Rows& wet) {
      on_every_executor(reverb(type, {.mix = 0.25}), in, kFrames, {}, [&](const Rows& out) {
        std::vector<double> expected;
        for (size_t n = 0; n < kFrames; ++n) expected.push_back(0.75 * in[1][n] + 0.25 * wet[1][n]);
        CHECK(worst_difference(out[1], expected) < kClose);
      });
    });
  }
}

TEST_CASE("a wider signal is several reverbs, each as if it were alone") {
  const Rows in = {noise(kFrames, 37), noise(kFrames, 38)};
  for (const char* type : {"freeverb", "plate"}) {
    CAPTURE(type);
    auto wide = ports({.size = 0.8, .decay = 2, .damp = 0.3, .mix = 0.6, .predelay = 0.002});
    wide[0].second = "stack(left, right, right, left)";
    const Graph both = one_node(type, wide, {}, {"left", "right"});
    for (const Backend* backend : {find_backend("reference"), &best_backend()}) {
      const Rows four = render(both, in, kFrames, {}, *backend);
      auto alone = wide;
      for (size_t i = 0; i < 2; ++i) {
        alone[0].second = i ? "stack(right, left)" : "stack(left, right)";
        const Rows one = render(one_node(type, alone, {}, {"left", "right"}), in, kFrames, {}, *backend);
        for (size_t side = 0; side < 2; ++side) {
          const std::vector<double> expected(one[side].begin(), one[side].end());
          CHECK(worst_difference(four[2 * i + side], expected) < kClose);
        }
      }
    }
  }
}
