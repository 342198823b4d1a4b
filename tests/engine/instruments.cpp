// Patches that play notes, whole: the same bits on every executor and for every block size, and silence when all is
// over.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "every_backend.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

using Row = std::vector<float>;

/// The channels of a patch without inputs, in blocks of `block` frames (0: of random sizes); events count from the
/// start.
std::vector<Row> play(const std::shared_ptr<const Program>& program, const std::vector<Event>& events, uint32_t frames,
                      uint32_t block) {
  Engine engine;
  engine.prepare(program);
  std::vector<Row> rows(program->layout.output_channels, Row(frames));
  Random random(frames);
  size_t next = 0;
  for (uint32_t done = 0; done < frames;) {
    const uint32_t count = std::min(frames - done, block ? block : 1 + random.below(300));
    std::vector<Event> due;
    for (; next < events.size() && events[next].frame < done + count; ++next) {
      due.push_back(events[next]);
      due.back().frame -= done;
    }
    std::vector<float*> outputs;
    for (Row& row : rows) outputs.push_back(row.data() + done);
    engine.process({}, outputs, count, due);
    done += count;
  }
  return rows;
}

Event note(uint32_t frame, int key, double velocity) {
  return {.frame = frame, .kind = EventKind::note_on, .key = static_cast<uint8_t>(key), .value = velocity};
}

/// Notes, bends, the pedal and cuts at odd times, all up at the end.
std::vector<Event> phrase(uint32_t frames) {
  Random random(9);
  std::vector<Event> events;

  for (uint32_t at = 0; at < frames; at += 1 + random.below(700)) {
    events.push_back(
        note(at, 48 + static_cast<int>(random.below(12)), random.chance(0.6) ? random.uniform(0.1, 1) : 0));
    if (random.chance(0.3)) events.push_back({.frame = at, .kind = EventKind::bend, .value = random.uniform(-1, 1)});
    if (random.chance(0.1))
      events.push_back({.frame = at, .kind = EventKind::controller, .index = 64, .value = random.uniform(0, 1)});
    if (random.chance(0.05)) events.push_back({.frame = at, .kind = EventKind::all_sound_off});
  }
  events.push_back({.frame = frames, .kind = EventKind::controller, .index = 64});
  events.push_back({.frame = frames, .kind = EventKind::all_notes_off});
  return events;
}

Graph example(const std::string& name) {
  Result<Graph> graph = read_patch_file(std::string(SINTER_SOURCE_DIR) + "/examples/" + name, standard_nodes());
  if (!graph) FAIL(format(graph.error()));
  return *graph;
}

float peak(const std::vector<Row>& rows, size_t from, size_t to) {
  float most = 0;
  for (const Row& row : rows)
    for (size_t i = from; i < to; ++i) {
      REQUIRE(std::isfinite(row[i]));
      most = std::max(most, std::abs(row[i]));
    }
  return most;
}

/// One voice whose output is its gate.
Graph gates() {
  Graph voice;
  voice.input("gate").output("out", "gate");
  Graph graph;
  graph.definitions.push_back({.name = "voice", .body = voice});
  graph.node("synth", "poly", {}, {{"of", {.kind = SettingKind::text, .text = "voice"}}, {"voices", {.number = 1}}});
  return graph.output("out", "synth");
}

/// Hi-hats at full level at once, the open one (key 46, first output) with a release of a second, which the closed one
/// (key 42, second output) ends.
Graph hats(uint32_t voices = 2) {
  const std::string count = std::to_string(voices);
  const Result<Graph> graph = read_patch(R"json({ "sinter": 1,
    "define": { "hat": { "inputs": { "gate": 1 },
      "nodes": [{ "id": "level", "expr": "gate > 0 ? 1 : prev(level) * 0.001 ^ (1 / sr)" }],
      "outputs": { "out": "level" } } },
    "nodes": [
      { "id": "open", "type": "poly", "of": "hat", "voices": )json" +
                                             count +
                                             R"json(, "notes": [46, 46], "choke": "hats" },
      { "id": "closed", "type": "poly", "of": "hat", "voices": 2, "notes": [42, 42], "choke": "hats" } ],
    "outputs": { "out": "open", "closed": "closed" } })json",
                                         "hats", "", standard_nodes());
  if (!graph) FAIL(format(graph.error()));
  return *graph;
}

constexpr uint32_t kLongestCut = 128;  // up to a grid line, and a whole cell

/// Full up to `cut`, then fading evenly and silent for good at most kLongestCut later.
void check_cut(const Row& row, uint32_t cut, uint32_t end, float level) {
  CAPTURE(cut);
  CHECK(row[cut - 1] > level);
  for (uint32_t i = cut; i < end; ++i) {
    CHECK(row[i - 1] - row[i] >= 0);
    CHECK(row[i - 1] - row[i] < 1.1f / 64);
    if (i >= cut + kLongestCut) CHECK(row[i] == 0);
  }
}

/// Checks what `heard` says of all the rows, on every backend and for several ways to cut blocks, which give the same.
template <class Heard>
void on_every_partition(const Graph& graph, const std::vector<Event>& events, uint32_t frames, Heard&& heard) {
  std::vector<Row> wanted;
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    CAPTURE(backend->name());
    const auto program = program_of(graph, *backend);
    for (const uint32_t block : {1u, 7u, 64u, 997u, 0u, frames}) {
      const std::vector<Row> got = play(program, events, frames, block);
      if (wanted.empty()) wanted = got;
      CHECK(got == wanted);
    }
    ran_on(backend->name());
  }
  heard(wanted);
}

}  // namespace

