// Which filters in series are solved as one, and which are not.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "planned.hpp"
#include "sinter/plan/regions.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// The states of every section of every recurrence that is solved, as "2+2 1+1 2", in order.
std::string sections(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps)
    for (const Recurrence& recurrence : step.recurrences) {
      if (recurrence.solution != Solution::constant) continue;
      const LinearTable& table = plan.tables.at(recurrence.table);
      CHECK(recurrence.sections.size() != 1);
      std::string own;
      for (const uint32_t states : table.sections) own += (own.empty() ? "" : "+") + std::to_string(states);
      text += (text.empty() ? "" : " ") + own;
    }
  return text;
}

Graph filters(const char* type, uint32_t chain, uint32_t channels = 1) {
  Graph graph;
  graph.input("in", channels);
  graph.node("x", type, {{"in", "in"}, {"freq", "200 + 100 * k"}});
  graph.nodes.back().chain = chain;
  return graph.output("out", "x");
}

// Two low passes; `between` reads the first as a.
Graph around(const std::string& between, const std::string& out = "c") {
  Graph graph;
  graph.param({.id = "knob", .minimum = 0, .maximum = 1, .fallback = 0.5});
  graph.input("in").input("side").node("a", "lowpass", {{"in", "in"}, {"freq", "300"}});
  graph.expr("b", between).node("c", "highpass", {{"in", "b"}, {"freq", "100"}});
  return graph.output("out", out);
}

}  // namespace

TEST_CASE("filters in series are solved in pairs, whatever they are and however many there are") {
  struct {
    const char* type;
    uint32_t chain;
    std::string expected;
  } const cases[] = {{"peak", 1, "2"},          {"peak", 2, "2+2"},        {"lowpass", 2, "2+2"},
                     {"highshelf", 3, "2+2 2"}, {"notch", 5, "2+2 2+2 2"}, {"peak", 10, "2+2 2+2 2+2 2+2 2+2"},
                     {"onepole", 2, "1+1"},     {"onepole", 4, "1+1 1+1"}};
  for (const auto& each : cases)
    for (const uint32_t width : {4u, 8u, 16u})
      for (const uint32_t channels : {1u, 2u}) {
        CAPTURE(each.type);
        CAPTURE(each.chain);
        CAPTURE(width);
        CAPTURE(channels);
        CHECK(sections(planned(filters(each.type, each.chain, channels), {.width = width}).plan) == each.expected);
      }
}

TEST_CASE("what lies between two filters joins them where it is linear and rests, and only they read it") {
  struct {
    std::string between;
    std::string out;
    std::string expected;
  } const cases[] = {
      {"a", "c", "2+2"},
      {"0.5 * a", "c", "2+2"},
      {"hold($knob) * a", "c", "2+2"},
      {"-a * 0.5", "c", "2+2"},
      {"in - a", "c", "2+2"},
      {"0.3 * in + a", "0.1 * c", "2+2"},
      {"tanh(a)", "c", "2 2"},
      {"side * a", "c", "2 2"},
      {"a + side", "c", "2 2"},
      {"a + 0.5", "c", "2 2"},
      {"a * a", "c", "2 2"},
      {"a", "c + a", "2+2"},
      {"a", "c + tanh(a)", "2 2"},
      {"0.5 * a", "c + tanh(b)", "2 2"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.between);
    CAPTURE(each.out);
    CHECK(sections(planned(around(each.between, each.out)).plan) == each.expected);
  }
}

TEST_CASE("filters of other channels or in a fork, one sample at a time, or asked for by themselves are not merged") {
  Graph widens = filters("lowpass", 1);
  widens.outputs.clear();
  widens.node("y", "highpass", {{"in", "x * (1 + i)"}, {"freq", "50"}});
  widens.nodes.back().channels = 2;
  CHECK(sections(planned(widens.output("out", "sum(y)")).plan) == "2 2");

  Graph fork = filters("lowpass", 1);
  fork.outputs.clear();
  fork.node("y", "highpass", {{"in", "x"}, {"freq", "50"}}).node("z", "notch", {{"in", "x"}, {"freq", "90"}});
  CHECK(sections(planned(fork.output("out", "y + z")).plan) == "2 2 2");

  // The zero of a DC blocker lies in front of its pole.
  Graph blocked;
  blocked.input("in").node("x", "dcblock", {{"in", "in"}, {"freq", "4000"}});
  blocked.node("y", "lowpass", {{"in", "x"}, {"freq", "60"}}).node("z", "lowpass", {{"in", "y"}, {"freq", "60"}});
  CHECK(sections(planned(blocked.output("out", "z")).plan) == "1 2+2");

  Graph asked = filters("peak", 4);
  asked.nodes[0].strategy = "block";
  CHECK(sections(planned(asked).plan) == "2 2 2 2");
  CHECK(sections(planned(filters("peak", 4), {}).plan).empty());
  CHECK(sections(planned(filters("peak", 4), {.width = 16, .strict = true}).plan).empty());
}

TEST_CASE("a pair reads what the first reads and gives what the second gives, and is one region of four states") {
  const Planned made = planned(filters("peak", 4));
  REQUIRE(made.plan.steps.size() == 1);
  const Step& loop = made.plan.steps[0];
  REQUIRE(loop.recurrences.size() == 2);
  size_t body = 0;
  for (const Recurrence& recurrence : loop.recurrences) {
    CHECK(recurrence.inputs.size() == 1);
    CHECK(recurrence.outputs.size() == 1);
    CHECK(recurrence.prevs.size() == 4);
    for (size_t k = 0; k < 4; ++k) CHECK(made.ir[recurrence.prevs[k]].imm == made.ir[recurrence.nexts[k]].imm);
    CHECK(std::is_sorted(recurrence.body.begin(), recurrence.body.end(),
                         [](Value a, Value b) { return a.index < b.index; }));
    body += recurrence.body.size();
  }
  CHECK(loop.recurrences[1].inputs[0] == loop.recurrences[0].outputs[0]);
  CHECK(body == loop.body.size());
  const std::vector<Region> found = regions(made.ir, made.plan);
  REQUIRE(found.size() == 2);
  for (const Region& region : found) {
    CHECK(region.states.size() == 4);
    CHECK(region.solution == Solution::constant);
    CHECK(region.distance == 1);
  }
}
