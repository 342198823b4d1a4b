// Tells linear recurrences from others, whatever nodes or formulas they were written with.
#include "recurrences.hpp"

#include <algorithm>
#include <unordered_map>

namespace sinter::planning {

// By the weight of each state in what each inst gives.
bool is_direct_form(const Ir& ir, const Recurrence& recurrence) {
  enum Weight : uint8_t { zero, one, other };
  const size_t states = recurrence.nexts.size();
  for (size_t k = 0; k < states; ++k) {
    std::unordered_map<uint32_t, Weight> weights;  // of state k in each inst
    const auto weight = [&](Value v) {
      const auto found = weights.find(v.index);
      return found == weights.end() ? zero : found->second;
    };
    const auto sum = [](Weight a, Weight b) { return a == zero ? b : b == zero ? a : other; };
    for (Value v : recurrence.body) {
      const Inst& inst = ir[v];
      Weight& here = weights[v.index];
      switch (inst.op) {
        case Op::prev:
          here = v == recurrence.prevs[k] ? one : zero;
          break;
        case Op::next:
          here = weight(inst.arg[0]);
          break;
        case Op::add:
        case Op::sub:
          here = sum(weight(inst.arg[0]), weight(inst.arg[1]));
          break;
        case Op::neg:
          here = weight(inst.arg[0]);
          break;
        case Op::fma:
          here = sum(weight(inst.arg[0]) == zero && weight(inst.arg[1]) == zero ? zero : other, weight(inst.arg[2]));
          break;
        case Op::select:
          here = weight(inst.arg[1]) == weight(inst.arg[2]) ? weight(inst.arg[1]) : other;
          break;
        default:
          here = weight(inst.arg[0]) == zero && weight(inst.arg[1]) == zero ? zero : other;
      }
    }
    for (size_t l = 0; l < states; ++l)
      if (l != k && weights[recurrence.nexts[l].index] == one) return true;
  }
  return false;
}

Analysis RecurrenceAnalyser::analyse(const std::vector<uint32_t>& insts, const std::vector<bool>& in_recurrence,
                                     bool strict) {
  ++epoch_;
  found_ = {};
  varies_ = scales_ = floats_ = false;
  collect(insts);
  Recurrence& recurrence = found_.recurrence;
  const auto line = std::find_if(insts.begin(), insts.end(), [&](uint32_t i) { return ir_.insts[i].op == Op::tap; });
  if (line != insts.end()) fail(Obstacle::short_delay, {*line});
  else if (recurrence.nexts.size() != recurrence.prevs.size() || recurrence.nexts.empty())
    fail(Obstacle::non_linear, {insts[0]});
  if (found_.obstacle != Obstacle::none) return std::move(found_);
  if (is_shift()) {
    recurrence.solution = Solution::shift;
    return std::move(found_);
  }
  for (Value v : recurrence.body)
    if (!check(v)) return std::move(found_);
  choose_solution(in_recurrence, strict);
  return std::move(found_);
}

// Integers are exact in any order.
void RecurrenceAnalyser::choose_solution(const std::vector<bool>& in_recurrence, bool strict) {
  Recurrence& recurrence = found_.recurrence;
  const size_t states = recurrence.nexts.size();
  const bool few = states <= kMaxVaryingStates;
  if (!floats_) {
    recurrence.solution = scales_ || states > 1 ? Solution::varying : Solution::sum;
    if (recurrence.solution == Solution::sum) recurrence.increment = steady_increment();
    if (!few) fail(Obstacle::too_many_states, recurrence.body[0]);
    return;
  }
  if (strict) return void(fail(Obstacle::strict, recurrence.body[0]));
  if (!varies_ && states <= kMaxLinearStates) trace_products(in_recurrence);
  if (!varies_ && states <= kMaxLinearStates && recurrence.inputs.size() <= kMaxLinearInputs &&
      recurrence.body.size() + recurrence.products.size() <= kMaxLinearBody)
    recurrence.solution = Solution::constant;
  else if (!few || (!varies_ && is_direct_form(ir_, recurrence))) fail(Obstacle::too_many_states, recurrence.body[0]);
  else if (is_direct_form(ir_, recurrence)) fail(Obstacle::ill_conditioned, recurrence.body[0]);
  else recurrence.solution = Solution::varying;
}

// prevs and nexts of a state stand at the same place of both lists.
void RecurrenceAnalyser::collect(const std::vector<uint32_t>& insts) {
  Recurrence& recurrence = found_.recurrence;
  for (uint32_t i : insts) {
    member_[i] = epoch_;
    recurrence.body.push_back({i});
    if (ir_.insts[i].op == Op::prev) recurrence.prevs.push_back({i});
    if (ir_.insts[i].op == Op::next) recurrence.nexts.push_back({i});
  }
  const auto by_state = [&](Value a, Value b) { return ir_[a].imm < ir_[b].imm; };
  std::sort(recurrence.prevs.begin(), recurrence.prevs.end(), by_state);
  std::sort(recurrence.nexts.begin(), recurrence.nexts.end(), by_state);
}

bool RecurrenceAnalyser::is_shift() const {
  const Recurrence& recurrence = found_.recurrence;
  return recurrence.body.size() == 2 && recurrence.nexts.size() == 1 &&
         ir_[recurrence.prevs[0]].imm == ir_[recurrence.nexts[0]].imm && !is_member(ir_[recurrence.nexts[0]].arg[0]);
}

bool RecurrenceAnalyser::fail(Obstacle obstacle, Value culprit) {
  if (found_.obstacle == Obstacle::none) {
    found_.obstacle = obstacle;
    found_.culprit = culprit;
  }
  return false;
}

bool RecurrenceAnalyser::check(Value v) {
  const Inst& inst = ir_[v];
  if (inst.op == Op::table_set || inst.op == Op::table_get) return fail(Obstacle::table_written, v);
  if (inst.op == Op::probe) return fail(Obstacle::non_linear, v);
  if (inst.type == Type::f32) floats_ = true;
  else if (inst.type != Type::i32) return fail(Obstacle::non_linear, v);
  if (inst.type != ir_[found_.recurrence.nexts[0]].type) return fail(Obstacle::non_linear, v);
  return linear(v, inst) || fail(Obstacle::non_linear, v);
}

// What is added enters as an input, whatever its rate.
void RecurrenceAnalyser::add_input(Value v) {
  if (is_member(v) || read_[v.index] == epoch_) return;
  read_[v.index] = epoch_;
  found_.recurrence.inputs.push_back(v);
}

// Of a counter or an oscillator's phase: one addition of what rests.
Value RecurrenceAnalyser::steady_increment() const {
  const Recurrence& recurrence = found_.recurrence;
  const Inst& sum = ir_[ir_[recurrence.nexts[0]].arg[0]];
  if (recurrence.body.size() != 3 || sum.op != Op::iadd) return {};
  const Value increment = sum.arg[sum.arg[0] == recurrence.prevs[0] ? 1 : 0];
  return ir_[increment].rate == Rate::sample ? Value{} : increment;
}

// Inputs that are one signal times coefficients are one input. Fewer to scan.
void RecurrenceAnalyser::trace_products(const std::vector<bool>& in_recurrence) {
  Recurrence& recurrence = found_.recurrence;
  std::vector<Value> inputs;
  const auto add = [&](Value v) {
    if (std::find(inputs.begin(), inputs.end(), v) == inputs.end()) inputs.push_back(v);
  };
  for (Value v : recurrence.inputs) {
    const Inst& inst = ir_[v];
    const bool product = inst.op == Op::mul && !in_recurrence[v.index] && inst.rate == Rate::sample &&
                         inst.lanes == ir_[recurrence.body[0]].lanes;
    const Value a = product ? inst.arg[0] : v, b = product ? inst.arg[1] : v;
    if (!product || (ir_[a].rate == Rate::sample) == (ir_[b].rate == Rate::sample)) {
      add(v);
      continue;
    }
    recurrence.products.push_back(v);
    add(ir_[a].rate == Rate::sample ? a : b);
  }
  recurrence.inputs = std::move(inputs);
}

// A member times something from outside.
bool RecurrenceAnalyser::scaled(Value v, Value factor) {
  if (!is_member(v)) std::swap(v, factor);
  if (!is_member(v) || is_member(factor)) return false;
  scales_ = true;
  varies_ |= ir_[factor].rate == Rate::sample;
  return true;
}

bool RecurrenceAnalyser::linear(Value v, const Inst& inst) {
  switch (inst.op) {
    case Op::prev:
      return true;
    case Op::next:
      add_input(inst.arg[0]);
      return true;
    case Op::add:
    case Op::iadd:
    case Op::sub:
    case Op::isub:
      scales_ |= (inst.op == Op::sub || inst.op == Op::isub) && is_member(inst.arg[1]);
      add_input(inst.arg[0]);
      add_input(inst.arg[1]);
      // Twice the state, or the state less itself, is a multiple of it.
      scales_ |= is_member(inst.arg[0]) && is_member(inst.arg[1]);
      return true;
    case Op::neg:
      scales_ = true;
      return true;
    case Op::mul:
    case Op::imul:
      return scaled(inst.arg[0], inst.arg[1]);
    case Op::div:
      return is_member(inst.arg[0]) && scaled(inst.arg[0], inst.arg[1]);
    case Op::fma: {
      add_input(inst.arg[2]);
      if (is_member(inst.arg[0]) || is_member(inst.arg[1])) return scaled(inst.arg[0], inst.arg[1]);
      // A product from outside: one factor is the coefficient of the other.
      const bool first_rests = ir_[inst.arg[0]].rate != Rate::sample;
      varies_ |= !first_rests && ir_[inst.arg[1]].rate == Rate::sample;
      add_input(inst.arg[first_rests ? 1 : 0]);
      return true;
    }
    case Op::select:
      if (is_member(inst.arg[0])) return false;
      scales_ = true;
      varies_ |= ir_[inst.arg[0]].rate == Rate::sample;
      add_input(inst.arg[1]);
      add_input(inst.arg[2]);
      return true;
    default:
      (void)v;
      return false;
  }
}

}  // namespace sinter::planning
