// The audio thread's promise, over a great many callbacks with everything else going on at once: it never allocates,
// frees, locks, waits or calls the system.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include "detectors.hpp"
#include "sinter/sinter.hpp"
#include "storm.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kLongest = 1'024, kChannels = 6;
constexpr uint64_t kCallbacksPerSwap = 250;  // the audio thread waits for the others, between callbacks

struct Told {
  uint64_t callbacks = 0, frames = 0, notes = 0, beyond_ceiling = 0;
  PageFaults faults;
  double longest_us = 0;
};

class AudioThread {
 public:
  AudioThread(Storm& storm, uint64_t seed) : storm_(storm), random_(seed) {
    events_.reserve(512);
    for (auto& row : inputs_)
      for (float& sample : row = std::vector<float>(kLongest)) sample = static_cast<float>(random_.uniform(-0.5, 0.5));
    for (auto& row : outputs_) row.assign(kLongest, 0);
  }

  void run(uint64_t callbacks) {
    const WatchedThread watched;
    while (told.callbacks < callbacks) {
      while (storm_.swaps.load() < told.callbacks / kCallbacksPerSwap && !storm_.over.load()) std::this_thread::yield();
      callback();
    }
  }

  Told told;

 private:
  // Fewer and more channels than the patch has, null ones, and outputs that are inputs.
  void choose_rows() {
    in_.clear();
    out_.clear();
    for (uint32_t c = random_.below(kChannels + 1); c-- > 0;)
      in_.push_back(random_.chance(0.1) ? nullptr : random_.chance(0.1) ? outputs_[c].data() : inputs_[c].data());
    for (uint32_t c = random_.below(kChannels + 1); c-- > 0;)
      out_.push_back(random_.chance(0.1) ? nullptr : outputs_[c].data());
  }

  void callback() {
    const uint32_t frames = random_.chance(0.05) ? 0 : random_.below(kLongest + 1);
    choose_rows();
    random_events(random_, frames, events_);
    const bool jumps = random_.chance(0.05), resets = random_.chance(0.0005);
    const Transport transport = random_transport(random_);
    const PageFaults before = page_faults();
    const auto began = std::chrono::steady_clock::now();
    {
      const ForbidWaiting forbid;
      if (jumps) storm_.engine.set_transport(transport);
      if (resets) storm_.engine.reset();
      storm_.engine.process(in_, out_, frames, events_);
    }
    const auto ended = std::chrono::steady_clock::now();
    const PageFaults after = page_faults();
    told.faults.minor += after.minor - before.minor;
    told.faults.major += after.major - before.major;
    told.longest_us = std::max(told.longest_us, std::chrono::duration<double, std::micro>(ended - began).count());
    ++told.callbacks;
    told.frames += frames;
    for (const Event& event : events_) told.notes += event.kind == EventKind::note_on;
    for (const float* row : out_)
      if (row) told.beyond_ceiling += std::count_if(row, row + frames, [](float x) { return !(std::fabs(x) <= 1.0f); });
  }

  Storm& storm_;
  Random random_;
  std::vector<float> inputs_[kChannels], outputs_[kChannels];
  std::vector<const float*> in_;
  std::vector<float*> out_;
  std::vector<Event> events_;
};

}  // namespace

TEST_CASE("a great many callbacks with swaps, parameter storms, notes, jumps and states: nothing that could wait") {
  std::string why;
  if (!has_detector(Detector::library_calls, &why)) skipped("library calls in callbacks", why);
  if (!has_detector(Detector::system_calls, &why)) skipped("system calls in callbacks", why);
  const uint64_t callbacks = scaled(1'000'000) / 4;
  Storm storm;
  Random random(1);
  storm.engine.prepare(random_program(random, {}));
  storm.engine.set_guard(true);
  forget_violations();
  AudioThread audio(storm, 2);
  {
    std::vector<std::thread> others;
    others.emplace_back([&] { swap_programs(storm, 3); });
    others.emplace_back([&] { set_parameters(storm, 4); });
    std::thread player([&] { audio.run(callbacks); });
    player.join();
    storm.over = true;
    for (std::thread& other : others) other.join();
  }
  const Told& told = audio.told;
  const EngineCounters& counters = storm.engine.counters();
  MESSAGE(told.callbacks << " callbacks, " << told.frames << " frames, " << counters.swaps_begun.load() << " swaps of "
                         << storm.swaps.load() << " asked for, " << storm.captures.load() << " states saved, "
                         << storm.restores.load() << " loaded, " << storm.sets.load() << " parameters set, "
                         << told.notes << " notes; page faults " << told.faults.minor << " minor, " << told.faults.major
                         << " major; the longest callback took " << told.longest_us << " us");
  CHECK(storm.problem == "");
  INFO(violations_text());
  CHECK(violation_count() == 0);
  CHECK(told.beyond_ceiling == 0);
  CHECK(counters.swaps_begun.load() > 0);
  // A swap throws away a state that is being gathered: with few callbacks it may be all of them.
  if (callbacks >= 100'000) CHECK(storm.captures.load() > 0);
}
