// Running programs on guarded rows.
#include "run.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "guarded.hpp"

namespace sinter::test {

Scenario make_scenario(Random& random, const Layout& layout, uint32_t frames, bool specials) {
  Scenario scenario;
  scenario.frames = frames;
  for (uint32_t c = 0; c < layout.input_channels; ++c) {
    std::vector<float> row(frames);
    const double tone = random.uniform(0.001, 0.2), level = random.uniform(0.1, 1.0);
    const uint32_t kind = random.below(4);
    for (uint32_t f = 0; f < frames; ++f) {
      double x = level * std::sin(6.283185307 * tone * f);
      if (kind == 1) x = random.uniform(-level, level);
      if (kind == 2) x = f == 3 ? 1 : 0;
      if (kind == 3 && f % 97 > 48) x = 0;
      row[f] = static_cast<float>(x);
    }
    if (specials) {
      constexpr float kSpecial[] = {std::numeric_limits<float>::infinity(),
                                    -std::numeric_limits<float>::infinity(),
                                    std::numeric_limits<float>::quiet_NaN(),
                                    1e-40f,
                                    -0.0f,
                                    3.4028235e38f};
      for (uint32_t n = 0; n < 4; ++n) row[random.below(frames)] = kSpecial[random.below(6)];
    }
    scenario.inputs.push_back(std::move(row));
  }
  if (!layout.params.empty())
    for (uint32_t n = random.below(4); n-- > 0;) {
      const uint32_t p = random.below(static_cast<uint32_t>(layout.params.size()));
      scenario.turns.push_back(
          {random.below(frames), p, random.uniform(layout.params[p].minimum, layout.params[p].maximum)});
    }
  std::stable_sort(scenario.turns.begin(), scenario.turns.end(),
                   [](const Turn& a, const Turn& b) { return a.frame < b.frame; });
  return scenario;
}

std::string Partition::text() const {
  return (seed    ? "random blocks up to "
          : block ? "blocks of "
                  : "one block") +
         (block ? std::to_string(block) : "") + (empties ? " with empty calls" : "") + (in_place ? " in place" : "");
}

std::vector<std::vector<float>> run(const std::shared_ptr<const Program>& program, const Scenario& scenario,
                                    const Partition& partition) {
  const Layout& layout = program->layout;
  std::vector<std::vector<float>> result(layout.output_channels, std::vector<float>(scenario.frames));
  Engine engine;
  engine.prepare(program);
  size_t turn = 0;
  Random lengths(partition.seed);
  const uint32_t longest = partition.block ? partition.block : scenario.frames;
  // Rows of exactly the block's length, ending at a guard page; odd blocks are then unaligned too.
  std::vector<std::unique_ptr<GuardedRow>> in_rows, out_rows;
  for (uint32_t c = 0; c < layout.input_channels; ++c) in_rows.push_back(std::make_unique<GuardedRow>(longest, true));
  for (uint32_t c = 0; c < layout.output_channels; ++c) out_rows.push_back(std::make_unique<GuardedRow>(longest, true));
  for (uint32_t at = 0; at < scenario.frames;) {
    while (turn < scenario.turns.size() && scenario.turns[turn].frame <= at) {
      engine.set_parameter(scenario.turns[turn].param, scenario.turns[turn].value);
      ++turn;
    }
    const uint32_t wanted = partition.seed ? 1 + lengths.below(longest) : longest;
    uint32_t frames = std::min(wanted, scenario.frames - at);
    if (turn < scenario.turns.size()) frames = std::min(frames, scenario.turns[turn].frame - at);
    const uint32_t skip = longest - frames;  // so that the block ends at the guard page
    std::vector<const float*> inputs;
    std::vector<float*> outputs;
    for (uint32_t c = 0; c < layout.input_channels; ++c) {
      float* row = in_rows[c]->data() + skip;
      std::memcpy(row, scenario.inputs[c].data() + at, frames * sizeof(float));
      inputs.push_back(row);
    }
    for (uint32_t c = 0; c < layout.output_channels; ++c)
      outputs.push_back(partition.in_place && c < inputs.size() ? in_rows[c]->data() + skip
                                                                : out_rows[c]->data() + skip);
    if (partition.empties) engine.process(inputs, outputs, 0);
    engine.process(inputs, outputs, frames);
    for (uint32_t c = 0; c < layout.output_channels; ++c)
      std::memcpy(result[c].data() + at, outputs[c], frames * sizeof(float));
    at += frames;
  }
  return result;
}

}  // namespace sinter::test
