// See model.hpp.
#include "model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <utility>

#include "sinter/engine/program.hpp"

namespace sinter::exporting {
namespace {

// A cache line between the rings of lanes, which would else all fall into one set of the cache.
constexpr uint32_t kRingGap = 16;

template <class F>
void for_args(const Ir& ir, const Inst& inst, F&& visit) {
  for (uint32_t i = 0; i < arg_count(ir, inst); ++i) visit(arg(ir, inst, i).index);
}

float flushed(float value) { return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value; }

}  // namespace

Model::Model(const Ir& from) : ir(from) {
  find_live();
  made.assign(ir.size(), false);
  for (uint32_t i = 0; i < ir.params.size(); ++i) {
    param_slot.push_back(param_lanes);
    param_lanes += ir.params[i].lanes;
  }
  ramp_slot.assign(ir.size(), 0);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (!live[i] || ir.insts[i].op != Op::ramp) continue;
    ramps.push_back({i, ramp_lanes});
    ramp_slot[i] = ramp_lanes;
    ramp_lanes += ir.insts[i].lanes;
  }
  place_probes();
  find_controls();
  find_clocks();
  name_members();
}

bool Model::is_literal(uint32_t index) const {
  const Inst& inst = ir.insts[index];
  return inst.op == Op::constant || (inst.op == Op::hold && ir[inst.arg[0]].op == Op::constant);
}

std::string Model::literal_text(uint32_t index) const {
  const Inst& inst = ir.insts[index];
  if (inst.op == Op::constant) return literal(inst.type, inst.imm);
  const double value = as_f64(ir[inst.arg[0]].imm);
  return inst.type == Type::f32 ? literal(Type::f32, bits_of(flushed(static_cast<float>(value)))) : literal(value);
}

uint32_t Model::capacity(uint32_t line) const { return std::bit_ceil(ir.lines[line].max_delay + 1); }

uint32_t Model::line_stride(uint32_t line) const {
  return ir.lines[line].lanes > 1 ? capacity(line) + kRingGap : capacity(line);
}

void Model::find_live() {
  live.assign(ir.size(), false);
  for (const Value root : ir.roots) live[root.index] = true;
  for (uint32_t i = ir.size(); i-- > 0;)
    if (live[i]) for_args(ir, ir.insts[i], [&](uint32_t a) { live[a] = true; });
}

void Model::place_probes() {
  std::vector<bool> of_voice(ir.probes.size(), false);
  for (const VoiceDecl& decl : ir.voices)
    for (const uint32_t probe : {decl.slot.level_probe, decl.slot.done_probe})
      if (probe != VoiceSlot::kUnused) of_voice[probe] = true;
  probe_slot.assign(ir.probes.size(), 0);
  uint32_t lanes = 0;
  for (const bool last : {false, true}) {
    for (size_t p = 0; p < ir.probes.size(); ++p)
      if (of_voice[p] == last) probe_slot[p] = std::exchange(lanes, lanes + ir.probes[p].lanes);
    (last ? voice_probe_lanes : meter_lanes) = lanes - meter_lanes;
  }
}

// What depends on fewer sources runs first: nothing depends on what runs later.
void Model::find_controls() {
  moved_by.assign(ir.size(), 0);
  voices.assign(ir.size(), 0);
  std::map<std::pair<int, uint64_t>, std::vector<uint32_t>> buckets;
  for (uint32_t i = 0; i < ir.size(); ++i) {
    const Inst& inst = ir.insts[i];
    if (!live[i] || per_sample(i)) continue;
    if (inst.op == Op::param) {
      const ParamDecl& param = ir.params[inst.imm];
      moved_by[i] = param_group(static_cast<uint32_t>(inst.imm));
      voices[i] = param.role == ControlRole::voice ? 1 + param.number : 0;
    }
    // Of several poly nodes the first.
    for_args(ir, inst, [&](uint32_t a) {
      if (voices[a] && (!voices[i] || voices[a] < voices[i])) voices[i] = voices[a];
    });
    if (inst.op != Op::param) for_args(ir, inst, [&](uint32_t a) { moved_by[i] |= moved_by[a]; });
    if (inst.op == Op::param || is_literal(i)) continue;
    made[i] = true;
    buckets[{std::popcount(moved_by[i]), moved_by[i]}].push_back(i);
  }
  member.assign(ir.size(), false);
  enters = member;
  for (uint32_t i = 0; i < ir.size(); ++i)
    if (live[i])
      for_args(ir, ir.insts[i], [&](uint32_t a) {
        const bool control = !per_sample(a) && ir.insts[a].op != Op::param && !is_literal(a);
        if (control && (per_sample(i) || moved_by[a] != moved_by[i])) member[a] = true;
        if (control && per_sample(i) && ir.insts[i].op != Op::ramp) enters[a] = true;
      });
  for (const auto& [key, insts] : buckets) runs.push_back({key.second, make_schedule(ir, insts)});
}

void Model::find_clocks() {
  std::vector<uint32_t> clocks{1};
  for (uint32_t i = 0; i < ir.size(); ++i)
    if (live[i] && per_sample(i)) made[i] = true, clocks.push_back(ir.insts[i].clock);
  std::sort(clocks.begin(), clocks.end());
  clocks.erase(std::unique(clocks.begin(), clocks.end()), clocks.end());
  // All are powers of two: with a clock run all faster ones.
  substeps = clocks.back();
  for (size_t c = 0; c < clocks.size(); ++c) {
    ClockSet set{.slowest = clocks[c], .clocks = {clocks.begin() + static_cast<std::ptrdiff_t>(c), clocks.end()}};
    const std::vector<uint32_t> insts = needed_from(clocks[c]);
    set.schedule = make_schedule(ir, insts);
    sets.push_back(std::move(set));
  }
}

// Sample code of this clock and faster ones, without what only slower ones read. A slower sample that is spread over
// faster ones counts where it begins; in between stand zeros.
std::vector<uint32_t> Model::needed_from(uint32_t clock) const {
  std::vector<bool> needed(ir.size(), false);
  const auto runs_here = [&](uint32_t i) { return live[i] && per_sample(i) && ir.insts[i].clock >= clock; };
  for (const Value root : ir.roots)
    if (runs_here(root.index)) needed[root.index] = true;
  std::vector<uint32_t> insts;
  for (uint32_t i = ir.size(); i-- > 0;) {
    if (!needed[i] || !runs_here(i)) continue;
    insts.push_back(i);
    for_args(ir, ir.insts[i], [&](uint32_t a) { needed[a] = true; });
  }
  std::reverse(insts.begin(), insts.end());
  return insts;
}

void Model::name_members() {
  Names names;
  for (const StateDecl& decl : ir.states) states.push_back(names.unique("z_", decl.key));
  for (const LineDecl& decl : ir.lines) lines.push_back(names.unique("line_", decl.key));
  for (const TableDecl& decl : ir.tables) tables.push_back(names.unique("table_", decl.key));
}

}  // namespace sinter::exporting
