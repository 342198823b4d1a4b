// From set_patch to sound: a 200-node patch is edited while a thread asks for blocks as a device would.
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "live_patches.hpp"
#include "sinter/bench/measure.hpp"

namespace sinter::measuring {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr double kRate = 48'000;
constexpr uint32_t kChannels = 2;
constexpr milliseconds kPatience{10'000};

double milliseconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

bool take_priority() {
  const sched_param wanted{.sched_priority = 20};
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &wanted) == 0;
}

// Asks the session for block after block, and notes when each program was first heard of.
class Device {
 public:
  Device(Session& session, uint32_t frames, bool paced)
      : session_(session), frames_(frames), paced_(paced), thread_([this] { run(); }) {}
  ~Device() {
    closing_ = true;
    thread_.join();
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  struct Taken {
    Clock::time_point at;  ///< its first block was ready then
    uint64_t swap = 0;
  };
  /// What was taken since `after`, oldest first. Control thread.
  std::vector<Taken> taken_since(size_t after) const {
    return {taken_.begin() + static_cast<std::ptrdiff_t>(after), taken_.begin() + static_cast<std::ptrdiff_t>(count())};
  }
  size_t count() const { return count_.load(std::memory_order_acquire); }
  bool has_noted(uint64_t swap) const {
    const size_t noted = count();
    return noted && taken_[noted - 1].swap >= swap;
  }
  bool has_priority() const { return priority_.load(); }

 private:
  void run() {
    if (paced_) priority_ = take_priority();
    Row row(frames_);
    std::array<Row, kChannels> out = {Row(frames_), Row(frames_)};
    const float* inputs[] = {row.data()};
    float* outputs[] = {out[0].data(), out[1].data()};
    const auto period = std::chrono::nanoseconds(static_cast<int64_t>(1e9 * frames_ / kRate));
    Clock::time_point due = Clock::now();
    while (!closing_) {
      session_.process(inputs, outputs, frames_);
      note();
      if (!paced_) continue;
      due += period;
      if (due < Clock::now()) due = Clock::now();  // late: a device goes on from here
      std::this_thread::sleep_until(due);
    }
  }
  void note() noexcept {
    const uint64_t swap = session_.engine().counters().swaps_begun.load(std::memory_order_relaxed);
    const size_t at = count_.load(std::memory_order_relaxed);
    if (swap == seen_ || at == taken_.size()) return;
    seen_ = swap;
    taken_[at] = {Clock::now(), swap};
    count_.store(at + 1, std::memory_order_release);
  }

  Session& session_;
  const uint32_t frames_;
  const bool paced_;
  std::vector<Taken> taken_ = std::vector<Taken>(65'536);
  std::atomic<size_t> count_{0};
  std::atomic<bool> closing_{false}, priority_{false};
  uint64_t seen_ = 0;
  std::thread thread_;
};

struct Times {
  std::vector<double> hand_over, wait, sound, last;
  std::vector<std::pair<std::string, std::vector<double>>> compile;  // by backend, the quick tier first

  void add_compile(const std::string& backend, double ms) {
    for (auto& [name, times] : compile)
      if (name == backend) return times.push_back(ms);
    compile.push_back({backend, {ms}});
  }
};

Error stuck(const char* what) { return {.code = Errc::cancelled, .message = std::string(what) + " within 10 s"}; }

// The errors of a patch that was not taken.
Result<bool> refused(Session& session, uint64_t revision) {
  for (const SessionEvent& event : session.events())
    if (event.kind == SessionEvent::Kind::error && event.revision == revision) return event.error;
  return stuck("a patch did not sound");
}

// A fade that is under way would be waited for: a person's next edit comes later. What the engine has begun to play the
// device notes a moment after.
bool wait_until_faded(const Engine& engine, const Device& device) {
  const auto until = Clock::now() + kPatience;
  const EngineCounters& counters = engine.counters();
  while (counters.swaps_done.load() != counters.swaps_begun.load() || !device.has_noted(counters.swaps_begun.load())) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

Result<bool> edit_once(Session& session, const Device& device, std::string text, Times& times) {
  const std::vector<SessionEvent> before = session.events();
  const size_t heard = device.count();
  const auto asked = Clock::now();
  const uint64_t revision = session.set_patch(std::move(text));
  const Progress progress = session.wait(revision, Progress::ready, kPatience);
  const auto told = Clock::now();
  if (progress < Progress::ready) return refused(session, revision);
  if (!session.wait_settled(kPatience) || !wait_until_faded(session.engine(), device))
    return stuck("a patch did not settle");
  const std::vector<Device::Taken> taken = device.taken_since(heard);
  if (taken.empty()) return stuck("an edit was not heard");
  // This thread is told of the hand-over, on a busy machine later than the device has taken it.
  const auto handed_over = std::min(told, taken.front().at);
  times.hand_over.push_back(milliseconds_between(asked, handed_over));
  times.wait.push_back(milliseconds_between(handed_over, taken.front().at));
  times.sound.push_back(milliseconds_between(asked, taken.front().at));
  times.last.push_back(milliseconds_between(asked, taken.back().at));
  for (const SessionEvent& event : session.events(before.empty() ? 0 : before.back().number))
    if (event.kind == SessionEvent::Kind::compiled) times.add_compile(event.backend, 1e3 * event.compile_seconds);
  return true;
}

Result<Times> edits(uint32_t count, uint32_t frames, bool paced, bool& priority) {
  const std::unique_ptr<Session> session = open_session();
  if (const Result<bool> prepared = session->prepare(kRate); !prepared) return prepared.errors();
  EditedPatch patch;
  Times times;
  const Device device(*session, frames, paced);
  const uint64_t first = session->set_patch(write_patch(patch.graph()));
  if (session->wait(first, Progress::sounding, kPatience) != Progress::sounding)
    return refused(*session, first).errors();
  if (!session->wait_settled(kPatience) || !wait_until_faded(session->engine(), device))
    return stuck("a patch did not settle");
  for (uint32_t e = 0; e < count; ++e) {
    patch.edit();
    // Nobody keeps time with the device.
    std::this_thread::sleep_for(std::chrono::microseconds(1'000 + e * 2'657 % 5'333));
    if (const Result<bool> done = edit_once(*session, device, write_patch(patch.graph()), times); !done)
      return done.errors();
  }
  priority = device.has_priority();
  return times;
}

Result<bool> add_edits(BenchReport& report, const BenchOptions& options, uint32_t frames, bool paced) {
  bool priority = false;
  Result<Times> times = edits(options.edits, frames, paced, priority);
  if (!times) return times.errors();
  const std::string pace = !paced ? "unpaced" : priority ? "paced, real-time priority" : "paced, ordinary priority";
  const std::string group = "200 nodes edited, blocks of " + std::to_string(frames) + ", " + pace;
  const auto add = [&](const std::string& name, std::vector<double>& values) {
    report.distributions.push_back(distribution(group, name, "ms", std::move(values)));
  };
  add("text to hand-over", times->hand_over);
  add("hand-over to sound", times->wait);
  add("text to sound", times->sound);
  add("text to the last tier's sound", times->last);
  for (auto& [backend, values] : times->compile) add("compile for " + backend, values);
  if (!paced) return true;
  const Distribution& sound = *report.find_distribution(group, "text to sound");
  const std::string goal = "set_patch to sound, 200 nodes, blocks of " + std::to_string(frames) + ", ";
  report.goals.push_back({goal + "p50 in ms", sound.p50, 5, true});
  report.goals.push_back({goal + "p99 in ms", sound.p99, 20, true});
  return true;
}

}  // namespace

Result<bool> swap_times(BenchReport& report, const BenchOptions& options) {
  for (const uint32_t frames : {64u, 256u})
    if (const Result<bool> done = add_edits(report, options, frames, true); !done) return done;
  return add_edits(report, options, 64, false);
}

}  // namespace sinter::measuring

namespace sinter {

Result<BenchReport> bench_swap(const BenchOptions& options) {
  BenchReport report;
  report.processor = measuring::processor_name();
  if (const Result<bool> done = measuring::swap_times(report, options); !done) return done.errors();
  if (const Result<bool> done = measuring::callback_times(report, options); !done) return done.errors();
  return report;
}

}  // namespace sinter
