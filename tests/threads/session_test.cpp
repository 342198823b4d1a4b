// One session: an audio thread, a person who edits, one who turns knobs, and a host that saves and loads.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "random_graph.hpp"
#include "sinter/sinter.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 128;
constexpr std::chrono::milliseconds kPatience{120'000};  // only to end where it hangs

class Play {
 public:
  explicit Play(Session& session) : session_(session), thread_([this] { run(); }) {}
  ~Play() {
    over_ = true;
    thread_.join();
  }

 private:
  void run() {
    Random random(1);
    std::vector<float> left(kFrames, 0.2f), right(kFrames, 0.1f);
    while (!over_.load()) {
      Event note{.frame = random.below(kFrames), .kind = random.chance(0.5) ? EventKind::note_on : EventKind::note_off};
      note.key = static_cast<uint8_t>(random.below(128));
      note.value = 0.7;
      const float* inputs[] = {left.data(), right.data()};
      float* outputs[] = {left.data(), right.data()};
      session_.process(inputs, outputs, kFrames, {&note, 1});
      std::this_thread::yield();
    }
  }

  Session& session_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

/// Patches, good and bad, some of them taken back before they are compiled.
void edit(Session& session, uint64_t count) {
  Random random(2);
  uint64_t last = 0;
  for (uint64_t n = 0; n < count; ++n) {
    last = random.chance(0.1) ? session.set_patch("{ \"sinter\": 1, no }") : session.set_patch(random_graph(random));
    if (random.chance(0.5)) session.wait(last, Progress::sounding, kPatience);
    static_cast<void>(session.backend());
  }
  last = session.set_patch(random_graph(random));
  CHECK(session.wait(last, Progress::sounding, kPatience) == Progress::sounding);
}

/// A user interface: lists, values, texts, events.
void look(Session& session, const std::atomic<bool>& over) {
  Random random(3);
  uint64_t heard = 0;
  while (!over.load()) {
    for (const ParameterInfo& info : session.parameters()) {
      session.begin_gesture(info.handle);
      session.set_parameter(info.handle, random.uniform(info.param.minimum, info.param.maximum));
      static_cast<void>(session.set_normalised(info.param.id, random.uniform(0, 1)));
      static_cast<void>(parameter_text(info.param, session.parameter_value(info.handle)));
      session.end_gesture(info.handle);
    }
    for (const SessionEvent& event : session.events(heard)) heard = event.number;
    static_cast<void>(session.graph());
    static_cast<void>(session.memory_bytes());
    static_cast<void>(session.latency_frames());
    std::this_thread::yield();
  }
}

/// A host: saves and loads in turn.
uint64_t save_and_load(Session& session, const std::atomic<bool>& over) {
  uint64_t loaded = 0;
  while (!over.load()) {
    const auto what = loaded % 3 ? Session::Save::everything : Session::Save::parameters;
    const Result<std::vector<uint8_t>> chunk = session.save_state(what);
    if (!chunk) {
      CHECK(chunk.error().code == Errc::bad_state);  // nothing plays yet
      continue;
    }
    const Result<bool> taken = session.load_state(*chunk);
    CHECK(taken);
    ++loaded;
  }
  return loaded;
}

}  // namespace

TEST_CASE("a session is played, edited, turned, looked at, saved and loaded by four threads and its worker") {
  SessionOptions options;
  options.guard = true;
  const std::unique_ptr<Session> session = open_session(options);
  REQUIRE(session->prepare(48'000));
  std::atomic<bool> over{false};
  uint64_t loaded = 0;
  {
    const Play play(*session);
    std::thread ui([&] { look(*session, over); });
    std::thread host([&] { loaded = save_and_load(*session, over); });
    edit(*session, scaled(400));
    over = true;
    ui.join();
    host.join();
  }
  MESSAGE(loaded << " states saved and loaded");
  CHECK(session->backend() != "");
}

TEST_CASE("sessions are made and ended while they compile, several at a time") {
  std::vector<std::thread> hosts;
  for (uint64_t host = 0; host < 3; ++host)
    hosts.emplace_back([host] {
      Random random(host + 20);
      for (uint64_t n = 0; n < scaled(100); ++n) {
        const std::unique_ptr<Session> session = open_session();
        CHECK(session->prepare(48'000));
        session->set_patch(random_graph(random));
        if (random.chance(0.3)) session->set_patch(random_graph(random));
        if (random.chance(0.3)) session->suspend();
      }
    });
  for (std::thread& host : hosts) host.join();
}
