// The report on what became of each node and each recurrence.
#include "sinter/compile/report.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sinter/passes/passes.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;

namespace {

CompileReport report_of(const Graph& graph) {
  CompileOptions options;
  options.backend = find_backend("interpreter");
  const Result<Compiled> compiled = compile_patch(graph, options);
  REQUIRE(compiled);
  return make_report(graph, standard_nodes(), compiled->ir, compiled->plan, 8);
}

// As for machine code of 16 lanes, which this machine need not have.
CompileReport vector_report(const Graph& graph, bool strict = false) {
  Result<Ir> ir = lower(graph, {.library = &standard_nodes()});
  REQUIRE(ir);
  *ir = run_passes(std::move(*ir), {.strict = strict, .fuse_mul_add = !strict});
  PlanOptions options{.width = 16, .strict = strict};
  const Families families = pack_families(std::move(*ir), options);
  options.names = &families.names;
  const Result<Plan> plan = make_plan(families.ir, options);
  REQUIRE(plan);
  return make_report(graph, standard_nodes(), families.ir, *plan, 16);
}

Graph formula(const std::string& text, const std::string& strategy = "time_parallel") {
  Graph graph;
  graph.input("in").expr("y", text).output("out", "y");
  graph.nodes[0].strategy = strategy;
  return graph;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const NodeReport& node(const CompileReport& report, const std::string& path) {
  const auto found =
      std::find_if(report.nodes.begin(), report.nodes.end(), [&](const NodeReport& n) { return n.path == path; });
  REQUIRE(found != report.nodes.end());
  return *found;
}

}  // namespace

TEST_CASE("memoryless nodes in a row are reported as one time-parallel loop") {
  Graph graph;
  graph.input("in")
      .expr("a", "in * 2 + 0.1")
      .node("b", "softclip", {{"in", "a"}})
      .expr("c", "abs(b)")
      .output("out", "c");
  const CompileReport report = report_of(graph);
  for (const char* path : {"a", "b", "c"}) {
    CHECK(node(report, path).strategy == Strategy::time_parallel);
    CHECK(node(report, path).steps == node(report, "a").steps);
    CHECK(node(report, path).width == 8);
    CHECK(node(report, path).ops > 0);
    CHECK(node(report, path).why == "");
  }
  CHECK(node(report, "b").type == "softclip");
  CHECK(node(report, "a").type == "expression");
  REQUIRE(report.steps.size() == 1);
  CHECK(report.steps[0].nodes.size() == 3);
}

TEST_CASE("a recurrence is reported as serial with the reason") {
  Graph graph;
  graph.input("in").node("low", "onepole", {{"in", "in"}, {"freq", "1000"}}).output("out", "low");
  const NodeReport low = node(report_of(graph), "low");
  CHECK(low.strategy == Strategy::serial);
  CHECK(low.category == Category::stateful);
  CHECK(low.width == 1);
  CHECK(low.control_ops + low.ops > 0);
  CHECK(has(low.why, "the interpreter runs recurrences one sample at a time"));
}

TEST_CASE("a solved recurrence is reported with its solution, width and distance, and its node runs so") {
  const CompileReport report = vector_report(formula("in + prev(y) * 0.5"));
  REQUIRE(report.regions.size() == 1);
  const RegionReport& region = report.regions[0];
  CHECK(region.strategy == Strategy::block);
  CHECK(region.width == 16);
  CHECK(region.distance == 1);
  CHECK(region.nodes == std::vector<std::string>{"y"});
  CHECK(region.carries.size() == 1);
  CHECK(region.why == "");
  CHECK(region.frees == "");
  CHECK(node(report, "y").strategy == Strategy::block);
  CHECK(node(report, "y").why == "");
}

TEST_CASE("what runs one sample at a time says why and what would free it") {
  const auto only = [](const CompileReport& report) {
    REQUIRE(report.regions.size() == 1);
    return report.regions[0];
  };
  const RegionReport bent = only(vector_report(formula("tanh(in + prev(y) * 0.5)")));
  CHECK(bent.strategy == Strategy::serial);
  CHECK(bent.width == 1);
  CHECK(has(bent.why, "cannot be followed: not linear in prev(): "));
  CHECK(has(bent.why, "tanh in 'y'"));
  CHECK(has(bent.frees, "channels or voices"));
  CHECK(has(bent.frees, "1.36ms"));
  const RegionReport strict = only(vector_report(formula("in + prev(y) * 0.5", ""), true));
  CHECK(has(strict.why, "strict mode"));
  CHECK(has(strict.frees, "16 at a time"));
  const RegionReport asked = only(vector_report(formula("in + prev(y) * 0.5", "serial")));
  CHECK(asked.why == "\"strategy\": \"serial\" asks for it");
  const RegionReport direct = only(vector_report(formula("in + 1.6 * prev(y) - 0.8 * prev(prev(y))", "scan")));
  CHECK(direct.strategy == Strategy::block);
  CHECK(has(direct.why, "\"strategy\": \"scan\" cannot be followed: its matrices multiplied sample by sample"));
  const RegionReport alone = only(vector_report(formula("tanh(in + prev(y) * 0.5)", "lanes")));
  CHECK(has(alone.why, "\"strategy\": \"lanes\" cannot be followed: there is one instance alone; not linear"));
}

TEST_CASE(
    "a feedback delay is reported with the shortest time that is proven, and a short one says how to lengthen it") {
  const auto echo = [](const std::string& time) {
    Graph graph;
    SettingValue max;
    max.kind = SettingKind::number, max.number = 1;
    graph.param({.id = "time", .minimum = 0.05, .maximum = 1, .fallback = 0.3});
    graph.input("in").node("echo", "delay", {{"in", "tanh(in + echo * 0.5)"}, {"time", time}}, {{"max", max}});
    return vector_report(graph.output("out", "echo"));
  };
  const CompileReport lengthy = echo("$time"), brief = echo("in");
  REQUIRE(lengthy.regions.size() == 1);
  CHECK(lengthy.regions[0].strategy == Strategy::time_parallel);
  CHECK(lengthy.regions[0].distance >= 2396);
  CHECK(lengthy.regions[0].why == "");
  REQUIRE(!brief.regions.empty());
  CHECK(brief.regions[0].obstacle == Obstacle::short_delay);
  CHECK(has(brief.regions[0].why, "the delay in 'echo' may be as short as 1 sample"));
  CHECK(brief.regions[0].strategy == Strategy::either);
  CHECK(has(brief.regions[0].why, "both loops are there"));
  CHECK(brief.regions[0].frees == "promise \"min\": \"1.36ms\" there, and no call need look at its delays");
}

TEST_CASE("a node that reads another loop says which and why") {
  Graph graph;
  graph.input("in")
      .node("low", "onepole", {{"in", "in"}, {"freq", "1000"}})
      .expr("loud", "tanh(3 * low)")
      .output("out", "loud");
  const NodeReport loud = node(report_of(graph), "loud");
  CHECK(loud.strategy == Strategy::time_parallel);
  CHECK(loud.why.find("reads low") != std::string::npos);
  CHECK(loud.why.find("serial") != std::string::npos);
}

TEST_CASE("an expression with prev is stateful, one without is not") {
  Graph graph;
  graph.input("in").expr("sum2", "in + prev(in)").expr("run", "in + 0.5 * prev(run)").output("out", "sum2 + run");
  const CompileReport report = report_of(graph);
  CHECK(node(report, "sum2").category == Category::stateful);
  CHECK(node(report, "run").category == Category::stateful);
  CHECK(node(report, "run").strategy == Strategy::serial);
}

TEST_CASE("instances of a chain and of a composite are reported by path") {
  Graph graph;
  Definition twice;
  twice.name = "twice";
  twice.body.inputs.push_back({"x", 1});
  Node inner;
  inner.id = "f";
  inner.type = "onepole";
  inner.inputs = {{"in", Expr::named("x")}, {"freq", Expr::number(500)}};
  twice.body.nodes.push_back(inner);
  twice.body.outputs.push_back({"out", Expr::named("f")});
  graph.definitions.push_back(twice);
  graph.input("in")
      .node("c", "twice", {{"x", "in"}})
      .node("eq", "peak", {{"in", "c"}, {"freq", "100 * 2^k"}, {"q", "1"}, {"gain", "2"}});
  graph.nodes.back().chain = 3;
  graph.output("out", "eq");
  const CompileReport report = report_of(graph);
  CHECK(node(report, "c/f").type == "onepole");
  for (const char* path : {"eq[0]", "eq[1]", "eq[2]"}) CHECK(node(report, path).type == "peak");
}

TEST_CASE("channels are lanes of one node and an External node says that it is opaque") {
  Graph graph;
  graph.input("in").node("bank", "bandpass", {{"in", "in"}, {"freq", "100 * (i + 1)"}, {"q", "5"}});
  graph.nodes.back().channels = 64;
  graph.output("out", "sum(bank)");
  const CompileReport report = report_of(graph);
  CHECK(node(report, "bank").lanes == 64);
  CHECK(std::count_if(report.nodes.begin(), report.nodes.end(), [](const NodeReport& n) { return n.path == "bank"; }) ==
        1);
}

TEST_CASE("a node that nothing depends on is reported with nothing left") {
  Graph graph;
  graph.input("in").expr("idle", "in * 3").output("out", "in * 2");
  const NodeReport idle = node(report_of(graph), "idle");
  CHECK(idle.strategy == Strategy::none);
  CHECK(idle.why != "");
}

TEST_CASE("formulas of parameters alone run at control rate") {
  Graph graph;
  GraphParam level;
  level.id = "level";
  level.minimum = -60;
  level.maximum = 0;
  graph.input("in").param(level).expr("gain", "exp($level)").output("out", "in * gain");
  const NodeReport gain = node(report_of(graph), "gain");
  CHECK(gain.strategy == Strategy::control);
  CHECK(gain.ops == 0);
  CHECK(gain.control_ops > 0);
}

TEST_CASE("nodes written out alike are each reported by name, as lanes of one recurrence") {
  Graph graph;
  graph.input("in");
  std::string sum = "0";
  for (uint32_t k = 0; k < 32; ++k) {
    const std::string n = std::to_string(k);
    graph.node("low" + n, "lowpass", {{"in", "in"}, {"freq", std::to_string(300 + 10 * k)}});
    graph.expr("bent" + n, "tanh(low" + n + ")");
    sum += " + bent" + n;
  }
  const CompileReport report = vector_report(graph.output("out", sum));
  for (uint32_t k = 0; k < 32; ++k) {
    const NodeReport& low = node(report, "low" + std::to_string(k));
    CHECK(low.type == "lowpass");
    CHECK(low.lanes == 32);
    CHECK(low.ops == node(report, "low0").ops);
    CHECK(node(report, "bent" + std::to_string(k)).steps == node(report, "bent0").steps);
  }
  REQUIRE(report.regions.size() == 1);
  CHECK(report.regions[0].alike == 32);
  CHECK(report.regions[0].nodes.size() == 32);
  CHECK(report.regions[0].nodes[31] == "low31");
  CHECK(report.regions[0].carries.size() == 64);
}
