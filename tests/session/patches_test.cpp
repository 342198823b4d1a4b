// Patches that come while it plays: they sound, or change nothing.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "rig.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;
using Kind = SessionEvent::Kind;

TEST_CASE("a patch sounds soon after it was set, with machine code when that is ready") {
  const auto session = open_session();
  REQUIRE(session->prepare(48'000));
  const Player player(*session);
  const uint64_t revision = session->set_patch(patch("0.5"));
  CHECK(session->wait(revision, Progress::sounding, kNever) == Progress::sounding);
  CHECK(session->wait_settled(kNever));
  CHECK(player.hears(0.5f));
  CHECK(session->backend() == best_backend().name());
  const bool two_tiers = best_backend().name() != "interpreter";
  const std::vector<SessionEvent> compiled = events_of(*session, Kind::compiled);
  CHECK(compiled.size() == (two_tiers ? 2 : 1));
  CHECK(compiled.front().backend == "interpreter");
  CHECK(events_of(*session, Kind::sounding).size() >= 1);
  ran_on(best_backend().name());
}

TEST_CASE("a patch that was set first waits for the sample rate") {
  const auto session = open_session();
  const uint64_t revision = session->set_patch(patch("sr / 1000000"));
  CHECK(session->progress(revision) == Progress::waiting);
  REQUIRE(session->prepare(44'100));
  const Player player(*session);
  CHECK(session->wait_settled(kNever));
  CHECK(player.hears(0.0441f));
}

TEST_CASE("without a patch and before prepare there is silence") {
  const auto session = open_session();
  CHECK(run(*session, 128) == std::vector<float>(128, 0.0f));
  REQUIRE(session->prepare(48'000));
  CHECK(run(*session, 128) == std::vector<float>(128, 0.0f));
  CHECK(session->latency_frames() == 0);
  CHECK_FALSE(session->wait_settled(std::chrono::milliseconds(0)));
  CHECK(session->progress(7) == Progress::superseded);
}

TEST_CASE("a patch with an error is told with its place and changes nothing") {
  const auto session = open_session();
  REQUIRE(session->prepare(48'000));
  const Player player(*session);
  session->set_patch(patch("0.5"));
  REQUIRE(session->wait_settled(kNever));
  const auto playing = session->graph();
  struct Row {
    std::string text;
    Errc code;
  };
  const Row rows[] = {{"{", Errc::json_syntax},
                      {patch("nobody"), Errc::unknown_name},
                      {patch("a", "{}", R"([{"id": "a", "expr": "a + 1"}])"), Errc::cycle}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const uint64_t revision = session->set_patch(row.text, "broken.json");
    CHECK(session->wait(revision, Progress::ready, kNever) == Progress::failed);
    CHECK(has_error(*session, revision, row.code));
    CHECK(session->events().back().error.place.file == "broken.json");
    CHECK(session->graph() == playing);
    CHECK(player.hears(0.5f));
  }
}

TEST_CASE("an edit takes over while it plays") {
  const auto session = open_session();
  REQUIRE(session->prepare(48'000));
  const Player player(*session);
  for (const char* value : {"0.25", "0.5", "0.75"}) {
    session->set_patch(patch(value));
    CHECK(session->wait_settled(kNever));
    CHECK(player.hears(std::stof(value)));
  }
}

TEST_CASE("a graph made in C++ is checked and played") {
  const auto session = open_session();
  REQUIRE(session->prepare(48'000));
  session->suspend();
  Graph good;
  good.expr("half", "0.5").output("out", "half");
  CHECK(session->wait(session->set_patch(good), Progress::ready, kNever) >= Progress::ready);
  Graph bad;
  bad.output("out", "nobody");
  const uint64_t revision = session->set_patch(bad);
  CHECK(session->wait(revision, Progress::ready, kNever) == Progress::failed);
  CHECK(has_error(*session, revision, Errc::unknown_name));
}

TEST_CASE("while it is suspended patches are taken without anybody calling process") {
  const auto session = open_session();
  REQUIRE(session->prepare(48'000));
  session->suspend();
  const uint64_t revision = session->set_patch(patch("0.5"));
  CHECK(session->wait_settled(kNever));
  CHECK(session->wait(revision, Progress::sounding, kNever) == Progress::sounding);
  session->resume();
  CHECK(run(*session, 64).back() == 0.5f);
}

TEST_CASE("another sample rate compiles the patch again before prepare returns") {
  const auto session = open_session();
  REQUIRE(session->prepare(48'000));
  session->suspend();
  session->set_patch(patch("sr / 1000000 + $a", R"({"x": {}, "a": {"min": 0, "max": 1, "default": 0}})"));
  REQUIRE(session->wait_settled(kNever));
  const uint32_t handle = session->parameter("a")->handle;
  session->set_patch(patch("sr / 1000000 + $a", R"({"a": {"min": 0, "max": 1, "default": 0}})"));
  REQUIRE(session->wait_settled(kNever));
  session->set_parameter(handle, 0.5);
  session->resume();
  REQUIRE(session->prepare(96'000));
  CHECK(session->sample_rate() == 96'000);
  CHECK(run(*session, 64).front() == doctest::Approx(0.596));
  CHECK(session->parameter("a")->handle == handle);
  CHECK(session->parameter_value(handle) == 0.5);
  for (const double rate : {0.0, 7'999.0, 768'001.0, std::nan("")}) CHECK_FALSE(session->prepare(rate));
  CHECK(session->sample_rate() == 96'000);
}

TEST_CASE("what computes numbers that are not finite is named") {
  const auto session = open_session();
  REQUIRE(session->prepare(48'000));
  session->suspend();
  session->set_patch(
      patch("low", "{}", R"j([{"id": "low", "type": "onepole", "in": {"in": "exp(1000 * in)", "freq": 1000}}])j"));
  REQUIRE(session->wait_settled(kNever));
  session->resume();
  run(*session, 256);
  const std::vector<SessionEvent> scrubbed = events_of(*session, Kind::scrubbed);
  REQUIRE(scrubbed.size() == 1);
  CHECK(scrubbed[0].text.find("'low'") == 0);
  CHECK(scrubbed[0].count > 0);
}

TEST_CASE("events are numbered, and asked for from a number on") {
  const auto session = open_session();
  REQUIRE(session->prepare(48'000));
  for (uint32_t i = 0; i < kMaxSessionEvents + 50; ++i) {
    session->wait(session->set_patch("{"), Progress::ready, kNever);
  }
  const std::vector<SessionEvent> all = session->events();
  REQUIRE(all.size() == kMaxSessionEvents);
  CHECK(all.back().number == all.front().number + kMaxSessionEvents - 1);
  CHECK(session->events(all.back().number - 2).size() == 2);
  CHECK(session->events(all.back().number).empty());
  CHECK(session->events(all.back().number + 5).empty());
}

TEST_CASE("the files of a patch are its own, its imports and those that nodes name") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::canonical(fs::temp_directory_path()) / "sinter-session-files";
  fs::remove_all(folder);
  fs::create_directories(folder / "lib");
  const auto write = [&](const char* file, const std::string& text) { std::ofstream(folder / file) << text; };
  write("lib/half.json",
        R"({"sinter": 1, "define": {"half": {"inputs": {"x": 1}, "nodes": [], "outputs": {"out": "x / 2"}}}})");
  const std::string good =
      R"({"sinter": 1, "import": ["lib/half.json"], "nodes": [{"id": "h", "type": "half", "in": {"x": 1}}], "outputs": {"out": "h"}})";
  write("main.json", good);
  const auto session = open_session();
  REQUIRE(session->prepare(48'000));
  session->suspend();
  const std::vector<std::string> both = {(folder / "lib/half.json").string(), (folder / "main.json").string()};
  CHECK(session->wait(session->set_patch_file((folder / "main.json").string()), Progress::ready, kNever) >=
        Progress::ready);
  CHECK(session->files() == both);

  write("lib/half.json", "{");
  CHECK(session->wait(session->set_patch_file((folder / "main.json").string()), Progress::ready, kNever) ==
        Progress::failed);
  CHECK(session->files() == both);

  fs::copy_file(fs::path(SINTER_SOURCE_DIR) / "examples/hall.json", folder / "hall.json",
                fs::copy_options::overwrite_existing);
  fs::copy(fs::path(SINTER_SOURCE_DIR) / "examples/audio", folder / "audio");
  CHECK(session->wait(session->set_patch_file((folder / "hall.json").string()), Progress::ready, kNever) >=
        Progress::ready);
  REQUIRE(session->files().size() == 2);
  CHECK(session->files()[0].find((folder / "audio").string()) == 0);
  write("lib/half.json",
        R"({"sinter": 1, "define": {"half": {"inputs": {"x": 1}, "nodes": [], "outputs": {"out": "x / 2"}}}})");
  CHECK(session->wait(session->set_patch(good, "text", folder.string()), Progress::ready, kNever) >= Progress::ready);
  CHECK(session->files() == std::vector<std::string>{both[0]});
  fs::remove_all(folder);
}

TEST_CASE("the longest timeout waits for ever, not at all") {
  const auto session = open_session({.mode = Mode::interpret});
  REQUIRE(session->prepare(48'000));
  session->suspend();
  const uint64_t revision = session->set_patch(patch("0.5"));
  CHECK(session->wait(revision, Progress::ready, std::chrono::milliseconds::max()) == Progress::sounding);
  CHECK(session->wait_settled(std::chrono::milliseconds::max()));
}
