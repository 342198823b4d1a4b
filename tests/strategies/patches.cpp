// See patches.hpp.
#include "patches.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>

namespace sinter::test {
namespace {

class PatchMaker {
 public:
  explicit PatchMaker(Random random) : random_(random) {}

  Graph make(uint32_t pieces) {
    static constexpr uint32_t kWidths[] = {1, 1, 1, 2, 2, 3, 4, 8, 16, 17, 32};
    const uint32_t width = kWidths[random_.below(11)];
    declare();
    graph_.expr("wide", "in * (1 - 0.5 * i / n)");
    graph_.nodes.back().channels = width;
    std::string last = "wide";
    for (uint32_t p = 0; p < pieces; ++p) last = piece("x" + std::to_string(p), last);
    graph_.output("out", width == 1 ? last : "sum(" + last + ") / " + std::to_string(width));
    return std::move(graph_);
  }

  Graph make_strips(uint32_t pieces) {
    static constexpr uint32_t kStrips[] = {4, 7, 8, 9, 16, 17, 24, 40, 70};
    strips_ = kStrips[random_.below(9)];
    declare();
    const bool filtered = random_.chance(0.3), tapped = random_.chance(0.3);
    const uint32_t width = random_.chance(0.3) ? 2 + random_.below(2) : 1;
    const uint32_t misfit = random_.chance(0.3) ? random_.below(strips_) : strips_;
    const Random start = random_;
    std::string sum, heard;
    for (strip_ = 0; strip_ < strips_; ++strip_) {
      random_ = strip_ == misfit ? Random(7) : start;
      const std::string suffix = "_" + std::to_string(strip_);
      graph_.expr("wide" + suffix,
                  "in * " + std::to_string(1 - 0.5 * strip_ / strips_) + (width > 1 ? " * (1 + 0.1 * i)" : ""));
      graph_.nodes.back().channels = width;
      heard = "wide" + suffix;
      for (uint32_t p = 0; p < pieces; ++p) heard = piece("x" + std::to_string(p) + suffix, heard);
      graph_.expr("strip" + suffix, heard);
      sum += (strip_ ? " + strip" : "strip") + suffix;
    }
    graph_.expr("mix", "(" + sum + ") / " + std::to_string(strips_));
    if (filtered) graph_.node("last", "lowpass", {{"in", "mix"}, {"freq", "3000"}});
    const std::string out = std::string(filtered ? "last" : "mix") + (tapped ? " + 0.2 * strip_1" : "");
    return std::move(graph_.output("out", width == 1 ? out : "sum(" + out + ")"));
  }

 private:
  void declare() {
    graph_.input("in").input("side");
    for (const char* id : {"p0", "p1"}) {
      GraphParam param{.id = id, .minimum = -1, .maximum = 1, .fallback = random_.uniform(-1, 1)};
      if (random_.chance(0.3)) param.smooth_ms = random_.uniform(0, 8);
      graph_.param(param);
    }
  }

  // lo … hi by a knob, by the channel, by both, by a signal, or at rest.
  std::string moving(double lo, double hi, bool by_sample) {
    return strips_ ? moving_in_strip(lo, hi, by_sample) : moving_in_channel(lo, hi, by_sample);
  }

  // The same kind of number in each strip, and most often another one.
  std::string moving_in_strip(double lo, double hi, bool by_sample) {
    char text[96];
    const double middle = (lo + hi) / 2, half = (hi - lo) / 2, u = random_.uniform(0, 1);
    const bool same = random_.chance(0.2);
    const double at = std::fmod(u + (same ? 0 : 0.618 * strip_), 1), value = lo + (hi - lo) * at;
    switch (random_.below(by_sample ? 5 : 4)) {
      case 0:
        std::snprintf(text, sizeof text, "%.5g", value);
        break;
      case 3:
        std::snprintf(text, sizeof text, "%.5g + %.5g * i / n", lo + half * at, half);
        break;
      case 1:
        std::snprintf(text, sizeof text, "%.5g + %.5g * $p%u", middle, half * at, same ? 0 : strip_ % 2);
        break;
      case 2:
        std::snprintf(text, sizeof text, "%.5g + %.5g * $p0", middle, half * at);
        break;
      default:
        std::snprintf(text, sizeof text, "%.5g + %.5g * side", middle, half * at);
    }
    return text;
  }

  std::string moving_in_channel(double lo, double hi, bool by_sample) {
    char text[96];
    const double middle = (lo + hi) / 2, half = (hi - lo) / 2;
    switch (random_.below(by_sample ? 5 : 4)) {
      case 0:
        std::snprintf(text, sizeof text, "%.5g", random_.uniform(lo, hi));
        break;
      case 1:
        std::snprintf(text, sizeof text, "%.5g + %.5g * $p%u", middle, half, random_.below(2));
        break;
      case 2:
        std::snprintf(text, sizeof text, "%.5g + %.5g * i / n", lo, hi - lo);
        break;
      case 3:
        std::snprintf(text, sizeof text, "%.5g + %.5g * $p0 + %.5g * i / n", middle, half * 0.5, half * 0.5);
        break;
      default:
        std::snprintf(text, sizeof text, "%.5g + %.5g * side", middle, half);
    }
    return text;
  }

