// Widths by work list: a vertex is looked at again when something that it reads has grown.
#include "lower_widths.hpp"

#include <algorithm>

#include "lower_walk.hpp"

namespace sinter::lowering {
namespace {

// A width that grows this often grows without end: a cycle stacks its own signal.
constexpr uint8_t kMaxGrowths = 64;
constexpr uint32_t kTooWide = 2 * kMaxSignalChannels;

class ExprWidth {
 public:
  ExprWidth(const Expansion& x, const Widths& widths, const ExprPlace& place) : x_(x), widths_(widths), place_(place) {}

  uint32_t of(const Expr& root) {
    std::vector<uint32_t> stack;
    walk(
        root, [](const Expr& expr) { return descends(expr); },
        [&](const Expr& expr) {
          const size_t args = descends(expr) ? expr.args.size() : 0;
          uint32_t width = one(expr);
          if (combines(expr)) {
            uint32_t widest = 1, total = 0;
            for (size_t i = stack.size() - args; i < stack.size(); ++i) {
              widest = std::max(widest, stack[i]);
              total = std::min(kTooWide, total + stack[i]);
            }
            width = expr.kind == ExprKind::call && expr.text == "stack" ? total : widest;
          }
          stack.resize(stack.size() - args);
          stack.push_back(width);
        });
    return stack.back();
  }

 private:
  static bool is_call(const Expr& expr, std::string_view name) {
    return expr.kind == ExprKind::call && expr.text == name;
  }
  static bool descends(const Expr& expr) {
    return expr.kind != ExprKind::member && expr.kind != ExprKind::index && !is_call(expr, "count") &&
           !is_call(expr, "sum");
  }
  static bool combines(const Expr& expr) { return descends(expr) && !expr.args.empty(); }

  // Of what does not depend on its arguments' widths.
  uint32_t one(const Expr& expr) {
    if (expr.kind == ExprKind::name && expr.text == "i" && place_.count > 1) return place_.count * place_.repeat;
    if (expr.kind == ExprKind::name || expr.kind == ExprKind::member)
      return of(x_.source(place_.scope, place_.unit, expr));
    if (expr.kind == ExprKind::param)
      return of(x_.param(place_.scope, x_.scopes[place_.scope].body->param(expr.text).index));
    if (is_call(expr, "sum") && expr.args.size() == 2) return static_cast<uint32_t>(expr.args[1].value);
    return 1;
  }

  uint32_t of(const Source& source) {
    if (source.kind == Source::Kind::value) return widths_.value[source.index];
    if (source.kind == Source::Kind::patch_input) return x_.scopes[0].body->body->inputs[source.index].channels;
    if (source.kind != Source::Kind::local) return 1;
    if (locals_.empty()) locals_.resize(x_.units[place_.unit].info->ports.size(), 0);
    if (locals_[source.index] == 0) {
      ExprPlace outside = place_;
      outside.unit = kNone;
      locals_[source.index] = width_of(x_, widths_, x_.feed(place_.unit, source.index), outside);
    }
    return locals_[source.index];
  }

  const Expansion& x_;
  const Widths& widths_;
  ExprPlace place_;
  std::vector<uint32_t> locals_;
};

class Inference {
 public:
  Inference(Expansion& x, const Order& order, Widths& widths, Report& report)
      : x_(x),
        order_(order),
        widths_(widths),
        report_(report),
        growths_(x.vertices.size()),
        queued_(x.vertices.size(), true),
        queue_(order.sequence) {
    widths_.value.assign(x.vertex_of.size(), 1);
    for (Unit& unit : x_.units) unit.count = unit.info->copies();
    invert();
  }

  void run() {
    for (size_t at = 0; at < queue_.size() && !report_.failed(); ++at) {
      queued_[queue_[at]] = false;
      update(queue_[at]);
    }
  }

