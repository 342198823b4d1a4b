// Cones: the fingerprints by which a swap knows what stays the same. What must change them does, what must not does
// not.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "random_graph.hpp"
#include "sinter/ir/builder.hpp"
#include "sinter/passes/passes.hpp"
#include "sinter/sinter.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

Layout layout_of(const Graph& graph, double sample_rate = 48'000) {
  Result<Compiled> made = compile_patch(graph, {.sample_rate = sample_rate, .backend = find_backend("interpreter")});
  if (!made) FAIL(format(made.error()));
  return made->plan.layout;
}

uint64_t output_cone(const Graph& graph, size_t output = 0, double sample_rate = 48'000) {
  return layout_of(graph, sample_rate).outputs.at(output).cone;
}

// Everything that cones depend on: a gain, a filter, a feedback echo, parameters; output "b" has its own part.
Graph patch() {
  Graph graph;
  SettingValue max;
  max.kind = SettingKind::number;
  max.number = 0.05;
  graph.param({.id = "cutoff", .minimum = 20, .maximum = 2000, .fallback = 500, .smooth_ms = 10});
  graph.param({.id = "amount", .minimum = 0, .maximum = 1, .fallback = 0.5});
  graph.input("in").input("side", 2);
  graph.expr("pre", "in * 0.5");
  graph.node("low", "lowpass", {{"in", "pre"}, {"freq", "$cutoff"}});
  graph.expr("loop", "low + prev(loop) * 0.25 - prev(prev(loop)) * 0.125");
  graph.node("echo", "delay", {{"in", "loop + echo * 0.3"}, {"time", "0.01"}}, {{"max", max}});
  graph.expr("other", "side[0] * $amount + prev(other) * 0.5");
  graph.output("a", "echo + loop");
  graph.output("b", "tanh(other)");
  return graph;
}

Node& node(Graph& graph, std::string_view id) {
  return *std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) { return n.id == id; });
}

// The patch with the formula of one node replaced.
Graph with(const std::string& id, const std::string& formula) {
  Graph graph = patch(), one;
  one.expr(id, formula);
  node(graph, id).expr = one.nodes[0].expr;
  return graph;
}

Graph with_port(const std::string& id, size_t port, const std::string& formula) {
  Graph graph = patch(), one;
  one.expr("x", formula);
  node(graph, id).inputs[port].expr = one.nodes[0].expr;
  return graph;
}

std::vector<uint64_t> cones(const Layout& layout) {
  std::vector<uint64_t> all;
  for (const BusSlot& bus : layout.outputs) all.push_back(bus.cone);
  for (const LineSlot& line : layout.lines) all.push_back(line.cone);
  for (const RampSlot& ramp : layout.ramps) all.push_back(ramp.cone);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST_CASE("the same patch read twice has the same cones, of outputs, lines and ramps, and none is 0") {
  const std::string text = write_patch(patch());
  std::vector<uint64_t> seen[2];
  for (auto& all : seen) {
    const Result<Graph> graph = read_patch(text, "patch.json", ".", standard_nodes());
    REQUIRE(graph);
    const Layout layout = layout_of(*graph);
    REQUIRE(!layout.lines.empty());
    REQUIRE(!layout.ramps.empty());
    all = cones(layout);
  }
  CHECK(seen[0] == seen[1]);
  CHECK(seen[0].front() != 0);
  CHECK(output_cone(patch(), 0) != output_cone(patch(), 1));
}

TEST_CASE("the order of nodes, inputs, params and outputs in the file does not matter to any cone") {
  const std::vector<uint64_t> straight = cones(layout_of(patch()));
  Random random(4);
  for (uint64_t run = 0; run < scaled(20); ++run) {
    Graph graph = patch();
    const auto shuffle = [&](auto& list) {
      for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[random.below(static_cast<uint32_t>(i))]);
    };
    shuffle(graph.nodes), shuffle(graph.inputs), shuffle(graph.params), shuffle(graph.outputs);
    REQUIRE(cones(layout_of(graph)) == straight);
  }
}

