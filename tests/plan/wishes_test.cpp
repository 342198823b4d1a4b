// Wishes: what patches ask of the plan, and where it holds.
#include "wishes.hpp"

#include <doctest/doctest.h>

#include "sinter/sinter.hpp"

using namespace sinter;

TEST_CASE(
    "a wish holds for its path and all inside of it, the innermost one wins, and names that only begin alike are not "
    "inside") {
  Ir ir;
  ir.origins = {"", "a", "a/b", "a/b/c", "a/d", "ab", "e[1]", "e[1]/f", "e[2]", "a/b2"};
  ir.wishes = {{"a", Wish::serial}, {"a/b", Wish::scan}, {"a/b/c", Wish::automatic}, {"e[1]", Wish::lanes}};
  const std::vector<Wish> wanted = {Wish::automatic, Wish::serial, Wish::scan,  Wish::automatic, Wish::serial,
                                    Wish::automatic, Wish::lanes,  Wish::lanes, Wish::automatic, Wish::serial};
  CHECK(planning::wishes_by_origin(ir) == wanted);
  ir.wishes.clear();
  CHECK(planning::wishes_by_origin(ir) == std::vector<Wish>(ir.origins.size(), Wish::automatic));
}

TEST_CASE("every wish has a name that patches write, and no other word is one") {
  for (const Wish wish : {Wish::automatic, Wish::serial, Wish::time_parallel, Wish::block, Wish::scan, Wish::lanes}) {
    Wish read{};
    CHECK(parse_wish(name(wish), read));
    CHECK(read == wish);
  }
  Wish untouched = Wish::scan;
  for (const char* word : {"", "automatic", "Serial", "time-parallel", "serial "})
    CHECK_FALSE(parse_wish(word, untouched));
  CHECK(untouched == Wish::scan);
}

TEST_CASE(
    "on the interpreter every wish gives the same plan but for serial, which keeps formulas out of vector loops") {
  const auto steps = [](const std::string& strategy) {
    Graph graph;
    graph.input("in")
        .expr("a", "tanh(in)")
        .node("low", "onepole", {{"in", "a"}, {"freq", "500"}})
        .output("out", "low * 2");
    for (Node& node : graph.nodes) node.strategy = strategy;
    const Result<Compiled> made = compile_patch(graph, {.backend = find_backend("interpreter")});
    REQUIRE(made);
    std::string kinds;
    for (const Step& step : made->plan.steps) kinds += std::string(name(step.kind)) + " ";
    return kinds;
  };
  for (const char* strategy : {"auto", "time_parallel", "block", "scan", "lanes"}) CHECK(steps(strategy) == steps(""));
  CHECK(steps("serial") != steps(""));
}
