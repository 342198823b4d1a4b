// The allocator's actions are run on a machine that only moves names of values about.
#include "../../jit/allocator.hpp"

#include <doctest/doctest.h>

#include <bit>

#include "support.hpp"

using namespace sinter::jit;
using sinter::test::Random;

namespace {

struct Problem {
  std::vector<Rule> rules;
  std::vector<Node> nodes;
  std::vector<Home> homes;
  std::vector<uint8_t> pinned;
  uint32_t registers = 0xffff;

  AllocationRequest request() const { return {nodes, homes, pinned, registers}; }
};

// What each register and slot holds, by value. Returns "" where every node finds its arguments, else what it misses.
std::string run(const Problem& problem, const Allocation& allocation) {
  std::vector<uint32_t> in_register(32, kNoValue), in_slot(allocation.slots, kNoValue);
  for (uint32_t v = 0; v < problem.pinned.size(); ++v)
    if (problem.pinned[v] != kNoRegister) in_register[problem.pinned[v]] = v;
  uint32_t next_node = 0;
  for (const Action& action : allocation.actions) {
    const std::string at = "node " + std::to_string(next_node) + ": ";
    const auto usable = [&](uint8_t reg) { return problem.registers >> reg & 1; };
    if (action.kind == Action::load) {
      if (!usable(action.dst)) return at + "load to a register it may not use";
      const bool computed = problem.homes[action.subject] == Home::slot;
      if (computed &&
          (allocation.slot[action.subject] == kNoValue || in_slot[allocation.slot[action.subject]] != action.subject))
        return at + "load of what was never spilled";
      in_register[action.dst] = action.subject;
      continue;
    }
    if (action.kind == Action::spill) {
      if (in_register[action.dst] != action.subject) return at + "spill of another value";
      if (problem.homes[action.subject] != Home::slot) return at + "spill of what has a home";
      in_slot[allocation.slot[action.subject]] = action.subject;
      continue;
    }
    if (action.subject != next_node) return at + "out of order";
    const Node& node = problem.nodes[next_node++];
    const Rule& rule = *node.rule;
    if (action.swapped && !rule.commutative) return at + "swapped what does not commute";
    int folded = 0;
    for (uint32_t k = 0; k < node.args; ++k) {
      const uint32_t value = node.arg[action.swapped && k < 2 ? 1 - k : k];
      if (action.arg[k] == kMemory) {
        ++folded;
        const Home home = problem.homes[value];
        const uint8_t allowed = home == Home::element ? rule.element : home == Home::load ? 0 : rule.wide;
        if (!(allowed >> k & 1)) return at + "argument in memory that may not be";
        if (home == Home::slot && (allocation.slot[value] == kNoValue || in_slot[allocation.slot[value]] != value))
          return at + "reads a slot that does not hold it";
      } else if (action.arg[k] == kNoRegister || in_register[action.arg[k]] != value) {
        return at + "argument " + std::to_string(k) + " is not where it should be";
      }
    }
    if (folded > 1) return at + "two arguments in memory";
    for (uint32_t t = 0; t < kMaxTemps; ++t) {
      const bool wanted = t < rule.temps;
      if ((action.temp[t] != kNoRegister) != wanted) return at + "wrong number of temporaries";
      if (!wanted) continue;
      if (!usable(action.temp[t])) return at + "temporary in a register it may not use";
      for (uint32_t k = 0; k < node.args; ++k)
        if (action.arg[k] == action.temp[t]) return at + "temporary over an argument";
      if (action.temp[t] == action.dst) return at + "temporary over the result";
      if (t && action.temp[t] == action.temp[0]) return at + "temporaries share a register";
      in_register[action.temp[t]] = kNoValue;
    }
    if (node.dst == kNoValue) continue;
    if (!usable(action.dst)) return at + "result in a register it may not use";
    for (uint32_t k = 0; k < node.args; ++k) {
      if (action.arg[k] != action.dst) continue;
      if (rule.early) return at + "result over an argument that is still read";
      if (rule.tied && k > 0 && action.arg[0] != action.dst)
        return at + "result over the second argument of a tied instruction";
    }
    in_register[action.dst] = node.dst;
  }
  return next_node == problem.nodes.size() ? "" : "nodes are missing";
}

Problem random_problem(Random& random) {
  Problem p;
  for (int i = 0; i < 12; ++i) {
    Rule rule;
    rule.wide = static_cast<uint8_t>(random.below(16));
    rule.element = static_cast<uint8_t>(random.below(16));
    rule.temps = static_cast<uint8_t>(random.below(3));
    rule.commutative = random.chance(0.3);
    rule.tied = random.chance(0.4);
    rule.early = random.chance(0.2);
    p.rules.push_back(rule);
  }
  const uint32_t leaves = 1 + random.below(20), nodes = 1 + random.below(300), reach = 1 + random.below(60);
  constexpr Home kHomes[] = {Home::wide, Home::element, Home::load};
  for (uint32_t i = 0; i < leaves; ++i) p.homes.push_back(kHomes[random.below(3)]);
  p.pinned.assign(leaves, kNoRegister);
  for (uint32_t i = 0; i < leaves && i < 6; ++i)
    if (random.chance(0.3)) {
      p.pinned[i] = static_cast<uint8_t>(15 - i);
      p.registers &= ~(1u << (15 - i));
    }
  for (uint32_t i = 0; i < nodes; ++i) {
    Node node;
    node.args = static_cast<uint8_t>(random.below(kMaxArgs + 1));
    const uint32_t known = static_cast<uint32_t>(p.homes.size());
    for (uint32_t k = 0; k < node.args; ++k)
      node.arg[k] = random.chance(0.3) ? random.below(leaves) : known - 1 - random.below(std::min(known, reach));
    node.rule = &p.rules[random.below(12)];
    if (random.chance(0.9)) {
      node.dst = known;
      p.homes.push_back(Home::slot);
      p.pinned.push_back(kNoRegister);
    }
    p.nodes.push_back(node);
  }
  return p;
}

// x0 … xn from one leaf, then their sum from the last to the first.
Problem tower(uint32_t height, const Rule* rule) {
  Problem p;
  p.homes.push_back(Home::wide);
  for (uint32_t i = 0; i < height; ++i) {
    p.nodes.push_back({.dst = static_cast<uint32_t>(p.homes.size()), .arg = {0}, .args = 1, .rule = rule});
    p.homes.push_back(Home::slot);
  }
  uint32_t sum = height;
  for (uint32_t i = height; i-- > 1;) {
    p.nodes.push_back({.dst = static_cast<uint32_t>(p.homes.size()), .arg = {sum, i}, .args = 2, .rule = rule});
    sum = static_cast<uint32_t>(p.homes.size());
    p.homes.push_back(Home::slot);
  }
  p.pinned.assign(p.homes.size(), kNoRegister);
  return p;
}

}  // namespace

