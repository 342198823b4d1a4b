// How channels spread, split nodes, fold and mismatch, and that lanes never multiply insts.
#include <doctest/doctest.h>

#include <numeric>

#include "lower_support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

std::vector<double> channels(size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

Graph over(uint32_t width, const std::string& text) {
  Graph graph;
  graph.input("a", width).input("mono").output("out", text);
  return graph;
}

Graph with_node(uint32_t width, const std::string& type, std::vector<std::pair<std::string, std::string>> inputs,
                uint32_t n = 0, uint32_t chain = 0) {
  Graph graph;
  graph.input("a", width).input("mono").node("x", type, std::move(inputs)).output("out", "x");
  graph.nodes.back().channels = n;
  graph.nodes.back().chain = chain;
  return graph;
}

}  // namespace

TEST_CASE("formulas over channels give the channels of the widest signal") {
  struct Row {
    uint32_t width;
    const char* text;
    std::vector<double> wanted;  // a = 1, 2, 3, …; mono = 10
  };
  const Row rows[] = {
      {3, "a + mono", {11, 12, 13}},
      {3, "a * 2", {2, 4, 6}},
      {3, "a[0]", {1}},
      {3, "a[-1]", {3}},
      {3, "a[1] + mono", {12}},
      {3, "sum(a)", {6}},
      {5, "sum(a, 2)", {9, 6}},
      {4, "sum(a, 2)", {4, 6}},
      {1, "sum(a, 3)", {1, 1, 1}},
      {3, "sum(a, 3)", {1, 2, 3}},
      {2, "stack(a, mono, a[0])", {1, 2, 10, 1}},
      {2, "stack(mono, mono)[1]", {10}},
      {3, "count(a)", {3}},
      {3, "count(stack(a, a)) + a", {7, 8, 9}},
      {3, "a + i", {1, 3, 5}},
      {3, "a * 0 + n", {3, 3, 3}},
      {1, "i + n", {1}},
      {2, "mono > 5 ? a : -a", {1, 2}},
      {2, "prev(a)", {0, 0}},
      {2, "hold(a)", {1, 2}},
      {20, "sum(a)", {210}},
      {20, "sum(a * 0 + 1)", {20}},
  };
  for (const Row& row : rows) {
    INFO(std::string(row.text), " over ", row.width);
    std::vector<double> inputs = channels(row.width);
    inputs.push_back(10);
    CHECK(first_sample(over(row.width, row.text), inputs) == row.wanted);
  }
}

TEST_CASE("an expression node with channels is that wide by itself") {
  Graph graph;
  graph.expr("x", "110 * (i + 1) + 1000 * n").expr("flat", "7").output("out", "x").output("total", "sum(flat)");
  graph.nodes[0].channels = 3;
  graph.nodes[1].channels = 4;
  CHECK(first_sample(graph) == std::vector<double>{3110, 3220, 3330, 28});
}

TEST_CASE("nodes split, spread and keep pairs together as their ports say") {
  struct Row {
    Graph graph;
    std::vector<double> wanted;  // a = 1, 2, 3, …; mono = 10
  };
  const Row rows[] = {
      {with_node(3, "gain", {{"in", "a"}}), {1, 2, 3}},
      {with_node(3, "gain", {{"in", "a"}, {"gain", "mono"}}), {10, 20, 30}},
      {with_node(3, "gain", {{"in", "mono"}, {"gain", "a"}}), {10, 20, 30}},
      {with_node(3, "gain", {{"in", "a"}, {"gain", "i + n"}}), {3, 8, 15}},
      {with_node(1, "gain", {{"in", "mono"}, {"gain", "i"}}, 4), {0, 10, 20, 30}},
      {with_node(1, "gain", {{"in", "mono"}}, 2), {10, 10}},
      {with_node(2, "pan2", {{"in", "a"}}), {0.75, 0.25, 1.5, 0.5}},
      {with_node(2, "swap2", {{"in", "a"}}), {2, 1}},
      {with_node(6, "swap2", {{"in", "a"}}), {2, 1, 4, 3, 6, 5}},
      {with_node(1, "swap2", {{"in", "mono"}}), {10, 10}},
      {with_node(2, "swap2", {{"in", "a"}}, 2), {2, 1, 2, 1}},
      {with_node(2, "swap2", {{"in", "a * (i + 1)"}}, 1), {2, 1}},
      {with_node(1, "swap2", {{"in", "mono + i"}}, 2), {10, 10, 11, 11}},
      {with_node(1, "pan2", {{"in", "mono"}, {"position", "i"}}, 2), {10, 0, 0, 10}},
      {with_node(3, "link", {{"in", "a"}}), {6, 6, 6}},
      {with_node(1, "link", {{"in", "mono"}}, 3), {30, 30, 30}},
      {with_node(1, "lag", {{"in", "mono"}, {"a", "1 / (i + 1)"}}, 2), {10, 5}},
      {with_node(1, "gain", {{"in", "mono"}, {"gain", "k + 2"}}, 0, 3), {240}},
      {with_node(2, "gain", {{"in", "a"}, {"gain", "(k + 1) * (i + 1)"}}, 0, 2), {2, 16}},
      {with_node(1, "pan2", {{"in", "mono"}}, 0, 2), {5.625, 1.875, 1.875, 0.625}},
      {with_node(1, "bounded", {{"in", "mono"}, {"gain", "99"}}), {10}},
  };
  for (const Row& row : rows) {
    const Node& node = row.graph.nodes[0];
    INFO(node.type, " channels ", node.channels, " chain ", node.chain, " of ", row.graph.inputs[0].channels);
    std::vector<double> inputs = channels(row.graph.inputs[0].channels);
    inputs.push_back(10);
    CHECK(first_sample(row.graph, inputs) == row.wanted);
  }
}

