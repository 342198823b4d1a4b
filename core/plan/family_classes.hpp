// Private to the plan: which units compute the same kind of thing, without looking at how they would run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "sinter/base/poll.hpp"
#include "units.hpp"

namespace sinter::planning {

/// The args of an inst as families compare them: of two factors or summands a cell's value comes before a sample. Which
/// one the Ir has first depends on which of the lanes was first to need a shared literal.
Value family_arg(const Ir& ir, const Inst& inst, uint32_t index);

/// Units by what they compute, of which classes of units, and how far from the sources: units of one class have one
/// level, so that none depends on another.
class UnitClasses {
 public:
  /// `width`: members of this many lanes fill a vector by themselves and are left out.
  /// Once `poll` says stop, good for nothing.
  UnitClasses(const Ir& ir, const std::vector<bool>& live, uint32_t width, Poll& poll);

  std::vector<Unit> units;         ///< in dependency order, without strategies
  std::vector<uint32_t> unit_of;   ///< per inst; UINT32_MAX for none
  std::vector<uint32_t> class_of;  ///< per unit; UINT32_MAX where it cannot be a member
  std::vector<bool> common;        ///< per unit: its class has enough members for a family

  /// The units of each common class, by level. PureMath of one shape whose literals are each shared by many is that
  /// many lists: polynomials of one degree.
  std::vector<std::vector<uint32_t>> lists() const;

  uint32_t lanes(uint32_t unit) const { return ir_.insts[units[unit].insts[0]].lanes; }
  bool is_recurrence(uint32_t unit) const { return units[unit].insts.size() > 1; }
  bool several(uint32_t unit, size_t members) const;
  /// What families count as a vector: of 4 lanes, two.
  uint32_t vector_lanes() const { return std::max(width_, 8u); }
  /// Whether a parameter moves a coefficient or an input.
  bool moves(uint32_t unit) const;

  /// What the insts of a unit read from outside of it, in order: the same places in each unit of a class.
  std::span<const Value> outer(uint32_t unit) const {
    return {outer_.data() + outer_first_[unit], outer_first_[unit + 1] - outer_first_[unit]};
  }

 private:
  using Words = std::vector<uint64_t>;

  void find_outer();
  void find_parameters(const std::vector<bool>& live);
  void find_levels();
  void classify(Poll& poll);
  bool may_pack(uint32_t unit) const;
  Words describe(uint32_t unit) const;
  void describe_arg(uint32_t unit, Value v, Words& words) const;
  std::vector<std::vector<uint32_t>> by_literals(const std::vector<uint32_t>& list) const;
  uint32_t count() const { return static_cast<uint32_t>(units.size()); }

  const Ir& ir_;
  uint32_t width_;
  std::vector<Wish> wishes_;           // per origin
  std::vector<bool> moves_, plays_;    // per inst below sample rate
  std::vector<uint32_t> level_;        // per unit
  std::vector<uint32_t> outer_first_;  // per unit, and the end
  std::vector<Value> outer_;
};

}  // namespace sinter::planning
