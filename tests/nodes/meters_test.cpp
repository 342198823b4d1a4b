// scope and spectrum: what others read of a signal is what went through, also when programs take over from another.
#include <doctest/doctest.h>

#include <cmath>

#include "run.hpp"
#include "sinter/engine/recording.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 20'000;

Graph recorder(const std::string& type, const std::string& in) {
  Graph graph;
  graph.input("in", 2);
  graph.node("x", type, {{"in", in}});
  graph.output("out", "x");
  return graph;
}

std::shared_ptr<const Program> program(const Graph& graph, const Backend& backend) {
  Result<Compiled> compiled = compile_patch(graph, {.backend = &backend});
  if (!compiled) FAIL(format(compiled.error()));
  return compiled->program;
}

// Blocks of random length until `end`.
void play(Engine& engine, const Rows& in, Rows& out, size_t& at, size_t end, Random& random) {
  while (at < end) {
    const auto count = static_cast<uint32_t>(std::min<size_t>(end - at, random.below(300)));
    const float* inputs[] = {in[0].data() + at, in[1].data() + at};
    float* outputs[] = {out[0].data() + at, out[1].data() + at};
    engine.process(inputs, outputs, count);
    engine.collect();
    at += count;
  }
}

// The newest samples are those of `in` before `end`, times `gain`; of the channel in lane `lane`.
void check_newest(const Recording& recording, uint32_t lane, const std::vector<float>& in, size_t end, float gain,
                  size_t length) {
  std::vector<float> newest(length);
  const Recording::Newest got = recording.read(lane, newest);
  REQUIRE(got.frames == std::min(length, end));
  bool same = true;
  for (size_t back = 1; back <= got.frames; ++back) same &= newest[length - back] == in[end - back] * gain;
  for (size_t i = 0; i < length - got.frames; ++i) same &= newest[i] == 0;
  CHECK(same);
}

}  // namespace

TEST_CASE("a scope and a spectrum pass their channels on and show the newest samples of each") {
  const Rows in = {noise(kFrames, 1), noise(kFrames, 2)};
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    CAPTURE(backend->name());
    for (const auto& [type, frames] : {std::pair{"scope", 4096u}, {"spectrum", 16'384u}}) {
      CAPTURE(type);
      Engine engine;
      engine.prepare(program(recorder(type, "in"), *backend));
      const auto recording = engine.recording(0);
      REQUIRE(recording);
      CHECK(engine.recording(1) == nullptr);
      CHECK(engine.program()->layout.calls[0].key == "x/" + std::string(type));
      CHECK(recording->lanes() == 2);
      CHECK(recording->frames() == frames);
      Rows out(2, std::vector<float>(kFrames));
      Random random(4);
      size_t at = 0;
      for (const size_t end : {0u, 100u, 3000u, 5000u, kFrames}) {
        play(engine, in, out, at, end, random);
        for (uint32_t lane : {0u, 1u}) check_newest(*recording, lane, in[lane], end, 1, frames / 2);
      }
      check_newest(*recording, 0, in[0], kFrames, 1, frames);
      std::vector<float> none(10, 1.0f);
      CHECK(recording->read(2, none).frames == 0);
      CHECK(none == std::vector<float>(10, 0.0f));
      CHECK((out == in));
      engine.reset();
      CHECK(recording->read(0, none).frames == 10);
      CHECK(none == std::vector<float>(10, 0.0f));
    }
    ran_on(backend->name());
  }
}

TEST_CASE("a scope goes on from program to program, whether it stays the same or what it shows changes") {
  const Rows in = {noise(kFrames, 1), noise(kFrames, 2)};
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    CAPTURE(backend->name());
    for (const char* next : {"in", "0.5 * in"}) {
      CAPTURE(next);
      const bool same = std::string(next) == "in";
      Engine engine;
      engine.prepare(program(recorder("scope", "in"), *backend));
      const auto before = engine.recording(0);
      Rows out(2, std::vector<float>(kFrames));
      Random random(4);
      size_t at = 0;
      play(engine, in, out, at, 7000, random);
      REQUIRE(engine.swap(program(recorder("scope", next), *backend), {.fade_seconds = 0.01}));
      const auto after = engine.recording(0);
      REQUIRE(after);
      CHECK((after == before) == same);
      if (same) check_newest(*after, 1, in[1], 7000, 1, 2000);
      play(engine, in, out, at, 8000, random);
      // What the older one had shown comes first, what the newer one shows begins within some blocks.
      std::vector<float> newest(2000);
      CHECK(after->read(0, newest).end == 8000);
      size_t n = 0;
      while (n < 2000 && newest[n] == in[0][6000 + n]) ++n;
      CHECK((same ? n == 2000 : n >= 1000 && n < 1900));
      while (n < 2000 && newest[n] == in[0][6000 + n] * 0.5f) ++n;
      CHECK(n == 2000);
    }
    ran_on(backend->name());
  }
}

TEST_CASE("a scope that nothing reads still records, and a cycle may run past it") {
  Graph graph;
  graph.input("in");
  graph.node("y", "onepole", {{"in", "in + 0.3 * prev(x)"}, {"freq", "2000"}}).node("x", "scope", {{"in", "y"}});
  graph.output("out", "in");
  const std::vector<float> in = noise(3000, 1);
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    CAPTURE(backend->name());
    Engine engine;
    engine.prepare(program(graph, *backend));
    std::vector<float> out(3000), newest(2000);
    const float* inputs[] = {in.data()};
    float* outputs[] = {out.data()};
    engine.process(inputs, outputs, 3000);
    CHECK(out == in);
    CHECK(engine.recording(0)->read(0, newest).end == 3000);
    double y = 0, worst = 0;
    const double step = 1 - std::exp(-6.283185307179586 * 2000 / 48000);
    for (size_t n = 0; n < 3000; ++n) {
      y += step * (in[n] + 0.3 * y - y);
      if (n >= 1000) worst = std::max(worst, std::abs(y - newest[n - 1000]));
    }
    CHECK(worst < 1e-5);
  }
}

TEST_CASE("a recording that follows another in slices ends with the same samples") {
  Recording from(2, 256), to(2, 256);
  const std::vector<float> left = noise(1000, 1), right = noise(1000, 2);
  size_t at = 0;
  const auto record = [&](uint32_t count) {
    const float* rows[] = {left.data() + at, right.data() + at};
    from.write(rows, count);
    at += count;
  };
  record(100);
  record(64);
  record(64);
  record(64);
  bool first = true;
  for (int slices = 0; !to.follow(from, 160, first); ++slices) {
    REQUIRE(slices < 100);
    record(7);
    first = false;
  }
  for (uint32_t lane : {0u, 1u}) check_newest(to, lane, lane ? right : left, at, 1, 256);
  const float* rows[] = {left.data() + at, right.data() + at};
  to.write(rows, 64);
  check_newest(to, 0, left, at + 64, 1, 256);
}
