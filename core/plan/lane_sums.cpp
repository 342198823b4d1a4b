// Rows of 16 sums that are only added up need not be written: turning vectors over lanes into rows costs more.
#include "lane_sums.hpp"

#include <algorithm>
#include <unordered_map>

#include "units.hpp"

namespace sinter::planning {
namespace {

constexpr uint32_t kNone = UINT32_MAX, kSeveral = UINT32_MAX - 1;
constexpr uint32_t kSummed = 16;

// A fold in step `step`; who reads each of its lanes alone, and how many read anything of it.
struct Fold {
  Value value;
  size_t step = 0;
  std::vector<uint32_t> parts = std::vector<uint32_t>(kSummed, kNone);
  uint32_t readers = 0;
};

std::vector<Fold> folds_in_lanes(const Ir& ir, const std::vector<Step>& steps) {
  std::vector<Fold> folds;
  for (size_t s = 0; s < steps.size(); ++s)
    if (steps[s].kind == StepKind::lanes)
      for (Value v : steps[s].body)
        if (ir[v].op == Op::fold && ir[v].lanes == kSummed) folds.push_back({v, s});
  return folds;
}

class Mover {
 public:
  Mover(const Ir& ir, std::vector<Step>& steps, std::vector<Fold> folds)
      : ir_(ir), steps_(steps), folds_(std::move(folds)), reader_(ir.size(), kNone), step_of_(ir.size(), kNone) {}

  void run() {
    find_readers();
    for (uint32_t s = 0; s < steps_.size(); ++s)
      if (steps_[s].kind == StepKind::time_parallel)
        for (Value v : steps_[s].body) step_of_[v.index] = s;
    bool any = false;
    for (const Fold& fold : folds_) any |= move(fold);
    if (!any) return;
    for (Step& step : steps_)
      if (step.kind == StepKind::time_parallel)
        std::erase_if(step.body, [&](Value v) { return step_of_[v.index] == kNone; });
    std::erase_if(steps_, [](const Step& step) { return step.kind == StepKind::time_parallel && step.body.empty(); });
  }

 private:
  void find_readers() {
    std::unordered_map<uint32_t, size_t> fold_at;
    for (size_t f = 0; f < folds_.size(); ++f) fold_at.emplace(folds_[f].value.index, f);
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      const Inst& inst = ir_.insts[i];
      for_args(ir_, inst, [&](Value v) {
        reader_[v.index] = reader_[v.index] == kNone ? i : kSeveral;
        const auto found = fold_at.find(v.index);
        if (found == fold_at.end()) return;
        Fold& fold = folds_[found->second];
        ++fold.readers;
        if (inst.op == Op::relane && inst.lanes == 1) fold.parts[Relane::unpack(inst.imm).source(0)] = i;
      });
    }
  }

  // Where all are added in a loop over time, neighbours first.
  bool move(const Fold& fold) {
    if (fold.readers != kSummed) return false;
    std::vector<uint32_t> adds, parts = fold.parts;
    for (; parts.size() > 1; parts.resize(parts.size() / 2)) {
      for (size_t i = 0; i < parts.size(); i += 2) {
        const uint32_t a = parts[i], b = parts[i + 1];
        if (a == kNone || b == kNone || reader_[a] >= kSeveral || reader_[a] != reader_[b]) return false;
        const uint32_t add = parts[i / 2] = reader_[a];
        if (ir_.insts[add].op != Op::add || step_of_[add] == kNone) return false;
        adds.push_back(add);
      }
    }
    for (const uint32_t add : adds) step_of_[add] = kNone;
    Step& step = steps_[fold.step];
    step.lane_sums.push_back({fold.value, {parts[0]}});
    step.body.insert(std::find(step.body.begin(), step.body.end(), fold.value) + 1, {parts[0]});
    return true;
  }

  const Ir& ir_;
  std::vector<Step>& steps_;
  std::vector<Fold> folds_;
  std::vector<uint32_t> reader_;   // per inst: who reads it
  std::vector<uint32_t> step_of_;  // per inst: which loop over time
};

}  // namespace

void move_lane_sums(const Ir& ir, std::vector<Step>& steps) {
  std::vector<Fold> folds = folds_in_lanes(ir, steps);
  if (!folds.empty()) Mover(ir, steps, std::move(folds)).run();
}

}  // namespace sinter::planning
