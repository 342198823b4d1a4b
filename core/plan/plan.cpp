// make_plan: recurrences found, steps ordered, memory laid out.
#include "sinter/plan/plan.hpp"

#include "sinter/base/poll.hpp"
#include "sinter/base/trace.hpp"
#include "units.hpp"

namespace sinter {
namespace {

constexpr uint64_t kMaxMemoryBytes = 256u << 20;

}  // namespace

Result<Plan> make_plan(const Ir& ir, const std::function<bool()>* cancelled) {
  Poll poll(cancelled);
  const std::vector<bool> live = planning::live_insts(ir);
  Result<std::vector<planning::Unit>> units = planning::make_units(ir, live);
  if (!units) return units.errors();
  if (poll.now()) return cancelled_error();
  Plan plan;
  planning::lay_out(ir, live, plan);
  if (poll.now()) return cancelled_error();
  planning::fill_cones(ir, live, plan.layout);
  if (poll.now()) return cancelled_error();
  plan.steps = planning::schedule(ir, *units);
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
