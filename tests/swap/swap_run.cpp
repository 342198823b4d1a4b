// Plays and swaps, cutting blocks where something is asked for.
#include "swap_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sinter::test {

SwapRun play(const std::shared_ptr<const Program>& first, const Audio& inputs, uint32_t channels,
             const std::vector<Swap>& swaps, const std::vector<uint32_t>& blocks,
             const std::vector<ParameterSet>& sets) {
  Engine engine;
  engine.prepare(first);
  const auto frames = static_cast<uint32_t>(inputs[0].size());
  SwapRun run{Audio(channels, std::vector<float>(frames)), {}};
  std::vector<uint64_t> numbers;
  size_t turn = 0, given = 0, set = 0;
  for (uint32_t at = 0; at < frames; ++turn) {
    for (; given < swaps.size() && swaps[given].at <= at; ++given) {
      const Result<uint64_t> number = engine.swap(swaps[given].next, {.fade_seconds = swaps[given].fade_seconds});
      if (!number) FAIL(format(number.error()));
      numbers.push_back(*number);
    }
    for (; set < sets.size() && sets[set].at <= at; ++set)
      engine.set_parameter(engine.parameter_handle(sets[set].id), sets[set].value);
    uint32_t count = std::min(blocks[turn % blocks.size()], frames - at);
    if (given < swaps.size()) count = std::min(count, swaps[given].at - at);
    if (set < sets.size()) count = std::min(count, sets[set].at - at);
    std::vector<const float*> in;
    std::vector<float*> out;
    for (const std::vector<float>& row : inputs) in.push_back(row.data() + at);
    for (std::vector<float>& row : run.out) out.push_back(row.data() + at);
    engine.process(in, out, count);
    while (run.began.size() < numbers.size() && engine.counters().swaps_begun >= numbers[run.began.size()])
      run.began.push_back(at);
    at += count;
  }
  while (engine.collect() && engine.counters().swaps_done < engine.counters().swaps_begun) {
    engine.process({}, {}, 64);
  }
  return run;
}

Audio tones_and_noise(Random& random, uint32_t channels, uint32_t frames) {
  Audio inputs(channels, std::vector<float>(frames));
  for (std::vector<float>& row : inputs) {
    const double tone = random.uniform(0.001, 0.1), level = random.uniform(0.1, 0.8);
    const bool noise = random.chance(0.3);
    for (uint32_t f = 0; f < frames; ++f)
      row[f] =
          static_cast<float>(noise ? random.uniform(-level, level) : level * std::sin(2 * std::numbers::pi * tone * f));
  }
  return inputs;
}

double largest_step(const std::vector<float>& row, uint32_t from, uint32_t to) {
  double largest = 0;
  for (uint32_t f = std::max(from, 1u); f < std::min<uint32_t>(to, static_cast<uint32_t>(row.size())); ++f)
    largest = std::max(largest, std::abs(static_cast<double>(row[f]) - row[f - 1]));
  return largest;
}

}  // namespace sinter::test
