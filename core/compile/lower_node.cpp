// NodeRun is what a node type's lower() sees: one run makes all instances of a node, which are lanes of one body.
#include "lower_node.hpp"

#include <algorithm>

namespace sinter::lowering {
namespace {

// FNV-1a, 32 bits (G. Fowler, L. C. Noll, K.-P. Vo).
uint32_t hash_path(std::string_view path) {
  uint32_t hash = 0x811c9dc5u;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193u;
  return hash;
}

Signal clamp_to(Signal x, const PortInfo& port) {
  if (port.minimum > -1e300) x = max(x, port.minimum);
  if (port.maximum < 1e300) x = min(x, port.maximum);
  return x;
}

bool is_mono(const NodeDef& def) {
  return std::all_of(def.inputs.begin(), def.inputs.end(), [](const Port& port) { return port.width == 1; }) &&
         std::all_of(def.outputs.begin(), def.outputs.end(), [](const OutputPort& port) { return port.width == 1; });
}

bool keeps_state(Op op) {
  return op == Op::prev || op == Op::next || op == Op::push || op == Op::tap || op == Op::table_set;
}

}  // namespace

class NodeRun final : public NodeBuild {
 public:
  NodeRun(Nodes& nodes, uint32_t unit, const NodeLanes& lanes, uint32_t run)
      : nodes_(nodes),
        unit_index_(unit),
        unit_(nodes.x_.units[unit]),
        info_(*unit_.info),
        lanes_(lanes),
        run_(run),
        path_(lanes.runs() > 1 ? unit_.path + "@" + std::to_string(run) : unit_.path),
        ports_(info_.ports.size()),
        closes_(info_.ports.size(), false),
        outputs_(info_.outputs) {
    const uint32_t vertex = unit_.vertex;
    for (uint32_t e = nodes.order_.first_edge[vertex]; e < nodes.order_.first_edge[vertex + 1]; ++e)
      if (const Edge& edge = nodes.order_.edges[e]; nodes.order_.closes_cycle(vertex, edge)) closes_[edge.port] = true;
  }

  Builder& builder() override { return nodes_.b_; }

  Signal in(std::string_view name) override {
    const uint32_t port = find(name);
    if (port == kNone) return constant(0);
    if (!ports_[port].valid()) {
      fail(Errc::internal,
           "reads '" + std::string(name) + "' at once, though it closes a cycle; the node type must use later()");
      return constant(0);
    }
    return ports_[port];
  }

  bool connected(std::string_view name) const override {
    const uint32_t port = info_.port(name);
    if (port == kNone) return false;
    return info_.ports[port].input != kNone || (unit_.stage > 0 && port == 0);
  }

  uint32_t instances() const override { return lanes_.instances(); }
  uint32_t channels() const override { return lanes_.count; }

  bool in_cycle(std::string_view name) const override {
    const uint32_t port = info_.port(name);
    return port != kNone && closes_[port];
  }

  void later(std::string_view name, std::function<void(Signal)> use) override {
    const uint32_t port = find(name);
    if (port == kNone) return;
    if (!closes_[port]) return use(in(name));
    deferred_ = true;
    nodes_.exprs_.defer(unit_.path, [this, port, use = std::move(use)] {
      if (!ports_[port].valid()) enter(port);
      const uint32_t first = nodes_.b_.ir().size();
      use(ports_[port]);
      nodes_.verify(unit_, first);
    });
  }

  double largest(Signal x) override {
    nodes_.ranges_.extend(nodes_.b_.ir());
    return std::max(-nodes_.ranges_.low(x.value), nodes_.ranges_.high(x.value));
  }

  double number(std::string_view name) const override {
    if (const SettingValue* value = setting(name)) {
      if (value->kind != SettingKind::choice) return value->number;
      const auto& choices = info_.def->setting(name)->choices;
      return static_cast<double>(std::find(choices.begin(), choices.end(), value->text) - choices.begin());
    }
    const Setting* declared = info_.def->setting(name);
    return declared ? declared->fallback : 0;
  }

