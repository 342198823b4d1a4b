// Timed parameter steps and the transport: where they are heard does not depend on how a host cuts its blocks.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "compare.hpp"
#include "every_backend.hpp"
#include "swap_run.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

Graph held_graph() {
  Graph graph;
  graph.input("in")
      .param({.id = "a", .minimum = -100, .maximum = 100})
      .param({.id = "b", .minimum = -100, .maximum = 100});
  return graph.output("out", "hold($a) + 0.25 * $b + 0 * in");
}

Graph poly_graph(uint32_t voices) {
  const std::string text = R"json({ "sinter": 1, "inputs": { "in": 1 },
    "define": { "voice": { "inputs": { "freq": 1, "gate": 1, "velocity": 1, "pressure": 1 },
      "nodes": [
        { "id": "env", "expr": "prev(env) + 0.003 * (gate - prev(env))" },
        { "id": "tone", "type": "sine", "in": { "freq": "freq" } },
        { "id": "low", "type": "lowpass", "in": { "in": "tone * env * velocity", "freq": "800 + 2000 * pressure" } } ],
      "outputs": { "out": "low" } } },
    "nodes": [ { "id": "synth", "type": "poly", "voices": )json" +
                           std::to_string(voices) + R"json(, "of": "voice" } ],
    "outputs": { "out": "synth * (1 + modwheel) * (0.5 + 0.5 * frac(beat)) + 0 * in" } })json";
  const Result<Graph> graph = read_patch(text, "poly", "", standard_nodes());
  if (!graph) FAIL(format(graph.error()));
  return *graph;
}

// Notes, bends, controllers and pedals; in the end every key is up.
std::vector<Event> random_music(Random& random, uint32_t frames, uint32_t count) {
  std::vector<Event> events;
  for (uint32_t e = 0; e < count; ++e) {
    Event event{.frame = random.chance(0.3) ? 512 + random.below(64) : random.below(frames)};
    constexpr EventKind kKinds[] = {EventKind::note_on,      EventKind::note_on,  EventKind::note_off,
                                    EventKind::bend,         EventKind::pressure, EventKind::controller,
                                    EventKind::key_pressure, EventKind::timbre};
    event.kind = kKinds[random.below(8)];
    event.key = static_cast<uint8_t>(50 + random.below(12));
    event.index = random.chance(0.5) ? 64 : 1;
    event.value = random.uniform(event.kind == EventKind::bend ? -1 : 0, 1);
    events.push_back(event);
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.frame < b.frame; });
  events.push_back({.frame = frames - 1, .kind = EventKind::all_sound_off});
  return events;
}

// Plays `events` (frames count from the beginning) in blocks of these sizes.
Audio played(Engine& engine, uint32_t frames, const std::vector<Event>& events, const std::vector<uint32_t>& blocks) {
  Audio out(1, std::vector<float>(frames));
  const std::vector<float> in(frames, 0.0f);
  size_t turn = 0, next = 0;
  for (uint32_t at = 0; at < frames; ++turn) {
    const uint32_t count = std::min(blocks[turn % blocks.size()], frames - at);
    std::vector<Event> now;
    for (; next < events.size() && events[next].frame < at + count; ++next) {
      now.push_back(events[next]);
      now.back().frame -= at;
    }
    const float* inputs[] = {in.data() + at};
    float* outputs[] = {out[0].data() + at};
    engine.process(inputs, outputs, count, now);
    at += count;
  }
  return out;
}

Event step(uint32_t frame, uint32_t parameter, double value) {
  return {.frame = frame, .kind = EventKind::parameter, .index = parameter, .value = value};
}

}  // namespace

TEST_CASE("a timed step is heard at its frame") {
  on_every_backend([](const Backend& backend) {
    Engine engine;
    engine.prepare(program_of(held_graph(), backend));
    const Audio out = played(engine, 400, {step(0, 0, 1), step(77, 0, 2), step(78, 0, 3), step(300, 0, 4)}, {400});
    CHECK(out[0][0] == 1);
    CHECK(out[0][76] == 1);
    CHECK(out[0][77] == 2);
    CHECK(out[0][78] == 3);
    CHECK(out[0][299] == 3);
    CHECK(out[0][300] == 4);
    CHECK(engine.parameter(0) == 4);
  });
}

