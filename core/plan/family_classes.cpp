// Units described as words: equal words, equal shape.
#include "family_classes.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "wishes.hpp"

namespace sinter::planning {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr uint32_t kLeastMembers = 4;  // side by side in a vector instead of one after the other

std::vector<Unit> grouped(const Ir& ir, const std::vector<bool>& live) {
  LazyRanges ranges(ir, live);
  return group_units(ir, live, tied_taps(ir, least_delays(ir, live, ranges), kCellFrames));
}

}  // namespace

Value family_arg(const Ir& ir, const Inst& inst, uint32_t index) {
  const bool swaps = info(inst.op).commutative || inst.op == Op::fma;
  if (!swaps || index > 1) return arg(ir, inst, index);
  const bool late = ir[inst.arg[0]].rate == Rate::sample && ir[inst.arg[1]].rate != Rate::sample;
  return inst.arg[late ? 1 - index : index];
}

UnitClasses::UnitClasses(const Ir& ir, const std::vector<bool>& live, uint32_t width, Poll& poll)
    : units(grouped(ir, live)), unit_of(ir.size(), kNone), ir_(ir), width_(width), wishes_(wishes_by_origin(ir)) {
  for (uint32_t u = 0; u < count(); ++u) {
    units[u].lanes = lanes(u);
    for (const uint32_t i : units[u].insts) unit_of[i] = u;
  }
  find_outer();
  find_parameters(live);
  find_levels();
  classify(poll);
}

void UnitClasses::find_outer() {
  outer_first_.push_back(0);
  for (uint32_t u = 0; u < count(); ++u) {
    for (const uint32_t i : units[u].insts)
      for (uint32_t a = 0, args = arg_count(ir_, ir_.insts[i]); a < args; ++a)
        if (const Value v = family_arg(ir_, ir_.insts[i], a); unit_of[v.index] != u) outer_.push_back(v);
    outer_first_.push_back(static_cast<uint32_t>(outer_.size()));
  }
}

// Values below sample rate that a parameter moves, and those that notes move, whose lanes are voices.
void UnitClasses::find_parameters(const std::vector<bool>& live) {
  moves_.assign(ir_.size(), false);
  plays_.assign(ir_.size(), false);
  for (uint32_t i = 0; i < ir_.size(); ++i) {
    const Inst& inst = ir_.insts[i];
    if (!live[i] || (inst.rate == Rate::sample && inst.op != Op::ramp)) continue;
    moves_[i] = inst.op == Op::param;
    plays_[i] = inst.op == Op::param && ir_.params[inst.imm].role == ControlRole::voice;
    for_args(ir_, inst, [&](Value v) {
      if (moves_[v.index]) moves_[i] = true;
      if (plays_[v.index]) plays_[i] = true;
    });
  }
}

void UnitClasses::find_levels() {
  level_.assign(count(), 0);
  for (uint32_t u = 0; u < count(); ++u)
    for (const Value v : outer(u))
      if (unit_of[v.index] != kNone) level_[u] = std::max(level_[u], level_[unit_of[v.index]] + 1);
}

bool UnitClasses::may_pack(uint32_t u) const {
  const Unit& each = units[u];
  const bool plain = std::all_of(each.insts.begin(), each.insts.end(), [&](uint32_t i) {
    const Inst& inst = ir_.insts[i];
    if (inst.lanes != lanes(u) || wishes_[ir_.origin[i]] == Wish::serial) return false;
    if (inst.op == Op::prev || inst.op == Op::next) return true;
    if (inst.op == Op::table_get) return ir_.tables[inst.imm].lanes == 1 && !ir_.tables[inst.imm].writable;
    return info(inst.op).signature != Signature::X;
  });
  const std::span<const Value> args = outer(u);
  return plain && std::none_of(args.begin(), args.end(), [&](Value v) { return plays_[v.index]; });
}