TEST_CASE("every node of random bodies finds its arguments, whatever its instruction demands") {
  Random random(1);
  Allocator allocator;
  Allocation allocation;
  for (uint64_t i = 0; i < sinter::test::scaled(2000); ++i) {
    const Problem problem = random_problem(random);
    allocator.run(problem.request(), allocation);
    CAPTURE(i);
    REQUIRE_EQ(run(problem, allocation), "");
  }
}

TEST_CASE("what fits in registers is never spilled, and what does not is stored once") {
  const Rule rule{.wide = 0xf};
  Allocator allocator;
  Allocation allocation;
  for (uint32_t height : {1u, 8u, 15u, 16u, 17u, 40u, 1000u}) {
    const Problem problem = tower(height, &rule);
    CHECK_EQ(max_live(problem.nodes, problem.homes), height);
    allocator.run(problem.request(), allocation);
    REQUIRE_EQ(run(problem, allocation), "");
    uint32_t spills = 0;
    for (const Action& action : allocation.actions) spills += action.kind == Action::spill;
    // One register holds the leaf as long as it is used.
    CHECK_LE(spills, height > 15 ? height - 15 : 0);
    CHECK_EQ(allocation.slots, spills);
  }
}

TEST_CASE("a slot is used again once its value is dead") {
  const Rule rule{.wide = 0xf};
  Problem problem = tower(40, &rule);
  const Problem again = tower(40, &rule);
  const uint32_t values = static_cast<uint32_t>(problem.homes.size());
  for (Node node : again.nodes) {
    node.dst += values;
    for (uint32_t k = 0; k < node.args; ++k) node.arg[k] = node.arg[k] == 0 ? 0 : node.arg[k] + values;
    problem.nodes.push_back(node);
  }
  problem.homes.insert(problem.homes.end(), again.homes.begin(), again.homes.end());
  problem.pinned.assign(problem.homes.size(), kNoRegister);
  Allocator allocator;
  Allocation allocation;
  allocator.run(problem.request(), allocation);
  REQUIRE_EQ(run(problem, allocation), "");
  CHECK_LE(allocation.slots, 25);
}
