// Finds the delays that alone tie a recurrence together, and plans what is left of it without them.
//
// Nothing is kept from call to call: a call may run either way whatever the one before did. So the states between calls
// are what one sample at a time leaves, and what would rotate them (LinearTable) is solved in another way.
#include "either.hpp"

#include <algorithm>

#include "cost.hpp"
#include "fuse_folds.hpp"
#include "sinter/ir/ranges.hpp"
#include "strategies.hpp"

namespace sinter::planning {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

class SecondWays {
 public:
  SecondWays(const Ir& ir, const std::vector<bool>& tied, const PlanOptions& options, uint32_t chunk)
      : ir_(ir), tied_(tied), options_(options), chunk_(chunk), of_unit_(ir.size(), kNone) {}

  /// Notes the delays of a unit that are known before it runs.
  void find_taps(const Unit& unit, uint32_t number) {
    const bool one_by_one = unit.kind == StepKind::serial || unit.kind == StepKind::woven;
    if (!one_by_one || unit.insts.size() < 2 || unit.reason.why == Obstacle::asked) return;
    for (uint32_t i : unit.insts) of_unit_[i] = number;
    std::vector<Value> taps;
    for (uint32_t i : unit.insts)
      if (is_known_before({i})) taps.push_back({i});
    if (!taps.empty()) candidates_.push_back({number, std::move(taps)});
  }

  Result<bool> run(const std::vector<bool>& live, LazyRanges& ranges, std::vector<Unit>& units) {
    if (candidates_.empty()) return true;
    drop_short_taps(ranges());
    std::vector<bool> tied = tied_;
    for (const Candidate& candidate : candidates_)
      for (Value tap : candidate.taps) tied[tap.index] = false;
    std::vector<Unit> parts = group_units(ir_, live, tied);
    const Neighbours neighbours = neighbours_of(ir_, parts);
    std::vector<std::vector<Unit>> parts_of(units.size());
    for (Unit& part : parts)
      if (const uint32_t unit = of_unit_[part.insts[0]]; unit != kNone) parts_of[unit].push_back(std::move(part));
    Strategies strategies(ir_, options_, true);
    std::vector<uint32_t> scratch(ir_.size(), kNone);
    for (Candidate& candidate : candidates_) {
      std::vector<Unit>& found = parts_of[candidate.unit];
      if (found.size() < 2) continue;
      for (Unit& part : found)
        if (Result<bool> chosen = strategies.choose(part, neighbours); !chosen) return chosen;
      choose(units[candidate.unit], candidate, found, scratch);
    }
    return true;
  }

 private:
  struct Candidate {
    uint32_t unit = 0;
    std::vector<Value> taps;
    double long_share = 1;
  };

  // A constant delay is as long as it is, and a loop that decides its own delay cannot be asked before it has run.
  bool is_known_before(Value tap) const {
    if (!tied_[tap.index]) return false;
    const Inst& inst = ir_[tap];
    const Inst& delay = ir_[inst.arg[0]];
    const bool lies_somewhere = delay.op != Op::constant && delay.op != Op::ramp && !is_free_source(delay.op);
    return lies_somewhere && of_unit_[inst.arg[0].index] != of_unit_[tap.index];
  }

  // Those that are proven to be shorter than a whole call. Of the others the one that is short most often decides.
  void drop_short_taps(const Ranges& ranges) {
    for (Candidate& candidate : candidates_)
      std::erase_if(candidate.taps, [&](Value tap) {
        const Inst& inst = ir_[tap];
        const double least = least_delay(ir_, ranges, inst), call = chunk_ * inst.clock,
                     most = std::min<double>(ranges.high(inst.arg[0]), ir_.lines[inst.imm].max_delay);
        if (most < call) return true;
        candidate.long_share = std::min(candidate.long_share, (most - call + 1) / (most - least + 1));
        return false;
      });
    std::erase_if(candidates_, [](const Candidate& candidate) { return candidate.taps.empty(); });
  }

  void choose(Unit& unit, const Candidate& candidate, const std::vector<Unit>& parts, std::vector<uint32_t>& scratch) {
    Step both{.kind = StepKind::either, .lanes = unit.lanes, .clock = unit.clock};
    both.inner = schedule(ir_, parts, scratch);
    fuse_folds(ir_, both.inner);
    both.otherwise = schedule(ir_, {unit}, scratch);
    both.taps = candidate.taps;
    both.long_share = candidate.long_share;
    // Without the other loop; while delays are short, the two do the same.
    const Step& alone = both.otherwise[0];
    const double one_by_one = both.long_share * overlapping_cycles(ir_, alone, options_.width, chunk_) +
                              (1 - both.long_share) * step_cycles(ir_, alone, options_.width, chunk_);
    if (step_cycles(ir_, both, options_.width, chunk_) >= one_by_one) return;
    unit.kind = StepKind::either;
    unit.reason.why = Obstacle::short_delay;
    unit.reason.culprit = both.taps[0];
    unit.inner = std::move(both.inner);
    unit.otherwise = std::move(both.otherwise);
    unit.taps = std::move(both.taps);
    unit.long_share = both.long_share;
  }

  const Ir& ir_;
  const std::vector<bool>& tied_;
  const PlanOptions& options_;
  uint32_t chunk_;
  std::vector<uint32_t> of_unit_;  // per inst: the unit that it is part of, where that may run in two ways
  std::vector<Candidate> candidates_;
};

}  // namespace

Result<bool> add_second_ways(const Ir& ir, const std::vector<bool>& live, LazyRanges& ranges,
                             const std::vector<bool>& tied, const PlanOptions& options, uint32_t chunk,
                             std::vector<Unit>& units) {
  if (options.width == 0 || std::find(tied.begin(), tied.end(), true) == tied.end()) return true;
  SecondWays ways(ir, tied, options, chunk);
  for (uint32_t u = 0; u < units.size(); ++u) ways.find_taps(units[u], u);
  return ways.run(live, ranges, units);
}

}  // namespace sinter::planning
