// Definitions as node types: names, params, stages, copies side by side, and what they remember.
#include <doctest/doctest.h>

#include <algorithm>

#include "lower_support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

GraphParam param(const std::string& id, double fallback, double minimum = 0, double maximum = 100) {
  GraphParam made;
  made.id = id;
  made.fallback = fallback;
  made.minimum = minimum;
  made.maximum = maximum;
  return made;
}

// out = in · $amount + 1; second output: in
Graph scaler() {
  Graph body;
  body.input("in")
      .param(param("amount", 2))
      .node("g", "gain", {{"in", "in"}, {"gain", "$amount"}})
      .output("out", "g + 1")
      .output("dry", "in");
  return body;
}

Graph using_definition(const std::string& name, const Graph& body) {
  Graph graph;
  graph.definitions.push_back({.name = name, .body = body});
  return graph;
}

std::vector<double> play(const Graph& graph, std::vector<double> inputs, int steps) {
  const Ir ir = lowered(graph);
  IrPlayer player(ir);
  std::vector<double> out;
  for (int i = 0; i < steps; ++i) out = player.step(inputs);
  return out;
}

}  // namespace

TEST_CASE("a composite has its own names, its inputs and params are its ports") {
  Graph graph = using_definition("scaler", scaler());
  graph.input("in")
      .node("g", "scaler", {{"in", "10 * in"}, {"amount", "3"}})
      .node("h", "scaler", {{"in", "g"}})
      .output("out", "h")
      .output("dry", "g.dry");
  CHECK(first_sample(graph, {1}) == std::vector<double>{63, 10});
}

TEST_CASE("a composite's param is clamped to its range and can be a signal") {
  Graph graph = using_definition("scaler", scaler());
  graph.input("in").node("g", "scaler", {{"in", "1"}, {"amount", "in"}}).output("out", "g");
  CHECK(first_sample(graph, {7}) == std::vector<double>{8});
  CHECK(first_sample(graph, {700}) == std::vector<double>{101});
}

TEST_CASE("a star forwards outer params of the same name, but not over what is connected") {
  Graph graph = using_definition("scaler", scaler());
  graph.param(param("amount", 5))
      .node("g", "scaler", {{"in", "1"}})
      .node("h", "scaler", {{"in", "1"}, {"amount", "9"}})
      .node("plain", "scaler", {{"in", "1"}});
  graph.output("out", "stack(g, h, plain)");
  graph.nodes[0].forward_params = graph.nodes[1].forward_params = true;
  CHECK(first_sample(graph) == std::vector<double>{6, 10, 3});
}

TEST_CASE("composites stand inside composites, and states have the path of both") {
  Graph inner;
  inner.input("in").node("z", "lag", {{"in", "in"}}).output("out", "z");
  Graph outer;
  outer.input("in").node("inner", "one", {{"in", "in"}}).output("out", "inner + prev(in)");
  Graph graph = using_definition("one", inner);
  graph.definitions.push_back({.name = "two", .body = outer});
  graph.node("a", "two", {{"in", "1"}}).node("b", "two", {{"in", "2"}}).output("out", "a + b");
  const Ir ir = lowered(graph);
  std::vector<std::string> keys;
  for (const StateDecl& state : ir.states) keys.push_back(state.key.substr(0, state.key.find(':')));
  std::sort(keys.begin(), keys.end());
  CHECK(keys == std::vector<std::string>{"a/inner/z/z", "a/outputs.out/prev", "b/inner/z/z", "b/outputs.out/prev"});
}

TEST_CASE("a strategy is a wish for the path of every instance of its node") {
  Graph inner;
  inner.input("in").node("z", "lag", {{"in", "in"}}).output("out", "z");
  inner.nodes[0].strategy = "auto";
  Graph graph = using_definition("one", inner);
  graph.node("a", "one", {{"in", "1"}}).node("b", "one", {{"in", "2"}}).output("out", "a + b");
  graph.nodes[0].strategy = "serial";
  graph.nodes[1].strategy = "scan";
  graph.nodes[1].chain = 2;
  const Ir ir = lowered(graph);
  REQUIRE(verify(ir).empty());
  std::vector<std::string> wishes;
  for (const StrategyWish& each : ir.wishes) wishes.push_back(each.path + " " + std::string(name(each.wish)));
  std::sort(wishes.begin(), wishes.end());
  CHECK(wishes ==
        std::vector<std::string>{"a serial", "a/z auto", "b[0] scan", "b[0]/z auto", "b[1] scan", "b[1]/z auto"});
}

TEST_CASE("a chain of composites feeds each the first output of the one before") {
  Graph graph = using_definition("scaler", scaler());
  graph.node("c", "scaler", {{"in", "1"}, {"amount", "k + 1"}}).output("out", "c").output("dry", "c.dry");
  graph.nodes[0].chain = 3;
  CHECK(first_sample(graph) == std::vector<double>{16, 5});  // ((1·1 + 1)·2 + 1)·3 + 1
}

TEST_CASE("a composite over wider inputs runs in lanes of one body") {
  Graph body;
  body.input("in").node("z", "lag", {{"in", "in"}}).output("out", "z * 2");
  auto graph = [&](uint32_t width) {
    Graph made = using_definition("box", body);
    made.input("a", width).node("b", "box", {{"in", "a"}}).output("out", "b");
    return made;
  };
  CHECK(play(graph(3), {1, 2, 3}, 2) == std::vector<double>{1.5, 3, 4.5});
  CHECK(lowered(graph(16)).size() == lowered(graph(2)).size());
  REQUIRE(lowered(graph(16)).states.size() == 1);
  CHECK(lowered(graph(16)).states[0].lanes == 16);
}

