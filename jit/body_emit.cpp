// A body in a loop: how many copies of it run side by side, which values keep a register, and its instructions.
#include <algorithm>
#include <cstddef>

#include "loops.hpp"
#include "sinter/engine/program.hpp"

namespace sinter::jit {
namespace {

constexpr uint32_t kMaxCopies = 8;

}  // namespace

uint32_t max_temps(const std::vector<Node>& nodes) {
  uint32_t most = 0;
  for (const Node& node : nodes) most = std::max<uint32_t>(most, node.rule->temps);
  return most;
}

Home Loops::home_of(const Leaf& leaf) const {
  const Mode& mode = e_.mode;
  switch (leaf.kind) {
    case Leaf::literal:
      return mode.broadcasts() ? Home::element : Home::wide;
    case Leaf::iota:
    case Leaf::wide:
      return Home::wide;
    case Leaf::total:
    case Leaf::element:
      return mode.broadcasts() || mode.scalar ? Home::element : Home::load;
    case Leaf::sample:
      return mode.broadcasts() ? Home::element : Home::load;
    case Leaf::lane_element:
    case Leaf::lane_row:
    case Leaf::lane_index:
      return Home::wide;
    case Leaf::row:
      return mode.scalar ? Home::element : mode.isa->vex() ? Home::wide : Home::load;
  }
  return Home::load;
}

void Loops::make_copies(const Body& body, uint32_t count, Copies& copies, uint32_t run) {
  const uint32_t values = static_cast<uint32_t>(body.leaf_of.size());
  copies.count = count;
  copies.base.resize(values);
  copies.homes.clear();
  copies.origin.clear();
  std::vector<bool> shared(values);
  for (uint32_t v = 0; v < values; ++v)
    shared[v] = body.leaf_of[v] != kNoValue && !body.leaves[body.leaf_of[v]].per_copy();
  for (const BodyNode& node : body.nodes)
    if (node.once) shared[node.dst] = true;
  for (uint32_t v = 0; v < values; ++v) {
    const Home home = body.leaf_of[v] == kNoValue ? Home::slot : home_of(body.leaves[body.leaf_of[v]]);
    copies.base[v] = static_cast<uint32_t>(copies.homes.size());
    for (uint32_t c = 0; c < (shared[v] ? 1 : count); ++c) {
      copies.homes.push_back(home);
      copies.origin.push_back(v * 16 + c);
    }
  }
  const auto copy_of = [&](uint32_t v, uint32_t c) {
    return v == kNoValue ? kNoValue : copies.base[v] + (shared[v] ? 0 : c);
  };
  copies.nodes.clear();
  copies.from.clear();
  const auto add = [&](uint32_t index, uint32_t c) {
    const BodyNode& from = body.nodes[index];
    if (from.once && c > 0) return;
    Node to{.dst = copy_of(from.dst, c), .args = from.args, .rule = &from.recipe->rules[e_.mode.index()]};
    for (uint32_t k = 0; k < from.args; ++k) to.arg[k] = copy_of(from.arg[k], c);
    if (from.step != kNoValue && c > 0) {
      to.arg[0] = copy_of(from.dst, c - 1);
      to.arg[1] = copy_of(from.step, c);
    }
    copies.nodes.push_back(to);
    copies.from.push_back({index, c});
  };
  const auto total = static_cast<uint32_t>(body.nodes.size());
  for (uint32_t first = 0; first < total; first += run)
    for (uint32_t c = 0; c < count; ++c)
      for (uint32_t i = first; i < std::min(first + run, total); ++i) add(i, c);
  if (std::any_of(body.nodes.begin(), body.nodes.end(), [](const BodyNode& node) { return node.once; }))
    drop_unused(copies);
}

// The later copies of what only the first one's own work reads.
void Loops::drop_unused(Copies& copies) {
  std::vector<bool> used(copies.homes.size()), kept(copies.nodes.size());
  for (size_t i = copies.nodes.size(); i-- > 0;) {
    const Node& node = copies.nodes[i];
    kept[i] = node.dst == kNoValue || used[node.dst];
    for (uint32_t k = 0; kept[i] && k < node.args; ++k) used[node.arg[k]] = true;
  }
  size_t count = 0;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (!kept[i]) continue;
    copies.nodes[count] = copies.nodes[i];
    copies.from[count++] = copies.from[i];
  }
  copies.nodes.resize(count);
  copies.from.resize(count);
}

