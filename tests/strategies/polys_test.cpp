// The recurrences of voices: what notes play gives the same bits on every executor in strict mode, and stays within the
// fast contract's bound in fast mode, wherever notes and blocks cut the cells.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "bound.hpp"
#include "compare.hpp"
#include "patches.hpp"
#include "sinter/sinter.hpp"
#include "tally.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kBlocks[] = {64, 1, 7, 33, 48, 997};

// A patch of recurrences as the voice of a poly: its input is a tone of the note's pitch and velocity.
Graph random_instrument(Random& random) {
  Graph voice = recurrence_patch(random, 4);
  const std::string level = "0.6 * velocity * gate";
  voice.inputs = {{.name = "side"}, {.name = "freq"}, {.name = "gate"}, {.name = "velocity"}};
  voice.node("tone", "sine", {{"freq", "freq"}}).expr("in", random.chance(0.5) ? "tone * " + level : level);
  static constexpr uint32_t kVoices[] = {1, 2, 3, 4, 5, 8, 16, 17};
  Graph graph;
  graph.params = voice.params;
  graph.definitions.push_back({.name = "voice", .body = std::move(voice)});
  graph.input("side").node("synth", "poly", {{"side", "side"}, {"p0", "$p0"}, {"p1", "$p1"}},
                           {{"of", {.kind = SettingKind::text, .text = "voice"}},
                            {"voices", {.number = static_cast<double>(kVoices[random.below(8)])}}});
  return graph.output("out", "synth");
}

struct Music {
  std::vector<float> side;
  std::vector<Event> events;
};

// More notes than some have voices, so that they are cut and begin again.
Music random_music(Random& random) {
  Music music{std::vector<float>(300 + random.below(200)), {}};
  const double tone = random.uniform(0.001, 0.05);
  for (size_t f = 0; f < music.side.size(); ++f)
    music.side[f] = static_cast<float>(std::sin(tone * static_cast<double>(f)));
  for (uint32_t at = 0; at < music.side.size(); at += 1 + random.below(60)) {
    const auto key = static_cast<uint8_t>(48 + random.below(8));
    const bool off = random.chance(0.3);
    music.events.push_back({.frame = at,
                            .kind = off ? EventKind::note_off : EventKind::note_on,
                            .key = key,
                            .value = random.uniform(0.1, 1)});
    if (random.chance(0.2))
      music.events.push_back(
          {.frame = at, .kind = EventKind::parameter, .index = random.below(2), .value = random.uniform(-1, 1)});
    if (random.chance(0.2))
      music.events.push_back({.frame = at, .kind = EventKind::bend, .value = random.uniform(-1, 1)});
  }
  return music;
}

Audio played(const std::shared_ptr<const Program>& program, const Music& music, uint32_t block) {
  Engine engine;
  engine.prepare(program);
  const auto frames = static_cast<uint32_t>(music.side.size());
  Audio out(program->layout.output_channels, std::vector<float>(frames));
  size_t next = 0;
  for (uint32_t at = 0; at < frames; at += block) {
    const uint32_t count = std::min(block, frames - at);
    std::vector<Event> due;
    for (; next < music.events.size() && music.events[next].frame < at + count; ++next) {
      due.push_back(music.events[next]);
      due.back().frame -= at;
    }
    const float* inputs[] = {music.side.data() + at};
    std::vector<float*> outputs;
    for (std::vector<float>& row : out) outputs.push_back(row.data() + at);
    engine.process(inputs, outputs, count, due);
  }
  return out;
}

}  // namespace

TEST_CASE("voices of random recurrences give the same bits in strict mode and stay within the bound in fast mode") {
  const uint64_t count = scaled(800);
  const Backend* reference = find_backend("reference");
  uint64_t chaotic = 0, beyond = 0, notes = 0, recurrences = 0, sounding = 0;
  double worst = 0;
  for (uint64_t seed = first_seed(); seed < first_seed() + count; ++seed) {
    CAPTURE(seed);
    Random random(seed * 6'271 + 9);
    const Graph graph = random_instrument(random);
    const Music music = random_music(random);
    const Audio truth = played(compiled(graph, reference, true, true).program, music, 64);
    const Audio strict_f32 = played(compiled(graph, reference, true).program, music, 64);
    const bool judged = comparable(truth, strict_f32);
    chaotic += !judged;
    notes += music.events.size();
    sounding += std::any_of(truth[0].begin(), truth[0].end(), [](float x) { return std::abs(x) > 1e-3f; });
    bool passed = false;
    for (const Backend* backend : backends()) {
      if (!backend->available() || backend == reference) continue;
      const Compiled strict = compiled(graph, backend, true), fast = compiled(graph, backend, false);
      count_strategies(backend->name(), true, strict.plan);
      count_strategies(backend->name(), false, fast.plan);
      for (const Step& step : fast.plan.steps) recurrences += step.recurrences.size();
      CAPTURE(backend->name());
      for (const uint32_t block : {kBlocks[seed % 6], kBlocks[(seed + 1) % 6]}) {
        CAPTURE(block);
        CHECK(difference(strict_f32, played(strict.program, music, block)) == "");
        const Audio got = played(fast.program, music, block);
        CHECK(all_finite(got));
        const double use = judged ? use_of_bound(truth, strict_f32, got) : 0;
        CHECK(use <= 4);
        passed |= use > 1;
        worst = std::max(worst, use);
      }
      ran_on(backend->name());
    }
    beyond += passed;
  }
  CHECK(beyond * 200 <= count + 400);  // of few instruments two may be unlucky
  CHECK(chaotic * 20 <= count + 20);
  CHECK(sounding * 2 > count);
  if (std::ranges::any_of(backends(), [](const Backend* one) { return one->width() && one->available(); }))
    CHECK(recurrences > count);
  else skipped("voices whose recurrences are solved", "this build or processor has no machine code");
  MESSAGE(count << " instruments, " << notes << " events, " << recurrences << " recurrences solved: " << chaotic
                << " too chaotic to compare, " << beyond << " beyond the bound, worst use " << worst);
}
