// One engine, its audio thread, its control thread, and two threads that turn knobs and read meters.
#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "sinter/sinter.hpp"
#include "storm.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kLongest = 256;
constexpr uint64_t kCallbacksPerSwap = 20;  // the audio thread waits for the others, between callbacks

void play(Storm& storm, uint64_t seed, uint64_t callbacks) {
  Random random(seed);
  std::vector<float> left(kLongest, 0.1f), right(kLongest, -0.1f);
  std::vector<Event> events;
  events.reserve(512);
  for (uint64_t n = 0; n < callbacks; ++n) {
    while (storm.swaps.load() < n / kCallbacksPerSwap && !storm.over.load()) std::this_thread::yield();
    const uint32_t frames = random.below(kLongest + 1);
    random_events(random, frames, events);
    const float* inputs[] = {left.data(), right.data()};
    float* outputs[] = {left.data(), right.data()};
    if (random.chance(0.05)) storm.engine.set_transport(random_transport(random));
    if (random.chance(0.002)) storm.engine.reset();
    storm.engine.process(inputs, outputs, frames, events);
  }
}

void look(const Storm& storm) {
  double sum = 0;
  uint32_t handle = 0;
  while (!storm.over.load()) {
    const EngineCounters& counters = storm.engine.counters();
    sum += static_cast<double>(counters.cells.load() + counters.moved_events.load() + counters.swaps_done.load());
    sum += storm.engine.parameter(handle++ % 100) + static_cast<double>(storm.engine.frame());
    sum += storm.engine.guard_muted() ? 1 : 0;
    std::this_thread::yield();
  }
  CHECK(sum == sum);
}

}  // namespace

TEST_CASE("an engine is played, swapped, saved, loaded, turned and looked at by five threads") {
  Storm storm;
  Random random(11);
  storm.engine.prepare(random_program(random, {}));
  storm.engine.set_guard(true);
  std::vector<std::thread> others;
  others.emplace_back([&] { swap_programs(storm, 12); });
  others.emplace_back([&] { set_parameters(storm, 13); });
  others.emplace_back([&] { set_parameters(storm, 14); });
  others.emplace_back([&] { look(storm); });
  std::thread player([&] { play(storm, 15, scaled(20'000)); });
  player.join();
  storm.over = true;
  for (std::thread& other : others) other.join();
  CHECK(storm.problem == "");
  MESSAGE(storm.swaps.load() << " swaps, " << storm.captures.load() << " states saved, " << storm.restores.load()
                             << " loaded, " << storm.sets.load() << " parameters set");
}