 private:
  void invert() {
    first_reader_.assign(x_.vertices.size() + 1, 0);
    for (const Edge& edge : order_.edges) ++first_reader_[edge.to + 1];
    for (size_t v = 1; v < first_reader_.size(); ++v) first_reader_[v] += first_reader_[v - 1];
    readers_.resize(order_.edges.size());
    std::vector<uint32_t> next(first_reader_.begin(), first_reader_.end() - 1);
    for (uint32_t v = 0; v < x_.vertices.size(); ++v)
      for (uint32_t e = order_.first_edge[v]; e < order_.first_edge[v + 1]; ++e)
        readers_[next[order_.edges[e].to]++] = v;
  }

  void look_again(uint32_t vertex) {
    if (queued_[vertex]) return;
    queued_[vertex] = true;
    queue_.push_back(vertex);
  }

  void update(uint32_t v) {
    const Vertex vertex = x_.vertices[v];
    switch (vertex.kind) {
      case Vertex::Kind::patch_output:
        return set(v, 0, expression(v, kNone, 1));
      case Vertex::Kind::output:
        return set(v, 0, expression(v, kNone, 1) * x_.units[vertex.unit].heard());
      case Vertex::Kind::port:
        count_port(v, vertex.unit, vertex.index);
        return set(v, 0, x_.units[vertex.unit].info->ports[vertex.index].width);
      case Vertex::Kind::node:
        return update_node(v, vertex);
    }
  }

  // An expression node or an output; `n` is its own width.
  uint32_t expression(uint32_t v, uint32_t unit, uint32_t least) {
    const Vertex& vertex = x_.vertices[v];
    ExprPlace place;
    place.scope = x_.scope_of(vertex);
    place.unit = unit;
    const uint32_t copies = vertex.kind == Vertex::Kind::output ? x_.units[vertex.unit].heard() : 1;
    place.count = std::max(least, std::min(kTooWide, widths_.value[vertex.value] / copies));
    const Expr& expr =
        unit == kNone ? x_.scopes[place.scope].body->body->outputs[vertex.index].expr : x_.units[unit].info->node->expr;
    return std::max(least, width_of(x_, widths_, expr, place));
  }

  void update_node(uint32_t v, const Vertex& vertex) {
    Unit& unit = x_.units[vertex.unit];
    const NodeInfo& info = *unit.info;
    if (!info.def) {
      const uint32_t given = info.node->channels;
      set(v, 0, given > 0 ? given : expression(v, vertex.unit, 1));
      unit.count = widths_.value[vertex.value];
      return;
    }
    for (uint32_t p = 0; p < info.ports.size(); ++p) count_port(v, vertex.unit, p);
    for (uint32_t i = 0; i < vertex.values; ++i) {
      const uint32_t width = info.output_channels(i, unit.count);
      set(v, i, info.any_width ? width : std::min(kTooWide, unit.count * width));
    }
  }

  // A port that is k times as wide as the node says makes k of the node; "channels" overrides.
  void count_port(uint32_t v, uint32_t unit_index, uint32_t p) {
    Unit& unit = x_.units[unit_index];
    if (unit.info->node->channels > 0 || unit.info->poly) return;
    const PortInfo& port = unit.info->ports[p];
    const uint32_t width = width_of(x_, widths_, x_.feed(unit_index, p), place_of_port(x_, unit_index, p));
    const uint32_t per_node = std::max(1u, port.width);
    if (unit.info->any_width && per_node > 1) return;
    const uint32_t count = (width + per_node - 1) / per_node;
    if (count <= unit.count) return;
    unit.count = std::min(count, kTooWide);
    look_again(v);
    if (unit.inner == kNone) return;
    const Scope& inner = x_.scopes[unit.inner];
    for (uint32_t i = 0; i < unit.info->ports.size(); ++i) look_again(inner.first_port + i);
    for (uint32_t i = 0; i < unit.info->outputs; ++i) look_again(inner.first_output + i);
  }

  void set(uint32_t v, uint32_t index, uint32_t width) {
    uint32_t& now = widths_.value[x_.vertices[v].value + index];
    if (width <= now) return;
    now = width;
    if (width > kMaxSignalChannels)
      return report_.error(Errc::limit_channels, x_.name_of(v),
                           "'" + x_.name_of(v) + "' would have more than 4,096 channels", x_.span_of(v));
    if (++growths_[v] > kMaxGrowths)
      return report_.error(Errc::limit_channels, x_.name_of(v),
                           "the channels of '" + x_.name_of(v) + "' grow on every way around a cycle", x_.span_of(v));
    for (uint32_t r = first_reader_[v]; r < first_reader_[v + 1]; ++r) look_again(readers_[r]);
    look_again(v);  // `i` in its own formula
  }

