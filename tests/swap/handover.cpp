// What the audio thread does while a program takes over: bounded slices, at most three programs, nothing forgotten.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "compare.hpp"
#include "every_backend.hpp"
#include "swap_run.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

SettingValue number(double value) { return {SettingKind::number, value, false, {}, {}}; }

Graph echo_graph(const std::string& gain, const std::string& time = "0.25", double max = 0.5, uint32_t channels = 1) {
  Graph graph;
  graph.input("in", channels);
  graph.node("echo", "delay", {{"in", "in + 0.5 * echo"}, {"time", time}}, {{"max", number(max)}});
  return graph.output("out", gain + " * echo");
}

Audio click(uint32_t frames, uint32_t channels = 1) {
  Audio inputs(channels, std::vector<float>(frames));
  for (std::vector<float>& row : inputs) row[10] = 1;
  return inputs;
}

}  // namespace

TEST_CASE("an echo sounds on after an edit behind it, and after its own line has become longer or shorter") {
  on_every_backend([](const Backend& backend) {
    for (const double max : {0.5, 0.26, 2.0}) {
      const auto first = program_of(echo_graph("1"), backend),
                 next = program_of(echo_graph("0.5", "0.25", max), backend);
      const SwapRun run = play(first, click(30'000), 1, {{5'000, next}}, {256});
      CAPTURE(max);
      CHECK(run.out[0][12'010] == 0.5f);
      CHECK(run.out[0][24'010] == 0.25f);
    }
  });
}

TEST_CASE("a patch with 200 MB of delay lines is taken over in slices while the old one plays on") {
  Graph graph;
  graph.input("in");
  for (int n = 0; n < 8; ++n)
    graph.node("line" + std::to_string(n), "delay", {{"in", "in * " + std::to_string(n + 1)}, {"time", "20"}},
               {{"max", number(29)}});
  Graph edit = graph;
  std::string sum = "0";
  for (int n = 0; n < 8; ++n) sum += " + line" + std::to_string(n);
  graph.output("out", "in + " + sum);
  edit.output("out", "0.5 * in + " + sum);
  edit.nodes[0].inputs[0].expr = *parse_expr("in * 1.5");  // upstream: its content differs from now on
  const Backend& backend = best_backend();
  const auto first = program_of(graph, backend), next = program_of(edit, backend);
  CHECK(first->layout.memory_bytes() > 60u << 20);
  Engine engine;
  engine.prepare(first);
  std::vector<float> in(64, 0.25f), out(64);
  const float* inputs[] = {in.data()};
  float* outputs[] = {out.data()};
  for (int n = 0; n < 20'000; ++n) engine.process(inputs, outputs, 64);
  const auto number = engine.swap(next);
  REQUIRE(number);
  uint64_t calls = 0;
  while (engine.counters().swaps_begun < *number && calls < 1'000'000) {
    engine.process(inputs, outputs, 64);
    if (engine.counters().swaps_begun < *number) CHECK(out[63] == doctest::Approx(0.25f * (1 + 36)));
    ++calls;
  }
  CHECK(calls > 1);
  while (engine.counters().swaps_done < *number) engine.process(inputs, outputs, 64);
  engine.process(inputs, outputs, 64);
  CHECK(out[63] == doctest::Approx(0.25f * (0.5 + 36)));
  CHECK_FALSE(engine.collect());
}

TEST_CASE("at most three programs are alive, and what was not taken is replaced") {
  const Backend& backend = best_backend();
  std::vector<std::weak_ptr<const Program>> programs;
  const auto make = [&](double gain) {
    const auto program = program_of(echo_graph(std::to_string(gain)), backend);
    programs.push_back(program);
    return program;
  };
  const auto alive = [&] {
    return std::count_if(programs.begin(), programs.end(), [](const auto& program) { return !program.expired(); });
  };
  Engine engine;
  engine.prepare(make(1));
  std::vector<float> in(64, 0.25f), out(64);
  const float* inputs[] = {in.data()};
  float* outputs[] = {out.data()};
  uint64_t last = 0;
  for (int n = 0; n < 200; ++n) {
    last = *engine.swap(make(n));
    CHECK(alive() <= 3);
    if (n % 3) engine.process(inputs, outputs, 64);
  }
  while (engine.counters().swaps_done < last) engine.process(inputs, outputs, 64);
  CHECK_FALSE(engine.collect());
  CHECK(alive() == 1);
}

TEST_CASE("a parameter keeps its value, its glide and its handle through a swap") {
  on_every_backend([](const Backend& backend) {
    const auto graph = [](const std::string& text) {
      Graph made;
      made.input("in");
      if (text.find("$other") != std::string::npos) made.param({.id = "other", .fallback = 0.25});
      made.param({.id = "gain", .minimum = 0, .maximum = 1, .fallback = 0, .smooth_ms = 40});
      return made.output("out", text);
    };
    const auto first = program_of(graph("in * $gain"), backend);
    const auto next = program_of(graph("in * $gain + $other * 0"), backend);
    Audio heard[2];
    for (const bool swaps : {false, true}) {
      Engine engine;
      engine.prepare(first);
      std::vector<float> out(4'000);
      const std::vector<float> in(4'000, 1.0f);
      const uint32_t handle = engine.parameter_handle("gain");
      for (uint32_t at = 0; at < 4'000; at += 50) {
        if (at == 500) engine.set_parameter(handle, 0.8);
        if (at == 1'000 && swaps) REQUIRE(engine.swap(next));
        const float* inputs[] = {in.data() + at};
        float* outputs[] = {out.data() + at};
        engine.process(inputs, outputs, 50);
      }
      CHECK(engine.parameter_handle("gain") == handle);
      CHECK(engine.parameter(handle) == 0.8);
      CHECK(out.back() == 0.8f);
      if (swaps) {
        CHECK(engine.parameter_handle("other") != Engine::kNoParameter);
        CHECK(engine.parameter(engine.parameter_handle("other")) == 0.25);
      }
      heard[swaps] = {out};
    }
    for (size_t f = 0; f < 4'000; ++f) REQUIRE(heard[1][0][f] == doctest::Approx(heard[0][0][f]).epsilon(1e-6));
  });
}

TEST_CASE("a glide that is taken over stays in a range that has become narrower, and arrives when it would have") {
  on_every_backend([](const Backend& backend) {
    const auto graph = [](double minimum, double maximum) {
      Graph made;
      made.input("in");
      const double fallback = std::clamp(0.0, minimum, maximum);
      made.param({.id = "a", .minimum = minimum, .maximum = maximum, .fallback = fallback, .smooth_ms = 40});
      return made.output("out", "hold($a) + 0 * in");
    };
    struct Edit {
      double to, minimum, maximum;
      bool same_target;
    };
    // From 0 to 0.5 it is below the new range, from 0 to 1 as well and its target is beyond it.
    for (const Edit& edit : {Edit{0.5, 0.4, 0.6, true}, Edit{0.5, 0.5, 1, true}, Edit{1, 0.4, 0.6, false},
                             Edit{-1, -0.1, 0, false}, Edit{-1, -1, -0.9, true}}) {
      CAPTURE(edit.to);
      CAPTURE(edit.minimum);
      Engine engine;
      engine.prepare(program_of(graph(-1, 1), backend));
      const std::vector<float> in(64 * 64, 0.0f);
      std::vector<float> out(in.size());
      const auto play = [&](uint32_t first, uint32_t last) {
        const float* inputs[] = {in.data() + first};
        float* outputs[] = {out.data() + first};
        engine.process(inputs, outputs, last - first);
      };
      const uint32_t handle = engine.parameter_handle("a");
      play(0, 640);
      engine.set_parameter(handle, edit.to);  // 40 ms: 30 cells
      play(640, 1'280);
      REQUIRE(engine.swap(program_of(graph(edit.minimum, edit.maximum), backend)));
      for (uint32_t at = 1'280; at < out.size(); at += 64) play(at, at + 64);
      CHECK(engine.counters().swaps_done == 1);
      const double end = std::clamp(edit.to, edit.minimum, edit.maximum);
      const double sign = edit.to < 0 ? -1 : 1;
      // The fade between the two programs is over after 20 ms.
      for (uint32_t at = 1'280 + 960 + 64; at < out.size(); ++at) {
        CAPTURE(at);
        REQUIRE(out[at] >= static_cast<float>(edit.minimum));
        REQUIRE(out[at] <= static_cast<float>(edit.maximum));
        REQUIRE(sign * out[at] >= sign * out[at - 1]);
      }
      CHECK(out.back() == static_cast<float>(end));
      if (edit.same_target) CHECK(out[640 + 30 * 64] == static_cast<float>(end));
    }
  });
}

TEST_CASE("a state image goes on where it was taken, on any executor, to the bit") {
  Graph graph;
  graph.input("in");
  graph.node("low", "lowpass", {{"in", "in"}, {"freq", "500"}, {"q", "4"}});
  graph.node("echo", "delay", {{"in", "low + 0.7 * echo"}, {"time", "0.013"}}, {{"max", number(0.1)}});
  graph.node("hiss", "noise", {});
  graph.output("out", "low + echo + 0.1 * hiss");
  on_every_backend([&](const Backend& backend) {
    const auto program = program_of(graph, backend);
    constexpr uint32_t kFrames = 6'000, kTaken = 2'050;
    std::vector<float> in(kFrames), whole(kFrames), rest(kFrames);
    for (uint32_t f = 0; f < kFrames; ++f) in[f] = std::sin(0.07f * static_cast<float>(f));
    Engine engine;
    engine.prepare(program);
    StateImage image;
    bool asked = false, taken = false;
    for (uint32_t at = 0; at < kFrames; at += 50) {
      const float* inputs[] = {in.data() + at};
      float* outputs[] = {whole.data() + at};
      if (at == kTaken) asked = engine.request_capture();
      engine.process(inputs, outputs, 50);
      if (asked && !taken) taken = engine.take_capture(image);
    }
    REQUIRE(taken);
    CHECK(image.frame == kTaken);
    for (const Backend* other : backends()) {
      if (!other->available()) continue;
      Engine fresh;
      fresh.prepare(program_of(graph, *other));
      REQUIRE(fresh.swap(program_of(graph, *other), {.fade_seconds = 0, .restore = &image}));
      const float* inputs[] = {in.data() + kTaken};
      float* outputs[] = {rest.data() + kTaken};
      fresh.process(inputs, outputs, kFrames - kTaken);
      CHECK(std::equal(rest.begin() + kTaken, rest.end(), whole.begin() + kTaken));
    }
  });
}

TEST_CASE("reset in the middle of a hand-over or a fade leaves the new program as new") {
  on_every_backend([](const Backend& backend) {
    const auto first = program_of(echo_graph("1"), backend), next = program_of(echo_graph("0.5"), backend);
    const Audio in = click(30'000);
    for (const int calls : {0, 1, 5, 40}) {
      Engine fresh, engine;
      fresh.prepare(next);
      engine.prepare(first);
      std::vector<float> noise(64, 0.3f), out(64);
      const float* noisy[] = {noise.data()};
      float* outputs[] = {out.data()};
      for (int n = 0; n < 300; ++n) engine.process(noisy, outputs, 64);
      REQUIRE(engine.swap(next));
      for (int n = 0; n < calls; ++n) engine.process(noisy, outputs, 64);
      engine.reset();
      if (calls == 0) engine.process(noisy, outputs, 0), engine.reset();
      Audio got(1, std::vector<float>(30'000)), wanted = got;
      const float* clicks[] = {in[0].data()};
      float* to[] = {got[0].data()};
      float* wanted_to[] = {wanted[0].data()};
      engine.process(clicks, to, 30'000);
      fresh.process(clicks, wanted_to, 30'000);
      CAPTURE(calls);
      CHECK(difference(got, wanted) == "");
    }
  });
}

TEST_CASE("a program for another sample rate is refused and nothing changes") {
  Engine engine;
  engine.prepare(program_of(echo_graph("1"), best_backend()));
  CompileOptions options;
  options.sample_rate = 44'100;
  const auto other = compile_patch(echo_graph("1"), options);
  REQUIRE(other);
  const auto refused = engine.swap(other->program);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::rate_mismatch);
}

TEST_CASE("numbers of an image that are not finite do not come into delay lines, tables and states") {
  Graph graph;
  graph.input("in");
  graph.node("low", "lowpass", {{"in", "in"}, {"freq", "500"}});
  graph.node("line", "delay", {{"in", "low"}, {"time", "0.01"}}, {{"max", number(0.02)}});
  graph.output("out", "line");
  const auto program = program_of(graph, best_backend());
  Engine engine;
  engine.prepare(program);
  std::vector<float> in(2'000, 0.25f), out(2'000);
  const float* inputs[] = {in.data()};
  float* outputs[] = {out.data()};
  REQUIRE(engine.request_capture());
  engine.process(inputs, outputs, 2'000);
  engine.process(inputs, outputs, 0);
  StateImage image;
  REQUIRE(engine.take_capture(image));
  image.frame = 2'000;
  image.lines[0].frames = 500;
  image.lines[0].data.assign(500 * sizeof(float), 0xff);
  for (StateImage::Cells& cells : image.states) std::fill(cells.data.begin(), cells.data.end(), uint8_t{0xff});
  REQUIRE(engine.swap(program, {.fade_seconds = 0, .restore = &image}));
  engine.process(inputs, outputs, 2'000);
  CHECK(std::all_of(out.begin(), out.end(), [](float x) { return std::isfinite(x); }));
}
