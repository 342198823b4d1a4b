// See tally.hpp.
#include "tally.hpp"

#include <cstdio>
#include <map>

namespace sinter::test {
namespace {

using Key = std::pair<std::string, bool>;

uint64_t plans = 0;

std::map<Key, StrategyCounts>& counts() {
  static std::map<Key, StrategyCounts> all;
  return all;
}

// Of a step that holds two loops, both.
void count(const std::vector<Step>& steps, StrategyCounts& found) {
  for (const Step& step : steps) {
    for (const Recurrence& recurrence : step.recurrences) ++found[static_cast<size_t>(recurrence.solution)];
    if (step.kind == StepKind::lanes) ++found[4];
    if (step.kind == StepKind::serial) ++found[5];
    if (step.kind == StepKind::woven) ++found[6];
    if (step.kind == StepKind::either) count(step.inner, found), count(step.otherwise, found);
  }
}

}  // namespace

StrategyCounts strategies_of(const Plan& plan) {
  StrategyCounts found{};
  count(plan.steps, found);
  return found;
}

void count_strategies(std::string_view backend, bool strict, const Plan& plan) {
  if (backend == "reference") return;  // it reads nothing of the plan's loops
  ++plans;
  StrategyCounts& all = counts()[{std::string(backend), strict}];
  const StrategyCounts found = strategies_of(plan);
  for (size_t s = 0; s < kStrategyCount; ++s) all[s] += found[s];
}

uint64_t plans_counted() { return plans; }

StrategyCounts counted(std::string_view backend, bool strict) {
  const auto found = counts().find({std::string(backend), strict});
  return found == counts().end() ? StrategyCounts{} : found->second;
}

std::string strategy_table() {
  char cell[64];
  std::string text = "strategies chosen      ";
  for (const std::string_view name : kStrategies) {
    std::snprintf(cell, sizeof cell, "%10.*s", static_cast<int>(name.size()), name.data());
    text += cell;
  }
  for (const auto& [key, found] : counts()) {
    std::snprintf(cell, sizeof cell, "\n  %-12s %-8s", key.first.c_str(), key.second ? "strict" : "fast");
    text += cell;
    for (const uint64_t count : found) {
      std::snprintf(cell, sizeof cell, "%10llu", static_cast<unsigned long long>(count));
      text += cell;
    }
  }
  return text;
}

}  // namespace sinter::test
