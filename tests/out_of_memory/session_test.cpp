// A session whose every thread runs out of memory while it takes a patch: what played before plays on, bit by bit.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "compare.hpp"
#include "sinter/sinter.hpp"
#include "sweep.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kBlock = 64;
constexpr std::chrono::milliseconds kNoWait{0};

std::string patch(const std::string& cutoff) {
  return R"json({ "sinter": 1, "inputs": { "in": 1 }, "nodes": [
    { "id": "low", "type": "lowpass", "in": { "in": "in", "freq": )json" +
         cutoff + R"json( } },
    { "id": "echo", "type": "delay", "in": { "in": "low + 0.5 * echo", "time": 0.003 }, "max": 0.01 } ],
    "outputs": { "out": "low + echo" } })json";
}

float sample(uint64_t frame) { return static_cast<float>(frame * 7'919 % 1'000) * 1e-3f - 0.5f; }

/// A session, and an engine that plays the same first patch undisturbed.
class Pair {
 public:
  explicit Pair(const std::string& text) {
    SessionOptions options;
    options.mode = Mode::hybrid;
    options.strict = true;
    session = open_session(options);
    CHECK(session->prepare(48'000));
    revision_ = session->set_patch(text);
    const Result<Graph> graph = read_patch(text, "patch", "", standard_nodes());
    CompileOptions compile_options;
    compile_options.strict = true;
    const Result<Compiled> compiled = compile_patch(*graph, compile_options);
    undisturbed_.prepare(compiled->program);
  }

  /// Until the patch sounds at its best; then both play from frame 0.
  void settle() {
    std::vector<float> nothing;
    while (!session->wait_settled(kNoWait)) play(session->engine(), nothing);
    CHECK(session->progress(revision_) == Progress::sounding);
    session->engine().reset();
  }

  /// One block of both; "" while they are the same.
  std::string play_on() {
    std::vector<std::vector<float>> expected(1), got(1);
    play(undisturbed_, expected[0]);
    play(session->engine(), got[0]);
    return difference(expected, got);
  }

  std::unique_ptr<Session> session;

 private:
  static void play(Engine& engine, std::vector<float>& out) {
    std::vector<float> in(kBlock);
    for (uint32_t f = 0; f < kBlock; ++f) in[f] = sample(engine.frame() + f);
    out.assign(kBlock, 0);
    const float* inputs[] = {in.data()};
    float* outputs[] = {out.data()};
    engine.process(inputs, outputs, kBlock);
  }

  Engine undisturbed_;
  uint64_t revision_ = 0;
};

/// How a patch given to the session ended: sounding, or failed with what played playing on.
Progress take(Pair& pair, const std::string& text, std::string& problem) {
  uint64_t revision = 0;
  std::string copy;
  {
    const Excused excused;
    copy = text;
  }
  try {
    revision = pair.session->set_patch(std::move(copy));
  } catch (const std::bad_alloc&) {
    problem = "set_patch threw";
    return Progress::failed;
  }
  const Excused excused;
  Progress now = pair.session->progress(revision);
  std::string first_change;
  while (now == Progress::waiting || now == Progress::ready) {
    const std::string where = pair.play_on();
    if (first_change.empty()) first_change = where;
    std::this_thread::yield();
    now = pair.session->progress(revision);
  }
  while (now == Progress::sounding && !pair.session->wait_settled(kNoWait)) pair.play_on();
  if (now == Progress::failed && !first_change.empty()) problem = "what played does not play on: " + first_change;
  return now;
}

}  // namespace

TEST_CASE("a patch for which there is no memory changes nothing of what plays, and the next one is taken") {
  const std::string first = patch("300"), second = patch("500");
  Sweep all;
  {
    Pair pair(first);
    pair.settle();
    const FailingMemory memory({}, FailingMemory::Threads::all);
    std::string problem;
    REQUIRE(take(pair, second, problem) == Progress::sounding);
    all.points = memory.points();
  }
  REQUIRE(all.points > 0);
  const uint64_t count = std::min(all.points, std::max<uint64_t>(20, scaled(150)));
  for (uint64_t n = 0; n < count; ++n)
    for (const bool for_good : {false, true}) {
      const uint64_t point = n * all.points / count;
      CAPTURE(point);
      CAPTURE(for_good);
      Pair pair(first);
      pair.settle();
      std::string problem;
      Progress progress{};
      {
        const FailingMemory memory({point, for_good}, FailingMemory::Threads::all);
        progress = take(pair, second, problem);
      }
      CHECK(problem == "");
      ++all.tried;
      ++(progress == Progress::sounding ? all.survived : all.refused);
      CHECK((progress == Progress::sounding || progress == Progress::failed));
      bool said = pair.session->backend() == best_backend().name();
      for (const SessionEvent& event : pair.session->events()) {
        if (event.kind != SessionEvent::Kind::error && event.kind != SessionEvent::Kind::warning) continue;
        CHECK((event.error.code == Errc::out_of_memory || event.error.code == Errc::no_machine_code));
        said = true;
      }
      CHECK(said);  // slower code than this machine could run is not taken silently
      CHECK(take(pair, patch("700"), problem) == Progress::sounding);
    }
  all.print("a session taking a patch");
}

TEST_CASE("a sample rate for which there is no memory leaves a session that plays at the one before when asked again") {
  const std::string text = R"json({ "sinter": 1, "params": { "level": { "min": 0, "max": 1, "default": 0.5 } },
    "outputs": { "out": "$level" } })json";
  const auto playing = [&] {
    auto session = open_session({.mode = Mode::interpret, .fade_seconds = 0});
    REQUIRE(session->prepare(48'000));
    session->suspend();
    session->set_patch(text);
    while (!session->wait_settled(kNoWait)) std::this_thread::yield();
    REQUIRE(session->set_parameter("level", "0.25"));
    return session;
  };
  Sweep all;
  for (int warm_up = 0; warm_up < 2; ++warm_up) {
    const auto session = playing();
    const FailingMemory memory({});
    REQUIRE(session->prepare(44'100));
    all.points = memory.points();
  }
  const uint64_t count = std::min(all.points, max_points());
  for (uint64_t n = 0; n < count; ++n) {
    const auto session = playing();
    bool prepared = false;
    {
      const FailingMemory memory({n * all.points / count, true});
      prepared = static_cast<bool>(session->prepare(44'100));
    }
    CAPTURE(n);
    ++all.tried;
    ++(prepared ? all.survived : all.refused);
    REQUIRE(session->prepare(48'000));
    float out[4'800] = {};  // longer than the parameter glides
    float* outputs[] = {out};
    session->process({}, outputs, 4'800);
    REQUIRE(session->program());
    REQUIRE(out[4'799] == 0.25f);
  }
  all.print("a session taking another sample rate");
}