TEST_CASE("widths that do not fit are errors that name both") {
  struct Row {
    Graph graph;
    const char* first;
    const char* second;
  };
  const Row rows[] = {
      {over(3, "a + stack(mono, mono)"), "2 channels", "3 channels"},
      {over(3, "a[0] > 0 ? a : stack(mono, mono)"), "2 channels", "3 channels"},
      {over(3, "sum(a, 5)"), "3 channels", "5"},
      {with_node(3, "gain", {{"in", "a"}, {"gain", "stack(mono, mono)"}}), "2 channels", "3"},
      {with_node(3, "swap2", {{"in", "a"}}), "3 channels", "4"},
      {with_node(3, "gain", {{"in", "a"}}, 2), "3 channels", "2"},
      {with_node(3, "link", {{"in", "a"}, {"key", "stack(mono, mono)"}}), "2 channels", "3"},
  };
  for (const Row& row : rows) {
    const Error error = errors_of(row.graph).front();
    INFO(error.message);
    CHECK(error.code == Errc::channel_mismatch);
    CHECK(error.message.find(row.first) != std::string::npos);
    CHECK(error.message.find(row.second) != std::string::npos);
  }
}

TEST_CASE("a channel beyond the signal's is an error") {
  for (const char* text : {"a[3]", "a[-4]", "mono[1]", "sum(a)[1]"}) {
    INFO(std::string(text));
    CHECK(errors_of(over(3, text)).front().code == Errc::bad_channel);
  }
}

TEST_CASE("widths travel around cycles") {
  Graph graph;
  graph.input("a", 2).node("e", "echo", {{"in", "a + 0.5 * d"}}).node("d", "lag", {{"in", "e"}}).output("out", "d");
  const Ir ir = lowered(graph);
  CHECK(ir.outputs[0].channels == 2);
  for (const StateDecl& state : ir.states) CHECK(state.lanes == 2);
}

TEST_CASE("a cycle that widens itself is an error and ends") {
  Graph graph;
  graph.input("a").node("e", "echo", {{"in", "stack(e, a)"}}).output("out", "sum(e)");
  CHECK(errors_of(graph).front().code == Errc::limit_channels);
  Graph doubling;
  doubling.input("a").node("e", "echo", {{"in", "p"}}).node("p", "pan2", {{"in", "e"}}).output("out", "sum(e)");
  CHECK(errors_of(doubling).front().code == Errc::limit_channels);
}

TEST_CASE("64 channels make as many insts as one, and one state of 64 lanes") {
  auto size = [](uint32_t width) { return lowered(with_node(width, "lag", {{"in", "a"}, {"a", "0.25"}})).size(); };
  CHECK(size(64) == size(1));
  const Ir ir = lowered(with_node(64, "lag", {{"in", "a"}}));
  REQUIRE(ir.states.size() == 1);
  CHECK(ir.states[0].lanes == 64);
  CHECK(ir.states[0].key == "x/z");
}

TEST_CASE("a bank of a thousand is one body") {
  auto bank = [](uint32_t count) {
    Graph graph;
    graph.input("a").node("bank", "lag", {{"in", "a"}, {"a", "1 / (i + 2)"}}).output("out", "sum(bank)");
    graph.nodes[0].channels = count;
    return lowered(graph).size();
  };
  CHECK(bank(1000) == bank(500));
}

TEST_CASE("every inst carries the path of the node that made it") {
  const Ir ir = lowered(with_node(1, "lag", {{"in", "a"}}, 0, 2));
  std::vector<std::string> seen;
  for (uint32_t i = 0; i < ir.size(); ++i)
    if (ir.insts[i].op == Op::next) seen.push_back(ir.origins[ir.origin[i]]);
  CHECK(seen == std::vector<std::string>{"x[0]", "x[1]"});
  CHECK(ir.states[1].key == "x[1]/z");
}
