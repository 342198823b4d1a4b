// Every choice comes from the generator's numbers, so that a failing seed can be repeated.
#include "random_graph.hpp"

#include <algorithm>
#include <cmath>

namespace sinter::test {
namespace {

Expr make(ExprKind kind, std::string text, std::vector<Expr> args, double value = 0) {
  Expr expr;
  expr.kind = kind;
  expr.text = std::move(text);
  expr.args = std::move(args);
  expr.value = value;
  return expr;
}

template <class T>
const T& one_of(Random& random, const std::vector<T>& list) {
  return list[random.below(static_cast<uint32_t>(list.size()))];
}

double random_number(Random& random) {
  switch (random.below(6)) {
    case 0:
      return random.below(10);
    case 1:
      return -static_cast<double>(random.below(1000));
    case 2:
      return random.uniform(-1, 1);
    case 3:
      return std::ldexp(random.uniform(-1, 1), static_cast<int>(random.below(600)) - 300);
    case 4:
      return random.uniform(-1e6, 1e6);
    default:
      return 0.5;
  }
}

Expr leaf(Random& random, const std::vector<std::string>& names, const std::vector<std::string>& params) {
  static const std::vector<std::string> kUnits = {"ms", "s", "Hz", "kHz", "dB", "%", "st", "samples"};
  switch (random.below(5)) {
    case 0:
      return Expr::number(random_number(random));
    case 1:
      return make(ExprKind::quantity, one_of(random, kUnits), {}, random_number(random));
    case 2:
      return params.empty() ? Expr::number(1) : make(ExprKind::param, one_of(random, params), {});
    case 3:
      return Expr::named(random.chance(0.5) ? "pi" : "sr");
    default:
      return Expr::named(one_of(random, names));
  }
}

Expr random_call(Random& random, uint32_t depth, const std::vector<std::string>& names,
                 const std::vector<std::string>& params) {
  const FunctionInfo* function;
  do function = &functions()[random.below(static_cast<uint32_t>(functions().size()))];
  while (function->name == "cc");
  const uint32_t most = function->max_args == 255 ? function->min_args + 3u : function->max_args;
  const uint32_t count = function->min_args + random.below(most - function->min_args + 1);
  std::vector<Expr> args;
  for (uint32_t i = 0; i < count; ++i) args.push_back(random_expr(random, depth, names, params));
  return make(ExprKind::call, std::string(function->name), std::move(args));
}

}  // namespace

Expr random_expr(Random& random, uint32_t depth, const std::vector<std::string>& names,
                 const std::vector<std::string>& params) {
  static const std::vector<std::string> kOps = {"+", "-", "*", "/", "^", "<", "<=", ">", ">=", "==", "!=", "&&", "||"};
  if (depth == 0 || random.chance(0.15)) return leaf(random, names, params);
  const auto inner = [&] { return random_expr(random, depth - 1, names, params); };
  switch (random.below(8)) {
    case 0:
      return make(ExprKind::negate, "", {inner()});
    case 1:
      return make(ExprKind::logical_not, "", {inner()});
    case 2:
      return make(ExprKind::index, "", {inner()}, static_cast<double>(random.below(9)) - 4);
    case 3:
      return make(ExprKind::choose, "", {inner(), inner(), inner()});
    case 4:
      return random_call(random, depth - 1, names, params);
    default:
      return make(ExprKind::binary, one_of(random, kOps), {inner(), inner()});
  }
}

namespace {

const std::vector<std::string> kTexts = {
    "", "x", "two words", "quote \" and \\", "line\nbreak\ttab", "ümläut 🎵", std::string("\x01 control")};

Extra random_extra(Random& random, const std::string& path = "") {
  static const std::vector<std::string> kValues = {"1", "\"a\\u00e4\"", "[1,{\"b\":null}]", "{}", "true", "-1.50e3"};
  Extra extra;
  for (const char* key : {"x-a", "x-b/c", "x-"})
    if (random.chance(0.1)) extra.emplace_back(path + key, one_of(random, kValues));
  return extra;
}

void join(Extra& all, Extra more) { all.insert(all.end(), more.begin(), more.end()); }

GraphParam random_param(Random& random, const std::string& id) {
  GraphParam param;
  param.id = id;
  if (random.chance(0.3)) {
    param.choices = {"soft", "hard \"er\"", "wörst"};
    param.choices.resize(1 + random.below(3));
    param.maximum = static_cast<double>(param.choices.size()) - 1;
    param.step = 1;
    param.fallback = random.below(static_cast<uint32_t>(param.choices.size()));
  } else {
    param.minimum = random.uniform(1e-6, 1);
    param.maximum = param.minimum + random.uniform(0.1, 1e5);
    param.fallback = random.chance(0.5) ? param.minimum : (param.minimum + param.maximum) / 2;
    if (random.chance(0.3)) param.step = 0.01;
    if (random.chance(0.3)) param.scale = Scale::log;
  }
  if (random.chance(0.3)) param.smooth_ms = random.uniform(0, 100);
  if (random.chance(0.3)) param.label = one_of(random, kTexts);
  if (random.chance(0.3)) param.group = one_of(random, kTexts);
  if (random.chance(0.3)) param.note = one_of(random, kTexts);
  if (random.chance(0.3)) param.slot = static_cast<int32_t>(random.below(100));
  if (random.chance(0.3)) param.midi_cc = static_cast<int32_t>(random.below(128));
  join(param.extra, random_extra(random));
  join(param.extra, random_extra(random, "midi/"));
  std::ranges::sort(param.extra);
  return param;
}

void settings(Random& random, Node& node) {
  const auto add = [&](const char* name, SettingValue value) { node.settings.emplace_back(name, std::move(value)); };
  if (node.type == "delay") {
    add("max", {.number = random.uniform(0, 30)});
    if (random.chance(0.5)) add("interpolation", {.kind = SettingKind::choice, .text = "cubic"});
    if (random.chance(0.5)) add("wrap", {.kind = SettingKind::flag, .flag = random.chance(0.5)});
  }
  if (node.type == "taps") {
    std::vector<double> taps;
    for (uint32_t i = random.below(5); i > 0; --i) taps.push_back(random.uniform(-10, 10));
    if (random.chance(0.5)) add("taps", {.kind = SettingKind::numbers, .numbers = taps});
    if (random.chance(0.5)) add("title", {.kind = SettingKind::text, .text = one_of(random, kTexts)});
  }
}

/// Ports of the types used here, the first of which must be connected.
std::vector<std::string> ports(const std::string& type) {
  if (type == "lowpass") return {"in", "q"};
  if (type == "comp") return {"a", "p0", "p1"};
  return {"in"};
}

Node random_node(Random& random, const std::string& id, const std::vector<std::string>& names,
                 const std::vector<std::string>& params, bool in_definition) {
  Node node;
  node.id = id;
  std::vector<std::string> types = {"", "", "lowpass", "amp", "delay", "taps", "meter"};
  if (!in_definition) types.emplace_back("comp");
  node.type = one_of(random, types);
  if (random.chance(0.2)) node.channels = 1 + random.below(kMaxSignalChannels);
  const auto expr = [&](const std::vector<std::string>& seen) { return random_expr(random, 3, seen, params); };
  if (node.type.empty()) {
    std::vector<std::string> seen = names;
    for (const char* name : {"w0", "w1"})
      if (random.chance(0.4)) {
        node.inputs.push_back({name, expr(names), {}});
        seen.emplace_back(name);
      }
    if (!node.inputs.empty() && random.chance(0.3)) node.chain = 1 + random.below(kMaxChain);
    if (node.chain) seen.emplace_back("k");
    node.expr = expr(seen);
  } else {
    for (const std::string& port : ports(node.type))
      if (node.inputs.empty() || random.chance(0.5)) {
        Expr value = expr(names);  // bare quantities and parameters need the port's unit; a product needs none
        if (value.kind == ExprKind::quantity || value.kind == ExprKind::param)
          value = make(ExprKind::binary, "*", {Expr::number(1), value});
        node.inputs.push_back({port, std::move(value), {}});
      }
    node.forward_params = node.type == "comp" && random.chance(0.5);
    settings(random, node);
    if (random.chance(0.2)) node.chain = 1 + random.below(kMaxChain);
  }
  if (random.chance(0.3)) {
    constexpr const char* kStrategies[] = {"auto", "serial", "time_parallel", "block", "scan", "lanes"};
    node.strategy = kStrategies[random.below(6)];
  }
  if (random.chance(0.2)) node.note = one_of(random, kTexts);
  join(node.extra, random_extra(random));
  join(node.extra, random_extra(random, node.type.empty() ? "where/" : "in/"));
  std::ranges::sort(node.extra);
  return node;
}

void random_body(Random& random, GraphBody& body, Extra& extra, bool in_definition) {
  std::vector<std::string> names = {"a"}, params;
  body.inputs.push_back({"a", 1 + random.below(kMaxBusChannels), {}});
  for (const char* id : {"p0", "p1"}) {
    body.params.push_back(random_param(random, id));
    params.emplace_back(id);
  }
  const uint32_t count = random.below(8);
  for (uint32_t i = 0; i < count; ++i) names.push_back("n" + std::to_string(i));
  for (uint32_t i = 0; i < count; ++i)
    body.nodes.push_back(random_node(random, names[i + 1], names, params, in_definition));
  body.outputs.push_back({"out", random_expr(random, 3, names, params), {}});
  if (random.chance(0.3)) body.outputs.push_back({"aux", random_expr(random, 2, names, params), {}});
  for (const char* path : {"inputs/", "params/", "outputs/", ""}) join(extra, random_extra(random, path));
}

}  // namespace

Graph random_graph(Random& random) {
  Graph graph;
  graph.name = one_of(random, kTexts);
  graph.note = one_of(random, kTexts);
  graph.meta.author = one_of(random, kTexts);
  graph.meta.license = one_of(random, kTexts);
  if (random.chance(0.5)) graph.meta.tags = {"a", "b \" c"};
  graph.meta.extra = random_extra(random);
  std::ranges::sort(graph.meta.extra);
  random_body(random, graph, graph.extra, false);
  Definition definition;
  definition.name = "comp";
  definition.note = one_of(random, kTexts);
  random_body(random, definition.body, definition.extra, true);
  std::ranges::sort(definition.extra);
  graph.definitions.push_back(std::move(definition));
  join(graph.extra, random_extra(random, "define/"));
  std::ranges::sort(graph.extra);
  return graph;
}

}  // namespace sinter::test
