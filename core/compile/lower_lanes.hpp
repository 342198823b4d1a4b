// How the channels of a signal and the copies of a composite share lanes, and the maps between the layouts.
//
// In a scope that runs K times side by side, channel c of copy l is lane c · K + l: picking, stacking and summing
// channels then treat all copies alike. A signal may have fewer lanes than it has channels and copies: 1 lane stands
// for all, K lanes for all channels.
#pragma once

#include "sinter/ir/builder.hpp"

namespace sinter::lowering {

/// A value of an expression or a vertex: a number, or a truth value that has not been needed as a number.
struct Term {
  Signal signal;
  uint32_t channels = 1;
  bool truth = false;
};

/// 1 or 0 for a truth value; a number as it stands.
Signal number(const Term& term);
/// Not 0 for a number; a truth value as it stands.
Signal truth(const Term& term);

/// x of 1, `copies` or channels · copies lanes with all channels · copies of them.
Signal spread(Signal x, uint32_t channels, uint32_t copies);

/// Lanes seen as [rows][columns][block] become [columns][rows][block].
Signal transpose(Signal x, uint32_t rows, uint32_t columns, uint32_t block);

/// The lanes [rows][block] once for each of `times`: [times][rows][block].
Signal repeat(Signal x, uint32_t times);

/// A composite that stands for `count` copies in a scope of `outer` copies; port and output widths are as written
/// inside.
struct CompositeLanes {
  uint32_t count = 1, outer = 1;
  Signal in(Signal x, uint32_t channels, uint32_t width) const;
  Signal out(Signal x, uint32_t width) const;
};

/// A node that stands for `count` instances in each of `outer` copies. Its own function sees instance i's channel c of
/// a port as lane i · width + c.
struct NodeLanes {
  uint32_t count = 1, outer = 1;
  bool linked = false;  ///< one node however wide: run once per copy, lanes are channels
  bool plain = true;    ///< all ports and outputs are mono: the order of instances is that of the lanes

  uint32_t runs() const { return linked ? outer : 1; }
  uint32_t instances() const { return linked ? count : count * outer; }
  Signal in(Signal x, uint32_t channels, uint32_t width, bool first, uint32_t run) const;
  /// The outputs of all runs as one signal of the scope.
  Signal out(const std::vector<Signal>& runs, uint32_t width) const;
};

}  // namespace sinter::lowering