  void filter(const std::string& id, const std::string& in) {
    static const char* const kTypes[] = {"lowpass", "highpass", "bandpass",  "notch",
                                         "allpass", "lowshelf", "highshelf", "peak"};
    const std::string type = kTypes[random_.below(8)];
    std::vector<std::pair<std::string, std::string>> ports = {
        {"in", in}, {"freq", moving(80, 5'000, true)}, {"q", moving(0.5, 4, random_.chance(0.2))}};
    if (type.ends_with("shelf") || type == "peak") ports.emplace_back("gain", moving(0.3, 1, false));
    graph_.node(id, type, std::move(ports));
    if (random_.chance(0.25)) graph_.nodes.back().chain = 2 + random_.below(9);
  }

  SettingValue number(double value) { return {SettingKind::number, value, false, {}, {}}; }

  // Adds a piece that reads `in`; gives the expression for its output.
  std::string piece(const std::string& id, const std::string& in) {
    switch (random_.below(14)) {
      case 0:
      case 1:
      case 2:
        filter(id, in);
        return id;
      case 3:
        graph_.node(id, "onepole", {{"in", in}, {"freq", moving(20, 6'000, true)}});
        return id;
      case 4:
        graph_.node(id, "dcblock", {{"in", in}, {"freq", moving(10, 400, false)}});
        return id;
      case 5:
        graph_.node(id, "onezero", {{"in", in}, {"coef", moving(-0.9, 0.9, true)}});
        return id;
      case 6:
        graph_.node(id, "biquad",
                    {{"in", in}, {"b0", "0.2"}, {"b1", "0.1"}, {"a1", moving(-0.5, 0.4, true)}, {"a2", "0.3"}});
        return id;
      case 7: {
        std::vector<std::pair<std::string, std::string>> ports = {{"freq", moving(30, 3'000, true)}};
        if (random_.chance(0.3)) ports.emplace_back("reset", "side - 0.4");
        graph_.node(id, "sine", std::move(ports));
        return "(0.5 * " + in + " + 0.5 * " + id + ")";
      }
      case 8:
        graph_.node(id, "follow",
                    {{"in", in}, {"attack", moving(0.0005, 0.005, false)}, {"release", moving(0.005, 0.05, false)}});
        return id;
      case 9:
        // A loop through a curve, with a loop gain below 1.
        graph_.expr(id, "prev(" + id + ") + g * (tanh(" + in + " - 0.8 * prev(" + id + ")) - prev(" + id + "))",
                    {{"g", moving(0.1, 0.7, true)}});
        return id;
      case 10:
        // Less than one radian of its own phase.
        graph_.node(id + "tone", "phasor", {{"freq", moving(50, 900, false)}});
        graph_.expr(id, "sin(2 * pi * " + id + "tone + b * prev(" + id + ")) * 0.5 + 0.5 * " + in,
                    {{"b", moving(0.1, 0.8, false)}});
        return id;
      case 11:
        graph_.expr(id, "a * prev(" + id + ") + 0.2 * " + in, {{"a", "hold(" + moving(-0.7, 0.75, false) + ")"}});
        return id;
      case 12: {
        static const char* const kTimes[] = {"0.00005", "0.0002", "0.0007", "0.003"};
        graph_.node(id, random_.chance(0.5) ? "comb" : "allpass_delay",
                    {{"in", in}, {"time", kTimes[random_.below(4)]}}, {{"max", number(0.01)}});
        graph_.nodes.back().inputs.push_back({.port = graph_.nodes.back().type == "comb" ? "feedback" : "gain",
                                              .expr = *parse_expr(moving(-0.6, 0.6, false))});
        return "(0.4 * " + id + ")";
      }
      default:
        graph_.node(id, "delay", {{"in", "0.5 * (" + in + ") + 0.45 * " + id}, {"time", moving(0.0005, 0.003, true)}},
                    {{"max", number(0.01)}});
        return id;
    }
  }

  Random random_;
  Graph graph_;
  uint32_t strips_ = 0, strip_ = 0;  // 0: channels
};

}  // namespace

Graph recurrence_patch(Random& random, uint32_t most_pieces) {
  const uint32_t pieces = 1 + random.below(most_pieces);
  return PatchMaker(Random(random.next())).make(pieces);
}

Graph written_out_patch(Random& random, uint32_t most_pieces) {
  const uint32_t pieces = 1 + random.below(most_pieces);
  return PatchMaker(Random(random.next())).make_strips(pieces);
}

Compiled compiled(const Graph& graph, const Backend* backend, bool strict, bool f64, double rate) {
  CompileOptions options;
  options.sample_rate = rate;
  options.backend = backend;
  options.strict = strict;
  options.f64 = f64;
  Result<Compiled> made = compile_patch(graph, options);
  if (!made) FAIL(format(made.error()));
  return std::move(*made);
}

Graph with_strategy(Graph graph, std::string_view strategy) {
  for (Node& node : graph.nodes) node.strategy = strategy;
  return graph;
}

}  // namespace sinter::test
