// Node types that show one thing each, and the evaluator.
#include "lower_support.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace sinter::test {
namespace {

void gain(NodeBuild& b) { b.out(b["in"] * b["gain"]); }

// y[n] = y[n-1] + a · (x[n] - y[n-1])
void lag(NodeBuild& b) {
  Signal z = b.state("z");
  Signal y = z + b.coefficient(b["a"]) * (b["in"] - z);
  b.set(z, y);
  b.out(y);
}

// One sample of delay; the input may close a cycle.
void echo(NodeBuild& b) {
  Signal z = b.state("z");
  b.later("in", [&b, z](Signal x) { b.set(z, x); });
  b.out(z);
}

// The samples before in cycles, this one elsewhere: shows which of the two the compiler believes in.
void line(NodeBuild& b) {
  Builder& build = b.builder();
  const uint32_t index = build.line(b.key("line"), b.instances(), 16);
  if (b.in_cycle("in")) {
    b.out(build.tap(index, build.integer(1), 1));
    b.later("in", [&build, index](Signal x) { build.push(index, x); });
  } else {
    b.out(build.tap(index, build.integer(0), 0, build.push(index, b["in"])));
  }
}

void pan2(NodeBuild& b) {
  Builder& build = b.builder();
  Signal right = b["position"], in = b["in"];
  Signal side = build.op(Op::iand, build.lane(2 * b.instances()), build.integer(1));
  auto twice = [&](Signal x) { return x.lanes() == 1 ? x : build.relane(x, {.repeat = 2}, 2 * b.instances()); };
  Signal weight = select(build.op(Op::ieq, side, build.integer(1)), twice(right), 1.0 - twice(right));
  b.out(twice(in) * weight);
}

void swap2(NodeBuild& b) {
  Builder& build = b.builder();
  Signal in = b["in"];
  const uint32_t n = b.instances();
  CHECK(in.lanes() == 2 * n);
  Signal left = build.relane(in, {.offset = 0, .stride = 2, .repeat = 1}, n),
         right = build.relane(in, {.offset = 1, .stride = 2}, n);
  auto twice = [&](Signal x) { return x.lanes() == 1 ? x : build.relane(x, {.repeat = 2}, 2 * n); };
  Signal side = build.op(Op::iand, build.lane(2 * n), build.integer(1));
  b.out(select(build.op(Op::ieq, side, build.integer(0)), twice(right), twice(left)));
}

// The sum of all channels, on all channels; the second output has it once.
void link(NodeBuild& b) {
  Builder& build = b.builder();
  CHECK(b["in"].lanes() == b.instances());
  Signal total = build.sum(b["in"]);
  Signal z = build.state(b.key("z"), build.ir().real, 1);
  b.set(z, total);
  b.out(build.relane(build.enter(total), {.stride = 0}, b.instances()));
  b.out("total", total);
}

void settings(NodeBuild& b) {
  b.out(b.constant(b.number("mode") * 100 + b.number("size") + (b.flag("on") ? 1000 : 0)));
}
void seeded(NodeBuild& b) { b.out(b.constant(b.seed())); }
void caller(NodeBuild& b) {
  CallDecl decl;
  decl.key = b.key("call");
  decl.input_lanes = decl.output_lanes = {b.instances()};
  b.out(b.builder().call_output(b.builder().call(std::move(decl), {b["in"]}), 0));
}
void forgetful(NodeBuild&) {}
void wrong_lanes(NodeBuild& b) { b.out(b.builder().relane(b["in"], {.stride = 0}, 3)); }
void impatient(NodeBuild& b) {
  Signal z = b.state("z");
  b.set(z, b["in"]);
  b.out(z);
}

Port port(std::string_view name, std::optional<double> fallback = {}, uint8_t width = 1) {
  Port made;
  made.name = name;
  made.fallback = fallback;
  made.width = width;
  return made;
}

Port delayed(std::string_view name) {
  Port made = port(name);
  made.delayed = true;
  return made;
}

Port ranged(std::string_view name, double fallback, double minimum, double maximum) {
  Port made = port(name, fallback);
  made.minimum = minimum;
  made.maximum = maximum;
  return made;
}

NodeDef node(std::string_view type, Category category, std::vector<Port> inputs, void (*lower)(NodeBuild&),
             std::vector<OutputPort> outputs = {{}}) {
  NodeDef made;
  made.type = type;
  made.category = category;
  made.inputs = std::move(inputs);
  made.outputs = std::move(outputs);
  made.lower = lower;
  return made;
}

NodeLibrary make_nodes() {
  using enum Category;
  NodeDef with_settings = node("settings", pure_math, {}, settings);
  with_settings.settings = {{.name = "mode", .kind = SettingKind::choice, .choices = {"soft", "hard"}},
                            {.name = "size", .fallback = 7, .minimum = 0, .maximum = 50},
                            {.name = "on", .kind = SettingKind::flag}};
  Port drive = port("drive", 1.0);
  drive.unit = Unit::gain;
  return {{node("gain", pure_math, {port("in"), port("gain", 1.0)}, gain),
           node("bounded", pure_math, {ranged("in", 0, -1, 1), ranged("gain", 1, 0, 10)}, gain),
           node("lag", stateful, {port("in"), ranged("a", 0.5, 0, 1)}, lag),
           node("echo", stateful, {delayed("in")}, echo), node("line", stateful, {delayed("in")}, line),
           node("pan2", pure_math, {port("in"), port("position", 0.25)}, pan2, {{.width = 2}}),
           node("swap2", pure_math, {port("in", {}, 2)}, swap2, {{.width = 2}}),
           node("link", stateful, {port("in", {}, kAnyWidth), port("key", 0.0)}, link,
                {{.width = kAnyWidth}, {.name = "total"}}),
           with_settings,
           node("drive", pure_math, {port("in"), drive}, [](NodeBuild& b) { b.out(b["in"] * b["drive"]); }),
           node("liar", pure_math, {port("in"), port("a", 0.5)}, lag),
           node("late_liar", pure_math, {delayed("in")},
                [](NodeBuild& b) {
                  b.later("in", [&b](Signal x) { b.set(b.state("z"), x); });
                  b.out(b.constant(0));
                }),
           node("seeded", pure_math, {}, seeded), node("caller", stateful, {port("in")}, caller),
           node("external", external, {port("in")}, caller), node("forgetful", pure_math, {}, forgetful),
           node("wrong_lanes", pure_math, {port("in")}, wrong_lanes),
           node("impatient", stateful, {delayed("in")}, impatient)}};
}

}  // namespace

