// Finds the recurrences: the strongly connected components of the step graph.
#include "units.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>

#include "components.hpp"

namespace sinter::planning {
namespace {

bool is_tied_tap(const Ir& ir, const Inst& inst) {
  if (inst.op != Op::tap) return false;
  return inst.arg[1].valid() || inst.imm2 < kCellFrames * ir.lines[inst.imm].clock;
}

// Insts that share something they both touch in each step: a state, a line, a table. Tied insts wait for each other.
struct Ties {
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
};

Ties find_ties(const Ir& ir, const std::vector<bool>& live) {
  Ties ties;
  std::vector<uint32_t> prev(ir.states.size(), UINT32_MAX), push(ir.lines.size(), UINT32_MAX),
      set(ir.tables.size(), UINT32_MAX);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    const Inst& inst = ir.insts[i];
    if (!live[i]) continue;
    if (inst.op == Op::prev) prev[inst.imm] = i;
    if (inst.op == Op::push) push[inst.imm] = i;
    if (inst.op == Op::table_set) {
      if (set[inst.imm] != UINT32_MAX) ties.pairs.emplace_back(set[inst.imm], i);
      set[inst.imm] = i;
    }
  }
  for (uint32_t i = 0; i < ir.size(); ++i) {
    const Inst& inst = ir.insts[i];
    if (!live[i]) continue;
    uint32_t other = UINT32_MAX;
    if (inst.op == Op::next) other = prev[inst.imm];
    if (is_tied_tap(ir, inst)) other = push[inst.imm];
    if (inst.op == Op::table_get) other = set[inst.imm];
    if (other != UINT32_MAX) ties.pairs.emplace_back(i, other);
  }
  return ties;
}

Edges collect_edges(const Ir& ir, const std::vector<bool>& live) {
  std::vector<std::pair<uint32_t, uint32_t>> ties = find_ties(ir, live).pairs;
  const size_t forward = ties.size();
  for (size_t i = 0; i < forward; ++i) ties.emplace_back(ties[i].second, ties[i].first);
  std::sort(ties.begin(), ties.end());
  Edges edges;
  edges.first.reserve(ir.size() + 1);
  size_t at = 0;
  for (uint32_t i = 0; i < ir.size(); ++i) {
    edges.first.push_back(static_cast<uint32_t>(edges.to.size()));
    const Inst& inst = ir.insts[i];
    if (live[i] && inst.rate == Rate::sample)
      for_args(ir, inst, [&](Value v) {
        if (ir[v].rate == Rate::sample && !is_free_source(ir[v].op)) edges.to.push_back(v.index);
      });
    for (; at < ties.size() && ties[at].first == i; ++at) edges.to.push_back(ties[at].second);
  }
  edges.first.push_back(static_cast<uint32_t>(edges.to.size()));
  return edges;
}

StepKind single_kind(const Inst& inst) {
  switch (inst.op) {
    case Op::fold:
      return StepKind::fold;
    case Op::upsample:
      return StepKind::upsample;
    case Op::decimate:
      return StepKind::decimate;
    case Op::call:
      return StepKind::call;
    case Op::prev:
    case Op::next:
    case Op::push:
    case Op::tap:
    case Op::table_set:
      return StepKind::serial;
    default:
      return StepKind::time_parallel;
  }
}

// A recurrence whose insts differ in lanes, or that runs through views and folds, crosses lanes within a sample.
bool crosses_lanes(const Ir& ir, const Unit& unit) {
  for (uint32_t i : unit.insts) {
    const Inst& inst = ir.insts[i];
    if (is_view(inst) || inst.op == Op::fold || inst.lanes != unit.lanes) return true;
  }
  return false;
}

// Which origins the patch wants serial: a path named, or anything inside of it.
std::vector<bool> serial_origins(const Ir& ir) {
  std::vector<bool> serial(ir.origins.size(), false);
  if (ir.serial_paths.empty()) return serial;
  const std::unordered_set<std::string_view> named(ir.serial_paths.begin(), ir.serial_paths.end());
  for (size_t o = 0; o < ir.origins.size(); ++o) {
    const std::string_view origin = ir.origins[o];
    for (size_t end = origin.find('/'); !serial[o]; end = origin.find('/', end + 1)) {
      serial[o] = named.contains(origin.substr(0, end));
      if (end == std::string_view::npos) break;
    }
  }
  return serial;
}

Result<Unit> classify(const Ir& ir, const std::vector<bool>& serial, Unit unit) {
  const Inst& head = ir.insts[unit.insts[0]];
  unit.lanes = head.lanes;
  unit.clock = head.clock;
  if (unit.insts.size() == 1) {
    unit.kind = single_kind(head);
    if (unit.kind == StepKind::time_parallel && serial[ir.origin[unit.insts[0]]]) unit.kind = StepKind::serial;
    unit.silent = is_place(head) || is_view(head) || head.op == Op::output || head.op == Op::call_output;
    return unit;
  }
  for (uint32_t i : unit.insts) {
    const Inst& inst = ir.insts[i];
    if (inst.op == Op::call)
      return Error{Errc::external_cycle, ir.calls[inst.imm].key,
                   "a cycle runs through this External node: put a delay of at least 64 frames into it, and promise it "
                   "with \"min\""};
    if (inst.clock != unit.clock)
      return Error{Errc::not_supported, ir.origins[ir.origin[i]],
                   "a cycle runs through an oversampled section: close the cycle inside or outside of it"};
  }
  unit.kind = crosses_lanes(ir, unit) ? StepKind::woven : StepKind::serial;
  return unit;
}

}  // namespace

bool is_place(const Inst& inst) { return inst.rate != Rate::sample || inst.op == Op::input || inst.op == Op::ramp; }
bool is_view(const Inst& inst) { return inst.rate == Rate::sample && (inst.op == Op::relane || inst.op == Op::stack); }
bool is_free_source(Op op) { return op == Op::frame || op == Op::cell_start; }

std::vector<bool> live_insts(const Ir& ir) {
  std::vector<bool> live(ir.size(), false);
  for (Value root : ir.roots) live[root.index] = true;
  for (uint32_t i = ir.size(); i-- > 0;)
    if (live[i]) for_args(ir, ir.insts[i], [&](Value v) { live[v.index] = true; });
  return live;
}

Result<std::vector<Unit>> make_units(const Ir& ir, const std::vector<bool>& live) {
  const Edges edges = collect_edges(ir, live);
  Components found(edges, ir.size());
  const auto takes_part = [&](uint32_t i) {
    return live[i] && ir.insts[i].rate == Rate::sample && !is_free_source(ir.insts[i].op);
  };
  for (uint32_t i = 0; i < ir.size(); ++i)
    if (takes_part(i)) found.visit(i);
  // Components are numbered in dependency order; their insts are gathered in Ir order.
  std::vector<Unit> units(found.components);
  for (uint32_t i = 0; i < ir.size(); ++i)
    if (takes_part(i)) units[found.component[i]].insts.push_back(i);
  const std::vector<bool> serial = serial_origins(ir);
  for (Unit& unit : units) {
    Result<Unit> classified = classify(ir, serial, std::move(unit));
    if (!classified) return classified.errors();
    unit = std::move(*classified);
  }
  return units;
}

}  // namespace sinter::planning