  bool flag(std::string_view name) const override {
    if (const SettingValue* value = setting(name)) return value->flag;
    const Setting* declared = info_.def->setting(name);
    return declared && declared->fallback != 0;
  }

  std::string_view text(std::string_view name) const override {
    if (const SettingValue* value = setting(name)) return value->text;
    const Setting* declared = info_.def->setting(name);
    return declared && !declared->choices.empty() ? declared->choices.front() : std::string_view();
  }

  std::span<const double> numbers(std::string_view name) const override {
    const SettingValue* value = setting(name);
    return value ? std::span<const double>(value->numbers) : std::span<const double>();
  }

  uint32_t rows(std::string_view name) const override {
    const SettingValue* value = setting(name);
    return value ? value->row_count : 0;
  }

  bool given(std::string_view name) const override { return setting(name) != nullptr; }

  std::string file(std::string_view name) const override {
    const std::string_view relative = text(name);
    return relative.empty() ? std::string() : nodes_.graph_.folder + "/" + std::string(relative);
  }

  uint32_t seed() const override { return hash_path(path_); }
  std::string key(std::string_view state_name) const override { return path_ + "/" + std::string(state_name); }

  void latency(uint32_t samples) override { latency_ = static_cast<double>(samples) / nodes_.b_.clock(); }

  std::shared_ptr<const void>& shared(const std::string& name) override { return nodes_.shared_[name]; }

  void out(Signal value) override { set(0, value); }
  void out(std::string_view name, Signal value) override {
    for (uint32_t i = 0; i < info_.outputs; ++i)
      if (info_.def->outputs[i].name == name) return set(i, value);
    fail(Errc::internal, "sets an output '" + std::string(name) + "' that it does not declare");
  }

  void fail(Errc code, std::string message) override {
    failed_ = true;
    if (code == Errc::internal) message = "the node type '" + std::string(info_.def->type) + "' " + message;
    nodes_.report_.error(code, unit_.path, std::move(message), info_.node->span);
  }

  /// Makes the port's signal; those that close a cycle wait until their node is known.
  void enter(uint32_t port) {
    const PortInfo& info = info_.ports[port];
    const Term term = nodes_.port(unit_index_, port);
    const uint32_t width = std::max(1u, info.width);
    ports_[port] = lanes_.in(clamp_to(number_of(term), info), term.channels, width, port == 0, run_);
  }

  void lower() {
    for (uint32_t port = 0; port < ports_.size(); ++port)
      if (!closes_[port]) enter(port);
    const uint32_t first = nodes_.b_.ir().size();
    info_.def->lower(*this);
    nodes_.verify(unit_, first);
  }

  /// The output's signal; 0 where the node failed.
  Signal output(uint32_t index) {
    if (outputs_[index].valid()) return outputs_[index];
    if (!failed_) fail(Errc::internal, "does not set its output '" + std::string(info_.def->outputs[index].name) + "'");
    return constant(0);
  }

  bool waits() const { return deferred_; }
  double latency_frames() const { return latency_; }

 private:
  static Signal number_of(const Term& term) { return sinter::lowering::number(term); }

  uint32_t find(std::string_view name) {
    const uint32_t port = info_.port(name);
    if (port == kNone) fail(Errc::internal, "asks for an input '" + std::string(name) + "' that it does not declare");
    return port;
  }

  const SettingValue* setting(std::string_view name) const {
    for (const auto& [given_name, value] : info_.node->settings)
      if (given_name == name) return &value;
    return nullptr;
  }

  void set(uint32_t index, Signal value) {
    const uint32_t width = info_.output_channels(index, unit_.count);
    const uint32_t wanted = lanes_.linked ? width : lanes_.instances() * width;
    if (value.lanes() != 1 && value.lanes() != wanted && !nodes_.b_.overflow()) {
      fail(Errc::internal, "makes " + std::to_string(value.lanes()) + " lanes of '" +
                               std::string(info_.def->outputs[index].name) + "', which has " + std::to_string(wanted));
      return;
    }
    outputs_[index] = value;
  }

