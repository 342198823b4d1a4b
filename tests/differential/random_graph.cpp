// The generator. Widths are decided before expressions, so that every expression fits by construction.
#include "random_graph.hpp"

#include <algorithm>
#include <cstdio>

#include "random_node.hpp"
#include "sinter/nodes/nodes.hpp"

namespace sinter::test {
namespace {

struct Source {
  std::string text;
  uint32_t width = 1;
};

class Generator {
 public:
  Generator(Random& random, const GraphShape& shape) : random_(random), shape_(shape) {}

  Graph make() {
    add_inputs();
    add_params();
    const uint32_t count = 1 + random_.below(shape_.max_nodes);
    choose_delays(count);
    for (uint32_t n = 0; n < count; ++n) add_node(n);
    add_outputs();
    return std::move(graph_);
  }

 private:
  template <size_t N>
  const char* pick(const char* const (&list)[N]) {
    return list[random_.below(N)];
  }

  void add_inputs() {
    const uint32_t channels = 1 + random_.below(3);
    graph_.input("in", channels);
    sources_.push_back({"in", channels});
    if (random_.chance(0.2)) {
      graph_.input("side", 1);
      sources_.push_back({"side", 1});
    }
  }

  void add_params() {
    for (uint32_t p = random_.below(4); p-- > 0;) {
      GraphParam param;
      param.id = "p" + std::to_string(p);
      param.minimum = -1;
      param.maximum = 1;
      param.fallback = random_.uniform(-1, 1);
      param.smooth_ms = random_.chance(0.3) ? random_.uniform(0, 10) : 0;
      graph_.param(param);
      params_.push_back("$" + param.id);
    }
  }

  // Some nodes are delays that anything may feed back into; their names and widths are known before all others.
  void choose_delays(uint32_t count) {
    delay_.assign(count, 0);
    if (contractive()) return;
    for (uint32_t n = 0; n < count; ++n) {
      if (!random_.chance(0.12)) continue;
      delay_[n] = random_.chance(0.5) ? 1 : 1 + random_.below(3);
      sources_.push_back({name(n), delay_[n]});
    }
  }

  bool wild() const { return shape_.temper == Temper::wild; }
  bool contractive() const { return shape_.temper == Temper::contractive; }

  static std::string name(uint32_t n) { return "n" + std::to_string(n); }

  std::string number() {
    static const char* const kEdges[] = {"0",         "-0.0",         "1",     "-1", "0.5", "2", "1e-39", "0.99999994",
                                         "1.0000001", "3.4028235e38", "1e-30", "64", "-3"};
    if (wild() && random_.chance(0.3)) return pick(kEdges);
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", random_.uniform(-1.2, 1.2));
    return text;
  }

  // A signal of this width or of one channel.
  std::string leaf(uint32_t width) {
    std::vector<const Source*> fit;
    for (const Source& source : sources_)
      if (source.width == width || source.width == 1) fit.push_back(&source);
    const uint32_t kind = random_.below(10);
    if (kind < 6 && !fit.empty()) return fit[random_.below(static_cast<uint32_t>(fit.size()))]->text;
    if (kind < 7 && !sources_.empty()) {
      const Source& source = sources_[random_.below(static_cast<uint32_t>(sources_.size()))];
      if (random_.chance(0.4)) return "sum(" + source.text + ")";
      return source.text + "[" + std::to_string(random_.below(source.width)) + "]";
    }
    if (kind < 9 && !params_.empty()) return params_[random_.below(static_cast<uint32_t>(params_.size()))];
    return number();
  }

