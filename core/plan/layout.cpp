// The layout: what outlasts a call, one for every executor. Control values, states (reals first), lines, tables, buses.
#include <algorithm>
#include <bit>
#include <cmath>

#include "cones.hpp"
#include "sinter/base/round_up.hpp"
#include "units.hpp"

namespace sinter::planning {
namespace {

ElementKind kind_of(Type type) {
  return type == Type::f64 ? ElementKind::f64 : type == Type::f32 ? ElementKind::f32 : ElementKind::i32;
}

// Several lanes of f32, i32 or masks fill whole vectors of any width, aligned, so that machine code may hold W lanes in
// one. What no lane has stays 0.
uint32_t reserve(uint32_t& total, Type type, uint32_t lanes) {
  const bool in_vectors = lanes > 1 && size_of(type) == 4;
  return reserve_bytes(total, uint64_t{size_of(type)} * lanes, in_vectors ? kCacheLine : size_of(type));
}

void lay_out_params(const Ir& ir, Layout& layout) {
  for (const ParamDecl& param : ir.params) {
    ParamSlot slot{param.id, param.initial, param.minimum, param.maximum, param.smooth_seconds};
    slot.offset = reserve(layout.control_bytes, Type::f64, param.lanes);
    slot.role = param.role;
    slot.number = param.number;
    slot.lanes = param.lanes;
    layout.params.push_back(std::move(slot));
  }
}

// Which notes a value depends on: 1 + index of the poly node, of several the first; 0: none.
uint32_t first_voice(uint32_t a, uint32_t b) { return a == 0 || (b != 0 && b < a) ? b : a; }

// Of the slots of a ramp inst: one for all lanes, or one for each where they are a family's.
uint32_t parts_of(const Plan& plan, size_t ramp) {
  return plan.names.any() ? static_cast<uint32_t>(plan.names.ramp_cones[ramp].size()) : 1;
}

void add_ramps(const Ir& ir, RampSlot all, uint32_t parts, Layout& layout) {
  RampSlot part = all;
  part.lanes = all.lanes / parts;
  for (uint32_t p = 0; p < parts; ++p) {
    const uint32_t lane = p * part.lanes;
    part.source = all.source + lane * size_of(Type::f64);
    part.start = all.start + lane * size_of(ir.real), part.slope = all.slope + lane * size_of(ir.real);
    layout.ramps.push_back(part);
  }
}

// Which control literals and values need memory, and what each depends on.
void lay_out_controls(const Ir& ir, const std::vector<bool>& live, Plan& plan) {
  Layout& layout = plan.layout;
  std::vector<bool> wanted(ir.size(), false);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    const Inst& inst = ir.insts[i];
    if (!live[i]) continue;
    if (inst.rate != Rate::sample && inst.op != Op::constant) {
      wanted[i] = true;
      for_args(ir, inst, [&](Value v) { wanted[v.index] = true; });
    }
    if (inst.op == Op::ramp) wanted[inst.arg[0].index] = true;
  }
  lay_out_params(ir, layout);
  plan.control_offset.assign(ir.size(), UINT32_MAX);
  std::vector<uint64_t> moved_by(ir.size(), 0);
  std::vector<uint32_t> voices(ir.size(), 0);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (!wanted[i]) continue;
    const Inst& inst = ir.insts[i];
    const bool is_param = inst.op == Op::param;
    plan.control_offset[i] =
        is_param ? layout.params[inst.imm].offset : reserve(layout.control_bytes, inst.type, inst.lanes);
    if (is_param) {
      moved_by[i] = param_group(static_cast<uint32_t>(inst.imm));
      const ParamDecl& param = ir.params[inst.imm];
      if (param.role == ControlRole::voice) voices[i] = 1 + param.number;
    }
    for_args(ir, inst, [&](Value v) {
      moved_by[i] |= moved_by[v.index];
      voices[i] = first_voice(voices[i], voices[v.index]);
    });
  }
  for (const bool constant : {true, false})
    for (uint32_t i = 0; i < ir.size(); ++i)
      if (wanted[i] && ir.insts[i].op != Op::param && (moved_by[i] == 0) == constant)
        plan.controls.push_back({{i}, plan.control_offset[i], moved_by[i]});
  size_t ramp_insts = 0;
  for (uint32_t i = 0; i < ir.size(); ++i) {
    const Inst& inst = ir.insts[i];
    if (!live[i] || inst.op != Op::ramp) continue;
    RampSlot ramp{.source = plan.control_offset[inst.arg[0].index], .lanes = inst.lanes, .clock = inst.clock};
    ramp.start = reserve(layout.control_bytes, ir.real, inst.lanes);
    ramp.slope = reserve(layout.control_bytes, ir.real, inst.lanes);
    ramp.moved_by = moved_by[inst.arg[0].index];
    ramp.voices = voices[inst.arg[0].index];
    add_ramps(ir, ramp, parts_of(plan, ramp_insts++), layout);
  }
}

// A slot for each key.
void add_states(const Plan& plan, const StateDecl& decl, size_t state, std::vector<StateSlot>& slots) {
  const uint32_t offset = plan.state_offset[state];
  StateSlot slot{decl.key, kind_of(decl.type), decl.clock, decl.lanes, offset, decl.init};
  if (!plan.names.any() || plan.names.state_keys[state].empty()) return slots.push_back(std::move(slot));
  const std::vector<std::string>& keys = plan.names.state_keys[state];
  slot.lanes = decl.lanes / static_cast<uint32_t>(keys.size());
  for (const std::string& key : keys) {
    slot.key = key;
    slots.push_back(slot);
    slot.offset += slot.lanes * size_of(decl.type);
  }
}

