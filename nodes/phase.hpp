// The phase that oscillators share: an integer, so that it wraps exactly and never drifts, with the ports that move it.
#pragma once

#include <optional>

#include "families.hpp"

namespace sinter::nodes {

inline constexpr double kTurn = 4294967296.0;  ///< phase units per turn: 2^32

// Ports
/// `freq` in Hz; `fallback` none: it has to be given.
Port pitch_port(std::optional<double> fallback);
Port phase_port();
Port reset_port();

/// True in the first sample of a gate: from <= 0 to > 0. Controls stand for their whole cell instead of ramping. `name`
/// is that of the state which remembers the sample before.
Signal rises(NodeBuild& b, Signal gate, std::string_view name);

/// Phase units per sample, −2^31 … 2^31, from a frequency in Hz; of the rate of `hertz`.
Signal units_per_sample(NodeBuild& b, Signal hertz);
/// Turns as phase units (i32); whole turns come off first.
Signal phase_units(Builder& b, Signal turns);
/// What the port `freq` adds to the phase in this sample (i32): round(freq / sr · 2^32). One that is known to be slow
/// counts in 2^63 to the turn. `restarts`: where the phase becomes 0, if it ever does.
Signal phase_increment(NodeBuild& b, std::optional<Signal> restarts = {});
/// The running phase of this sample as i32, from the ports `freq` and, where it has them, `phase` and `reset`.
Signal running_phase(NodeBuild& b, bool has_reset = true);
/// The phase (i32) of an oscillator inside of a node, from a frequency in Hz and of its lanes.
Signal lfo_phase(NodeBuild& b, Signal hertz);

/// The magnitude of the frequency in turns per sample, 2^-32 … 0.5: how wide a band-limited corner is. Held through a
/// cell where it is a control, like the increment of the phase.
Signal turns_per_sample(NodeBuild& b);
/// A phase (i32) as turns in −0.5 … 0.5, to the 24 bits of an f32.
Signal signed_turns(Builder& b, Signal phase);

}  // namespace sinter::nodes
