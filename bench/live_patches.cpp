// See live_patches.hpp.
#include "live_patches.hpp"

#include <cstdio>

namespace sinter::measuring {
namespace {

constexpr uint32_t kRow = 5;  // strips after each other

std::string text(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.9g", value);
  return digits;
}

std::string joined(const std::string& prefix, uint32_t count, uint32_t first = 0, uint32_t step = 1) {
  std::string sum;
  for (uint32_t i = first; i < count; i += step) sum += (sum.empty() ? "" : " + ") + prefix + std::to_string(i);
  return sum;
}

SettingValue number(double value) { return {.number = value}; }
SettingValue choice(const char* name) { return {.kind = SettingKind::choice, .text = name}; }

// Deterministic noise in 0 … 1 of an edit's number: where it happens and how much.
double scattered(uint32_t n) {
  n ^= n >> 16, n *= 0x7feb352d, n ^= n >> 15, n *= 0x846ca68b, n ^= n >> 16;
  return n * 0x1p-32;
}

}  // namespace

EditedPatch::EditedPatch() : strips_(kStrips) {
  for (uint32_t s = 0; s < kStrips; ++s) strips_[s] = {.gain = 0.4 + 0.01 * s, .cutoff_hz = 400.0 + 150 * s};
}

void EditedPatch::edit() {
  const uint32_t number = edits_++;
  Strip& strip = strips_[static_cast<uint32_t>(scattered(2 * number) * kStrips)];
  const double amount = scattered(2 * number + 1);
  switch (number % 4) {
    case 0:
      strip.gain = 0.2 + 0.6 * amount;
      break;
    case 1:
      strip.cutoff_hz = 200 + 4'000 * amount;
      break;
    case 2:
      strip.has_extra = !strip.has_extra;
      break;
    default:
      strip.from_filter = !strip.from_filter;
      break;
  }
}

void EditedPatch::add_strip(Graph& graph, uint32_t index) const {
  const Strip& strip = strips_[index];
  const std::string n = std::to_string(index);
  const std::string in = index % kRow ? "out" + std::to_string(index - 1) : "in";
  graph.node("tone" + n, "sine", {{"freq", text(55 * (1 + index % 7))}});
  graph.expr("mix" + n, "x + 0.1 * tone" + n + " * (0.5 + 0.5 * x)", {{"x", in}});
  graph.node("low" + n, "lowpass", {{"in", "mix" + n}, {"freq", text(strip.cutoff_hz)}, {"q", "0.9"}});
  graph.node("peak" + n, "peak", {{"in", "low" + n}, {"freq", text(300.0 + 90 * index)}, {"gain", "1.4"}});
  const std::string source = strip.from_filter ? "low" + n : "peak" + n;
  if (strip.has_extra) graph.node("extra" + n, "highpass", {{"in", source}, {"freq", "40"}});
  graph.node(
      "echo" + n, "delay",
      {{"in", (strip.has_extra ? "extra" + n : source) + " + 0.3 * echo" + n}, {"time", text(0.11 + 0.013 * index)}},
      {{"max", number(0.5)}, {"interpolation", choice("linear")}});
  graph.expr("shape" + n, "tanh(x) * 0.5", {{"x", "echo" + n + " + peak" + n}});
  graph.node("loud" + n, "follow", {{"in", "shape" + n}});
  graph.expr("out" + n, "shape" + n + " * " + text(strip.gain) + " * (1 - 0.3 * min(loud" + n + ", 1))");
}

Graph EditedPatch::graph() const {
  Graph graph;
  graph.name = "live edits";
  graph.input("in");
  for (uint32_t s = 0; s < kStrips; ++s) add_strip(graph, s);
  const std::string left = joined("out", kStrips, kRow - 1, 2 * kRow),
                    right = joined("out", kStrips, 2 * kRow - 1, 2 * kRow);
  return graph.output("out", "stack(0.2 * (" + left + "), 0.2 * (" + right + "))");
}

LivePatch tiny_patch() {
  const auto make = [](const char* in, const char* out) {
    Graph graph;
    graph.input("in").node("low", "onepole", {{"in", in}, {"freq", "800"}});
    return graph.output("out", out);
  };
  return {"one filter", make("in", "0.5 * low"), make("in", "0.6 * low"), make("0.9 * in", "0.5 * low")};
}

LivePatch nodes_patch() {
  EditedPatch before, downstream, upstream;
  downstream.set_gain(EditedPatch::kStrips - 1, 0.3);
  for (uint32_t s = 0; s < EditedPatch::kStrips; s += kRow) upstream.set_cutoff(s, 700);
  return {"200 nodes", before.graph(), downstream.graph(), upstream.graph(), 0.5};
}

LivePatch lines_patch(double seconds) {
  constexpr uint32_t kDelays = 12;
  const auto make = [&](const char* in, const char* gain) {
    Graph graph;
    graph.input("in", 2);
    for (uint32_t d = 0; d < kDelays; ++d)
      graph.node("echo" + std::to_string(d), "delay",
                 {{"in", std::string(in) + " * in"}, {"time", text(seconds * (0.93 - 0.07 * d))}},
                 {{"max", number(seconds)}});
    return graph.output("out", std::string(gain) + " * (" + joined("echo", kDelays) + ")");
  };
  // The rings' capacities are powers of two.
  constexpr double kRate = 48'000, kBytes = 4, kLines = 2 * kDelays;
  double capacity = 2;
  while (capacity < seconds * kRate) capacity *= 2;
  char name[64];
  std::snprintf(name, sizeof name, "delay lines of %.0f MB", capacity * kBytes * kLines * 1e-6);
  return {name, make("1.0", "0.1"), make("1.0", "0.12"), make("0.9", "0.1"), seconds};
}

LivePatch banks_patch() {
  constexpr uint32_t kBanks = 32;
  const auto make = [](const char* in, const char* gain) {
    Graph graph;
    graph.input("in").expr("drive", in);
    for (uint32_t b = 0; b < kBanks; ++b) {
      Node bank;
      bank.id = "bank" + std::to_string(b);
      bank.type = "bandpass";
      bank.channels = 64;
      for (const auto& [port, expression] :
           {std::pair<std::string, std::string>{"in", "drive"}, {"freq", text(40 + b) + " * (i + 1)"}, {"q", "30"}})
        bank.inputs.push_back({.port = port, .expr = parse_expr(expression).value()});
      graph.nodes.push_back(std::move(bank));
    }
    std::string sum;
    for (uint32_t b = 0; b < kBanks; ++b) sum += (b ? " + sum(bank" : "sum(bank") + std::to_string(b) + ")";
    return graph.output("out", std::string(gain) + " * (" + sum + ")");
  };
  return {"4,096 filter states", make("in", "0.01"), make("in", "0.012"), make("0.9 * in", "0.01")};
}

}  // namespace sinter::measuring
