// Families: recurrences of one shape that a patch writes out node by node, and what lies between them, become lanes of
// one, as if the patch had said "channels".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sinter/ir/ir.hpp"

namespace sinter {

struct PlanOptions;

/// What the rest of the program goes on calling by its own name after packing. Empty lists: nothing was packed.
struct FamilyNames {
  /// Per state of the packed Ir: the key of each lane; empty where the state has one key for all.
  std::vector<std::vector<std::string>> state_keys;
  /// Per origin of the packed Ir: the origins whose insts are its lanes, in their order; empty for a plain origin.
  std::vector<std::vector<uint32_t>> origins;
  /// Fingerprints (RampSlot::cone …) as they were before. Per live ramp inst, in order: one, or one per lane.
  std::vector<std::vector<uint64_t>> ramp_cones;
  std::vector<uint64_t> line_cones, output_cones;

  bool any() const { return !origins.empty(); }
};

struct Families {
  Ir ir;
  FamilyNames names;
};

/// Packs nodes of few lanes (half of `options.width` at most): recurrences without delay lines first, then the PureMath
/// between them. Each lane computes what its node did, to the bit; in fast mode a sum that is written out over all of
/// them is added in another order. Families that would gain nothing stay as they are: fewer than 4,
/// recurrences that a time-parallel loop solves where they do not fill vectors of `options.width` lanes, and what
/// computes little for the rows that it exchanges with others. Returns `ir` as it is where `options.width` is 0 or the
/// work was cancelled. What goes wrong is left for make_plan to say. Control thread.
Families pack_families(Ir ir, const PlanOptions& options);

}  // namespace sinter
