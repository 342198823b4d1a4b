// Filters in series wait for each other: one's scan begins where the outputs of the one before are there. Merged, they
// are one linear system, whose matrix is a lower triangle of blocks, and wait for one scan.
#include "cascades.hpp"

#include <algorithm>
#include <utility>

#include "cost.hpp"
#include "wishes.hpp"

namespace sinter::planning {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr uint32_t kMaxSectionStates = 2;
constexpr size_t kMaxAbsorbed = 8;  // ops between two recurrences, or behind the last
constexpr size_t kMaxBefore = 16;   // ops in front of a chain that are looked at

/// A recurrence and the ops behind it that lead to the one value the rest of the program reads.
struct Section {
  uint32_t unit = kNone;
  std::vector<uint32_t> absorbed;  // insts
  Value output;
};

class Cascades {
 public:
  Cascades(const Ir& ir, const PlanOptions& options, std::vector<Unit>& units)
      : ir_(ir), options_(options), units_(units), first_reader_(ir.size() + 1, 0) {}

  void run() {
    if (find_sections() < 2) return;
    link();
    taken_.assign(units_.size(), false);
    for (uint32_t u = 0; u < units_.size(); ++u) {
      if (taken_[u] || !section_[u] || is_differenced(units_[u].recurrence)) continue;
      const std::vector<Section> chain = chain_from(u);
      for (const Section& section : chain) taken_[section.unit] = true;
      merge_pairs(chain);
    }
    drop_merged();
  }

 private:
  // Who asks for "block" has each recurrence solved by itself.
  size_t find_sections() {
    const std::vector<Wish> wishes = wishes_by_origin(ir_);
    section_.assign(units_.size(), false);
    for (uint32_t u = 0; u < units_.size(); ++u) {
      const Recurrence& recurrence = units_[u].recurrence;
      section_[u] = units_[u].kind == StepKind::time_parallel && !recurrence.body.empty() &&
                    recurrence.solution == Solution::constant && recurrence.nexts.size() <= kMaxSectionStates &&
                    std::none_of(recurrence.body.begin(), recurrence.body.end(),
                                 [&](Value v) { return wishes[ir_.origin[v.index]] == Wish::block; });
    }
    return static_cast<size_t>(std::count(section_.begin(), section_.end(), true));
  }

  // Who reads each value, and which recurrences have it as their only input.
  void link() {
    unit_of_.assign(ir_.size(), kNone);
    fed_.assign(ir_.size(), kNone);
    inside_.assign(ir_.size(), 0);
    for (uint32_t u = 0; u < units_.size(); ++u)
      for (uint32_t i : units_[u].insts) {
        unit_of_[i] = u;
        for_args(ir_, ir_.insts[i], [&](Value v) { ++first_reader_[v.index + 1]; });
      }
    for (uint32_t i = 0; i < ir_.size(); ++i) first_reader_[i + 1] += first_reader_[i];
    readers_.resize(first_reader_.back());
    std::vector<uint32_t> at(first_reader_.begin(), first_reader_.end() - 1);
    for (const Unit& unit : units_)
      for (uint32_t i : unit.insts) for_args(ir_, ir_.insts[i], [&](Value v) { readers_[at[v.index]++] = i; });
    for (uint32_t u = 0; u < units_.size(); ++u)
      if (section_[u] && units_[u].recurrence.inputs.size() == 1) {
        uint32_t& fed = fed_[units_[u].recurrence.inputs[0].index];
        fed = fed == kNone ? u : static_cast<uint32_t>(units_.size());
      }
  }

  bool is_inside(uint32_t inst) const { return inside_[inst] == epoch_; }
  bool is_read_outside(uint32_t inst) const {
    for (uint32_t r = first_reader_[inst]; r < first_reader_[inst + 1]; ++r)
      if (inside_[readers_[r]] < oldest_) return true;
    return false;
  }

