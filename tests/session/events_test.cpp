// What happens while a session plays arrives in its list of events, once, with what people want to know of it.
#include <doctest/doctest.h>

#include "rig.hpp"

using namespace sinter;
using namespace sinter::test;
using Kind = SessionEvent::Kind;

namespace {

constexpr uint32_t kRate = 48'000;

/// A session that plays this patch on the calling thread.
std::unique_ptr<Session> playing(const std::string& text, SessionOptions options = {}) {
  auto session = open_session(options);
  REQUIRE(session->prepare(kRate));
  session->suspend();
  session->set_patch(text);
  REQUIRE(session->wait_settled(kNever));
  session->resume();
  return session;
}

uint64_t total(const std::vector<SessionEvent>& events) {
  uint64_t count = 0;
  for (const SessionEvent& event : events) count += event.count;
  return count;
}

}  // namespace

TEST_CASE("a runaway is listed as muted, and as unmuted when it is over") {
  const auto session =
      playing(patch("$level", R"({"level": {"min": 0, "max": 100, "default": 0.5}})"), {.guard = true});
  const uint32_t level = session->parameter("level")->handle;
  run(*session, 1'024);
  CHECK(events_of(*session, Kind::muted).empty());
  for (size_t times = 1; times <= 2; ++times) {
    session->set_parameter(level, 100);
    run(*session, 1'024);
    const std::vector<SessionEvent> muted = events_of(*session, Kind::muted);
    REQUIRE(muted.size() == times);
    CHECK(muted.back().count == 1);
    CHECK(muted.back().revision == 1);
    CHECK(muted.back().text == "muted: the level ran away");
    CHECK(events_of(*session, Kind::unmuted).size() == times - 1);
    session->set_parameter(level, 0.5);
    run(*session, kRate);
    const std::vector<SessionEvent> unmuted = events_of(*session, Kind::unmuted);
    REQUIRE(unmuted.size() == times);
    CHECK(unmuted.back().number > muted.back().number);
    CHECK(events_of(*session, Kind::muted).size() == times);
  }
}

TEST_CASE("without a guard nothing is muted") {
  const auto session = playing(patch("100 + 0 * in"));
  CHECK(run(*session, 1'024).back() == 100);
  CHECK(events_of(*session, Kind::muted).empty());
}

TEST_CASE("steps beyond what a cell takes are listed with how many they were") {
  const auto session = playing(patch("hold($a)", R"({"a": {"min": 0, "max": 100, "default": 0}})"));
  const auto play = [&](uint32_t count) {
    std::vector<Event> events;
    for (uint32_t e = 0; e < count; ++e)
      events.push_back({.frame = 1 + e,
                        .kind = EventKind::parameter,
                        .index = session->parameter("a")->handle,
                        .value = static_cast<double>(e)});
    std::vector<float> in(64), out(64);
    const float* inputs[] = {in.data()};
    float* outputs[] = {out.data()};
    session->process(inputs, outputs, 64, events);
  };
  play(kMaxSplits);
  CHECK(events_of(*session, Kind::moved_events).empty());
  play(kMaxSplits + 5);
  CHECK(total(events_of(*session, Kind::moved_events)) == 5);
  CHECK(events_of(*session, Kind::moved_events).back().text == "5 notes or steps were moved to the next grid line");
  play(kMaxSplits + 2);
  CHECK(total(events_of(*session, Kind::moved_events)) == 7);
  CHECK(events_of(*session, Kind::moved_events).size() == 2);
}

TEST_CASE("numbers that are not finite are listed with the path of their node, also inside of definitions and voices") {
  const std::string body = R"json({"id": "grows", "expr": "1e30 * (prev(grows) + 1 + 0 * x)"})json";
  const std::string box =
      R"json({"sinter": 1, "inputs": {"in": 1}, "define": {"box": {"inputs": {"x": 1}, "nodes": [)json" + body +
      R"json(], "outputs": {"out": "grows"}}}, )json";
  struct {
    std::string text, path;
  } const rows[] = {
      {patch("grows", "{}", R"json([{"id": "x", "expr": "in"}, )json" + body + "]"), "'grows'"},
      {box + R"json("nodes": [{"id": "left", "type": "box", "in": {"x": "in"}}], "outputs": {"out": "left"}})json",
       "'left/grows'"},
      {box + R"json("nodes": [{"id": "synth", "type": "poly", "of": "box", "voices": 3, "in": {"x": "in"}}],
                    "outputs": {"out": "synth"}})json",
       "'synth/grows'"}};
  for (const auto& row : rows) {
    CAPTURE(row.path);
    const auto session = playing(row.text);
    run(*session, 640);
    const std::vector<SessionEvent> scrubbed = events_of(*session, Kind::scrubbed);
    REQUIRE(scrubbed.size() == 1);
    CHECK(scrubbed[0].count >= 9);
    CHECK(scrubbed[0].revision == 1);
    CHECK_MESSAGE(scrubbed[0].text.starts_with(row.path), scrubbed[0].text);
    CHECK(events_of(*session, Kind::scrubbed).size() == 1);
    run(*session, 640);
    CHECK(events_of(*session, Kind::scrubbed).size() == 2);
  }
}