TEST_CASE(
    "any way to cut the blocks gives the same bits with many events, also where they are beyond what a cell takes") {
  Random random(41);
  for (uint64_t n = 0; n < scaled(60); ++n) {
    std::vector<Event> events;
    const uint32_t frames = 1'000, count = random.below(200);
    for (uint32_t e = 0; e < count; ++e) {
      // Some cells get far more than they take.
      const uint32_t frame = random.chance(0.5) ? 256 + random.below(64) : random.below(frames);
      events.push_back(step(frame, random.below(2), random.uniform(-1, 1)));
    }
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.frame < b.frame; });
    Audio first;
    uint64_t moved = 0;
    on_every_backend([&](const Backend& backend) {
      const auto program = program_of(held_graph(), backend);
      for (const std::vector<uint32_t>& blocks : {std::vector<uint32_t>{1'000}, {1}, {7, 100}, {64}, {333}}) {
        Engine engine;
        engine.prepare(program);
        const Audio out = played(engine, frames, events, blocks);
        if (first.empty()) first = out, moved = engine.counters().moved_events;
        CHECK(difference(first, out) == "");
        CHECK(engine.counters().moved_events == moved);
      }
    });
  }
}

TEST_CASE("notes, bends and pedals give the same bits on every executor however the blocks are cut") {
  Random random(42);
  for (uint64_t n = 0; n < scaled(12); ++n) {
    const uint32_t frames = 3'000;
    const Graph graph = poly_graph(1 + random.below(8));
    const std::vector<Event> events = random_music(random, frames, 20 + random.below(150));
    Audio first;
    uint64_t moved = 0, stolen = 0;
    on_every_backend([&](const Backend& backend) {
      const auto program = program_of(graph, backend);
      for (const std::vector<uint32_t>& blocks : {std::vector<uint32_t>{3'000}, {1}, {7, 100}, {64}, {333}}) {
        Engine engine;
        engine.prepare(program);
        const Audio out = played(engine, frames, events, blocks);
        if (first.empty()) {
          first = out;
          CHECK(std::ranges::max(out[0]) > 0.01f);
          moved = engine.counters().moved_events;
          stolen = engine.counters().stolen_voices;
        }
        CHECK(difference(first, out) == "");
        CHECK(engine.counters().moved_events == moved);
        CHECK(engine.counters().stolen_voices == stolen);
      }
    });
  }
}

TEST_CASE("a swap in the middle of chords, bends and a running transport changes no bit where the patch is the same") {
  Random random(43);
  for (uint64_t n = 0; n < scaled(20); ++n) {
    const uint32_t frames = 3'000, at = random.below(frames - 100);
    const Graph graph = poly_graph(1 + random.below(8));
    const std::vector<Event> events = random_music(random, frames, random.below(80));
    on_every_backend([&](const Backend& backend) {
      Engine alone, swapped;
      alone.prepare(program_of(graph, *find_backend("interpreter")));
      swapped.prepare(program_of(graph, *find_backend("interpreter")));
      const Audio wanted = played(alone, frames, events, {50});
      std::vector<Event> before, after;
      for (Event event : events)
        if (event.frame < at) before.push_back(event);
        else event.frame -= at, after.push_back(event);
      Audio got = played(swapped, at, before, {50});
      REQUIRE(swapped.swap(program_of(graph, backend)));
      const Audio rest = played(swapped, frames - at, after, {50});
      got[0].insert(got[0].end(), rest[0].begin(), rest[0].end());
      CAPTURE(at);
      CHECK(difference(wanted, got) == "");
    });
  }
}

TEST_CASE("the beat counts on by itself, follows the host, and jumps with it") {
  Graph graph;
  graph.input("in");
  graph.output("out", "beat + 0 * in");
  graph.output("tempo", "hold(bpm) + 1000 * playing + 0 * in");
  on_every_backend([&](const Backend& backend) {
    Engine engine;
    engine.prepare(program_of(graph, backend));
    std::vector<float> in(480), beat(480), tempo(480);
    const float* inputs[] = {in.data()};
    float* outputs[] = {beat.data(), tempo.data()};
    engine.process(inputs, outputs, 480);
    CHECK(beat[0] == 0);
    CHECK(beat[240] == doctest::Approx(240.0 / 24'000));
    CHECK(tempo[100] == 1'120);
    engine.set_transport({.bpm = 90, .beat = 16, .playing = true});
    engine.process(inputs, outputs, 480);
    CHECK(beat[0] == 16);
    CHECK(beat[320] == doctest::Approx(16 + 320 * 90 / (60 * 48'000.0)));
    CHECK(tempo[100] == 1'090);
    engine.set_transport({.bpm = 90, .beat = 4, .playing = false});
    engine.process(inputs, outputs, 480);
    CHECK(beat[0] == 4);
    CHECK(beat[479] == 4);
    CHECK(tempo[100] == 90);
  });
}

TEST_CASE("the seventeenth step of a cell moves to the grid line and is counted") {
  on_every_backend([](const Backend& backend) {
    Engine engine;
    engine.prepare(program_of(held_graph(), backend));
    std::vector<Event> events;
    for (uint32_t e = 0; e < 20; ++e) events.push_back(step(2 * e + 2, 0, e + 1));
    const Audio out = played(engine, 128, events, {128});
    for (uint32_t e = 0; e < 16; ++e) CHECK(out[0][2 * e + 2] == static_cast<float>(e + 1));
    CHECK(out[0][34] == 16);
    CHECK(out[0][63] == 16);
    CHECK(out[0][64] == 20);
    CHECK(engine.counters().moved_events == 4);
  });
}

TEST_CASE("events of a call without frames are heard with the next frame") {
  Engine engine;
  engine.prepare(program_of(held_graph(), best_backend()));
  played(engine, 10, {}, {10});
  const Event event = step(5, 0, 7);
  engine.process({}, {}, 0, {&event, 1});
  const Audio out = played(engine, 5, {}, {5});
  CHECK(out[0][0] == 7);
}

TEST_CASE("events for handles and controllers that do not exist change nothing") {
  Engine engine;
  engine.prepare(program_of(held_graph(), best_backend()));
  std::vector<Event> events;
  for (const uint32_t index : {2u, 255u, 65'536u, UINT32_MAX}) events.push_back(step(3, index, 1));
  for (const uint32_t index : {128u, UINT32_MAX})
    events.push_back({.frame = 3, .kind = EventKind::controller, .index = index, .value = 1});
  const Audio out = played(engine, 64, events, {64});
  CHECK(out[0] == std::vector<float>(64, 0.0f));
}

TEST_CASE("values of events that are not numbers or out of range become numbers within it") {
  Graph graph;
  graph.input("in").param({.id = "a", .minimum = -1, .maximum = 1, .fallback = 0.5});
  graph.output("wheel", "hold(cc(1)) + 0 * in").output("a", "hold($a) + 0 * in");
  on_every_backend([&](const Backend& backend) {
    Engine engine;
    engine.prepare(program_of(graph, backend));
    const auto last_after = [&](double value) {
      const std::vector<float> in(128, 0.0f);
      std::vector<float> wheel(128), a(128);
      const float* inputs[] = {in.data()};
      float* outputs[] = {wheel.data(), a.data()};
      const Event events[] = {{.kind = EventKind::controller, .index = 1, .value = value}, step(0, 0, value)};
      engine.process(inputs, outputs, 128, events);
      return std::pair(wheel.back(), a.back());
    };
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    CHECK(last_after(0.75) == std::pair(0.75f, 0.75f));
    CHECK(last_after(NAN) == std::pair(0.0f, 0.5f));
    CHECK(last_after(kInfinity) == std::pair(1.0f, 1.0f));
    CHECK(last_after(-kInfinity) == std::pair(0.0f, -1.0f));
    CHECK(last_after(0.25) == std::pair(0.25f, 0.25f));
  });
}

TEST_CASE("thousands of sets between two blocks cost one cell") {
  Engine engine;
  engine.prepare(program_of(held_graph(), best_backend()));
  played(engine, 100, {}, {100});
  const uint64_t before = engine.counters().cells;
  for (int n = 0; n < 5'000; ++n) engine.set_parameter(0, n % 10);
  played(engine, 10, {}, {10});
  CHECK(engine.counters().cells - before == 1);
}

TEST_CASE("fewer and more channels than the patch has: silence in, silence out, nothing else written") {
  Graph graph;
  graph.input("in", 2);
  graph.output("out", "in + 1");
  on_every_backend([&](const Backend& backend) {
    Engine engine;
    engine.prepare(program_of(graph, backend));
    std::vector<float> in(100, 0.5f), a(100, 9), b(100, 9), c(100, 9);
    const float* one[] = {in.data()};
    float* three[] = {a.data(), b.data(), c.data()};
    engine.process(one, three, 100);
    CHECK(a[50] == 1.5f);
    CHECK(b[50] == 1.0f);
    CHECK(c == std::vector<float>(100, 0.0f));
    const float* many[] = {in.data(), in.data(), in.data()};
    float* single[] = {a.data()};
    engine.process(many, single, 100);
    CHECK(a[99] == 1.5f);
  });
}

TEST_CASE("events that are not in order are taken late, and nothing is played beyond the block") {
  Engine engine;
  engine.prepare(program_of(poly_graph(2), best_backend()));
  std::vector<float> in(64), out(64 + 64, 9.0f);
  const float* inputs[] = {in.data()};
  float* outputs[] = {out.data()};
  const std::vector<Event> events = {{.frame = 40, .kind = EventKind::controller, .index = 1, .value = 1},
                                     {.frame = 3, .kind = EventKind::note_on, .key = 60, .value = 1},
                                     {.frame = 50, .kind = EventKind::note_on, .key = 62, .value = 1}};
  engine.process(inputs, outputs, 20);
  engine.process(inputs, outputs, 64, events);
  CHECK(engine.frame() == 84);
  CHECK(out[64] == 9.0f);
}
