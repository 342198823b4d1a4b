// Adds up the insts of each origin, looks up what the patch calls it, and reads the reasons off the plan.
#include "sinter/compile/report.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>

#include "sinter/graph/poly.hpp"

namespace sinter {
namespace {

constexpr uint32_t kNoStep = UINT32_MAX;

// Insts that are no work: places, and views of rows that exist.
bool is_work(const Inst& inst) {
  switch (inst.op) {
    case Op::constant:
    case Op::input:
    case Op::param:
    case Op::lane:
    case Op::frame:
    case Op::cell_start:
    case Op::ramp:
    case Op::hold:
    case Op::relane:
    case Op::stack:
    case Op::output:
      return false;
    default:
      return true;
  }
}

// "a, b, c and 4 more"
std::string listed(const std::set<std::string>& names) {
  constexpr size_t kShown = 3;
  std::string text;
  size_t count = 0;
  for (const std::string& each : names) {
    if (count == kShown) break;
    text += (count++ ? ", " : "") + each;
  }
  return names.size() > kShown ? text + " and " + std::to_string(names.size() - kShown) + " more" : text;
}

std::string last_name(const std::string& key) { return key.substr(key.find_last_of("/.:") + 1); }

// A path's node in the patch: "reverb/comb[2]" descends into the definition that `reverb` is of.
class Naming {
 public:
  Naming(const Graph& graph, const NodeLibrary& library) : graph_(graph), library_(library) {}

  void describe(NodeReport& node) const {
    const GraphBody* body = &graph_;
    const Node* found = nullptr;
    for (size_t at = 0; at <= node.path.size();) {
      const size_t slash = std::min(node.path.find('/', at), node.path.size());
      const std::string id = node.path.substr(at, std::min(node.path.find('[', at), slash) - at);
      at = slash + 1;
      found = body ? find(*body, id) : nullptr;
      if (!found) break;
      body = definition(found->type == kPolyType ? poly_definition(*found) : found->type);
    }
    node.category = Category::pure_math;
    if (!found) node.type = "output";
    else if (found->type.empty()) node.type = "expression";
    else node.type = found->type;
    if (const NodeDef* def = found ? library_.find(found->type) : nullptr) node.category = def->category;
  }

 private:
  static const Node* find(const GraphBody& body, const std::string& id) {
    const auto at = std::find_if(body.nodes.begin(), body.nodes.end(), [&](const Node& n) { return n.id == id; });
    return at == body.nodes.end() ? nullptr : &*at;
  }
  const GraphBody* definition(std::string_view type) const {
    for (const Definition& each : graph_.definitions)
      if (each.name == type) return &each.body;
    return nullptr;
  }

  const Graph& graph_;
  const NodeLibrary& library_;
};

class Reporting {
 public:
  Reporting(const Ir& ir, const Plan& plan, uint32_t width) : ir_(ir), plan_(plan), width_(width) {}

  CompileReport run(const Graph& graph, const NodeLibrary& library) {
    group_origins();
    collect();
    const Naming naming(graph, library);
    for (auto& [origin, node] : nodes_) {
      node.path = ir_.origins[origin];
      naming.describe(node);
      if ((node.type == "expression" || node.type == kPolyType) && keeps_state_.count(origin))
        node.category = Category::stateful;
      finish(origin, node);
    }
    return {ordered(graph, naming), steps()};
  }

 private:
  uint32_t step_of(uint32_t inst) const { return inst < plan_.step_of.size() ? plan_.step_of[inst] : kNoStep; }
  const Step& step(uint32_t index) const { return plan_.steps[index]; }
  uint32_t origin_of(uint32_t inst) const { return group_[ir_.origin[inst]]; }

  // A path can stand in the origins several times: its first place stands for all.
  void group_origins() {
    std::unordered_map<std::string_view, uint32_t> first;
    for (uint32_t o = 0; o < ir_.origins.size(); ++o)
      group_.push_back(first.try_emplace(ir_.origins[o], o).first->second);
  }

