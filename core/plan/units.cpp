// Finds the recurrences: the strongly connected components of the step graph.
#include "units.hpp"

#include <algorithm>

#include "settle.hpp"
#include "sinter/ir/components.hpp"
#include "sinter/ir/ranges.hpp"
#include "strategies.hpp"

namespace sinter::planning {
namespace {

// Insts that share something they both touch in each step: a state, a line, a table. Tied insts wait for each other.
struct Ties {
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
};

Ties find_ties(const Ir& ir, const std::vector<bool>& live, const std::vector<bool>& tied) {
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
    if (tied[i]) other = push[inst.imm];
    if (inst.op == Op::table_get) other = set[inst.imm];
    if (other != UINT32_MAX) ties.pairs.emplace_back(i, other);
  }
  return ties;
}

Edges collect_edges(const Ir& ir, const std::vector<bool>& live, const std::vector<bool>& tied) {
  std::vector<std::pair<uint32_t, uint32_t>> ties = find_ties(ir, live, tied).pairs;
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

std::vector<uint32_t> least_delays(const Ir& ir, const std::vector<bool>& live, LazyRanges& ranges) {
  std::vector<uint32_t> least(ir.size(), UINT32_MAX);
  if (ir.lines.empty()) return least;
  for (uint32_t i = 0; i < ir.size(); ++i)
    if (live[i] && ir.insts[i].op == Op::tap) least[i] = least_delay(ir, ranges(), ir.insts[i]);
  return least;
}

std::vector<bool> tied_taps(const Ir& ir, const std::vector<uint32_t>& least_delays, uint32_t chunk) {
  std::vector<bool> tied(ir.size(), false);
  for (uint32_t i = 0; i < ir.size(); ++i)
    tied[i] = least_delays[i] != UINT32_MAX && least_delays[i] < chunk * ir.lines[ir.insts[i].imm].clock;
  return tied;
}

std::vector<Unit> group_units(const Ir& ir, const std::vector<bool>& live, const std::vector<bool>& tied) {
  const Edges edges = collect_edges(ir, live, tied);
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
  return units;
}

Neighbours neighbours_of(const Ir& ir, const std::vector<Unit>& units) {
  Neighbours neighbours{std::vector<bool>(ir.size(), false), std::vector<bool>(ir.size(), false)};
  std::vector<uint32_t> unit_of(ir.size(), UINT32_MAX);
  for (uint32_t u = 0; u < units.size(); ++u)
    for (uint32_t i : units[u].insts) unit_of[i] = u;
  for (uint32_t u = 0; u < units.size(); ++u)
    for (uint32_t i : units[u].insts) {
      neighbours.in_recurrence[i] = units[u].insts.size() > 1;
      for_args(ir, ir.insts[i], [&](Value v) {
        if (unit_of[v.index] != UINT32_MAX && unit_of[v.index] != u) neighbours.read_outside[v.index] = true;
      });
    }
  return neighbours;
}

Result<std::vector<Unit>> make_units(const Ir& ir, const std::vector<bool>& live, const std::vector<bool>& tied,
                                     const PlanOptions& options) {
  std::vector<Unit> units = group_units(ir, live, tied);
  const Neighbours neighbours = neighbours_of(ir, units);
  Strategies strategies(ir, options);
  for (Unit& unit : units)
    if (Result<bool> chosen = strategies.choose(unit, neighbours); !chosen) return chosen.errors();
  settle_lanes(ir, options, units);
  return units;
}

}  // namespace sinter::planning
