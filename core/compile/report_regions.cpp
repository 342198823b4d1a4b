// Why a recurrence does not run several samples at a time, and what would free it, told in the patch's own words.
#include "report_regions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "sinter/graph/expr.hpp"

namespace sinter::reporting {
namespace {

// The longest that an interpolation reads before the delay that is asked for.
constexpr uint32_t kReadAhead = 1;

constexpr std::string_view kObstacle = "the obstacle";

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }
std::string counted(uint32_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// How long a delay has to be, as a patch writes it: rounded up to 10 µs.
std::string chunk_text(const Ir& ir) {
  const double ms = 1000.0 * (kCellFrames + kReadAhead) / ir.sample_rate;
  char text[24];
  std::snprintf(text, sizeof text, "%.2fms", std::ceil(ms * 100) / 100);
  return text;
}

// Functions that do not bend what they are given.
bool is_straight(std::string_view function) {
  constexpr std::array<std::string_view, 7> kStraight = {"prev", "hold", "sum", "stack", "count", "cc", "lerp"};
  return std::find(kStraight.begin(), kStraight.end(), function) != kStraight.end();
}

void collect_functions(const Expr& expr, std::set<std::string>& names) {
  if (expr.kind == ExprKind::call && !is_straight(expr.text)) names.insert(expr.text);
  for (const Expr& each : expr.args) collect_functions(each, names);
}

std::string words_for(Op op) {
  switch (op) {
    case Op::mul:
    case Op::fma:
      return "a product of two values that depend on it";
    case Op::div:
      return "a division by what depends on it";
    case Op::select:
      return "a choice";
    case Op::lt:
    case Op::le:
    case Op::eq:
    case Op::ne:
    case Op::ilt:
    case Op::ieq:
      return "a comparison";
    case Op::table_get:
      return "a look into a table";
    case Op::floor:
    case Op::ceil:
    case Op::trunc:
    case Op::round:
    case Op::to_int:
    case Op::to_int_round:
      return "rounding";
    default:
      return std::string(info(op).name);
  }
}

class Explaining {
 public:
  Explaining(const Naming& naming, const Ir& ir, const Plan& plan, uint32_t width)
      : naming_(naming), ir_(ir), plan_(plan), width_(width) {}

  RegionReport tell(const Region& region) const {
    const Inst& head = ir_[region.body[0]];
    RegionReport report{.step = region.step,
                        .strategy = strategy_of(region, plan_),
                        .nodes = nodes(region),
                        .carries = carries(region),
                        .lanes = head.lanes,
                        .clock = head.clock,
                        .distance = region.distance,
                        .obstacle = region.why};
    report.width = width_of(report.strategy, report.lanes, width_);
    report.alike = alike(region);
    for (Value v : region.body) report.ops += is_work(ir_[v]);
    report.why = why(region, report);
    report.frees = frees(region, report);
    if (const std::string against = not_followed(region, report); !against.empty()) {
      const std::string reason = against == kObstacle ? report.why : against;
      const bool both = reason != report.why && !report.why.empty();
      report.why = "\"strategy\": \"" + std::string(name(region.wish)) + "\" cannot be followed: " + reason +
                   (both ? "; " + report.why : "");
    }
    return report;
  }

 private:
  const std::string& path_of(Value v) const { return ir_.origins[ir_.origin[v.index]]; }

  std::vector<std::string> nodes(const Region& region) const {
    std::vector<std::pair<std::string, uint32_t>> ops;  // by path, as they come
    std::map<std::string_view, size_t> at;
    for (Value v : region.body) {
      const uint32_t own = ir_.origin[v.index];
      const std::vector<uint32_t>& lanes = family(plan_.names.origins, own);
      for (const uint32_t origin : lanes.empty() ? std::vector{own} : lanes) {
        const auto [known, fresh] = at.try_emplace(ir_.origins[origin], ops.size());
        if (fresh) ops.emplace_back(ir_.origins[origin], 0);
        ops[known->second].second += is_work(ir_[v]);
      }
    }
    std::stable_sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::string> paths;
    for (const auto& [path, count] : ops) paths.push_back(path);
    return paths;
  }

  // The members of what was packed; empty for anything else.
  template <class T>
  static const std::vector<T>& family(const std::vector<std::vector<T>>& lists, uint32_t index) {
    static const std::vector<T> none;
    return index < lists.size() ? lists[index] : none;
  }

  // How many recurrences that were written out are lanes of it.
  uint32_t alike(const Region& region) const {
    size_t most = 0;
    for (const uint32_t s : region.states) most = std::max(most, family(plan_.names.state_keys, s).size());
    return static_cast<uint32_t>(most);
  }

  std::vector<std::string> carries(const Region& region) const {
    std::vector<std::string> keys;
    for (const uint32_t s : region.states) {
      if (const std::vector<std::string>& lanes = family(plan_.names.state_keys, s); !lanes.empty())
        keys.insert(keys.end(), lanes.begin(), lanes.end());
      else keys.push_back(ir_.states[s].key);
    }
    for (const uint32_t l : region.lines) keys.push_back(ir_.lines[l].key);
    return keys;
  }

  std::string culprit(const Region& region) const {
    return region.culprit.valid() ? path_of(region.culprit) : path_of(region.body[0]);
  }

  std::string states(const Region& region) const {
    std::set<std::string> names;
    for (const uint32_t s : region.states) names.insert(last_name(ir_.states[s].key));
    return names.empty() ? "its delay" : listed(names);
  }

  std::string bend(const Region& region) const {
    std::set<std::string> functions;
    const std::string path = culprit(region);
    const Node* node = naming_.find(path);
    if (node) {
      if (node->type.empty()) collect_functions(node->expr, functions);
      for (const NodeInput& input : node->inputs) collect_functions(input.expr, functions);
    }
    const std::string what = !functions.empty()       ? listed(functions)
                             : region.culprit.valid() ? words_for(ir_[region.culprit].op)
                                                      : std::string("what it goes through");
    return what + " in " + quoted(path) + (node && !node->type.empty() ? " (" + node->type + ")" : "");
  }

  std::string why(const Region& region, const RegionReport& report) const {
    switch (region.why) {
      case Obstacle::none:
        return "";
      case Obstacle::asked:
        return std::string("\"strategy\": \"") + (report.strategy == Strategy::lanes ? "lanes" : "serial") +
               "\" asks for it";
      case Obstacle::strict:
        return "strict mode: several samples at a time would round in another order";
      case Obstacle::interpreter:
        return "the interpreter runs recurrences one sample at a time";
      case Obstacle::non_linear:
        return "not linear in " + states(region) + ": " + bend(region);
      case Obstacle::short_delay:
        return "the delay in " + quoted(culprit(region)) + " may be as short as " +
               counted(region.shortest_delay, "sample") +
               (report.strategy == Strategy::either
                    ? ": both loops are there, and each call takes what its delays allow"
                    : "");
      case Obstacle::ill_conditioned:
        return "a direct form whose coefficients move with every sample: solving it would round more than it does";
      case Obstacle::too_many_states:
        return counted(static_cast<uint32_t>(region.states.size()), "state") +
               " decide each other: their powers cost more than they save";
      case Obstacle::table_written:
        return "reads a table that it writes";
      case Obstacle::crosses_lanes:
        return "channels meet within a sample, in " + quoted(culprit(region));
      case Obstacle::cheaper:
        return report.strategy == Strategy::lanes
                   ? counted(report.lanes, "instance") + " side by side are predicted to cost less than solving it"
                   : "one sample at a time is predicted to cost less than solving it";
    }
    return "";
  }

  std::string frees(const Region& region, const RegionReport& report) const {
    const std::string chunk = chunk_text(ir_);
    switch (region.why) {
      case Obstacle::asked:
        return "leave it out, and the compiler chooses";
      case Obstacle::strict:
        return "fast mode runs it " + std::to_string(width_) + " at a time";
      case Obstacle::interpreter:
        return "machine code solves it several samples at a time where it is linear";
      case Obstacle::non_linear:
        if (report.strategy == Strategy::lanes) return "";
        return std::string("play it on several channels or voices, or close its loop through a delay of ") +
               std::to_string(kCellFrames) + " samples (\"min\": \"" + chunk + "\")";
      case Obstacle::short_delay:
        return promise(region, chunk) +
               (report.strategy == Strategy::either ? ", and no call need look at its delays" : "");
      case Obstacle::ill_conditioned:
        return "lowpass, peak, svf and their like may move with every sample and are solved; hold(…) rests for a cell";
      case Obstacle::too_many_states:
        if (report.strategy == Strategy::lanes) return "";
        return "sections in series (\"chain\") are solved one by one; several channels or voices run side by side";
      case Obstacle::crosses_lanes:
        return "let channels meet through a delay of " + std::to_string(kCellFrames) + " samples (\"min\": \"" + chunk +
               "\")";
      case Obstacle::cheaper:
        return report.strategy == Strategy::lanes ? "" : "\"strategy\": \"time_parallel\" solves it all the same";
      case Obstacle::none:
      case Obstacle::table_written:
        return "";
    }
    return "";
  }

  std::string promise(const Region& region, const std::string& chunk) const {
    const Node* node = naming_.find(culprit(region));
    if (node && node->type == "delay") return "promise \"min\": \"" + chunk + "\" there";
    return "keep its time at " + chunk + " or longer by the parameter's \"min\" or by max(…, " + chunk + ")";
  }

  // What stands against the patch's wish; kObstacle where that is told already; empty where the wish is followed.
  std::string not_followed(const Region& region, const RegionReport& report) const {
    if (region.around) return "";
    const bool vectors = plan_.steps[region.step].kind == StepKind::time_parallel;
    switch (region.wish) {
      case Wish::automatic:
      case Wish::serial:
        return "";
      case Wish::time_parallel:
        return vectors || report.strategy == Strategy::either ? "" : std::string(kObstacle);
      case Wish::block:
        if (region.solution == Solution::constant) return "";
        if (region.solution == Solution::varying) return "its coefficients move with every sample";
        return vectors ? "there are no powers to make" : std::string(kObstacle);
      case Wish::scan:
        if (region.solution == Solution::constant)
          return "its matrices multiplied sample by sample would lose what their powers keep";
        return vectors ? "" : std::string(kObstacle);
      case Wish::lanes:
        if (report.strategy == Strategy::lanes) return "";
        if (report.lanes < 2) return "there is one instance alone";
        return region.lines.empty() ? std::string(kObstacle) : "delay lines have no lanes";
    }
    return "";
  }

  const Naming& naming_;
  const Ir& ir_;
  const Plan& plan_;
  uint32_t width_;
};

}  // namespace

Strategy strategy_of(StepKind kind) {
  switch (kind) {
    case StepKind::serial:
      return Strategy::serial;
    case StepKind::lanes:
      return Strategy::lanes;
    case StepKind::woven:
      return Strategy::woven;
    case StepKind::either:
      return Strategy::either;
    case StepKind::call:
      return Strategy::external;
    default:
      return Strategy::time_parallel;
  }
}

Strategy strategy_of(const Region& region, const Plan& plan) {
  if (!region.solution) return region.around ? Strategy::time_parallel : strategy_of(plan.steps[region.step].kind);
  constexpr Strategy kSolved[] = {Strategy::shift, Strategy::sum, Strategy::block, Strategy::scan};
  return kSolved[static_cast<size_t>(*region.solution)];
}

uint32_t width_of(Strategy strategy, uint32_t lanes, uint32_t width) {
  if (strategy == Strategy::lanes) return std::min(lanes, width);
  return strategy >= Strategy::time_parallel && strategy <= Strategy::either ? width : 1;
}

std::vector<RegionReport> report_regions(const std::vector<Region>& regions, const Naming& naming, const Ir& ir,
                                         const Plan& plan, uint32_t width) {
  const Explaining explaining(naming, ir, plan, width);
  std::vector<RegionReport> all;
  for (const Region& region : regions) all.push_back(explaining.tell(region));
  return all;
}

}  // namespace sinter::reporting