  void collect() {
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      const Inst& inst = ir_.insts[i];
      const uint32_t at = step_of(i);
      if (at == kNoStep) {
        if ((inst.op == Op::relane || inst.op == Op::stack) && inst.rate == Rate::sample) views_.insert(origin_of(i));
        continue;
      }
      if (inst.op == Op::constant || inst.op == Op::lane || inst.op == Op::frame || inst.op == Op::cell_start) continue;
      NodeReport& node = nodes_[origin_of(i)];
      if (is_work(inst)) ++node.ops;
      if (inst.op == Op::prev) {
        keeps_state_.insert(origin_of(i));
        carried_in_[at].insert(origin_of(i));
      }
      node.lanes = std::max(node.lanes, inst.lanes);
      node.steps.push_back(at);
      insts_[origin_of(i)].push_back(i);
    }
    for (const ControlInst& control : plan_.controls) {
      if (!is_work(ir_[control.value])) continue;
      NodeReport& node = nodes_[origin_of(control.value.index)];
      ++node.control_ops;
      if (ir_[control.value].rate == Rate::control) moves_.insert(origin_of(control.value.index));
    }
    for (uint32_t origin : views_) nodes_.try_emplace(origin);
  }

  void finish(uint32_t origin, NodeReport& node) {
    std::sort(node.steps.begin(), node.steps.end());
    node.steps.erase(std::unique(node.steps.begin(), node.steps.end()), node.steps.end());
    node.strategy = strategy(origin, node);
    const bool parallel = node.strategy == Strategy::time_parallel;
    node.width = parallel ? width_ : 1;
    if (node.strategy == Strategy::serial || node.strategy == Strategy::woven) node.why = why_serial(origin, node);
    else if (node.strategy == Strategy::external) node.why = "opaque code runs between fused loops";
    if (parallel || node.strategy == Strategy::serial) {
      const std::string apart = why_apart(origin);
      node.why += (node.why.empty() || apart.empty() ? "" : "; ") + apart;
    }
  }

  // The slowest way that any part of the node runs.
  Strategy strategy(uint32_t origin, const NodeReport& node) const {
    Strategy slowest = Strategy::none;
    if (node.control_ops) slowest = moves_.count(origin) ? Strategy::control : Strategy::constant;
    if (views_.count(origin)) slowest = Strategy::moved;
    for (uint32_t s : node.steps) {
      const StepKind kind = step(s).kind;
      const Strategy here = kind == StepKind::serial  ? Strategy::serial
                            : kind == StepKind::woven ? Strategy::woven
                            : kind == StepKind::call  ? Strategy::external
                                                      : Strategy::time_parallel;
      slowest = std::max(slowest, here);
    }
    return slowest;
  }

  std::string why_serial(uint32_t origin, const NodeReport& node) const {
    std::set<std::string> states, others;
    for (uint32_t i : insts_.at(origin)) {
      const Inst& inst = ir_.insts[i];
      if (step(step_of(i)).kind == StepKind::time_parallel) continue;
      if (inst.op == Op::prev) states.insert(last_name(ir_.states[inst.imm].key));
      if (inst.op == Op::tap || inst.op == Op::push) states.insert("a delay that may be shorter than a cell");
    }
    if (!states.empty()) return "recurrence through " + listed(states);
    for (uint32_t s : node.steps)
      if (const auto found = carried_in_.find(s); found != carried_in_.end())
        for (uint32_t other : found->second) others.insert(ir_.origins[other]);
    return others.empty() ? "lies in a recurrence" : "lies in a loop with " + listed(others);
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
        if (origin_of(from) != origin) reasons[reason].insert(ir_.origins[origin_of(from)]);
      }
    }
    std::string text;
    for (const auto& [reason, paths] : reasons)
      text += (text.empty() ? "" : "; ") + ("reads " + listed(paths) + ": " + reason);
    return text;
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
                     .stores = static_cast<uint32_t>(from.stores.size())});
    for (const auto& [origin, node] : nodes_) {
      const auto insts = insts_.find(origin);
      if (insts == insts_.end()) continue;
      std::set<uint32_t> works_in;
      for (uint32_t i : insts->second) {
        if (!is_work(ir_.insts[i])) continue;
        ++all[step_of(i)].ops;
        works_in.insert(step_of(i));
      }
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
  std::vector<uint32_t> group_;                                  // per origin: the first one of the same path
  std::map<uint32_t, NodeReport> nodes_;                         // by origin
  std::unordered_map<uint32_t, std::vector<uint32_t>> insts_;    // of sample rate, by origin
  std::set<uint32_t> keeps_state_, moves_, views_;               // origins
  std::unordered_map<uint32_t, std::set<uint32_t>> carried_in_;  // per step: origins whose state it carries
};

}  // namespace

std::string_view name(Strategy strategy) {
  constexpr std::string_view kNames[] = {"none",          "constant", "control", "moved",
                                         "time-parallel", "serial",   "woven",   "external"};
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
