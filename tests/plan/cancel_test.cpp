// Compiling in parts: stopped in the middle, and lowered once for several tiers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>

#include "sinter/interpret/interpret.hpp"
#include "sinter/passes/passes.hpp"
#include "sinter/plan/plan.hpp"
#include "sinter/sinter.hpp"
#include "support.hpp"

using namespace sinter;

namespace {

// Formulas of 25 ops in a row, of which the first simplifies; every fourth one is a recurrence where `loops` says so.
Graph large_patch(uint32_t ops, bool loops) {
  Graph graph;
  graph.input("in");
  std::string last = "in";
  for (uint32_t n = 0; n < ops / 25; ++n) {
    std::string text = n ? last : "(in * 1)";
    for (uint32_t k = 0; k < 25; ++k) {
      char number[24];
      std::snprintf(number, sizeof number, "%.6f", 0.1 + 0.000001 * (n * 25 + k));
      text = "(" + text + (k % 2 ? " * " : " + ") + number + ")";
    }
    if (loops && n % 4 == 0) text += " + prev(n" + std::to_string(n) + ") * 0.5";
    last = "n" + std::to_string(n);
    graph.expr(last, text);
  }
  return graph.output("out", last);
}

// Says stop at the given question, and counts them.
struct Stop {
  explicit Stop(uint64_t at) : after(at) {}
  uint64_t after, asked = 0;
  std::function<bool()> question = [this] { return ++asked > after; };
  /// How often it was asked since the last call.
  uint64_t lap() { return asked - std::exchange(seen, asked); }
  uint64_t seen = 0;
};

std::vector<const Backend*> runnable() {
  std::vector<const Backend*> list;
  for (const Backend* backend : backends())
    if (backend->available()) list.push_back(backend);
  return list;
}

}  // namespace

TEST_CASE("a compile of 100,000 ops is cancelled wherever it is, on every backend") {
  const auto ops = static_cast<uint32_t>(std::clamp<uint64_t>(test::scaled(100'000), 10'000, 100'000));
  for (const bool loops : {false, true}) {
    const Graph graph = large_patch(ops, loops);
    for (const Backend* backend : runnable()) {
      CAPTURE(backend->name());
      Stop never(UINT64_MAX);
      REQUIRE(compile_patch(graph, {.backend = backend, .cancelled = &never.question}));
      // While lowering once per node, in the passes and the plan between their parts.
      CHECK(never.asked > ops / 25);
      for (const uint64_t part : {0, 1, 50, 90, 95, 98, 99}) {
        Stop stop(never.asked * part / 100);
        const Result<Compiled> made = compile_patch(graph, {.backend = backend, .cancelled = &stop.question});
        REQUIRE(!made);
        CHECK(made.error().code == Errc::cancelled);
        CHECK(made.errors().size() == 1);
        // It stops at once and does not go on asking.
        CHECK(stop.asked <= stop.after + 8);
      }
    }
  }
}

TEST_CASE("a pass and an executor's decoding ask at least once in 2,048 values, in one formula as in many loops") {
  constexpr uint64_t kSeldom = 2'048;
  for (const bool loops : {false, true}) {
    CAPTURE(loops);
    const Result<Ir> ir = lower(large_patch(100'000, loops), {.library = &standard_nodes()});
    REQUIRE(ir);
    Stop count(UINT64_MAX);
    const PassContext context{.fuse_mul_add = true, .cancelled = &count.question};
    Ir changed = *ir;
    for (const Pass& pass : pipeline()) {
      CAPTURE(pass.name);
      const uint64_t values = changed.size();
      // Where it finds its first work at once or leaves everything as it is, one sweep over the Ir is all it does.
      const bool did = pass.run(changed, context);
      const uint64_t asked = count.lap();
      if (did) CHECK(asked >= values / kSeldom);
    }
    const Result<Plan> plan = make_plan(changed);
    REQUIRE(plan);
    REQUIRE(changed.size() > 50'000);
    const uint64_t wanted = changed.size() / kSeldom;
    count.lap();
    CHECK(make_reference(changed, *plan, &count.question));
    CHECK(count.lap() >= wanted);
    CHECK(make_block_interpreter(changed, *plan, &count.question));
    CHECK(count.lap() >= wanted);
    CHECK(make_control(changed, *plan, &count.question));
    CHECK(count.lap() >= 1 + plan->controls.size() / kSeldom);
    for (const uint64_t at : {uint64_t{0}, wanted / 4, wanted / 2}) {
      Stop stop(at), too(at), three(0);
      CHECK(make_reference(changed, *plan, &stop.question) == nullptr);
      CHECK(make_block_interpreter(changed, *plan, &too.question) == nullptr);
      CHECK(make_control(changed, *plan, &three.question) == nullptr);
      CHECK(stop.asked == at + 1);
      CHECK(too.asked == at + 1);
    }
  }
}

TEST_CASE("every question of a compile can be the one that stops it") {
  const Graph graph = large_patch(500, true);
  for (const Backend* backend : runnable()) {
    CAPTURE(backend->name());
    Stop never(UINT64_MAX);
    REQUIRE(compile_patch(graph, {.backend = backend, .cancelled = &never.question}));
    for (uint64_t at = 0; at < never.asked; ++at) {
      Stop stop(at);
      const Result<Compiled> made = compile_patch(graph, {.backend = backend, .cancelled = &stop.question});
      REQUIRE(!made);
      REQUIRE(made.error().code == Errc::cancelled);
    }
    Stop late(never.asked);
    CHECK(compile_patch(graph, {.backend = backend, .cancelled = &late.question}));
  }
}

TEST_CASE("a patch lowered once becomes programs of every tier with the same cones") {
  const Graph graph = large_patch(500, true);
  const Result<Ir> ir = lower(graph, {.library = &standard_nodes()});
  REQUIRE(ir);
  for (const bool strict : {false, true}) {
    // T0: the interpreter, on Ir without fused multiply-adds, which stays for other backends that do not fuse.
    const Result<Compiled> quick = compile(*ir, {.strict = strict, .backend = find_backend("interpreter")});
    REQUIRE(quick);
    for (const Inst& inst : quick->ir.insts) REQUIRE(inst.op != Op::fma);
    for (const Backend* backend : runnable()) {
      CAPTURE(backend->name());
      const CompileOptions options{.strict = strict, .backend = backend};
      const bool fuses = !strict && backend->fuses_mul_add();
      // T1: machine code, which fuses in fast mode.
      const Result<Compiled> code = fuses ? compile(*ir, options) : generate(quick->ir, options);
      REQUIRE(code);
      CHECK(code->program->executor->name() == backend->name());
      const bool fused = std::any_of(code->ir.insts.begin(), code->ir.insts.end(),
                                     [](const Inst& inst) { return inst.op == Op::fma; });
      CHECK(fused == fuses);
      CHECK(code->plan.layout.outputs[0].cone == quick->plan.layout.outputs[0].cone);
      CHECK(code->plan.layout.state_bytes == quick->plan.layout.state_bytes);
    }
  }
}
