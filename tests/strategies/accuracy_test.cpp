// How clean second-order filters are in every strategy, against long double and beside the textbook's loops in float.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>

#include "filter_models.hpp"
#include "run.hpp"
#include "sinter/sinter.hpp"
#include "tally.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr Design kDesigns[] = {{"LP 1 kHz Q 0.7", 1'000, 0.7, 1},
                               {"LP 20 Hz Q 10", 20, 10, 1},
                               {"LP 20 Hz Q 100", 20, 100, 1},
                               {"peak 30 Hz Q 10 +12 dB", 30, 10, 3.9810717055349722}};

// How the coefficients move: numbers in the patch, a knob at rest, a knob turned in every cell, a signal.
enum class Motion : uint8_t { number, knob, swept, audio };
constexpr const char* kMotions[] = {"number", "knob", "swept", "audio"};

constexpr double kLuck = 1;     // dB that one rounding of a signal may be cleaner than another
constexpr double kSeconds = 2;  // of noise and impulses

std::string digits(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::vector<float> noise_and_impulses(uint32_t frames) {
  Random random(61);
  std::vector<float> out(frames);
  for (uint32_t n = 0; n < frames; ++n) {
    out[n] = static_cast<float>(random.uniform(-0.5, 0.5));
    if (n % 10'007 == 5) out[n] = 1;
  }
  return out;
}

// What one row of the table runs: the signal, the frequency of each sample, and the knob's turns.
struct Row {
  Design design;
  double rate;
  Motion motion;
  std::vector<float> in;
  Frequencies hertz;
  std::vector<Turn> turns;
  std::string label() const {
    char text[64];
    std::snprintf(text, sizeof text, "%-23s %3.0f kHz %-7s", design.name, rate / 1000, kMotions[size_t(motion)]);
    return text;
  }
  // Per sample and cached per cell: the cookbook in long double is slow.
  BiquadOf coefficients() const {
    return [this, last = -1.0, made = BiquadCoefficients{}](size_t n) mutable {
      if (hertz[n] != last) made = cookbook(design, last = hertz[n], rate);
      // What a signal carries are floats; all models see the same.
      if (motion == Motion::audio)
        for (long double* each : {&made.b0, &made.b1, &made.b2, &made.a1, &made.a2}) *each = static_cast<float>(*each);
      return made;
    };
  }
};

Row make_row(const Design& design, double rate, Motion motion) {
  Row row{design, rate, motion, noise_and_impulses(static_cast<uint32_t>(kSeconds * rate)), {}, {}};
  for (uint32_t n = 0; n < row.in.size(); ++n) {
    const uint32_t at = motion == Motion::swept ? n / 64 * 64 : n;
    const double sway = 1 + 0.25 * std::sin(2 * std::numbers::pi * 1.7 * at / rate);
    double hertz = motion == Motion::swept || motion == Motion::audio ? design.hertz * sway : design.hertz;
    if (motion == Motion::audio) hertz = static_cast<float>(hertz);
    if (motion == Motion::swept && n % 64 == 0) row.turns.push_back({n, 0, hertz});
    row.hertz.push_back(hertz);
  }
  return row;
}

void add_knob(Graph& graph, const Row& row) {
  if (row.motion == Motion::knob || row.motion == Motion::swept)
    graph.param({.id = "freq", .minimum = 1, .maximum = 20'000, .fallback = row.design.hertz, .unit = Unit::hertz});
}

Graph node_patch(const Row& row) {
  Graph graph;
  graph.input("in");
  add_knob(graph, row);
  std::string freq = "$freq";
  if (row.motion == Motion::number) freq = digits(row.design.hertz);
  if (row.motion == Motion::audio) graph.input("f"), freq = "f";
  std::vector<std::pair<std::string, std::string>> ports = {{"in", "in"}, {"freq", freq}, {"q", digits(row.design.q)}};
  if (row.design.is_peak()) ports.emplace_back("gain", digits(row.design.gain));
  graph.node("x", row.design.is_peak() ? "peak" : "lowpass", std::move(ports));
  return graph.output("out", "x");
}

// The direct form with the cookbook's formulas in the patch, which computes them in double.
Graph biquad_patch(const Row& row) {
  Graph graph;
  graph.input("in");
  add_knob(graph, row);
  std::vector<std::pair<std::string, std::string>> ports = {{"in", "in"}};
  if (row.motion == Motion::audio) {
    for (const char* port : {"b0", "b1", "b2", "a1", "a2"}) graph.input(port), ports.emplace_back(port, port);
  } else {
    const std::string freq = row.motion == Motion::number ? digits(row.design.hertz) : "$freq";
    const std::string w = "(2 * pi * " + freq + " / sr)", c = "cos" + w;
    const std::string alpha = "(sin" + w + " / " + digits(2 * row.design.q) + ")",
                      a = digits(std::sqrt(row.design.gain));
    const std::string up = row.design.is_peak() ? alpha + " * " + a : alpha;
    const std::string down = row.design.is_peak() ? alpha + " / " + a : alpha;
    const auto over_a0 = [&](const std::string& top) { return "(" + top + ") / (1 + " + down + ")"; };
    ports.emplace_back("b0", over_a0(row.design.is_peak() ? "1 + " + up : "0.5 - 0.5 * " + c));
    ports.emplace_back("b1", over_a0(row.design.is_peak() ? "-2 * " + c : "1 - " + c));
    ports.emplace_back("b2", over_a0(row.design.is_peak() ? "1 - " + up : "0.5 - 0.5 * " + c));
    ports.emplace_back("a1", over_a0("-2 * " + c));
    ports.emplace_back("a2", over_a0("1 - " + down));
  }
  graph.node("x", "biquad", std::move(ports));
  return graph.output("out", "x");
}

Scenario scenario_of(const Row& row, bool biquad) {
  Scenario scenario;
  scenario.frames = static_cast<uint32_t>(row.in.size());
  scenario.turns = row.turns;
  scenario.inputs = {row.in};
  if (row.motion != Motion::audio) return scenario;
  if (!biquad) {
    scenario.inputs.emplace_back(row.hertz.begin(), row.hertz.end());
    return scenario;
  }
  scenario.inputs.resize(6);
  const BiquadOf at = row.coefficients();
  for (size_t n = 0; n < row.in.size(); ++n) {
    const BiquadCoefficients c = at(n);
    const long double all[] = {c.b0, c.b1, c.b2, c.a1, c.a2};
    for (size_t k = 0; k < 5; ++k) scenario.inputs[k + 1].push_back(static_cast<float>(all[k]));
  }
  return scenario;
}

struct Measured {
  double db;
  std::string text;  // with the strategy's first letter
};

Measured measure(const Graph& graph, const Row& row, bool biquad, const Backend& backend,
                 const std::vector<double>& exact) {
  CompileOptions options;
  options.backend = &backend;
  options.sample_rate = row.rate;
  const Result<Compiled> compiled = compile_patch(graph, options);
  if (!compiled) FAIL(format(compiled.error()));
  const StrategyCounts found = strategies_of(compiled->plan);
  const size_t chosen = static_cast<size_t>(std::ranges::max_element(found) - found.begin());
  const auto out = run(compiled->program, scenario_of(row, biquad), {997});
  ran_on(backend.name());
  const double db = signal_to_error_db(exact, out[0]);
  char text[32];
  std::snprintf(text, sizeof text, "%9.1f %c", db, kStrategies[chosen][0]);
  return {db, text};
}

std::vector<const Backend*> measured_backends() {
  std::vector<const Backend*> all;
  for (const Backend* backend : backends())
    if (backend->available() && backend->name() != "reference") all.push_back(backend);
  return all;
}

// One row of the table; checks it on the way.
std::string measured_row(const Row& row) {
  const BiquadOf at = row.coefficients();
  const std::vector<double> tdf2 = exact_tdf2(row.in, at), svf = exact_svf(row.design, row.in, row.hertz, row.rate);
  const double scalar = signal_to_error_db(tdf2, scalar_tdf2(row.in, at));
  const double df1 = signal_to_error_db(exact_df1(row.in, at), scalar_df1(row.in, at));
  char text[64];
  std::snprintf(text, sizeof text, " %6.1f %6.1f", scalar, df1);
  std::string line = row.label() + text;
  const bool rests = row.motion == Motion::number || row.motion == Motion::knob;
  const bool promised = row.design.hertz == 20 && row.design.q == 10 && row.rate == 48'000 && rests;
  for (const bool biquad : {false, true})
    for (const Backend* backend : measured_backends()) {
      const Measured got =
          measure(biquad ? biquad_patch(row) : node_patch(row), row, biquad, *backend, biquad ? tdf2 : svf);
      line += got.text;
      CAPTURE(row.label());
      CAPTURE(backend->name());
      CAPTURE(biquad);
      CHECK(got.db >= scalar - kLuck);
      if (promised && backend->width()) CHECK(got.db >= 95);
    }
  return line;
}

}  // namespace

TEST_CASE("the chosen strategy is never less accurate than scalar TDF2, and 95 dB clean at 20 Hz and Q 10") {
  std::string table =
      "signal to error in dB against long double, and the strategy chosen (c constant, v varying, l "
      "lanes, s serial)\n" +
      std::string(42, ' ') + " scalar float";
  for (std::string title : {"   lowpass, peak", "   biquad"}) {
    title.resize(std::max(title.size(), 11 * measured_backends().size()), ' ');
    table += title;
  }
  table += "\n" + std::string(42, ' ') + "  TDF2    DF1";
  for (int node = 0; node < 2; ++node)
    for (const Backend* backend : measured_backends())
      table += std::string(11 - backend->name().size(), ' ') + std::string(backend->name());
  for (const Design& design : kDesigns)
    for (const double rate : {48'000.0, 192'000.0})
      for (const Motion motion : {Motion::number, Motion::knob, Motion::swept, Motion::audio})
        table += "\n" + measured_row(make_row(design, rate, motion));
  MESSAGE(table);
}