  // What enters comes from samples of different times, as in y = a y' + x - x'. There the poles make up for the zeros
  // in front of them, and a second section must not see the zeros alone: it would add large numbers to a small one.
  bool is_differenced(const Recurrence& recurrence) const {
    std::vector<uint32_t> seen;
    const auto see = [&](Value v) {
      if (unit_of_[v.index] != kNone && std::find(seen.begin(), seen.end(), v.index) == seen.end())
        seen.push_back(v.index);
    };
    for (Value v : recurrence.inputs) see(v);
    for (size_t i = 0; i < seen.size() && i < kMaxBefore; ++i) {
      const Unit& unit = units_[unit_of_[seen[i]]];
      const bool shift = !unit.recurrence.body.empty() && unit.recurrence.solution == Solution::shift;
      if (shift || ir_.insts[seen[i]].op == Op::tap) return true;
      if (unit.insts.size() == 1) for_args(ir_, ir_.insts[seen[i]], see);
    }
    return false;
  }

  // Sections in series from a recurrence on; fewer than two are none.
  std::vector<Section> chain_from(uint32_t unit) {
    std::vector<Section> chain;
    for (uint32_t next = unit; next != kNone;) {
      Section section{.unit = next};
      if (!grow(section, !chain.empty(), next)) break;
      chain.push_back(std::move(section));
    }
    return chain;
  }

  // Takes ops in until one value of it is read by others. `next`: the recurrence that this value alone feeds, kNone
  // where there is no such. What has fed a section that is not the first may be read by it alone, and where it comes
  // from.
  bool grow(Section& section, bool later, uint32_t& next) {
    ++epoch_;
    oldest_ = later ? epoch_ - 1 : epoch_;
    const Unit& unit = units_[section.unit];
    std::vector<uint32_t> members = unit.insts;
    for (Value v : unit.recurrence.products)
      if (later) members.push_back(v.index);
    for (uint32_t i : members) inside_[i] = epoch_;
    if (later) members.push_back(unit.recurrence.inputs[0].index);
    size_t absorbed_for_output = 0;
    for (;;) {
      std::vector<uint32_t> outside;
      for (uint32_t i : members)
        if (is_read_outside(i)) outside.push_back(i);
      const bool single = outside.size() == 1 && is_inside(outside[0]);
      next = single ? follower(outside[0], unit) : kNone;
      if (single && (!section.output.valid() || next != kNone)) {
        section.output = {outside[0]};
        absorbed_for_output = section.absorbed.size();
      }
      const uint32_t op = next == kNone && section.absorbed.size() < kMaxAbsorbed ? absorbable(outside, unit) : kNone;
      if (op == kNone) break;
      inside_[op] = epoch_;
      members.push_back(op);
      section.absorbed.push_back(op);
    }
    section.absorbed.resize(absorbed_for_output);
    return section.output.valid();
  }

  uint32_t follower(uint32_t value, const Unit& before) const {
    const uint32_t unit = fed_[value];
    if (unit >= units_.size()) return kNone;
    return units_[unit].lanes == before.lanes && units_[unit].clock == before.clock ? unit : kNone;
  }

  // One of the ops that read these values, if it is linear in what the section has and in what enters it.
  uint32_t absorbable(const std::vector<uint32_t>& values, const Unit& unit) const {
    const auto known = [&](Value v) {
      const std::vector<Value>& inputs = unit.recurrence.inputs;
      return is_inside(v.index) || std::find(inputs.begin(), inputs.end(), v) != inputs.end();
    };
    uint32_t best = kNone;
    for (uint32_t value : values)
      for (uint32_t r = first_reader_[value]; r < first_reader_[value + 1]; ++r) {
        const uint32_t op = readers_[r];
        if (op >= best || is_inside(op) || unit_of_[op] == kNone) continue;
        const Unit& own = units_[unit_of_[op]];
        if (own.kind == StepKind::time_parallel && !own.silent && own.insts.size() == 1 && own.lanes == unit.lanes &&
            own.clock == unit.clock && is_linear(ir_.insts[op], known))
          best = op;
      }
    return best;
  }

