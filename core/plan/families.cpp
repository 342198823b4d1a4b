// Writes the Ir again with every family as one inst per place, K lanes wide. What enters it from outside is stacked;
// what others read of it is a view of one lane.
#include "sinter/plan/families.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <queue>
#include <utility>

#include "cones.hpp"
#include "family_classes.hpp"
#include "family_sums.hpp"
#include "packed_ir.hpp"
#include "sinter/base/poll.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter {
namespace planning {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

class Packing {
 public:
  Packing(const Ir& from, const std::vector<bool>& live, const FamilyGroups& groups, const FamilySums& sums)
      : from_(from), live_(live), groups_(groups), sums_(sums), out_(from), state_(from.states.size(), kNone) {}

  // Nothing where it was stopped or grew too large.
  std::optional<Families> run(Poll& poll) {
    for (uint32_t i = 0; i < from_.size(); ++i)
      if (live_[i] && (from_.insts[i].rate != Rate::sample || is_free_source(from_.insts[i].op))) copy(i);
    order_nodes();
    for (uint32_t s = 0; s < sums_.sums.size(); ++s) sum_at_[sums_.sums[s].root.index] = s;
    for (const uint32_t node : order_) {
      if (out_.full() || poll.often()) return {};
      node < families() ? pack(node) : copy_unit(node - families());
    }
    out_.drop_unread();
    keep_cones();
    return out_.take();
  }

 private:
  const Inst& old(Value v) const { return from_[v]; }
  uint32_t families() const { return static_cast<uint32_t>(groups_.families.size()); }
  const std::vector<uint32_t>& insts(uint32_t unit) const { return groups_.units[unit].insts; }

  // -- The order: as it was, but that a family waits for what its last member waits for.

  uint32_t node_of(uint32_t unit) const {
    const uint32_t family = groups_.family_of[unit];
    return family == kNone ? families() + unit : family;
  }

  void order_nodes() {
    const auto units = static_cast<uint32_t>(groups_.units.size()), nodes = families() + units;
    std::vector<std::vector<uint32_t>> users(nodes);
    std::vector<uint32_t> waits(nodes, 0), place(nodes, 0);
    for (uint32_t u = 0; u < units; ++u)
      for (const uint32_t i : insts(u)) {
        place[node_of(u)] = std::max(place[node_of(u)], i);
        for_args(from_, from_.insts[i], [&](Value v) {
          const uint32_t unit = groups_.unit_of[v.index];
          if (unit == kNone || node_of(unit) == node_of(u)) return;
          users[node_of(unit)].push_back(node_of(u));
          ++waits[node_of(u)];
        });
      }
    using Ready = std::pair<uint32_t, uint32_t>;  // place, node
    std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
    const auto add = [&](uint32_t node) { ready.emplace(place[node], node); };
    for (uint32_t f = 0; f < families(); ++f)
      if (waits[f] == 0) add(f);
    for (uint32_t u = 0; u < units; ++u)
      if (node_of(u) >= families() && waits[node_of(u)] == 0) add(node_of(u));
    while (!ready.empty()) {
      const uint32_t node = ready.top().second;
      ready.pop();
      order_.push_back(node);
      for (const uint32_t user : users[node])
        if (--waits[user] == 0) add(user);
    }
  }

  // -- Insts that stay as they are

  void copy(uint32_t i) {
    Inst inst = from_.insts[i];
    Tuple args;
    for_args(from_, inst, [&](Value v) { args.push_back(out_.renewed(v)); });
    out_.put_args(inst, args);
    if (inst.op == Op::prev || inst.op == Op::next) inst.imm = state(static_cast<uint32_t>(inst.imm));
    const Value value = out_.append(inst, from_.origin[i]);
    out_.replace({i}, value);
    if (inst.op == Op::ramp) out_.note_ramp(value, {i});
  }

  void copy_unit(uint32_t unit) {
    for (const uint32_t i : insts(unit)) {
      if (!sums_.inside.empty() && sums_.inside[i]) continue;
      if (const auto sum = sum_at_.find(i); sum != sum_at_.end()) out_.replace({i}, add_up(sums_.sums[sum->second]));
      else copy(i);
    }
  }

  uint32_t state(uint32_t old_state) {
    if (state_[old_state] == kNone) {
      state_[old_state] = static_cast<uint32_t>(out_.ir().states.size());
      out_.ir().states.push_back(from_.states[old_state]);
      out_.names().state_keys.emplace_back();
    }
    return state_[old_state];
  }

  // -- Families