  std::string expression(uint32_t width, uint32_t depth) {
    if (depth == 0 || random_.chance(0.15)) return leaf(width);
    const auto sub = [&] { return expression(width, depth - 1); };
    static const char* const kOperators[] = {"+",  "-", "*",  "+",  "*",  "/",  "<",
                                             "<=", ">", ">=", "==", "!=", "&&", "||"};
    static const char* const kOne[] = {"abs",   "sign", "floor", "ceil",  "round", "trunc", "frac",
                                       "sqrt",  "exp",  "exp2",  "expm1", "log",   "log2",  "log10",
                                       "log1p", "sin",  "cos",   "tan",   "asin",  "acos",  "atan",
                                       "sinh",  "cosh", "tanh",  "db",    "to_db", "mtof",  "ftom"};
    static const char* const kTwo[] = {"min", "max", "mod", "atan2", "pow", "step"};
    static const char* const kThree[] = {"clamp", "lerp", "smoothstep"};
    if (!wild()) return calm(width, depth);
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return "(" + sub() + " " + pick(kOperators) + " " + sub() + ")";
      case 4:
      case 5:
        return std::string(pick(kOne)) + "(" + sub() + ")";
      case 6:
        return std::string(pick(kTwo)) + "(" + sub() + ", " + sub() + ")";
      case 7:
        return std::string(pick(kThree)) + "(" + sub() + ", " + sub() + ", " + sub() + ")";
      case 8:
        return "(" + sub() + " ? " + sub() + " : " + sub() + ")";
      case 9:
        return random_.chance(0.5) ? "(-" + sub() + ")" : "(!" + sub() + ")";
      case 10:
        return random_.chance(0.3) ? "hold(" + sub() + ")" : "pick(" + sub() + ", " + sub() + ", " + sub() + ")";
      default:
        return "prev(" + sub() + ")";
    }
  }

  // Formulas that neither jump nor overflow.
  std::string calm(uint32_t width, uint32_t depth) {
    const auto sub = [&] { return expression(width, depth - 1); };
    static const char* const kOne[] = {"sin", "cos", "tanh", "atan", "abs"};
    switch (random_.below(contractive() ? 4 : 9)) {
      case 0:
        return "(0.5 * " + sub() + " + 0.5 * " + sub() + ")";
      case 1:
        return std::string(pick(kOne)) + "(" + sub() + ")";
      case 2:
        return "(" + sub() + " * 0.5 * tanh(" + sub() + "))";
      case 3:
        return "clamp(" + sub() + ", -0.8, 0.9)";
      case 4:
        return "(" + sub() + " / (1 + abs(" + sub() + ")))";
      case 5:
        return "sqrt(0.1 + abs(" + sub() + "))";
      case 6:
        return "exp2(tanh(" + sub() + "))";
      case 7:
        return "log1p(abs(" + sub() + "))";
      default:
        return "prev(" + sub() + ")";
    }
  }

  std::string scaled(uint32_t width, double lo, double hi) {
    char text[64];
    if (random_.chance(0.3)) {
      std::snprintf(text, sizeof text, "%.5g", random_.uniform(lo, hi));
      return text;
    }
    std::snprintf(text, sizeof text, "%.5g + %.5g * ", (lo + hi) / 2, (hi - lo) / 2);
    if (random_.chance(0.5) && !params_.empty())
      return text + params_[random_.below(static_cast<uint32_t>(params_.size()))];
    return std::string(text) + "sin(" + leaf(width) + ")";
  }

  void add_node(uint32_t n) {
    if (delay_[n]) return add_delay(n, delay_[n]);
    const uint32_t width = random_.chance(0.6) ? 1 : 1 + random_.below(4);
    const uint32_t kind = random_.below(10);
    if (kind < 5) return add_expression(n, width);
    if (kind < 8) return add_filter(n, width);
    if (contractive()) return add_expression(n, width);
    if (wild() && random_.chance(0.3)) return add_library_node(n);
    if (kind == 8) return add_generator(n);
    add_shaper(n, width);
  }

  void add_library_node(uint32_t n) {
    RandomNode made = random_library_node(
        random_, name(n), [&](uint32_t width) { return exactly(expression(width, 2), width); },
        [&](double low, double high) { return scaled(1, low, high); });
    graph_.nodes.push_back(std::move(made.node));
    const std::string first =
        name(n) + '.' + std::string(standard_nodes().find(graph_.nodes.back().type)->outputs[0].name);
    sources_.push_back({first, made.out_channels});
  }

