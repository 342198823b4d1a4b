// What holds for every node of the table: documented, in its declared category, silent on silence, stable when shaken.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "run.hpp"
#include "sinter/nodes/nodes.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 4000;

bool runs_alone(const NodeDef& def) { return def.category != Category::external; }
bool makes_sound(const NodeDef& def) { return !def.port("in"); }

std::vector<std::pair<std::string, SettingValue>> required_settings(const NodeDef& def) {
  std::vector<std::pair<std::string, SettingValue>> list;
  for (const Setting& setting : def.settings)
    if (setting.required && setting.kind == SettingKind::number)
      list.push_back({std::string(setting.name), number(def.type == "samples" ? 2000 : 0.05)});
  if (def.type == "fir") list.push_back({"taps", {.kind = SettingKind::numbers, .numbers = {0.5, -0.25, 1}}});
  if (def.type == "wavetable")
    list.push_back({"table", {.kind = SettingKind::numbers, .numbers = {0, 1, -0.5, 0.25, -1}}});
  if (def.type == "modal") list.push_back({"ratios", {.kind = SettingKind::numbers, .numbers = {1, 2.7, 40}}});
  if (def.type == "matrix") list.push_back({"rows", {.kind = SettingKind::rows, .numbers = {1, -0.5}, .row_count = 2}});
  return list;
}

/// True for a channel of an output that is no signal, but what a signal is multiplied by.
bool is_gain(const NodeDef& def, size_t channel) {
  for (const OutputPort& output : def.outputs) {
    const size_t width = std::max<size_t>(output.width, 1);
    if (channel < width) return output.name == "gain";
    channel -= width;
  }
  return false;
}

/// A graph in which every port of the node is a patch input of the port's width, and every output goes out.
Graph fully_driven(const NodeDef& def) {
  Graph graph;
  std::vector<std::pair<std::string, std::string>> ports;
  for (const Port& port : def.inputs) {
    const std::string name = "p_" + std::string(port.name);
    graph.input(name, std::max<uint32_t>(port.width, 1));
    ports.push_back({std::string(port.name), name});
  }
  graph.node("x", std::string(def.type), ports, required_settings(def));
  std::string outputs;
  for (const OutputPort& output : def.outputs) outputs += (outputs.empty() ? "x." : ", x.") + std::string(output.name);
  graph.output("out", def.outputs.size() > 1 ? "stack(" + outputs + ")" : "x");
  return graph;
}

/// One row per channel of each port: `audio` for the signal, else numbers all over the port's range and beyond it.
Rows random_drive(const NodeDef& def, Random& random, double audio) {
  Rows rows;
  for (const Port& port : def.inputs)
    for (uint32_t c = 0; c < std::max<uint32_t>(port.width, 1); ++c) {
      std::vector<float> row(kFrames);
      const double low = std::max(port.minimum, -1e3), high = std::min(port.maximum, 1e5);
      float held = 0;
      for (size_t n = 0; n < row.size(); ++n) {
        if (n % 16 == 0 || random.chance(0.02))
          held = static_cast<float>(low > 0 ? low * std::pow(high / low, random.uniform(-0.05, 1.05))
                                            : random.uniform(low - 0.1, high + 0.1));
        row[n] = port.name == "in" ? static_cast<float>(random.uniform(-audio, audio)) : held;
      }
      rows.push_back(std::move(row));
    }
  return rows;
}

}  // namespace

TEST_CASE("every node, port and setting is described, and names are unique") {
  std::set<std::string_view> types;
  for (const NodeDef& def : standard_nodes().defs) {
    CAPTURE(def.type);
    CHECK(types.insert(def.type).second);
    CHECK(!def.doc.empty());
    CHECK(!def.source.empty());
    CHECK((def.lower != nullptr));
    CHECK(!def.outputs.empty());
    std::set<std::string_view> names;
    for (const Port& port : def.inputs) {
      CAPTURE(port.name);
      CHECK(names.insert(port.name).second);
      CHECK(!port.doc.empty());
      CHECK(port.minimum < port.maximum);
      if (port.scale == Scale::log) CHECK(port.minimum > 0);
      if (port.fallback) CHECK((*port.fallback >= port.minimum && *port.fallback <= port.maximum));
    }
    for (const Setting& setting : def.settings) {
      CAPTURE(setting.name);
      CHECK(names.insert(setting.name).second);
      CHECK(!setting.doc.empty());
      CHECK((setting.kind == SettingKind::choice) == !setting.choices.empty());
    }
  }
}

