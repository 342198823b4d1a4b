// Recurrences of one class seed families; PureMath joins where it reads or feeds them lane by lane.
#include "family_groups.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "family_classes.hpp"
#include "strategies.hpp"

namespace sinter::planning {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr uint32_t kMostMoving = 64;  // lanes whose tables one moved parameter has made again in a cell
constexpr uint32_t kLeastOpsPerRow = 6;
constexpr uint32_t kMostParts = 4;  // into which a family is split for those who read it
constexpr uint32_t kMisfits = 8;    // one in so many may leave a family so that the others stay together
constexpr uint32_t kRounds = 4;

class Finder {
 public:
  Finder(const Ir& ir, const std::vector<bool>& live, const PlanOptions& options)
      : ir_(ir),
        options_(options),
        poll_(options.cancelled),
        all_(ir, live, options.width, poll_),
        lists_(all_.lists()) {
    found_.family_of.assign(all_.units.size(), kNone);
    found_.lane_of.assign(all_.units.size(), 0);
    released_.assign(all_.units.size(), false);
  }

  FamilyGroups run() {
    for (uint32_t round = 0; round < kRounds && (grow() | shed()); ++round) continue;
    if (poll_.now()) found_.families.clear();
    drop_empty();
    leave_poor();
    drop_empty();
    found_.units = std::move(all_.units);
    found_.unit_of = std::move(all_.unit_of);
    return std::move(found_);
  }

 private:
  uint32_t unit_of(Value v) const { return all_.unit_of[v.index]; }
  uint32_t family_of(Value v) const { return unit_of(v) == kNone ? kNone : found_.family_of[unit_of(v)]; }
  size_t size_of_family(uint32_t f) const { return found_.families[f].units.size(); }
  // A unit with its strategy, as all of its class have it.
  const Unit& chosen(uint32_t u) {
    const auto [known, fresh] = chosen_.try_emplace(all_.class_of[u]);
    if (!fresh) return known->second;
    if (!neighbours_) {
      neighbours_ = neighbours_of(ir_, all_.units);
      strategies_.emplace(ir_, options_);
    }
    known->second = all_.units[u];
    const Result<bool> runs = strategies_->choose(known->second, *neighbours_);
    if (!runs) known->second.kind = StepKind::time_parallel;  // make_plan says why it does not
    return known->second;
  }

  bool is_packed(const std::vector<uint32_t>& units) const {
    return units.empty() || found_.family_of[units[0]] != kNone;
  }

  // The lane of what an arg reads, where that is a family of `size` members: `family`, once one is known. Else kNone.
  uint32_t lane_read(uint32_t u, size_t arg, size_t size, uint32_t& family) const {
    const Value v = all_.outer(u)[arg];
    const uint32_t f = family_of(v);
    if (f == kNone || size_of_family(f) != size || (family != kNone && family != f)) return kNone;
    family = f;
    return found_.lane_of[unit_of(v)];
  }

  // The order of units that `lane_of_unit` gives; empty where two share a lane or one has none.
  template <class F>
  static std::vector<uint32_t> ordered(const std::vector<uint32_t>& units, F&& lane_of_unit) {
    std::vector<uint32_t> order(units.size(), kNone);
    for (const uint32_t u : units) {
      const uint32_t lane = lane_of_unit(u);
      if (lane == kNone || lane >= order.size() || order[lane] != kNone) return {};
      order[lane] = u;
    }
    return order;
  }

  // In the order of a family that they all read.
  std::vector<uint32_t> order_by_args(const std::vector<uint32_t>& units) const {
    for (size_t a = 0; a < all_.outer(units[0]).size(); ++a) {
      uint32_t family = kNone;
      std::vector<uint32_t> order = ordered(units, [&](uint32_t u) { return lane_read(u, a, units.size(), family); });
      if (!order.empty()) return order;
    }
    return {};
  }

  void make_family(std::vector<uint32_t> order) {
    const auto f = static_cast<uint32_t>(found_.families.size());
    for (uint32_t lane = 0; lane < order.size(); ++lane) {
      found_.family_of[order[lane]] = f;
      found_.lane_of[order[lane]] = lane;
    }
    found_.families.push_back({std::move(order)});
  }

  // What a time-parallel loop solves anyway gains by whole vectors of lanes alone.
  bool enough(uint32_t u, size_t members) {
    if (!all_.several(u, members)) return false;
    if (chosen(u).kind != StepKind::time_parallel) return true;
    const uint32_t width = options_.width;
    const size_t all = members * all_.lanes(u), over = all % width;
    return all >= all_.vector_lanes() && (over == 0 || all >= 2 * width || over >= width / 2);
  }

