// A bank of filters is mostly heard as its sum: writing a row per filter costs as much as the filters.
#include "fuse_folds.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>

namespace sinter::planning {
namespace {

// Sums lie in memory for all frames of a tile, and code that writes them out grows with their number.
constexpr uint32_t kMaxSumsOfFold = 256, kMaxSums = 1'024;  // of a step

bool fits(const Ir& ir, const Step& step, const Inst& fold) {
  return step.kind == StepKind::lanes && ir[fold.arg[0]].lanes == step.lanes && fold.lanes % 16 == 0 &&
         fold.lanes <= kMaxSumsOfFold && fold.lanes < step.lanes && fold.type == Type::f32;
}

}  // namespace

void fuse_folds(const Ir& ir, std::vector<Step>& steps) {
  std::unordered_map<uint32_t, size_t> computed_by;
  for (size_t s = 0; s < steps.size(); ++s)
    if (steps[s].kind == StepKind::lanes)
      for (Value v : steps[s].body) computed_by.emplace(v.index, s);
  if (computed_by.empty()) return;
  std::vector<bool> moved(steps.size(), false);
  std::vector<uint32_t> sums(steps.size(), 0);
  for (size_t s = 0; s < steps.size(); ++s) {
    if (steps[s].kind != StepKind::fold) continue;
    const Value fold = steps[s].body[0], summed = ir[fold].arg[0];
    const auto found = computed_by.find(summed.index);
    if (found == computed_by.end() || !fits(ir, steps[found->second], ir[fold])) continue;
    if (ir[fold].lanes > kMaxSums - sums[found->second]) continue;
    sums[found->second] += ir[fold].lanes;
    std::vector<Value>& body = steps[found->second].body;
    body.insert(std::find(body.begin(), body.end(), summed) + 1, fold);
    moved[s] = true;
  }
  size_t kept = 0;
  for (size_t s = 0; s < steps.size(); ++s) {
    if (moved[s]) continue;
    if (kept != s) steps[kept] = std::move(steps[s]);
    ++kept;
  }
  steps.resize(kept);
}

}  // namespace sinter::planning
