// Saved sessions go on where they were.
#include <doctest/doctest.h>

#include <algorithm>

#include "compare.hpp"
#include "rig.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr const char* kParams =
    R"({"a": {"min": 0, "max": 1, "default": 0.5}, "t": {"min": 0.001, "max": 0.05, "default": 0.013}})";
constexpr const char* kNodes = R"([
  {"id": "tone", "type": "sine", "in": {"freq": "110 + 30 * $a"}},
  {"id": "hiss", "type": "noise"},
  {"id": "low", "type": "lowpass", "in": {"in": "tone + 0.1 * hiss + in", "freq": "400 + 1000 * $a", "q": 3}},
  {"id": "echo", "type": "delay", "in": {"in": "low + 0.6 * echo", "time": "$t"}, "max": 0.1}])";

// Voices that ring for seconds after their notes, each at its own phase, through the response of a hall.
constexpr const char* kInstrument = R"json({ "sinter": 1, "inputs": { "in": 1 },
  "define": { "voice": { "inputs": { "gate": 1 },
    "nodes": [
      { "id": "level", "expr": "gate > 0 ? 1 : prev(level) * 0.99999" },
      { "id": "tone", "type": "sine", "in": { "freq": "300 + 200 * level" } },
      { "id": "low", "type": "lowpass", "in": { "in": "tone * level", "freq": 900, "q": 4 } } ],
    "outputs": { "out": "low" } } },
  "nodes": [
    { "id": "synth", "type": "poly", "voices": 5, "of": "voice" },
    { "id": "room", "type": "convolve", "in": { "in": "synth + 0.1 * in" }, "file": "hall.wav" } ],
  "outputs": { "out": "room" } })json";