const NodeLibrary& test_nodes() {
  static const NodeLibrary library = make_nodes();
  return library;
}

CompileOptions test_options(bool f64) {
  CompileOptions options;
  options.library = &test_nodes();
  options.f64 = f64;
  return options;
}

Ir lowered(const Graph& graph, bool f64) {
  // The other precision has other conversions: they must be valid too.
  if (Result<Ir> other = lower(graph, test_options(!f64)))
    for (const Error& error : verify(*other)) FAIL_CHECK(format(error));
  Result<Ir> result = lower(graph, test_options(f64));
  if (!result) FAIL(format(result.error()));
  for (const Error& error : verify(*result)) FAIL_CHECK(format(error));
  return std::move(result).value();
}

std::vector<Error> errors_of(const Graph& graph) {
  Result<Ir> result = lower(graph, test_options());
  REQUIRE_FALSE(static_cast<bool>(result));
  return result.errors();
}

std::string first_error(const Graph& graph) {
  const Error error = errors_of(graph).front();
  return std::string(error_name(error.code)) + ": " + error.message;
}

uint32_t count_op(const Ir& ir, Op op) {
  return static_cast<uint32_t>(
      std::count_if(ir.insts.begin(), ir.insts.end(), [op](const Inst& inst) { return inst.op == op; }));
}

IrPlayer::IrPlayer(const Ir& ir) : ir_(ir), values_(ir.size()), lines_(ir.lines.size()) {
  for (const ParamDecl& param : ir.params) params.push_back(param.initial);
  for (const StateDecl& state : ir.states) states_.emplace_back(state.lanes, state.init);
  for (const OutputDecl& output : ir.outputs) outputs_.resize(outputs_.size() + output.channels);
}

uint64_t IrPlayer::lane_of(Value value, uint32_t lane) const {
  const Lanes& lanes = values_[value.index];
  return lanes[lanes.size() == 1 ? 0 : lane];
}

std::vector<double> IrPlayer::lanes(Value value) const {
  std::vector<double> found;
  for (const uint64_t bits : values_[value.index])
    found.push_back(ir_[value].type == Type::f64 ? as_f64(bits) : as_f32(bits));
  return found;
}

