// The fourth step of lowering: how many channels every value has, and how many of a node run side by side. A fixpoint,
// because cycles are allowed: widths start at 1 and only grow.
#pragma once

#include <vector>

#include "lower_order.hpp"

namespace sinter::lowering {

struct Widths {
  std::vector<uint32_t> value;  ///< channels, per value, as seen in the scope that the value belongs to
};

/// What an expression needs to know about where it stands.
struct ExprPlace {
  uint32_t scope = 0;
  uint32_t unit = kNone;  ///< of an expression node: its `where` names
  uint32_t count = 1;     ///< what `n` is
  uint32_t repeat = 1;    ///< channels per count: `i` is the channel divided by it
};

/// Channels of an expression; mismatches are found when it is lowered.
uint32_t width_of(const Expansion& expansion, const Widths& widths, const Expr& expr, const ExprPlace& place);
/// Channels of what is connected to a port.
uint32_t width_of(const Expansion& expansion, const Widths& widths, const Feed& feed, const ExprPlace& place);

/// What the formulas of a port see as `i` and `n`.
ExprPlace place_of_port(const Expansion& expansion, uint32_t unit, uint32_t port);

/// Sets Unit::count and Scope::lanes. Errors: limit_channels, limit_instances.
Widths infer_widths(Expansion& expansion, const Order& order, Report& report);

}  // namespace sinter::lowering
