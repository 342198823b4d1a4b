// Envelopes against state machines in double precision, and against what their times and levels promise.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// Way gone after a part of a segment's time.
double bent(double part, double curve) {
  if (part >= 1) return 1;
  return curve == 0 ? part : (1 - std::exp(-curve * part)) / (1 - std::exp(-curve));
}

// Samples of a segment, at least 1, less what is a rounding of the time.
double length(double seconds, double rate) { return std::max(1.0, seconds * rate * (1 - 1e-9)); }

struct Shape {
  double attack, decay, sustain, release, curve;
};

// One sample at a time: the level on the way from `from` to an aim, then for an ADSR from 1 down to sustain.
class Envelope {
 public:
  Envelope(const Shape& shape, double rate, bool decays) : shape_(shape), rate_(rate), decays_(decays) {}
  double next(double gate) {
    const bool on = gate > 0;
    if (on != on_) from_ = level_, part_ = 0, since_peak_ = 0;
    on_ = on;
    const bool peaked = on && part_ >= 1;
    part_ += 1 / length(on ? shape_.attack : shape_.release, rate_);
    level_ = from_ + ((on ? 1 : 0) - from_) * bent(part_ + 1e-9, shape_.curve);
    if (peaked) {
      since_peak_ += 1 / length(shape_.decay, rate_);
      if (decays_) level_ = 1 + (shape_.sustain - 1) * bent(since_peak_ + 1e-9, shape_.curve);
    }
    // The end is a sample, whatever a sum of steps rounds to.
    if (part_ + 1e-7 >= 1) part_ = 1;
    return level_;
  }

 private:
  Shape shape_;
  double rate_;
  bool decays_, on_ = false;
  double part_ = 0, since_peak_ = 0, from_ = 0, level_ = 0;
};

std::vector<std::pair<std::string, std::string>> ports(const Shape& shape, bool decays) {
  std::vector<std::pair<std::string, std::string>> list = {
      {"gate", "in"}, {"attack", std::to_string(shape.attack)}, {"release", std::to_string(shape.release)}};
  if (decays) {
    list.push_back({"decay", std::to_string(shape.decay)});
    list.push_back({"sustain", std::to_string(shape.sustain)});
  }
  return list;
}
Graph adsr(const Shape& shape) { return one_node("adsr", ports(shape, true), {{"curve", number(shape.curve)}}); }

// Long notes, one cut off in its attack, one taken up in a release, one of a sample, and levels that do not matter.
std::vector<float> notes(uint32_t frames) {
  std::vector<float> gate(frames);
  auto on = [&](double from, double to, float level) {
    for (auto n = static_cast<uint32_t>(from * frames); n < static_cast<uint32_t>(to * frames); ++n) gate[n] = level;
  };
  on(0.01, 0.3, 1), on(0.4, 0.405, 0.001f), on(0.5, 0.7, 100), on(0.71, 0.8, 1);
  gate[static_cast<uint32_t>(0.9 * frames)] = 1;
  return gate;
}
std::vector<float> constant_gate(uint32_t frames, uint32_t length) {
  std::vector<float> gate(frames);
  for (uint32_t n = 0; n < length; ++n) gate[n] = 1;
  return gate;
}

// A count of 2^31 units rounds each segment to a few parts in 100,000, on slopes of up to 10; levels are f32.
constexpr double kTolerance = 2e-4;

}  // namespace

TEST_CASE("an adsr has the shape of its segments at every rate, from any level, in every curve") {
  constexpr Shape kShapes[] = {{0.01, 0.05, 0.6, 0.1, 4},
                               {0.02, 0.01, 0.3, 0.03, 0},
                               {0, 0, 0.5, 0, 4},
                               {0.05, 0.2, 0, 0.01, -3},
                               {0.004, 0.03, 1, 0.05, 10}};
  for (const Shape& shape : kShapes)
    for (const double rate : kRates) {
      CAPTURE(rate);
      CAPTURE(shape.attack);
      CAPTURE(shape.curve);
      const auto frames = static_cast<uint32_t>(rate / 4);
      const std::vector<float> gate = notes(frames);
      Envelope model(shape, rate, true);
      std::vector<double> expected;
      for (float level : gate) expected.push_back(model.next(level));
      on_every_executor(adsr(shape), {gate}, frames, {.sample_rate = rate},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < kTolerance); });
    }
}

