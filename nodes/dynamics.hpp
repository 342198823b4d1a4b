// What the dynamics nodes share: the detector, levels of several channels, hold and look-ahead.
#pragma once

#include <string>
#include <string_view>

#include "families.hpp"

namespace sinter::nodes {

inline constexpr double kMaxLookahead = 0.1;  ///< s

Setting lookahead_setting();

/// The smooth branching detector: y += a · (target - y) with a = 1 - exp(-1 / (time · sr)), the time being `up` (s)
/// where target > y, else `down`; 0 s is at once. Both times are what they say, where the
/// decoupled detector adds the attack to the release. As many lanes as the widest of the three; y[-1] is 0.
Signal branching(NodeBuild& b, Signal target, Signal up, Signal down);
/// The same, at once where it rises.
Signal falling(NodeBuild& b, Signal target, Signal down);

/// x, `samples` ago; a line of its own, named `name`.
Signal delayed(NodeBuild& b, const std::string& name, Signal x, uint32_t samples);
/// The largest of the last `samples` ≥ 1 values of x, in log2 steps, none of which waits for the sample before.
Signal held(NodeBuild& b, const std::string& name, Signal x, uint32_t samples);

/// The largest |x| of all lanes, 1 lane.
Signal linked_peak(Signal x);
/// `seconds` in whole samples.
uint32_t whole_samples(NodeBuild& b, double seconds);
/// How far the node looks ahead, in samples, said to be its latency.
uint32_t lookahead_samples(NodeBuild& b);

}  // namespace sinter::nodes