  template <class Known>
  bool is_linear(const Inst& inst, const Known& known) const {
    const auto rests = [&](Value v) { return ir_[v].rate != Rate::sample; };
    if (inst.type != Type::f32) return false;
    switch (inst.op) {
      case Op::add:
      case Op::sub:
        return known(inst.arg[0]) && known(inst.arg[1]);
      case Op::neg:
        return known(inst.arg[0]);
      case Op::mul:
        return (known(inst.arg[0]) && rests(inst.arg[1])) || (rests(inst.arg[0]) && known(inst.arg[1]));
      case Op::fma:
        return known(inst.arg[2]) &&
               ((known(inst.arg[0]) && rests(inst.arg[1])) || (rests(inst.arg[0]) && known(inst.arg[1])));
      default:
        return false;
    }
  }

  void merge_pairs(const std::vector<Section>& chain) {
    for (size_t at = 0; at + 1 < chain.size(); at += 2) {
      Unit merged = units_[unit_of_[chain[at + 1].output.index]];
      merged.recurrence = merged_recurrence(chain[at], chain[at + 1], at == 0);
      const auto cycles = [&](const Recurrence& recurrence) {
        return series_cycles(shape_of(ir_, recurrence), options_.width);
      };
      const bool fits = merged.recurrence.body.size() + merged.recurrence.products.size() <= kMaxLinearBody;
      if (fits && cycles(merged.recurrence) <
                      cycles(units_[chain[at].unit].recurrence) + cycles(units_[chain[at + 1].unit].recurrence))
        put(std::move(merged));
    }
  }

  Recurrence merged_recurrence(const Section& one, const Section& two, bool first) const {
    Recurrence merged = units_[one.unit].recurrence;
    const Recurrence& second = units_[two.unit].recurrence;
    merged.sections = {static_cast<uint32_t>(merged.nexts.size()), static_cast<uint32_t>(second.nexts.size())};
    const auto append = [](std::vector<Value>& to, const std::vector<Value>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    // What scales the input of a section that is not the chain's first is read by it alone, and is part of it.
    if (!first) append(merged.body, std::exchange(merged.products, {}));
    append(merged.body, second.products);
    append(merged.body, second.body);
    for (const Section* section : {&one, &two})
      for (const uint32_t i : section->absorbed) merged.body.push_back({i});
    std::sort(merged.body.begin(), merged.body.end(), [](Value a, Value b) { return a.index < b.index; });
    append(merged.prevs, second.prevs);
    append(merged.nexts, second.nexts);
    merged.outputs = {two.output};
    return merged;
  }

  // In the place of the unit that has the output; the others stay behind without insts.
  void put(Unit merged) {
    const uint32_t home = unit_of_[merged.recurrence.outputs[0].index];
    merged.insts.clear();
    for (const Value v : merged.recurrence.body) {
      units_[unit_of_[v.index]].insts.clear();
      merged.insts.push_back(v.index);
    }
    units_[home] = std::move(merged);
    taken_[home] = true;
  }

  void drop_merged() {
    units_.erase(std::remove_if(units_.begin(), units_.end(), [](const Unit& unit) { return unit.insts.empty(); }),
                 units_.end());
  }

  const Ir& ir_;
  const PlanOptions& options_;
  std::vector<Unit>& units_;
  std::vector<uint32_t> unit_of_;
  std::vector<uint32_t> first_reader_, readers_;  // per inst: its readers are readers_[first … next first − 1]
  std::vector<uint32_t> fed_;        // per inst: the unit whose only input it is; the number of units where several are
  std::vector<uint32_t> inside_;     // per inst: the epoch in which the section that grew had it
  uint32_t epoch_ = 0, oldest_ = 0;  // of the section that grows, and of the one before it
  std::vector<bool> section_, taken_;  // per unit: may be part of a chain; is
};

}  // namespace

void merge_cascades(const Ir& ir, const PlanOptions& options, std::vector<Unit>& units) {
  Cascades(ir, options, units).run();
}

}  // namespace sinter::planning