TEST_CASE("an ar is an adsr that stays at 1") {
  const Shape shape{0.01, 0, 1, 0.08, 4};
  for (const double rate : kRates) {
    const auto frames = static_cast<uint32_t>(rate / 4);
    const std::vector<float> gate = notes(frames);
    Envelope model(shape, rate, false);
    std::vector<double> expected;
    for (float level : gate) expected.push_back(model.next(level));
    on_every_executor(one_node("ar", ports(shape, false)), {gate}, frames, {.sample_rate = rate},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < kTolerance); });
  }
}

TEST_CASE("an adsr reaches 1, sustain and exactly 0 in the samples that its times say") {
  for (const double rate : kRates)
    for (const double seconds : {0.003, 0.05, 1.0}) {
      CAPTURE(rate);
      CAPTURE(seconds);
      const auto samples = static_cast<uint32_t>(std::ceil(seconds * rate));
      // A step of 2^31 / n units is rounded up: n samples may end early by as many as this.
      const auto early = static_cast<uint32_t>(std::ceil(static_cast<double>(samples) * samples / 0x1p31));
      const uint32_t off = 3 * samples, frames = 5 * samples;
      const Graph graph = adsr({seconds, seconds, 0.25, seconds, 3});
      on_every_executor(graph, {constant_gate(frames, off)}, frames, {.sample_rate = rate}, [&](const Rows& out) {
        const std::vector<float>& y = out[0];
        const auto peak = static_cast<uint32_t>(std::find(y.begin(), y.end(), 1.0f) - y.begin());
        CHECK((peak < samples && peak + 1 + early >= samples));
        CHECK(y[2 * samples - 3 - 2 * early] > 0.25f);
        CHECK(y[2 * samples] == 0.25f);
        CHECK(y[off - 1] == 0.25f);
        CHECK(y[off] < 0.25f);
        CHECK(y[off + samples - 3 - early] > 0);
        for (uint32_t n = off + samples; n < frames; ++n) REQUIRE(y[n] == 0);
        for (uint32_t n = 0; n < frames; ++n) REQUIRE((y[n] >= 0 && y[n] <= 1));
      });
    }
}

TEST_CASE("the height of a gate makes no difference to an envelope, and one sample is a note") {
  const Graph graph = adsr({0.001, 0.01, 0.5, 0.01, 4});
  for (const float height : {1e-20f, 0.5f, 1000.0f}) {
    std::vector<float> gate(2000);
    gate[100] = 1;
    for (size_t n = 1000; n < 1500; ++n) gate[n] = 1;
    std::vector<float> scaled_gate = gate;
    for (float& level : scaled_gate) level *= height;
    on_every_executor(graph, {gate}, 2000, {}, [&](const Rows& expected) {
      CHECK(expected[0][100] > 0.02f);
      CHECK(expected[0][99] == 0);
      on_every_executor(graph, {scaled_gate}, 2000, {}, [&](const Rows& out) {
        std::vector<double> same(expected[0].begin(), expected[0].end());
        CHECK(worst_difference(out[0], same) < 1e-6);
      });
    });
  }
}

TEST_CASE("a time that moves changes the speed of what is left of a segment, without a step") {
  const uint32_t frames = 4000;
  std::vector<float> seconds(frames);
  std::vector<double> expected;
  double part = 0;
  for (uint32_t n = 0; n < frames; ++n) {
    seconds[n] = n < 1200 ? 0.1f : 0.02f;
    part += 1 / (seconds[n] * 48'000.0);
    expected.push_back(std::min(part, 1.0));
  }
  const Graph graph = one_node("adsr", {{"gate", "1"}, {"attack", "in"}, {"sustain", "1"}}, {{"curve", number(0)}});
  on_every_executor(graph, {seconds}, frames, {},
                    [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 1e-4); });
}

