// Private to the plan: how each unit runs.
#pragma once

#include <vector>

#include "recurrences.hpp"
#include "units.hpp"

namespace sinter::planning {

class Strategies {
 public:
  Strategies(const Ir& ir, const PlanOptions& options);
  /// What units know of each other, per inst: whether it is part of a recurrence, and whether another unit reads it.
  struct Neighbours {
    std::vector<bool> in_recurrence, read_outside;
  };
  /// Gives a unit its kind, its recurrence and the reason where it is serial. Fails where a cycle cannot run at all.
  Result<bool> choose(Unit& unit, const Neighbours& neighbours);

 private:
  void choose_single(Unit& unit) const;
  void choose_recurrence(Unit& unit, const Neighbours& neighbours);
  bool is_line_alone(const Unit& unit) const;
  Result<bool> check_cycle(const Unit& unit) const;
  Wish wish_of(const Unit& unit) const;

  const Ir& ir_;
  const PlanOptions& options_;
  std::vector<Wish> wishes_;
  RecurrenceAnalyser analyser_;
};

}  // namespace sinter::planning