void UnitClasses::describe_arg(uint32_t u, Value v, Words& words) const {
  enum Kind : uint64_t { inside, cell, ramp, source, of_class, any_row };
  const Inst& arg = ir_[v];
  const uint64_t type =
      static_cast<uint64_t>(arg.type) << 8 | static_cast<uint64_t>(arg.clock) << 16 | uint64_t{arg.lanes} << 32;
  const auto say = [&](Kind kind, uint64_t what) {
    words.push_back(kind | type);
    words.push_back(what);
  };
  if (unit_of[v.index] == u) return say(inside, place_in(units[u], v.index));
  if (arg.rate != Rate::sample) return say(cell, moves_[v.index]);
  if (arg.op == Op::ramp) return say(ramp, 0);
  if (is_free_source(arg.op)) return say(source, static_cast<uint64_t>(arg.op));
  const uint32_t from = unit_of[v.index];
  if (from == kNone || common.empty() || !common[from]) return say(any_row, 0);
  say(of_class, uint64_t{class_of[from]} << 32 | place_in(units[from], v.index));
}

UnitClasses::Words UnitClasses::describe(uint32_t u) const {
  Words words = {level_[u], lanes(u)};
  std::unordered_map<uint64_t, size_t> states;  // in the order they come
  for (const uint32_t i : units[u].insts) {
    const Inst& inst = ir_.insts[i];
    words.push_back(static_cast<uint64_t>(inst.op) | static_cast<uint64_t>(inst.type) << 8 |
                    uint64_t{inst.clock} << 16 | uint64_t{inst.exact} << 24 | uint64_t{inst.imm2} << 32);
    words.push_back(static_cast<uint64_t>(wishes_[ir_.origin[i]]));
    if (inst.op == Op::table_get) words.push_back(inst.imm);
    if (inst.op == Op::prev || inst.op == Op::next) {
      words.push_back(states.try_emplace(inst.imm, states.size()).first->second);
      words.push_back(ir_.states[inst.imm].init);
    }
    for (uint32_t a = 0, args = arg_count(ir_, inst); a < args; ++a) describe_arg(u, family_arg(ir_, inst, a), words);
  }
  return words;
}

// Twice: what only few have tells nothing about those who read it but that it is a row.
void UnitClasses::classify(Poll& poll) {
  std::vector<bool> packs(count());
  for (uint32_t u = 0; u < count(); ++u) packs[u] = may_pack(u);
  for (const bool first : {true, false}) {
    std::map<Words, uint32_t> classes;
    class_of.assign(count(), kNone);
    std::vector<uint32_t> members;
    if (first) common.assign(count(), true);
    for (uint32_t u = 0; u < count(); ++u) {
      if (poll.often()) return;
      if (!packs[u]) {
        common[u] = false;
        continue;
      }
      class_of[u] = classes.try_emplace(describe(u), static_cast<uint32_t>(classes.size())).first->second;
      members.resize(classes.size(), 0);
      ++members[class_of[u]];
    }
    for (uint32_t u = 0; u < count(); ++u) common[u] = packs[u] && several(u, members[class_of[u]]);
  }
}

std::vector<std::vector<uint32_t>> UnitClasses::lists() const {
  std::map<std::pair<uint32_t, uint32_t>, std::vector<uint32_t>> by_level;
  for (uint32_t u = 0; u < count(); ++u)
    if (common[u]) by_level[{level_[u], class_of[u]}].push_back(u);
  std::vector<std::vector<uint32_t>> all;
  for (const auto& [at, list] : by_level)
    for (std::vector<uint32_t>& part : by_literals(list)) all.push_back(std::move(part));
  return all;
}

std::vector<std::vector<uint32_t>> UnitClasses::by_literals(const std::vector<uint32_t>& list) const {
  if (is_recurrence(list[0])) return {list};
  std::map<Words, std::vector<uint32_t>> by_words;
  for (const uint32_t u : list) {
    Words words;
    for (const Value v : outer(u))
      if (ir_[v].op == Op::constant) words.push_back(ir_[v].imm);
    by_words[std::move(words)].push_back(u);
  }
  std::vector<std::vector<uint32_t>> parts;
  for (auto& [words, part] : by_words) {
    if (!several(list[0], part.size())) return {list};
    parts.push_back(std::move(part));
  }
  return parts;
}

bool UnitClasses::moves(uint32_t u) const {
  const std::span<const Value> args = outer(u);
  return std::any_of(args.begin(), args.end(), [&](Value v) { return moves_[v.index]; });
}

// Members that fill a vector by themselves are left as they are.
bool UnitClasses::several(uint32_t u, size_t members) const {
  return members >= kLeastMembers && lanes(u) * 2 <= vector_lanes();
}

}  // namespace sinter::planning
