// Chooses between time-parallel, lanes, serial and woven by what is legal, what the patch asks for, and what it costs.
#include "strategies.hpp"

#include <algorithm>
#include <cmath>

#include "cost.hpp"
#include "wishes.hpp"

namespace sinter::planning {
namespace {

StepKind single_kind(Op op, bool vectors) {
  switch (op) {
    case Op::fold:
      return StepKind::fold;
    case Op::upsample:
      return StepKind::upsample;
    case Op::decimate:
      return StepKind::decimate;
    case Op::call:
      return StepKind::call;
    case Op::push:
    case Op::tap:
      return vectors ? StepKind::time_parallel : StepKind::serial;
    case Op::prev:
    case Op::next:
    case Op::table_set:
      return StepKind::serial;
    default:
      return StepKind::time_parallel;
  }
}

// A recurrence whose insts differ in lanes, or that runs through views and folds, crosses lanes within a sample.
Value lane_crossing(const Ir& ir, const Unit& unit) {
  for (uint32_t i : unit.insts) {
    const Inst& inst = ir.insts[i];
    if (is_view(inst) || inst.op == Op::fold || inst.lanes != unit.lanes) return {i};
  }
  return {};
}

constexpr uint32_t kMaxMovingTables = 256;  // that a cell can make again in time

// What a wish comes to where a recurrence can be solved. A constant one can be scanned like a varying one.
bool is_honoured(const Ir& ir, Wish wish, Recurrence& recurrence, const Shape& shape) {
  if (wish == Wish::scan && recurrence.solution == Solution::constant && recurrence.nexts.size() <= kMaxVaryingStates &&
      !is_direct_form(ir, recurrence))
    recurrence.solution = Solution::varying;
  const bool constant = recurrence.solution == Solution::constant;
  const bool in_time = !constant || !shape.moves || shape.lanes <= kMaxMovingTables;
  switch (wish) {
    case Wish::time_parallel:
      return in_time;
    case Wish::block:
      return constant && in_time;
    case Wish::scan:
      return recurrence.solution == Solution::varying || recurrence.solution == Solution::sum;
    default:
      return false;
  }
}

// Few outputs of many ops are cheaper taken from the states at a chunk's start than from the recurrence's own ops.
void add_outputs(Recurrence& recurrence, const Shape& shape, const std::vector<bool>& read_outside) {
  std::vector<Value> outputs;
  for (Value v : recurrence.body)
    if (read_outside[v.index]) outputs.push_back(v);
  if (outputs.size() > kMaxLinearOutputs) return;
  const size_t direct = outputs.size() * (4 * shape.states + 10 * shape.inputs);
  const size_t by_body = 4 * shape.ops + (shape.states == 2 ? 4 : 0);
  if (direct < by_body) recurrence.outputs = std::move(outputs);
}

}  // namespace

bool may_run_in_lanes(const Ir& ir, const Unit& unit) {
  return unit.lanes >= 2 && std::none_of(unit.insts.begin(), unit.insts.end(), [&](uint32_t i) {
           const Op op = ir.insts[i].op;
           return op == Op::tap || op == Op::push || op == Op::table_set || op == Op::table_get;
         });
}

Strategies::Strategies(const Ir& ir, const PlanOptions& options, bool plain_states)
    : ir_(ir), options_(options), plain_states_(plain_states), wishes_(wishes_by_origin(ir)), analyser_(ir) {}

Wish Strategies::wish_of(const Unit& unit) const {
  for (uint32_t i : unit.insts)
    if (const Wish wish = wishes_[ir_.origin[i]]; wish != Wish::automatic) return wish;
  return Wish::automatic;
}

Result<bool> Strategies::choose(Unit& unit, const Neighbours& neighbours) {
  const Inst& head = ir_.insts[unit.insts[0]];
  unit.lanes = head.lanes;
  unit.clock = head.clock;
  unit.reason = {.first = {unit.insts[0]}};
  if (unit.insts.size() == 1) {
    choose_single(unit);
    return true;
  }
  if (Result<bool> runs = check_cycle(unit); !runs) return runs;
  choose_recurrence(unit, neighbours);
  return true;
}

void Strategies::choose_single(Unit& unit) const {
  const Inst& head = ir_.insts[unit.insts[0]];
  unit.kind = single_kind(head.op, options_.width != 0);
  unit.silent = is_place(head) || is_view(head) || head.op == Op::output || head.op == Op::call_output;
  if (unit.kind == StepKind::time_parallel && wish_of(unit) == Wish::serial) {
    unit.kind = StepKind::serial;
    unit.reason.why = Obstacle::asked;
  } else if (unit.kind == StepKind::serial && options_.width == 0) {
    unit.reason.why = Obstacle::interpreter;
  }
}

Result<bool> Strategies::check_cycle(const Unit& unit) const {
  for (uint32_t i : unit.insts) {
    const Inst& inst = ir_.insts[i];
    if (inst.op == Op::call)
      return Error{Errc::external_cycle, ir_.calls[inst.imm].key,
                   "a cycle runs through this External node: put a delay of at least 64 frames into it, and promise it "
                   "with \"min\""};
    if (inst.clock != unit.clock)
      return Error{Errc::not_supported, ir_.origins[ir_.origin[i]],
                   "a cycle runs through an oversampled section: close the cycle inside or outside of it"};
  }
  return true;
}

// A line and its taps without a way back: in each vector what is pushed is there before it is read.
bool Strategies::is_line_alone(const Unit& unit) const {
  const auto of_unit = [&](Value v) { return std::binary_search(unit.insts.begin(), unit.insts.end(), v.index); };
  return std::all_of(unit.insts.begin(), unit.insts.end(), [&](uint32_t i) {
    const Inst& inst = ir_.insts[i];
    return (inst.op == Op::tap || inst.op == Op::push) && !of_unit(inst.arg[0]);
  });
}

// Powers keep two states rotated (LinearTable), and no other number of them.
void Strategies::keep_plain(Analysis& found) const {
  Recurrence& recurrence = found.recurrence;
  if (!plain_states_ || found.obstacle != Obstacle::none || recurrence.solution != Solution::constant ||
      recurrence.nexts.size() != 2)
    return;
  if (is_direct_form(ir_, recurrence)) found.obstacle = Obstacle::too_many_states, found.culprit = recurrence.body[0];
  else recurrence.solution = Solution::varying;
}

void Strategies::choose_recurrence(Unit& unit, const Neighbours& neighbours) {
  const auto serial = [&](Obstacle why, Value culprit = {}) {
    unit.kind = StepKind::serial;
    unit.reason.why = why;
    unit.reason.culprit = culprit;
  };
  if (const Value crossing = lane_crossing(ir_, unit); crossing.valid()) {
    serial(Obstacle::crosses_lanes, crossing);
    unit.kind = StepKind::woven;
    return;
  }
  const Wish wish = wish_of(unit);
  if (options_.width == 0) return serial(Obstacle::interpreter);
  if (wish == Wish::serial) return serial(Obstacle::asked);
  if (is_line_alone(unit)) {
    unit.kind = StepKind::time_parallel;
    // The push first: taps that wait for it may stand before it.
    std::stable_partition(unit.insts.begin(), unit.insts.end(),
                          [&](uint32_t i) { return ir_.insts[i].op == Op::push; });
    return;
  }
  Analysis found = analyser_.analyse(unit.insts, neighbours.in_recurrence, options_.strict);
  keep_plain(found);
  const Shape shape = shape_of(ir_, found.recurrence);
  const bool solvable = found.obstacle == Obstacle::none, in_lanes = may_run_in_lanes(ir_, unit);
  const bool solving_asked = solvable && is_honoured(ir_, wish, found.recurrence, shape),
             lanes_asked = in_lanes && wish == Wish::lanes;
  const double one_by_one = serial_cycles(shape);
  const double solved = solvable ? solved_cycles(shape, found.recurrence.solution, options_.width) : HUGE_VAL;
  const double by_lanes = in_lanes ? lanes_cycles(shape, options_.width) : HUGE_VAL;
  if (lanes_asked || (!solving_asked && by_lanes < solved && by_lanes < one_by_one)) {
    unit.kind = StepKind::lanes;
    unit.reason.why = lanes_asked ? Obstacle::asked : solvable ? Obstacle::cheaper : found.obstacle;
    unit.reason.culprit = found.culprit;
  } else if (solving_asked || solved < one_by_one) {
    unit.kind = StepKind::time_parallel;
    unit.recurrence = std::move(found.recurrence);
    if (unit.recurrence.solution == Solution::constant) add_outputs(unit.recurrence, shape, neighbours.read_outside);
  } else {
    serial(found.obstacle != Obstacle::none ? found.obstacle : Obstacle::cheaper, found.culprit);
  }
}

}  // namespace sinter::planning
