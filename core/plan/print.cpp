// The plan as text: steps in order, what each computes, reads and writes.
#include <cstdio>
#include <string>

#include "sinter/plan/plan.hpp"

namespace sinter {
namespace {

std::string number(Value v) { return "%" + std::to_string(v.index); }

std::string text_of(const Plan& plan, Value v) {
  const ValuePlace& place = plan.places[v.index];
  switch (place.kind) {
    case PlaceKind::none:
      return "";
    case PlaceKind::literal:
      return "literal";
    case PlaceKind::control:
      return "control+" + std::to_string(place.offset);
    case PlaceKind::ramp:
      return "ramp " + std::to_string(place.offset);
    case PlaceKind::buffer:
      return "buffer+" + std::to_string(place.offset);
    case PlaceKind::input:
      return "input " + std::to_string(place.offset);
    case PlaceKind::rows:
      return "rows " + std::to_string(place.offset);
  }
  return "";
}

void print_step(std::string& text, const Ir& ir, const Plan& plan, const Step& step, const std::string& indent) {
  text += indent + std::string(name(step.kind)) + " lanes=" + std::to_string(step.lanes) +
          " clock=" + std::to_string(step.clock) + " ops=" + std::to_string(step.body.size()) + "\n";
  for (const Step& inner : step.inner) print_step(text, ir, plan, inner, indent + "  ");
  if (!step.otherwise.empty()) text += indent + "otherwise\n";
  for (const Step& other : step.otherwise) print_step(text, ir, plan, other, indent + "  ");
  for (Value v : step.body) {
    const Inst& inst = ir[v];
    text += indent + "  " + number(v) + " = " + std::string(info(inst.op).name);
    for (uint32_t i = 0; i < arg_count(ir, inst); ++i) {
      const Value a = arg(ir, inst, i);
      const std::string place = text_of(plan, a);
      text += (i ? ", " : " ") + number(a) + (place.empty() ? "" : " [" + place + "]");
    }
    text += "\n";
  }
  for (const Store& store : step.stores)
    text += indent + "  store " + number(store.value) + " -> " + (store.kind == Store::output ? "output " : "buffer+") +
            std::to_string(store.offset) + "\n";
}

}  // namespace

std::string_view name(StepKind kind) {
  constexpr std::string_view kNames[] = {"time_parallel", "serial", "lanes", "fold",  "upsample",
                                         "decimate",      "call",   "woven", "either"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view name(Solution solution) {
  constexpr std::string_view kNames[] = {"shift", "sum", "constant", "varying"};
  return kNames[static_cast<size_t>(solution)];
}

std::string_view name(Obstacle obstacle) {
  constexpr std::string_view kNames[] = {"none",          "asked",         "strict",          "interpreter",
                                         "non_linear",    "short_delay",   "ill_conditioned", "too_many_states",
                                         "table_written", "crosses_lanes", "cheaper"};
  return kNames[static_cast<size_t>(obstacle)];
}

std::string print(const Ir& ir, const Plan& plan) {
  const Layout& layout = plan.layout;
  std::string text = "plan: " + std::to_string(plan.steps.size()) + " steps in calls of " +
                     std::to_string(plan.chunk_frames) + " frames, buffers " + std::to_string(layout.buffer_bytes) +
                     " bytes, controls " + std::to_string(layout.control_bytes) + " bytes, states " +
                     std::to_string(layout.state_bytes) + " bytes, " + std::to_string(layout.lines.size()) +
                     " delay lines, " + std::to_string(plan.controls.size()) + " control ops\n";
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    text += "step " + std::to_string(s) + ": ";
    std::string step;
    print_step(step, ir, plan, plan.steps[s], "");
    text += step;
  }
  return text;
}

}  // namespace sinter
