// Loops through delays that may be short: which are held twice, and what each of the two loops is made of.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "sinter/passes/passes.hpp"
#include "sinter/plan/regions.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;

namespace {

struct Echo {
  const char* in = "tanh(in + echo * 0.5)";
  const char* time = "$time";
  double max = 1, min = 0;
  const char* strategy = "";
  uint32_t channels = 1;
};

Graph patch(const Echo& echo) {
  const auto seconds = [](double value) {
    SettingValue setting;
    setting.kind = SettingKind::number, setting.number = value;
    return setting;
  };
  Graph graph;
  graph.param({.id = "time", .minimum = 0, .maximum = 1, .fallback = 0.3});
  graph.input("in", echo.channels)
      .node("echo", "delay", {{"in", echo.in}, {"time", echo.time}},
            {{"max", seconds(echo.max)}, {"min", seconds(echo.min)}});
  if (*echo.strategy) graph.nodes[0].strategy = echo.strategy;
  return graph.output("out", "echo");
}

struct Planned {
  Ir ir;
  Plan plan;
  const Step* both = nullptr;
};

Planned planned(const Echo& echo, const PlanOptions& options = {.width = 16}) {
  Result<Ir> ir = lower(patch(echo), {.library = &standard_nodes()});
  if (!ir) FAIL(format(ir.error()));
  Planned made{.ir = run_passes(std::move(*ir), {.strict = options.strict, .fuse_mul_add = !options.strict})};
  Result<Plan> plan = make_plan(made.ir, options);
  if (!plan) FAIL(format(plan.error()));
  made.plan = std::move(*plan);
  const auto found = std::ranges::find(made.plan.steps, StepKind::either, &Step::kind);
  if (found != made.plan.steps.end()) made.both = &*found;
  return made;
}

// What the steps and their inner steps compute, in the order of the Ir.
std::vector<uint32_t> insts_of(const std::vector<Step>& steps) {
  std::vector<uint32_t> all;
  for (const Step& step : steps) {
    for (Value v : step.body) all.push_back(v.index);
    for (const Step& inner : step.inner)
      for (Value v : inner.body) all.push_back(v.index);
  }
  std::ranges::sort(all);
  return all;
}

}  // namespace

TEST_CASE("a loop through a delay that may be short is held twice, and both loops compute and store the same") {
  for (const bool strict : {true, false})
    for (const std::string time : {"$time", "0.2 * abs(in)", "0.01 + 0.009 * in"}) {
      CAPTURE(time);
      const Planned made = planned({.time = time.c_str()}, {.width = 16, .strict = strict});
      REQUIRE(made.both);
      const Step& both = *made.both;
      CHECK(both.body.empty());
      REQUIRE(both.inner.size() == 1);
      CHECK(both.inner[0].kind == StepKind::time_parallel);
      REQUIRE(both.otherwise.size() == 1);
      CHECK(both.otherwise[0].kind == StepKind::serial);
      CHECK(insts_of(both.inner) == insts_of(both.otherwise));
      CHECK(both.inner[0].stores.size() == both.otherwise[0].stores.size());
      REQUIRE(!both.taps.empty());
      for (Value tap : both.taps) CHECK(made.plan.tied[tap.index]);
      CHECK(made.plan.chunk_frames == 64);
      CHECK(both.cycles > 0);
      CHECK(both.long_share > 0.6);
      CHECK(both.long_share < 1);
    }
}

TEST_CASE("a loop across channels is held twice as well: woven, and in several loops over time") {
  const Planned made = planned({.in = "in + 0.6 * stack(echo[1], echo[0])", .channels = 2});
  REQUIRE(made.both);
  CHECK(made.both->otherwise[0].kind == StepKind::woven);
  CHECK(made.both->inner.size() == 2);
  for (const Step& inner : made.both->inner) CHECK(inner.kind == StepKind::time_parallel);
  CHECK(insts_of(made.both->inner) == insts_of(made.both->otherwise));
}

TEST_CASE("what is left of a loop without its delay is solved, but never in a basis of its own") {
  for (const std::string type : {"onepole", "lowpass"}) {
    CAPTURE(type);
    Graph graph = patch({.in = "in + 0.5 * damp"});
    graph.node("damp", type, {{"in", "echo"}, {"freq", "2000"}});
    Result<Ir> ir = lower(graph, {.library = &standard_nodes()});
    REQUIRE(ir);
    const Ir fused = run_passes(std::move(*ir), {.fuse_mul_add = true});
    const Result<Plan> plan = make_plan(fused, {.width = 16});
    REQUIRE(plan);
    const auto both = std::ranges::find(plan->steps, StepKind::either, &Step::kind);
    REQUIRE(both != plan->steps.end());
    size_t solved = 0;
    for (const Step& inner : both->inner)
      for (const Recurrence& recurrence : inner.recurrences) {
        ++solved;
        CHECK((recurrence.solution != Solution::constant || recurrence.nexts.size() != 2));
        if (recurrence.solution == Solution::constant) CHECK(recurrence.table < plan->tables.size());
      }
    CHECK(solved == 1);
  }
}

TEST_CASE("a loop is not held twice where it need not, cannot, or is asked not to be") {
  const struct {
    std::string why;
    Echo echo;
    PlanOptions options = {.width = 16};
  } cases[] = {
      {"its delay is promised to be long", {.min = 0.01}},
      {"its delay is proven to be long", {.time = "max($time, 0.01)"}},
      {"its delay is never a call long", {.time = "0.0001 * in", .max = 0.0002}},
      {"it decides its own delay", {.time = "0.1 * abs(prev(echo))"}},
      {"the patch asks for one sample at a time", {.strategy = "serial"}},
      {"the interpreter has no vectors over time", {}, {.width = 0}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.why);
    CHECK(!planned(each.echo, each.options).both);
  }
}

TEST_CASE("calls get shorter for a loop whose delay is never long enough for whole ones, but may be for parts") {
  const Planned made = planned({.time = "0.0005 * abs(in)", .max = 0.0009});
  REQUIRE(made.both);
  CHECK(made.plan.chunk_frames < 64);
}

TEST_CASE("a loop whose delay is proven to be long enough for a shorter call needs no second one") {
  // 40 to 80 samples: whole calls would find it too short half of the time.
  const Planned made = planned({.time = "(40.5 + 39 * $time) / 48000"});
  CHECK(!made.both);
  CHECK(made.plan.chunk_frames == 32);
  CHECK(std::ranges::none_of(made.plan.steps, [](const Step& step) { return step.kind == StepKind::serial; }));
}

TEST_CASE("the region of a loop that is held twice names the delay that may be short") {
  const Planned made = planned({});
  const std::vector<Region> found = regions(made.ir, made.plan);
  REQUIRE(found.size() == 1);
  CHECK(made.plan.steps[found[0].step].kind == StepKind::either);
  CHECK(found[0].why == Obstacle::short_delay);
  CHECK(made.ir[found[0].culprit].op == Op::tap);
  CHECK(found[0].shortest_delay == 1);
}
