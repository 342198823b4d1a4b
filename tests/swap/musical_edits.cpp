// Twenty edits that people make while a 100 Hz sine plays: no click above 8 kHz, no jump in level.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "swap_run.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr double kRate = 48'000;
constexpr uint32_t kFrames = 48'000, kSwapAt = 20'011, kSettled = 12'000;

struct Edit {
  std::string name;
  Graph before, after;
};

SettingValue number(double value) { return {SettingKind::number, value, false, {}, {}}; }

Graph plain(const std::string& out) {
  Graph graph;
  graph.input("in");
  return graph.output("out", out);
}

Graph filtered(const std::string& type, const std::string& freq, const std::string& q, const std::string& out = "f") {
  Graph graph;
  graph.input("in").node("f", type, {{"in", "in"}, {"freq", freq}, {"q", q}});
  return graph.output("out", out);
}

Graph peaked(const std::string& gain) {
  Graph graph;
  graph.input("in").node("f", "peak", {{"in", "in"}, {"freq", "100"}, {"gain", gain}});
  return graph.output("out", "0.4 * f");
}

Graph echoed(const std::string& time, const std::string& wet, double max = 0.5) {
  Graph graph;
  graph.input("in").node("echo", "delay", {{"in", "in + 0.3 * echo"}, {"time", time}}, {{"max", number(max)}});
  return graph.output("out", "0.5 * in + " + wet + " * echo");
}

Graph chained(uint32_t stages) {
  Graph graph;
  graph.input("in").node("f", "lowpass", {{"in", "in"}, {"freq", "2000"}});
  graph.nodes[0].chain = stages;
  return graph.output("out", "f");
}

std::vector<Edit> edits() {
  return {
      {"a gain", plain("0.5 * in"), plain("0.4 * in")},
      {"a gain of 6 dB", plain("0.25 * in"), plain("0.5 * in")},
      {"mute", plain("0.5 * in"), plain("0 * in")},
      {"unmute", plain("0 * in"), plain("0.5 * in")},
      {"a filter put in", plain("in"), filtered("lowpass", "1000", "0.7")},
      {"a filter taken out", filtered("lowpass", "1000", "0.7"), plain("in")},
      {"its cutoff", filtered("lowpass", "1000", "0.7"), filtered("lowpass", "500", "0.7")},
      {"its resonance", filtered("lowpass", "800", "0.7"), filtered("lowpass", "800", "4")},
      {"its kind", filtered("lowpass", "2000", "0.7"), filtered("highshelf", "2000", "0.7")},
      {"an equaliser's gain", peaked("1"), peaked("2")},
      {"another stage of a chain", chained(1), chained(2)},
      {"a stage less", chained(3), chained(2)},
      {"an echo put in", plain("0.5 * in"), echoed("0.2", "0.3")},
      {"an echo taken out", echoed("0.2", "0.3"), plain("0.5 * in")},
      {"how loud an echo is", echoed("0.2", "0.2"), echoed("0.2", "0.35")},
      {"how long its line is", echoed("0.2", "0.3"), echoed("0.2", "0.3", 1.0)},
      {"its time, by a period", echoed("0.2", "0.3"), echoed("0.21", "0.3")},
      {"a drive", plain("0.5 * tanh(in)"), plain("0.5 * tanh(2 * in)")},
      {"a name", plain("0.5 * in"), plain("in * 0.5")},
      {"a mix of two", filtered("lowpass", "3000", "0.7", "0.5 * f + 0.5 * in"),
       filtered("lowpass", "3000", "0.7", "0.8 * f + 0.2 * in")},
  };
}

// Butterworth high-pass of 12th order at 8 kHz as six direct sections in double precision: 100 Hz is 450 dB down.
std::vector<double> above_8k(const std::vector<float>& row) {
  std::vector<double> x(row.begin(), row.end());
  const double w = 2 * std::numbers::pi * 8'000 / kRate;
  for (int section = 0; section < 6; ++section) {
    const double q = 1 / (2 * std::cos(std::numbers::pi * (2 * section + 1) / 24));
    const double alpha = std::sin(w) / (2 * q), c = std::cos(w), a0 = 1 + alpha;
    const double b0 = (1 + c) / 2 / a0, b1 = -(1 + c) / a0, a1 = -2 * c / a0, a2 = (1 - alpha) / a0;
    double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
    for (double& sample : x) {
      const double y = b0 * sample + b1 * x1 + b0 * x2 - a1 * y1 - a2 * y2;
      x2 = x1, x1 = sample, y2 = y1, y1 = y;
      sample = y;
    }
  }
  return x;
}

// The largest and smallest RMS over windows of one period of the sine (480 frames) once everything has settled.
struct Levels {
  double loudest = 0, quietest = 1e9;
};
template <class Row>
Levels levels(const Row& row) {
  Levels found;
  for (uint32_t at = kSettled; at + 480 <= kFrames; at += 48) {
    double sum = 0;
    for (uint32_t f = at; f < at + 480; ++f) sum += static_cast<double>(row[f]) * row[f];
    found.loudest = std::max(found.loudest, std::sqrt(sum / 480));
    found.quietest = std::min(found.quietest, std::sqrt(sum / 480));
  }
  return found;
}

double decibel(double gain) { return 20 * std::log10(std::max(gain, 1e-12)); }

}  // namespace

TEST_CASE("twenty edits while a 100 Hz sine plays make no click and no jump in level") {
  Audio in(1, std::vector<float>(kFrames));
  for (uint32_t f = 0; f < kFrames; ++f)
    in[0][f] = static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * 100 / kRate * f));
  for (const Backend* backend : {find_backend("interpreter"), &best_backend()}) {
    for (const Edit& edit : edits()) {
      const auto before = program_of(edit.before, *backend, false), after = program_of(edit.after, *backend, false);
      const SwapRun a = play(before, in, 1, {}, {256});
      const SwapRun b = play(after, in, 1, {}, {256});
      const SwapRun run = play(before, in, 1, {{kSwapAt, after}}, {256});
      CAPTURE(edit.name);
      CAPTURE(backend->name());
      const double hiss = levels(above_8k(run.out[0])).loudest;
      const double own = std::max(levels(above_8k(a.out[0])).loudest, levels(above_8k(b.out[0])).loudest);
      CHECK(std::sqrt(std::max(0.0, hiss * hiss - own * own)) <= 1e-4);  // −80 dBFS
      const Levels one = levels(a.out[0]), other = levels(b.out[0]), heard = levels(run.out[0]);
      CHECK(decibel(heard.loudest) <= decibel(std::max(one.loudest, other.loudest)) + 0.5);
      CHECK(decibel(heard.quietest) >= decibel(std::min(one.quietest, other.quietest)) - 0.5);
    }
    ran_on(backend->name(), edits().size());
  }
}
