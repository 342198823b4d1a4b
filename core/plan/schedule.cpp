// Orders units into steps: everything that is ready and of one kind runs in one loop, so that values stay in registers.
#include <algorithm>
#include <array>
#include <map>

#include "units.hpp"

namespace sinter::planning {
namespace {

using Key = std::array<uint32_t, 3>;  // kind, lanes, clock

// This many cheap ops between two recurrences run in the serial loop with them: filters in series then overlap in the
// processor, which gains more than W samples per instruction on a handful of ops.
constexpr uint32_t kMaxOpsBetween = 8;
constexpr uint32_t kFar = UINT32_MAX;

class Scheduler {
 public:
  Scheduler(const Ir& ir, const std::vector<Unit>& units, std::vector<uint32_t>& unit_of)
      : ir_(ir), units_(units), unit_of_(unit_of) {
    for (uint32_t u = 0; u < units.size(); ++u)
      for (uint32_t i : units[u].insts) unit_of_[i] = u;
  }
  ~Scheduler() {
    for (const Unit& unit : units_)
      for (uint32_t i : unit.insts) unit_of_[i] = UINT32_MAX;
  }

  std::vector<Step> run() {
    link();
    measure_distances();
    // Found before any is made ready: a silent unit makes others ready, which must not be met here a second time.
    std::vector<uint32_t> first;
    for (uint32_t u = 0; u < units_.size(); ++u)
      if (waits_[u] == 0) first.push_back(u);
    for (uint32_t u : first) make_ready(u);
    while (!ready_.empty()) {
      // Time-parallel loops first, so that as many recurrences as possible are ready together afterwards.
      const Key key = ready_.begin()->first;
      Step step{.kind = static_cast<StepKind>(key[0]), .lanes = key[1], .clock = static_cast<uint8_t>(key[2])};
      const bool merges =
          step.kind == StepKind::time_parallel || step.kind == StepKind::serial || step.kind == StepKind::lanes;
      do {
        // Looked up again each time: making units ready may fill this queue or move it.
        auto found = ready_.find(key);
        if (found == ready_.end()) break;
        std::vector<uint32_t> batch;
        if (merges) batch.swap(found->second);
        else {
          batch.push_back(found->second.front());
          found->second.erase(found->second.begin());
        }
        if (found->second.empty()) ready_.erase(found);
        for (uint32_t u : batch) take(u, step);
        while (!joining_.empty()) {
          const uint32_t u = joining_.back();
          joining_.pop_back();
          take(u, step);
        }
      } while (merges);
      finish(step);
      std::vector<uint32_t> after;
      after.swap(after_step_);
      for (uint32_t u : after) make_ready(u);
    }
    return std::move(steps_);
  }

 private:
  void link() {
    waits_.assign(units_.size(), 0);
    std::vector<std::vector<uint32_t>> users(units_.size());
    for (uint32_t u = 0; u < units_.size(); ++u)
      for (uint32_t i : units_[u].insts)
        for_args(ir_, ir_.insts[i], [&](Value v) {
          const uint32_t from = unit_of_[v.index];
          if (from == UINT32_MAX || from == u) return;
          users[from].push_back(u);
          ++waits_[u];
        });
    users_ = std::move(users);
  }

  bool same_loop(const Unit& a, const Unit& b) const { return a.lanes == b.lanes && a.clock == b.clock; }

  // How many ops lie between a unit and the next recurrence of its lanes and clock. Units come after what they need.
  void measure_distances() {
    distance_.assign(units_.size(), kFar);
    for (uint32_t u = static_cast<uint32_t>(units_.size()); u-- > 0;) {
      const Unit& unit = units_[u];
      if (unit.silent) continue;
      if (unit.kind == StepKind::serial) distance_[u] = 0;
      if (!is_plain(unit)) continue;
      const Op op = ir_.insts[unit.insts[0]].op;
      if (op == Op::div || op == Op::sqrt) continue;
      for (uint32_t user : users_[u])
        if (distance_[user] != kFar && same_loop(unit, units_[user]))
          distance_[u] = std::min(distance_[u], distance_[user] + 1);
    }
  }

  // PureMath that runs anywhere.
  bool is_plain(const Unit& unit) const {
    if (unit.kind != StepKind::time_parallel || unit.insts.size() != 1) return false;
    const Op op = ir_.insts[unit.insts[0]].op;
    return op != Op::tap && op != Op::push;
  }

  // In lanes an op costs what it costs over time, and its result need not be turned into rows.
  bool joins(const Unit& unit, uint32_t u, const Step& step) const {
    if (!is_plain(unit) || unit.lanes != step.lanes || unit.clock != step.clock) return false;
    return step.kind == StepKind::lanes || (step.kind == StepKind::serial && distance_[u] <= kMaxOpsBetween);
  }

