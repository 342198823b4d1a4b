// The rig compares bits, so that a wrong lane or a stale register cannot hide behind a tolerance.
#include "rig.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdio>

#include "sinter/interpret/interpret.hpp"
#include "support.hpp"

namespace sinter::test {

std::vector<const Backend*> jit_here() {
  std::vector<const Backend*> here;
  for (const Backend* backend : jit_backends()) {
    if (backend->available()) here.push_back(backend);
    else skipped(std::string("machine code tests on ") + std::string(backend->name()), "this machine does not run it");
  }
  return here;
}

std::shared_ptr<const Program> make_program(const Ir& ir, const Backend* backend, const PlanOptions& options) {
  for (const Error& error : verify(ir)) FAIL(error.message);
  Result<Plan> plan = make_plan(ir, options);
  REQUIRE_MESSAGE(plan, plan.error().message);
  auto program = std::make_shared<Program>();
  if (backend) {
    Result<Code> code = backend->compile(ir, *plan, false);
    REQUIRE_MESSAGE(code, code.error().message);
    program->executor = std::move(code->executor);
  } else {
    program->executor = make_reference(ir, *plan);
  }
  program->control = make_control(ir, *plan);
  program->layout = plan->layout;
  program->row_sources = plan->row_sources;
  program->reads_input_late = plan->reads_input_late;
  return program;
}

Rows render(const std::shared_ptr<const Program>& program, const Rows& inputs, uint32_t frames, uint32_t block,
            const std::vector<Turn>& turns) {
  Engine engine;
  engine.prepare(program);
  Rows outputs(program->layout.output_channels, std::vector<float>(frames, 12345.0f));
  size_t turn = 0;
  for (uint32_t at = 0; at < frames;) {
    for (; turn < turns.size() && turns[turn].frame <= at; ++turn)
      engine.set_parameter(turns[turn].param, turns[turn].value);
    uint32_t now = std::min(block ? block : frames, frames - at);
    if (turn < turns.size()) now = std::min(now, turns[turn].frame - at);
    std::vector<const float*> from(program->layout.input_channels, nullptr);
    std::vector<float*> to;
    for (size_t c = 0; c < from.size() && c < inputs.size(); ++c) from[c] = inputs[c].data() + at;
    for (std::vector<float>& row : outputs) to.push_back(row.data() + at);
    engine.process(from, to, now);
    at += now;
  }
  return outputs;
}

Signal add_input(Builder& build, uint32_t channels) {
  build.ir().inputs.push_back({"in" + std::to_string(build.ir().inputs.size()), channels});
  return build.input(static_cast<uint32_t>(build.ir().inputs.size() - 1));
}

void add_outputs(Builder& build, const std::vector<Signal>& signals) {
  for (const Signal& signal : signals) {
    const uint32_t index = static_cast<uint32_t>(build.ir().outputs.size());
    build.ir().outputs.push_back({"out" + std::to_string(index), signal.lanes()});
    build.output(index, signal);
  }
}

Rows check_against_reference(const Draw& draw, const Rows& inputs, uint32_t frames, const std::vector<Turn>& turns) {
  Ir ir;
  Builder build(ir);
  draw(build);
  const Rows expected = render(make_program(ir, nullptr), inputs, frames, 0, turns);
  for (const Backend* backend : jit_here()) {
    for (const uint32_t width : {0u, backend->width()}) {
      const std::shared_ptr<const Program> program = make_program(ir, backend, {.width = width, .strict = true});
      for (uint32_t block : {0u, 1u, 7u, 61u, 64u, 200u}) {
        CAPTURE(backend->name());
        CAPTURE(width);
        CAPTURE(block);
        CHECK_EQ(difference(render(program, inputs, frames, block, turns), expected), "");
        ran_on(backend->name());
      }
    }
  }
  return expected;
}

Rows noise(uint32_t channels, uint32_t frames, uint64_t seed) {
  Random random(seed);
  Rows rows(channels, std::vector<float>(frames));
  for (std::vector<float>& row : rows)
    for (float& sample : row) sample = static_cast<float>(random.uniform(-1, 1));
  return rows;
}

}  // namespace sinter::test