  void pack(uint32_t family) {
    const std::vector<uint32_t>& units = groups_.families[family].units;
    const auto count = static_cast<uint32_t>(units.size());
    const uint32_t lanes = groups_.units[units[0]].lanes;  // of each
    for (size_t at = 0; at < insts(units[0]).size(); ++at) {
      Tuple members(count);
      for (uint32_t m = 0; m < count; ++m) members[m] = {insts(units[m])[at]};
      Inst inst = old(members[0]);
      Tuple args;
      for (uint32_t a = 0, arity = arg_count(from_, inst); a < arity; ++a) {
        Tuple tuple(count);
        for (uint32_t m = 0; m < count; ++m) tuple[m] = family_arg(from_, old(members[m]), a);
        args.push_back(out_.together(tuple, lanes));
      }
      out_.put_args(inst, args);
      inst.lanes = count * lanes;
      if (inst.op == Op::prev || inst.op == Op::next) inst.imm = shared_state(members);
      const Value value = out_.append(inst, out_.shared_origin(members));
      for (uint32_t m = 0; m < count; ++m) out_.replace_by_lanes(members[m], value, m * lanes);
    }
  }

  uint32_t shared_state(const Tuple& members) {
    const auto first = static_cast<uint32_t>(old(members[0]).imm);
    if (state_[first] != kNone) return state_[first];
    StateDecl decl = from_.states[first];
    decl.lanes *= static_cast<uint32_t>(members.size());
    std::vector<std::string> keys;
    for (const Value member : members) {
      keys.push_back(from_.states[old(member).imm].key);
      state_[old(member).imm] = static_cast<uint32_t>(out_.ir().states.size());
    }
    out_.ir().states.push_back(std::move(decl));
    out_.names().state_keys.push_back(std::move(keys));
    return state_[first];
  }

  // As Builder::sum writes it, and what else is added.
  Value add_up(const FamilySum& sum) {
    constexpr uint32_t kParts = 16;
    const uint32_t origin = from_.origin[sum.root.index];
    const Inst one = old(sum.root);
    Inst fold{.op = Op::fold, .type = one.type, .rate = one.rate, .clock = one.clock, .entered = true};
    fold.lanes = kParts * one.lanes;
    fold.arg[0] = out_.all_lanes(sum.lane);
    const Value folded = out_.append(fold, origin);
    Tuple parts;
    for (uint32_t p = 0; p < kParts; ++p)
      parts.push_back(out_.relane(folded, {.offset = p * one.lanes}, one.lanes, origin));
    const auto add = [&](Value a, Value b) {
      Inst inst = one;
      inst.arg[0] = a, inst.arg[1] = b;
      return out_.append(inst, origin);
    };
    for (; parts.size() > 1; parts.resize(parts.size() / 2))
      for (size_t p = 0; p < parts.size() / 2; ++p) parts[p] = add(parts[2 * p], parts[2 * p + 1]);
    Value total = parts[0];
    for (const Value v : sum.rest) total = add(total, out_.renewed(v));
    return total;
  }

  // -- The end

  void keep_cones() {
    const std::vector<uint64_t> cones = find_cones(from_);
    FamilyNames& names = out_.names();
    names.line_cones.assign(from_.lines.size(), 0);
    names.output_cones.assign(from_.outputs.size(), 0);
    for (uint32_t i = 0; i < from_.size(); ++i) {
      const Inst& inst = from_.insts[i];
      if (!live_[i]) continue;
      if (inst.op == Op::push) names.line_cones[inst.imm] = cones[i];
      if (inst.op == Op::output) names.output_cones[inst.imm] = cones[i];
    }
    for (const auto& [ramp, parts] : out_.ramps()) {
      names.ramp_cones.emplace_back();
      for (const uint32_t i : parts) names.ramp_cones.back().push_back(cones[i]);
    }
  }

  const Ir& from_;
  const std::vector<bool>& live_;
  const FamilyGroups& groups_;
  const FamilySums& sums_;
  PackedIr out_;
  std::vector<uint32_t> state_;          // per old state
  std::vector<uint32_t> order_;          // families, then units
  std::map<uint32_t, uint32_t> sum_at_;  // by old root
};

}  // namespace
}  // namespace planning

Families pack_families(Ir ir, const PlanOptions& options) {
  if (options.width == 0 || ir.states.size() < 2) return {std::move(ir), {}};
  const std::vector<bool> live = planning::live_insts(ir);
  const planning::FamilyGroups groups = planning::find_families(ir, live, options);
  if (groups.families.empty()) return {std::move(ir), {}};
  const planning::FamilySums sums = options.strict ? planning::FamilySums() : planning::find_sums(ir, live, groups);
  Poll poll(options.cancelled);
  std::optional<Families> made = planning::Packing(ir, live, groups, sums).run(poll);
  return made ? std::move(*made) : Families{std::move(ir), {}};
}

}  // namespace sinter