  void make_ready(uint32_t u) {
    // Views and places only pass readiness on; a worklist, because a hostile patch can chain a million of them.
    std::vector<uint32_t> work = {u};
    while (!work.empty()) {
      const uint32_t at = work.back();
      work.pop_back();
      const Unit& unit = units_[at];
      if (!unit.silent) {
        ready_[{static_cast<uint32_t>(unit.kind), unit.lanes, unit.clock}].push_back(at);
        continue;
      }
      for (uint32_t user : users_[at])
        if (--waits_[user] == 0) work.push_back(user);
    }
  }

  void take(uint32_t u, Step& step) {
    taken_.push_back(u);
    for (uint32_t user : users_[u]) {
      if (--waits_[user] != 0) continue;
      // A view shows other lanes' rows, which are written only when the whole step has run.
      if (units_[user].silent) after_step_.push_back(user);
      else if (joins(units_[user], user, step)) joining_.push_back(user);
      else make_ready(user);
    }
  }

  // Units are numbered in dependency order, which leaves their insts in Ir order but for what recurrences move.
  void finish(Step& step) {
    std::sort(taken_.begin(), taken_.end());
    for (uint32_t u : taken_) {
      const Unit& unit = units_[u];
      for (uint32_t i : unit.insts) step.body.push_back({i});
      if (!unit.recurrence.body.empty()) step.recurrences.push_back(unit.recurrence);
      if (unit.reason.why != Obstacle::none) step.reasons.push_back(unit.reason);
    }
    const uint32_t taken = taken_[0];
    taken_.clear();
    add_free_sources(step);
    if (step.kind == StepKind::woven) weave(step);
    if (step.kind == StepKind::either) hold_both(step, units_[taken]);
    steps_.push_back(std::move(step));
  }

  void add_free_sources(Step& step) {
    std::vector<Value> sources;
    for (Value v : step.body)
      for_args(ir_, ir_[v], [&](Value a) {
        if (is_free_source(ir_[a].op)) sources.push_back(a);
      });
    if (sources.empty()) return;
    std::sort(sources.begin(), sources.end(), [](Value a, Value b) { return a.index < b.index; });
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    step.body.insert(step.body.begin(), sources.begin(), sources.end());
  }

  static void hold_both(Step& step, const Unit& unit) {
    step.body.clear();
    step.inner = unit.inner;
    step.otherwise = unit.otherwise;
    step.taps = unit.taps;
    step.long_share = unit.long_share;
  }

  // One sample of a woven step is a row of serial and fold steps: insts that follow each other with equal lanes share
  // one, unless one looks through a view at what the other computes: all lanes of that have to be there first.
  void weave(Step& step) {
    std::map<uint32_t, size_t> inner_of;  // views too: the last inner step that fills what they show
    for (Value v : step.body) {
      const Inst& inst = ir_[v];
      size_t shown = 0;  // 1 + that inner step
      const bool view = is_view(inst);
      for_args(ir_, inst, [&](Value a) {
        const auto found = inner_of.find(a.index);
        if (found != inner_of.end() && (view || is_view(ir_[a]))) shown = std::max(shown, found->second);
      });
      if (view) {
        if (shown) inner_of[v.index] = shown;
        continue;
      }
      if (is_free_source(inst.op)) continue;
      const StepKind kind = inst.op == Op::fold ? StepKind::fold : StepKind::serial;
      if (step.inner.empty() || kind == StepKind::fold || step.inner.back().kind != kind ||
          step.inner.back().lanes != inst.lanes || shown == step.inner.size())
        step.inner.push_back({.kind = kind, .lanes = inst.lanes, .clock = step.clock});
      step.inner.back().body.push_back(v);
      inner_of[v.index] = step.inner.size();
    }
    for (Step& inner : step.inner) add_free_sources(inner);
    step.body.clear();
  }

  const Ir& ir_;
  const std::vector<Unit>& units_;
  std::vector<uint32_t>& unit_of_;
  std::vector<uint32_t> waits_;
  std::vector<std::vector<uint32_t>> users_;
  std::map<Key, std::vector<uint32_t>> ready_;
  std::vector<uint32_t> distance_;    // ops to the next recurrence, kFar where there is none near
  std::vector<uint32_t> taken_;       // units of the current step
  std::vector<uint32_t> joining_;     // time-parallel units that the current serial step takes in
  std::vector<uint32_t> after_step_;  // views of what the current step computes
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> schedule(const Ir& ir, const std::vector<Unit>& units) {
  std::vector<uint32_t> unit_of(ir.size(), UINT32_MAX);
  return schedule(ir, units, unit_of);
}

std::vector<Step> schedule(const Ir& ir, const std::vector<Unit>& units, std::vector<uint32_t>& unit_of) {
  return Scheduler(ir, units, unit_of).run();
}

}  // namespace sinter::planning
