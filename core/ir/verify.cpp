// The verifier: declarations, and the rules that all insts share. The first broken rule of an inst is its error.
#include <cmath>
#include <string_view>
#include <unordered_set>

#include "sinter/ir/rules.hpp"
#include "text.hpp"
#include "verifier.hpp"

namespace sinter {

using namespace verifying;
using Wrong = Verifier::Wrong;

std::vector<Error> Verifier::run() {
  check_declarations();
  if (ir_.size() > kMaxValues) fail("", "more than " + number(kMaxValues) + " insts");
  if (ir_.origin.size() != ir_.insts.size())
    fail("", "an origin for each inst: " + number(ir_.origin.size()) + " for " + number(ir_.size()));
  if (!errors_.empty()) return std::move(errors_);
  prevs_.assign(ir_.states.size(), 0), nexts_ = prevs_;
  pushes_.assign(ir_.lines.size(), 0);
  sets_.assign(ir_.tables.size(), 0);
  outputs_.assign(ir_.outputs.size(), 0);
  probes_.assign(ir_.probes.size(), 0);
  calls_.assign(ir_.calls.size(), 0);
  for (uint32_t i = 0; i < ir_.size() && errors_.size() < kMaxErrors; ++i) {
    const Wrong wrong = check(i);
    if (wrong.empty()) continue;
    fail("%" + number(i), "'" + text::print_inst(ir_, i) + "': " + wrong);
    // Later rules read the arguments of arguments.
    if (broken_) return std::move(errors_);
  }
  if (errors_.empty()) check_counts();
  return std::move(errors_);
}

void Verifier::fail(std::string where, std::string message) {
  if (errors_.size() < kMaxErrors) errors_.push_back({Errc::ir_invalid, std::move(where), std::move(message), {}});
}

void Verifier::need(bool good, std::string_view kind, std::string_view key, std::string_view what) {
  if (!good)
    fail(std::string(key), "the " + std::string(kind) + " '" + std::string(key) + "' has invalid " + std::string(what));
}

void Verifier::check_declarations() {
  if (!(ir_.sample_rate > 0) || !std::isfinite(ir_.sample_rate)) fail("", "the sample rate is not a positive number");
  if (!is_real(ir_.real)) fail("", "audio is f32 or f64");
  for (const InputDecl& d : ir_.inputs) need(is_lanes(d.channels), "input", d.name, "lanes");
  for (const OutputDecl& d : ir_.outputs) need(is_lanes(d.channels), "output", d.name, "lanes");
  for (const ProbeDecl& d : ir_.probes) need(is_lanes(d.lanes), "probe", d.key, "lanes");
  check_controls();
  for (const StateDecl& d : ir_.states) {
    need(is_lanes(d.lanes) && is_clock(d.clock), "state", d.key, "lanes or clock");
    need(d.type != Type::f64 || ir_.real == Type::f64, "state", d.key, "type: f64 in an f32 compilation");
    need(d.type == Type::f64 || d.init <= UINT32_MAX, "state", d.key, "first value: bits beyond its type");
  }
  for (const LineDecl& d : ir_.lines) {
    need(is_lanes(d.lanes) && is_clock(d.clock) && d.max_delay >= 1, "line", d.key, "lanes, clock or delay");
    need(d.type == ir_.real, "line", d.key, "type: a line has the type of audio");
  }
  for (const TableDecl& d : ir_.tables) {
    const uint64_t elements = uint64_t{d.size} * d.lanes;
    need(is_lanes(d.lanes) && d.size >= 1, "table", d.key, "lanes or size");
    need(d.data.size() == elements || (d.writable && d.data.empty()), "table", d.key, "number of elements");
  }
  for (const CallDecl& d : ir_.calls) {
    bool good = true;
    for (const uint32_t lanes : d.input_lanes) good &= is_lanes(lanes);
    for (const uint32_t lanes : d.output_lanes) good &= is_lanes(lanes);
    need(good, "call", d.key, "lanes");
  }
}

// The control side of the patch: what sets which source, and which voices listen to what.
void Verifier::check_controls() {
  for (const ParamDecl& d : ir_.params) {
    need(d.minimum <= d.initial && d.initial <= d.maximum && d.smooth_seconds >= 0, "param", d.id, "range or time");
    const bool voice = d.role == ControlRole::voice;
    const bool known = d.role == ControlRole::controller ? d.number < 128 : !voice || d.number < ir_.voices.size();
    need(known, "param", d.id, "number");
    need(d.lanes == (voice && known ? ir_.voices[d.number].slot.voices : 1), "param", d.id, "lanes");
  }
  for (uint32_t v = 0; v < ir_.voices.size(); ++v) {
    const VoiceDecl& d = ir_.voices[v];
    const std::string& key = d.slot.key;
    need(is_lanes(d.slot.voices) && d.slot.key_hz.size() == 128 && d.slot.highest < 128, "voices", key, "settings");
    for (const uint32_t p :
         {d.freq, d.gate, d.velocity, d.off_velocity, d.pressure, d.timbre, d.bend, d.note, d.restart, d.open})
      need(p == VoiceSlot::kUnused ||
               (p < ir_.params.size() && ir_.params[p].role == ControlRole::voice && ir_.params[p].number == v),
           "voices", key, "control sources");
    for (const uint32_t p : {d.slot.level_probe, d.slot.done_probe})
      need(p == VoiceSlot::kUnused || (p < ir_.probes.size() && ir_.probes[p].lanes == d.slot.voices), "voices", key,
           "probes");
  }
  for (const ScopeSlot& d : ir_.scopes) need(is_lanes(d.copies), "scope", d.path, "copies");
  std::unordered_set<std::string_view> wished;
  for (const StrategyWish& d : ir_.wishes) {
    need(d.wish <= Wish::lanes, "strategy", d.path, "value");
    need(wished.insert(d.path).second, "strategy", d.path, "path: it has two");
  }
}

Wrong Verifier::check(uint32_t index) {
  const Inst& inst = ir_.insts[index];
  broken_ = true;
  if (ir_.origin[index] >= ir_.origins.size()) return "its origin does not exist";
  if (Wrong wrong = check_arguments(inst, index); !wrong.empty()) return wrong;
  if (Wrong wrong = check_immediates(inst); !wrong.empty()) return wrong;
  broken_ = false;
  if (!is_lanes(inst.lanes)) return "a value has 1 to " + number(kMaxLanes) + " lanes";
  if (!is_clock(inst.clock)) return "a clock is 1, 2, 4, 8 or 16";
  if (Wrong wrong = check_rate(inst); !wrong.empty()) return wrong;
  if (Wrong wrong = info(inst.op).signature == Signature::X ? check_structural(inst) : check_table_op(inst);
      !wrong.empty())
    return wrong;
  if (Wrong wrong = check_reals(inst); !wrong.empty()) return wrong;
  if (Wrong wrong = check_clocks(inst); !wrong.empty()) return wrong;
  return check_root(inst, index);
}

Wrong Verifier::check_arguments(const Inst& inst, uint32_t index) const {
  const bool pooled = inst.op == Op::stack || inst.op == Op::call;
  if (pooled && (!inst.arg[0].valid() || uint64_t{inst.arg[0].index} + inst.arg[1].index > ir_.pool.size()))
    return "its arguments lie outside the pool";
  const uint32_t count = arg_count(ir_, inst);
  for (uint32_t i = 0; i < count; ++i)
    if (arg(ir_, inst, i).index >= index) return "argument " + number(i) + " is not made before it is used";
  for (uint32_t i = pooled ? 2 : count; i < 3; ++i)
    if (inst.arg[i].valid()) return "it has more arguments than its op takes";
  return "";
}

// Immediates index a declaration; the rules after this one follow them.
Wrong Verifier::check_immediates(const Inst& inst) const {
  const auto within = [&](size_t size, std::string_view kind) -> Wrong {
    return inst.imm < size ? "" : "there is no " + std::string(kind) + " " + number(inst.imm);
  };
  const bool has_imm2 = !text::fields(inst.op).imm2.empty();
  if (!has_imm2 && inst.imm2 != 0) return "its second immediate is not 0";
  switch (inst.op) {
    case Op::constant:
    case Op::relane:
      return "";
    case Op::input:
      return within(ir_.inputs.size(), "input");
    case Op::param:
      return within(ir_.params.size(), "param");
    case Op::prev:
    case Op::next:
      return within(ir_.states.size(), "state");
    case Op::push:
    case Op::tap:
      return within(ir_.lines.size(), "line");
    case Op::table_get:
    case Op::table_set:
      return within(ir_.tables.size(), "table");
    case Op::output:
      return within(ir_.outputs.size(), "output");
    case Op::probe:
      return within(ir_.probes.size(), "probe");
    case Op::call:
    case Op::call_output:
      return within(ir_.calls.size(), "call");
    case Op::upsample:
    case Op::decimate:
      return is_clock(static_cast<uint32_t>(inst.imm)) && inst.imm > 1 ? "" : "a factor is 2, 4, 8 or 16";
    default:
      return inst.imm == 0 ? "" : "its immediate is not 0";
  }
}

Wrong Verifier::check_rate(const Inst& inst) const {
  const Rate rate = rules::rate(ir_, inst);
  return inst.rate == rate ? "" : "its rate follows as " + std::string(name(rate));
}

Wrong Verifier::check_table_op(const Inst& inst) const {
  const OpInfo& op = info(inst.op);
  if (Wrong wrong = check_types(inst, op); !wrong.empty()) return wrong;
  if (op.signature == Signature::I_IC && inst.imm2 > 31) return "a shift count is 0 to 31";
  return check_spread(inst, rules::lanes(ir_, inst));
}

Wrong Verifier::check_types(const Inst& inst, const OpInfo& op) const {
  using enum Signature;
  const Type of = at(inst.arg[op.signature == T_MTT ? 1 : 0]).type;
  const auto all = [&](uint32_t from, Type type) {
    for (uint32_t i = from; i < op.arity; ++i)
      if (at(inst.arg[i]).type != type) return false;
    return true;
  };
  bool good = inst.type == rules::result_type(op.signature, of);
  switch (op.signature) {
    case R_RR:
    case R_R:
    case R_RRR:
    case M_RR:
    case I_R:
      good &= is_real(of) && all(0, of);
      break;
    case M_MM:
    case M_M:
      good &= all(0, Type::mask);
      break;
    case T_MTT:
      good &= at(inst.arg[0]).type == Type::mask && all(1, of);
      break;
    case I_II:
    case I_IC:
    case M_II:
    case F_I:
    case D_I:
      good &= all(0, Type::i32);
      break;
    case F_D:
    case I_D:
    case D_D:
      good &= all(0, Type::f64);
      break;
    case D_F:
    case I_F:
      good &= all(0, Type::f32);
      break;
    case X:
      break;
  }
  return good ? "" : "the types do not fit the op";
}

// Arguments of 1 lane are spread; the result has `lanes` lanes.
Wrong Verifier::check_spread(const Inst& inst, uint32_t lanes) const {
  if (inst.lanes != lanes) return "it has " + number(inst.lanes) + " lanes where " + number(lanes) + " follow";
  for (uint32_t i = 0, count = arg_count(ir_, inst); i < count; ++i) {
    const uint32_t from = at(arg(ir_, inst, i)).lanes;
    if (from != 1 && from != lanes)
      return "argument " + number(i) + " has " + number(from) + " lanes, not 1 or " + number(lanes);
  }
  return "";
}

// Sample code computes in the type of audio: f64 controls come in by ramp and hold alone.
Wrong Verifier::check_reals(const Inst& inst) const {
  if (inst.type == Type::f64 && inst.rate == Rate::sample && ir_.real == Type::f32)
    return "f64 at sample rate in an f32 compilation";
  const bool has_entered = rules::entered(ir_, inst);
  if (inst.entered != has_entered)
    return has_entered ? "it has entered sample code and must say so" : "it has not entered sample code";
  const bool enters = inst.op == Op::ramp || inst.op == Op::hold;
  const bool sample_code = inst.rate == Rate::sample || (inst.type == Type::f64 && inst.entered);
  if (enters || !sample_code) return "";
  for (uint32_t i = 0, count = arg_count(ir_, inst); i < count; ++i) {
    const Inst& from = at(arg(ir_, inst, i));
    if (from.type != Type::f64 || from.entered || from.op == Op::call) continue;
    return "argument " + number(i) + " is an f64 that did not enter by ramp or hold";
  }
  return "";
}

Wrong Verifier::check_clocks(const Inst& inst) const {
  if (inst.rate != Rate::sample) return inst.clock == 1 ? "" : "only samples have a clock";
  if (inst.op == Op::input && inst.clock != 1) return "inputs have clock 1";
  if (inst.op == Op::output && inst.clock != 1) return "outputs have clock 1";
  if (inst.op == Op::upsample || inst.op == Op::decimate) return "";
  for (uint32_t i = 0, count = arg_count(ir_, inst); i < count; ++i) {
    const Inst& from = at(arg(ir_, inst, i));
    if (from.rate == Rate::sample && from.clock != inst.clock)
      return "argument " + number(i) + " has clock " + number(from.clock);
  }
  return "";
}

Wrong Verifier::check_root(const Inst& inst, uint32_t index) {
  if (!is_root(inst.op)) return "";
  const bool listed = root_ < ir_.roots.size() && ir_.roots[root_].index == index;
  ++root_;
  return listed ? "" : "it is not the next of the list of roots";
}

// What has to happen exactly once.
void Verifier::check_counts() {
  if (root_ != ir_.roots.size())
    fail("", "the list of roots has " + number(ir_.roots.size()) + " entries for " + number(root_) + " roots");
  for (size_t i = 0; i < nexts_.size(); ++i)
    if (!nexts_[i]) fail(ir_.states[i].key, "the state '" + ir_.states[i].key + "' has no next");
  for (size_t i = 0; i < outputs_.size(); ++i)
    if (!outputs_[i]) fail(ir_.outputs[i].name, "the output '" + ir_.outputs[i].name + "' is never written");
  for (size_t i = 0; i < calls_.size(); ++i)
    if (!calls_[i]) fail(ir_.calls[i].key, "the External node '" + ir_.calls[i].key + "' is never called");
}

std::vector<Error> verify(const Ir& ir) { return Verifier(ir).run(); }

}  // namespace sinter
