// Graph → Ir, on one page: check, look up names and types, expand composites, order by dependence, infer widths, build.
#include <algorithm>
#include <cmath>
#include <optional>

#include "lower_node.hpp"
#include "lower_poly.hpp"
#include "sinter/base/fp_mode.hpp"
#include "sinter/base/poll.hpp"
#include "sinter/compile/compile.hpp"

namespace sinter {
namespace lowering {
namespace {

void declare(const Graph& graph, const Expansion& expansion, const Widths& widths, Ir& ir) {
  for (const GraphInput& input : graph.inputs) ir.inputs.push_back({input.name, input.channels});
  for (const GraphParam& param : graph.params) {
    const bool choice = !param.choices.empty();
    ir.params.push_back({.id = param.id,
                         .initial = param.fallback,
                         .minimum = choice ? 0 : param.minimum,
                         .maximum = choice ? static_cast<double>(param.choices.size()) - 1 : param.maximum,
                         .smooth_seconds = param.smooth_ms / 1000});
  }
  for (uint32_t i = 0; i < graph.outputs.size(); ++i) {
    const Vertex& vertex = expansion.vertices[expansion.scopes[0].first_output + i];
    ir.outputs.push_back({graph.outputs[i].name, widths.value[vertex.value]});
  }
}

// Builds vertex after vertex in the order found before, then everything that waited for the end of a cycle.
class Building {
 public:
  Building(Expansion& expansion, const Order& order, const Widths& widths, const Graph& graph, Ir& ir, Report& report,
           Poll& poll)
      : x_(expansion),
        order_(order),
        widths_(widths),
        report_(report),
        poll_(poll),
        b_(ir),
        exprs_(b_, x_, widths, report, poll),
        nodes_(b_, x_, order, exprs_, graph, report),
        polys_(b_, x_, graph, report),
        latency_frames_(expansion.vertices.size()) {}

  void run() {
    for (uint32_t vertex : order_.sequence) {
      if (report_.full() || poll_.now()) return;
      b_.set_origin(x_.name_of(vertex));
      build(vertex);
      if (!exprs_.within_limits()) return too_large(x_.name_of(vertex));
    }
    if (!exprs_.run_deferred() && !poll_.now()) too_large({});
  }

 private:
  // The latest of the signals that a vertex reads; what comes around a cycle is no later for it.
  double latest(uint32_t v) const {
    double most = 0;
    for (uint32_t e = order_.first_edge[v]; e < order_.first_edge[v + 1]; ++e)
      if (const Edge& edge = order_.edges[e]; !edge.width_only) most = std::max(most, latency_frames_[edge.to]);
    return most;
  }

  void build(uint32_t v) {
    const Vertex& vertex = x_.vertices[v];
    latency_frames_[v] = latest(v);
    switch (vertex.kind) {
      case Vertex::Kind::patch_output:
        return output(v, vertex);
      case Vertex::Kind::output:
        return composite_output(v, vertex);
      case Vertex::Kind::port:
        return composite_port(vertex);
      case Vertex::Kind::node:
        if (x_.units[vertex.unit].info->def) latency_frames_[v] += nodes_.lower(v);
        else expression(v, vertex);
    }
  }

  // The paths of outputs have a dot, which no id has, so that their states never share a key with a node's.
  Term expression_of_output(uint32_t v, uint32_t count, const std::string& scope_path) {
    const Vertex& vertex = x_.vertices[v];
    const uint32_t scope = x_.scope_of(vertex);
    const GraphOutput& written = x_.scopes[scope].body->body->outputs[vertex.index];
    const std::string path = (scope_path.empty() ? "" : scope_path + "/") + "outputs." + written.name;
    const ExprPlace place{.scope = scope, .count = count};
    return exprs_.evaluate(written.expr, std::make_shared<Frame>(Frame{place, 0, path, written.span}));
  }

  void output(uint32_t v, const Vertex& vertex) {
    const uint32_t channels = widths_.value[vertex.value];
    b_.output(vertex.index, number(expression_of_output(v, channels, {})));
    b_.ir().latency_frames = std::max(b_.ir().latency_frames, static_cast<uint32_t>(std::lround(latency_frames_[v])));
  }

