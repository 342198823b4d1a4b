// Private to the export: which values live where in the header, what they are called, and what runs when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cpp_text.hpp"
#include "sinter/ir/ir.hpp"

namespace sinter::exporting {

inline constexpr uint32_t kStackLanes = 64;  ///< arrays of more are members

/// Insts that run together in order: single statements, or one loop over the lanes of several.
struct Item {
  uint32_t lanes = 1;  ///< of the loop; 1: a single inst of any kind
  std::vector<uint32_t> insts;
};

struct Schedule {
  std::vector<Item> items;
  std::vector<bool> array;  ///< per inst: its lanes are read outside of its own loop
};

/// Control code that depends on the same groups of sources; 0: computed once.
struct ControlRun {
  uint64_t moved_by = 0;
  Schedule schedule;
};

/// Sample code of the clocks that run together in some substeps.
struct ClockSet {
  uint32_t slowest = 1;  ///< it runs in substeps in which a local sample of this clock begins, and of no slower one
  std::vector<uint32_t> clocks;
  Schedule schedule;
};

/// A control value entering sample code by a ramp; lane l at slot `first` + l.
struct Ramp {
  uint32_t inst = 0, first = 0;
};

class Model {
 public:
  explicit Model(const Ir& ir);

  const Ir& ir;
  std::vector<bool> live;
  std::vector<bool> made;          ///< per inst: has code, control or sample
  std::vector<uint64_t> moved_by;  ///< per inst below sample rate
  std::vector<bool> member;        ///< per inst: a control value that other code reads
  std::vector<bool> enters;        ///< per inst: one that sample code reads
  std::vector<ControlRun> runs;    ///< in an order in which each may run; what never moves comes first
  std::vector<ClockSet> sets;      ///< slowest first
  uint32_t substeps = 1;           ///< of a base frame
  std::vector<Ramp> ramps;
  uint32_t ramp_lanes = 0;
  std::vector<uint32_t> ramp_slot;   ///< per inst
  std::vector<uint32_t> param_slot;  ///< per source: of its lane 0 in the values
  uint32_t param_lanes = 0;
  std::vector<uint32_t> probe_slot;  ///< per probe: of its lane 0 in the levels; those of voices come last
  uint32_t meter_lanes = 0, voice_probe_lanes = 0;
  std::vector<uint32_t>
      voices;  ///< per inst below sample rate: 1 + index of the poly node whose notes it hears; 0: none
  std::vector<std::string> states, lines, tables;  ///< member names

  bool per_sample(uint32_t inst) const { return ir.insts[inst].rate == Rate::sample || is_root(ir.insts[inst].op); }
  /// A literal, or a hold of one: has no place, stands where it is used.
  bool is_literal(uint32_t inst) const;
  /// The literal's text in the type of the inst.
  std::string literal_text(uint32_t inst) const;
  /// Too many lanes for the stack.
  bool is_scratch(uint32_t inst) const { return ir.insts[inst].lanes > kStackLanes; }
  /// The ring of a line: a power of two.
  uint32_t capacity(uint32_t line) const;
  /// Elements from one lane's ring to the next.
  uint32_t line_stride(uint32_t line) const;

 private:
  void find_live();
  void find_controls();
  void place_probes();
  void find_clocks();
  std::vector<uint32_t> needed_from(uint32_t clock) const;
  void name_members();
};

/// Sorts insts, in their order, into loops over lanes; what does not depend on an open loop goes before it.
Schedule make_schedule(const Ir& ir, const std::vector<uint32_t>& insts);

}  // namespace sinter::exporting