TEST_CASE("channels of copies: what is inside sees only its own channels") {
  struct Row {
    uint32_t input_channels;  // of the definition
    const char* output;       // inside it
    uint32_t width;           // of what is connected
    uint32_t channels;        // "channels" of the node
    std::vector<double> wanted;
  };
  const Row rows[] = {
      // a stereo definition over four channels: two copies
      {2, "in", 4, 0, {1, 2, 3, 4}},
      {2, "in[1]", 4, 0, {2, 4}},
      {2, "sum(in)", 4, 0, {3, 7}},
      {2, "stack(in[1], in[0])", 4, 0, {2, 1, 4, 3}},
      {2, "stack(in, 9)", 4, 0, {1, 2, 9, 3, 4, 9}},
      {2, "count(in)", 4, 0, {2, 2}},
      {2, "in * i + n", 4, 0, {2, 4, 2, 6}},
      {2, "in * in[0]", 4, 0, {1, 2, 9, 12}},
      {2, "sum(in * 0 + 1)", 4, 0, {2, 2}},
      {2, "prev(in) + in", 4, 0, {1, 2, 3, 4}},
      {2, "sw", 4, 0, {2, 1, 4, 3}},
      {2, "pan", 4, 0, {0.75, 0.25, 1.5, 0.5, 2.25, 0.75, 3, 1}},
      {2, "li", 4, 0, {3, 3, 7, 7}},
      {2, "li.total", 4, 0, {3, 7}},
      {2, "stereo", 4, 0, {2, 1, 4, 3}},
      {2, "bank", 4, 0, {0, 2, 0, 4}},
      // copies by "channels": one pair goes to both, one channel to all
      {2, "in[1]", 2, 2, {2, 2}},
      {2, "in", 1, 2, {1, 1, 1, 1}},
      {2, "sw", 6, 3, {2, 1, 4, 3, 6, 5}},
      {1, "in + 10", 3, 0, {11, 12, 13}},
      {1, "stack(in, 2 * in)", 3, 0, {1, 2, 2, 4, 3, 6}},
      {1, "stack(in, 2 * in, 0, 0)", 2, 0, {1, 2, 0, 0, 2, 4, 0, 0}},
      {1, "0.5", 1, 2, {0.5, 0.5}},
      {3, "in[2] - in[0]", 6, 0, {2, 2}},
      {3, "in", 6, 0, {1, 2, 3, 4, 5, 6}},
  };
  for (const Row& row : rows) {
    INFO(std::string(row.output), " of ", row.input_channels, " over ", row.width, ", channels ", row.channels);
    Graph pair;
    pair.input("in", 2).output("out", "stack(in[1], in[0])");
    Graph body;
    body.input("in", row.input_channels);
    const std::string two = row.input_channels == 2 ? "in" : "stack(in[0], in[0])";
    body.node("sw", "swap2", {{"in", two}}).node("pan", "pan2", {{"in", "in"}}).node("li", "link", {{"in", "in"}});
    body.node("stereo", "pair", {{"in", two}})
        .node("bank", "gain", {{"in", two}, {"gain", "i"}})
        .output("out", row.output);
    Graph graph = using_definition("pair", pair);
    graph.definitions.push_back({.name = "box", .body = body});
    graph.input("a", row.width).node("b", "box", {{"in", "a"}}).output("out", "b");
    graph.nodes.back().channels = row.channels;
    std::vector<double> inputs(row.width);
    for (uint32_t i = 0; i < row.width; ++i) inputs[i] = i + 1;
    CHECK(first_sample(graph, inputs) == row.wanted);
  }
}

TEST_CASE("copies inside copies keep their channels apart") {
  Graph inner;
  inner.input("in", 2).output("out", "stack(in[1], in[0])");
  Graph middle;
  middle.input("in", 4)
      .node("p", "pair", {{"in", "in"}})
      .node("s", "swap2", {{"in", "in"}})
      .output("out", "p")
      .output("same", "s");
  Graph graph = using_definition("pair", inner);
  graph.definitions.push_back({.name = "quad", .body = middle});
  graph.input("a", 8).node("q", "quad", {{"in", "a"}}).output("out", "q").output("same", "q.same");
  const std::vector<double> swapped = {2, 1, 4, 3, 6, 5, 8, 7};
  std::vector<double> both = swapped;
  both.insert(both.end(), swapped.begin(), swapped.end());
  CHECK(first_sample(graph, {1, 2, 3, 4, 5, 6, 7, 8}) == both);
}

TEST_CASE("params of copies differ by i") {
  Graph graph = using_definition("scaler", scaler());
  graph.node("g", "scaler", {{"in", "1"}, {"amount", "10 * (i + 1)"}}).output("out", "g");
  graph.nodes[0].channels = 3;
  CHECK(first_sample(graph) == std::vector<double>{11, 21, 31});
}

TEST_CASE("a definition that contains itself is an error that prints the way") {
  Graph a, b;
  a.node("x", "b", {}).output("out", "x");
  b.node("y", "a", {}).output("out", "y");
  Graph graph = using_definition("a", a);
  graph.definitions.push_back({.name = "b", .body = b});
  graph.node("z", "a", {}).output("out", "z");
  const Error error = errors_of(graph).front();
  CHECK(error.code == Errc::recursive_define);
  CHECK(error.message.find("a → b → a") != std::string::npos);
}