void Loops::allocate(Copies& copies) {
  copies.pinned.assign(copies.homes.size(), kNoRegister);
  for (const Pin& pin : pins_)
    if (pin.copy < copies.count) copies.pinned[copies.base[pin.value] + pin.copy] = pin.reg;
  const uint32_t all = e_.mode.isa->registers == 32 ? 0xffffffffu : 0xffffu;
  allocator_.run({copies.nodes, copies.homes, copies.pinned, all & ~pin_mask_}, copies.allocation);
}

// Copies hide latency: as many as have all their values in registers, within one row of a cell.
uint32_t Loops::choose_copies(const Body& body, const Copies& one) const {
  const uint32_t live = max_live(one.nodes, one.homes), temps = max_temps(one.nodes);
  for (uint32_t copies = kMaxCopies; copies > 1; copies /= 2) {
    if (copies * e_.mode.width() > kCellFrames || copies * body.nodes.size() > kMaxUnrolledNodes) continue;
    if (live * copies + temps + kRoom <= e_.mode.isa->registers) return copies;
  }
  return 1;
}

// Registers that the copies leave over hold states first, then the leaves that are read most.
void Loops::choose_pins(const Body& body, const Copies& one, uint32_t copies, bool states) {
  pins_.clear();
  pin_mask_ = 0;
  e_.pinned_state.assign(body.states.size(), kNoRegister);
  const uint32_t registers = e_.mode.isa->registers;
  const uint32_t least = kMaxArgs + kMaxTemps + 2;
  const uint32_t needed = std::max(least, max_live(one.nodes, one.homes) * copies + max_temps(one.nodes) + kRoom);
  if (needed >= registers) return;
  uint32_t next = registers;
  const auto pin = [&](uint32_t value) {
    --next;
    pins_.push_back({value, static_cast<uint8_t>(next)});
    pin_mask_ |= 1u << next;
  };
  std::vector<uint32_t> weight(body.leaf_of.size(), 0);
  for (const BodyNode& node : body.nodes)
    for (uint32_t k = 0; k < node.args; ++k) ++weight[node.arg[k]];
  for (size_t s = 0; states && s < body.states.size() && next > needed; ++s) {
    const uint32_t value = body.states[s].value;
    if (value == kNoValue) continue;
    pin(value);
    e_.pinned_state[s] = static_cast<uint8_t>(next);
    weight[value] = 0;
  }
  for (const Body::State& state : body.states)
    if (state.value != kNoValue) weight[state.value] = 0;
  std::vector<uint32_t> leaves;
  for (uint32_t v = 0; v < weight.size(); ++v) {
    const uint32_t leaf = body.leaf_of[v];
    if (leaf == kNoValue || weight[v] == 0 || body.leaves[leaf].kind == Leaf::row) continue;
    if (one.homes[one.base[v]] == Home::load) weight[v] *= 4;
    leaves.push_back(v);
  }
  const size_t kept = std::min<size_t>(leaves.size(), next - needed);
  std::partial_sort(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(kept), leaves.end(),
                    [&](uint32_t x, uint32_t y) { return weight[x] != weight[y] ? weight[x] > weight[y] : x < y; });
  for (size_t i = 0; i < kept; ++i) pin(leaves[i]);
}

x86::Mem Loops::slot(uint32_t index) const {
  const int32_t at = slots_at_ + static_cast<int32_t>(index * e_.mode.bytes());
  return x86::ptr(slots_in_scratch_ ? abi::kSecond : x86::rsp, at);
}

