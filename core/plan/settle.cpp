// Rows between a loop of W samples and a loop of W lanes are turned by transposes. Where these cost more than what each
// recurrence saves by its own choice, all of a neighbourhood run in lanes.
#include "settle.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_set>

#include "cost.hpp"
#include "strategies.hpp"
#include "wishes.hpp"

namespace sinter::planning {
namespace {

constexpr double kPerTurnedRow = 0.5;  // cycles per lane and frame, to turn a row of samples into lanes or back
constexpr uint32_t kNone = UINT32_MAX;

class Settling {
 public:
  Settling(const Ir& ir, const PlanOptions& options, std::vector<Unit>& units)
      : ir_(ir), options_(options), units_(units), unit_of_(ir.size(), kNone), region_(units.size()) {}

  void run() {
    for (uint32_t u = 0; u < units_.size(); ++u)
      for (const uint32_t i : units_[u].insts) unit_of_[i] = u;
    std::iota(region_.begin(), region_.end(), 0);
    for_edges([&](uint32_t from, uint32_t to, Value) { region_[find(from)] = find(to); });
    for_edges([&](uint32_t from, uint32_t to, Value v) {
      if ((units_[from].kind == StepKind::lanes) != (units_[to].kind == StepKind::lanes))
        turned_[find(to)].insert(v.index);
    });
    const std::vector<Wish> wishes = wishes_by_origin(ir_);
    std::map<uint32_t, std::vector<uint32_t>> solved;  // by region
    for (uint32_t u = 0; u < units_.size(); ++u) {
      const Unit& unit = units_[u];
      if (unit.recurrence.body.empty() || !turned_.contains(find(u))) continue;
      if (may_run_in_lanes(ir_, unit) && wishes[ir_.origin[unit.insts[0]]] == Wish::automatic)
        solved[find(u)].push_back(u);
    }
    for (const auto& [region, members] : solved) settle(region, members);
  }

 private:
  // Loops of several lanes at one clock, between which rows go.
  bool takes_part(const Unit& unit) const {
    return !unit.silent && unit.lanes > 1 && (unit.kind == StepKind::lanes || unit.kind == StepKind::time_parallel);
  }

  template <class F>
  void for_edges(F&& visit) const {
    for (uint32_t u = 0; u < units_.size(); ++u) {
      if (!takes_part(units_[u])) continue;
      for (const uint32_t i : units_[u].insts)
        for_args(ir_, ir_.insts[i], [&](Value v) {
          const uint32_t from = unit_of_[v.index];
          if (from == kNone || from == u || !takes_part(units_[from])) return;
          if (units_[from].lanes == units_[u].lanes && units_[from].clock == units_[u].clock) visit(from, u, v);
        });
    }
  }

  uint32_t find(uint32_t u) const {
    while (region_[u] != u) u = region_[u] = region_[region_[u]];
    return u;
  }

  void settle(uint32_t region, const std::vector<uint32_t>& members) {
    double dearer = 0;
    for (const uint32_t u : members) {
      const Shape shape = shape_of(ir_, units_[u].recurrence);
      dearer +=
          lanes_cycles(shape, options_.width) - solved_cycles(shape, units_[u].recurrence.solution, options_.width);
    }
    const Unit& head = units_[members[0]];
    if (dearer >= kPerTurnedRow * head.lanes * head.clock * static_cast<double>(turned_[region].size())) return;
    for (const uint32_t u : members) {
      units_[u].kind = StepKind::lanes;
      units_[u].reason.why = Obstacle::cheaper;
      units_[u].recurrence = {};
    }
  }

  const Ir& ir_;
  const PlanOptions& options_;
  std::vector<Unit>& units_;
  std::vector<uint32_t> unit_of_;
  mutable std::vector<uint32_t> region_;                     // per unit: one that it is connected with
  std::map<uint32_t, std::unordered_set<uint32_t>> turned_;  // by region: values that pass from one way to the other
};

}  // namespace

void settle_lanes(const Ir& ir, const PlanOptions& options, std::vector<Unit>& units) {
  const bool any = std::any_of(units.begin(), units.end(), [](const Unit& u) { return u.kind == StepKind::lanes; });
  if (any) Settling(ir, options, units).run();
}

}  // namespace sinter::planning
