// Private to the plan: the units that scheduling works with. A unit is an SCC of the step graph, or a single inst.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/ir/ranges.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::planning {

/// Insts that code of sample rate never computes: they are places.
bool is_place(const Inst& inst);
/// relane and stack at sample rate: another view of rows that exist.
bool is_view(const Inst& inst);
/// Sources without arguments that every step recomputes for itself.
bool is_free_source(Op op);

struct Unit {
  StepKind kind{};
  bool silent = false;  ///< a view, an input, a ramp: takes part in the order, makes no step
  uint32_t lanes = 1;
  uint8_t clock = 1;
  std::vector<uint32_t> insts;         ///< in Ir order
  Recurrence recurrence;               ///< where a time-parallel loop solves it; else without body
  SerialReason reason;                 ///< where it runs neither so nor as PureMath
  std::vector<Step> inner, otherwise;  ///< either: as in Step
  std::vector<Value> taps;             ///< either: as in Step
  double long_share = 0;               ///< either: as in Step
};

/// Which place of its unit an inst has.
inline uint32_t place_in(const Unit& unit, uint32_t inst) {
  return static_cast<uint32_t>(std::lower_bound(unit.insts.begin(), unit.insts.end(), inst) - unit.insts.begin());
}

/// Which insts matter: everything a root depends on.
std::vector<bool> live_insts(const Ir& ir);

/// The ranges of an Ir, found when something first asks for them: most patches ask for none.
class LazyRanges {
 public:
  LazyRanges(const Ir& ir, const std::vector<bool>& live) : ir_(ir), live_(live) {}
  const Ranges& operator()() {
    if (!found_) found_.emplace(ir_, live_);
    return *found_;
  }

 private:
  const Ir& ir_;
  const std::vector<bool>& live_;
  std::optional<Ranges> found_;
};

/// Per inst: the fewest samples that a live tap reads back (least_delay), UINT32_MAX for all others. Linear in the
/// insts.
std::vector<uint32_t> least_delays(const Ir& ir, const std::vector<bool>& live, LazyRanges& ranges);
/// Plan::tied for calls of up to `chunk` frames.
std::vector<bool> tied_taps(const Ir& ir, const std::vector<uint32_t>& least_delays, uint32_t chunk);
inline constexpr uint32_t kLeastChunk = 16;  ///< frames; shorter calls cost more than they free

/// Groups the live sample-rate insts into units, in the order of their dependencies, without strategies yet.
std::vector<Unit> group_units(const Ir& ir, const std::vector<bool>& live, const std::vector<bool>& tied);

/// Groups the live sample-rate insts into units, so that the units' dependencies have no cycle, and gives each its
/// strategy. The delay of a tap that is proven to be a whole chunk or longer does not tie it to its push.
Result<std::vector<Unit>> make_units(const Ir& ir, const std::vector<bool>& live, const std::vector<bool>& tied,
                                     const PlanOptions& options);

/// Orders the units and merges those of one kind, lanes and clock that can run together into steps.
std::vector<Step> schedule(const Ir& ir, const std::vector<Unit>& units);
/// The same for a few units of many. `unit_of`: per inst UINT32_MAX, before and after.
std::vector<Step> schedule(const Ir& ir, const std::vector<Unit>& units, std::vector<uint32_t>& unit_of);

/// Places, buffers, rows and stores: everything about where values live at sample rate.
void assign_places(const Ir& ir, const std::vector<bool>& live, Plan& plan);

/// Layout of the control area, states, lines, tables, parameters, voices and buses.
void lay_out(const Ir& ir, const std::vector<bool>& live, Plan& plan);

/// The offset of `bytes` more behind `total`, both rounded up to whole units. Sums stay below 2^32.
uint32_t reserve_bytes(uint32_t& total, uint64_t bytes, uint32_t unit);

/// Places in the control area for the powers that the steps' recurrences need. After schedule() and lay_out().
void lay_out_tables(const Ir& ir, uint32_t width, Plan& plan);

/// The cones of the ramps, lines and outputs that were laid out.
void fill_cones(const Ir& ir, const std::vector<bool>& live, Plan& plan);

/// Visits the sample-rate arguments of an inst. F: void(Value)
template <class F>
void for_args(const Ir& ir, const Inst& inst, F&& visit) {
  const uint32_t count = arg_count(ir, inst);
  for (uint32_t i = 0; i < count; ++i) visit(arg(ir, inst, i));
}

}  // namespace sinter::planning
