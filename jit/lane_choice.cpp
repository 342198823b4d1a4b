// How many vectors of lanes run side by side, in which turns, and what stays in registers.
#include <algorithm>

#include "loops.hpp"

namespace sinter::jit {
namespace {

constexpr uint32_t kMaxLaneCopies = 8;
constexpr uint32_t kRun = 24;  // nodes of one copy in a row: the processor overlaps them, and few values are alive
constexpr uint32_t kTransposeNodes = 28;  // what a tile costs in code, in body nodes

// Cycles from argument to result, roughly, on processors of the last ten years.
uint32_t latency(const Recipe& recipe) {
  const auto is = [&](std::initializer_list<Op> ops) {
    return std::any_of(ops.begin(), ops.end(), [&](Op op) { return &recipe == &recipe_of(op); });
  };
  if (&recipe == &kCopy || &recipe == &kNext) return 0;
  if (&recipe == &kTableGet) return 26;
  if (&recipe == &kDivideByEstimate) return 18;
  if (is({Op::div, Op::sqrt})) return 16;
  if (is({Op::imul})) return 10;
  if (is({Op::neg, Op::abs, Op::mask_and, Op::mask_or, Op::mask_not, Op::iadd, Op::isub, Op::iand, Op::ior, Op::ixor,
          Op::ishl, Op::ishr, Op::ushr}))
    return 1;
  return 4;
}

// Cycles of the longest way from states to states of the next sample.
uint32_t longest_feedback(const Body& body) {
  std::vector<uint32_t> reached(body.leaf_of.size(), kNoValue);
  for (const Body::State& state : body.states)
    if (state.value != kNoValue) reached[state.value] = 0;
  uint32_t longest = 0;
  for (const BodyNode& node : body.nodes) {
    uint32_t latest = kNoValue;
    for (uint32_t k = 0; k < node.args; ++k)
      if (const uint32_t at = reached[node.arg[k]]; at != kNoValue)
        latest = latest == kNoValue ? at : std::max(latest, at);
    if (latest == kNoValue) continue;
    if (node.dst != kNoValue) reached[node.dst] = latest + latency(*node.recipe);
    else if (node.recipe == &kNext) longest = std::max(longest, latest);
  }
  return longest;
}

}  // namespace

// Chains of feedback have long latencies: several vectors of lanes side by side hide them, even where that costs
// spills.
uint32_t Loops::choose_lane_copies(const Body& body, const Copies& one) const {
  const uint32_t width = e_.mode.width(), vectors = (body.lanes + width - 1) / width;
  const LaneRows& rows = body.lane_rows;
  const uint32_t nodes = std::max<uint32_t>(1, static_cast<uint32_t>(body.nodes.size()));
  const uint32_t size = nodes + static_cast<uint32_t>(rows.ins.size() + rows.outs.size()) * kTransposeNodes;
  const uint32_t states = static_cast<uint32_t>(body.states.size());
  const uint32_t others = max_live(one.nodes, one.homes) + max_temps(one.nodes) + kRoom;
  const uint32_t turns = (2 * longest_feedback(body) + nodes - 1) / nodes;  // two nodes a cycle
  const uint32_t useful = turns > 1 ? 2 * turns : 1;
  const auto fits = [&](uint32_t copies) {
    if (copies * size > kMaxUnrolledNodes) return false;
    return copies <= useful || copies * states + others <= e_.mode.isa->registers;
  };
  uint32_t most = std::min(kMaxLaneCopies, vectors);
  while (most > 1 && !fits(most)) --most;
  // As few turns as that allows, of equal size; sums repeat with the turns or the other way round.
  const uint32_t rounds = (vectors + most - 1) / most;
  uint32_t copies = (vectors + rounds - 1) / rounds;
  const auto repeats = [&](uint32_t count) {
    return std::all_of(rows.folds.begin(), rows.folds.end(), [&](const LaneRows::Fold& fold) {
      return count * width % fold.lanes == 0 || fold.lanes % (count * width) == 0;
    });
  };
  while (copies < vectors && copies > 1 && !repeats(copies)) --copies;
  return copies;
}

// States first, copy by copy; then what all copies read; then what each reads, by how often.
void Loops::choose_lane_pins(const Body& body, const Copies& one, uint32_t copies) {
  pins_.clear();
  pin_mask_ = 0;
  e_.states = static_cast<uint32_t>(body.states.size());
  e_.pinned_state.assign(copies * body.states.size(), kNoRegister);
  const uint32_t least = kMaxArgs + kMaxTemps + 2;
  const uint32_t live = max_live(many_.nodes, many_.homes);
  const uint32_t needed = std::max(least, live + max_temps(one.nodes) + kRoom);
  uint32_t next = e_.mode.isa->registers;
  const auto pin = [&](uint32_t value, uint32_t copy) {
    --next;
    pins_.push_back({value, static_cast<uint8_t>(next), static_cast<uint8_t>(copy)});
    pin_mask_ |= 1u << next;
  };
  std::vector<uint32_t> weight(body.leaf_of.size(), 0);
  for (const BodyNode& node : body.nodes)
    for (uint32_t k = 0; k < node.args; ++k) ++weight[node.arg[k]];
  for (size_t s = 0; s < body.states.size(); ++s) {
    const uint32_t value = body.states[s].value;
    if (value == kNoValue) continue;
    weight[value] = 0;
    for (uint32_t c = 0; c < copies && next > needed; ++c) {
      pin(value, c);
      e_.pinned_state[c * body.states.size() + s] = static_cast<uint8_t>(next);
    }
  }
  struct Candidate {
    uint32_t weight, value, copy;
  };
  std::vector<Candidate> leaves;
  for (uint32_t v = 0; v < weight.size(); ++v) {
    if (body.leaf_of[v] == kNoValue || weight[v] == 0) continue;
    const Leaf& leaf = body.leaves[body.leaf_of[v]];
    if (leaf.kind == Leaf::sample || leaf.kind == Leaf::lane_row) continue;
    const uint32_t loads = one.homes[one.base[v]] == Home::load ? 4 : 1;
    if (!leaf.per_copy()) leaves.push_back({weight[v] * loads * copies, v, 0});
    else
      for (uint32_t c = 0; c < copies; ++c) leaves.push_back({weight[v], v, c});
  }
  std::stable_sort(leaves.begin(), leaves.end(),
                   [](const Candidate& x, const Candidate& y) { return x.weight > y.weight; });
  for (const Candidate& leaf : leaves)
    if (next > needed) pin(leaf.value, leaf.copy);
}

// Groups of all copies, as often as there are whole ones, and one of what is left.
std::vector<Loops::LaneTurns> Loops::make_lane_turns(const Body& body) {
  const uint32_t width = e_.mode.width(), vectors = (body.lanes + width - 1) / width;
  make_copies(body, 1, one_);
  const uint32_t copies = choose_lane_copies(body, one_);
  make_copies(body, copies, many_, kRun);
  choose_lane_pins(body, one_, copies);
  allocate(many_);
  const uint32_t whole = body.lanes / (copies * width), rest = vectors - whole * copies;
  std::vector<LaneTurns> turns;
  if (whole)
    turns.push_back(
        {.group = {.copies = copies, .lanes = copies * width, .moves = whole > 1, .alone = whole == 1 && !rest},
         .count = whole,
         .copies = &many_});
  if (rest) {
    const uint32_t first = whole * copies * width;
    turns.push_back({.group = {.copies = rest, .lanes = body.lanes - first, .first = first, .alone = !whole},
                     .copies = rest == copies ? &many_ : &one_});
    if (rest != copies) {
      make_copies(body, rest, one_, kRun);
      allocate(one_);
    }
  }
  return turns;
}

}  // namespace sinter::jit
