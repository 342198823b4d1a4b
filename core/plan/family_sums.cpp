// Walks each tree of additions from its last one down, as long as nothing else reads what is added.
#include "family_sums.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sinter::planning {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr uint32_t kLeastLanes = 17;  // a fold has 16; below, adding rows costs no more

class Finder {
 public:
  Finder(const Ir& ir, const std::vector<bool>& live, const FamilyGroups& groups)
      : ir_(ir), live_(live), groups_(groups), uses_(ir.size(), 0), adds_it_(ir.size(), false) {}

  FamilySums run() {
    found_.inside.assign(ir_.size(), false);
    for (uint32_t i = 0; i < ir_.size(); ++i)
      if (live_[i])
        for_args(ir_, ir_.insts[i], [&](Value v) {
          ++uses_[v.index];
          if (is_addition({i})) adds_it_[v.index] = true;
        });
    for (uint32_t i = 0; i < ir_.size(); ++i)
      if (live_[i] && is_addition({i}) && !(uses_[i] == 1 && adds_it_[i])) find({i});
    return std::move(found_);
  }

 private:
  bool is_addition(Value v) const {
    const Inst& inst = ir_[v];
    const uint32_t unit = groups_.unit_of[v.index];
    return inst.op == Op::add && inst.rate == Rate::sample && !inst.exact && unit != kNone &&
           groups_.units[unit].insts.size() == 1 && groups_.family_of[unit] == kNone;
  }

  void find(Value root) {
    std::vector<Value> open = {root}, terms, additions;
    while (!open.empty()) {
      const Value v = open.back();
      open.pop_back();
      const bool expands = v == root || (is_addition(v) && uses_[v.index] == 1 && ir_[v].lanes == ir_[root].lanes);
      if (!expands) {
        terms.push_back(v);
        continue;
      }
      additions.push_back(v);
      open.push_back(ir_[v].arg[1]);
      open.push_back(ir_[v].arg[0]);
    }
    if (terms.size() < kLeastLanes) return;
    take(root, terms, additions);
  }

  // Of several families in one sum the one of most lanes.
  void take(Value root, const std::vector<Value>& terms, const std::vector<Value>& additions) {
    using Place = std::pair<uint32_t, uint32_t>;  // family, place in its units
    std::map<Place, std::set<uint32_t>> lanes;
    const auto place_of = [&](Value v) {
      const uint32_t unit = groups_.unit_of[v.index];
      if (ir_[v].lanes != ir_[root].lanes) return Place{kNone, 0};
      if (unit == kNone || groups_.family_of[unit] == kNone) return Place{kNone, 0};
      return Place{groups_.family_of[unit], place_in(groups_.units[unit], v.index)};
    };
    std::map<Place, size_t> count;
    for (const Value v : terms)
      if (const Place place = place_of(v); place.first != kNone) {
        lanes[place].insert(groups_.lane_of[groups_.unit_of[v.index]]);
        ++count[place];
      }
    Place best{kNone, 0};
    for (const auto& [place, seen] : lanes) {
      const size_t all = groups_.families[place.first].units.size();
      if (all < kLeastLanes || seen.size() != all || count[place] != all) continue;
      if (best.first == kNone || all > groups_.families[best.first].units.size()) best = place;
    }
    if (best.first == kNone) return;
    FamilySum sum{.root = root};
    for (const Value v : terms)
      if (place_of(v) == best) sum.lane = v;
      else sum.rest.push_back(v);
    found_.sums.push_back(std::move(sum));
    for (const Value v : additions) found_.inside[v.index] = v != root;
  }

  const Ir& ir_;
  const std::vector<bool>& live_;
  const FamilyGroups& groups_;
  std::vector<uint32_t> uses_;
  std::vector<bool> adds_it_;
  FamilySums found_;
};

}  // namespace

FamilySums find_sums(const Ir& ir, const std::vector<bool>& live, const FamilyGroups& groups) {
  return Finder(ir, live, groups).run();
}

}  // namespace sinter::planning
