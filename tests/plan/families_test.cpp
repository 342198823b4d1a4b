// Families: what becomes lanes of one, what does not and why, and what keeps its own name.
#include "sinter/plan/families.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "planned.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

struct Packed {
  Ir before;
  Families families;
  Plan plan;
};

Packed packed(const Graph& graph, PlanOptions options = {.width = 16}) {
  Packed made{.before = passed(graph, options.strict)};
  made.families = pack_families(Ir(made.before), options);
  for (const Error& error : verify(made.families.ir)) FAIL(format(error));
  options.names = &made.families.names;
  Result<Plan> plan = make_plan(made.families.ir, options);
  if (!plan) FAIL(format(plan.error()));
  made.plan = std::move(*plan);
  return made;
}

// Lanes of each family's states, the most first.
std::vector<size_t> family_sizes(const Packed& made) {
  std::vector<size_t> sizes;
  for (const std::vector<std::string>& keys : made.families.names.state_keys)
    if (!keys.empty()) sizes.push_back(keys.size());
  std::ranges::sort(sizes, std::greater<>());
  return sizes;
}

std::string text(double value) { return std::to_string(value); }

using Strip = std::function<void(Graph&, const std::string& suffix, uint32_t strip)>;

// As many strips that read "in", each heard as "last" + its number, and their sum.
Graph strips(uint32_t count, const Strip& strip) {
  Graph graph;
  graph.input("in");
  std::string sum;
  for (uint32_t s = 0; s < count; ++s) {
    strip(graph, std::to_string(s), s);
    sum += (s ? " + last" : "last") + std::to_string(s);
  }
  return graph.output("out", sum);
}

void low_pass(Graph& graph, const std::string& n, uint32_t strip) {
  graph.node("last" + n, "lowpass", {{"in", "in"}, {"freq", text(300 + 20 * strip)}});
}
void ladder(Graph& graph, const std::string& n, uint32_t strip) {
  graph.expr("last" + n,
             "prev(last" + n + ") + " + text(0.1 + 0.01 * strip) + " * (tanh(in) - tanh(prev(last" + n + ")))");
}

uint32_t count_of(const Ir& ir, Op op) { return static_cast<uint32_t>(std::ranges::count(ir.insts, op, &Inst::op)); }

}  // namespace

TEST_CASE("filters written out side by side are lanes of one, each with its own key, and their sum is a fold") {
  const Packed made = packed(strips(40, low_pass));
  CHECK(family_sizes(made) == std::vector<size_t>{40, 40});
  std::set<std::string> keys;
  for (const StateSlot& slot : made.plan.layout.states) {
    CHECK(slot.lanes == 1);
    keys.insert(slot.key);
  }
  CHECK(keys.size() == 80);
  CHECK(keys.count("last39/ic2") == 1);
  CHECK(count_of(made.families.ir, Op::prev) == 2);
  CHECK(count_of(made.families.ir, Op::fold) == 1);
}

TEST_CASE("strict mode packs filters too, and leaves the order of sums as it is") {
  const Packed made = packed(strips(40, low_pass), {.width = 16, .strict = true});
  CHECK(family_sizes(made) == std::vector<size_t>{40, 40});
  CHECK(count_of(made.families.ir, Op::fold) == 0);
}

TEST_CASE("how many make a family: whole vectors of what is solved anyway, four of what is not") {
  struct Case {
    Strip strip;
    uint32_t count, width;
    bool strict, packs;
  };
  const Case cases[] = {{low_pass, 15, 16, false, false}, {low_pass, 16, 16, false, true},
                        {low_pass, 17, 16, false, false}, {low_pass, 7, 8, false, false},
                        {low_pass, 8, 8, false, true},    {low_pass, 4, 16, true, true},
                        {low_pass, 3, 16, true, false},   {ladder, 3, 16, false, false},
                        {ladder, 4, 16, false, true},     {low_pass, 64, 0, false, false}};
  for (const Case& each : cases) {
    CAPTURE(each.count);
    CAPTURE(each.width);
    CAPTURE(each.strict);
    const Packed made = packed(strips(each.count, each.strip), {.width = each.width, .strict = each.strict});
    CHECK(made.families.names.any() == each.packs);
    if (!each.packs) CHECK(print(made.families.ir) == print(made.before));
  }
}

TEST_CASE("nodes of one shape at two places of a strip are two families, which share one loop") {
  const Packed made = packed(strips(32, [](Graph& graph, const std::string& n, uint32_t strip) {
    graph.node("tone" + n, "onepole", {{"in", "in"}, {"freq", text(50 + strip)}});
    graph.node("slow" + n, "onepole", {{"in", "in * 0.5"}, {"freq", text(5 + strip)}});
    graph.node("last" + n, "lowpass",
               {{"in", "tanh(tone" + n + ") * (1 + slow" + n + ")"}, {"freq", text(400 + 9 * strip)}});
  }));
  CHECK(family_sizes(made) == std::vector<size_t>{32, 32, 32, 32});
  const auto wide = std::ranges::count_if(made.plan.steps, [](const Step& step) { return step.lanes == 32; });
  CHECK(wide == 1);
}

TEST_CASE("a strip that is not quite like the others stays by itself, and the others together") {
  const Packed made = packed(strips(33, [](Graph& graph, const std::string& n, uint32_t strip) {
    graph.node("low" + n, "lowpass", {{"in", "in"}, {"freq", text(300 + 20 * strip)}});
    const std::string in = strip == 5 ? "low5" : "tanh(low" + n + ")";
    graph.node("last" + n, "onepole", {{"in", in}, {"freq", text(900 + strip)}});
  }));
  CHECK(family_sizes(made) == std::vector<size_t>{32, 32, 32});
  for (const std::vector<std::string>& keys : made.families.names.state_keys)
    CHECK(std::ranges::find(keys, "low5/ic1") == keys.end());
}

