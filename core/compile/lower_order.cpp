// Edges from expressions, strongly connected components (R. Tarjan, "Depth-first search and linear graph algorithms",
// SIAM J. Comput. 1, 1972, without recursion), and the text of a cycle.
#include "lower_order.hpp"

#include <algorithm>

#include "lower_walk.hpp"

namespace sinter::lowering {
namespace {

class Connecting {
 public:
  Connecting(const Expansion& expansion, Order& out) : x_(expansion), out_(out) {}

  void run() {
    for (uint32_t v = 0; v < x_.vertices.size(); ++v) {
      out_.first_edge.push_back(static_cast<uint32_t>(out_.edges.size()));
      vertex(v);
    }
    out_.first_edge.push_back(static_cast<uint32_t>(out_.edges.size()));
  }

 private:
  void vertex(uint32_t v) {
    const Vertex& at = x_.vertices[v];
    scope_ = x_.scope_of(at);
    unit_ = kNone;
    base_ = {};
    if (at.kind == Vertex::Kind::patch_output || at.kind == Vertex::Kind::output)
      return expression(x_.scopes[scope_].body->body->outputs[at.index].expr);
    if (at.kind == Vertex::Kind::port) return port(at.unit, at.index);
    const NodeInfo& info = *x_.units[at.unit].info;
    if (info.def) {
      for (uint32_t p = 0; p < info.ports.size(); ++p) port(at.unit, p);
      return;
    }
    unit_ = at.unit;
    local_seen_.assign(info.ports.size() * 3, false);
    expression(info.node->expr);
  }

  void port(uint32_t unit, uint32_t p) {
    base_.port = p;
    base_.delayed = x_.units[unit].info->ports[p].delayed;
    feed(x_.feed(unit, p), base_);
  }

  void feed(const Feed& feed, Edge base) {
    if (feed.expr) expression(*feed.expr, base);
    else if (feed.source.kind == Source::Kind::value) edge(feed.source, base);
  }

  void expression(const Expr& root) { expression(root, base_); }

  void expression(const Expr& root, const Edge& base) {
    uint32_t prevs = base.through_prev, counts = base.width_only;
    auto is = [](const Expr& expr, std::string_view name) { return expr.kind == ExprKind::call && expr.text == name; };
    walk(
        root,
        [&](const Expr& expr) {
          prevs += is(expr, "prev");
          counts += is(expr, "count");
          Edge made = base;
          made.through_prev = prevs > 0;
          made.width_only = counts > 0;
          if (expr.kind == ExprKind::name || expr.kind == ExprKind::member) edge(x_.source(scope_, unit_, expr), made);
          if (expr.kind == ExprKind::param)
            edge(x_.param(scope_, x_.scopes[scope_].body->param(expr.text).index), made);
          return expr.kind != ExprKind::member;
        },
        [&](const Expr& expr) {
          prevs -= is(expr, "prev");
          counts -= is(expr, "count");
        });
  }

  void edge(const Source& source, Edge made) {
    if (source.kind == Source::Kind::value) {
      made.to = x_.vertex_of[source.index];
      out_.edges.push_back(made);
    } else if (source.kind == Source::Kind::local) {
      const size_t seen = source.index * 3 + (made.width_only ? 2 : made.through_prev ? 1 : 0);
      if (local_seen_[seen]) return;
      local_seen_[seen] = true;
      // `where` texts see the names of the body, not each other.
      const uint32_t unit = unit_;
      unit_ = kNone;
      feed(x_.feed(unit, source.index), made);
      unit_ = unit;
    }
  }

