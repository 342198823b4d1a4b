// Parameters of a session: they survive edits by id.
#include <doctest/doctest.h>

#include "rig.hpp"

using namespace sinter;
using namespace sinter::test;
using Kind = SessionEvent::Kind;

namespace {

struct Live {
  Live() {
    REQUIRE(session->prepare(48'000));
    session->suspend();
  }
  // Sets the patch that puts out $a with these parameters.
  void edit(const std::string& params, const std::string& output = "$a") {
    session->set_patch(patch(output, params));
    REQUIRE(session->wait_settled(kNever));
  }
  double value(std::string_view id) const { return session->parameter_value(session->parameter(id)->handle); }
  // What is heard once fades and glides are over.
  float heard() { return run(*session, 4'800).back(); }
  std::unique_ptr<Session> session = open_session();
};

}  // namespace

TEST_CASE("a value that was set survives edits, clamped to the new range") {
  Live live;
  live.edit(R"({"a": {"min": 0, "max": 1, "default": 0.1}})");
  CHECK(live.heard() == doctest::Approx(0.1));
  live.session->set_parameter(live.session->parameter("a")->handle, 0.75);
  live.edit(R"({"b": {}, "a": {"min": 0, "max": 2, "default": 0.2}})");
  CHECK(live.value("a") == 0.75);
  CHECK(live.heard() == 0.75f);
  live.edit(R"({"a": {"min": 0, "max": 0.5, "default": 0.2}})");
  CHECK(live.value("a") == 0.5);
  CHECK(live.heard() == 0.5f);
}

TEST_CASE("a parameter that nobody touched follows the patch's new default") {
  Live live;
  live.edit(R"({"a": {"min": 0, "max": 1, "default": 0.1}})");
  live.edit(R"({"a": {"min": 0, "max": 1, "default": 0.4}})");
  CHECK(live.value("a") == 0.4);
  CHECK(live.heard() == doctest::Approx(0.4));
}

TEST_CASE("a value comes back with its parameter") {
  Live live;
  live.edit(R"({"a": {"min": 0, "max": 1}})");
  const uint32_t handle = live.session->parameter("a")->handle;
  REQUIRE(live.session->set_parameter("a", "0.75"));
  live.edit("{}", "0");
  CHECK_FALSE(live.session->parameter("a"));
  CHECK(live.session->parameters().empty());
  CHECK_FALSE(live.session->set_parameter("a", "0.5"));
  live.edit(R"({"a": {"min": 0, "max": 1}})");
  CHECK(live.session->parameter("a")->handle == handle);
  CHECK(live.heard() == 0.75f);
}

TEST_CASE("a choice stays chosen by name when an edit moves it") {
  Live live;
  live.edit(R"({"a": {"choices": ["soft", "hard"], "default": "soft"}})");
  REQUIRE(live.session->set_parameter("a", "hard"));
  live.edit(R"({"a": {"choices": ["none", "soft", "hard"], "default": "none"}})");
  CHECK(live.value("a") == 2);
  CHECK(live.heard() == 2);
  live.edit(R"({"a": {"choices": ["none", "soft"], "default": "none"}})");
  CHECK(live.value("a") == 1);  // the last there is
}

TEST_CASE("parameters are set by text and normalised, on their steps") {
  Live live;
  live.edit(R"({"f": {"min": 20, "max": 20000, "default": 440, "unit": "Hz", "scale": "log"},
                "a": {"min": 0, "max": 1, "step": 0.25, "slot": 3}})",
            "$a + 0 * $f");
  CHECK(*live.session->set_parameter("f", "2kHz") == 2'000);
  CHECK(live.value("f") == 2'000);
  CHECK(*live.session->set_normalised("a", 0.3) == 0.25);
  CHECK(live.value("a") == 0.25);
  CHECK(*live.session->set_parameter("a", "0.6") == 0.5);
  CHECK(live.session->parameters()[1].param.slot == 3);
  struct Row {
    const char *id, *text;
  };
  for (const Row& row : {Row{"f", "3s"}, Row{"f", "1Hz"}, Row{"a", "loud"}, Row{"nobody", "1"}}) {
    const Result<double> refused = live.session->set_parameter(row.id, row.text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::usage);
    CHECK(refused.error().where == row.id);
  }
  CHECK_FALSE(live.session->set_normalised("nobody", 0));
}

TEST_CASE("gestures are told once, however many hold the parameter") {
  Live live;
  live.edit(R"({"a": {"min": 0, "max": 1}})");
  const uint32_t handle = live.session->parameter("a")->handle;
  live.session->end_gesture(handle);
  live.session->begin_gesture(handle);
  live.session->begin_gesture(handle);
  live.session->end_gesture(handle);
  CHECK(events_of(*live.session, Kind::gesture_end).empty());
  live.session->end_gesture(handle);
  const std::vector<SessionEvent> begun = events_of(*live.session, Kind::gesture_begin);
  REQUIRE(begun.size() == 1);
  CHECK(begun[0].parameter == handle);
  CHECK(begun[0].text == "takes hold of 'a'");
  CHECK(events_of(*live.session, Kind::gesture_end).size() == 1);
  live.session->begin_gesture(12'345);
  CHECK(events_of(*live.session, Kind::gesture_begin).size() == 1);
}
