// The runner: plan, controls and executor made here, so that no room above the interpreter is needed.
#include "run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "block.hpp"
#include "sinter/interpret/interpret.hpp"
#include "sinter/plan/plan.hpp"
#include "support.hpp"

namespace sinter::test {
namespace {

std::vector<const interpret::RowSet*> sets() {
  const interpret::RowSet* found[interpret::kMaxRowSets];
  const uint32_t count = interpret::available_row_sets(found, interpret::kMaxRowSets);
  return {found, found + count};
}

bool same_sample(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

}  // namespace

std::vector<std::string> executors(const Ir& ir) {
  std::vector<std::string> names = {"reference"};
  if (ir.real == Type::f32)
    for (const interpret::RowSet* set : sets()) names.push_back(std::string("interpreter ") + set->name);
  return names;
}

std::shared_ptr<const Program> make_program(const Ir& ir, const std::string& executor) {
  Result<Plan> plan = make_plan(ir);
  REQUIRE_MESSAGE(plan, (plan ? std::string() : format(plan.error())));
  auto program = std::make_shared<Program>();
  program->layout = plan->layout;
  program->row_sources = plan->row_sources;
  program->reads_input_late = plan->reads_input_late;
  program->control = make_control(ir, *plan);
  if (executor == "reference") program->executor = make_reference(ir, *plan);
  for (const interpret::RowSet* set : sets())
    if (executor == std::string("interpreter ") + set->name)
      program->executor = interpret::make_block_interpreter(ir, *plan, *set);
  REQUIRE(program->executor);
  return program;
}

const std::vector<Partition>& partitions() {
  static const std::vector<Partition> all = {{0}, {64}, {1}, {7}, {31, 0, 2, 97}, {63, 65}};
  return all;
}

Channels run(Engine& engine, const Channels& inputs, uint32_t frames, const Partition& partition,
             const std::function<void(uint64_t)>& before) {
  Channels outputs(engine.program()->layout.output_channels, std::vector<float>(frames));
  std::vector<const float*> in(inputs.size());
  std::vector<float*> out(outputs.size());
  for (uint32_t done = 0, turn = 0; done < frames; ++turn) {
    const uint32_t wanted = partition == Partition{0} ? frames : partition[turn % partition.size()];
    const uint32_t count = std::min(wanted, frames - done);
    for (size_t c = 0; c < in.size(); ++c) in[c] = inputs[c].data() + done;
    for (size_t c = 0; c < out.size(); ++c) out[c] = outputs[c].data() + done;
    if (before) before(done);
    engine.process(in, out, count);
    done += count;
  }
  return outputs;
}

void check_everywhere(const std::function<void(Builder&)>& build, const Channels& inputs, uint32_t frames,
                      const Channels& expected) {
  Ir ir;
  Builder builder(ir);
  build(builder);
  for (const std::string& executor : executors(ir)) {
    for (const Partition& partition : partitions()) {
      Engine engine;
      engine.prepare(make_program(ir, executor));
      const Channels got = run(engine, inputs, frames, partition);
      REQUIRE(got.size() == expected.size());
      ran_on(executor);
      for (size_t c = 0; c < got.size(); ++c)
        for (uint32_t i = 0; i < frames; ++i) {
          if (same_sample(got[c][i], expected[c][i])) continue;
          FAIL_CHECK(executor << ", blocks of " << partition[0] << ": channel " << c << ", frame " << i << " is "
                              << got[c][i] << ", not " << expected[c][i]);
          return;
        }
    }
  }
}

uint32_t add_input(Builder& b, uint32_t channels) {
  b.ir().inputs.push_back({"in" + std::to_string(b.ir().inputs.size()), channels});
  return static_cast<uint32_t>(b.ir().inputs.size() - 1);
}

uint32_t add_output(Builder& b, uint32_t channels) {
  b.ir().outputs.push_back({"out" + std::to_string(b.ir().outputs.size()), channels});
  return static_cast<uint32_t>(b.ir().outputs.size() - 1);
}

std::vector<float> noise(uint32_t frames, uint64_t seed) {
  Random random(seed);
  std::vector<float> samples;
  for (uint32_t i = 0; i < frames; ++i) samples.push_back(static_cast<float>(random.uniform(-1, 1)));
  return samples;
}

}  // namespace sinter::test