  void composite_output(uint32_t v, const Vertex& vertex) {
    const Unit& unit = x_.units[vertex.unit];
    const uint32_t width = widths_.value[vertex.value] / unit.heard();
    const Term term = expression_of_output(v, width, unit.path);
    if (unit.info->poly)
      return exprs_.set(vertex.value, {polys_.output(vertex.unit, vertex.index, number(term), width), width, false});
    const CompositeLanes lanes{unit.count, x_.scopes[unit.scope].lanes};
    exprs_.set(vertex.value, {lanes.out(number(term), width), width * unit.count, false});
  }

  void composite_port(const Vertex& vertex) {
    const Unit& unit = x_.units[vertex.unit];
    const PortInfo& port = unit.info->ports[vertex.index];
    if (const Signal x = polys_.voice_input(vertex.unit, vertex.index); x.valid())
      return exprs_.set(vertex.value, {x, 1, false});
    const Term term = nodes_.port(vertex.unit, vertex.index);
    Signal x = number(term);
    if (port.minimum > -1e300) x = max(x, port.minimum);
    if (port.maximum < 1e300) x = min(x, port.maximum);
    const CompositeLanes lanes{unit.count, x_.scopes[unit.scope].lanes};
    exprs_.set(vertex.value, {lanes.in(x, term.channels, port.width), port.width, false});
  }

  void expression(uint32_t v, const Vertex& vertex) {
    const Unit& unit = x_.units[vertex.unit];
    const uint32_t channels = widths_.value[vertex.value];
    const ExprPlace place{.scope = unit.scope, .unit = vertex.unit, .count = channels};
    const Span span = x_.span_of(v);
    Term term =
        exprs_.evaluate(unit.info->node->expr, std::make_shared<Frame>(Frame{place, unit.stage, unit.path, span}));
    if (term.channels != 1 && term.channels != channels)
      report_.error(Errc::channel_mismatch, unit.path,
                    "'" + unit.path + "' has \"channels\": " + std::to_string(channels) + " but its expression has " +
                        std::to_string(term.channels),
                    span);
    else term.channels = channels;
    exprs_.set(vertex.value, term);
  }

  void too_large(const std::string& where) {
    report_.error(Errc::limit_values, where, "the patch needs more than " + std::to_string(kMaxValues) + " IR values");
  }

  Expansion& x_;
  const Order& order_;
  const Widths& widths_;
  Report& report_;
  Poll& poll_;
  Builder b_;
  Exprs exprs_;
  Nodes nodes_;
  Polys polys_;
  std::vector<double> latency_frames_;  // per vertex, of its values: of the way to it that has the most
};

bool lower_into(const Graph& graph, const NodeLibrary& library, const CompileOptions& options, Ir& ir, Report& report,
                Poll& poll) {
  const std::unique_ptr<Bodies> bodies = Bodies::prepare(graph, library, report);
  if (!bodies || poll.now()) return false;
  Expansion expansion = expand(bodies->root());
  if (poll.now()) return false;
  const Order sequence = order(expansion, report);
  if (report.failed() || poll.now()) return false;
  const Widths widths = infer_widths(expansion, sequence, report);
  if (report.failed() || poll.now()) return false;
  ir.sample_rate = options.sample_rate;
  ir.real = options.f64 ? Type::f64 : Type::f32;
  ir.wishes = std::move(expansion.wishes);
  declare(graph, expansion, widths, ir);
  // Found breadth first, so outer ones come before those inside of them.
  for (const Scope& scope : expansion.scopes)
    if (scope.lanes > 1) ir.scopes.push_back({scope.path, scope.lanes});
  Building(expansion, sequence, widths, graph, ir, report, poll).run();
  return !report.failed();
}

}  // namespace
}  // namespace lowering

namespace {

Result<Ir> lower_graph(const Graph& graph, const CompileOptions& options, std::vector<Error>* warnings) {
  static const NodeLibrary none;
  const NodeLibrary& library = options.library ? *options.library : none;
  // Reading a file has given its warnings already.
  std::vector<Error> errors = check(graph, library, graph.sources ? nullptr : warnings);
  if (!errors.empty()) return errors;
  Poll poll(options.cancelled);
  if (poll.now()) return cancelled_error();
  lowering::Report report(graph);
  Ir ir;
  bool lowered = false;
  with_audio_fp([&] { lowered = lowering::lower_into(graph, library, options, ir, report, poll); });
  if (poll.now()) return cancelled_error();
  if (!lowered) return report.take();
  return ir;
}

}  // namespace

Result<Ir> lower(const Graph& graph, const CompileOptions& options, std::vector<Error>* warnings) {
  return or_out_of_memory([&] { return lower_graph(graph, options, warnings); });
}

}  // namespace sinter
