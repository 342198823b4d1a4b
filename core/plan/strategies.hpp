// Private to the plan: how each unit runs.
#pragma once

#include <vector>

#include "recurrences.hpp"
#include "units.hpp"

namespace sinter::planning {

/// What units know of each other, per inst: whether it is part of a recurrence, and whether another unit reads it.
struct Neighbours {
  std::vector<bool> in_recurrence, read_outside;
};
Neighbours neighbours_of(const Ir& ir, const std::vector<Unit>& units);

/// Whether machine code can run a recurrence with its instances side by side.
bool may_run_in_lanes(const Ir& ir, const Unit& unit);

class Strategies {
 public:
  /// `plain_states`: between calls states are to be what one sample at a time leaves, in no other basis.
  Strategies(const Ir& ir, const PlanOptions& options, bool plain_states = false);
  /// Gives a unit its kind, its recurrence and the reason where it is serial. Fails where a cycle cannot run at all.
  Result<bool> choose(Unit& unit, const Neighbours& neighbours);

 private:
  void choose_single(Unit& unit) const;
  void choose_recurrence(Unit& unit, const Neighbours& neighbours);
  bool is_line_alone(const Unit& unit) const;
  Result<bool> check_cycle(const Unit& unit) const;
  void keep_plain(Analysis& found) const;
  Wish wish_of(const Unit& unit) const;

  const Ir& ir_;
  const PlanOptions& options_;
  bool plain_states_;
  std::vector<Wish> wishes_;
  RecurrenceAnalyser analyser_;
};

}  // namespace sinter::planning
