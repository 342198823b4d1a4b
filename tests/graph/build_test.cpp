// Graphs made in C++: the same patches, and the same errors.
#include <doctest/doctest.h>

#include <cmath>

#include "test_library.hpp"

using namespace sinter;

namespace {

std::string codes(const Graph& graph) {
  std::string text;
  for (const Error& error : check(graph, test::small_library()))
    text += (text.empty() ? "" : " ") + std::string(error_name(error.code)) + ":" + error.where;
  return text;
}

Graph small() {
  Graph graph;
  graph.input("in", 2).param({.id = "drive", .maximum = 24, .unit = Unit::decibel});
  graph.node("amp1", "amp", {{"in", "in"}, {"gain", "db($drive)"}}).output("out", "amp1");
  return graph;
}

}  // namespace

TEST_CASE("a graph made in C++ equals the patch that says the same") {
  const Graph graph = small();
  CHECK(codes(graph).empty());
  const Result<Graph> read = test::read(R"json({"sinter":1,"inputs":{"in":2},"params":{"drive":{"max":24,"unit":"dB"}},
      "nodes":[{"id":"amp1","type":"amp","in":{"in":"in","gain":"db($drive)"}}],"outputs":{"out":"amp1"}})json");
  REQUIRE(bool(read));
  CHECK(*read == graph);
  CHECK(*test::read(write_patch(graph)) == graph);
}

TEST_CASE("choices made in C++ get their range") {
  Graph graph = small();
  graph.param({.id = "mode", .fallback = 1, .choices = {"a", "b", "c"}}).expr("m", "$mode").output("m", "m");
  CHECK(codes(graph).empty());
  CHECK(graph.params[1].maximum == 2);
  CHECK(*test::read(write_patch(graph)) == graph);
}

TEST_CASE("what is wrong with a graph made in C++ is found by check") {
  const auto with = [](auto change) {
    Graph graph = small();
    change(graph);
    return codes(graph);
  };
  CHECK(with([](Graph& g) { g.expr("bad", "1 +"); }) == "bad_expression:bad");
  CHECK(with([](Graph& g) { g.expr("bad", "y"); }) == "unknown_name:bad");
  CHECK(with([](Graph& g) { g.expr("amp1", "1"); }) == "duplicate_id:amp1");
  CHECK(with([](Graph& g) { g.expr("", "1"); }) == "bad_name:");
  CHECK(with([](Graph& g) { g.node("a", "nosuch", {}); }) == "unknown_type:a");
  CHECK(with([](Graph& g) { g.node("a", "amp", {{"in", "1"}, {"in", "2"}}); }) == "duplicate_key:a");
  CHECK(with([](Graph& g) { g.node("a", "amp", {{"in", "1"}, {"x", "2"}}); }) == "unknown_port:a");
  CHECK(with([](Graph& g) { g.node("a", "amp", {}); }) == "missing_input:a");
  CHECK(with([](Graph& g) { g.node("a", "delay", {{"in", "1"}}); }) == "missing_key:a");
  CHECK(with([](Graph& g) { g.node("a", "delay", {{"in", "1"}}, {{"max", {.number = 99}}}); }) == "out_of_range:a");
  CHECK(with([](Graph& g) {
          g.node("a", "delay", {{"in", "1"}}, {{"max", {.number = 1}}, {"max", {.number = 1}}});
        }) == "duplicate_key:a");
  CHECK(with([](Graph& g) {
          g.node("a", "delay", {{"in", "1"}}, {{"max", {.kind = SettingKind::flag}}});
        }) == "wrong_type:a");
  CHECK(with([](Graph& g) {
          g.node("a", "convolve", {{"in", "1"}}, {{"file", {.kind = SettingKind::text, .text = "a.wav"}}});
        }) == "outside_folder:a");
  CHECK(with([](Graph& g) { g.nodes[0].inputs[1].expr = Expr::number(HUGE_VAL); }) == "not_finite:amp1");
  CHECK(with([](Graph& g) { g.input("wide", 65); }) == "limit_channels:wide");
  CHECK(with([](Graph& g) { g.param({.id = "p", .minimum = 1, .maximum = 0}); }) == "bad_param:p");
  CHECK(with([](Graph& g) { g.output("out", "1"); }) == "duplicate_id:out");
  CHECK(with([](Graph& g) { g.outputs.clear(); }) == "no_output:");
  CHECK(with([](Graph& g) { g.nodes[0].channels = 5000; }) == "limit_channels:amp1");
  CHECK(with([](Graph& g) { g.nodes[0].strategy = "magic"; }) == "bad_setting:amp1");
  for (const char* strategy : {"auto", "serial", "time_parallel", "block", "scan", "lanes"})
    CHECK(with([&](Graph& g) { g.nodes[0].strategy = strategy; }).empty());
  CHECK(with([](Graph& g) {
          Definition self{.name = "self"};
          self.body.nodes.push_back({.id = "s", .type = "self"});
          self.body.outputs.push_back({"out", Expr::named("s"), {}});
          g.definitions.push_back(self);
        }) == "recursive_define:self");
}

TEST_CASE("warnings of a graph made in C++ come with check") {
  Graph graph = small();
  graph.expr("unused", "in");
  std::vector<Error> warnings;
  CHECK(check(graph, test::small_library(), &warnings).empty());
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].code == Errc::unused_node);
  CHECK(warnings[0].where == "unused");
  CHECK(warnings[0].warning);
}