  const Expansion& x_;
  Order& out_;
  uint32_t scope_ = 0, unit_ = kNone;
  Edge base_;
  std::vector<bool> local_seen_;  // per `where` name: read at once, through prev(), for its width
};

// Components of the graph of edges that `use(vertex, edge)` accepts; `emit(component members)` in the order in which
// what a component reads comes before it.
template <class Use, class Emit>
void components(const Order& graph, uint32_t count, Use use, Emit emit) {
  struct Open {
    uint32_t vertex, next;
  };
  constexpr uint32_t kDone = UINT32_MAX - 1;
  std::vector<uint32_t> low(count, kNone), index(count, kNone), stack;
  std::vector<Open> open;
  uint32_t visited = 0;
  auto begin = [&](uint32_t v) {
    index[v] = low[v] = visited++;
    stack.push_back(v);
    open.push_back({v, graph.first_edge[v]});
  };
  for (uint32_t root = 0; root < count; ++root) {
    if (index[root] != kNone) continue;
    begin(root);
    while (!open.empty()) {
      Open& top = open.back();
      const uint32_t v = top.vertex;
      if (top.next < graph.first_edge[v + 1]) {
        const Edge& edge = graph.edges[top.next++];
        if (!use(v, edge)) continue;
        if (index[edge.to] == kNone) begin(edge.to);
        else if (low[edge.to] != kDone) low[v] = std::min(low[v], index[edge.to]);
        continue;
      }
      open.pop_back();
      if (!open.empty()) low[open.back().vertex] = std::min(low[open.back().vertex], low[v]);
      if (low[v] != index[v]) continue;
      const auto first = std::find(stack.rbegin(), stack.rend(), v).base() - 1;
      emit(std::vector<uint32_t>(first, stack.end()));
      for (auto at = first; at != stack.end(); ++at) low[*at] = kDone;
      stack.erase(first, stack.end());
    }
  }
}

// The shortest way from a vertex back to itself inside a component, in the direction of the signal: "a → b → a".
std::string cycle_text(const Expansion& x, const Order& graph, const std::vector<uint32_t>& members, uint32_t from,
                       const std::vector<bool>& used) {
  std::vector<uint32_t> sorted = members;
  std::sort(sorted.begin(), sorted.end());
  auto place = [&](uint32_t v) {
    const auto found = std::lower_bound(sorted.begin(), sorted.end(), v);
    return found != sorted.end() && *found == v ? static_cast<uint32_t>(found - sorted.begin()) : kNone;
  };
  std::vector<uint32_t> reader(sorted.size(), kNone), queue{from};
  bool closed = false;
  for (size_t at = 0; at < queue.size() && !closed; ++at)
    for (uint32_t e = graph.first_edge[queue[at]]; e < graph.first_edge[queue[at] + 1] && !closed; ++e) {
      const uint32_t to = graph.edges[e].to, slot = used[e] ? place(to) : kNone;
      if (slot == kNone || reader[slot] != kNone) continue;
      reader[slot] = queue[at];
      closed = to == from;
      queue.push_back(to);
    }
  std::string text = x.name_of(from);
  std::string_view last = x.name_of(from);
  uint32_t at = from;
  do {
    at = reader[place(at)];
    // The ports and outputs of a composite go by its own name.
    if (at == from || x.name_of(at) != last) text += " → " + x.name_of(at);
    last = x.name_of(at);
  } while (at != from);
  return text;
}

}  // namespace

Order order(const Expansion& expansion, Report& report) {
  Order out;
  Connecting(expansion, out).run();
  const uint32_t count = static_cast<uint32_t>(expansion.vertices.size());
  out.component.resize(count);
  uint32_t number = 0;
  components(
      out, count, [](uint32_t, const Edge& edge) { return !edge.width_only; },
      [&](const std::vector<uint32_t>& members) {
        for (uint32_t v : members) out.component[v] = number;
        ++number;
      });

  std::vector<bool> used(out.edges.size());
  for (uint32_t v = 0; v < count; ++v)
    for (uint32_t e = out.first_edge[v]; e < out.first_edge[v + 1]; ++e) {
      const Edge& edge = out.edges[e];
      used[e] = !edge.width_only && !edge.through_prev && !out.closes_cycle(v, edge);
    }
  auto use = [&](uint32_t, const Edge& edge) { return used[static_cast<size_t>(&edge - out.edges.data())]; };
  components(out, count, use, [&](const std::vector<uint32_t>& members) {
    const uint32_t first = *std::min_element(members.begin(), members.end());
    bool cyclic = members.size() > 1;
    for (uint32_t e = out.first_edge[first]; e < out.first_edge[first + 1]; ++e)
      cyclic |= used[e] && out.edges[e].to == first;
    out.sequence.insert(out.sequence.end(), members.begin(), members.end());
    if (!cyclic || report.full()) return;
    report.error(Errc::cycle, expansion.name_of(first),
                 "a cycle without any delay: " + cycle_text(expansion, out, members, first, used) +
                     "; put a delay, a samples node or prev() into it",
                 expansion.span_of(first));
  });
  return out;
}

}  // namespace sinter::lowering