std::vector<double> IrPlayer::step(const std::vector<double>& inputs) {
  for (uint32_t i = 0; i < ir_.size(); ++i) values_[i] = compute(ir_.insts[i], inputs);
  for (const Value root : ir_.roots) {
    const Inst& inst = ir_[root];
    if (inst.op == Op::next)
      for (uint32_t l = 0; l < inst.lanes; ++l) states_[inst.imm][l] = lane_of(inst.arg[0], l);
    if (inst.op == Op::push) lines_[inst.imm].push_back(values_[root.index]);
  }
  ++frame_;
  return outputs_;
}

IrPlayer::Lanes IrPlayer::compute(const Inst& inst, const std::vector<double>& inputs) {
  auto real = [](Type type, double value) {
    return type == Type::f64 ? bits_of(value) : bits_of(static_cast<float>(value));
  };
  auto number = [](Type type, uint64_t bits) { return type == Type::f64 ? as_f64(bits) : as_f32(bits); };
  Lanes lanes(inst.lanes);
  for (uint32_t l = 0; l < inst.lanes; ++l) {
    uint64_t& out = lanes[l];
    switch (inst.op) {
      case Op::constant:
        out = inst.imm;
        break;
      case Op::lane:
        out = l;
        break;
      case Op::frame:
        out = static_cast<uint32_t>(frame_);
        break;
      case Op::cell_start:
        out = frame_ % kGridFrames == 0 ? 0xffffffffu : 0;
        break;
      case Op::param:
        out = bits_of(lanes_of_param_.contains(static_cast<uint32_t>(inst.imm))
                          ? lanes_of_param_.at(static_cast<uint32_t>(inst.imm)).at(l)
                          : params[inst.imm]);
        break;
      case Op::input: {
        uint32_t first = 0;
        for (uint32_t i = 0; i < inst.imm; ++i) first += ir_.inputs[i].channels;
        out = real(inst.type, inputs.at(first + l));
        break;
      }
      case Op::ramp:
      case Op::hold:
        out = real(inst.type, as_f64(lane_of(inst.arg[0], l)));
        break;
      case Op::next:
      case Op::push:
      case Op::probe:
        out = lane_of(inst.arg[0], l);
        break;
      case Op::prev:
        out = states_[inst.imm][l];
        break;
      case Op::tap: {
        const int32_t delay = as_i32(lane_of(inst.arg[0], l));
        const auto& line = lines_[inst.imm];
        if (delay == 0) out = lane_of(inst.arg[1], l);
        else out = line.size() < static_cast<size_t>(delay) ? 0 : line[line.size() - static_cast<size_t>(delay)][l];
        break;
      }
      case Op::relane:
        out = values_[inst.arg[0].index].at(Relane::unpack(inst.imm).source(l));
        break;
      case Op::stack: {
        uint32_t at = l, part = 0;
        while (at >= ir_[arg(ir_, inst, part)].lanes) at -= ir_[arg(ir_, inst, part++)].lanes;
        out = values_[arg(ir_, inst, part).index][at];
        break;
      }
      case Op::fold: {
        const Lanes& from = values_[inst.arg[0].index];
        double total = 0;
        for (size_t at = l; at < from.size(); at += inst.lanes) total += number(inst.type, from[at]);
        out = real(inst.type, total);
        break;
      }
      case Op::output: {
        uint32_t first = 0;
        for (uint32_t i = 0; i < inst.imm; ++i) first += ir_.outputs[i].channels;
        outputs_[first + l] = number(inst.type, lane_of(inst.arg[0], l));
        break;
      }
      default: {
        const OpInfo& row = info(inst.op);
        REQUIRE(row.signature != Signature::X);
        uint64_t a[3] = {};
        for (uint32_t i = 0; i < row.arity; ++i) a[i] = lane_of(inst.arg[i], l);
        const Type argument = ir_[inst.arg[inst.op == Op::select ? 1 : 0]].type;
        out = evaluate(inst.op, inst.type, argument, inst.imm2, a[0], a[1], a[2]);
      }
    }
  }
  return lanes;
}

std::vector<double> first_sample(const Graph& graph, const std::vector<double>& inputs) {
  const Ir ir = lowered(graph);
  return IrPlayer(ir).step(inputs);
}

}  // namespace sinter::test
