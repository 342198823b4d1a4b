// make_plan: recurrences found, steps ordered, memory laid out.
#include "sinter/plan/plan.hpp"

#include <algorithm>

#include "cascades.hpp"
#include "cost.hpp"
#include "divisions.hpp"
#include "either.hpp"
#include "fuse_folds.hpp"
#include "lane_sums.hpp"
#include "sinter/base/poll.hpp"
#include "sinter/base/trace.hpp"
#include "units.hpp"

namespace sinter {
namespace {

constexpr uint64_t kMaxMemoryBytes = 256u << 20;
constexpr double kCyclesPerCall = 140;  // what the engine does around the code of a call

using planning::LazyRanges;
using planning::Unit;

// The steps for calls of up to `chunk` frames.
struct Draft {
  uint32_t chunk = kCellFrames;
  std::vector<bool> tied;
  std::vector<Step> steps;
  double cycles = 0;  // per base frame
};

Result<Draft> make_draft(const Ir& ir, const std::vector<bool>& live, LazyRanges& ranges,
                         const std::vector<uint32_t>& least_delays, const PlanOptions& options, uint32_t chunk) {
  Draft draft{.chunk = chunk, .tied = planning::tied_taps(ir, least_delays, chunk), .cycles = kCyclesPerCall / chunk};
  Result<std::vector<Unit>> units = planning::make_units(ir, live, draft.tied, options);
  if (!units) return units.errors();
  if (Result<bool> added = planning::add_second_ways(ir, live, ranges, draft.tied, options, chunk, *units); !added)
    return added.errors();
  planning::merge_cascades(ir, options, *units);
  draft.steps = planning::schedule(ir, *units);
  planning::fuse_folds(ir, draft.steps);
  planning::move_lane_sums(ir, draft.steps);
  if (options.width == 0) return draft;  // the model knows machine code, and an edit waits for interpreters
  for (Step& step : draft.steps) {
    step.cycles = planning::step_cycles(ir, step, options.width, chunk);
    draft.cycles += step.cycles;
  }
  return draft;
}

bool has_short_loop(const Draft& draft) {
  return std::any_of(draft.steps.begin(), draft.steps.end(), [](const Step& step) {
    return std::any_of(step.reasons.begin(), step.reasons.end(),
                       [](const SerialReason& reason) { return reason.why == Obstacle::short_delay; });
  });
}

// A loop through a delay shorter than a cell runs in vectors where calls are no longer than the delay.
Result<Draft> choose_draft(const Ir& ir, const std::vector<bool>& live, LazyRanges& ranges, const PlanOptions& options,
                           Poll& poll) {
  const std::vector<uint32_t> least_delays = planning::least_delays(ir, live, ranges);
  Result<Draft> best = make_draft(ir, live, ranges, least_delays, options, kCellFrames);
  for (uint32_t chunk = kCellFrames / 2; best && chunk >= options.width && chunk >= planning::kLeastChunk; chunk /= 2) {
    if (!options.width || !has_short_loop(*best) || poll.now()) break;
    Result<Draft> other = make_draft(ir, live, ranges, least_delays, options, chunk);
    if (!other) return other;
    if (other->cycles < best->cycles) best = std::move(other);
  }
  return best;
}

}  // namespace

Result<Plan> make_plan(const Ir& ir, const PlanOptions& options) {
  Poll poll(options.cancelled);
  const std::vector<bool> live = planning::live_insts(ir);
  planning::LazyRanges ranges(ir, live);
  Result<Draft> draft = choose_draft(ir, live, ranges, options, poll);
  if (!draft) return draft.errors();
  if (poll.now()) return cancelled_error();
  Plan plan;
  plan.chunk_frames = draft->chunk;
  plan.tied = std::move(draft->tied);
  plan.steps = std::move(draft->steps);
  const bool estimates = options.width != 0 && !options.strict;
  plan.tame = estimates ? planning::tame_divisions(ir, live, ranges) : std::vector<bool>(ir.size(), false);
  if (options.names) plan.names = *options.names;
  planning::lay_out(ir, live, plan);
  if (poll.now()) return cancelled_error();
  planning::fill_cones(ir, live, plan);
  if (poll.now()) return cancelled_error();
  planning::lay_out_tables(ir, options.width, plan);
  if (poll.now()) return cancelled_error();
  planning::assign_places(ir, live, plan);
  if (poll.now()) return cancelled_error();
  if (plan.layout.memory_bytes() > kMaxMemoryBytes)
    return Error{
        Errc::limit_memory, "",
        "the patch needs " + std::to_string(plan.layout.memory_bytes() >> 20) +
            " MB of state, tables and External memory, and 256 MB is the limit: shorten delays or use fewer instances"};
  if (trace_wants("plan")) trace_write("plan", print(ir, plan));
  return plan;
}

}  // namespace sinter
