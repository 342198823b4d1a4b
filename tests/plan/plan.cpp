// The plan: what is fused, what is a recurrence, what crosses memory.
#include <doctest/doctest.h>

#include <algorithm>

#include "sinter/ir/builder.hpp"
#include "sinter/passes/passes.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;

namespace {

Compiled compiled(const Graph& graph) {
  Result<Compiled> result = compile_patch(graph);
  if (!result) FAIL(format(result.error()));
  return std::move(*result);
}

// What a backend of this width gets, whether this build has one or not.
Plan planned(const Graph& graph, const PlanOptions& options) {
  Result<Ir> ir = lower(graph, {.library = &standard_nodes()});
  if (!ir) FAIL(format(ir.error()));
  Result<Plan> plan = make_plan(run_passes(std::move(*ir), {.strict = options.strict}), options);
  if (!plan) FAIL(format(plan.error()));
  return std::move(*plan);
}

size_t count(const Plan& plan, StepKind kind) {
  return static_cast<size_t>(
      std::count_if(plan.steps.begin(), plan.steps.end(), [&](const Step& step) { return step.kind == kind; }));
}

Ir empty_ir(uint32_t channels = 1) {
  Ir ir;
  ir.inputs.push_back({"in", channels});
  ir.outputs.push_back({"out", channels});
  return ir;
}

}  // namespace

TEST_CASE("a chain of PureMath nodes is one loop that writes nothing but the output") {
  Graph graph;
  graph.input("in", 2).expr("a", "tanh(in * 2)").expr("b", "a * 0.5 + in").expr("c", "sin(b) - a");
  graph.node("d", "softclip", {{"in", "c"}});
  graph.output("out", "abs(d)");
  const Compiled made = compiled(graph);
  REQUIRE(made.plan.steps.size() == 1);
  CHECK(made.plan.steps[0].kind == StepKind::time_parallel);
  CHECK(made.plan.layout.buffer_bytes == 0);
  REQUIRE(made.plan.steps[0].stores.size() == 1);
  CHECK(made.plan.steps[0].stores[0].kind == Store::output);
  CHECK(made.plan.unlimited_frames);
}

TEST_CASE(
    "two filters in series and the maths around them are one loop, which solves both as one and writes only the "
    "output") {
  Graph graph;
  graph.input("in").expr("pre", "tanh(in)").node("a", "lowpass", {{"in", "pre"}, {"freq", "300"}});
  graph.node("b", "highpass", {{"in", "a"}, {"freq", "100"}});
  graph.output("out", "tanh(b)");
  for (const uint32_t width : {4u, 8u, 16u}) {
    CAPTURE(width);
    const Plan plan = planned(graph, {.width = width});
    REQUIRE(plan.steps.size() == 1);
    const Step& loop = plan.steps[0];
    CHECK(loop.kind == StepKind::time_parallel);
    CHECK(loop.reasons.empty());
    REQUIRE(loop.stores.size() == 1);
    CHECK(loop.stores[0].kind == Store::output);
    CHECK(plan.layout.buffer_bytes == 0);
    REQUIRE(loop.recurrences.size() == 1);
    REQUIRE(plan.tables.size() == 1);
    CHECK(loop.recurrences[0].solution == Solution::constant);
    CHECK(loop.recurrences[0].table == 0);
    CHECK(plan.tables[0].states() == 4);
    CHECK(plan.tables[0].width == width);
    CHECK(plan.tables[0].moved_by == 0);
  }
}

TEST_CASE("one sample at a time, two filters in series are one serial loop, the maths around them one loop each") {
  Graph graph;
  graph.input("in").expr("pre", "tanh(in)").node("a", "lowpass", {{"in", "pre"}, {"freq", "300"}});
  graph.node("b", "highpass", {{"in", "a"}, {"freq", "100"}});
  graph.output("out", "tanh(b)");
  for (const PlanOptions& options : {PlanOptions{}, PlanOptions{.width = 16, .strict = true}}) {
    CAPTURE(options.width);
    const Plan plan = planned(graph, options);
    REQUIRE(plan.steps.size() == 3);
    CHECK(plan.steps[0].kind == StepKind::time_parallel);
    CHECK(plan.steps[1].kind == StepKind::serial);
    CHECK(plan.steps[2].kind == StepKind::time_parallel);
    CHECK(plan.tables.empty());
    REQUIRE(plan.steps[1].reasons.size() == 2);
    for (const SerialReason& reason : plan.steps[1].reasons)
      CHECK(reason.why == (options.width ? Obstacle::strict : Obstacle::interpreter));
    for (const Step& step : plan.steps) CHECK(step.recurrences.empty());
  }
}