x86::Mem Loops::leaf_address(const Leaf& leaf, uint32_t copy) {
  switch (leaf.kind) {
    case Leaf::literal:
      return e_.literal_memory(leaf.bits);
    case Leaf::iota:
      return e_.iota(leaf.bits);
    case Leaf::total:
      return x86::ptr(x86::rsp, frame::kTotal);
    case Leaf::element:
    case Leaf::wide:
      return x86::ptr(e_.pointer(leaf.pointer), leaf.offset);
    case Leaf::row:
    case Leaf::sample:
      return e_.row(leaf.pointer, leaf.offset, copy);
    case Leaf::lane_element:
      return x86::ptr(e_.pointer(leaf.pointer), leaf.offset + static_cast<int32_t>(copy * e_.mode.bytes()));
    case Leaf::lane_row:
      return e_.tile(leaf.bits, copy);
    case Leaf::lane_index:
      return x86::ptr(abi::kSecond, lane_index_at_ + static_cast<int32_t>(copy * e_.mode.bytes()));
  }
  return {};
}

void Loops::load_value(const Body& body, const Copies& copies, uint32_t value, const x86::Vec& dst) {
  const uint32_t origin = copies.origin[value], leaf_index = body.leaf_of[origin / 16];
  if (leaf_index == kNoValue) return e_.load_aligned(dst, slot(copies.allocation.slot[value]));
  const Leaf& leaf = body.leaves[leaf_index];
  if (leaf.kind == Leaf::literal && leaf.bits == 0) return e_.zero(dst);
  const x86::Mem at = leaf_address(leaf, origin % 16);
  if (leaf.kind == Leaf::row) e_.load(dst, at);
  else if (copies.homes[value] == Home::wide) e_.load_aligned(dst, at);
  else e_.spread(dst, at);
}

asmjit::Operand Loops::memory_operand(const Body& body, const Copies& copies, uint32_t value, const Recipe& recipe) {
  const uint32_t origin = copies.origin[value], leaf_index = body.leaf_of[origin / 16];
  if (leaf_index == kNoValue) return slot(copies.allocation.slot[value]);
  const x86::Mem at = leaf_address(body.leaves[leaf_index], origin % 16);
  const bool spreads =
      copies.homes[value] == Home::element && e_.mode.broadcasts() && !(e_.mode.scalar && recipe.single.vex);
  if (spreads) return e_.element(at);
  return at;
}

void Loops::emit(const Body& body, const Copies& copies) {
  e_.forget_window();
  for (const Action& action : copies.allocation.actions) {
    if (poll_.often()) return;
    switch (action.kind) {
      case Action::load:
        load_value(body, copies, action.subject, e_.vec(action.dst));
        break;
      case Action::spill:
        e_.store_aligned(slot(copies.allocation.slot[action.subject]), e_.vec(action.dst));
        break;
      case Action::node:
        emit_node(body, copies, action);
        break;
    }
  }
}

void Loops::emit_node(const Body& body, const Copies& copies, const Action& action) {
  const Copies::From at = copies.from[action.subject];
  const BodyNode& node = body.nodes[at.node];
  const Node& placed = copies.nodes[action.subject];
  e_.at(node.inst);
  Operands o;
  if (action.dst != kNoRegister) o.dst = e_.vec(action.dst);
  for (uint32_t k = 0; k < node.args; ++k) {
    const uint32_t from = action.swapped && k < 2 ? 1 - k : k;
    if (action.arg[k] == kMemory) o.arg[k] = memory_operand(body, copies, placed.arg[from], *node.recipe);
    else o.arg[k] = e_.vec(action.arg[k]);
  }
  for (uint32_t t = 0; t < kMaxTemps && action.temp[t] != kNoRegister; ++t) o.temp[t] = e_.vec(action.temp[t]);
  o.copy = at.copy;
  o.pointer = node.pointer;
  o.offset = node.offset;
  o.low = node.low;
  o.high = node.high;
  o.second = node.second;
  o.row = node.row;
  node.recipe->emit[static_cast<uint32_t>(e_.mode.isa->level)](e_, *node.recipe, o);
}

}  // namespace sinter::jit
