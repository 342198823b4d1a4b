// See abreast.hpp. What is the same for both lanes (literals, controls of one lane, frame counters) is there once.
#include "abreast.hpp"

#include <algorithm>

#include "loops.hpp"

namespace sinter::jit {
namespace {

// Measured on chains of filters. Short bodies gain nothing: the processor sees the next lane by itself. Twice the
// values spill, and still two chains that wait less for themselves win; twice the code wins until it no longer fits the
// instruction cache. Without EVEX a number from memory is an instruction more.
constexpr uint32_t kLeastNodes = 100, kMostLive = 48, kMostNodes = 2050, kMostLiveEvex = 64, kMostNodesEvex = 4000;

// Lanes of these lie at a distance that is known: the second lane's address is an offset.
bool is_area(Pointer::Kind kind) {
  return kind == Pointer::controls || kind == Pointer::state || kind == Pointer::buffers || kind == Pointer::probes;
}

class Pairing {
 public:
  explicit Pairing(const Body& one) : one_(one), both_(one) {
    both_.nodes.clear();
    both_.nodes.reserve(one.nodes.size() * 2);
    both_.lanes = one.lanes / 2 * 2;
    both_.abreast = 2;
  }

  Body pair() {
    for (const Pointer& pointer : one_.pointers) add_pointer(pointer);
    for (uint32_t v = 0; v < one_.leaf_of.size(); ++v)
      if (one_.leaf_of[v] != kNoValue) add_leaf(v);
      else other_.push_back(v);
    for (const Body::State& state : one_.states)
      both_.states.push_back({.value = state.value == kNoValue ? kNoValue : other_[state.value],
                              .pointer = pointer_[state.pointer],
                              .offset = state.offset + ahead_[state.pointer]});
    for (Body::Window window : one_.windows) {
      window.ring.ahead += window.ring.per_lane;
      window.offset += ahead_[window.pointer];
      window.pointer = pointer_[window.pointer];
      both_.windows.push_back(window);
    }
    for (const Body::Counter& counter : one_.counters)
      both_.counters.push_back({.pointer = pointer_[counter.pointer],
                                .offset = counter.offset + ahead_[counter.pointer],
                                .increment = other_[counter.increment]});
    for (const Body::Probe& probe : one_.probes)
      both_.probes.push_back({.pointer = pointer_[probe.pointer], .offset = probe.offset + ahead_[probe.pointer]});
    for (const BodyNode& node : one_.nodes) add_node(node);
    return std::move(both_);
  }

 private:
  bool moves(uint32_t pointer) const { return pointer != kNoValue && moves(one_.pointers[pointer]); }
  static bool moves(const Pointer& pointer) { return pointer.per_lane || pointer.kind == Pointer::window; }

  void add_pointer(Pointer pointer) {
    const bool area = is_area(pointer.kind);
    ahead_.push_back(pointer.per_lane && area ? static_cast<int32_t>(pointer.stride) : 0);
    if (!moves(pointer) || area) {
      pointer_.push_back(static_cast<uint32_t>(pointer_.size()));
      both_.pointers[pointer_.back()].uses *= 2;
      return;
    }
    if (pointer.kind == Pointer::window) pointer.index += static_cast<uint32_t>(one_.windows.size());
    else ++pointer.ahead;
    pointer_.push_back(static_cast<uint32_t>(both_.pointers.size()));
    both_.pointers.push_back(pointer);
  }

  void add_leaf(uint32_t value) {
    Leaf leaf = one_.leaves[one_.leaf_of[value]];
    if (!leaf.has_pointer() || !moves(leaf.pointer)) return other_.push_back(value);
    leaf.offset += ahead_[leaf.pointer];
    leaf.pointer = pointer_[leaf.pointer];
    both_.leaves.push_back(leaf);
    other_.push_back(add_value(static_cast<uint32_t>(both_.leaves.size() - 1)));
  }

  uint32_t add_value(uint32_t leaf) {
    both_.leaf_of.push_back(leaf);
    return static_cast<uint32_t>(both_.leaf_of.size() - 1);
  }

  // `other_` of a computed value is itself until its node comes; nodes are in order, so that is early enough.
  void add_node(BodyNode node) {
    both_.nodes.push_back(node);
    bool same = node.dst != kNoValue && !moves(node.pointer);
    for (uint32_t k = 0; k < node.args; ++k) same &= other_[node.arg[k]] == node.arg[k];
    if (same) return;
    for (uint32_t k = 0; k < node.args; ++k) node.arg[k] = other_[node.arg[k]];
    if (node.dst != kNoValue) node.dst = other_[node.dst] = add_value(kNoValue);
    if (node.pointer != kNoValue) {
      node.offset += ahead_[node.pointer];
      node.pointer = pointer_[node.pointer];
    }
    if (node.recipe == &kCarry) node.second += static_cast<uint32_t>(one_.states.size());
    if (node.recipe == &kProbe) node.offset += static_cast<int32_t>(one_.probes.size() * kProbeBytes);
    both_.nodes.push_back(node);
  }

  const Body& one_;
  Body both_;
  std::vector<uint32_t> pointer_, other_;  // of the second lane, per pointer and value of the first
  std::vector<int32_t> ahead_;             // per pointer: what the second lane adds to offsets
};

// Largest number of computed values alive at once.
uint32_t live_values(const Body& body) {
  std::vector<Node> nodes(body.nodes.size());
  std::vector<Home> homes(body.leaf_of.size());
  for (size_t v = 0; v < homes.size(); ++v) homes[v] = body.leaf_of[v] == kNoValue ? Home::slot : Home::load;
  for (size_t i = 0; i < nodes.size(); ++i) {
    nodes[i].dst = body.nodes[i].dst;
    nodes[i].args = body.nodes[i].args;
    std::copy(body.nodes[i].arg, body.nodes[i].arg + kMaxArgs, nodes[i].arg);
  }
  return max_live(nodes, homes);
}

bool pays(const Body& body, const Isa& isa) {
  if (body.lanes < 2 || body.states.empty() || body.nodes.size() < kLeastNodes) return false;
  for (const Body::State& state : body.states)
    if (!body.pointers[state.pointer].per_lane) return false;
  return 2 * body.nodes.size() <= (isa.evex() ? kMostNodesEvex : kMostNodes) &&
         2 * live_values(body) <= (isa.evex() ? kMostLiveEvex : kMostLive);
}

}  // namespace

std::vector<Body> lanes_abreast(Body body, const Isa& isa) {
  std::vector<Body> bodies;
  if (!pays(body, isa)) {
    bodies.push_back(std::move(body));
    return bodies;
  }
  bodies.push_back(Pairing(body).pair());
  if (body.lanes % 2 == 0) return bodies;
  for (Pointer& pointer : body.pointers)
    if (pointer.per_lane) pointer.ahead += body.lanes - 1;
  for (Body::Window& window : body.windows)
    if (window.ring.per_lane) window.ring.ahead += body.lanes - 1;
  body.lanes = 1;
  bodies.push_back(std::move(body));
  return bodies;
}

}  // namespace sinter::jit
