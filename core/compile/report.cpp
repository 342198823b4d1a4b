// Adds up the insts of each origin, looks up what the patch calls it, and reads the reasons off the plan.
#include "sinter/compile/report.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <unordered_map>

#include "report_names.hpp"
#include "report_regions.hpp"
#include "sinter/graph/poly.hpp"

namespace sinter {
namespace {

using namespace reporting;

constexpr uint32_t kNoStep = UINT32_MAX;

class Reporting {
 public:
  Reporting(const Ir& ir, const Plan& plan, uint32_t width) : ir_(ir), plan_(plan), width_(width) {}

  CompileReport run(const Graph& graph, const NodeLibrary& library) {
    group_origins();
    collect();
    const Naming naming(graph, library);
    found_ = regions(ir_, plan_);
    told_ = report_regions(found_, naming, ir_, plan_, width_);
    collect_regions();
    for (auto& [origin, node] : nodes_) {
      node.path = ir_.origins[origin];
      naming.describe(node);
      if ((node.type == "expression" || node.type == kPolyType) && keeps_state_.count(origin))
        node.category = Category::stateful;
      finish(origin, node);
    }
    return {ordered(graph, naming), steps(), std::move(told_)};
  }

 private:
  uint32_t step_of(uint32_t inst) const { return inst < plan_.step_of.size() ? plan_.step_of[inst] : kNoStep; }
  const Step& step(uint32_t index) const { return plan_.steps[index]; }
  // The nodes that an inst belongs to: one, or one for each lane of a family.
  std::span<const uint32_t> origins_of(uint32_t inst) const {
    const uint32_t origin = ir_.origin[inst];
    if (plan_.names.any() && !plan_.names.origins[origin].empty()) return plan_.names.origins[origin];
    return {&origins_[origin], 1};
  }
  uint32_t grouped(uint32_t origin) const { return group_[origin]; }

  // A path can stand in the origins several times: its first place stands for all.
  void group_origins() {
    std::unordered_map<std::string_view, uint32_t> first;
    for (uint32_t o = 0; o < ir_.origins.size(); ++o) {
      origins_.push_back(o);
      group_.push_back(first.try_emplace(ir_.origins[o], o).first->second);
    }
  }

  void collect() {
    for (uint32_t i = 0; i < ir_.size(); ++i)
      for (const uint32_t origin : origins_of(i)) collect(i, grouped(origin));
    for (const ControlInst& control : plan_.controls) {
      if (!is_work(ir_[control.value])) continue;
      for (const uint32_t each : origins_of(control.value.index)) {
        ++nodes_[grouped(each)].control_ops;
        if (ir_[control.value].rate == Rate::control) moves_.insert(grouped(each));
      }
    }
    for (uint32_t origin : views_) nodes_.try_emplace(origin);
  }

  void collect(uint32_t i, uint32_t origin) {
    const Inst& inst = ir_.insts[i];
    const uint32_t at = step_of(i);
    if (at == kNoStep) {
      if ((inst.op == Op::relane || inst.op == Op::stack) && inst.rate == Rate::sample) views_.insert(origin);
      return;
    }
    if (inst.op == Op::constant || inst.op == Op::lane || inst.op == Op::frame || inst.op == Op::cell_start) return;
    NodeReport& node = nodes_[origin];
    if (is_work(inst)) ++node.ops;
    if (inst.op == Op::prev) keeps_state_.insert(origin);
    node.lanes = std::max(node.lanes, inst.lanes);
    node.steps.push_back(at);
    insts_[origin].push_back(i);
  }

  void collect_regions() {
    for (uint32_t r = 0; r < found_.size(); ++r)
      for (Value v : found_[r].body)
        for (const uint32_t origin : origins_of(v.index)) {
          std::vector<uint32_t>& touched = regions_of_[grouped(origin)];
          if (touched.empty() || touched.back() != r) touched.push_back(r);
        }
  }

  void finish(uint32_t origin, NodeReport& node) {
    std::sort(node.steps.begin(), node.steps.end());
    node.steps.erase(std::unique(node.steps.begin(), node.steps.end()), node.steps.end());
    node.strategy = strategy(origin, node);
    node.width = width_of(node.strategy, node.lanes, width_);
    node.why = why_slow(origin, node);
    if (node.strategy < Strategy::time_parallel || node.strategy > Strategy::serial) return;
    const std::string apart = why_apart(origin);
    node.why += (node.why.empty() || apart.empty() ? "" : "; ") + apart;
  }

  // The slowest way that any part of the node runs.
  Strategy strategy(uint32_t origin, const NodeReport& node) const {
    Strategy slowest = Strategy::none;
    if (node.control_ops) slowest = moves_.count(origin) ? Strategy::control : Strategy::constant;
    if (views_.count(origin)) slowest = Strategy::moved;
    for (uint32_t s : node.steps) slowest = std::max(slowest, strategy_of(step(s).kind));
    if (const auto touched = regions_of_.find(origin); touched != regions_of_.end())
      for (uint32_t r : touched->second) slowest = std::max(slowest, told_[r].strategy);
    return slowest;
  }

  std::string why_slow(uint32_t origin, const NodeReport& node) const {
    if (node.strategy == Strategy::external) return "opaque code runs between fused loops";
    std::string text;
    if (const auto touched = regions_of_.find(origin); touched != regions_of_.end())
      for (uint32_t r : touched->second) {
        const std::string& why = told_[r].why;
        if (!why.empty() && text.find(why) == std::string::npos) text += (text.empty() ? "" : "; ") + why;
      }
    if (!text.empty()) return text;
    if (node.strategy == Strategy::serial) return "runs between recurrences, in their loop";
    if (node.strategy == Strategy::lanes) return "runs in the loop of what it reads";
    return "";
  }

