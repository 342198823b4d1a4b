// Looks up node types, ports and definitions, and counts what expansion will make before anything is allocated for it.
#include "lower_bodies.hpp"

#include <algorithm>
#include <cmath>

#include "lower_poly.hpp"
#include "lower_walk.hpp"

namespace sinter::lowering {
namespace {

constexpr uint64_t kMaxExpandedTerms = 8 * uint64_t{kMaxValues};

// Large enough to be over every limit, small enough that a body's sums of it do not wrap.
uint64_t saturating_mul(uint64_t a, uint64_t b) {
  constexpr uint64_t kMany = uint64_t{1} << 40;
  return b != 0 && a > kMany / b ? kMany : a * b;
}

bool is_channel_count(const Expr& expr) {
  return expr.kind == ExprKind::number && expr.value >= 1 && expr.value <= kMaxSignalChannels &&
         expr.value == std::floor(expr.value);
}

}  // namespace

uint32_t NodeInfo::port(std::string_view name) const {
  for (uint32_t i = 0; i < ports.size(); ++i)
    if (ports[i].name == name) return i;
  return kNone;
}

uint32_t NodeInfo::output(std::string_view name) const {
  if (poly && name == kDoneOutput) return kNone;
  for (uint32_t i = 0; i < outputs; ++i) {
    if (def ? def->outputs[i].name == name : inner ? inner->body->outputs[i].name == name : name == "out") return i;
  }
  return kNone;
}

uint32_t NodeInfo::output_channels(uint32_t output, uint32_t channels) const {
  const OutputPort& port = def->outputs[output];
  if (port.width != kAnyWidth) return port.width;
  if (port.rows.empty()) return channels;
  for (const auto& [given, value] : node->settings)
    if (given == port.rows) return std::max(1u, value.row_count);
  return 1;
}

Ref BodyInfo::resolve(const Expr& expr, const NodeInfo* node) const {
  const bool member = expr.kind == ExprKind::member;
  const std::string_view base = member ? std::string_view(expr.args[0].text) : std::string_view(expr.text);
  if (node && node->is_expr() && !member)
    if (const uint32_t local = node->port(base); local != kNone) return {Ref::Kind::local, local};
  const auto found = names.find(base);
  if (found == names.end() || found->second.kind == Ref::Kind::param) return {};
  Ref ref = found->second;
  if (ref.kind == Ref::Kind::node) ref.output = nodes[ref.index].main_output;
  if (!member) return ref;
  ref.output = ref.kind == Ref::Kind::node ? nodes[ref.index].output(expr.text) : kNone;
  return ref.output == kNone ? Ref{} : ref;
}

Ref BodyInfo::param(std::string_view id) const {
  const auto found = names.find(id);
  return found != names.end() && found->second.kind == Ref::Kind::param ? found->second : Ref{};
}

/// One run over the bodies that the patch reaches, depth first.
class Preparing {
 public:
  Preparing(const Graph& graph, const NodeLibrary& library, Bodies& bodies, Report& report)
      : graph_(graph), library_(library), bodies_(bodies), report_(report) {
    for (const Definition& definition : graph.definitions) by_name_.emplace(definition.name, &definition);
  }

  void run() { bodies_.root_ = body(graph_); }

 private:
  const BodyInfo* definition(const Definition& definition, const Node& user);
  std::unique_ptr<BodyInfo> body(const GraphBody& body);
  void look_up(const BodyInfo& info, NodeInfo& node);
  void add_ports(NodeInfo& node);
  void connect(const BodyInfo& info, NodeInfo& node);
  void count(BodyInfo& info);
  uint64_t terms(const Expr& expr, const std::string& where, const Span& around);

