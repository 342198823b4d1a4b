// What is done to a patch while it plays: parameters, transport, controllers, notes; rows that are missing; meters.
#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <string>

#include "batch.hpp"
#include "sinter/export/export.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

std::shared_ptr<const Program> reference_of(const Graph& graph) {
  CompileOptions options;
  options.strict = true;
  options.backend = find_backend("reference");
  Result<Compiled> compiled = compile_patch(graph, options);
  if (!compiled) FAIL(format(compiled.error()));
  return compiled->program;
}

void build(Batch& batch, const std::vector<Compiler>& all) {
  const std::string wrong = batch.build(all);
  REQUIRE_MESSAGE(wrong.empty(), wrong);
}

std::string header_of(const Graph& graph, const std::string& name_space) {
  Result<std::string> header = export_cpp(graph, {.name_space = name_space, .library = &standard_nodes()});
  if (!header) FAIL(format(header.error()));
  return *header;
}

// The patch beside the engine, block by block.
struct Pair {
  Pair(const std::shared_ptr<const Program>& program, const PatchApi& api) : patch(api) { engine.prepare(program); }

  std::string play(uint32_t frames, const std::vector<Event>& events = {}) {
    std::vector<std::vector<float>> mine(engine.program()->layout.output_channels, std::vector<float>(frames));
    std::vector<std::vector<float>> theirs = mine;
    std::vector<float> in(frames);
    for (uint32_t f = 0; f < frames; ++f) in[f] = static_cast<float>(random.uniform(-1, 1));
    const float* ins[] = {in.data()};
    std::vector<float*> out, other;
    for (std::vector<float>& row : mine) out.push_back(row.data());
    for (std::vector<float>& row : theirs) other.push_back(row.data());
    patch.api.process(patch.get(), ins, out.data(), static_cast<int>(frames));
    engine.process(ins, other, frames, events);
    return difference(theirs, mine);
  }
  void transport(const Transport& t) {
    engine.set_transport(t);
    patch.api.set_transport(patch.get(), t.bpm, t.beat, t.beats_per_bar, t.playing);
  }

  Played patch;
  Engine engine;
  Random random{5};
};

}  // namespace