  // Why the node does not run in the loop of something that it reads.
  std::string why_apart(uint32_t origin) const {
    std::map<std::string, std::set<std::string>> reasons;
    for (uint32_t i : insts_.at(origin)) {
      const Inst& inst = ir_.insts[i];
      for (uint32_t a = 0; a < arg_count(ir_, inst); ++a) {
        const uint32_t from = arg(ir_, inst, a).index;
        if (step_of(from) == kNoStep || step_of(from) == step_of(i) || !is_work(ir_.insts[from])) continue;
        const std::string reason = why_apart(step(step_of(from)), step(step_of(i)));
        if (const uint32_t read = origin_read(from, i, origin); read != origin)
          reasons[reason].insert(ir_.origins[read]);
      }
    }
    std::string text;
    for (const auto& [reason, paths] : reasons)
      text += (text.empty() ? "" : "; ") + ("reads " + listed(paths) + ": " + reason);
    return text;
  }

  // Which node an inst reads for one of its own nodes: lane by lane where both are families.
  uint32_t origin_read(uint32_t from, uint32_t inst, uint32_t origin) const {
    const std::span<const uint32_t> all = origins_of(from), own = origins_of(inst);
    if (all.size() != own.size()) return grouped(all[0]);
    for (size_t lane = 0; lane < own.size(); ++lane)
      if (grouped(own[lane]) == origin) return grouped(all[lane]);
    return grouped(all[0]);
  }

  static std::string why_apart(const Step& from, const Step& to) {
    switch (from.kind) {
      case StepKind::call:
        return "External";
      case StepKind::fold:
        return "a sum over channels";
      case StepKind::upsample:
      case StepKind::decimate:
        return "another clock";
      default:
        break;
    }
    if (from.clock != to.clock) return "another clock";
    if (from.lanes != to.lanes)
      return std::to_string(from.lanes) + (from.lanes == 1 ? " lane, not " : " lanes, not ") + std::to_string(to.lanes);
    if (from.kind != to.kind) return std::string(name(from.kind)) + " loop";
    return "a loop that had to end before";
  }

  std::vector<StepReport> steps() const {
    std::vector<StepReport> all;
    for (const Step& from : plan_.steps)
      all.push_back({.kind = from.kind,
                     .lanes = from.lanes,
                     .clock = from.clock,
                     .stores = static_cast<uint32_t>(from.stores.size()),
                     .width = width_of(strategy_of(from.kind), from.lanes, width_),
                     .cycles = from.cycles});
    for (uint32_t i = 0; i < ir_.size(); ++i)
      if (step_of(i) != kNoStep && is_work(ir_.insts[i])) ++all[step_of(i)].ops;
    for (const auto& [origin, node] : nodes_) {
      const auto insts = insts_.find(origin);
      if (insts == insts_.end()) continue;
      std::set<uint32_t> works_in;
      for (uint32_t i : insts->second)
        if (is_work(ir_.insts[i])) works_in.insert(step_of(i));
      for (uint32_t s : works_in) all[s].nodes.push_back(ir_.origins[origin]);
    }
    return all;
  }

  // Nodes as the patch lists them, then the formulas of its outputs.
  std::vector<NodeReport> ordered(const Graph& graph, const Naming& naming) {
    std::unordered_map<std::string, std::vector<NodeReport>> of_node;
    for (auto& [origin, node] : nodes_) of_node[node.path.substr(0, node.path.find_first_of("/["))].push_back(node);
    std::vector<NodeReport> all;
    auto take = [&](const std::string& id) {
      std::vector<NodeReport>& found = of_node[id];
      std::move(found.begin(), found.end(), std::back_inserter(all));
      const bool any = !found.empty();
      found.clear();
      return any;
    };
    for (const Node& written : graph.nodes) {
      if (take(written.id)) continue;
      NodeReport gone{.path = written.id, .why = "unused, or the same as another node"};
      naming.describe(gone);
      all.push_back(std::move(gone));
    }
    for (const GraphOutput& output : graph.outputs) take(output.name);
    return all;
  }

  const Ir& ir_;
  const Plan& plan_;
  uint32_t width_;
  std::vector<uint32_t> origins_;                              // 0, 1, 2 …: a plain origin as a list of one
  std::vector<uint32_t> group_;                                // per origin: the first one of the same path
  std::map<uint32_t, NodeReport> nodes_;                       // by origin
  std::unordered_map<uint32_t, std::vector<uint32_t>> insts_;  // of sample rate, by origin
  std::set<uint32_t> keeps_state_, moves_, views_;             // origins
  std::vector<Region> found_;
  std::vector<RegionReport> told_;                                  // as found_
  std::unordered_map<uint32_t, std::vector<uint32_t>> regions_of_;  // by origin
};

}  // namespace

std::string_view name(Strategy strategy) {
  constexpr std::string_view kNames[] = {"none",  "constant", "control", "moved", "time-parallel", "shift", "sum",
                                         "block", "scan",     "either",  "lanes", "serial",        "woven", "external"};
  return kNames[static_cast<size_t>(strategy)];
}

CompileReport make_report(const Graph& graph, const NodeLibrary& library, const Ir& ir, const Plan& plan,
                          uint32_t width) {
  return Reporting(ir, plan, width).run(graph, library);
}

uint32_t samples_per_op(std::string_view backend) {
  if (backend == "sse") return 4;
  if (backend == "avx2") return 8;
  if (backend == "avx512") return 16;
  return backend == "reference" ? 1 : kCellFrames;
}

}  // namespace sinter
