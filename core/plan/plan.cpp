// make_plan: recurrences found, steps ordered, memory laid out.
#include "sinter/plan/plan.hpp"

#include "sinter/base/trace.hpp"
#include "units.hpp"

namespace sinter {
namespace {

constexpr uint64_t kMaxMemoryBytes = 256u << 20;

}  // namespace

Result<Plan> make_plan(const Ir& ir) {
  const std::vector<bool> live = planning::live_insts(ir);
  Result<std::vector<planning::Unit>> units = planning::make_units(ir, live);
  if (!units) return units.errors();
  Plan plan;
  planning::lay_out(ir, live, plan);
  plan.steps = planning::schedule(ir, *units);
  planning::assign_places(ir, live, plan);
  if (plan.layout.memory_bytes() > kMaxMemoryBytes)
    return Error{
        Errc::limit_memory, "",
        "the patch needs " + std::to_string(plan.layout.memory_bytes() >> 20) +
            " MB of state, tables and External memory, and 256 MB is the limit: shorten delays or use fewer instances"};
  if (trace_wants("plan")) trace_write("plan", print(ir, plan));
  return plan;
}

}  // namespace sinter
