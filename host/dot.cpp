// DOT: boxes for nodes, arrows for what their formulas name.
#include "sinter/host/dot.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sinter::host {
namespace {

std::string quoted(const std::string& text) {
  std::string all = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') all += '\\';
    all += c;
  }
  return all + "\"";
}

struct Reference {
  std::string name;
  bool is_param = false;
  bool earlier = false;  ///< inside prev()
};

// Every signal and parameter that an expression names; iterative, for expressions can be deep.
std::vector<Reference> references(const Expr& root) {
  struct Item {
    const Expr* expr;
    bool earlier;
  };
  std::vector<Reference> all;
  std::vector<Item> work = {{&root, false}};
  while (!work.empty()) {
    const Item item = work.back();
    work.pop_back();
    if (item.expr->kind == ExprKind::name) all.push_back({item.expr->text, false, item.earlier});
    if (item.expr->kind == ExprKind::param) all.push_back({item.expr->text, true, item.earlier});
    const bool earlier = item.earlier || (item.expr->kind == ExprKind::call && item.expr->text == "prev");
    for (const Expr& arg : item.expr->args) work.push_back({&arg, earlier});
  }
  return all;
}

class Drawing {
 public:
  Drawing(const Graph& graph, const NodeLibrary& library, const CompileReport* report)
      : graph_(graph), library_(library) {
    for (const GraphInput& input : graph.inputs) names_.insert(input.name);
    for (const Node& node : graph.nodes) names_.insert(node.id);
    if (!report) return;
    // A chain or a composite has several reports: the slowest strategy colours the box.
    for (const NodeReport& node : report->nodes) {
      Strategy& slowest = strategies_[node.path.substr(0, node.path.find_first_of("/["))];
      slowest = std::max(slowest, node.strategy);
    }
  }

  std::string text() {
    text_ = "digraph " + quoted(graph_.name.empty() ? "patch" : graph_.name) +
            " {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f4f4f4\", "
            "fontname=\"sans-serif\"];\n";
    for (const GraphInput& input : graph_.inputs)
      text_ += "  " + quoted(input.name) +
               " [shape=cds, label=" + quoted(input.name + " (" + std::to_string(input.channels) + ")") + "];\n";
    for (const GraphParam& param : graph_.params)
      text_ += "  " + quoted("$" + param.id) + " [shape=ellipse, fillcolor=\"#ffffff\"];\n";
    for (const Node& node : graph_.nodes) draw(node);
    for (const GraphOutput& output : graph_.outputs) {
      const std::string id = "outputs." + output.name;
      text_ += "  " + quoted(id) + " [shape=cds, label=" + quoted(output.name) + "];\n";
      arrows(output.expr, id, "", false);
    }
    return text_ + "}\n";
  }

 private:
  void draw(const Node& node) {
    std::string label = node.id + "\\n" + (node.type.empty() ? print(node.expr) : node.type);
    if (node.channels > 1) label += " × " + std::to_string(node.channels) + " channels";
    if (node.chain > 1) label += " × " + std::to_string(node.chain) + " in series";
    std::string escaped = quoted(label);
    // "\n" is DOT's own escape for a new line.
    for (size_t at; (at = escaped.find("\\\\n")) != std::string::npos;) escaped.erase(at, 1);
    text_ += "  " + quoted(node.id) + " [label=" + escaped;
    if (const auto found = strategies_.find(node.id); found != strategies_.end())
      text_ += ", fillcolor=" + quoted(strategy_colour(found->second)) +
               ", tooltip=" + quoted(std::string(name(found->second)));
    text_ += "];\n";
    const NodeDef* def = library_.find(node.type);
    for (const NodeInput& input : node.inputs) {
      const Port* port = def ? def->port(input.port) : nullptr;
      arrows(input.expr, node.id, input.port, port && port->delayed);
    }
    if (node.type.empty()) arrows(node.expr, node.id, "", false);
  }

  void arrows(const Expr& expr, const std::string& to, const std::string& port, bool delayed) {
    std::set<std::string> drawn;
    for (const Reference& reference : references(expr)) {
      const std::string from = reference.is_param ? "$" + reference.name : reference.name;
      if ((!reference.is_param && !names_.count(reference.name)) || !drawn.insert(from).second) continue;
      text_ += "  " + quoted(from) + " -> " + quoted(to);
      std::string style = port.empty() || port == "in" ? "" : "label=" + quoted(port) + ", fontsize=10";
      if (delayed || reference.earlier) style += std::string(style.empty() ? "" : ", ") + "style=dashed";
      if (reference.is_param) style += std::string(style.empty() ? "" : ", ") + "color=\"#999999\"";
      text_ += style.empty() ? ";\n" : " [" + style + "];\n";
    }
  }

  const Graph& graph_;
  const NodeLibrary& library_;
  std::map<std::string, Strategy> strategies_;
  std::set<std::string> names_;
  std::string text_;
};

}  // namespace

std::string strategy_colour(Strategy strategy) {
  switch (strategy) {
    case Strategy::none:
      return "#eeeeee";
    case Strategy::constant:
    case Strategy::control:
      return "#d9e8fb";
    case Strategy::moved:
      return "#e8e3f3";
    case Strategy::time_parallel:
      return "#bfe8c5";
    case Strategy::shift:
    case Strategy::sum:
    case Strategy::block:
    case Strategy::scan:
    case Strategy::either:
      return "#a3dcc4";
    case Strategy::lanes:
      return "#a9d9e0";
    case Strategy::serial:
      return "#fde2b3";
    case Strategy::woven:
      return "#f9cfa0";
    case Strategy::external:
      return "#f6c6d0";
  }
  return "#eeeeee";
}

std::string dot_text(const Graph& graph, const NodeLibrary& library, const CompileReport* report) {
  return Drawing(graph, library, report).text();
}

}  // namespace sinter::host
