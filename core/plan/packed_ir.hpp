// Private to the plan: the Ir that packing writes, and what the members of a family read as one value.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sinter/plan/families.hpp"
#include "units.hpp"

namespace sinter::planning {

using Tuple = std::vector<Value>;  ///< a value per member of a family

class PackedIr {
 public:
  /// With the declarations of `from`, but for its states.
  explicit PackedIr(const Ir& from);

  Ir& ir() { return made_.ir; }
  FamilyNames& names() { return made_.names; }

  Value append(const Inst& inst, uint32_t origin);
  /// Puts new arguments into an inst, those of a stack or call into the pool.
  void put_args(Inst& inst, const Tuple& args);
  Value relane(Value of, Relane map, uint32_t lanes, uint32_t origin);
  /// The origin of the insts of several nodes: of its own where they are not one.
  uint32_t shared_origin(const Tuple& members);

  /// The old value has become this one, or lanes from `lane` of this one.
  void replace(Value old, Value value);
  void replace_by_lanes(Value old, Value value, uint32_t lane) { packed_[old.index] = {value, lane}; }
  /// A new ramp and the old ones that are its lanes.
  void note_ramp(Value ramp, std::vector<uint32_t> parts) { ramps_.emplace_back(ramp, std::move(parts)); }

  /// The new value of an old one; of a family's member a view.
  Value renewed(Value old);
  /// All lanes of the family that an old value belongs to.
  Value all_lanes(Value old) const { return packed_[old.index].value; }
  /// One value for what the members read, each with `lanes` lanes; of one lane where all read the same one.
  Value together(const Tuple& tuple, uint32_t lanes);

  /// Whether it has become larger than packing may make it: good for nothing.
  bool full() const;

  /// Leaves out what only members read one by one: ramps, held values, formulas below sample rate. Then only:
  /// the old ramps of each new one, in order.
  void drop_unread();
  const std::vector<std::pair<Value, std::vector<uint32_t>>>& ramps() const { return ramps_; }
  Families take() { return std::move(made_); }

 private:
  // What a family's value is in one of its members: lanes from `lane`.
  struct Packed {
    Value value;
    uint32_t lane = 0;
  };
  struct ByIndices {
    bool operator()(const Tuple& a, const Tuple& b) const;
  };

  const Inst& old(Value v) const { return from_[v]; }
  Value finish(Inst inst, const Tuple& tuple);
  Value stack(const Tuple& tuple);
  Value together_rows(const Tuple& tuple);
  Value together_ramp(const Tuple& tuple);
  Value together_cells(const Tuple& tuple, uint32_t depth);
  Value pack_cells(const Tuple& tuple, uint32_t depth);
  Value hold(const Tuple& tuple, const Tuple& held, uint32_t depth);
  Value widened(Value literal);

  const Ir& from_;
  Families made_;
  std::vector<Value> map_;      // per old inst: its new value, or the view of its lanes
  std::vector<Packed> packed_;  // per old inst of a family
  std::map<Tuple, Value, ByIndices> together_, cells_;
  std::map<std::vector<uint32_t>, uint32_t> origins_;
  std::vector<std::pair<Value, std::vector<uint32_t>>> ramps_;
};

}  // namespace sinter::planning
