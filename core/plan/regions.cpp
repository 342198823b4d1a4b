// Units are found again: a plan keeps their insts only where a loop needs them, but what it chose for each.
#include "sinter/plan/regions.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include "sinter/ir/components.hpp"
#include "sinter/ir/ranges.hpp"
#include "units.hpp"
#include "wishes.hpp"

namespace sinter {
namespace planning {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// Each once, in the order in which it comes first.
void drop_repeats(std::vector<uint32_t>& list) {
  std::unordered_set<uint32_t> seen;
  std::erase_if(list, [&](uint32_t index) { return !seen.insert(index).second; });
}

class Finder {
 public:
  Finder(const Ir& ir, const Plan& plan)
      : ir_(ir), plan_(plan), live_(live_insts(ir)), ranges_(ir, live_), wishes_(wishes_by_origin(ir)) {
    for (const Step& step : plan.steps) {
      for (const Recurrence& recurrence : step.recurrences)
        for (Value v : recurrence.body) solved_.emplace(v.index, &recurrence);
      for (const SerialReason& reason : step.reasons) reason_.emplace(reason.first.index, reason);
    }
  }

  std::vector<Region> run() {
    // How insts belong together does not depend on the width.
    const Result<std::vector<Unit>> units = make_units(ir_, live_, plan_.tied, {});
    if (units)
      for (const Unit& unit : *units) add(unit.insts);
    add_delays();
    for (Region& region : found_) finish(region);
    std::stable_sort(found_.begin(), found_.end(), [](const Region& a, const Region& b) {
      return std::pair(a.step, a.body[0].index) < std::pair(b.step, b.body[0].index);
    });
    return std::move(found_);
  }

 private:
  static bool by_index(Value a, Value b) { return a.index < b.index; }
  uint32_t step_of(uint32_t inst) const { return inst < plan_.step_of.size() ? plan_.step_of[inst] : kNone; }

  void add(const std::vector<uint32_t>& insts) {
    const uint32_t step = step_of(insts[0]);
    if (step == kNone) return;
    const auto reason = reason_.find(insts[0]);
    const bool held_back = reason != reason_.end() && reason->second.why != Obstacle::none;
    const auto solved = solved_.find(insts[0]);
    // A single op in its loop, or a delay line without a way back, is nothing to tell of.
    const bool vectors = plan_.steps[step].kind == StepKind::time_parallel;
    if (!held_back && solved == solved_.end() && (vectors || insts.size() == 1)) return;
    const bool merged = solved != solved_.end() && !solved->second->sections.empty();
    Region& region = merged                           ? cascade(solved->second)
                     : insts.size() == 1 && held_back ? together(step, reason->second.why)
                                                      : found_.emplace_back();
    region.step = step;
    if (held_back) region.why = reason->second.why, region.culprit = reason->second.culprit;
    else if (!vectors) region.why = Obstacle::cheaper;
    if (solved != solved_.end()) region.solution = solved->second->solution;
    for (uint32_t i : insts) include(region, i);
    if (insts.size() > 1 || merged) region.distance = 1;
  }

  // What is told of a region as a whole: once it has all its insts, for there may be many.
  void finish(Region& region) const {
    std::sort(region.body.begin(), region.body.end(), by_index);
    drop_repeats(region.states);
    drop_repeats(region.lines);
    measure(region);
    if (region.around) region.distance = region.shortest_delay;
    else if (region.distance > 0 && region.states.empty()) region.distance = std::max(region.shortest_delay, 1u);
  }

  // Single insts that left their loop for the same reason.
  Region& together(uint32_t step, Obstacle why) {
    const auto [at, fresh] = singles_.try_emplace({step, why}, found_.size());
    return fresh ? found_.emplace_back() : found_[at->second];
  }

  // Recurrences in series, and the ops between them, that are solved as one.
  Region& cascade(const Recurrence* recurrence) {
    const auto [at, fresh] = cascades_.try_emplace(recurrence, found_.size());
    return fresh ? found_.emplace_back() : found_[at->second];
  }

  void include(Region& region, uint32_t i) {
    const Inst& inst = ir_.insts[i];
    region.body.push_back({i});
    if (inst.op == Op::prev || inst.op == Op::next) region.states.push_back(static_cast<uint32_t>(inst.imm));
    if (inst.op == Op::push || inst.op == Op::tap) region.lines.push_back(static_cast<uint32_t>(inst.imm));
    if (region.wish == Wish::automatic) region.wish = wishes_[ir_.origin[i]];
  }

  Value shortest_tap(const Region& region) const {
    Value shortest;
    uint32_t least = kNone;
    for (Value v : region.body) {
      if (ir_[v].op != Op::tap) continue;
      const uint32_t delay = least_delay(ir_, ranges_, ir_[v]);
      if (!shortest.valid() || delay < least) shortest = v, least = delay;
    }
    return shortest;
  }

  // A loop through a delay is held back by the delay before anything else: without it there would be no loop.
  void measure(Region& region) const {
    const Value tap = shortest_tap(region);
    region.shortest_delay = tap.valid() ? least_delay(ir_, ranges_, ir_[tap]) : 0;
    const bool bent = region.why == Obstacle::non_linear || region.why == Obstacle::too_many_states ||
                      region.why == Obstacle::ill_conditioned;
    if (bent && tap.valid()) region.why = Obstacle::short_delay;
    if (region.why == Obstacle::short_delay && tap.valid()) region.culprit = tap;
  }

  // Lines whose every tap is a chunk or longer, and whose push depends on one of them.
  void add_delays() {
    if (ir_.lines.empty()) return;
    const Edges edges = dependencies(ir_, true);
    Components components(edges, ir_.size());
    for (uint32_t i = 0; i < ir_.size(); ++i) components.visit(i);
    std::vector<uint32_t> push(ir_.lines.size(), kNone);
    for (uint32_t i = 0; i < ir_.size(); ++i)
      if (live_[i] && ir_.insts[i].op == Op::push) push[ir_.insts[i].imm] = i;
    std::map<uint32_t, Region> around;
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      const Inst& inst = ir_.insts[i];
      if (!live_[i] || inst.op != Op::tap || step_of(i) == kNone) continue;
      const uint32_t to = push[inst.imm], least = least_delay(ir_, ranges_, inst);
      if (to == kNone || components.component[i] != components.component[to]) continue;
      if (least < kCellFrames * ir_.lines[inst.imm].clock) continue;
      Region& region = around[static_cast<uint32_t>(inst.imm)];
      if (region.body.empty()) {
        region.step = step_of(i);
        region.around = true;
        include(region, to);
      }
      include(region, i);
    }
    for (auto& [line, region] : around) found_.push_back(std::move(region));
  }

  const Ir& ir_;
  const Plan& plan_;
  const std::vector<bool> live_;
  const Ranges ranges_;
  const std::vector<Wish> wishes_;
  std::map<uint32_t, const Recurrence*> solved_;  // by inst
  std::map<uint32_t, SerialReason> reason_;       // by first inst
  std::map<std::pair<uint32_t, Obstacle>, size_t> singles_;
  std::map<const Recurrence*, size_t> cascades_;
  std::vector<Region> found_;
};

}  // namespace
}  // namespace planning

std::vector<Region> regions(const Ir& ir, const Plan& plan) { return planning::Finder(ir, plan).run(); }

}  // namespace sinter
