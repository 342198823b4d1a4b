// Preparing, swapping and capturing while memory runs out: what played before plays on, bit by bit.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compare.hpp"
#include "sinter/sinter.hpp"
#include "sweep.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

using Rows = std::vector<std::vector<float>>;
constexpr uint32_t kBlock = 100;

std::shared_ptr<const Program> program_of(const std::string& cutoff, const std::string& feedback) {
  Graph graph;
  graph.input("in").param({.id = "depth", .fallback = 0.5});
  graph.node("low", "lowpass", {{"in", "in"}, {"freq", cutoff}});
  graph.node("echo", "delay", {{"in", "low + " + feedback + " * echo"}, {"time", "0.003"}},
             {{"max", SettingValue{SettingKind::number, 0.01, false, {}, {}}}});
  graph.node("level", "meter", {{"in", "low + $depth * echo"}});
  graph.output("out", "level");
  const Result<Compiled> compiled = compile_patch(graph);
  if (!compiled) FAIL(format(compiled.error()));
  return compiled->program;
}

/// Plays `blocks` of the same signal, which goes on from call to call.
Rows play(Engine& engine, uint32_t blocks) {
  Rows out(1);
  for (uint32_t b = 0; b < blocks; ++b) {
    std::vector<float> in(kBlock), row(kBlock, -1);
    for (uint32_t f = 0; f < kBlock; ++f)
      in[f] = static_cast<float>((engine.frame() + f) * 7'919 % 1'000) * 1e-3f - 0.5f;
    const float* inputs[] = {in.data()};
    float* outputs[] = {row.data()};
    engine.process(inputs, outputs, kBlock);
    out[0].insert(out[0].end(), row.begin(), row.end());
  }
  return out;
}

/// An engine in which the first program plays, and whatever else a case wants to have happened.
struct Scene {
  Engine engine;
  Scene(const std::shared_ptr<const Program>& first, bool (*set_up)(Engine&, const std::shared_ptr<const Program>&),
        const std::shared_ptr<const Program>& second) {
    engine.prepare(first);
    play(engine, 3);
    ready = set_up(engine, second);
  }
  bool ready = false;
};

struct Case {
  std::string_view name;
  bool (*set_up)(Engine&, const std::shared_ptr<const Program>&);
};

const Case kCases[] = {
    {"one program plays", [](Engine&, const std::shared_ptr<const Program>&) { return true; }},
    {"another program fades in",
     [](Engine& engine, const std::shared_ptr<const Program>& next) {
       const bool swapped = static_cast<bool>(engine.swap(next));
       play(engine, 1);
       return swapped;
     }},
    {"another program waits",
     [](Engine& engine, const std::shared_ptr<const Program>& next) { return static_cast<bool>(engine.swap(next)); }},
};

}  // namespace

TEST_CASE("a swap for which there is no memory changes nothing of what plays, and the next one works") {
  const auto first = program_of("300", "0.5"), second = program_of("400", "0.6"), third = program_of("500", "0.7");
  for (const Case& scene_case : kCases) {
    CAPTURE(scene_case.name);
    Scene undisturbed(first, scene_case.set_up, second);
    REQUIRE(undisturbed.ready);
    const Rows expected = play(undisturbed.engine, 20);
    const auto operation = [&]() -> Result<uint64_t> {
      std::unique_ptr<Scene> scene;
      {
        const Excused excused;
        scene = std::make_unique<Scene>(first, scene_case.set_up, second);
      }
      Result<uint64_t> swapped = or_out_of_memory([&] { return scene->engine.swap(third); });
      const Excused excused;
      if (!swapped) {
        const std::string where = difference(expected, play(scene->engine, 20));
        if (!where.empty()) return Error{Errc::internal, "", "what played does not play on: " + where, {}};
        if (Result<uint64_t> again = scene->engine.swap(third); !again)
          return Error{Errc::internal, "", "not again", {}};
      }
      play(scene->engine, 40);
      scene->engine.collect();
      if (scene->engine.counters().swaps_done.load() == 0) return Error{Errc::internal, "", "nothing was swapped", {}};
      return swapped;
    };
    sweep(
        "swapping while " + std::string(scene_case.name), operation,
        [](const Result<uint64_t>& swapped) { return static_cast<bool>(swapped); }, only_out_of_memory);
  }
}

TEST_CASE("a first program for which there is no memory leaves an engine that is silent and can be prepared again") {
  const auto program = program_of("300", "0.5");
  Engine undisturbed;
  undisturbed.prepare(program);
  const Rows expected = play(undisturbed, 3);
  const auto operation = [&]() -> Result<bool> {
    std::unique_ptr<Engine> engine;
    {
      const Excused excused;
      engine = std::make_unique<Engine>();
    }
    const Result<bool> prepared = or_out_of_memory([&]() -> Result<bool> {
      engine->prepare(program);
      return true;
    });
    const Excused excused;
    if (!prepared) {
      if (play(*engine, 1)[0] != std::vector<float>(kBlock, 0))
        return Error{Errc::internal, "", "it is not silent", {}};
      engine->prepare(program);
    }
    const std::string where = difference(expected, play(*engine, 3));
    if (!where.empty()) return Error{Errc::internal, "", where, {}};
    return prepared;
  };
  sweep(
      "preparing", operation, [](const Result<bool>& prepared) { return static_cast<bool>(prepared); },
      only_out_of_memory);
}

TEST_CASE("a state for which there is no memory is not saved, and the music goes on") {
  const auto program = program_of("300", "0.5");
  Engine undisturbed;
  undisturbed.prepare(program);
  play(undisturbed, 3);
  const Rows expected = play(undisturbed, 20);
  const auto operation = [&]() -> Result<bool> {
    std::unique_ptr<Engine> engine;
    {
      const Excused excused;
      engine = std::make_unique<Engine>();
      engine->prepare(program);
      play(*engine, 3);
    }
    StateImage image;
    Rows heard;
    const Result<bool> saved = or_out_of_memory([&]() -> Result<bool> {
      if (!engine->request_capture()) return false;
      {
        const Excused excused;
        heard = play(*engine, 20);
      }
      return engine->take_capture(image);
    });
    const Excused excused;
    if (heard.empty()) heard = play(*engine, 20);
    if (difference(expected, heard) != "") return Error{Errc::internal, "", difference(expected, heard), {}};
    if (!saved) {  // asked again, it is
      if (engine->request_capture()) play(*engine, 20);
      if (!engine->take_capture(image)) return Error{Errc::internal, "", "no state can be saved any more", {}};
    }
    return saved;
  };
  sweep(
      "saving a state", operation, [](const Result<bool>& saved) { return saved && *saved; }, only_out_of_memory);
}
