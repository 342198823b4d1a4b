// Lowering of insts: table ops one to one, ramps and frame counters to a few of them.
#include "body.hpp"

#include <algorithm>
#include <utility>

namespace sinter::jit {
namespace {

constexpr std::array<uint32_t, kMaxPhases> kNoValues{kNoValue, kNoValue, kNoValue, kNoValue};

}  // namespace

Lowering::Lowering(const Ir& ir, const Plan& plan, const Isa& isa)
    : ir_(ir),
      plan_(plan),
      isa_(isa),
      tied_(plan.tied),
      tied_taps_(ir.lines.size(), 0),
      local_(ir.size()),
      stamp_(ir.size(), 0),
      uses_(ir.size(), 0),
      member_(ir.size(), 0),
      first_store_(ir.size()),
      stamp_of_stores_(ir.size(), 0),
      negated_(ir.size(), 0) {
  for (uint32_t i = 0; i < ir.size(); ++i)
    if (plan.tied[i]) ++tied_taps_[ir.insts[i].imm];
}

uint32_t Lowering::fail(const std::string& message) {
  if (problem_.empty()) problem_ = message;
  return literal(0);
}

void Lowering::bind(Value value, uint32_t local) {
  if (stamp_[value.index] != epoch_) local_[value.index] = kNoValues;
  local_[value.index][phase_] = local;
  stamp_[value.index] = epoch_;
}

uint32_t Lowering::computed() {
  body_.leaf_of.push_back(kNoValue);
  return static_cast<uint32_t>(body_.leaf_of.size() - 1);
}

uint32_t Lowering::leaf(const Leaf& leaf) {
  if (leaf.kind == Leaf::literal) {
    const auto [found, added] = literal_at_.try_emplace(leaf.bits, static_cast<uint32_t>(body_.leaf_of.size()));
    if (!added) return found->second;
  }
  body_.leaves.push_back(leaf);
  body_.leaf_of.push_back(static_cast<uint32_t>(body_.leaves.size() - 1));
  return static_cast<uint32_t>(body_.leaf_of.size() - 1);
}

uint32_t Lowering::pointer(Pointer::Kind kind, uint32_t index, bool per_lane, uint32_t stride) {
  per_lane = per_lane && body_.lanes > 1;
  const uint64_t key = uint64_t{index} << 8 | static_cast<uint64_t>(kind) << 1 | per_lane;
  const auto [found, added] = pointer_at_.try_emplace(key, static_cast<uint32_t>(body_.pointers.size()));
  if (added) body_.pointers.push_back({.kind = kind, .per_lane = per_lane, .index = index, .stride = stride});
  ++body_.pointers[found->second].uses;
  return found->second;
}

BodyNode& Lowering::node(const Recipe& recipe, uint32_t dst, std::initializer_list<uint32_t> args) {
  BodyNode made{.recipe = &recipe, .dst = dst, .args = static_cast<uint8_t>(args.size()), .inst = inst_};
  std::copy(args.begin(), args.end(), made.arg);
  if (recipe.swaps) std::swap(made.arg[0], made.arg[1]);
  return body_.nodes.emplace_back(made);
}

uint32_t Lowering::compute(Op op, uint32_t a, uint32_t b) {
  const uint32_t result = computed();
  if (b == kNoValue) node(recipe_of(op), result, {a});
  else node(recipe_of(op), result, {a, b});
  return result;
}

void Lowering::begin(const Step& step) {
  ++epoch_;
  step_ = &step;
  body_ = {};
  body_.lanes = step.lanes;
  body_.clock = step.clock;
  serial_ = step.kind != StepKind::time_parallel;
  in_lanes_ = step.kind == StepKind::lanes;
  pointer_at_.clear();
  state_at_.clear();
  index_at_.clear();
  literal_at_.clear();
  rows_at_.clear();
  merged_.clear();
  tile_of_.clear();
  nexts_.clear();
  ramp_time_ = kNoValues;
  phase_ = 0;
  phases_ = 1;
  in_rows_ = false;
  last_lane_ = kNoValue;
  minus_.clear();
  body_.nodes.reserve(step.body.size() + step.stores.size());
}

Body Lowering::lower(const Step& step) {
  begin(step);
  if (step.kind == StepKind::upsample || step.kind == StepKind::decimate) {
    lower_resample(step);
  } else {
    count_uses(step);
    list_stores(step);
    for (Value value : step.body) {
      lower_inst(value);
      lower_stores(value);
    }
    lower_other_stores(step);
    lower_nexts();
    drop_unused();
    if (in_lanes_) finish_lanes();
  }
  return std::move(body_);
}

// Only merging compares into selects asks for these; a stored value counts as used elsewhere.
void Lowering::count_uses(const Step& step) {
  if (!isa_.evex()) return;
  for (Value value : step.body) {
    member_[value.index] = epoch_;
    uses_[value.index] = 0;
    for (uint32_t i = 0; i < arg_count(ir_, ir_[value]); ++i) uses_[arg(ir_, ir_[value], i).index] = 0;
  }
  for (const Store& store : step.stores) uses_[store.value.index] = 0;
  for (Value value : step.body)
    for (uint32_t i = 0; i < arg_count(ir_, ir_[value]); ++i) ++uses_[arg(ir_, ir_[value], i).index];
  for (const Store& store : step.stores) uses_[store.value.index] += 2;
  for (Value value : step.body) {
    const Inst& inst = ir_[value];
    if (inst.op == Op::select && uses_[inst.arg[0].index] == 1 && member_[inst.arg[0].index] == epoch_ &&
        is_compare(ir_[inst.arg[0]].op))
      merged_.emplace(inst.arg[0].index, value.index);
  }
}

void Lowering::lower_inst(Value value) {
  const Inst& inst = ir_[value];
  inst_ = value.index;
  if (inst.type == Type::f64) return void(fail("an f64 value at sample rate"));
  switch (inst.op) {
    case Op::prev:
    case Op::next:
      return lower_state(value, inst);
    case Op::push:
    case Op::tap:
      return lower_line(value, inst);
    case Op::table_get:
    case Op::table_set:
      return lower_table(value, inst);
    case Op::probe:
      return lower_probe(inst);
    case Op::frame:
    case Op::cell_start:
    case Op::ramp:
      return void(value_of(value));
    case Op::fold:
      return lower_lane_fold(value, inst);
    default:
      if (in_lanes_ && lower_lane_sum(value)) return;
      return lower_op(value, inst);
  }
}

void Lowering::lower_op(Value value, const Inst& inst) {
  const bool estimates = plan_.tame[value.index] && isa_.evex() && (!serial_ || in_lanes_);
  const Recipe& recipe = estimates ? kDivideByEstimate : recipe_of(inst.op);
  if (!recipe.emits()) return void(fail("'" + std::string(info(inst.op).name) + "' in a fused loop"));
  if (recipe.renames) return bind(value, value_of(inst.arg[0]));
  if (is_compare(inst.op) && merged_.contains(value.index)) return;
  if (inst.op == Op::select && merge_compare(value, inst)) return;
  if (inst.op == Op::fma && !isa_.vex()) return void(fail("fma without FMA instructions"));
  if (inst.op == Op::neg) return await_negation(value);
  uint32_t args[3] = {}, minus = 0;
  const uint32_t count = info(inst.op).arity;
  for (uint32_t i = 0; i < count; ++i)
    args[i] = inst.op == Op::fma ? factor(inst.arg[i], i, minus) : value_of(inst.arg[i]);
  const uint32_t result = computed();
  BodyNode& made = count == 1   ? node(recipe, result, {args[0]})
                   : count == 2 ? node(recipe, result, {args[0], args[1]})
                                : node(recipe, result, {args[0], args[1], args[2]});
  made.low = inst.op == Op::fma ? minus : inst.imm2;
  bind(value, result);
}

// Computed where it is first asked for, and never where only fmas want it: what they negate costs nothing.
void Lowering::await_negation(Value value) {
  negated_[value.index] = epoch_;
  if (stamp_[value.index] == epoch_) local_[value.index][phase_] = kNoValue;
}

bool Lowering::awaited(Value value) const {
  if (negated_[value.index] != epoch_) return false;
  return stamp_[value.index] != epoch_ || local_[value.index][phase_] == kNoValue;
}

// `minus`: as Operands::low of its recipe.
uint32_t Lowering::factor(Value value, uint32_t i, uint32_t& minus) {
  if (!awaited(value)) return value_of(value);
  minus ^= i == 2 ? kMinusSum : kMinusProduct;
  return value_of(ir_[value].arg[0]);
}

bool Lowering::merge_compare(Value value, const Inst& inst) {
  const auto found = merged_.find(inst.arg[0].index);
  if (found == merged_.end() || found->second != value.index) return false;
  const Inst& compare = ir_[inst.arg[0]];
  uint32_t a = value_of(compare.arg[0]), b = value_of(compare.arg[1]);
  if (recipe_of(compare.op).swaps) std::swap(a, b);
  const uint32_t then = value_of(inst.arg[1]), otherwise = value_of(inst.arg[2]);
  const uint32_t result = computed();
  node(kSelectByCompare, result, {a, b, then, otherwise}).low = static_cast<uint32_t>(compare.op);
  bind(value, result);
  return true;
}

uint32_t Lowering::value_of(Value value) {
  if (stamp_[value.index] == epoch_ && local_[value.index][phase_] != kNoValue) return local_[value.index][phase_];
  const Inst& inst = ir_[value];
  uint32_t local;
  switch (inst.op) {
    case Op::constant:
      local = literal(static_cast<uint32_t>(inst.imm));
      break;
    case Op::frame:
      local = index_plus(Pointer::frame_base, inst.clock);
      break;
    case Op::cell_start:
      local = compute(Op::ieq, index_plus(Pointer::grid_base, inst.clock), literal(0));
      break;
    case Op::ramp:
      local = ramp(value, inst);
      break;
    default:
      if (awaited(value)) {
        local = compute(Op::neg, value_of(inst.arg[0]));
        break;
      }
      local = place_leaf(value, inst);
      if (phases_ > 1 && body_.leaves[body_.leaf_of[local]].kind == Leaf::row) {
        lower_row(body_.leaves[body_.leaf_of[local]], value);
        return local_[value.index][phase_];
      }
      break;
  }
  bind(value, local);
  return local;
}

uint32_t Lowering::place_leaf(Value value, const Inst& inst) {
  const ValuePlace place = plan_.places[value.index];
  if (inst.type == Type::f64) return fail("an f64 value at sample rate");
  const bool per_lane = inst.lanes > 1;
  const auto offset = static_cast<int32_t>(place.offset);
  if (in_lanes_ && place.kind != PlaceKind::control) return row_of_lanes(inst, place);
  switch (place.kind) {
    case PlaceKind::control:
      return leaf({.kind = in_lanes_ && per_lane ? Leaf::lane_element : Leaf::element,
                   .pointer = pointer(Pointer::controls, 0, per_lane, 4),
                   .offset = offset});
    case PlaceKind::buffer:
      return leaf({.kind = Leaf::row,
                   .pointer = pointer(Pointer::buffers, inst.clock, per_lane, row_bytes(inst.clock)),
                   .offset = offset});
    case PlaceKind::input:
      return leaf({.kind = Leaf::row, .pointer = pointer(Pointer::input, place.offset, per_lane, 0)});
    case PlaceKind::rows:
      return leaf({.kind = Leaf::row, .pointer = pointer(Pointer::rows, place.offset, per_lane, 0)});
    default:
      return fail("a value that no step gives: %" + std::to_string(value.index));
  }
}

// v0 + float(k) · slope, two roundings.
uint32_t Lowering::ramp(Value value, const Inst& inst) {
  const ValuePlace place = plan_.places[value.index];
  if (place.kind != PlaceKind::ramp || inst.type != Type::f32) return fail("a ramp without its place");
  const RampSlot& slot = plan_.layout.ramps[place.offset];
  uint32_t& time = ramp_time_[phase_];
  if (time == kNoValue) time = compute(Op::to_f32, index_plus(Pointer::cell_base, inst.clock));
  const uint32_t controls = pointer(Pointer::controls, 0, inst.lanes > 1, 4);
  ++body_.pointers[controls].uses;
  const Leaf::Kind kind = in_lanes_ && inst.lanes > 1 ? Leaf::lane_element : Leaf::element;
  const uint32_t start = leaf({.kind = kind, .pointer = controls, .offset = static_cast<int32_t>(slot.start)});
  const uint32_t slope = leaf({.kind = kind, .pointer = controls, .offset = static_cast<int32_t>(slot.slope)});
  return compute(Op::add, compute(Op::mul, time, slope), start);
}

// Of phase 0.
uint32_t Lowering::iota() { return leaf({.kind = Leaf::iota, .bits = phases_ > 1 && !in_rows_}); }

// A number of the call plus the local frame of each lane.
uint32_t Lowering::index_plus(Pointer::Kind base, uint32_t clock) {
  const auto [found, added] = index_at_.try_emplace(base * kMaxPhases + phase_, kNoValue);
  if (!added) return found->second;
  if (phase_ > 0) {
    const uint32_t phase = std::exchange(phase_, 0), of_first = index_plus(base, clock);
    phase_ = phase;
    const uint32_t later = compute(Op::iadd, of_first, literal(in_rows_ ? phase * isa_.width : phase));
    return index_at_[base * kMaxPhases + phase_] = later;
  }
  const uint32_t first = computed();
  const uint32_t at = pointer(base, clock, false, 0);
  BodyNode& made = node(kIndex, first, {});
  made.pointer = at;
  made.low = serial_ ? 0 : isa_.width;
  made.once = !serial_;
  const uint32_t result = serial_ ? first : running_sum(first, iota(), literal(isa_.width));
  return index_at_[base * kMaxPhases + phase_] = result;
}

// a + b, which grows by `step` from copy to copy.
uint32_t Lowering::running_sum(uint32_t a, uint32_t b, uint32_t step) {
  const uint32_t result = compute(Op::iadd, a, b);
  body_.nodes.back().step = step;
  return result;
}

uint32_t Lowering::store_pointer(const Store& store, uint32_t clock, int32_t& offset) {
  offset = store.kind == Store::buffer ? static_cast<int32_t>(store.offset) : 0;
  if (store.kind == Store::buffer) return pointer(Pointer::buffers, clock, true, row_bytes(clock));
  return pointer(Pointer::output, store.offset, true, 0);
}

// A value is stored as soon as it is there, and so need not be kept: what one step reads and writes never share memory,
// except where there is one store, which comes last.
void Lowering::lower_stores(Value value) {
  if (store_is_last_ || stamp_of_stores_[value.index] != epoch_) return;
  stamp_of_stores_[value.index] = 0;
  const uint32_t first = first_store_[value.index];
  if (in_lanes_) {
    for (uint32_t i = first; i != kNoValue; i = next_store_[i]) lower_lane_store(step_->stores[i]);
    return;
  }
  const Phases rows = rows_of(value);
  inst_ = value.index;
  for (uint32_t i = first; i != kNoValue; i = next_store_[i]) lower_store(step_->stores[i], rows);
}

void Lowering::lower_store(const Store& store, const Phases& rows) {
  int32_t offset = 0;
  const uint32_t at = store_pointer(store, body_.clock, offset);
  for (uint32_t r = 0; r < phases_; ++r) {
    BodyNode& made = node(kStore, kNoValue, {rows[r]});
    made.pointer = at;
    made.offset = offset + static_cast<int32_t>(r * isa_.width * 4);
    if (r) ++body_.pointers[at].uses;
  }
}

// Those of values that the step does not compute.
void Lowering::lower_other_stores(const Step& step) {
  store_is_last_ = false;
  for (const Store& store : step.stores) lower_stores(store.value);
}

// Lists the stores of each value; those of values from elsewhere come at the end.
void Lowering::list_stores(const Step& step) {
  store_is_last_ = !serial_ && step.stores.size() == 1 && !plan_.reads_input_late;
  next_store_.assign(step.stores.size(), kNoValue);
  for (uint32_t i = static_cast<uint32_t>(step.stores.size()); i-- > 0;) {
    const uint32_t value = step.stores[i].value.index;
    if (stamp_of_stores_[value] == epoch_) next_store_[i] = first_store_[value];
    stamp_of_stores_[value] = epoch_;
    first_store_[value] = i;
  }
}

}  // namespace sinter::jit
