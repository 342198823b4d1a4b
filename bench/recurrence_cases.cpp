// See recurrence_cases.hpp. The numbers in these patches are those of textbook_*.cpp.
#include "recurrence_cases.hpp"

#include <cstdio>

namespace sinter::measuring {
namespace {

constexpr const char* kBiquad = R"j({ "sinter": 1, "inputs": { "in": 1 }, "outputs": { "out": "filter" }, "nodes": [
  { "id": "w", "expr": "2 * pi * 1kHz / sr" },
  { "id": "alpha", "expr": "sin(w) / (2 * 0.7071)" },
  { "id": "b0", "expr": "(1 - cos(w)) / 2 / (1 + alpha)" },
  { "id": "filter", "type": "biquad", "in": { "in": "in", "b0": "b0", "b1": "2 * b0", "b2": "b0",
    "a1": "-2 * cos(w) / (1 + alpha)", "a2": "(1 - alpha) / (1 + alpha)" } } ] })j";

constexpr const char* kOnePole = R"j({ "sinter": 1, "inputs": { "in": 1 }, "outputs": { "out": "filter" }, "nodes": [
  { "id": "filter", "type": "onepole", "in": { "in": "in", "freq": "1kHz" } } ] })j";

constexpr const char* kCascade = R"j({ "sinter": 1, "inputs": { "in": 1 }, "outputs": { "out": "eq" }, "nodes": [
  { "id": "eq", "type": "peak", "chain": 10, "in": { "in": "in", "freq": "100 * 1.7^k", "q": 1.4, "gain": "-3dB" } } ] })j";

constexpr const char* kModulatedSvf =
    R"j({ "sinter": 1, "inputs": { "in": 1, "side": 1 }, "outputs": { "out": "filter.low" }, "nodes": [
  { "id": "filter", "type": "svf", "in": { "in": "in", "freq": "1200 + 2000 * side", "q": 2 } } ] })j";

constexpr const char* kModes =
    R"j({ "sinter": 1, "inputs": { "in": 1 }, "outputs": { "out": "0.1 * sum(bank)" }, "nodes": [
  { "id": "bank", "type": "bandpass", "channels": 64, "in": { "in": "in", "freq": "200 * 1.06^i", "q": 30 } } ] })j";

constexpr const char* kFreeverb = R"j({ "sinter": 1, "inputs": { "in": 2 }, "outputs": { "out": "3 * ap4" }, "nodes": [
  { "id": "x", "expr": "0.015 * sum(in)" },
  { "id": "c1", "type": "comb", "channels": 2, "in": { "in": "x", "time": "(1116 + 23 * i) / sr", "feedback": 0.84, "damp": 0.2 }, "max": 0.04 },
  { "id": "c2", "type": "comb", "channels": 2, "in": { "in": "x", "time": "(1188 + 23 * i) / sr", "feedback": 0.84, "damp": 0.2 }, "max": 0.04 },
  { "id": "c3", "type": "comb", "channels": 2, "in": { "in": "x", "time": "(1277 + 23 * i) / sr", "feedback": 0.84, "damp": 0.2 }, "max": 0.04 },
  { "id": "c4", "type": "comb", "channels": 2, "in": { "in": "x", "time": "(1356 + 23 * i) / sr", "feedback": 0.84, "damp": 0.2 }, "max": 0.04 },
  { "id": "c5", "type": "comb", "channels": 2, "in": { "in": "x", "time": "(1422 + 23 * i) / sr", "feedback": 0.84, "damp": 0.2 }, "max": 0.04 },
  { "id": "c6", "type": "comb", "channels": 2, "in": { "in": "x", "time": "(1491 + 23 * i) / sr", "feedback": 0.84, "damp": 0.2 }, "max": 0.04 },
  { "id": "c7", "type": "comb", "channels": 2, "in": { "in": "x", "time": "(1557 + 23 * i) / sr", "feedback": 0.84, "damp": 0.2 }, "max": 0.04 },
  { "id": "c8", "type": "comb", "channels": 2, "in": { "in": "x", "time": "(1617 + 23 * i) / sr", "feedback": 0.84, "damp": 0.2 }, "max": 0.04 },
  { "id": "ap1", "type": "allpass_delay", "channels": 2, "in": { "in": "c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8", "time": "(556 + 23 * i) / sr", "gain": 0.5 }, "max": 0.02 },
  { "id": "ap2", "type": "allpass_delay", "channels": 2, "in": { "in": "ap1", "time": "(441 + 23 * i) / sr", "gain": 0.5 }, "max": 0.02 },
  { "id": "ap3", "type": "allpass_delay", "channels": 2, "in": { "in": "ap2", "time": "(341 + 23 * i) / sr", "gain": 0.5 }, "max": 0.02 },
  { "id": "ap4", "type": "allpass_delay", "channels": 2, "in": { "in": "ap3", "time": "(225 + 23 * i) / sr", "gain": 0.5 }, "max": 0.02 } ] })j";

constexpr const char* kSaws = R"j({ "sinter": 1, "outputs": { "out": "0.2 * sum(unison)" }, "nodes": [
  { "id": "unison", "type": "saw", "channels": 7, "in": { "freq": "110 * (1 + 0.004 * (i - 3))" } } ] })j";

constexpr const char* kOperators = R"j({ "sinter": 1, "outputs": { "out": "0.5 * (op1 + op4)" }, "nodes": [
  { "id": "op1", "type": "sine", "in": { "freq": 220, "phase": "0.3 * op2" } },
  { "id": "op2", "type": "sine", "in": { "freq": 440.5, "phase": "0.12 * op3" } },
  { "id": "op3", "type": "sine", "in": { "freq": 1540 } },
  { "id": "op4", "type": "sine", "in": { "freq": 220.7, "phase": "0.25 * op5" } },
  { "id": "op5", "type": "sine", "in": { "freq": 661, "phase": "0.08 * op6" } },
  { "id": "op6", "type": "sine", "in": { "freq": 3080 } } ] })j";