  const Graph& graph_;
  const NodeLibrary& library_;
  Bodies& bodies_;
  Report& report_;
  std::unordered_map<std::string_view, const Definition*> by_name_;
  uint32_t depth_ = 0;
};

const BodyInfo* Preparing::definition(const Definition& definition, const Node& user) {
  const auto done = bodies_.definitions_.find(definition.name);
  if (done != bodies_.definitions_.end()) return done->second.get();
  if (depth_ >= kMaxComposites) {
    report_.error(Errc::limit_nesting, user.id,
                  "definitions use each other more than 64 deep, at '" + definition.name + "'", user.span);
    return nullptr;
  }
  ++depth_;
  std::unique_ptr<BodyInfo> made = body(definition.body);
  --depth_;
  return (bodies_.definitions_[definition.name] = std::move(made)).get();
}

std::unique_ptr<BodyInfo> Preparing::body(const GraphBody& body) {
  auto info = std::make_unique<BodyInfo>();
  info->body = &body;
  for (uint32_t i = 0; i < body.inputs.size(); ++i) info->names[body.inputs[i].name] = {Ref::Kind::input, i};
  for (uint32_t i = 0; i < body.params.size(); ++i) info->names[body.params[i].id] = {Ref::Kind::param, i};
  for (uint32_t i = 0; i < body.nodes.size(); ++i) info->names[body.nodes[i].id] = {Ref::Kind::node, i};
  info->nodes.resize(body.nodes.size());
  for (uint32_t i = 0; i < body.nodes.size(); ++i) {
    info->nodes[i].node = &body.nodes[i];
    look_up(*info, info->nodes[i]);
  }
  if (!report_.failed()) count(*info);
  return info;
}

void Preparing::look_up(const BodyInfo& info, NodeInfo& node) {
  const Node& written = *node.node;
  node.stages = std::max(1u, written.chain);
  if (written.type.empty()) {
    for (uint32_t i = 0; i < written.inputs.size(); ++i)
      node.ports.push_back({.name = written.inputs[i].port, .width = kAnyWidth, .input = i});
    return;
  }
  node.poly = written.type == kPolyType;
  const auto found = by_name_.find(node.poly ? poly_definition(written) : written.type);
  if (found != by_name_.end()) node.inner = definition(*found->second, written);
  else node.def = library_.find(written.type);
  if (!node.inner && !node.def) return;
  add_ports(node);
  connect(info, node);
}

void Preparing::add_ports(NodeInfo& node) {
  if (node.def) {
    for (const Port& port : node.def->inputs)
      node.ports.push_back({.name = port.name,
                            .width = port.width,
                            .fallback = port.fallback,
                            .minimum = port.minimum,
                            .maximum = port.maximum,
                            .delayed = port.delayed});
    auto any = [](const auto& port) { return port.width == kAnyWidth; };
    node.any_width = std::ranges::any_of(node.def->inputs, any) || std::ranges::any_of(node.def->outputs, any);
    node.outputs = static_cast<uint32_t>(node.def->outputs.size());
    return;
  }
  const GraphBody& inner = *node.inner->body;
  for (const GraphInput& input : inner.inputs) node.ports.push_back({.name = input.name, .width = input.channels});
  for (const GraphParam& param : inner.params) {
    PortInfo port{.name = param.id, .fallback = param.fallback, .minimum = param.minimum, .maximum = param.maximum};
    if (!param.choices.empty()) {
      port.minimum = 0;
      port.maximum = static_cast<double>(param.choices.size()) - 1;
    }
    node.ports.push_back(port);
  }
  node.outputs = static_cast<uint32_t>(inner.outputs.size());
  if (!node.poly) return;
  node.voices = voice_count(*node.node);
  while (node.main_output + 1 < node.outputs && inner.outputs[node.main_output].name == kDoneOutput) ++node.main_output;
}

void Preparing::connect(const BodyInfo& info, NodeInfo& node) {
  const Node& written = *node.node;
  for (uint32_t i = 0; i < written.inputs.size(); ++i)
    if (const uint32_t port = node.port(written.inputs[i].port); port != kNone) node.ports[port].input = i;
  if (!written.forward_params || !node.inner) return;
  for (size_t i = node.inner->body->inputs.size(); i < node.ports.size(); ++i) {
    PortInfo& port = node.ports[i];
    const Ref outer = info.param(port.name);
    if (port.input == kNone && outer.kind == Ref::Kind::param) port.forwarded = outer.index;
  }
}

// Terms of an expression; how many channels sum() makes must be known before any signal is.
uint64_t Preparing::terms(const Expr& root, const std::string& where, const Span& around) {
  uint64_t count = 0;
  auto enter = [&](const Expr& expr) {
    ++count;
    if (expr.kind == ExprKind::call && expr.text == "sum" && expr.args.size() == 2 && !is_channel_count(expr.args[1]))
      report_.error(Errc::bad_expression, where, "the second argument of 'sum' is a number of channels from 1 to 4096",
                    nearest(expr.span, around));
    return true;
  };
  walk(root, enter, [](const Expr&) {});
  return count;
}

void Preparing::count(BodyInfo& info) {
  for (const NodeInfo& node : info.nodes) {
    const Node& written = *node.node;
    uint64_t in_node = node.is_expr() ? terms(written.expr, written.id, written.span) : 0;
    for (const NodeInput& input : written.inputs)
      in_node += terms(input.expr, written.id, nearest(input.span, written.span));
    info.terms += saturating_mul(in_node, node.stages);
    const uint64_t copies = saturating_mul(node.copies(), node.stages);
    info.instances += saturating_mul(copies, node.inner ? std::max<uint64_t>(1, node.inner->instances) : 1);
    if (!node.inner) continue;
    info.composites += saturating_mul(node.stages, node.inner->composites + 1);
    info.terms += saturating_mul(node.stages, node.inner->terms);
    info.height = std::max(info.height, node.inner->height + 1);
  }
  for (const GraphOutput& output : info.body->outputs) info.terms += terms(output.expr, output.name, output.span);
}

std::unique_ptr<Bodies> Bodies::prepare(const Graph& graph, const NodeLibrary& library, Report& report) {
  auto bodies = std::make_unique<Bodies>();
  Preparing(graph, library, *bodies, report).run();
  const BodyInfo& root = *bodies->root_;
  auto limit = [&](Errc code, uint64_t count, uint64_t most, const std::string& text) {
    if (count > most)
      report.error(code, {}, text + ": " + std::to_string(count) + ", and " + std::to_string(most) + " are possible");
  };
  limit(Errc::limit_nesting, root.height, kMaxComposites, "composites stand inside composites");
  limit(Errc::limit_instances, std::max(root.instances, root.composites), kMaxInstances,
        "node instances after expansion");
  limit(Errc::limit_values, root.terms, kMaxExpandedTerms, "terms of expressions after expansion");
  return report.failed() ? nullptr : std::move(bodies);
}

}  // namespace sinter::lowering
