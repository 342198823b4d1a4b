// Regions: what the plan did with each recurrence, how far its values are carried, and what stood in the way.
#include "sinter/plan/regions.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "planned.hpp"
#include "random_graph.hpp"
#include "sinter/ir/builder.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

struct Told : Planned {
  std::vector<Region> regions;
};

Told told(const Graph& graph, const PlanOptions& options = {.width = 16}) {
  Told made{planned(graph, options), {}};
  made.regions = regions(made.ir, made.plan);
  return made;
}

Graph formula(const std::string& text, const std::string& strategy = "time_parallel") {
  Graph graph;
  graph.input("in").expr("y", text).output("out", "y");
  graph.nodes[0].strategy = strategy;
  return graph;
}

Graph echo(const std::string& time) {
  Graph graph;
  SettingValue max;
  max.kind = SettingKind::number, max.number = 1;
  graph.param({.id = "time", .minimum = 0.05, .maximum = 1, .fallback = 0.3});
  graph.input("in").node("echo", "delay", {{"in", "tanh(in + echo * 0.5)"}, {"time", time}}, {{"max", max}});
  return graph.output("out", "echo");
}

}  // namespace

TEST_CASE("a recurrence is a region with its states, its solution and a distance of one sample") {
  const Told made = told(formula("in + prev(y) * 0.5"));
  REQUIRE(made.regions.size() == 1);
  const Region& region = made.regions[0];
  REQUIRE(region.solution);
  CHECK(*region.solution == Solution::constant);
  CHECK(region.distance == 1);
  CHECK(region.states.size() == 1);
  CHECK(region.lines.empty());
  CHECK(region.why == Obstacle::none);
  CHECK(region.wish == Wish::time_parallel);
}

TEST_CASE("what is not solved says what stands in the way and who is to blame") {
  const struct {
    Graph graph;
    PlanOptions options;
    Obstacle why;
  } cases[] = {
      {formula("in + prev(y) * 0.5"), {.width = 16, .strict = true}, Obstacle::strict},
      {formula("in + prev(y) * 0.5"), {.width = 0}, Obstacle::interpreter},
      {formula("in + prev(y) * 0.5", "serial"), {.width = 16}, Obstacle::asked},
      {formula("tanh(in + prev(y) * 0.5)"), {.width = 16}, Obstacle::non_linear},
      {echo("in"), {.width = 16}, Obstacle::short_delay},
  };
  for (const auto& one : cases) {
    const Told made = told(one.graph, one.options);
    const auto region =
        std::find_if(made.regions.begin(), made.regions.end(), [](const Region& r) { return r.why != Obstacle::none; });
    REQUIRE(region != made.regions.end());
    CHECK(name(region->why) == name(one.why));
    CHECK(made.plan.steps[region->step].kind ==
          (one.why == Obstacle::short_delay ? StepKind::either : StepKind::serial));
    if (one.why == Obstacle::non_linear)
      CHECK(std::find(region->body.begin(), region->body.end(), region->culprit) != region->body.end());
  }
  CHECK(told(echo("in")).regions[0].shortest_delay == 1);
}

TEST_CASE(
    "a wish is followed wherever it can be, and a scan of a direct form, whose products of matrices grow, is not") {
  const struct {
    const char *type, *in, *strategy;
    uint32_t channels;
    Solution solution;
  } cases[] = {
      // The product of two signals is one signal that enters: the coefficients rest.
      {"lowpass", "in * side", "", 1, Solution::constant},
      {"lowpass", "in * side", "block", 40, Solution::constant},
      {"lowpass", "in * side", "scan", 40, Solution::varying},
      {"lowpass", "in", "scan", 1, Solution::varying},
      {"biquad", "in * side", "block", 40, Solution::constant},
      {"biquad", "in", "scan", 1, Solution::constant},
  };
  for (const auto& one : cases) {
    CAPTURE(one.type);
    CAPTURE(one.strategy);
    CAPTURE(one.channels);
    Graph graph;
    std::vector<std::pair<std::string, std::string>> ports = {{"in", one.in}, {"freq", "500"}};
    if (std::string_view(one.type) == "biquad") ports = {{"in", one.in}, {"a1", "-1.9"}, {"a2", "0.95"}};
    graph.input("in").input("side").node("x", one.type, ports).output("out", "x");
    graph.nodes[0].strategy = one.strategy;
    graph.nodes[0].channels = one.channels;
    const Told made = told(graph);
    const auto carried = [](const Region& region) { return region.states.size() == 2; };
    const auto region = std::find_if(made.regions.begin(), made.regions.end(), carried);
    REQUIRE(region != made.regions.end());
    REQUIRE(region->solution);
    CHECK(name(*region->solution) == name(one.solution));
  }
}