TEST_CASE("transport and controllers move what an exported patch plays") {
  const std::vector<Compiler> all = compilers();
  Graph graph;
  graph.input("in").output("out", "in * cc(7) + sin(beat) * 0.1 + bar * 0.01 + bpm * 0.001 + playing + modwheel");
  Batch batch("transport");
  batch.add(header_of(graph, batch.next_namespace()));
  build(batch, all);
  for (size_t c = 0; c < all.size(); ++c) {
    Pair pair(reference_of(graph), batch.api(c, 0));
    CHECK(pair.play(100) == "");
    pair.transport({.bpm = 90, .beat = 3, .beats_per_bar = 3, .playing = true});
    CHECK(pair.play(333) == "");
    pair.patch.api.set_controller(pair.patch.get(), 7, 0.75);
    CHECK(pair.play(77, {{.kind = EventKind::controller, .index = 7, .value = 0.75}}) == "");
    pair.patch.api.set_controller(pair.patch.get(), 1, 2);
    CHECK(pair.play(200, {{.kind = EventKind::controller, .index = 1, .value = 2}}) == "");
    pair.transport({.bpm = 1e9, .beat = -4, .beats_per_bar = 100, .playing = false});
    CHECK(pair.play(129) == "");
    pair.transport({.bpm = 200, .beat = -4, .beats_per_bar = 4, .playing = true});
    CHECK(pair.play(1'000) == "");
    pair.engine.reset();
    pair.patch.api.reset(pair.patch.get());
    CHECK(pair.play(500) == "");
  }
}

TEST_CASE("meters of an exported patch show what those of the engine do") {
  const std::vector<Compiler> all = compilers();
  Graph graph;
  graph.input("in").node("level", "meter", {{"in", "0.3 * in"}}).output("out", "level");
  Batch batch("meters");
  batch.add(header_of(graph, batch.next_namespace()));
  build(batch, all);
  for (size_t c = 0; c < all.size(); ++c) {
    Pair pair(reference_of(graph), batch.api(c, 0));
    for (const uint32_t frames : {500u, 1'000u, 64u, 3'000u}) {
      CHECK(pair.play(frames) == "");
      const Engine::Level level = pair.engine.read_probe(0, 0);
      CHECK(pair.patch.api.meter_peak(pair.patch.get(), 0) == level.peak);
      CHECK(pair.patch.api.meter_rms(pair.patch.get(), 0) == level.rms);
    }
    CHECK(pair.patch.api.meter_peak(pair.patch.get(), 1) == 0);
    CHECK(pair.patch.api.meter_peak(pair.patch.get(), -1) == 0);
  }
}

TEST_CASE("voices of an exported patch that get the engine's notes sound as the engine's do") {
  const std::vector<Compiler> all = compilers();
  Result<Graph> graph = read_patch_file(SINTER_SOURCE_DIR "/examples/fm_keys.json", standard_nodes());
  if (!graph) FAIL(format(graph.error()));
  Batch batch("voices");
  batch.add(header_of(*graph, batch.next_namespace()));
  build(batch, all);
  constexpr int kPressure = 4;
  for (size_t c = 0; c < all.size(); ++c) {
    Pair pair(reference_of(*graph), batch.api(c, 0));
    const PatchApi& api = pair.patch.api;
    void* const patch = pair.patch.get();
    const VoiceSlot& slot = pair.engine.program()->layout.voices.at(0);
    const auto strike = [&](int voice, uint8_t key, double velocity) {
      api.note_on(patch, 0, voice, key, slot.key_hz[key], velocity);
      return Event{.kind = EventKind::note_on, .key = key, .value = velocity};
    };
    const auto lift = [&](int voice, uint8_t key, double velocity) {
      api.note_off(patch, 0, voice, velocity);
      return Event{.kind = EventKind::note_off, .key = key, .value = velocity};
    };
    CHECK(pair.play(100) == "");
    CHECK(pair.play(333, {strike(0, 60, 0.8), strike(1, 64, 0.3)}) == "");
    CHECK(pair.play(77, {strike(2, 67, 1)}) == "");
    for (int voice : {0, 1, 2}) api.set_voice(patch, 0, voice, kPressure, 0.6);
    CHECK(pair.play(500, {{.kind = EventKind::pressure, .value = 0.6}}) == "");
    CHECK(pair.play(201, {lift(1, 64, 0.4)}) == "");
    // Shorter than a block: heard up to the next multiple of 64 frames.
    api.note_on(patch, 0, 3, 72, slot.key_hz[72], 0.9);
    api.set_voice(patch, 0, 3, kPressure, 0.6);
    api.note_off(patch, 0, 3, 0.5);
    CHECK(pair.play(150, {{.kind = EventKind::note_on, .key = 72, .value = 0.9},
                          {.kind = EventKind::note_off, .key = 72, .value = 0.5}}) == "");
    CHECK(pair.play(2'000, {lift(0, 60, 0), lift(2, 67, 1)}) == "");
    pair.engine.reset();
    pair.patch.api.reset(patch);
    CHECK(pair.play(100, {strike(0, 50, 0.5)}) == "");
    // Voices that are not there.
    api.note_on(patch, 1, 0, 60, 261, 1), api.note_on(patch, 0, 1'000, 60, 261, 1), api.note_off(patch, 0, -1, 0);
    CHECK(pair.play(100) == "");
  }
}

TEST_CASE("a note that takes over a sounding voice is struck anew in an exported patch too") {
  constexpr const char* kOneVoice = R"json({ "sinter": 1,
    "nodes": [ { "id": "one", "type": "poly", "voices": 1, "of": "tone" } ],
    "outputs": { "out": "one" },
    "define": { "tone": { "inputs": { "freq": 1, "gate": 1 },
                          "nodes": [ { "id": "osc", "type": "sine", "in": { "freq": "freq" } } ],
                          "outputs": { "out": "osc * (gate + 0.3 * prev(gate))" } } } })json";
  const std::vector<Compiler> all = compilers();
  const Result<Graph> graph = read_patch(kOneVoice, "one.json", "", standard_nodes());
  if (!graph) FAIL(format(graph.error()));
  Batch batch("restart");
  batch.add(header_of(*graph, batch.next_namespace()));
  build(batch, all);
  for (size_t c = 0; c < all.size(); ++c) {
    Pair pair(reference_of(*graph), batch.api(c, 0));
    const VoiceSlot& slot = pair.engine.program()->layout.voices.at(0);
    for (const uint8_t key : std::initializer_list<uint8_t>{60, 64, 64, 30}) {
      pair.patch.api.note_on(pair.patch.get(), 0, 0, key, slot.key_hz[key], 0.5);
      CHECK(pair.play(101, {{.kind = EventKind::note_on, .key = key, .value = 0.5}}) == "");
    }
  }
}

TEST_CASE("an exported patch takes parameters as the engine does, and no rate but its own") {
  const std::vector<Compiler> all = compilers();
  Graph graph;
  graph.input("in");
  graph.param({.id = "gain", .minimum = -1, .maximum = 2, .fallback = 0.5, .smooth_ms = 5});
  graph.output("out", "in * $gain");
  Batch batch("parameters");
  batch.add(header_of(graph, batch.next_namespace()));
  build(batch, all);
  for (size_t c = 0; c < all.size(); ++c) {
    Pair pair(reference_of(graph), batch.api(c, 0));
    const PatchApi& api = pair.patch.api;
    CHECK(api.parameters == 1);
    CHECK(api.parameter(pair.patch.get(), 0) == 0.5);
    for (const double value : {7.0, -7.0, 0.25, -0.0, std::nan(""), HUGE_VAL}) {
      api.set_parameter(pair.patch.get(), 0, value);
      pair.engine.set_parameter(0, value);
      CHECK(api.parameter(pair.patch.get(), 0) == pair.engine.parameter(0));
      CHECK(pair.play(0) == "");
      CHECK(pair.play(150) == "");
    }
    api.set_parameter(pair.patch.get(), 1, 1);
    api.set_parameter(pair.patch.get(), -1, 1);
    CHECK(pair.play(50) == "");
    CHECK_FALSE(api.prepare(pair.patch.get(), 44'100));
    CHECK(pair.play(50) == "");
  }
}

TEST_CASE("missing rows are silence in and nothing out") {
  const std::vector<Compiler> all = compilers();
  Graph graph;
  graph.input("in", 2).output("out", "in + 1");
  Batch batch("rows");
  batch.add(header_of(graph, batch.next_namespace()));
  build(batch, all);
  for (size_t c = 0; c < all.size(); ++c) {
    Played patch(batch.api(c, 0));
    std::vector<float> in(100, 0.5f), out(100, 9.0f);
    const float* ins[] = {nullptr, in.data()};
    float* outs[] = {out.data(), nullptr};
    patch.api.process(patch.get(), ins, outs, 100);
    CHECK(out == std::vector<float>(100, 1.0f));
    float* seconds[] = {nullptr, out.data()};
    patch.api.process(patch.get(), ins, seconds, 100);
    CHECK(out == std::vector<float>(100, 1.5f));
  }
}