  Nodes& nodes_;
  const uint32_t unit_index_;
  const Unit& unit_;
  const NodeInfo& info_;
  const NodeLanes lanes_;
  const uint32_t run_;
  const std::string path_;
  std::vector<Signal> ports_;
  std::vector<bool> closes_;
  std::vector<Signal> outputs_;
  double latency_ = 0;  // base frames
  bool failed_ = false;
  bool deferred_ = false;
};

Nodes::Nodes(Builder& builder, Expansion& expansion, const Order& order, Exprs& exprs, const Graph& graph,
             Report& report)
    : b_(builder), x_(expansion), order_(order), exprs_(exprs), graph_(graph), report_(report) {}

Nodes::~Nodes() = default;

Term Nodes::port(uint32_t unit_index, uint32_t port) {
  const Unit& unit = x_.units[unit_index];
  const PortInfo& info = unit.info->ports[port];
  auto frame =
      std::make_shared<Frame>(Frame{place_of_port(x_, unit_index, port), unit.stage, unit.path, unit.info->node->span});
  Term term = exprs_.evaluate(x_.feed(unit_index, port), frame);
  const uint32_t width = std::max(1u, info.width);
  const uint32_t all = (unit.info->any_width && width > 1) || unit.info->poly ? width : width * unit.count;
  if (term.channels == 1 || term.channels == width || term.channels == all) return term;
  std::string message = "'" + std::string(info.name) + "' of '" + unit.path + "' gets " +
                        std::to_string(term.channels) + " channels where " + std::to_string(all);
  message += unit.info->node->channels > 0 ? " are wanted (\"channels\": " + std::to_string(unit.count) + ")"
                                           : " would fit its other inputs";
  report_.error(Errc::channel_mismatch, unit.path,
                message + (width > 1 ? "; the port takes " + std::to_string(width) : ""),
                x_.span_of(unit.vertex == kNone ? x_.scopes[unit.inner].first_port + port : unit.vertex));
  return {b_.constant(0), 1, false};
}

double Nodes::lower(uint32_t vertex) {
  const uint32_t index = x_.vertices[vertex].unit;
  const Unit& unit = x_.units[index];
  const NodeLanes lanes{unit.count, x_.scopes[unit.scope].lanes, unit.info->any_width, is_mono(*unit.info->def)};
  std::vector<std::unique_ptr<NodeRun>> runs;
  for (uint32_t run = 0; run < lanes.runs() && exprs_.within_limits(); ++run) {
    runs.push_back(std::make_unique<NodeRun>(*this, index, lanes, run));
    runs.back()->lower();
  }
  if (runs.size() < lanes.runs()) return 0;
  set_outputs(vertex, lanes, runs);
  const double latency_frames = runs[0]->latency_frames();
  for (auto& run : runs)
    if (run->waits()) waiting_.push_back(std::move(run));
  return latency_frames;
}

void Nodes::set_outputs(uint32_t vertex, const NodeLanes& lanes, const std::vector<std::unique_ptr<NodeRun>>& runs) {
  const Vertex& at = x_.vertices[vertex];
  const NodeInfo& info = *x_.units[at.unit].info;
  for (uint32_t i = 0; i < at.values; ++i) {
    const uint32_t width = info.output_channels(i, lanes.count);
    std::vector<Signal> signals;
    for (const auto& run : runs) signals.push_back(run->output(i));
    exprs_.set(at.value + i, {lanes.out(signals, width), lanes.linked ? width : lanes.count * width, false});
  }
}

void Nodes::verify(const Unit& unit, uint32_t first_inst) {
  const NodeDef& def = *unit.info->def;
  const Ir& ir = b_.ir();
  for (uint32_t i = first_inst; i < ir.size(); ++i) {
    const Op op = ir.insts[i].op;
    const bool calls = op == Op::call && def.category != Category::external;
    const bool state = keeps_state(op) && def.category == Category::pure_math;
    if (!calls && !state) continue;
    report_.error(Errc::category, unit.path,
                  "the node type '" + std::string(def.type) + "' declares " + std::string(name(def.category)) +
                      " but makes '" + std::string(info(op).name) + "'; declare " +
                      (calls ? "External" : "Stateful, or remove the state"),
                  unit.info->node->span);
    return;
  }
}

}  // namespace sinter::lowering