TEST_CASE("powers that move of more instances than a cell can make again are not made, whatever a patch asks for") {
  for (const char* strategy : {"block", "time_parallel"})
    for (const bool moves : {false, true})
      for (const uint32_t channels : {256u, 257u}) {
        CAPTURE(strategy);
        CAPTURE(moves);
        CAPTURE(channels);
        Graph graph;
        graph.param({.id = "f", .minimum = 0.1, .maximum = 1, .fallback = 0.5});
        graph.input("in").node("x", "lowpass", {{"in", "in"}, {"freq", moves ? "999 * $f + i" : "99 + i"}});
        graph.output("out", "sum(x)");
        graph.nodes[0].strategy = strategy;
        graph.nodes[0].channels = channels;
        CHECK(planned(graph).plan.tables.size() == (moves && channels > 256 ? 0 : 1));
      }
}

TEST_CASE("a feedback delay that is proven to be a chunk or longer is computed around") {
  const Told made = told(echo("$time"));
  REQUIRE(made.regions.size() == 1);
  CHECK(made.regions[0].around);
  CHECK(made.regions[0].distance >= 2396);
  CHECK(made.regions[0].distance <= 2400);
  CHECK(made.regions[0].lines.size() == 1);
  CHECK(std::none_of(made.plan.steps.begin(), made.plan.steps.end(),
                     [](const Step& step) { return step.kind == StepKind::serial; }));
  // Without a way back nothing is carried around.
  Graph open = echo("$time");
  open.nodes[0].inputs[0].expr = Expr::named("in");
  CHECK(std::none_of(told(open).regions.begin(), told(open).regions.end(),
                     [](const Region& region) { return region.around; }));
}

TEST_CASE("formulas that a patch wants serial are one region a step, however many ops they are") {
  Graph graph;
  graph.input("in").expr("y", "tanh(in) * 3 + exp(in)").output("out", "y");
  graph.nodes[0].strategy = "serial";
  const Told made = told(graph);
  REQUIRE(made.regions.size() == 1);
  CHECK(made.regions[0].why == Obstacle::asked);
  CHECK(made.regions[0].distance == 0);
  CHECK(made.regions[0].body.size() > 10);
}

TEST_CASE("a recurrence of many states tells of each once, in the order in which it meets them") {
  constexpr uint32_t kStates = 20'000;
  Ir ir;
  Builder b(ir);
  ir.outputs.push_back({"out", 1});
  std::vector<Signal> states;
  for (uint32_t s = 0; s < kStates; ++s) states.push_back(b.state("s" + std::to_string(s), Type::f32, 1));
  for (uint32_t s = 0; s < kStates; ++s) b.next(states[s], states[(s + 1) % kStates] * 0.5 + 1.0);
  b.output(0, states[0]);
  const Result<Plan> plan = make_plan(ir, {.width = 16});
  REQUIRE(plan);
  const std::vector<Region> found = regions(ir, *plan);
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].states.size() == kStates);
  for (uint32_t s = 0; s < kStates; ++s) REQUIRE(found[0].states[s] == s);
}

TEST_CASE("in random patches every serial loop has a reason, and every region lies in one step") {
  uint64_t solved = 0, held_back = 0;
  for (uint64_t seed = 0; seed < scaled(300); ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const Graph graph = random_graph(random, {.max_nodes = 14, .temper = static_cast<Temper>(seed % 3)});
    if (!lower(graph, {.library = &standard_nodes()})) continue;
    const Told made = told(graph, {.width = seed % 4 ? 16u : 0u, .strict = seed % 5 == 0});
    std::vector<bool> covered(made.plan.steps.size(), false);
    for (const Region& region : made.regions) {
      REQUIRE(!region.body.empty());
      solved += region.solution.has_value();
      held_back += region.why != Obstacle::none;
      covered[region.step] = covered[region.step] || region.why != Obstacle::none;
      const StepKind kind = made.plan.steps[region.step].kind;
      if (region.solution) REQUIRE(kind == StepKind::time_parallel);
      if (kind == StepKind::either) REQUIRE((region.around || region.why == Obstacle::short_delay));
      if (kind == StepKind::serial || kind == StepKind::woven) REQUIRE((region.around || region.why != Obstacle::none));
      for (Value v : region.body)
        if (!region.around && made.plan.step_of[v.index] != UINT32_MAX)
          REQUIRE(made.plan.step_of[v.index] == region.step);
    }
    for (size_t s = 0; s < covered.size(); ++s)
      if (made.plan.steps[s].kind == StepKind::serial || made.plan.steps[s].kind == StepKind::woven)
        REQUIRE(covered[s]);
  }
  MESSAGE(solved << " recurrences solved, " << held_back << " held back");
  CHECK(solved > 0);
  CHECK(held_back > 0);
}
