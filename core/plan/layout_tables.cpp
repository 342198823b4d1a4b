// Where the powers of linear recurrences lie in the control area, and which parameters they are made again for.
#include <bit>

#include "sinter/base/round_up.hpp"
#include "units.hpp"

namespace sinter::planning {
namespace {

// The numbers of one lane.
void lay_out_numbers(LinearTable& table) {
  const auto states = table.states(), inputs = static_cast<uint32_t>(table.inputs.size());
  const auto outputs = static_cast<uint32_t>(table.outputs.size());
  const uint32_t square = states * states, steps = static_cast<uint32_t>(std::bit_width(table.width)) - 1;
  uint32_t at = 0;
  const auto take = [&](uint32_t numbers) {
    const uint32_t from = at;
    at += numbers * 4;
    return from;
  };
  for (LinearTable::Version& version : table.versions) {
    version.samples = &version == table.versions ? 4 : 1;
    version.lane = take(square * table.width);
    version.gain = take(version.samples * inputs * states);
    version.step = take(steps * square);
    version.start = take(outputs * version.samples * states);
    version.enter = take(outputs * version.samples * inputs);
    at = round_up(at, kCacheLine);
  }
  table.back = take(square);
  table.stride = round_up(at, kCacheLine);
}

// Coefficients and everything that they are made of have moved_by in the list of control code.
uint64_t moved_by(const Ir& ir, const std::vector<uint64_t>& moves, const LinearTable& table) {
  uint64_t groups = 0;
  for (Value v : table.body)
    for_args(ir, ir[v], [&](Value a) {
      if (ir[a].rate == Rate::control) groups |= moves[a.index];
    });
  return groups;
}

template <class F>
void for_steps(std::vector<Step>& steps, F&& visit) {
  for (Step& step : steps) {
    visit(step);
    for_steps(step.inner, visit);
    for_steps(step.otherwise, visit);
  }
}

}  // namespace

void lay_out_tables(const Ir& ir, uint32_t width, Plan& plan) {
  std::vector<uint64_t> moves;
  uint32_t& total = plan.layout.control_bytes;
  for_steps(plan.steps, [&](Step& step) {
    for (Recurrence& recurrence : step.recurrences) {
      if (recurrence.solution != Solution::constant) continue;
      if (moves.empty()) {
        moves.resize(ir.size());
        for (const ControlInst& control : plan.controls) moves[control.value.index] = control.moved_by;
      }
      LinearTable table{.body = recurrence.products,
                        .prevs = recurrence.prevs,
                        .nexts = recurrence.nexts,
                        .inputs = recurrence.inputs,
                        .outputs = recurrence.outputs,
                        .sections = recurrence.sections,
                        .lanes = step.lanes,
                        .width = width};
      table.body.insert(table.body.end(), recurrence.body.begin(), recurrence.body.end());
      if (table.sections.empty()) table.sections = {table.states()};
      lay_out_numbers(table);
      table.moved_by = moved_by(ir, moves, table);
      table.offset = reserve_bytes(total, uint64_t{table.stride} * table.lanes, kCacheLine);
      table.basis = reserve_bytes(total, uint64_t{16} * table.lanes * table.sections.size(), 16);
      recurrence.table = static_cast<uint32_t>(plan.tables.size());
      plan.tables.push_back(std::move(table));
    }
  });
}

}  // namespace sinter::planning
