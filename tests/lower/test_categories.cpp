// A node type that does what its category forbids, or what its ports deny, is an error with its name.
#include <doctest/doctest.h>

#include "lower_support.hpp"

using namespace sinter;
using namespace sinter::test;

TEST_CASE("a node type that breaks its declaration is named") {
  struct Row {
    const char* type;
    const char* input;
    Errc code;
    const char* says;
  };
  const Row rows[] = {
      {"liar", "1", Errc::category, "'liar' declares PureMath but makes 'prev'"},
      {"late_liar", "x", Errc::category, "'late_liar' declares PureMath but makes 'prev'"},
      {"caller", "1", Errc::category, "'caller' declares Stateful but makes 'call'"},
      {"wrong_lanes", "1", Errc::internal, "'wrong_lanes' makes 3 lanes of 'out', which has 1"},
      {"impatient", "x", Errc::internal, "'impatient' reads 'in' at once"},
  };
  for (const Row& row : rows) {
    Graph graph;
    graph.node("x", row.type, {{"in", row.input}}).output("out", "x");
    const Error error = errors_of(graph).front();
    INFO(error.message);
    CHECK(error.code == row.code);
    CHECK(error.where == "x");
    CHECK(error.message.find(row.says) != std::string::npos);
  }
}

TEST_CASE("a node type that does not set an output is named") {
  Graph graph;
  graph.node("x", "forgetful", {}).output("out", "x");
  CHECK(first_error(graph) == "internal: the node type 'forgetful' does not set its output 'out'");
}

TEST_CASE("prev in a pure node's input is the expression's state, not the node's") {
  Graph graph;
  graph.input("a").node("x", "gain", {{"in", "prev(a)"}}).output("out", "x");
  const Ir ir = lowered(graph);
  REQUIRE(ir.states.size() == 1);
  CHECK(ir.states[0].key.substr(0, 7) == "x/prev:");
}

TEST_CASE("a call is what External nodes are for") {
  Graph graph;
  graph.node("x", "external", {{"in", "1"}}).output("out", "x");
  Result<Ir> ir = lower(graph, test_options());
  REQUIRE(static_cast<bool>(ir));
  REQUIRE(ir->calls.size() == 1);
  CHECK(ir->calls[0].key == "x/call");
}

TEST_CASE("seeds come from the id path: they differ between nodes and not between readings") {
  Graph graph;
  graph.node("a", "seeded", {}).node("b", "seeded", {}).output("out", "a").output("other", "b");
  const std::vector<double> seeds = first_sample(graph);
  CHECK(seeds[0] != seeds[1]);
  CHECK(seeds == first_sample(graph));
  Graph inner;
  inner.node("a", "seeded", {}).output("out", "a");
  Graph nested;
  nested.definitions.push_back({.name = "box", .body = inner});
  nested.node("a", "seeded", {}).node("b", "box", {}).output("out", "a").output("other", "b");
  CHECK(first_sample(nested)[0] == seeds[0]);
  CHECK(first_sample(nested)[1] != seeds[0]);
}

TEST_CASE("settings are what is given, or their default") {
  Graph graph;
  graph.node(
      "a", "settings", {},
      {{"mode", {.kind = SettingKind::choice, .text = "hard"}}, {"on", {.kind = SettingKind::flag, .flag = true}}});
  graph.node("b", "settings", {}).output("out", "a").output("plain", "b");
  CHECK(first_sample(graph) == std::vector<double>{1107, 7});
}