  // A recurrence's class becomes families where that pays.
  bool seed(const std::vector<uint32_t>& units) {
    if (!enough(units[0], units.size())) return false;
    std::vector<uint32_t> order = order_by_args(units);
    if (order.empty()) order = units;
    const bool has_tables = chosen(units[0]).recurrence.solution == Solution::constant && all_.moves(units[0]);
    const size_t most = std::max(1u, (has_tables ? kMostMoving : kMaxLanes) / all_.lanes(units[0]));
    for (size_t at = 0; at < order.size(); at += most)
      make_family({order.begin() + static_cast<ptrdiff_t>(at),
                   order.begin() + static_cast<ptrdiff_t>(std::min(order.size(), at + most))});
    return true;
  }

  // Families from the sources on, then PureMath that feeds them, from the end back.
  bool grow() {
    bool any = false;
    for (const std::vector<uint32_t>& units : lists_) {
      if (poll_.often()) return false;
      if (is_packed(units)) continue;
      if (all_.is_recurrence(units[0])) {
        any |= seed(units);
      } else if (std::vector<uint32_t> order = order_by_args(units); !order.empty()) {
        make_family(std::move(order));
        any = true;
      }
    }
    find_users();
    for (auto units = lists_.rbegin(); units != lists_.rend(); ++units) {
      if (is_packed(*units) || all_.is_recurrence((*units)[0])) continue;
      std::vector<uint32_t> order = order_by_users(*units);
      if (order.empty()) continue;
      make_family(std::move(order));
      any = true;
    }
    return any;
  }

  void find_users() {
    users_.assign(all_.units.size(), {});
    for (uint32_t u = 0; u < all_.units.size(); ++u)
      for (const Value v : all_.outer(u)) {
        if (unit_of(v) == kNone) continue;
        std::vector<uint32_t>& users = users_[unit_of(v)];
        if (users.empty() || users.back() != u) users.push_back(u);
      }
  }

  // In the order of the one family that reads all of them.
  std::vector<uint32_t> order_by_users(const std::vector<uint32_t>& units) const {
    uint32_t family = kNone;
    return ordered(units, [&](uint32_t u) {
      uint32_t lane = kNone;
      for (const uint32_t user : users_[u]) {
        const uint32_t f = found_.family_of[user];
        if (f == kNone || size_of_family(f) != units.size() || (family != kNone && f != family)) return kNone;
        if (lane != kNone && lane != found_.lane_of[user]) return kNone;
        family = f;
        lane = found_.lane_of[user];
      }
      return lane;
    });
  }

  // A family whose parts are read each by one class of as many units, at one place, is that many families: tones and
  // LFOs of one shape, both in each strip. A few that nobody reads so leave it: strips that are not quite alike. From
  // the end back, so that what it reads follows.
  bool shed() {
    find_reads();
    bool any = false;
    for (auto f = static_cast<uint32_t>(reads_.size()); f-- > 0;) any |= split(f);
    if (any)
      for (std::vector<uint32_t>& units : lists_)
        units.erase(std::remove_if(units.begin(), units.end(), [&](uint32_t u) { return released_[u]; }), units.end());
    return any;
  }

  // Which members of each family are read by units of common classes, but for those who read several: sums.
  void find_reads() {
    reads_.assign(found_.families.size(), {});
    std::unordered_map<uint32_t, std::vector<Read>> own;  // by family
    for (uint32_t user = 0; user < all_.units.size(); ++user) {
      if (!all_.common[user]) continue;
      own.clear();
      const std::span<const Value> args = all_.outer(user);
      for (uint32_t place = 0; place < args.size(); ++place)
        if (const uint32_t f = family_of(args[place]); f != kNone)
          own[f].push_back({all_.class_of[user], place, unit_of(args[place])});
      for (const auto& [f, reads] : own)
        if (std::all_of(reads.begin(), reads.end(), [&](const Read& read) { return read.unit == reads[0].unit; }))
          reads_[f].insert(reads_[f].end(), reads.begin(), reads.end());
    }
  }