TEST_CASE("the strategy serial keeps a node, or all that is inside of a composite, out of vector loops") {
  Graph graph;
  graph.input("in").expr("a", "tanh(in)").expr("b", "a * 0.5 + 1");
  graph.output("out", "b");
  CHECK(count(compiled(graph).plan, StepKind::serial) == 0);
  graph.nodes[0].strategy = "serial";
  const Compiled made = compiled(graph);
  REQUIRE(count(made.plan, StepKind::serial) == 1);
  CHECK(made.plan.steps[0].kind == StepKind::serial);
  CHECK(made.plan.steps.back().kind == StepKind::time_parallel);
}

TEST_CASE("a buffer is used again once its last reader has run") {
  Graph graph;
  graph.input("in");
  std::string last = "in";
  for (int n = 0; n < 6; ++n) {
    const std::string id = "n" + std::to_string(n);
    graph.expr(id + "s", "tanh(" + last + ")");
    graph.node(id, "onepole", {{"in", id + "s"}, {"freq", "500"}});
    last = id;
  }
  graph.output("out", last);
  const Plan plan = planned(graph, {});
  // Eleven values cross from loop to loop; two or three rows are enough for all of them.
  REQUIRE(plan.steps.size() >= 12);
  CHECK(plan.layout.buffer_bytes > 0);
  CHECK(plan.layout.buffer_bytes <= 3 * row_bytes(1));
  CHECK(planned(graph, {.width = 16}).layout.buffer_bytes == 0);
}

TEST_CASE("channels are lanes of one body: the plan of a thousand instances has the size of one") {
  const auto plan_of = [](uint32_t lanes) {
    Ir ir = empty_ir();
    Builder build(ir);
    const Signal coefficient = build.coefficient(build.op(Op::to_f64, build.lane(lanes)) / 2000.0);
    const Signal state = build.state("z", Type::f32, lanes);
    const Signal next = state + coefficient * (build.input(0) - state);
    build.next(state, next);
    build.output(0, build.sum(next));
    Result<Compiled> made = compile(std::move(ir), {});
    REQUIRE(made);
    size_t insts = 0;
    for (const Step& step : made->plan.steps) insts += step.body.size();
    return insts;
  };
  CHECK(plan_of(1000) == plan_of(100));
}

TEST_CASE("a delay promised to be a chunk or longer does not make its cycle serial") {
  const auto serial_ops = [](uint32_t minimum) {
    Ir ir = empty_ir();
    Builder build(ir);
    const uint32_t line = build.line("l", 1, 1000);
    const Signal echo = build.tap(line, build.op(Op::to_int, build.input(0)), minimum);
    Signal wet = build.input(0) + echo * 0.5;
    for (int n = 0; n < 10; ++n) wet = wet * 0.9 + 0.01;
    build.push(line, wet);
    build.output(0, wet);
    Result<Compiled> made = compile(std::move(ir), {});
    REQUIRE(made);
    size_t ops = 0;
    for (const Step& step : made->plan.steps)
      if (step.kind == StepKind::serial) ops += step.body.size();
    return ops;
  };
  CHECK(serial_ops(1) > 20);
  CHECK(serial_ops(64) == 2);  // the tap and the push
}

TEST_CASE("a cycle through an External node with less than 64 frames of delay is an error that says so") {
  class Wire final : public ExternalType {
   public:
    std::string_view name() const override { return "wire"; }
    uint64_t fingerprint() const override { return 1; }
    uint32_t latency_frames() const override { return 0; }
    uint64_t tail_frames(double) const override { return 0; }
    bool exact_under_partition() const override { return true; }
    uint64_t memory_bytes(double) const override { return 0; }
    std::unique_ptr<External> prepare(double) const override {
      class Instance final : public External {
        void process(const ExternalBlock& block) noexcept override {
          std::copy_n(block.inputs[0], block.frames, block.outputs[0]);
        }
        void reset() noexcept override {}
      };
      return std::make_unique<Instance>();
    }
  };
  for (const uint32_t minimum : {1u, 64u}) {
    Ir ir = empty_ir();
    Builder build(ir);
    const uint32_t line = build.line("l", 1, 1000);
    const Signal echo = build.tap(line, build.op(Op::to_int, build.input(0)), minimum);
    const Signal call = build.call({"wire", std::make_shared<Wire>(), {1}, {1}}, {build.input(0) + echo * 0.5});
    const Signal out = build.call_output(call, 0);
    build.push(line, out);
    build.output(0, out);
    const Result<Plan> plan = make_plan(ir);
    CHECK(static_cast<bool>(plan) == (minimum == 64));
    if (!plan) CHECK(plan.error().code == Errc::external_cycle);
  }
}

TEST_CASE("more than 256 MB of delay lines is an error before anything is allocated") {
  Ir ir = empty_ir();
  Builder build(ir);
  const uint32_t line = build.line("l", 64, 1'440'000);
  const Signal pushed = build.push(line, build.input(0));
  build.output(0, build.sum(build.tap(line, build.integer(5), 0, pushed)));
  const Result<Plan> plan = make_plan(ir);
  REQUIRE(!plan);
  CHECK(plan.error().code == Errc::limit_memory);
}