  // The exact width of an expression is not known beforehand, so nodes get theirs by adding a signal of that width.
  std::string exactly(const std::string& text, uint32_t width) {
    if (width == 1) return "sum(" + text + ")";
    return "stack(" + zeros(width) + ") + " + text;
  }
  static std::string zeros(uint32_t width) {
    std::string text = "0";
    for (uint32_t i = 1; i < width; ++i) text += ", 0";
    return text;
  }

  void add_expression(uint32_t n, uint32_t width) {
    graph_.expr(name(n), exactly(expression(width, 1 + random_.below(4)), width));
    sources_.push_back({name(n), width});
  }

  void add_filter(uint32_t n, uint32_t width) {
    static const char* const kSimple[] = {"lowpass",  "highpass",  "bandpass", "notch",   "allpass", "peak",
                                          "lowshelf", "highshelf", "svf",      "onepole", "dcblock"};
    const std::string type = pick(kSimple);
    std::vector<std::pair<std::string, std::string>> in = {{"in", exactly(expression(width, 2), width)}};
    in.emplace_back("freq", scaled(width, 60, 6000));
    if (type != "onepole" && type != "dcblock" && random_.chance(0.7)) in.emplace_back("q", scaled(width, 0.5, 4));
    Node made = node(n, type, std::move(in));
    if (random_.chance(0.15) && !contractive()) made.chain = 2 + random_.below(3);
    graph_.nodes.push_back(std::move(made));
    sources_.push_back({name(n) + (type == "svf" ? ".low" : ""), width});
  }

  Node node(uint32_t n, const std::string& type, std::vector<std::pair<std::string, std::string>> in) {
    graph_.node(name(n), type, std::move(in));
    Node made = std::move(graph_.nodes.back());
    graph_.nodes.pop_back();
    return made;
  }

  void add_generator(uint32_t n) {
    static const char* const kTypes[] = {"phasor", "sine", "noise", "impulse"};
    const std::string type = wild() ? pick(kTypes) : "sine";
    std::vector<std::pair<std::string, std::string>> in;
    if (type != "noise") in.emplace_back("freq", scaled(1, 20, 9000));
    Node made = node(n, type, std::move(in));
    uint32_t width = 1;
    if (type == "noise" && random_.chance(0.5)) made.channels = width = 2 + random_.below(20);
    graph_.nodes.push_back(std::move(made));
    if (width > 4) {  // a wide family comes back as a sum
      sources_.push_back({"sum(" + name(n) + ")", 1});
      return;
    }
    sources_.push_back({name(n), width});
  }

  void add_shaper(uint32_t n, uint32_t width) {
    static const char* const kTypes[] = {"clip", "softclip",      "follow",  "meter", "onezero", "biquad",
                                         "comb", "allpass_delay", "samples", "pan",   "balance"};
    // samples, comb and allpass_delay read whole samples: their moving times jump.
    static const char* const kCalmTypes[] = {"clip",    "softclip", "follow", "meter",
                                             "onezero", "biquad",   "pan",    "balance"};
    const std::string type = wild() ? pick(kTypes) : pick(kCalmTypes);
    std::vector<std::pair<std::string, std::string>> in;
    uint32_t out = width;
    const bool stereo_in = type == "balance";
    if (type == "pan") width = 1, out = 2;
    if (stereo_in) width = out = 2;
    in.emplace_back("in", exactly(expression(width, 2), width));
    std::vector<std::pair<std::string, SettingValue>> settings;
    const auto max = [&](double value) {
      settings.emplace_back("max", SettingValue{SettingKind::number, value, false, {}, {}});
    };
    if (type == "clip" || type == "softclip") in.emplace_back("drive", scaled(1, 0.5, 3));
    if (type == "follow") in.insert(in.end(), {{"attack", scaled(1, 0.001, 0.01)}, {"release", scaled(1, 0.01, 0.1)}});
    if (type == "onezero") in.emplace_back("coef", scaled(1, -1, 1));
    if (type == "biquad")
      for (const char* port : {"b0", "b1", "b2", "a1", "a2"}) in.emplace_back(port, scaled(1, -0.4, 0.4));
    if (type == "comb")
      in.insert(in.end(), {{"time", scaled(1, 0.0002, 0.004)}, {"feedback", scaled(1, -0.7, 0.7)}}), max(0.01);
    if (type == "allpass_delay")
      in.insert(in.end(), {{"time", scaled(1, 0.0002, 0.004)}, {"gain", scaled(1, -0.7, 0.7)}}), max(0.01);
    if (type == "samples") in.emplace_back("n", scaled(1, 0, 70)), max(100);
    if (type == "pan" || type == "balance") in.emplace_back("position", scaled(1, -1, 1));
    Node made = node(n, type, std::move(in));
    made.settings = std::move(settings);
    graph_.nodes.push_back(std::move(made));
    sources_.push_back({name(n), out});
  }

