// Recurrences of a loop over chunks: what each chunk adds from zero states, a scan over the chunks in the lanes, then
// the recurrence's own ops over the samples of every chunk from the states it begins with.
//
// Scan over pairs (matrix, vector) in log2 W steps: P. Kogge, H. Stone, IEEE Trans. Computers C-22(8), 1973; for linear
// recurrences G. Blelloch, Prefix sums and their applications (1990).
#include <algorithm>
#include <bit>
#include <unordered_set>

#include "body.hpp"

namespace sinter::jit {

// Whether each state is one of those before or none of them, and something else: a counter that begins anew. Then
// products are with 0 or 1, for which an and does.
bool Lowering::only_keeps(const Recurrence& recurrence) const {
  std::unordered_set<uint32_t> members;
  for (Value v : recurrence.body) members.insert(v.index);
  return std::all_of(recurrence.body.begin(), recurrence.body.end(), [&](Value v) {
    const Inst& inst = ir_[v];
    const auto member = [&](uint32_t a) { return members.contains(inst.arg[a].index); };
    if (inst.op == Op::iadd) return !member(0) || !member(1);
    if (inst.op == Op::isub) return !member(1);
    return inst.op == Op::prev || inst.op == Op::next || inst.op == Op::select;
  });
}

void Lowering::lower_recurrence(const Recurrence& recurrence) {
  inst_ = recurrence.body[0].index;
  integers_ = ir_[recurrence.nexts[0]].type == Type::i32;
  masks_ = integers_ && only_keeps(recurrence);
  one_ = literal(masks_ ? ~0u : integers_ ? 1u : static_cast<uint32_t>(bits_of(1.0f)));
  add_states(recurrence);
  switch (recurrence.solution) {
    case Solution::shift:
      return lower_shift(recurrence);
    case Solution::sum:
      if (recurrence.increment.valid()) return lower_steady_sum(recurrence);
      return lower_varying(recurrence);
    case Solution::constant:
      return lower_constant(recurrence);
    case Solution::varying:
      return lower_varying(recurrence);
  }
}

// States pass from vector to vector spread over all lanes.
void Lowering::add_states(const Recurrence& recurrence) {
  first_state_ = body_.states.size();
  for (Value next : recurrence.nexts) {
    const uint64_t state = ir_[next].imm;
    const uint32_t at = pointer(Pointer::state, 0, ir_.states[state].lanes > 1, 4);
    ++body_.pointers[at].uses;
    const auto offset = static_cast<int32_t>(plan_.state_offset[state]);
    const uint32_t value = leaf({.kind = Leaf::element, .pointer = at, .offset = offset});
    body_.states.push_back({.value = value, .pointer = at, .offset = offset});
  }
}

// After every use of what they were.
void Lowering::carry_on(const std::vector<uint32_t>& after) {
  for (size_t k = 0; k < after.size(); ++k) {
    const Body::State& state = body_.states[first_state_ + k];
    BodyNode& made = node(kCarry, kNoValue, {after[k]});
    made.pointer = state.pointer;
    made.offset = state.offset;
    made.second = static_cast<uint32_t>(first_state_ + k);
    ++body_.pointers[state.pointer].uses;
  }
}

// The values of all phases from the states before the first. What changes at the end of a sample is what the next
// sample begins with.
void Lowering::run_phases(const Recurrence& recurrence, const std::vector<uint32_t>& starts) {
  std::vector<uint32_t> now = starts;
  for (phase_ = 0; phase_ < phases_; ++phase_) {
    for (size_t k = 0; k < now.size(); ++k) bind(recurrence.prevs[k], now[k]);
    for (Value v : recurrence.body)
      if (ir_[v].op != Op::prev && ir_[v].op != Op::next) lower_inst(v);
    for (size_t k = 0; k < now.size(); ++k) now[k] = value_of(ir_[recurrence.nexts[k]].arg[0]);
  }
  phase_ = 0;
}

uint32_t Lowering::shifted(uint32_t value, uint32_t chunks, uint32_t fill) {
  const uint32_t result = computed();
  BodyNode& made = node(kShiftChunks, result, {value, fill == kNoValue ? literal(0) : fill});
  made.low = chunks;
  made.high = phases_;
  made.second = fill == kNoValue;
  return result;
}

// In chunks of one sample the last vector may hold fewer frames than lanes.
uint32_t Lowering::last_of(uint32_t value) {
  const uint32_t result = computed();
  if (phases_ > 1) {
    node(kSpreadLast, result, {value});
    return result;
  }
  node(kSpreadLane, result, {value, last_lane()});
  return result;
}

uint32_t Lowering::last_lane() {
  if (last_lane_ == kNoValue) {
    last_lane_ = computed();
    node(kLastLane, last_lane_, {});
  }
  return last_lane_;
}

void Lowering::lower_shift(const Recurrence& recurrence) {
  const Phases values = phases_of(ir_[recurrence.nexts[0]].arg[0]);
  const uint32_t newest = values[phases_ - 1];
  Phases before{};
  if (in_rows_) {
    for (uint32_t p = 0; p < phases_; ++p) {
      before[p] = computed();
      node(kShiftRow, before[p], {values[p], p ? values[p - 1] : carried(0)});
    }
    bind_phases(recurrence.prevs[0], before);
    return carry_on({last_of(newest)});
  }
  before[0] = shifted(newest, 1, carried(0));
  for (uint32_t p = 1; p < phases_; ++p) before[p] = values[p - 1];
  bind_phases(recurrence.prevs[0], before);
  carry_on({last_of(newest)});
}

// A phase whose increment holds for the cell needs no scan: its start plus the increment times the samples since.
void Lowering::lower_steady_sum(const Recurrence& recurrence) {
  const uint32_t step = value_of(recurrence.increment);
  const uint32_t start = compute(Op::iadd, compute(Op::imul, iota(), step), carried(0));
  const uint32_t count = phases_ > 1 ? literal(phases_ * isa_.width) : compute(Op::iadd, last_lane(), literal(1));
  const uint32_t after = compute(Op::iadd, compute(Op::imul, count, step), carried(0));
  run_phases(recurrence, {start});
  carry_on({after});
}

// The same in a loop over whole vectors: the state stays as it was until the loop has ended.
void Lowering::lower_counter(Value value, const Inst& inst) {
  if (inst.op == Op::next) return;
  // Counters come in the order of their recurrences.
  const size_t index = body_.counters.size();
  if (index >= step_->recurrences.size() || step_->recurrences[index].prevs[0] != value)
    return void(fail("a state in a time-parallel loop"));
  const uint32_t at = pointer(Pointer::state, 0, ir_.states[inst.imm].lanes > 1, 4),
                 increment = value_of(step_->recurrences[index].increment);
  const auto offset = static_cast<int32_t>(plan_.state_offset[inst.imm]);
  const uint32_t start = leaf({.kind = Leaf::element, .pointer = at, .offset = offset});
  const uint32_t by_vector = times_width(increment), since = index_plus(Pointer::zero, 1);
  const uint32_t grown = compute(Op::imul, since, increment);
  body_.nodes.back().once = true;
  bind(value, running_sum(grown, start, by_vector));
  body_.counters.push_back({.pointer = at, .offset = offset, .increment = increment});
}

// What a counter grows by from vector to vector.
uint32_t Lowering::times_width(uint32_t increment) {
  const Leaf& leaf = body_.leaves[body_.leaf_of[increment]];
  if (leaf.kind == Leaf::literal) return literal(leaf.bits * isa_.width);
  const uint32_t result = computed();
  BodyNode& made = node(recipe_of(Op::ishl), result, {increment});
  made.low = static_cast<uint32_t>(std::countr_zero(isa_.width));
  made.once = true;
  return result;
}

void Lowering::lower_varying(const Recurrence& recurrence) {
  const size_t states = recurrence.nexts.size();
  std::vector<Form> sum = forms_of_chunk(recurrence);
  for (uint32_t e = 0; 1u << e < isa_.width; ++e) {
    // What is 0 everywhere stays 0 where 0 enters, what is 1 stays 1 where 1 does.
    const auto earlier = [&](uint32_t value, uint32_t fill) {
      if (value == fill) return value;
      return shifted(value == kNoValue ? literal(0) : value, 1u << e, fill);
    };
    std::vector<Form> before = sum;
    for (size_t k = 0; k < states; ++k) {
      before[k].affine = earlier(sum[k].affine, kNoValue);
      for (size_t l = 0; l < states; ++l) before[k].column[l] = earlier(sum[k].column[l], k == l ? one_ : kNoValue);
    }
    for (size_t k = 0; k < states; ++k) {
      const std::vector<uint32_t> row = sum[k].column;
      for (size_t l = 0; l < states; ++l) {
        sum[k].affine = plus_product(sum[k].affine, row[l], before[l].affine);
        sum[k].column[l] = kNoValue;
        for (size_t m = 0; m < states; ++m)
          sum[k].column[l] = plus_product(sum[k].column[l], row[m], before[m].column[l]);
      }
    }
  }
  std::vector<uint32_t> all(states), starts(states), after(states);
  for (size_t k = 0; k < states; ++k) {
    all[k] = sum[k].affine;
    for (size_t l = 0; l < states; ++l) all[k] = plus_product(all[k], sum[k].column[l], carried(l));
    if (all[k] == kNoValue) all[k] = literal(0);
  }
  for (size_t k = 0; k < states; ++k) starts[k] = shifted(all[k], 1, carried(k));
  for (size_t k = 0; k < states; ++k) after[k] = last_of(all[k]);
  carry_on(after);
  run_phases(recurrence, starts);
}

uint32_t Lowering::sum_of(uint32_t a, uint32_t b) {
  if (a == kNoValue || b == kNoValue) return a == kNoValue ? b : a;
  if (integers_) return compute(Op::iadd, a, b);
  if (const auto minus = minus_.find(b); minus != minus_.end()) return compute(Op::sub, a, minus->second);
  if (const auto minus = minus_.find(a); minus != minus_.end()) return compute(Op::sub, b, minus->second);
  return compute(Op::add, a, b);
}

// Sums and products take it from there, and then it costs nothing.
uint32_t Lowering::negated(uint32_t value) {
  if (value == kNoValue) return value;
  if (integers_) return compute(Op::isub, literal(0), value);
  if (const auto minus = minus_.find(value); minus != minus_.end()) return minus->second;
  if (value == one_) return literal(static_cast<uint32_t>(bits_of(-1.0f)));
  const uint32_t result = compute(Op::neg, value);
  minus_[result] = value;
  return result;
}

uint32_t Lowering::product_of(uint32_t a, uint32_t b) {
  if (a == kNoValue || b == kNoValue) return kNoValue;
  if (a == one_) return b;
  if (b == one_) return a;
  const uint32_t minus_one = literal(static_cast<uint32_t>(bits_of(-1.0f)));
  if (!integers_ && (a == minus_one || b == minus_one)) return negated(a == minus_one ? b : a);
  return compute(masks_ ? Op::iand : integers_ ? Op::imul : Op::mul, a, b);
}

uint32_t Lowering::plus_product(uint32_t sum, uint32_t a, uint32_t b) {
  if (sum == kNoValue || a == kNoValue || b == kNoValue || integers_ || a == one_ || b == one_ || !isa_.vex())
    return sum_of(sum, product_of(a, b));
  uint32_t minus = 0;
  const auto plain = [&](uint32_t value, uint32_t sign) {
    const auto found = minus_.find(value);
    if (found == minus_.end()) return value;
    minus ^= sign;
    return found->second;
  };
  a = plain(a, kMinusProduct), b = plain(b, kMinusProduct), sum = plain(sum, kMinusSum);
  const uint32_t result = computed();
  node(recipe_of(Op::fma), result, {a, b, sum}).low = minus;
  return result;
}

// The states after a chunk, as forms over the states before it.
std::vector<Form> Lowering::forms_of_chunk(const Recurrence& recurrence) {
  const size_t states = recurrence.nexts.size();
  std::vector<Form> now(states);
  for (size_t k = 0; k < states; ++k) {
    now[k].column.assign(states, kNoValue);
    now[k].column[k] = one_;
  }
  for (phase_ = 0; phase_ < phases_; ++phase_) {
    forms_.clear();
    for (Value v : recurrence.body)
      if (ir_[v].op != Op::next) forms_[v.index] = form_of(v, recurrence, now);
    std::vector<Form> next(states);
    for (size_t k = 0; k < states; ++k) next[k] = form_of(recurrence.nexts[k], recurrence, now);
    now = std::move(next);
  }
  phase_ = 0;
  return now;
}

// An op of the recurrence, on forms instead of numbers.
Form Lowering::form_of(Value value, const Recurrence& recurrence, const std::vector<Form>& states) {
  const Inst& inst = ir_[value];
  const auto member = [&](Value v) { return forms_.contains(v.index); };
  const auto form = [&](Value v) {
    if (member(v)) return forms_.at(v.index);
    return Form{value_of(v), std::vector<uint32_t>(states.size(), kNoValue)};
  };
  const auto each = [&](auto&& op, const Form& a, const Form& b) {
    Form result{op(a.affine, b.affine), a.column};
    for (size_t k = 0; k < result.column.size(); ++k) result.column[k] = op(a.column[k], b.column[k]);
    return result;
  };
  const auto less = [&](uint32_t a, uint32_t b) {
    if (a == kNoValue) return negated(b);
    if (b == kNoValue) return a;
    return integers_ ? compute(Op::isub, a, b) : sum_of(a, negated(b));
  };
  const auto times = [&](Value x, Value y) {
    if (!member(x)) std::swap(x, y);
    const uint32_t factor = value_of(y);
    return each([&](uint32_t a, uint32_t) { return product_of(a, factor); }, form(x), form(x));
  };
  switch (inst.op) {
    case Op::prev:
      return states[static_cast<size_t>(std::find(recurrence.prevs.begin(), recurrence.prevs.end(), value) -
                                        recurrence.prevs.begin())];
    case Op::next:
      return form(inst.arg[0]);
    case Op::add:
    case Op::iadd:
      return each([&](uint32_t a, uint32_t b) { return sum_of(a, b); }, form(inst.arg[0]), form(inst.arg[1]));
    case Op::sub:
    case Op::isub:
      return each(less, form(inst.arg[0]), form(inst.arg[1]));
    case Op::neg:
      return each([&](uint32_t a, uint32_t) { return negated(a); }, form(inst.arg[0]), form(inst.arg[0]));
    case Op::mul:
    case Op::imul:
      return times(inst.arg[0], inst.arg[1]);
    case Op::div: {
      const uint32_t by = value_of(inst.arg[1]);
      const auto divided = [&](uint32_t a, uint32_t) { return a == kNoValue ? a : compute(Op::div, a, by); };
      return each(divided, form(inst.arg[0]), form(inst.arg[0]));
    }
    case Op::fma: {
      if (!member(inst.arg[0]) && !member(inst.arg[1])) {
        Form result = form(inst.arg[2]);
        result.affine = plus_product(result.affine, value_of(inst.arg[0]), value_of(inst.arg[1]));
        return result;
      }
      const bool first = member(inst.arg[0]);
      const uint32_t factor = value_of(inst.arg[first ? 1 : 0]);
      const auto fused = [&](uint32_t a, uint32_t c) { return plus_product(c, a, factor); };
      return each(fused, form(inst.arg[first ? 0 : 1]), form(inst.arg[2]));
    }
    case Op::select: {
      const uint32_t mask = value_of(inst.arg[0]);
      const auto chosen = [&](uint32_t a, uint32_t b) {
        if (a == b) return a;
        const uint32_t result = computed();
        node(recipe_of(Op::select), result, {mask, a == kNoValue ? literal(0) : a, b == kNoValue ? literal(0) : b});
        return result;
      };
      return each(chosen, form(inst.arg[1]), form(inst.arg[2]));
    }
    default:
      fail("'" + std::string(info(inst.op).name) + "' in a linear recurrence");
      return states[0];
  }
}

}  // namespace sinter::jit