// A session that plays the instrument above, in strict mode and without fades.
std::unique_ptr<Session> playing_instrument(Mode mode) {
  auto session = open_session({.mode = mode, .strict = true, .fade_seconds = 0});
  REQUIRE(session->prepare(48'000));
  session->suspend();
  session->set_patch(kInstrument, "instrument", std::string(SINTER_SOURCE_DIR) + "/examples/audio");
  REQUIRE(session->wait_settled(kNever));
  session->resume();
  return session;
}

// A session that plays the patch above, in strict mode and without fades.
std::unique_ptr<Session> playing(Mode mode = Mode::hybrid) {
  auto session = open_session({.mode = mode, .strict = true, .fade_seconds = 0});
  REQUIRE(session->prepare(48'000));
  session->suspend();
  session->set_patch(patch("echo", kParams, kNodes));
  REQUIRE(session->wait_settled(kNever));
  session->resume();
  return session;
}

std::vector<uint8_t> saved(Session& session, Session::Save what) {
  session.suspend();
  const Result<std::vector<uint8_t>> chunk = session.save_state(what);
  session.resume();
  REQUIRE(chunk);
  return *chunk;
}

void check_same(const std::vector<float>& a, const std::vector<float>& b) { CHECK(difference({a}, {b}) == ""); }

}  // namespace

TEST_CASE("parameters are saved and restored by id") {
  const auto one = playing();
  one->set_parameter(one->parameter("a")->handle, 0.75);
  const std::vector<uint8_t> chunk = saved(*one, Session::Save::parameters);
  const auto other = playing();
  REQUIRE(other->load_state(chunk));
  CHECK(other->parameter_value(other->parameter("a")->handle) == 0.75);
  CHECK(other->parameter_value(other->parameter("t")->handle) == 0.013);
  CHECK(other->events().back().kind == SessionEvent::Kind::state_loaded);
}

TEST_CASE("values that were loaded before their patch wait for it") {
  const auto one = playing();
  one->set_parameter(one->parameter("a")->handle, 0.75);
  const std::vector<uint8_t> chunk = saved(*one, Session::Save::parameters);
  const auto other = open_session();
  REQUIRE(other->load_state(chunk));
  CHECK(*other->save_state() == chunk);
  REQUIRE(other->prepare(48'000));
  other->suspend();
  other->set_patch(patch("echo", kParams, kNodes));
  REQUIRE(other->wait_settled(kNever));
  CHECK(other->parameter_value(other->parameter("a")->handle) == 0.75);
}

TEST_CASE("a session that was saved with everything goes on to the bit in another one") {
  for (const Mode mode : {Mode::interpret, Mode::hybrid})
    for (const uint32_t before : {0u, 64u, 1'000u, 10'048u})
      for (const bool loaded_first : {false, true}) {
        CAPTURE(name(mode));
        CAPTURE(before);
        CAPTURE(loaded_first);
        const auto one = playing(mode);
        one->set_parameter(one->parameter("a")->handle, 0.75);
        run(*one, before);
        const std::vector<uint8_t> chunk = saved(*one, Session::Save::everything);
        const std::vector<float> wanted = run(*one, 4'096);

        std::unique_ptr<Session> other;
        if (loaded_first) {
          other = open_session({.mode = mode, .strict = true, .fade_seconds = 0});
          REQUIRE(other->load_state(chunk));
          REQUIRE(other->prepare(48'000));
          other->suspend();
          other->set_patch(patch("echo", kParams, kNodes));
          REQUIRE(other->wait_settled(kNever));
          other->resume();
        } else {
          other = playing(mode);
          run(*other, 3'000);
          REQUIRE(other->load_state(chunk));
        }
        check_same(run(*other, 4'096), wanted);
      }
}

TEST_CASE("the states of voices and what a convolution remembers are restored to the bit, and notes are not") {
  for (const Mode mode : {Mode::interpret, Mode::hybrid})
    for (const uint32_t before : {2'048u, 10'000u, 10'037u}) {
      CAPTURE(name(mode));
      CAPTURE(before);
      const auto one = playing_instrument(mode);
      const auto play = [](Session& session, uint32_t frames, std::initializer_list<Event> events) {
        std::vector<float> in(frames, 0.25f), out(frames);
        const float* inputs[] = {in.data()};
        float* outputs[] = {out.data()};
        session.process(inputs, outputs, frames, events);
        return out;
      };
      const auto note = [](uint32_t frame, double velocity) {
        return Event{.frame = frame, .kind = EventKind::note_on, .key = 60, .value = velocity};
      };
      play(*one, before, {note(10, 1), note(333, 1), note(700, 1), note(1'000, 0), note(1'500, 0), note(1'700, 0)});
      const std::vector<uint8_t> chunk = saved(*one, Session::Save::everything);
      const std::vector<float> wanted = play(*one, 24'000, {});
      CHECK(std::ranges::max(wanted) > 0.01f);

      const auto other = playing_instrument(mode);
      play(*other, 3'001, {note(17, 1), note(800, 1)});
      REQUIRE(other->load_state(chunk));
      // The two notes of before are not held any more.
      check_same(play(*other, 24'000, {}), wanted);
    }
}

TEST_CASE("everything is gathered while the audio thread plays") {
  const auto session = playing();
  const Player player(*session);
  const Result<std::vector<uint8_t>> chunk = session->save_state(Session::Save::everything);
  REQUIRE(chunk);
  CHECK(session->load_state(*chunk));
  CHECK(session->wait_settled(kNever));
}

TEST_CASE("with nobody calling process saving everything says so and saving parameters works") {
  const auto session = playing();
  const Result<std::vector<uint8_t>> chunk = session->save_state(Session::Save::everything);
  REQUIRE_FALSE(chunk);
  CHECK(chunk.error().code == Errc::bad_state);
  CHECK(chunk.error().message.find("suspend()") != std::string::npos);
  CHECK(session->save_state());
}

TEST_CASE("a state of another sample rate gives its parameters, and a warning") {
  const auto one = playing();
  one->set_parameter(one->parameter("a")->handle, 0.75);
  run(*one, 640);
  const std::vector<uint8_t> chunk = saved(*one, Session::Save::everything);
  const auto other = playing();
  REQUIRE(other->prepare(44'100));
  CHECK(other->load_state(chunk));
  CHECK(other->parameter_value(other->parameter("a")->handle) == 0.75);
  CHECK(events_of(*other, SessionEvent::Kind::warning).back().error.code == Errc::rate_mismatch);
}

TEST_CASE("a damaged state changes nothing") {
  const auto one = playing();
  one->set_parameter(one->parameter("a")->handle, 0.75);
  std::vector<uint8_t> chunk = saved(*one, Session::Save::everything);
  chunk[chunk.size() / 2] ^= 4;
  const auto session = playing(), undisturbed = playing();
  check_same(run(*session, 640), run(*undisturbed, 640));
  const Result<bool> loaded = session->load_state(chunk);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Errc::bad_state);
  CHECK(session->parameter_value(session->parameter("a")->handle) == 0.5);
  check_same(run(*session, 640), run(*undisturbed, 640));
}

TEST_CASE("while it is suspended everything is saved also where an edit waits for the end of a fade") {
  const auto session = open_session({.mode = Mode::interpret});
  REQUIRE(session->prepare(48'000));
  session->suspend();
  session->set_patch(patch("echo", kParams, kNodes));
  REQUIRE(session->wait_settled(kNever));
  run(*session, 640);
  for (const char* output : {"0.5 * echo", "0.25 * echo"}) {
    session->set_patch(patch(output, kParams, kNodes));
    REQUIRE(session->wait_settled(kNever));
  }
  const Result<std::vector<uint8_t>> chunk = session->save_state(Session::Save::everything);
  REQUIRE(chunk);
  REQUIRE(session->load_state(*chunk));
  CHECK(*session->save_state(Session::Save::everything) == *chunk);
}

TEST_CASE("what was loaded is heard also where a better tier replaces the one that was to begin with it") {
  const auto one = playing();
  run(*one, 10'048);
  const std::vector<uint8_t> chunk = saved(*one, Session::Save::everything);
  const std::vector<float> wanted = run(*one, 4'096);
  for (const bool loaded_first : {false, true}) {
    CAPTURE(loaded_first);
    const GatedBackend gate;
    gate.close();
    const auto other = open_session({.machine_code = &gate, .mode = Mode::hybrid, .strict = true, .fade_seconds = 0});
    REQUIRE(other->prepare(48'000));
    if (loaded_first) REQUIRE(other->load_state(chunk));
    const uint64_t revision = other->set_patch(patch("echo", kParams, kNodes));
    CHECK(other->wait(revision, Progress::ready, kNever) == Progress::ready);
    if (!loaded_first) REQUIRE(other->load_state(chunk));
    gate.open();
    while (other->backend() != "gated") std::this_thread::yield();
    check_same(run(*other, 4'096), wanted);
  }
}

TEST_CASE("a state that was loaded before the sample rate was known gives its parameters at another one") {
  const auto one = playing();
  one->set_parameter(one->parameter("a")->handle, 0.75);
  run(*one, 640);
  const std::vector<uint8_t> chunk = saved(*one, Session::Save::everything);
  const auto other = open_session({.mode = Mode::interpret});
  REQUIRE(other->load_state(chunk));
  REQUIRE(other->prepare(44'100));
  other->suspend();
  other->set_patch(patch("echo", kParams, kNodes));
  REQUIRE(other->wait_settled(kNever));
  CHECK(other->parameter_value(other->parameter("a")->handle) == 0.75);
  CHECK(other->engine().frame() == 0);
  const std::vector<SessionEvent> warnings = events_of(*other, SessionEvent::Kind::warning);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].error.code == Errc::rate_mismatch);
}