void lay_out_states(const Ir& ir, Plan& plan) {
  Layout& layout = plan.layout;
  plan.state_offset.resize(ir.states.size());
  for (const bool reals : {true, false}) {
    for (size_t s = 0; s < ir.states.size(); ++s)
      if ((ir.states[s].type == ir.real) == reals)
        plan.state_offset[s] = reserve(layout.state_bytes, ir.states[s].type, ir.states[s].lanes);
    if (reals) layout.real_state_bytes = layout.state_bytes;
  }
  for (size_t s = 0; s < ir.states.size(); ++s) add_states(plan, ir.states[s], s, layout.states);
}

void lay_out_lines(const Ir& ir, Layout& layout) {
  double longest = 0;
  for (const LineDecl& decl : ir.lines) {
    // A tap that does not wait for its push reads up to a chunk later than it would in the sample's own order.
    const uint32_t capacity = std::bit_ceil(decl.max_delay + 1 + kCellFrames * decl.clock);
    layout.lines.push_back({decl.key, kind_of(decl.type), decl.clock, decl.lanes, decl.max_delay, capacity});
    longest += decl.max_delay / (ir.sample_rate * decl.clock);
  }
  layout.tail_seconds += longest;
}

// The control sources of poly nodes, which lowering knows by number, as the engine finds them.
void lay_out_voices(const Ir& ir, Layout& layout) {
  for (const VoiceDecl& decl : ir.voices) {
    VoiceSlot slot = decl.slot;
    const auto place = [&](uint32_t param, uint32_t& offset) {
      offset = VoiceSlot::kUnused;
      if (param >= layout.params.size()) return;
      offset = layout.params[param].offset;
      slot.moved_by |= param_group(param);
    };
    slot.moved_by = 0;
    place(decl.freq, slot.freq), place(decl.gate, slot.gate), place(decl.velocity, slot.velocity);
    place(decl.off_velocity, slot.off_velocity), place(decl.pressure, slot.pressure), place(decl.timbre, slot.timbre);
    place(decl.bend, slot.bend), place(decl.note, slot.note), place(decl.restart, slot.restart);
    place(decl.open, slot.open);
    layout.voices.push_back(std::move(slot));
  }
}

}  // namespace

uint32_t reserve_bytes(uint32_t& total, uint64_t bytes, uint32_t unit) {
  constexpr uint64_t kMostBytes = UINT32_MAX - 255;  // far beyond the limit on memory, where sums stay
  const uint64_t offset = round_up(uint64_t{total}, unit);
  total = static_cast<uint32_t>(std::min(offset + round_up(bytes, unit), kMostBytes));
  return static_cast<uint32_t>(std::min(offset, kMostBytes));
}

void lay_out(const Ir& ir, const std::vector<bool>& live, Plan& plan) {
  Layout& layout = plan.layout;
  layout.sample_rate = ir.sample_rate;
  layout.real = kind_of(ir.real);
  for (const InputDecl& input : ir.inputs) {
    layout.inputs.push_back({input.name, input.channels, layout.input_channels});
    layout.input_channels += input.channels;
  }
  for (const OutputDecl& output : ir.outputs) {
    layout.outputs.push_back({output.name, output.channels, layout.output_channels});
    layout.output_channels += output.channels;
  }
  lay_out_controls(ir, live, plan);
  lay_out_states(ir, plan);
  lay_out_lines(ir, layout);
  for (const TableDecl& table : ir.tables)
    layout.tables.push_back({table.key, table.size, table.lanes, table.writable, table.data});
  for (const ProbeDecl& probe : ir.probes) {
    layout.probes.push_back({probe.key, probe.lanes, layout.probe_bytes});
    layout.probe_bytes += probe.lanes * 8;
  }
  lay_out_voices(ir, layout);
  layout.scopes = ir.scopes;
  layout.latency_frames = ir.latency_frames;
  for (const CallDecl& call : ir.calls) {
    layout.calls.push_back({call.key, call.type});
    layout.latency_frames += call.type->latency_frames();
    layout.tail_seconds += static_cast<double>(call.type->tail_frames(ir.sample_rate)) / ir.sample_rate;
  }
}

namespace {

// Those from before families were packed.
void fill_known_cones(const FamilyNames& names, Layout& layout) {
  size_t ramp = 0;
  for (const std::vector<uint64_t>& parts : names.ramp_cones)
    for (const uint64_t cone : parts) layout.ramps[ramp++].cone = cone;
  for (size_t l = 0; l < layout.lines.size(); ++l) layout.lines[l].cone = names.line_cones[l];
  for (size_t o = 0; o < layout.outputs.size(); ++o) layout.outputs[o].cone = names.output_cones[o];
}

}  // namespace

void fill_cones(const Ir& ir, const std::vector<bool>& live, Plan& plan) {
  Layout& layout = plan.layout;
  if (plan.names.any()) return fill_known_cones(plan.names, layout);
  const std::vector<uint64_t> cones = find_cones(ir);
  uint32_t ramp = 0;
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (!live[i]) continue;
    const Inst& inst = ir.insts[i];
    if (inst.op == Op::ramp) layout.ramps[ramp++].cone = cones[i];
    if (inst.op == Op::push) layout.lines[inst.imm].cone = cones[i];
    if (inst.op == Op::output) layout.outputs[inst.imm].cone = cones[i];
  }
}

}  // namespace sinter::planning
