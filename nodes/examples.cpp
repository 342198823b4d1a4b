// How a patch uses each node: a row per type.
#include "sinter/nodes/nodes.hpp"

namespace sinter {
namespace {

constexpr NodeExample kExamples[] = {
    {"phasor", Picture::wave, 0.01, R"j("in": { "freq": 440 })j"},
    {"sine", Picture::wave, 0.01, R"j("in": { "freq": 440 })j"},
    {"noise", Picture::spectrum, 0, R"j("seed": 1)j"},
    {"impulse", Picture::wave, 0.01, R"j("in": { "freq": 440 })j"},
    {"pink", Picture::spectrum, 0, R"j("seed": 1)j"},
    {"saw", Picture::wave, 0.01, R"j("in": { "freq": 440 })j"},
    {"square", Picture::wave, 0.01, R"j("in": { "freq": 440 })j"},
    {"pulse", Picture::wave, 0.01, R"j("in": { "freq": 440, "width": 0.2 })j"},
    {"triangle", Picture::wave, 0.01, R"j("in": { "freq": 440 })j"},
    {"wavetable", Picture::wave, 0.01,
     R"j("in": { "freq": 440 }, "table": [0, 0.8, 1, 0.6, 0.5, 0.7, 0.4, 0.1, 0, -0.6, -0.9, -1, -0.5, -0.3, -0.5, -0.2])j"},
    {"line", Picture::step, 1, R"j("in": { "gate": "in", "to": 1, "time": "300ms" })j"},
    {"adsr", Picture::step, 1,
     R"j("in": { "gate": "in", "attack": "60ms", "decay": "150ms", "sustain": 0.6, "release": "250ms" })j"},
    {"ar", Picture::step, 1, R"j("in": { "gate": "in", "attack": "150ms", "release": "300ms" })j"},
    {"smooth", Picture::step, 1, R"j("in": { "in": "in", "time": "60ms" })j"},
    {"slew", Picture::step, 1, R"j("in": { "in": "in", "rise": "200ms", "fall": "400ms" })j"},
    {"sah", Picture::wave, 1, R"j("in": { "in": "lfo", "trigger": "clock" })j"},
    {"onepole", Picture::response, 0, R"j("in": { "in": "in", "freq": "1kHz" })j"},
    {"onezero", Picture::response, 0, R"j("in": { "in": "in", "coef": 0.9 })j"},
    {"dcblock", Picture::response, 0, R"j("in": { "in": "in", "freq": "50Hz" })j"},
    {"biquad", Picture::response, 0,
     R"j("in": { "in": "in", "b0": 0.02, "b1": 0.04, "b2": 0.02, "a1": -1.8, "a2": 0.88 })j"},
    {"fir", Picture::response, 0, R"j("in": { "in": "in" }, "taps": [0.05, 0.12, 0.2, 0.26, 0.2, 0.12, 0.05])j"},
    {"linkwitz", Picture::response, 0, R"j("in": { "in": "in", "freq": "1kHz" })j",
     "stack(x.low, x.high, x.low + x.high)"},
    {"lowpass", Picture::response, 0, R"j("in": { "in": "in", "freq": "1kHz", "q": 4 })j"},
    {"highpass", Picture::response, 0, R"j("in": { "in": "in", "freq": "1kHz", "q": 4 })j"},
    {"bandpass", Picture::response, 0, R"j("in": { "in": "in", "freq": "1kHz", "q": 4 })j"},
    {"notch", Picture::response, 0, R"j("in": { "in": "in", "freq": "1kHz", "q": 1 })j"},
    {"allpass", Picture::impulse, 0.006, R"j("in": { "in": "in", "freq": "1kHz", "q": 1 })j"},
    {"peak", Picture::response, 0, R"j("in": { "in": "in", "freq": "1kHz", "q": 1.4, "gain": "9dB" })j"},
    {"lowshelf", Picture::response, 0, R"j("in": { "in": "in", "freq": "300Hz", "gain": "9dB" })j"},
    {"highshelf", Picture::response, 0, R"j("in": { "in": "in", "freq": "3kHz", "gain": "9dB" })j"},
    {"svf", Picture::response, 0, R"j("in": { "in": "in", "freq": "1kHz", "q": 3 })j",
     "stack(x.low, x.band, x.high, x.notch)"},
    {"resonator", Picture::response, 0, R"j("in": { "in": "in", "freq": "1kHz", "decay": "20ms" })j"},
    {"modal", Picture::response, 0,
     R"j("in": { "in": "in", "freq": "300Hz", "decay": "200ms" }, "ratios": [1, 2.76, 5.4, 8.93], "gains": [1, 0.5, 0.3, 0.2])j"},
    {"ladder", Picture::response, 0, R"j("in": { "in": "0.001 * in", "freq": "1kHz", "resonance": 0.8 })j", "1000 * x"},
    {"diode", Picture::response, 0, R"j("in": { "in": "0.001 * in", "freq": "1kHz", "resonance": 0.8 })j", "1000 * x"},
    {"delay", Picture::impulse, 0.5, R"j("in": { "in": "in + 0.6 * x", "time": "80ms" }, "max": 1)j"},
    {"samples", Picture::impulse, 0.002, R"j("in": { "in": "in", "n": 48 }, "max": 100)j"},
    {"comb", Picture::impulse, 0.1,
     R"j("in": { "in": "in", "time": "8ms", "feedback": 0.85, "damp": 0.2 }, "max": 0.1)j"},
    {"allpass_delay", Picture::impulse, 0.1, R"j("in": { "in": "in", "time": "8ms", "gain": 0.7 }, "max": 0.1)j"},
    {"clip", Picture::curve, 2, R"j("in": { "in": "in", "drive": 1 })j"},
    {"softclip", Picture::curve, 2, R"j("in": { "in": "in", "drive": 1.5 })j"},
    {"fold", Picture::curve, 4, R"j("in": { "in": "in", "drive": 1 })j"},
    {"crush", Picture::curve, 1, R"j("in": { "in": "in", "bits": 3, "rate": 48000 })j"},
    {"follow", Picture::step, 1, R"j("in": { "in": "in", "attack": "30ms", "release": "120ms" })j"},
    {"compressor", Picture::levels, 0, R"j("in": { "in": "in", "threshold": "-24dB", "ratio": 4, "knee": "12dB" })j"},
    {"expander", Picture::levels, 0, R"j("in": { "in": "in", "threshold": "-30dB", "ratio": 2, "knee": "6dB" })j"},
    {"gate", Picture::levels, 0, R"j("in": { "in": "in", "threshold": "-30dB", "ratio": 20 })j"},
    {"limiter", Picture::levels, 0, R"j("in": { "in": "in", "ceiling": "-12dB" }, "lookahead": 0.002)j"},
    {"pan", Picture::curve, 1, R"j("in": { "in": 1, "position": "in" })j"},
    {"balance", Picture::curve, 1, R"j("in": { "in": "stack(1, 1)", "position": "in" })j"},
    {"width", Picture::curve, 2, R"j("in": { "in": "stack(1, 0)", "amount": "in" })j"},
    {"midside", Picture::curve, 1, R"j("in": { "in": "stack(in, 0.5)" })j"},
    {"matrix", Picture::curve, 1, R"j("in": { "in": "stack(in, 0.25)" }, "rows": [[0.5, 0.5], [1, -1]])j"},
    {"chorus", Picture::response, 0, R"j("in": { "in": "in", "rate": "0.5Hz", "depth": 0.3 }, "voices": 4)j"},
    {"flanger", Picture::response, 0, R"j("in": { "in": "in", "rate": "0.2Hz", "depth": 0.5, "feedback": 0.6 })j"},
    {"phaser", Picture::response, 0, R"j("in": { "in": "in", "rate": "0.4Hz", "feedback": 0.4 }, "stages": 6)j"},
    {"tremolo", Picture::wave, 1, R"j("in": { "in": 1, "rate": "5Hz", "depth": 0.8 })j"},
    {"freeverb", Picture::decay, 3, R"j("in": { "in": "in", "decay": "2s", "damp": 0.5, "mix": 1 })j"},
    {"plate", Picture::decay, 3, R"j("in": { "in": "in", "decay": "2s", "damp": 0.2, "mix": 1, "predelay": "20ms" })j"},
    {"fdn", Picture::decay, 3,
     R"j("in": { "in": "in", "decay": "2s", "damp": 0.5 }, "lines": 16, "matrix": "hadamard")j"},
    {"convolve", Picture::decay, 1, R"j("in": { "in": "in" }, "file": "audio/hall.wav")j"},
    {"karplus", Picture::wave, 0.2, R"j("in": { "trigger": 1, "freq": "110Hz", "damp": 0.3 })j"},
    {"meter", Picture::curve, 1, R"j("in": { "in": "in" })j"},
    {"scope", Picture::curve, 1, R"j("in": { "in": "in" })j"},
    {"spectrum", Picture::curve, 1, R"j("in": { "in": "in" })j"},
};

// Nodes that an example may ask for.
constexpr std::pair<std::string_view, std::string_view> kHelpers[] = {
    {"lfo", R"({ "id": "lfo", "type": "sine", "in": { "freq": "2Hz" } })"},
    {"clock", R"({ "id": "clock", "type": "impulse", "in": { "freq": "16Hz" } })"}};

}  // namespace

std::span<const NodeExample> node_examples() { return kExamples; }

std::string example_patch(const NodeExample& example) {
  std::string nodes;
  for (const auto& [name, node] : kHelpers)
    if (example.keys.find('"' + std::string(name) + '"') != std::string_view::npos)
      nodes += "    " + std::string(node) + ",\n";
  nodes += R"(    { "id": "x", "type": ")" + std::string(example.type) + R"(", )" + std::string(example.keys) + " }";
  return "{\n  \"sinter\": 1,\n  \"inputs\": { \"in\": 1 },\n  \"nodes\": [\n" + nodes +
         "\n  ],\n  \"outputs\": { \"out\": \"" + std::string(example.shown) + "\" }\n}\n";
}

}  // namespace sinter
