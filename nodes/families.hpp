// The families of the library, a file each, and the ports and formulas that several of them share.
#pragma once

#include <vector>

#include "sinter/graph/node_def.hpp"

namespace sinter::nodes {

std::vector<NodeDef> oscillators();
std::vector<NodeDef> waveforms();
std::vector<NodeDef> wavetables();
std::vector<NodeDef> envelopes();
std::vector<NodeDef> filters();
std::vector<NodeDef> cookbook_filters();
std::vector<NodeDef> banks();
std::vector<NodeDef> ladders();
std::vector<NodeDef> fir_filters();
std::vector<NodeDef> delays();
std::vector<NodeDef> reverbs();
std::vector<NodeDef> feedback_networks();
std::vector<NodeDef> strings();
std::vector<NodeDef> shapers();
std::vector<NodeDef> followers();
std::vector<NodeDef> compressors();
std::vector<NodeDef> limiters();
std::vector<NodeDef> modulation();
std::vector<NodeDef> stereo();
std::vector<NodeDef> convolution();
std::vector<NodeDef> meters();

inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kMaxHertz = 384'000;          ///< half of the highest sample rate
inline constexpr double kLn1000 = 6.907755278982137;  ///< 60 dB, in nepers
inline constexpr double kMaxGain = 1'000;             ///< 60 dB

// Ports
inline Port audio_in(uint8_t width = 1, std::string_view doc = "the signal") {
  return {.name = "in", .width = width, .doc = doc};
}
/// A frequency that has to be given: 0.001 Hz … 384 kHz.
inline Port filter_frequency(std::string_view doc) {
  return {.name = "freq", .minimum = 0.001, .maximum = kMaxHertz, .unit = Unit::hertz, .scale = Scale::log, .doc = doc};
}

/// A time in seconds, from 0 on.
inline Port time_port(std::string_view name, double fallback, double most, std::string_view doc) {
  return {.name = name, .fallback = fallback, .minimum = 0, .maximum = most, .unit = Unit::seconds, .doc = doc};
}

/// Samples per second where the node runs, as a number.
inline double local_rate(NodeBuild& b) { return b.builder().ir().sample_rate * b.builder().clock(); }
/// An i32 as audio (f32, or f64 in an f64 compilation).
inline Signal to_real(Builder& b, Signal integer) {
  return b.op(b.ir().real == Type::f64 ? Op::to_f64 : Op::to_f32, integer);
}
/// A frequency in Hz kept where a discrete-time filter is defined, below 0.49 of the sample rate. Never NaN after a
/// port's own clamp.
inline Signal below_nyquist(NodeBuild& b, Signal hertz) { return min(hertz, 0.49 * b.sample_rate()); }
/// 1 − exp(−x): the step of a one-pole whose time constant is 1/x samples, without cancellation for small x.
Signal one_pole_step(Signal x);
/// The coefficient of a one-pole that covers 1 − 1/e of the way in `seconds`; 0 s follows at once.
Signal step_for(NodeBuild& b, Signal seconds);
/// White noise, uniform in −1 … 1, a lane an instance: a function of the frame's number, the seed and the lane.
Signal white_noise(NodeBuild& b, uint32_t seed);
/// The sum of all terms (at least one) in the order of Builder::sum: 16 partial sums by index mod 16, then pairwise.
Signal summed(std::vector<Signal> terms);

}  // namespace sinter::nodes
