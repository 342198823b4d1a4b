// Which executor plays, by mode, and what happens where it cannot.
#include <doctest/doctest.h>

#include "rig.hpp"

using namespace sinter;
using namespace sinter::test;
using Kind = SessionEvent::Kind;

TEST_CASE("the mode says which tiers are compiled") {
  struct Row {
    Mode mode;
    std::vector<std::string> backends;
  };
  const GatedBackend code;
  const Row rows[] = {{Mode::automatic, {"interpreter", "gated"}},
                      {Mode::hybrid, {"interpreter", "gated"}},
                      {Mode::jit, {"gated"}},
                      {Mode::interpret, {"interpreter"}}};
  for (const bool strict : {false, true})
    for (const Row& row : rows) {
      CAPTURE(name(row.mode));
      const auto session = open_session({.machine_code = &code, .mode = row.mode, .strict = strict});
      REQUIRE(session->prepare(48'000));
      session->suspend();
      session->set_patch(patch("0.5"));
      CHECK(session->wait_settled(kNever));
      std::vector<std::string> backends;
      for (const SessionEvent& event : events_of(*session, Kind::compiled)) backends.push_back(event.backend);
      CHECK(backends == row.backends);
      CHECK(session->backend() == row.backends.back());
      CHECK(run(*session, 64).back() == 0.5f);
    }
}

TEST_CASE("modes have names") {
  for (const Mode mode : {Mode::automatic, Mode::jit, Mode::interpret, Mode::hybrid}) {
    Mode parsed{};
    CHECK(parse_mode(name(mode), parsed));
    CHECK(parsed == mode);
  }
  Mode untouched = Mode::jit;
  CHECK_FALSE(parse_mode("fast", untouched));
  CHECK(untouched == Mode::jit);
}

TEST_CASE("where machine code is refused the interpreter plays on, with a warning") {
  const GatedBackend code(true);
  for (const Mode mode : {Mode::automatic, Mode::hybrid}) {
    const auto session = open_session({.machine_code = &code, .mode = mode});
    REQUIRE(session->prepare(48'000));
    session->suspend();
    session->set_patch(patch("0.5"));
    CHECK(session->wait_settled(kNever));
    CHECK(session->backend() == "interpreter");
    const std::vector<SessionEvent> warnings = events_of(*session, Kind::warning);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].error.code == Errc::no_machine_code);
    REQUIRE(session->prepare(44'100));
    CHECK(session->backend() == "interpreter");
    CHECK(run(*session, 64).back() == 0.5f);
  }
}

TEST_CASE("where the mode wants machine code and there is none, the patch fails") {
  const GatedBackend code(true);
  const SessionOptions refused{.machine_code = &code, .mode = Mode::jit};
  const SessionOptions missing{
      .library = &standard_nodes(), .interpreter = find_backend("interpreter"), .mode = Mode::jit};
  for (const SessionOptions& options : {refused, missing}) {
    const std::unique_ptr<Session> session =
        options.library ? std::make_unique<Session>(options) : open_session(options);
    REQUIRE(session->prepare(48'000));
    const uint64_t revision = session->set_patch(patch("0.5"));
    CHECK(session->wait(revision, Progress::ready, kNever) == Progress::failed);
    CHECK(has_error(*session, revision, Errc::no_machine_code));
  }
}

TEST_CASE("a broken patch that comes in mid-compile does not leave the last good one on the interpreter") {
  const GatedBackend code;
  const auto session = open_session({.machine_code = &code});
  REQUIRE(session->prepare(48'000));
  session->suspend();
  code.close();
  const uint64_t good = session->set_patch(patch("0.5"));
  CHECK(session->wait(good, Progress::sounding, kNever) == Progress::sounding);
  code.wait_for_visitor();
  const uint64_t broken = session->set_patch("{");
  code.open();
  CHECK(session->wait(broken, Progress::ready, kNever) == Progress::failed);
  CHECK_FALSE(session->wait_settled(kNever));  // the newest did not make it
  CHECK(session->backend() == "gated");
  CHECK(session->progress(good) == Progress::sounding);
}

TEST_CASE("another sample rate in mid-compile does not stop the patch") {
  const GatedBackend code;
  const auto session = open_session({.machine_code = &code, .mode = Mode::jit});
  REQUIRE(session->prepare(48'000));
  session->suspend();
  code.close();
  session->set_patch(patch("sr / 1000000"));
  code.wait_for_visitor();
  REQUIRE(session->prepare(96'000));
  code.open();
  CHECK(session->wait_settled(kNever));
  CHECK(run(*session, 64).back() == doctest::Approx(0.096));
}

TEST_CASE("of patches that come faster than they are compiled the latest wins") {
  const GatedBackend code;
  const auto session = open_session({.machine_code = &code, .mode = Mode::jit});
  REQUIRE(session->prepare(48'000));
  const Player player(*session);
  code.close();
  const uint64_t first = session->set_patch(patch("0.1"));
  code.wait_for_visitor();
  const uint64_t second = session->set_patch(patch("0.2"));
  const uint64_t third = session->set_patch(patch("0.3"));
  CHECK(session->progress(second) == Progress::superseded);
  code.open();
  CHECK(session->wait(third, Progress::sounding, kNever) == Progress::sounding);
  CHECK(session->progress(first) == Progress::superseded);
  CHECK(player.hears(0.3f));
  CHECK(events_of(*session, Kind::error).empty());
  CHECK(session->graph()->outputs[0].expr.value == 0.3);
}

TEST_CASE("a patch that takes too long to compile is an error and what played plays on") {
  const GatedBackend code;
  const auto session = open_session({.machine_code = &code, .mode = Mode::hybrid, .compile_budget_seconds = 0});
  REQUIRE(session->prepare(48'000));
  const uint64_t revision = session->set_patch(long_patch(2'000));
  CHECK(session->wait(revision, Progress::ready, kNever) == Progress::failed);
  CHECK(has_error(*session, revision, Errc::cancelled));
  CHECK(events_of(*session, Kind::error)[0].error.message.find("longer than 0 s") != std::string::npos);
  CHECK(session->graph() == nullptr);
}