  bool split(uint32_t f) {
    const std::vector<uint32_t> units = found_.families[f].units;
    std::map<std::pair<uint32_t, uint32_t>, std::vector<uint32_t>> parts;  // by class and place of the arg
    for (const Read& read : reads_[f]) parts[{read.reader, read.place}].push_back(read.unit);
    for (auto& [reader, part] : parts) {
      std::sort(part.begin(), part.end(),
                [&](uint32_t a, uint32_t b) { return found_.lane_of[a] < found_.lane_of[b]; });
      part.erase(std::unique(part.begin(), part.end()), part.end());
    }
    std::vector<std::vector<uint32_t>> chosen;
    std::unordered_set<uint32_t> taken;
    for (auto& [reader, part] : parts) {
      const bool fresh = std::none_of(part.begin(), part.end(), [&](uint32_t u) { return taken.contains(u); });
      if (!fresh || part.size() == units.size() || !enough(units[0], part.size())) continue;
      taken.insert(part.begin(), part.end());
      chosen.push_back(std::move(part));
    }
    const size_t left = units.size() - taken.size();
    if (chosen.empty() || chosen.size() > kMostParts || left * kMisfits > units.size()) return false;
    found_.families[f].units.clear();
    for (const uint32_t u : units)
      if (!taken.contains(u)) found_.family_of[u] = kNone, released_[u] = true;
    for (std::vector<uint32_t>& part : chosen) make_family(std::move(part));
    return true;
  }

  // Families that were split or left have no units any more.
  void drop_empty() {
    std::vector<Family> kept;
    for (Family& family : found_.families) {
      if (family.units.empty()) continue;
      for (const uint32_t u : family.units) found_.family_of[u] = static_cast<uint32_t>(kept.size());
      kept.push_back(std::move(family));
    }
    found_.families = std::move(kept);
  }

  // Rows that come from outside and rows that others read cost more than what one loop for all saves, where families
  // compute little between them: what lies between delay lines, and followers, which overlap in one serial loop.
  void leave_poor() {
    struct Neighbourhood {
      uint32_t ops = 0;
      std::set<std::pair<uint32_t, uint32_t>> rows;  // of each member: family and place of what is read, or reads
    };
    const auto families = static_cast<uint32_t>(found_.families.size());
    std::vector<uint32_t> joined(families);
    std::iota(joined.begin(), joined.end(), 0);
    const auto find = [&](uint32_t f) {
      while (joined[f] != f) f = joined[f] = joined[joined[f]];
      return f;
    };
    const auto together = [&](uint32_t f, uint32_t g) { return size_of_family(f) == size_of_family(g); };
    for (uint32_t f = 0; f < families; ++f)
      for (const Value v : all_.outer(found_.families[f].units[0]))
        if (const uint32_t g = family_of(v); g != kNone && together(f, g)) joined[find(f)] = find(g);
    std::vector<Neighbourhood> all(families);
    for (uint32_t f = 0; f < families; ++f) {
      const uint32_t u = found_.families[f].units[0];
      Neighbourhood& own = all[find(f)];
      own.ops += static_cast<uint32_t>(all_.units[u].insts.size());
      const std::span<const Value> args = all_.outer(u);
      for (uint32_t place = 0; place < args.size(); ++place) {
        const Value v = args[place];
        const bool row = ir_[v].rate == Rate::sample && unit_of(v) != kNone && ir_[v].op != Op::ramp;
        if (row && (family_of(v) == kNone || !together(f, family_of(v))) && !shared(f, place))
          own.rows.emplace(f, place);
      }
      for (const uint32_t user : users_[u])
        if (const uint32_t g = found_.family_of[user]; g == kNone || !together(f, g)) own.rows.emplace(f, kNone);
    }
    for (uint32_t f = 0; f < families; ++f) {
      const Neighbourhood& own = all[find(f)];
      if (own.ops >= kLeastOpsPerRow * own.rows.size()) continue;
      for (const uint32_t u : found_.families[f].units) found_.family_of[u] = kNone;
      found_.families[f].units.clear();
    }
  }

  // Whether all members read the same at a place.
  bool shared(uint32_t f, uint32_t place) const {
    const std::vector<uint32_t>& units = found_.families[f].units;
    return std::all_of(units.begin(), units.end(),
                       [&](uint32_t u) { return all_.outer(u)[place] == all_.outer(units[0])[place]; });
  }

  // A member of a family that a unit of a class reads, and at which place.
  struct Read {
    uint32_t reader, place, unit;
  };

  const Ir& ir_;
  const PlanOptions& options_;
  Poll poll_;
  UnitClasses all_;
  std::vector<std::vector<uint32_t>> lists_;
  FamilyGroups found_;
  std::vector<std::vector<uint32_t>> users_;  // per unit
  std::vector<std::vector<Read>> reads_;      // per family
  std::vector<bool> released_;                // per unit: it stays by itself from there on
  std::map<uint32_t, Unit> chosen_;           // by class
  std::optional<Neighbours> neighbours_;
  std::optional<Strategies> strategies_;
};

}  // namespace

FamilyGroups find_families(const Ir& ir, const std::vector<bool>& live, const PlanOptions& options) {
  return Finder(ir, live, options).run();
}

}  // namespace sinter::planning