  // A delay's time has to be known before what it feeds back: it may move with inputs and parameters, or a sample late.
  std::string delay_time() {
    switch (random_.below(4)) {
      case 0:
        return std::to_string(random_.uniform(0, 0.004));
      case 1:
        return "0.002 + 0.002 * sin(sum(in))";
      case 2:
        return "0.001 + 0.001 * sin(prev(" + leaf(1) + "))";
      default:
        return params_.empty() ? "0" : "0.002 + 0.0021 * " + params_[0];
    }
  }

  void add_delay(uint32_t n, uint32_t width) {
    // The last two jump where a moving time passes a whole sample.
    static const char* const kModes[] = {"linear", "cubic", "allpass", "none"};
    Node made =
        node(n, "delay", {{"in", exactly("0.6 * tanh(" + expression(width, 3) + ")", width)}, {"time", delay_time()}});
    made.settings.emplace_back("max", SettingValue{SettingKind::number, 0.005, false, {}, {}});
    made.settings.emplace_back("interpolation",
                               SettingValue{SettingKind::choice, 0, false, kModes[random_.below(wild() ? 4 : 2)], {}});
    graph_.nodes.push_back(std::move(made));
  }

  void add_outputs() {
    const uint32_t width = 1 + random_.below(2);
    const Source& last = sources_.back();
    graph_.output("out", last.width == 1 && random_.chance(0.5)
                             ? last.text
                             : exactly(expression(width, 2) + " + " +
                                           (last.width == width ? last.text : "sum(" + last.text + ")"),
                                       width));
    if (random_.chance(0.2)) graph_.output("extra", leaf(1));
  }

  Random& random_;
  GraphShape shape_;
  Graph graph_;
  std::vector<Source> sources_;
  std::vector<std::string> params_;
  std::vector<uint32_t> delay_;
};

void replace(Expr& expr, const std::string& id) {
  if (expr.kind == ExprKind::member && !expr.args.empty() && expr.args[0].text == id) expr = Expr::number(0.25);
  if (expr.kind == ExprKind::name && expr.text == id) expr = Expr::number(0.25);
  // A number has one channel: an index into it must go too.
  for (Expr& child : expr.args) replace(child, id);
  if (expr.kind == ExprKind::index && expr.args[0].kind == ExprKind::number) expr = Expr::number(0.25);
}

}  // namespace

Graph random_graph(Random& random, const GraphShape& shape) { return Generator(random, shape).make(); }

Graph without_node(const Graph& graph, size_t index) {
  Graph smaller = graph;
  const std::string id = smaller.nodes[index].id;
  smaller.nodes.erase(smaller.nodes.begin() + static_cast<std::ptrdiff_t>(index));
  for (Node& node : smaller.nodes) {
    replace(node.expr, id);
    for (NodeInput& input : node.inputs) replace(input.expr, id);
  }
  for (GraphOutput& output : smaller.outputs) replace(output.expr, id);
  return smaller;
}

}  // namespace sinter::test
