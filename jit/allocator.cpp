// Belady's rule on SSA: what has a home in memory leaves for nothing, what is computed is stored once.
#include "allocator.hpp"

#include <bit>
#include <cassert>
#include <utility>

namespace sinter::jit {

uint32_t max_live(std::span<const Node> nodes, std::span<const Home> homes) {
  std::vector<uint8_t> alive(homes.size(), 0);
  uint32_t live = 0, most = 0;
  for (size_t i = nodes.size(); i-- > 0;) {
    const Node& node = nodes[i];
    const bool has_result = node.dst != kNoValue;
    if (has_result && !alive[node.dst]) most = live + 1 > most ? live + 1 : most;
    if (has_result && alive[node.dst]) {
      alive[node.dst] = 0;
      --live;
    }
    for (uint32_t k = 0; k < node.args; ++k) {
      const uint32_t value = node.arg[k];
      if (homes[value] != Home::slot || alive[value]) continue;
      alive[value] = 1;
      ++live;
    }
    most = live > most ? live : most;
  }
  return most;
}

void Allocator::find_next_uses() {
  const std::span<const Node> nodes = request_->nodes;
  next_.resize(nodes.size() * kMaxArgs);
  first_use_.resize(nodes.size());
  last_.assign(request_->homes.size(), kNoValue);
  for (size_t i = nodes.size(); i-- > 0;) {
    const Node& node = nodes[i];
    if (node.dst != kNoValue) first_use_[i] = last_[node.dst];
    for (uint32_t k = 0; k < node.args; ++k) next_[i * kMaxArgs + k] = last_[node.arg[k]];
    for (uint32_t k = 0; k < node.args; ++k) last_[node.arg[k]] = static_cast<uint32_t>(i);
  }
}

void Allocator::run(const AllocationRequest& request, Allocation& result) {
  request_ = &request;
  result_ = &result;
  const size_t values = request.homes.size();
  result.actions.clear();
  result.actions.reserve(request.nodes.size() + request.nodes.size() / 4);
  result.slot.assign(values, kNoValue);
  result.slots = 0;
  free_slots_.clear();
  free_ = request.registers;
  register_of_.assign(request.pinned.begin(), request.pinned.end());
  for (uint32_t& value : value_in_) value = kNoValue;
  find_next_uses();
  for (uint32_t i = 0; i < request.nodes.size(); ++i) place(i);
}

void Allocator::evict(uint8_t reg) {
  const uint32_t value = value_in_[reg];
  uint32_t& slot = result_->slot[value];
  if (request_->homes[value] == Home::slot && slot == kNoValue) {
    if (free_slots_.empty()) {
      slot = result_->slots++;
    } else {
      slot = free_slots_.back();
      free_slots_.pop_back();
    }
    Action spill{.kind = Action::spill, .dst = reg};
    spill.subject = value;
    result_->actions.push_back(spill);
  }
  register_of_[value] = kNoRegister;
  value_in_[reg] = kNoValue;
  free_ |= 1u << reg;
}

uint8_t Allocator::acquire(uint32_t locked) {
  if (!free_) {
    uint32_t furthest = 0;
    int chosen = -1;
    for (uint32_t left = request_->registers & ~locked; left; left &= left - 1) {
      const int reg = std::countr_zero(left);
      if (chosen < 0 || next_of_[reg] > furthest) {
        furthest = next_of_[reg];
        chosen = reg;
      }
    }
    assert(chosen >= 0);
    evict(static_cast<uint8_t>(chosen));
  }
  const int reg = std::countr_zero(free_);
  free_ &= free_ - 1;
  return static_cast<uint8_t>(reg);
}

bool Allocator::may_fold(const Node& node, uint32_t i) const {
  const Home home = request_->homes[arg_[i]];
  if (home == Home::load) return false;
  for (uint32_t k = 0; k < node.args; ++k)
    if (k != i && arg_[k] == arg_[i]) return false;
  const uint8_t allowed = home == Home::element ? node.rule->element : node.rule->wide;
  return allowed >> i & 1;
}

// A value with no later use is read where it lies. One with later uses too, where it would push out another.
int Allocator::folded_argument(const Node& node) const {
  for (uint32_t k = 0; k < node.args; ++k)
    if (register_of_[arg_[k]] == kNoRegister && arg_next_[k] == kNoValue && may_fold(node, k))
      return static_cast<int>(k);
  if (free_) return -1;
  for (uint32_t k = 0; k < node.args; ++k)
    if (register_of_[arg_[k]] == kNoRegister && may_fold(node, k)) return static_cast<int>(k);
  return -1;
}

void Allocator::swap_where_better(const Node& node, Action& action) {
  if (!node.rule->commutative || node.args < 2) return;
  const uint8_t a = register_of_[arg_[0]], b = register_of_[arg_[1]];
  const auto dies = [&](uint32_t k) { return arg_next_[k] == kNoValue && request_->pinned[arg_[k]] == kNoRegister; };
  const bool memory_first = a == kNoRegister && b != kNoRegister;
  const bool destroys_wrong = node.rule->tied && a != kNoRegister && b != kNoRegister && !dies(0) && dies(1);
  if (!memory_first && !destroys_wrong) return;
  std::swap(arg_[0], arg_[1]);
  std::swap(arg_next_[0], arg_next_[1]);
  action.swapped = true;
}

// `dying`: bit k where argument k is in a register that nothing reads later.
uint8_t Allocator::choose_result(const Node& node, const Action& action, uint32_t dying, uint32_t locked) {
  const uint32_t candidates = node.rule->early ? 0 : node.rule->tied ? dying & 1 : dying;
  if (!candidates) return acquire(locked);
  const uint8_t reg = action.arg[std::countr_zero(candidates)];
  value_in_[reg] = kNoValue;
  return reg;
}

void Allocator::release_slot(uint32_t value) {
  if (result_->slot[value] != kNoValue) free_slots_.push_back(result_->slot[value]);
}

void Allocator::place(uint32_t index) {
  const Node& node = request_->nodes[index];
  Action action{.kind = Action::node};
  action.subject = index;
  for (uint32_t k = 0; k < node.args; ++k) {
    arg_[k] = node.arg[k];
    arg_next_[k] = next_[index * kMaxArgs + k];
  }
  swap_where_better(node, action);

  uint32_t locked = 0;
  for (uint32_t k = 0; k < node.args; ++k)
    if (register_of_[arg_[k]] != kNoRegister) locked |= 1u << register_of_[arg_[k]];
  const int folded = folded_argument(node);
  for (uint32_t k = 0; k < node.args; ++k) {
    const uint32_t value = arg_[k];
    if (static_cast<int>(k) == folded) {
      action.arg[k] = kMemory;
      continue;
    }
    if (register_of_[value] == kNoRegister) {
      const uint8_t reg = acquire(locked);
      register_of_[value] = reg;
      value_in_[reg] = value;
      locked |= 1u << reg;
      Action load{.kind = Action::load, .dst = reg};
      load.subject = value;
      result_->actions.push_back(load);
    }
    action.arg[k] = register_of_[value];
  }
  for (uint32_t t = 0; t < node.rule->temps; ++t) {
    action.temp[t] = acquire(locked);
    locked |= 1u << action.temp[t];
  }

  uint32_t dying = 0;
  for (uint32_t k = 0; k < node.args; ++k) {
    if (action.arg[k] == kMemory || request_->pinned[arg_[k]] != kNoRegister) continue;
    next_of_[action.arg[k]] = arg_next_[k];
    if (arg_next_[k] == kNoValue) dying |= 1u << k;
  }
  if (node.dst != kNoValue) action.dst = choose_result(node, action, dying, locked);

  for (uint32_t t = 0; t < node.rule->temps; ++t) free_ |= 1u << action.temp[t];
  for (uint32_t k = 0; k < node.args; ++k) {
    const bool dies = arg_next_[k] == kNoValue && request_->pinned[arg_[k]] == kNoRegister;
    if (!dies) continue;
    bool first = true;
    for (uint32_t j = 0; j < k; ++j) first &= arg_[j] != arg_[k];
    if (!first) continue;
    if (action.arg[k] != kMemory) {
      if (action.arg[k] != action.dst) {
        free_ |= 1u << action.arg[k];
        value_in_[action.arg[k]] = kNoValue;
      }
      register_of_[arg_[k]] = kNoRegister;
    }
    release_slot(arg_[k]);
  }
  if (node.dst != kNoValue) {
    if (first_use_[index] == kNoValue) {
      free_ |= 1u << action.dst;
    } else {
      register_of_[node.dst] = action.dst;
      value_in_[action.dst] = node.dst;
      next_of_[action.dst] = first_use_[index];
    }
  }
  result_->actions.push_back(action);
}

}  // namespace sinter::jit