TEST_CASE("what moves by parameters is packed in families that a cell can make the tables of") {
  const Packed made = packed([] {
    Graph graph = strips(100, [](Graph& g, const std::string& n, uint32_t strip) {
      g.node("last" + n, "lowpass", {{"in", "in"}, {"freq", "hold($f) + " + text(10 * strip)}});
    });
    return graph.param({.id = "f", .minimum = 100, .maximum = 900, .fallback = 200});
  }());
  CHECK(family_sizes(made) == std::vector<size_t>{64, 64, 36, 36});
}

TEST_CASE("every lane's ramp keeps its own slot and fingerprint") {
  const Packed made = packed([] {
    Graph graph = strips(16, [](Graph& g, const std::string& n, uint32_t) {
      g.param({.id = "g" + n, .minimum = 0, .maximum = 1, .fallback = 0.5});
      g.node("low" + n, "lowpass", {{"in", "in"}, {"freq", "500"}});
      g.expr("last" + n, "tanh(low" + n + " * $g" + n + ")");
    });
    return graph;
  }());
  const Result<Plan> plain = make_plan(made.before);
  REQUIRE(static_cast<bool>(plain));
  REQUIRE(made.plan.layout.ramps.size() == 16);
  std::set<uint64_t> before, after;
  for (const RampSlot& ramp : plain->layout.ramps) before.insert(ramp.cone);
  for (const RampSlot& ramp : made.plan.layout.ramps) after.insert(ramp.cone);
  CHECK(before.size() == 16);
  CHECK(before == after);
  CHECK(made.plan.layout.outputs[0].cone == plain->layout.outputs[0].cone);
}

TEST_CASE("what no lane can be stays as it is") {
  const auto wished = strips(32, [](Graph& graph, const std::string& n, uint32_t strip) {
    low_pass(graph, n, strip);
    graph.nodes.back().strategy = "serial";
  });
  const auto delayed = strips(32, [](Graph& graph, const std::string& n, uint32_t strip) {
    graph.node("last" + n, "delay", {{"in", "in + 0.5 * last" + n}, {"time", text(0.002 + 0.0001 * strip)}},
               {{"max", {SettingKind::number, 0.01, false, {}, {}}}});
  });
  Graph series;
  series.input("in");
  for (uint32_t s = 0; s < 32; ++s)
    series.node("eq" + std::to_string(s), "peak",
                {{"in", s ? "eq" + std::to_string(s - 1) : "in"}, {"freq", text(100 + 50 * s)}, {"gain", "0.7"}});
  series.output("out", "eq31");
  CHECK_FALSE(packed(wished).families.names.any());
  CHECK_FALSE(packed(delayed).families.names.any());
  CHECK_FALSE(packed(series).families.names.any());
}

TEST_CASE("code for a thousand chains is hardly more than for thirty-two") {
  const auto chains = [](uint32_t count) {
    return packed(strips(count, [](Graph& graph, const std::string& n, uint32_t strip) {
      graph.node("low" + n, "lowpass", {{"in", "in"}, {"freq", text(300 + 7 * strip)}});
      graph.node("last" + n, "onepole", {{"in", "tanh(low" + n + ")"}, {"freq", text(9000 - 6 * strip)}});
    }));
  };
  const auto ops = [](const Packed& made) {
    size_t all = 0;
    for (const Step& step : made.plan.steps) all += step.body.size();
    return all;
  };
  CHECK(ops(chains(960)) < ops(chains(32)) + 64);
}

TEST_CASE(
    "formulas of controls that share their parts in each member are packed once, whatever the ways through them") {
  constexpr uint32_t kDeep = 40;  // and 2^40 ways
  Graph graph;
  graph.input("in").param({.id = "p", .minimum = 0, .maximum = 1, .fallback = 0.5});
  std::string sum;
  for (uint32_t m = 0; m < 8; ++m) {
    const std::string own = std::to_string(m) + "_";
    graph.expr("c" + own + "0", "$p + " + text(0.1 + m));
    for (uint32_t k = 1; k < kDeep; ++k) {
      const std::string before = "c" + own + std::to_string(k - 1);
      graph.expr("c" + own + std::to_string(k), "(" + before + " - " + text(0.3 + 0.01 * m + 0.001 * k) + ") / (" +
                                                    before + " - " + text(2.3 + 0.01 * m + 0.001 * k) + ")");
    }
    const std::string f = "f" + std::to_string(m);
    graph.expr(f, "tanh(0.1 * in + hold(c" + own + std::to_string(kDeep - 1) + ") * prev(" + f + "))");
    sum += (m ? " + " : "") + f;
  }
  const Packed made = packed(graph.output("out", sum));
  CHECK(family_sizes(made) == std::vector<size_t>{8});
  CHECK(made.families.ir.size() < made.before.size());
}

TEST_CASE("packing that is cancelled leaves the Ir as it is") {
  const Ir before = passed(strips(400, low_pass), false);
  const std::function<bool()> cancelled = [] { return true; };
  const Families families = pack_families(Ir(before), {.width = 16, .cancelled = &cancelled});
  CHECK_FALSE(families.names.any());
  CHECK(families.ir.size() == before.size());
}