TEST_CASE("an edit changes the cones of what hangs on it and leaves the others") {
  struct Case {
    const char* what;
    Graph graph;
    bool a, b;  // whether the cone of this output changes
  };
  Graph range = patch(), smoothing = patch(), initial = patch(), renamed = patch(), more = patch(), wide = patch();
  range.params[0].maximum = 3000;
  smoothing.params[0].smooth_ms = 20;
  initial.params[0].fallback = 600;
  node(renamed, "pre").id = "before";
  node(renamed, "low").inputs[0].expr.text = "before";
  more.expr("unrelated", "side[1] * 3").node("filter", "highpass", {{"in", "unrelated"}, {"freq", "$cutoff"}});
  more.output("c", "filter");
  wide.inputs[0].channels = 2;
  const Case cases[] = {
      {"a gain", with("pre", "in * 0.75"), true, false},
      {"a sign", with("pre", "in * -0.5"), true, false},
      {"an offset", with("pre", "in * 0.5 + 0.001"), true, false},
      {"a coefficient", with_port("low", 1, "$cutoff * 2"), true, false},
      {"inside a loop", with("loop", "low + prev(loop) * 0.26 - prev(prev(loop)) * 0.125"), true, false},
      {"inside an echo's loop", with_port("echo", 0, "loop + echo * 0.31"), true, false},
      {"an echo's time", with_port("echo", 1, "0.011"), true, false},
      {"the other loop", with("other", "side[0] * $amount + prev(other) * 0.4"), false, true},
      {"another channel", with("other", "side[1] * $amount + prev(other) * 0.5"), false, true},
      {"another parameter", with("other", "side[0] * $cutoff + prev(other) * 0.5"), false, true},
      {"a parameter's range", range, true, false},
      {"a parameter's smoothing", smoothing, true, false},
      {"a parameter's default", initial, false, false},
      {"the name of a node without memory", renamed, false, false},
      {"a part of its own", more, false, false},
      {"an input's channels", wide, true, false},
  };
  const uint64_t a = output_cone(patch(), 0), b = output_cone(patch(), 1);
  for (const Case& one : cases) {
    CAPTURE(one.what);
    CHECK((output_cone(one.graph, 0) != a) == one.a);
    CHECK((output_cone(one.graph, 1) != b) == one.b);
  }
  CHECK(output_cone(patch(), 0, 44'100) != a);
}

TEST_CASE("outputs that share a filter differ where they differ, and lines by what is pushed, not by their length") {
  Graph graph;
  graph.input("in").node("low", "lowpass", {{"in", "in"}, {"freq", "500"}});
  graph.output("a", "low").output("b", "low").output("c", "low * 0.5");
  const Layout layout = layout_of(graph);
  CHECK(layout.outputs[0].cone == layout.outputs[1].cone);
  CHECK(layout.outputs[0].cone != layout.outputs[2].cone);
  const auto line_cone = [](uint32_t length, double gain) {
    Ir ir;
    ir.inputs.push_back({"in", 1});
    ir.outputs.push_back({"out", 1});
    Builder build(ir);
    const uint32_t line = build.line("l", 1, length);
    build.push(line, build.input(0) * gain);
    build.output(0, build.tap(line, build.integer(100), 1));
    const Result<Plan> plan = make_plan(ir);
    REQUIRE(plan);
    return std::pair(plan->layout.lines[0].cone, plan->layout.outputs[0].cone);
  };
  CHECK(line_cone(200, 0.5).first == line_cone(300, 0.5).first);
  CHECK(line_cone(200, 0.5).second != line_cone(300, 0.5).second);
  CHECK(line_cone(200, 0.5).first != line_cone(200, 0.25).first);
  // What is pushed is heard through the tap, in no cycle at all.
  CHECK(line_cone(200, 0.5).second != line_cone(200, 0.25).second);
}

TEST_CASE("what memory outside of every cycle was given is part of the cone of who reads it") {
  const auto cone = [](const std::string& formula) {
    Graph graph;
    graph.input("in").expr("x", formula).expr("y", "in - prev(x)").output("out", "y");
    return output_cone(graph);
  };
  CHECK(cone("in * 0.5") == cone("in * 0.5"));
  CHECK(cone("in * 0.5") != cone("in * 0.25"));
}

TEST_CASE("tables count by content, read-only ones whatever they are called") {
  const auto cone = [](const std::string& key, float last) {
    Ir ir;
    ir.inputs.push_back({"in", 1});
    ir.outputs.push_back({"out", 1});
    Builder build(ir);
    const uint32_t table = build.table({.key = key, .size = 4, .data = {1, 2, 3, last}});
    build.output(0, build.table_get(table, build.op(Op::to_int, build.input(0))));
    const Result<Plan> plan = make_plan(ir);
    REQUIRE(plan);
    return plan->layout.outputs[0].cone;
  };
  CHECK(cone("t", 4) == cone("t", 4));
  CHECK(cone("t", 4) == cone("u", 4));
  CHECK(cone("t", 4) != cone("t", 5));
}

TEST_CASE("fused multiply-adds do not change a cone") {
  uint64_t fused = 0;
  for (uint64_t seed = 0; seed < scaled(300); ++seed) {
    Random random(seed);
    const Temper temper = static_cast<Temper>(seed % 3);
    const Graph graph = random_graph(random, {.max_nodes = 14, .temper = temper});
    const Result<Ir> ir = lower(graph, {.library = &standard_nodes()});
    if (!ir) continue;
    const Ir plain = run_passes(*ir, {});
    const Ir contracted = run_passes(*ir, {.fuse_mul_add = true});
    fused +=
        std::any_of(contracted.insts.begin(), contracted.insts.end(), [](const Inst& i) { return i.op == Op::fma; });
    const Result<Plan> one = make_plan(plain), two = make_plan(contracted);
    REQUIRE(one);
    REQUIRE(two);
    CAPTURE(seed);
    REQUIRE(cones(one->layout) == cones(two->layout));
  }
  CHECK(fused > scaled(300) / 3);
}
