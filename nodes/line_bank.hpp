// Banks of delay lines whose lines are lanes.
#pragma once

#include "lanes.hpp"

namespace sinter::nodes {

/// 0 where x is no number or beyond ±1e30: of NaN a clamp would make its low end.
Signal finite(Signal x);

/// Seconds as whole samples (a real): a control is rounded once per cell, a signal in each sample.
Signal whole_samples(NodeBuild& b, Signal seconds);

struct LineBank {
  Builder* build = nullptr;
  uint32_t line = 0;

  /// What each lane pushed `samples` (a whole real) ago, `least` of them or more; `pushed` where that is 0.
  Signal tap(Signal samples, uint32_t least = 1, Signal pushed = {}) const;
  Signal push(Signal x) const { return build->push(line, x); }
};
/// Lines as long as ranges prove that `longest_seconds` gets. The node fails beyond kMaxDelaySeconds.
LineBank open_bank(NodeBuild& b, std::string_view name, uint32_t lanes, Signal longest_seconds);

/// x, `seconds` (0 … what ranges prove) ago in whole samples; x itself where that is the number 0.
Signal predelayed(NodeBuild& b, Signal x, Signal seconds);

}  // namespace sinter::nodes
