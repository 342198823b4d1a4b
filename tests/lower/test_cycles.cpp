// Cycles with a delay run, cycles without one are errors that print themselves.
#include <doctest/doctest.h>

#include "lower_support.hpp"

using namespace sinter;
using namespace sinter::test;

TEST_CASE("a delayed port closes a cycle") {
  Graph graph;
  graph.input("x").node("e", "echo", {{"in", "x + 0.5 * e"}}).output("out", "e");
  const Ir ir = lowered(graph);
  IrPlayer player(ir);
  CHECK(player.step({8})[0] == 0);
  CHECK(player.step({0})[0] == 8);
  CHECK(player.step({0})[0] == 4);
  CHECK(player.step({0})[0] == 2);
}

TEST_CASE("a delay knows whether it closes a cycle") {
  Graph outside, inside, through_prev;
  outside.input("x").node("l", "line", {{"in", "x"}}).output("out", "l");
  inside.input("x").node("l", "line", {{"in", "x + 0.5 * g"}}).node("g", "gain", {{"in", "l"}}).output("out", "l");
  through_prev.input("x").node("l", "line", {{"in", "x + 0.5 * prev(l)"}}).output("out", "l");
  const Ir a = lowered(outside), b = lowered(inside), c = lowered(through_prev);
  IrPlayer pa(a), pb(b), pc(c);
  CHECK(pa.step({8})[0] == 8);
  CHECK(pb.step({8})[0] == 0);
  CHECK(pb.step({0})[0] == 8);
  CHECK(pb.step({0})[0] == 4);
  CHECK(pc.step({8})[0] == 8);
  CHECK(pc.step({0})[0] == 4);
}

TEST_CASE("a cycle may run through composites, chains and where names") {
  Graph inner;
  inner.input("in").node("e", "echo", {{"in", "in"}}).output("out", "e");
  Graph graph;
  graph.definitions.push_back({.name = "slow", .body = inner});
  graph.input("x").node("s", "slow", {{"in", "back"}}).expr("back", "w + 0.5 * s", {{"w", "x"}}).output("out", "s");
  graph.nodes[0].chain = 2;
  const Ir ir = lowered(graph);
  IrPlayer player(ir);
  std::vector<double> heard;
  for (double x : {8, 0, 0, 0, 0}) heard.push_back(player.step({x})[0]);
  CHECK(heard == std::vector<double>{0, 0, 8, 0, 4});
}

TEST_CASE("a cycle without a delay is printed in the signal's direction") {
  Graph inner;
  inner.input("in").node("g", "gain", {{"in", "in"}}).output("out", "g");
  Graph two, one, where, composite, chain, time;
  two.node("a", "gain", {{"in", "b"}}).node("b", "gain", {{"in", "a"}}).output("out", "a");
  one.expr("a", "a + 1").output("out", "a");
  where.expr("a", "w", {{"w", "b"}}).expr("b", "c").expr("c", "a").output("out", "a");
  composite.definitions.push_back({.name = "box", .body = inner});
  composite.node("a", "box", {{"in", "b"}}).expr("b", "a").output("out", "b");
  chain.node("a", "gain", {{"in", "a"}}).output("out", "a");
  chain.nodes[0].chain = 2;
  const std::pair<const Graph*, const char*> rows[] = {
      {&two, "a → b → a"},
      {&one, "a → a"},
      {&where, "a → c → b → a"},
      {&composite, "b → a → a/g → a → b"},
      {&chain, "a[0] → a[1] → a[0]"},
  };
  for (const auto& [graph, text] : rows) {
    const Error error = errors_of(*graph).front();
    INFO(error.message);
    CHECK(error.code == Errc::cycle);
    CHECK(error.message.find(std::string(": ") + text + ";") != std::string::npos);
  }
}

TEST_CASE("each cycle is reported, and at most twenty") {
  Graph graph;
  for (int i = 0; i < 30; ++i)
    graph.expr("a" + std::to_string(i), "b" + std::to_string(i)).expr("b" + std::to_string(i), "a" + std::to_string(i));
  graph.output("out", "a0");
  CHECK(errors_of(graph).size() == 20);
}

TEST_CASE("count reads no signal and closes no cycle") {
  Graph graph;
  graph.expr("a", "count(b)").expr("b", "stack(a, a)").output("out", "b");
  CHECK(first_sample(graph) == std::vector<double>{2, 2});
}

TEST_CASE("four thousand nodes in a row lower in order, however they are written") {
  Graph graph;
  constexpr int kNodes = 4'000;
  for (int i = 0; i < kNodes; ++i)
    graph.node("n" + std::to_string(i), "gain", {{"in", i + 1 < kNodes ? "n" + std::to_string(i + 1) : "1"}});
  graph.output("out", "n0");
  CHECK(first_sample(graph) == std::vector<double>{1});
}
