// The partitioned convolution by itself: against the sum that defines it, and under every way of cutting the signal.
#include "convolver.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support.hpp"

using namespace sinter;
using namespace sinter::nodes;
using sinter::test::Random;

namespace {

std::vector<float> noise(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> out(count);
  for (float& sample : out) sample = static_cast<float>(random.uniform(-1, 1));
  return out;
}

struct Fixture {
  explicit Fixture(std::span<const float> impulse) : taps(impulse, short_transform, long_transform), convolver(taps) {}
  Transform short_transform{kConvolverLine}, long_transform{ConvolverTaps::kLongPart};
  ConvolverTaps taps;
  Convolver convolver;

  /// Calls of `step` frames; 0: random lengths up to 64.
  std::vector<float> run(const std::vector<float>& in, uint32_t step) {
    Random random(99);
    std::vector<float> out(in.size());
    for (size_t at = 0; at < in.size();) {
      const auto left = static_cast<uint32_t>(in.size() - at);
      const uint32_t count = std::min(left, step ? step : random.below(65));
      convolver.process(in.data() + at, out.data() + at, count);
      at += count;
    }
    return out;
  }
};

double convolved(const std::vector<float>& in, const std::vector<float>& impulse, size_t at) {
  double sum = 0;
  for (size_t k = 0; k < impulse.size() && k <= at; ++k) sum += static_cast<double>(impulse[k]) * in[at - k];
  return sum;
}

}  // namespace

TEST_CASE("the convolver gives the defining sum for impulse responses that end in every part of its scheme") {
  for (const size_t taps : {1, 2, 63, 64, 127, 128, 129, 192, 1000, 2047, 2048, 2049, 3072, 3073, 5000}) {
    CAPTURE(taps);
    const std::vector<float> impulse = noise(taps, taps), in = noise(8000, 7);
    const std::vector<float> out = Fixture(impulse).run(in, 64);
    // Single-precision sums of `taps` random products: their error grows with the square root of the energy.
    const double tolerance = 2e-6 * std::sqrt(static_cast<double>(taps)) + 1e-6;
    double worst = 0;
    for (size_t at = 0; at < in.size(); at += at < 300 ? 1 : 7)
      worst = std::max(worst, std::abs(out[at] - convolved(in, impulse, at)));
    CHECK(worst <= tolerance);
  }
}

TEST_CASE("an impulse through the convolver gives the impulse response back, without latency") {
  std::vector<float> impulse = noise(6000, 3), in(7000);
  in[0] = 1;
  const std::vector<float> out = Fixture(impulse).run(in, 1);
  double worst = 0;
  for (size_t at = 0; at < in.size(); ++at)
    worst = std::max(worst, std::abs(out[at] - double{at < impulse.size() ? impulse[at] : 0}));
  CHECK(worst < 1e-6);
  CHECK(out[0] == impulse[0]);
}

TEST_CASE("the convolver gives the same bits however its signal is cut into calls") {
  const std::vector<float> impulse = noise(4321, 1), in = noise(20000, 2);
  const std::vector<float> whole = Fixture(impulse).run(in, 64);
  for (const uint32_t step : {1u, 2u, 3u, 7u, 31u, 63u, 0u, 997u}) {
    CAPTURE(step);
    CHECK(Fixture(impulse).run(in, step) == whole);
  }
}

TEST_CASE("after a reset the convolver starts as new") {
  const std::vector<float> impulse = noise(4000, 1), in = noise(5000, 2);
  Fixture fixture(impulse);
  const std::vector<float> first = fixture.run(in, 61);
  fixture.convolver.reset();
  CHECK(fixture.run(in, 64) == first);
}

TEST_CASE("what is not a finite audio signal leaves no trace in the convolver") {
  const std::vector<float> impulse = noise(3000, 1);
  std::vector<float> in = noise(6000, 2);
  for (size_t at = 100; at < 110; ++at) in[at] = 0;
  const std::vector<float> clean = Fixture(impulse).run(in, 64);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float bad[] = {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN(),
                       std::numeric_limits<float>::max(), -1e20f};
  for (size_t at = 100; at < 110; ++at) in[at] = bad[at % 5];
  CHECK(Fixture(impulse).run(in, 64) == clean);
}

TEST_CASE("silence through the convolver is silence") {
  for (float sample : Fixture(noise(5000, 1)).run(std::vector<float>(6000), 64)) REQUIRE(sample == 0);
}