TEST_CASE("the library has the node types that the patch format lists") {
  for (const char* type :
       {"phasor",    "sine",     "noise",    "impulse",   "onepole",       "onezero", "dcblock",  "biquad",
        "lowpass",   "highpass", "bandpass", "notch",     "allpass",       "peak",    "lowshelf", "highshelf",
        "svf",       "delay",    "samples",  "comb",      "allpass_delay", "pan",     "balance",  "clip",
        "softclip",  "follow",   "meter",    "convolve",  "linkwitz",      "fir",     "ladder",   "diode",
        "resonator", "modal",    "fold",     "crush",     "width",         "midside", "matrix",   "compressor",
        "expander",  "gate",     "limiter",  "chorus",    "flanger",       "phaser",  "tremolo",  "saw",
        "square",    "triangle", "pulse",    "wavetable", "pink",          "line",    "adsr",     "ar",
        "smooth",    "slew",     "sah",      "freeverb",  "plate",         "fdn",     "karplus"}) {
    CAPTURE(type);
    CHECK(standard_nodes().find(type) != nullptr);
  }
}

TEST_CASE("every node has one example, which is a patch without warnings") {
  std::set<std::string_view> types;
  for (const NodeExample& example : node_examples()) {
    CAPTURE(example.type);
    CHECK(types.insert(example.type).second);
    const Result<Graph> graph =
        read_patch(example_patch(example), std::string(example.type), SINTER_SOURCE_DIR "/examples", standard_nodes());
    if (!graph) FAIL(format(graph.error()));
    const Result<Compiled> compiled = compile_patch(*graph, {});
    if (!compiled) FAIL(format(compiled.error()));
    CHECK(compiled->warnings.empty());
  }
  for (const NodeDef& def : standard_nodes().defs) CHECK_MESSAGE(types.contains(def.type), def.type);
  CHECK(types.size() == standard_nodes().defs.size());
}

TEST_CASE("docs/nodes.md is made from the table") {
  const std::string path = std::string(SINTER_SOURCE_DIR) + "/docs/nodes.md", made = nodes_markdown(standard_nodes());
  std::ifstream file(path, std::ios::binary);
  std::stringstream kept;
  kept << file.rdbuf();
  CHECK_MESSAGE(kept.str() == made, "run `make docs` and commit docs/nodes.md");
}

TEST_CASE("a node keeps state exactly when it is declared Stateful") {
  for (const NodeDef& def : standard_nodes().defs) {
    if (!runs_alone(def)) continue;
    CAPTURE(def.type);
    const Result<Ir> ir = lower(fully_driven(def), {.library = &standard_nodes()});
    if (!ir) FAIL(format(ir.error()));
    CHECK((!ir->states.empty() || !ir->lines.empty()) == (def.category == Category::stateful));
    CHECK(ir->calls.empty());
    CHECK(verify(*ir).empty());
  }
}

TEST_CASE("nodes that process make silence of silence") {
  Random random(5);
  for (const NodeDef& def : standard_nodes().defs) {
    if (!runs_alone(def) || makes_sound(def)) continue;
    CAPTURE(def.type);
    on_every_executor(fully_driven(def), random_drive(def, random, 0), kFrames, {}, [&](const Rows& out) {
      for (size_t row = 0; row < out.size(); ++row)
        for (float sample : out[row]) REQUIRE((sample == 0 || is_gain(def, row)));
    });
  }
}

TEST_CASE("every node stays finite and bounded while every port jumps about its range") {
  // A biquad is as unstable as its coefficients; gains reach 60 dB and q 1,000, hence the bound.
  constexpr double kBound = 1e6;
  Random random(6);
  for (const NodeDef& def : standard_nodes().defs) {
    if (!runs_alone(def) || def.type == "biquad") continue;
    for (const double rate : kRates) {
      CAPTURE(def.type);
      CAPTURE(rate);
      for (uint64_t round = 0; round < scaled(2); ++round) {
        const Rows drive = random_drive(def, random, 1);
        on_every_executor(fully_driven(def), drive, kFrames, {.sample_rate = rate}, [&](const Rows& out) {
          double most = 0;
          for (const std::vector<float>& row : out)
            for (float sample : row) {
              REQUIRE(std::isfinite(sample));
              most = std::max(most, static_cast<double>(std::abs(sample)));
            }
          CHECK(most < kBound);
        });
      }
    }
  }
}
