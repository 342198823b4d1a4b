// How often each strategy was chosen, by backend and mode: a test of a strategy that no plan ever took proves nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sinter/plan/plan.hpp"

namespace sinter::test {

/// In the order of the table's columns: the solutions of time-parallel loops, then loops of the other kinds.
inline constexpr std::string_view kStrategies[] = {"shift", "sum", "constant", "varying", "lanes", "serial", "woven"};
inline constexpr size_t kStrategyCount = std::size(kStrategies);
using StrategyCounts = std::array<uint64_t, kStrategyCount>;

/// Recurrences per solution; loops that run lanes, serial and woven, each counted once.
StrategyCounts strategies_of(const Plan& plan);

/// Adds them to the count of all plans so far.
void count_strategies(std::string_view backend, bool strict, const Plan& plan);

/// How many plans were counted.
uint64_t plans_counted();

/// What was counted for a backend in one mode; all 0 where nothing was.
StrategyCounts counted(std::string_view backend, bool strict);

/// A row per backend and mode.
std::string strategy_table();

}  // namespace sinter::test