TEST_CASE("sustain is followed at once, and a long segment keeps its time") {
  const uint32_t frames = 200'000;
  std::vector<float> sustain(frames);
  for (uint32_t n = 0; n < frames; ++n) sustain[n] = 0.5f + 0.4f * static_cast<float>(std::sin(0.001 * n));
  const Graph graph = one_node("adsr", {{"gate", "1"}, {"attack", "0.01"}, {"decay", "0.01"}, {"sustain", "in"}});
  on_every_executor(graph, {sustain}, frames, {}, [&](const Rows& out) {
    for (uint32_t n = 1000; n < frames; ++n) REQUIRE(std::abs(out[0][n] - sustain[n]) < 1e-6f);
  });
  // 4 s at 48 kHz are 192,000 samples, of which up to 17 are lost.
  on_every_executor(one_node("ar", {{"gate", "1"}, {"attack", "4"}}, {}, {}), {}, frames, {}, [&](const Rows& out) {
    CHECK(out[0][191'980] < 1);
    CHECK(out[0][191'999] == 1);
  });
}

TEST_CASE("an ended envelope stays ended while its count goes round") {
  // A release of a sample passes the whole count in every second sample.
  const uint32_t frames = 20'000;
  on_every_executor(adsr({0, 0, 0.5, 0, 4}), {constant_gate(frames, frames / 2)}, frames, {}, [&](const Rows& out) {
    for (uint32_t n = 1; n < frames; ++n) REQUIRE(out[0][n] == (n < frames / 2 ? 0.5f : 0.0f));
  });
}

TEST_CASE("a line goes straight to where its aim was when the gate rose, from wherever it is") {
  for (const double rate : kRates)
    for (const double seconds : {0.0, 0.01, 0.0333}) {
      CAPTURE(rate);
      CAPTURE(seconds);
      const auto frames = static_cast<uint32_t>(rate / 4);
      std::vector<float> gate = notes(frames), to = noise(frames, 4, 300);
      std::vector<double> expected;
      double from = 0, aim = 0, y = 0, part = 1;
      for (uint32_t n = 0; n < frames; ++n) {
        if (gate[n] > 0 && (n == 0 || gate[n - 1] <= 0)) from = y, aim = to[n], part = 0;
        part = std::min(1.0, part + 1 / length(seconds, rate));
        y = from + (aim - from) * part;
        expected.push_back(y);
      }
      const Graph graph =
          one_node("line", {{"gate", "gate"}, {"to", "to"}, {"time", std::to_string(seconds)}}, {}, {"gate", "to"});
      on_every_executor(graph, {gate, to}, frames, {.sample_rate = rate},
                        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 600 * 1e-4); });
    }
}

TEST_CASE("smooth, slew and sah follow their difference equations") {
  constexpr uint32_t kFrames = 5000;
  std::vector<float> in(kFrames), trigger(kFrames);
  Random random(9);
  for (uint32_t n = 0; n < kFrames; ++n) {
    in[n] = n % 97 == 0 || n == 0 ? static_cast<float>(random.uniform(-1, 1)) : in[n - 1];
    trigger[n] = static_cast<float>(random.uniform(-1, 0.3));
  }
  for (const double rate : kRates) {
    std::vector<double> smooth, slew, held;
    double a = 0, b = 0, c = 0;
    const double step = 1 - std::exp(-1 / (0.002 * rate)), up = 1 / (0.004 * rate), down = 1 / (0.02 * rate);
    for (uint32_t n = 0; n < kFrames; ++n) {
      smooth.push_back(a += step * (in[n] - a));
      slew.push_back(b += std::min(std::max(in[n] - b, -down), up));
      if (trigger[n] > 0 && (n == 0 || trigger[n - 1] <= 0)) c = in[n];
      held.push_back(c);
    }
    CAPTURE(rate);
    // Rounding of f32 states, gathered over the time constant or a slope.
    on_every_executor(one_node("smooth", {{"in", "in"}, {"time", "0.002"}}), {in}, kFrames, {.sample_rate = rate},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], smooth) < 1e-5); });
    on_every_executor(one_node("slew", {{"in", "in"}, {"rise", "0.004"}, {"fall", "0.02"}}), {in}, kFrames,
                      {.sample_rate = rate}, [&](const Rows& out) { CHECK(worst_difference(out[0], slew) < 1e-4); });
    on_every_executor(one_node("sah", {{"in", "in"}, {"trigger", "trigger"}}, {}, {"in", "trigger"}), {in, trigger},
                      kFrames, {.sample_rate = rate},
                      [&](const Rows& out) { CHECK(worst_difference(out[0], held) == 0); });
  }
}

TEST_CASE("smooth and slew of no time are the signal itself") {
  const std::vector<float> in = noise(2000, 3);
  const std::vector<double> same(in.begin(), in.end());
  on_every_executor(one_node("smooth", {{"in", "in"}, {"time", "0"}}), {in}, 2000, {},
                    [&](const Rows& out) { CHECK(worst_difference(out[0], same) < 1e-6); });
  on_every_executor(one_node("slew", {{"in", "in"}}), {in}, 2000, {},
                    [&](const Rows& out) { CHECK(worst_difference(out[0], same) == 0); });
}
