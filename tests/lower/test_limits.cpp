// Limits at one below, at, and one above, found before anything of that size is made.
#include <doctest/doctest.h>

#include "lower_support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

bool lowers(const Graph& graph, Errc wanted) {
  const Result<Ir> result = lower(graph, test_options());
  if (result) return true;
  CHECK(error_name(result.error().code) == error_name(wanted));
  return false;
}

Graph bank(uint32_t channels, uint32_t chain = 0) {
  Graph graph;
  graph.node("x", "gain", {{"in", "1"}}).output("out", "sum(x)");
  graph.nodes[0].channels = channels;
  graph.nodes[0].chain = chain;
  return graph;
}

}  // namespace

TEST_CASE("a signal has at most 4,096 channels") {
  CHECK(lowers(bank(4'095), Errc::limit_channels));
  CHECK(lowers(bank(4'096), Errc::limit_channels));
  CHECK_FALSE(lowers(bank(4'097), Errc::limit_channels));
  auto stacked = [](uint32_t more) {
    Graph graph = bank(4'000);
    graph.node("y", "gain", {{"in", "1"}}).output("wide", "sum(stack(x, y))");
    graph.nodes[1].channels = more;
    return graph;
  };
  CHECK(lowers(stacked(96), Errc::limit_channels));
  CHECK_FALSE(lowers(stacked(97), Errc::limit_channels));
}

TEST_CASE("a patch expands to at most 65,536 instances") {
  auto stages = [](uint32_t chain, uint32_t more) {
    Graph graph = bank(4'096, chain);
    graph.node("y", "gain", {{"in", "1"}});
    graph.nodes[1].channels = more;
    return graph;
  };
  CHECK(lowers(stages(15, 4'095), Errc::limit_instances));
  CHECK(lowers(stages(15, 4'096), Errc::limit_instances));
  CHECK_FALSE(lowers(stages(16, 1), Errc::limit_instances));
  CHECK_FALSE(lowers(bank(17, 4'096), Errc::limit_instances));
}

TEST_CASE("definitions that multiply are counted before they are made") {
  Graph graph;
  std::string last = "gain";
  for (int level = 0; level < 40; ++level) {
    Graph body;
    body.input("in");
    for (int i = 0; i < 10; ++i) body.node("n" + std::to_string(i), last, {{"in", "in"}});
    body.output("out", "n0");
    last = "d" + std::to_string(level);
    graph.definitions.push_back({.name = last, .body = body});
  }
  graph.node("x", last, {{"in", "1"}}).output("out", "x");
  CHECK_FALSE(lowers(graph, Errc::limit_instances));
}

TEST_CASE("instances that only widths bring are counted too") {
  Graph graph;
  graph.expr("wide", "i");
  graph.nodes[0].channels = 4'096;
  for (int i = 0; i < 16; ++i) graph.node("g" + std::to_string(i), "gain", {{"in", "wide"}});
  graph.output("out", "sum(g0)");
  CHECK_FALSE(lowers(graph, Errc::limit_instances));
  graph.nodes.pop_back();
  CHECK(lowers(graph, Errc::limit_instances));
}

TEST_CASE("a patch input or output has at most 64 channels") {
  auto through = [](uint32_t in, const char* out) {
    Graph graph;
    graph.input("a", in).output("out", out);
    return graph;
  };
  CHECK(lowers(through(64, "a"), Errc::limit_channels));
  CHECK_FALSE(lowers(through(65, "sum(a)"), Errc::limit_channels));
  CHECK(lowers(through(32, "stack(a, a)"), Errc::limit_channels));
  CHECK_FALSE(lowers(through(32, "stack(a, a, a[0])"), Errc::limit_channels));
}

TEST_CASE("composites nest 64 deep") {
  auto nested = [](int depth) {
    Graph graph;
    std::string last = "gain";
    for (int level = 0; level < depth; ++level) {
      Graph body;
      body.input("in").node("x", last, {{"in", "in"}}).output("out", "x");
      last = "d" + std::to_string(level);
      graph.definitions.push_back({.name = last, .body = body});
    }
    graph.node("x", last, {{"in", "1"}}).output("out", "x");
    return graph;
  };
  CHECK(lowers(nested(64), Errc::limit_nesting));
  CHECK_FALSE(lowers(nested(65), Errc::limit_nesting));
}

TEST_CASE("a million values are the most") {
  Graph body;
  body.input("in");
  std::string text = "in";
  for (int i = 0; i < 300; ++i) text += " + in * " + std::to_string(i) + ".5";
  body.output("out", "y").expr("y", text);
  auto copies = [&](uint32_t chain) {
    Graph graph;
    graph.definitions.push_back({.name = "d", .body = body});
    graph.input("a").node("x", "d", {{"in", "a"}}).output("out", "x");
    graph.nodes[0].chain = chain;
    return graph;
  };
  CHECK(lowers(copies(1'000), Errc::limit_values));
  CHECK_FALSE(lowers(copies(2'000), Errc::limit_values));
}
