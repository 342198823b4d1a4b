// The cost model against what loops were measured to take, for the kinds of loop where more counts than their ops.
#include "cost.hpp"

#include <doctest/doctest.h>

#include "sinter/ir/builder.hpp"

using namespace sinter;

namespace {

constexpr uint32_t kWidth = 16, kChunk = 64;

// `ops` additions of `lanes` lanes, with or without a probe of the last.
double predicted(uint32_t lanes, uint32_t ops, bool probe) {
  Ir ir;
  Builder b(ir);
  ir.inputs.push_back({"in", 1});
  Signal x = b.relane(b.input(0), {.stride = 0}, lanes);
  Step step{.kind = StepKind::time_parallel, .lanes = lanes};
  for (uint32_t i = 0; i < ops; ++i) {
    x = x + (i + 1.0);
    step.body.push_back(x.value);
  }
  if (probe) {
    b.probe("level", x);
    step.body.push_back(ir.roots.back());
  } else {
    step.stores.push_back({.value = x.value});
  }
  return planning::step_cycles(ir, step, kWidth, kChunk);
}

// One pole in each lane, alone or not.
double one_pole(uint32_t lanes, bool by_knob) {
  Ir ir;
  Builder b(ir);
  ir.inputs.push_back({"in", lanes});
  ir.params.push_back({.id = "a", .initial = 0.5});
  const Signal in = b.input(0), z = b.state("z", Type::f32, lanes);
  const Signal a = by_knob ? b.coefficient(b.param(0)) : b.enter(b.constant(0.5));
  const Signal y = z * a + in;
  b.next(z, y);
  ir.outputs.push_back({"out", lanes});
  b.output(0, y);
  const Result<Plan> plan = make_plan(ir, {.width = kWidth});
  REQUIRE(plan);
  REQUIRE(plan->steps.size() == 1);
  REQUIRE(plan->steps[0].recurrences.size() == 1);
  return plan->steps[0].cycles;
}

}  // namespace

TEST_CASE("a wide short loop pays for each lane that it enters, and for each probe that it adds up") {
  const struct {
    uint32_t lanes, ops;
    bool probe;
    double measured;  // cycles per frame, AVX-512
  } loops[] = {
      {1, 1, false, 0.30}, {2, 1, false, 0.36}, {48, 1, false, 10.1}, {48, 3, false, 16.2}, {24, 1, true, 24.4}};
  for (const auto& loop : loops) {
    CAPTURE(loop.lanes);
    CAPTURE(loop.ops);
    const double cycles = predicted(loop.lanes, loop.ops, loop.probe);
    CHECK(cycles < 2 * loop.measured);
    CHECK(cycles > loop.measured / 2);
  }
}

TEST_CASE("what is predicted of a step is for knobs at rest, and one lane alone waits for itself") {
  CHECK(one_pole(2, true) == doctest::Approx(one_pole(2, false)));
  CHECK(2 * one_pole(1, false) > 1.05 * one_pole(2, false));
}

TEST_CASE("interpreters have no prediction") {
  Ir ir;
  Builder b(ir);
  ir.inputs.push_back({"in", 1});
  ir.outputs.push_back({"out", 1});
  b.output(0, b.input(0) * 0.5);
  const Result<Plan> plan = make_plan(ir);
  REQUIRE(plan);
  for (const Step& step : plan->steps) CHECK(step.cycles == 0);
}
