// The sum of a bank moves into the bank's loop where nothing else is read of it.
#include "lane_sums.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "planned.hpp"
#include "sinter/ir/builder.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// A bank too non-linear to be solved, so that it runs in lanes, and what is heard of it.
Planned bank(uint32_t channels, const std::string& heard) {
  Graph graph;
  graph.input("in").expr("bank", "tanh(in * (i + 1) - 0.5 * prev(bank))").output("out", heard);
  graph.nodes[0].channels = channels;
  return planned(graph);
}

const Step* lanes_step(const Plan& plan) {
  const auto found =
      std::find_if(plan.steps.begin(), plan.steps.end(), [](const Step& s) { return s.kind == StepKind::lanes; });
  return found == plan.steps.end() ? nullptr : &*found;
}

size_t sums(const Planned& made) {
  const Step* step = lanes_step(made.plan);
  return step ? step->lane_sums.size() : 0;
}

}  // namespace

TEST_CASE("a sum of a bank is made in the bank's loop, and the adds that made it are in no step") {
  const Planned made = bank(64, "0.5 * sum(bank)");
  REQUIRE(sums(made) == 1);
  const Step& step = *lanes_step(made.plan);
  const LaneSum one = step.lane_sums[0];
  const auto at = std::find(step.body.begin(), step.body.end(), one.fold);
  REQUIRE(step.body.end() - at >= 2);
  CHECK(at[1] == one.sum);
  CHECK(made.ir[one.sum].lanes == 1);
  size_t adds = 0;
  for (uint32_t i = 0; i < made.ir.size(); ++i)
    adds += made.ir.insts[i].op == Op::add && made.ir.insts[i].lanes == 1 && made.plan.step_of[i] == UINT32_MAX;
  CHECK(adds == 14);
  CHECK(made.plan.places[one.sum.index].kind == PlaceKind::buffer);
  CHECK(made.plan.places[one.fold.index].kind != PlaceKind::buffer);
}

TEST_CASE("several sums of one loop move, and a sum that goes out as it is") {
  CHECK(sums(bank(40, "sum(bank)")) == 1);
  CHECK(sums(bank(64, "sum(bank) + sum(bank * bank)")) == 2);
}

TEST_CASE("a bank stays in rows where more than its one sum is heard") {
  CHECK(sums(bank(64, "sum(bank, 2)")) == 0);
  CHECK(sums(bank(16, "sum(bank)")) == 0);  // no fold: the rows are the bank's own
}

TEST_CASE("a fold whose lanes are read one by one too is not taken away from who reads them") {
  for (const bool read_twice : {false, true}) {
    Ir ir;
    Builder b{ir};
    Signal z = b.state("z", Type::f32, 64);
    Signal y = z * 0.5 + 1.0;
    b.next(z, y);
    std::vector<Step> steps = {{.kind = StepKind::lanes, .lanes = 64, .body = {z.value, y.value, ir.roots.back()}},
                               {.kind = StepKind::time_parallel}};
    Signal sums = b.fold(y, 16);
    steps[0].body.push_back(sums.value);
    const uint32_t first = ir.size();
    Signal sum = b.sum(y);
    for (uint32_t i = first; i < ir.size(); ++i)
      if (ir.insts[i].op == Op::add) steps[1].body.push_back({i});
    Signal heard = read_twice ? sum * b.extract(sums, 3) : sum * 2.0;
    steps[1].body.push_back(heard.value);
    planning::move_lane_sums(ir, steps);
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].lane_sums.size() == (read_twice ? 0 : 1));
    CHECK(steps[1].body.size() == (read_twice ? 16 : 1));
  }
}