TEST_CASE("instruments give the same bits on every executor and for every block size") {
  constexpr uint32_t kFrames = 24'000;
  for (const char* name : {"fm_keys.json", "acid_bass.json"}) {
    CAPTURE(name);
    const Graph graph = example(name);
    const std::vector<Event> events = phrase(kFrames);
    std::vector<Row> wanted;
    for (const Backend* backend : backends()) {
      if (!backend->available()) continue;
      CAPTURE(backend->name());
      const auto program = program_of(graph, *backend);
      for (const uint32_t block : {0u, 64u, 997u, kFrames}) {
        const std::vector<Row> got = play(program, events, kFrames, block);
        if (wanted.empty()) wanted = got;
        CHECK(got == wanted);
      }
      ran_on(backend->name());
    }
    CHECK(peak(wanted, 0, kFrames) > 0.05f);
    CHECK(peak(wanted, 0, kFrames) < 1);
  }
}

TEST_CASE("instruments are silent before the first note and after the last") {
  constexpr uint32_t kFrames = 24'000, kLong = 300'000;
  for (const char* name : {"fm_keys.json", "acid_bass.json"}) {
    CAPTURE(name);
    std::vector<Event> events = phrase(kFrames);
    for (Event& event : events) event.frame += 1000;
    const std::vector<Row> rows = play(program_of(example(name), *backends().back()), events, kLong, 512);
    CHECK(peak(rows, 0, 1000) < 1e-6f);
    CHECK(peak(rows, kLong - 1000, kLong) < 1e-4f);
  }
}

TEST_CASE("a note that takes over a voice gives one 0 sample of its gate in the frame that it begins in") {
  const Graph graph = gates();
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    CAPTURE(backend->name());
    const auto program = program_of(graph, *backend);
    for (const uint32_t block : {1u, 7u, 64u, 500u}) {
      const std::vector<Event> events = {note(5, 60, 1), note(70, 62, 1), note(128, 64, 1), note(300, 64, 0)};
      const Row got = play(program, events, 500, block).at(0);
      for (uint32_t i = 0; i < 500; ++i) {
        CAPTURE(i);
        CHECK(got[i] == (i >= 5 && i < 300 && i != 70 && i != 128 ? 1.0f : 0.0f));
      }
    }
    ran_on(backend->name());
  }
}

TEST_CASE("a choked hi-hat is silent within 128 frames although its release lasts a second, and plays again in full") {
  constexpr uint32_t kFrames = 3'000;
  for (const uint32_t choke : {1'024u, 1'025u, 1'050u, 1'087u}) {
    const std::vector<Event> events = {note(100, 46, 1), note(700, 46, 0), note(choke, 42, 1), note(2'001, 46, 1)};
    on_every_partition(hats(), events, kFrames, [&](const std::vector<Row>& rows) {
      check_cut(rows[0], choke, 2'001, 0.9f);
      CHECK(rows[1][choke] == 1);
      CHECK(rows[0][2'001] == 1);
      // Both ways: the open one ends the closed one.
      check_cut(rows[1], 2'001, kFrames, 0.9f);
    });
  }
}

TEST_CASE(
    "all sound off silences a long release within 128 frames, and the next note sounds in full, mid-fade or later") {
  constexpr uint32_t kFrames = 2'500;
  const Graph graph = hats(1);
  for (const uint32_t cut : {960u, 961u, 1'000u, 1'023u})
    for (const uint32_t again : {1'050u, 1'800u}) {
      const std::vector<Event> events = {
          note(100, 46, 1), note(700, 46, 0), {.frame = cut, .kind = EventKind::all_sound_off}, note(again, 46, 1)};
      on_every_partition(graph, events, kFrames, [&](const std::vector<Row>& rows) {
        check_cut(rows[0], cut, again, 0.9f);
        CHECK(std::ranges::all_of(rows[0].begin() + again, rows[0].end(), [](float x) { return x == 1; }));
      });
    }
}

TEST_CASE("a stolen voice sounds in full at once") {
  const Graph graph = hats(1);
  const std::vector<Event> events = {note(100, 46, 1), note(500, 46, 0), note(900, 46, 1), note(1'000, 46, 1)};
  on_every_partition(graph, events, 1'200, [&](const std::vector<Row>& rows) {
    CHECK(rows[0][899] > 0.9f);
    // The second one takes over a gate that is 1: one sample of 0 between them.
    for (uint32_t i = 900; i < 1'200; ++i) CHECK(rows[0][i] >= (i == 1'000 ? 0.999f : 1.0f));
  });
}

TEST_CASE("a swap in the middle of a cut changes no bit where the patch is the same") {
  const auto program = program_of(hats(), *find_backend("interpreter"));
  const std::vector<Event> events = {note(100, 46, 1), note(700, 46, 0), note(1'010, 42, 1)};
  const Row wanted = play(program, events, 1'500, 50).at(0);
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    CAPTURE(backend->name());
    for (const uint32_t at : {1'010u, 1'011u, 1'024u, 1'050u, 1'100u}) {
      CAPTURE(at);
      Engine engine;
      engine.prepare(program);
      Row got(1'500);
      float* first[] = {got.data()};
      std::vector<Event> due = events;
      if (at == 1'010) due.pop_back();
      engine.process({}, first, at, due);
      REQUIRE(engine.swap(program_of(hats(), *backend)));
      Event choke = events.back();
      choke.frame = 0;
      float* rest[] = {got.data() + at};
      engine.process({}, rest, 1'500 - at, {&choke, at == 1'010 ? 1u : 0u});
      CHECK(got == wanted);
    }
  }
}