constexpr const char* kLadder = R"j({ "sinter": 1, "inputs": { "in": 1 }, "outputs": { "out": "moog" }, "nodes": [
  { "id": "moog", "type": "four_poles", "in": { "in": "1.5 * in", "freq": "1.2kHz", "feedback": 2.4 } } ],
  "define": { "four_poles": {
    "inputs": { "in": 1 },
    "params": { "freq": { "min": 10, "max": 20000, "default": 1000, "unit": "Hz" }, "feedback": { "max": 4 } },
    "nodes": [
      { "id": "g", "expr": "1 - exp(-2 * pi * $freq / sr)" },
      { "id": "y1", "expr": "prev(y1) + hold(g) * (tanh(in - $feedback * prev(y4)) - prev(t1))" }, { "id": "t1", "expr": "tanh(y1)" },
      { "id": "y2", "expr": "prev(y2) + hold(g) * (t1 - prev(t2))" }, { "id": "t2", "expr": "tanh(y2)" },
      { "id": "y3", "expr": "prev(y3) + hold(g) * (t2 - prev(t3))" }, { "id": "t3", "expr": "tanh(y3)" },
      { "id": "y4", "expr": "prev(y4) + hold(g) * (t3 - prev(t4))" }, { "id": "t4", "expr": "tanh(y4)" } ],
    "outputs": { "out": "y4" } } } })j";

constexpr const char* kStrings =
    R"j({ "sinter": 1, "inputs": { "in": 1 }, "outputs": { "out": "0.25 * sum(string)" }, "nodes": [
  { "id": "string", "type": "delay", "channels": 16, "max": 0.01, "min": 0.002,
    "in": { "in": "in + 0.498 * (string + prev(string))", "time": "(100 + 7 * i) / sr" } } ] })j";

std::string numbered(const char* format, int index) {
  char text[512];
  int i[8] = {index, index, index, index, index, index, index, index};
  std::snprintf(text, sizeof text, format, i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7]);
  return text;
}

// Written out node by node, as people do: that the strips are alike is for the compiler to see.
std::string strips_patch() {
  constexpr int kStrips = 40;
  std::string nodes, sum;
  for (int s = 0; s < kStrips; ++s) {
    nodes += numbered(R"j({ "id": "tone%d", "type": "sine", "in": { "freq": "55 + 11.5 * %d" } },)j", s);
    nodes += numbered(R"j({ "id": "lfo%d", "type": "sine", "in": { "freq": "0.2 + 0.13 * %d" } },)j", s);
    nodes += numbered(
        R"j({ "id": "low%d", "type": "lowpass", "in": { "in": "tone%d * (0.5 + 0.5 * lfo%d)", "freq": "400 + 120 * %d", "q": 0.9 } },)j",
        s);
    nodes += numbered(R"j({ "id": "drive%d", "type": "softclip", "in": { "in": "low%d", "drive": 2 } },)j", s);
    nodes +=
        numbered(R"j({ "id": "soft%d", "type": "onepole", "in": { "in": "drive%d", "freq": "900 + 75 * %d" } },)j", s);
    sum += numbered(s ? " + soft%d" : "soft%d", s);
  }
  nodes.pop_back();
  return R"j({ "sinter": 1, "outputs": { "out": "0.1 * ()j" + sum + R"j()" }, "nodes": [)j" + nodes + "] }";
}

struct Source {
  const char* name;
  std::string patch;
  textbook::Maker loop;
  std::vector<RecurrenceCase::Other> other_loops;
  std::vector<RecurrenceCase::Limit> limits;
  double times_faster;
};

}  // namespace

Result<std::vector<RecurrenceCase>> recurrence_cases() {
  namespace book = textbook;
  const std::vector<Source> sources = {
      {"static biquad", kBiquad, book::biquad, {}, {{"avx512", 0.40}, {"avx2", 0.55}}, 8},
      {"one-pole", kOnePole, book::one_pole, {}, {{"avx512", 0.25}}, 0},
      {"cascade of 10", kCascade, book::cascade, {}, {{"avx512", 2.6}}, 5},
      {"audio-rate SVF", kModulatedSvf, book::modulated_svf, {}, {{"avx512", 1.1}}, 5},
      {"64-mode bank",
       kModes,
       book::modes,
       {{"loop, modes side by side", book::modes_side_by_side}},
       {{"avx512", 8}},
       6},
      {"Freeverb, stereo", kFreeverb, book::freeverb, {}, {{"avx512", 7}}, 5},
      {"7-saw unison", kSaws, book::saws, {}, {{"avx512", 1.8}}, 5},
      {"6-operator FM", kOperators, book::operators, {}, {{"avx512", 2.3}}, 0},
      {"ladder", kLadder, book::ladder, {}, {}, 2},
      {"16 Karplus strings", kStrings, book::strings, {}, {}, 6},
      {"200 mixed nodes",
       strips_patch(),
       book::strips,
       {{"loop, all strips in each sample", book::strips_by_sample}},
       {{"avx512", 32}},
       6},
  };
  std::vector<RecurrenceCase> cases;
  for (const Source& source : sources) {
    Result<Graph> graph = read_patch(source.patch, source.name, "", standard_nodes());
    if (!graph) return graph.errors();
    cases.push_back(
        {source.name, std::move(*graph), source.loop, source.other_loops, source.limits, source.times_faster});
  }
  return cases;
}

}  // namespace sinter::measuring
