// Interning with folding and consing, and how values of different rates, types and lanes meet.
#include "sinter/ir/builder.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include "sinter/ir/rules.hpp"

namespace sinter {

Builder::Builder(Ir& ir, BuilderOptions options) : ir_(ir), options_(options) {
  ir_.insts.reserve(256);
  if (ir_.origins.empty()) ir_.origins.emplace_back();
  if (!options_.cons) return;
  for (uint32_t i = 0; i < ir_.size(); ++i)
    if (!rules::is_unique(ir_.insts[i].op)) table_.find(ir_, ir_.insts[i], [&] { return Value{i}; });
}

void Builder::set_origin(std::string_view path) {
  if (ir_.origins[origin_] == path) return;
  ir_.origins.emplace_back(path);
  origin_ = static_cast<uint32_t>(ir_.origins.size() - 1);
}

Value Builder::store(const Inst& inst) {
  if (ir_.size() >= kMaxValues || inst.lanes > kMaxLanes) {
    overflow_ = true;
    // Value 0 has to exist for those who go on building.
    if (ir_.insts.empty()) {
      ir_.insts.push_back({.op = Op::constant, .type = Type::i32, .entered = true});
      ir_.origin.push_back(origin_);
    }
    return {0};
  }
  ir_.insts.push_back(inst);
  ir_.origin.push_back(origin_);
  return {ir_.size() - 1};
}

Value Builder::intern(const Inst& inst) {
  const Value value = table_.find(ir_, inst, [&] {
    const Value made = store(inst);
    return overflow_ ? Value{} : made;
  });
  return overflow_ ? Value{0} : value;
}

Value Builder::add(Inst inst) {
  if (overflow_) return {0};
  rules::order_arguments(inst);
  if (uint64_t bits = 0; options_.fold && rules::fold(ir_, inst, bits)) return literal_value(inst.type, bits);
  if (rules::is_unique(inst.op)) {
    const Value value = store(inst);
    if (is_root(inst.op) && !overflow_) ir_.roots.push_back(value);
    return value;
  }
  if (!options_.cons) return store(inst);
  return intern(inst);
}

Value Builder::add_variadic(Inst inst, const std::vector<Value>& args) {
  inst.arg[0] = {static_cast<uint32_t>(ir_.pool.size())};
  inst.arg[1] = {static_cast<uint32_t>(args.size())};
  ir_.pool.insert(ir_.pool.end(), args.begin(), args.end());
  inst.entered = rules::entered(ir_, inst);
  const uint32_t before = ir_.size();
  const Value made = add(inst);
  if (ir_.size() == before) ir_.pool.resize(inst.arg[0].index);  // an equal stack was there
  return made;
}

Value Builder::literal_value(Type type, uint64_t bits) {
  Inst inst{
      .op = Op::constant, .type = type, .rate = Rate::constant, .entered = type != Type::f64 || ir_.real == Type::f64};
  inst.imm = bits;
  return add(inst);
}

Signal Builder::literal(Type type, uint64_t bits) { return {this, literal_value(type, bits)}; }
Signal Builder::constant(double value) { return literal(Type::f64, sinter::bits_of(value)); }
Signal Builder::integer(int32_t value) { return literal(Type::i32, sinter::bits_of(value)); }
Signal Builder::truth(bool value) { return literal(Type::mask, value ? 0xffffffffu : 0); }
Signal Builder::sample_rate() { return constant(ir_.sample_rate * clock_); }

Signal Builder::input(uint32_t index) {
  Inst inst{.op = Op::input, .type = ir_.real, .rate = Rate::sample, .entered = true};
  inst.lanes = ir_.inputs[index].channels;
  inst.imm = index;
  return make(inst);
}
Signal Builder::param(uint32_t index) {
  Inst inst{.op = Op::param, .type = Type::f64, .rate = Rate::control};
  inst.lanes = ir_.params[index].lanes;
  inst.imm = index;
  return make(inst);
}
Signal Builder::lane(uint32_t lanes) {
  if (lanes == 1) return integer(0);
  return make({.op = Op::lane, .type = Type::i32, .rate = Rate::constant, .entered = true, .lanes = lanes});
}
Signal Builder::frame() {
  return make({.op = Op::frame, .type = Type::i32, .rate = Rate::sample, .clock = clock_, .entered = true});
}
Signal Builder::cell_start() {
  return make({.op = Op::cell_start, .type = Type::mask, .rate = Rate::sample, .clock = clock_, .entered = true});
}

// A literal that an f32 does not hold is held in double, for the powers that a recurrence is solved with.
Signal Builder::coefficient(Signal x) {
  const Inst inst = x.inst();
  if (inst.type != Type::f64 || inst.rate == Rate::sample || (inst.entered && inst.op != Op::constant)) return x;
  if (inst.op == Op::constant) {
    if (ir_.real == Type::f64) return x;
    const uint64_t bits = evaluate(Op::narrow, Type::f32, Type::f64, 0, inst.imm, 0, 0);
    if (bits_of(static_cast<double>(as_f32(bits))) == inst.imm) return literal(Type::f32, bits);
  }
  Inst hold{.op = Op::hold, .type = ir_.real, .rate = inst.rate, .entered = true, .lanes = inst.lanes};
  hold.arg[0] = x.value;
  return make(hold);
}

Signal Builder::enter(Signal x) {
  const Inst inst = x.inst();
  if (inst.op == Op::constant && inst.type == Type::f64 && ir_.real == Type::f32)
    return literal(Type::f32, evaluate(Op::narrow, Type::f32, Type::f64, 0, inst.imm, 0, 0));
  if (inst.type != Type::f64 || inst.entered || inst.rate != Rate::control) return coefficient(x);
  Inst ramp{
      .op = Op::ramp, .type = ir_.real, .rate = Rate::sample, .clock = clock_, .entered = true, .lanes = inst.lanes};
  ramp.arg[0] = x.value;
  return make(ramp);
}

Signal Builder::hold_cell(Signal x, std::string key) {
  if (x.rate() != Rate::sample) return coefficient(x);
  Signal held = state(std::move(key), x.type(), x.lanes());
  Signal value = select(cell_start(), x, held);
  next(held, value);
  return value;
}

// Reals that meet: once one of them is sample code's, all enter; controls ramp where any is at sample rate.
void Builder::meet(Signal** args, uint32_t count) {
  bool entered = false, sample = false;
  for (uint32_t i = 0; i < count; ++i) {
    const Inst& inst = args[i]->inst();
    sample |= inst.rate == Rate::sample;
    // An f64 literal suits either side; an f32 one has entered already.
    entered |= inst.type == Type::f32 || (inst.type == Type::f64 && inst.entered && inst.op != Op::constant);
  }
  if (!entered && !sample) return;
  for (uint32_t i = 0; i < count; ++i)
    *args[i] = sample || args[i]->inst().op == Op::constant ? enter(*args[i]) : coefficient(*args[i]);
}

Signal Builder::op(Op op, Signal a, Signal b, Signal c, uint32_t imm2) {
  if (overflow_) return {this, {0}};
  const OpInfo& row = info(op);
  Signal* all[] = {&a, &b, &c};
  // A sample-rate mask makes a select sample code, whatever its choices are.
  if (op == Op::select && a.rate() == Rate::sample && b.type() != Type::i32 && b.type() != Type::mask) {
    b = enter(b);
    c = enter(c);
  }
  if (op == Op::select) meet(all + 1, 2);
  else if (row.signature == Signature::R_RR || row.signature == Signature::R_RRR || row.signature == Signature::M_RR)
    meet(all, row.arity);
  Inst inst{.op = op};
  inst.imm2 = imm2;
  inst.exact = exact_ && rules::is_contractible(op);
  inst.type = rules::result_type(row.signature, (op == Op::select ? b : a).type());
  for (uint32_t i = 0; i < row.arity; ++i) inst.arg[i] = all[i]->value;
  inst.rate = rules::rate(ir_, inst);
  inst.clock = rules::clock(ir_, inst);
  inst.lanes = rules::lanes(ir_, inst);
  inst.entered = rules::entered(ir_, inst);
  return make(inst);
}

Signal Builder::state(std::string key, Type type, uint32_t lanes, uint64_t init) {
  ir_.states.push_back({std::move(key), type, clock_, lanes, init});
  Inst inst{.op = Op::prev, .type = type, .rate = Rate::sample, .clock = clock_, .entered = true, .lanes = lanes};
  inst.imm = ir_.states.size() - 1;
  return make(inst);
}

void Builder::next(Signal prev, Signal value) {
  const Inst state = prev.inst();
  value = enter(value);
  Inst inst{.op = Op::next,
            .type = state.type,
            .rate = Rate::sample,
            .clock = state.clock,
            .entered = true,
            .lanes = state.lanes};
  inst.imm = state.imm;
  inst.arg[0] = value.value;
  add(inst);
}

uint32_t Builder::line(std::string key, uint32_t lanes, uint32_t max_delay_samples) {
  ir_.lines.push_back({std::move(key), ir_.real, clock_, lanes, max_delay_samples});
  return static_cast<uint32_t>(ir_.lines.size() - 1);
}

Signal Builder::push(uint32_t line, Signal value) {
  value = enter(value);
  // Comparing with the largest finite number is false for NaN too.
  const double largest = ir_.real == Type::f64 ? std::numeric_limits<double>::max() : std::numeric_limits<float>::max();
  value = select(abs(value) <= constant(largest), value, constant(0));
  const LineDecl& decl = ir_.lines[line];
  Inst inst{.op = Op::push,
            .type = decl.type,
            .rate = Rate::sample,
            .clock = decl.clock,
            .entered = true,
            .lanes = decl.lanes};
  inst.imm = line;
  inst.arg[0] = value.value;
  return make(inst);
}

Signal Builder::tap(uint32_t line, Signal delay, uint32_t minimum, Signal pushed) {
  const LineDecl& decl = ir_.lines[line];
  Inst inst{.op = Op::tap,
            .type = decl.type,
            .rate = Rate::sample,
            .clock = decl.clock,
            .entered = true,
            .lanes = std::max(decl.lanes, delay.lanes())};
  inst.imm = line;
  inst.imm2 = minimum;
  inst.arg[0] = delay.value;
  inst.arg[1] = pushed.value;
  return make(inst);
}

uint32_t Builder::table(TableDecl table) {
  ir_.tables.push_back(std::move(table));
  return static_cast<uint32_t>(ir_.tables.size() - 1);
}

Signal Builder::table_get(uint32_t table, Signal index) {
  const TableDecl& decl = ir_.tables[table];
  Inst inst{.op = Op::table_get,
            .type = Type::f32,
            .rate = decl.writable ? Rate::sample : index.rate(),
            .clock = decl.writable ? std::max(clock_, index.inst().clock) : index.inst().clock,
            .entered = true,
            .lanes = std::max(decl.lanes, index.lanes())};
  inst.imm = table;
  inst.arg[0] = index.value;
  Signal value = make(inst);
  return ir_.real == Type::f64 ? op(Op::widen, value) : value;
}

Signal Builder::relane(Signal x, Relane map, uint32_t lanes) {
  const Inst from = x.inst();
  if (lanes == 1 && from.lanes == 1) return x;
  if (map.offset == 0 && map.stride == 1 && map.repeat == 1 && lanes == from.lanes) return x;
  if (from.op == Op::lane && lanes == 1) return integer(static_cast<int32_t>(map.source(0)));
  Inst inst{.op = Op::relane, .type = from.type, .rate = from.rate, .clock = from.clock, .lanes = lanes};
  inst.imm = map.pack();
  inst.arg[0] = x.value;
  inst.entered = rules::entered(ir_, inst);
  return make(inst);
}

Signal Builder::stack(const std::vector<Signal>& parts) {
  assert(!parts.empty());
  if (overflow_) return {this, {0}};
  if (parts.size() == 1) return parts[0];
  std::vector<Signal> met = parts;
  std::vector<Signal*> pointers;
  for (Signal& part : met) pointers.push_back(&part);
  meet(pointers.data(), static_cast<uint32_t>(pointers.size()));
  Inst inst{.op = Op::stack, .type = met[0].type(), .rate = Rate::constant, .lanes = 0};
  std::vector<Value> values;
  for (const Signal& part : met) {
    const Inst& from = part.inst();
    values.push_back(part.value);
    inst.rate = std::max(inst.rate, from.rate);
    if (from.rate == Rate::sample) inst.clock = from.clock;
    inst.lanes += from.lanes;
  }
  return {this, add_variadic(inst, values)};
}

Signal Builder::fold(Signal x, uint32_t lanes) {
  const Inst from = x.inst();
  if (from.lanes <= lanes) return x;
  Inst inst{.op = Op::fold, .type = from.type, .rate = from.rate, .clock = from.clock, .lanes = lanes};
  inst.arg[0] = x.value;
  inst.entered = rules::entered(ir_, inst);
  return make(inst);
}

Signal Builder::sum(Signal x, uint32_t width) {
  x = fold(x, 16 * width);
  const uint32_t lanes = x.lanes();
  std::vector<Signal> parts;
  for (uint32_t at = 0; at < lanes; at += width)
    parts.push_back(relane(x, {.offset = at}, std::min(width, lanes - at)));
  // A last group narrower than the width adds to its first channels only.
  if (parts.size() > 1 && parts.back().lanes() < width) {
    const Signal zero = relane(literal(x.type(), 0), {.stride = 0}, width - parts.back().lanes());
    parts.back() = stack({parts.back(), zero});
  }
  while (parts.size() > 1) {
    std::vector<Signal> pairs;
    for (size_t i = 0; i + 1 < parts.size(); i += 2) pairs.push_back(parts[i] + parts[i + 1]);
    if (parts.size() % 2) pairs.push_back(parts.back());
    parts = std::move(pairs);
  }
  return parts[0];
}

Signal Builder::upsample(Signal x, uint8_t factor) {
  x = enter(x);
  const Inst inst = x.inst();
  if (factor == 1) return x;
  if (inst.rate != Rate::sample)
    return {this, rules::zero_stuff(ir_, x.value, static_cast<uint8_t>(clock_ * factor), factor,
                                    [&](const Inst& part) { return add(part); })};
  Inst made{.op = Op::upsample,
            .type = inst.type,
            .rate = Rate::sample,
            .clock = static_cast<uint8_t>(inst.clock * factor),
            .entered = true,
            .lanes = inst.lanes};
  made.imm = factor;
  made.arg[0] = x.value;
  return make(made);
}

Signal Builder::decimate(Signal x, uint8_t factor) {
  const Inst inst = x.inst();
  if (factor == 1 || inst.rate != Rate::sample) return x;
  Inst made{.op = Op::decimate,
            .type = inst.type,
            .rate = Rate::sample,
            .clock = static_cast<uint8_t>(inst.clock / factor),
            .entered = true,
            .lanes = inst.lanes};
  made.imm = factor;
  made.arg[0] = x.value;
  return make(made);
}

Signal Builder::call(CallDecl decl, const std::vector<Signal>& inputs) {
  std::vector<Value> values;
  for (Signal input : inputs) values.push_back(enter(input).value);
  ir_.calls.push_back(std::move(decl));
  Inst inst{.op = Op::call, .type = ir_.real, .rate = Rate::sample, .entered = true};
  inst.imm = ir_.calls.size() - 1;
  return {this, add_variadic(inst, values)};
}

Signal Builder::call_output(Signal call, uint32_t output) {
  if (overflow_) return {this, {0}};
  const CallDecl& decl = ir_.calls[call.inst().imm];
  Inst inst{.op = Op::call_output,
            .type = ir_.real,
            .rate = Rate::sample,
            .entered = true,
            .lanes = decl.output_lanes[output]};
  inst.imm2 = output;
  inst.imm = call.inst().imm;
  inst.arg[0] = call.value;
  return make(inst);
}

void Builder::output(uint32_t index, Signal value) {
  value = enter(value);
  Inst inst{
      .op = Op::output, .type = ir_.real, .rate = Rate::sample, .entered = true, .lanes = ir_.outputs[index].channels};
  inst.imm = index;
  inst.arg[0] = value.value;
  add(inst);
}

void Builder::probe(std::string key, Signal value) {
  value = enter(value);
  ir_.probes.push_back({std::move(key), value.lanes()});
  Inst inst{.op = Op::probe,
            .type = ir_.real,
            .rate = Rate::sample,
            .clock = value.inst().clock,
            .entered = true,
            .lanes = value.lanes()};
  inst.imm = ir_.probes.size() - 1;
  inst.arg[0] = value.value;
  add(inst);
}

}  // namespace sinter