  Expansion& x_;
  const Order& order_;
  Widths& widths_;
  Report& report_;
  std::vector<uint8_t> growths_;
  std::vector<bool> queued_;
  std::vector<uint32_t> queue_;
  std::vector<uint32_t> first_reader_, readers_;
};

// How often everything runs, from the outside in, and whether that is too often.
void count_lanes(Expansion& x, Report& report) {
  uint64_t instances = 0;
  for (Scope& scope : x.scopes) {
    if (scope.unit != kNone) {
      if (x.units[scope.unit].info->poly && x.scopes[scope.parent].lanes > 1)
        return report.error(Errc::not_supported, scope.path,
                            "the poly '" + scope.path +
                                "' lies in a composite that runs side by side; give each copy a node of its own, "
                                "or take the poly out of it",
                            x.units[scope.unit].info->node->span);
      const uint64_t lanes = uint64_t{x.scopes[scope.parent].lanes} * x.units[scope.unit].count;
      if (lanes > kMaxInstances)
        return report.error(
            Errc::limit_instances, scope.path,
            "'" + scope.path + "' stands for " + std::to_string(lanes) + " instances; 65,536 are possible in all");
      scope.lanes = static_cast<uint32_t>(lanes);
    }
  }
  for (const Unit& unit : x.units) {
    if (unit.inner != kNone) continue;
    const uint64_t copies = unit.info->is_expr() ? std::max(1u, unit.info->node->channels) : unit.count;
    instances += x.scopes[unit.scope].lanes * copies;
  }
  if (instances > kMaxInstances)
    report.error(Errc::limit_instances, {},
                 "the patch expands to " + std::to_string(instances) + " node instances; 65,536 are possible");
}

}  // namespace

uint32_t width_of(const Expansion& expansion, const Widths& widths, const Expr& expr, const ExprPlace& place) {
  return ExprWidth(expansion, widths, place).of(expr);
}

uint32_t width_of(const Expansion& expansion, const Widths& widths, const Feed& feed, const ExprPlace& place) {
  if (feed.expr) return width_of(expansion, widths, *feed.expr, place);
  if (feed.source.kind == Source::Kind::value) return widths.value[feed.source.index];
  return 1;
}

ExprPlace place_of_port(const Expansion& expansion, uint32_t unit, uint32_t port) {
  const Unit& to = expansion.units[unit];
  ExprPlace place;
  place.scope = to.scope;
  place.count = to.count;
  place.repeat = std::max(1u, to.info->ports[port].width);
  return place;
}

Widths infer_widths(Expansion& expansion, const Order& order, Report& report) {
  Widths widths;
  Inference(expansion, order, widths, report).run();
  if (report.failed()) return widths;
  count_lanes(expansion, report);
  for (uint32_t v = 0; v < expansion.vertices.size() && !report.full(); ++v) {
    const Vertex& vertex = expansion.vertices[v];
    if (vertex.kind == Vertex::Kind::patch_output && widths.value[vertex.value] > kMaxBusChannels)
      report.error(Errc::limit_channels, expansion.name_of(v),
                   "the output '" + expansion.name_of(v) + "' has " + std::to_string(widths.value[vertex.value]) +
                       " channels; 64 are possible",
                   expansion.span_of(v));
    const uint32_t lanes = expansion.scopes[expansion.scope_of_value(vertex)].lanes;
    for (uint32_t i = 0; i < vertex.values; ++i)
      if (uint64_t{widths.value[vertex.value + i]} * lanes > kMaxLanes)
        return report.error(Errc::limit_instances, expansion.name_of(v),
                            "'" + expansion.name_of(v) + "' would need more than 65,536 lanes", expansion.span_of(v)),
               widths;
  }
  return widths;
}

}  // namespace sinter::lowering
