// The classic waveforms, band-limited in one pass: polynomials in the phase round the two samples beside each corner.
#include "phase.hpp"

namespace sinter::nodes {
namespace {

// A saw whose jump is where the phase (i32) is 0, as x - w · (2 - |w|): x is the ramp through half a turn either side,
// and w, which is ±1 but within a sample of the jump, passes through it in a parabola either side of 0.
Signal saw_at(NodeBuild& b, Signal phase) {
  Signal x = to_real(b.builder(), phase) * (2 / kTurn);
  Signal w = clamp(x * b.coefficient(0.5 / turns_per_sample(b)), -1, 1);
  return x - w * (2.0 - abs(w));
}

void saw(NodeBuild& b) { b.out(saw_at(b, running_phase(b))); }

// Between two saws a pulse's width apart lies the pulse, but for a constant.
Signal pulse_at(NodeBuild& b, Signal phase, Signal width_units) {
  return saw_at(b, b.builder().op(Op::isub, phase, width_units)) - saw_at(b, phase);
}

void square(NodeBuild& b) { b.out(pulse_at(b, running_phase(b), b.builder().integer(INT32_MIN))); }

void pulse(NodeBuild& b) {
  Signal width = b["width"];
  b.out(pulse_at(b, running_phase(b), phase_units(b.builder(), width)) + (2.0 * width - 1.0));
}

// From the peak, at a quarter turn, the naive triangle falls as far as the phase is away from it: `away` is 0 at the
// peak and 2 at the trough. Both corners are rounded by the cube of how far inside a sample of them the phase is.
void triangle(NodeBuild& b) {
  Builder& build = b.builder();
  constexpr int32_t kQuarter = 1 << 30;
  Signal away = abs(to_real(build, build.op(Op::isub, running_phase(b), build.integer(kQuarter)))) * (4 / kTurn);
  Signal step = 4.0 * turns_per_sample(b), per_step = 1.0 / step;
  Signal near = away * b.coefficient(per_step);
  Signal peak = max(1.0 - near, 0.0), trough = max(near + b.coefficient(1.0 - 2.0 * per_step), 0.0);
  b.out(1.0 - away - b.coefficient(step * (1.0 / 3)) * (peak * peak * peak - trough * trough * trough));
}

}  // namespace

std::vector<NodeDef> waveforms() {
  constexpr std::string_view kBlep =
      "V. Välimäki, A. Huovilainen, Antialiasing oscillators in subtractive synthesis, IEEE Signal Processing Mag. 24 "
      "(2007): two-point polyBLEP";
  const std::vector<Port> ports = {pitch_port(440), phase_port(), reset_port()};
  std::vector<Port> pulse_ports = ports;
  pulse_ports.push_back({.name = "width",
                         .fallback = 0.5,
                         .minimum = 0,
                         .maximum = 1,
                         .doc = "fraction of the turn that is high: 0 is -1 throughout, 1 is 1"});
  return {
      {.type = "saw",
       .category = Category::stateful,
       .inputs = ports,
       .doc =
           "A ramp from -1 at phase 0 up to 1 at phase 1, on the phase of `phasor`, its jump rounded by polyBLEP: "
           "exactly at phase 0 it is 0. Only freq decides how much it is rounded: jumps by a reset or a moving phase "
           "are not band-limited.",
       .source = kBlep,
       .lower = saw},
      {.type = "square",
       .category = Category::stateful,
       .inputs = ports,
       .doc = "1 from phase 0 to a half, then -1, with the sign of `sine`; both jumps rounded by polyBLEP as in `saw`.",
       .source = kBlep,
       .lower = square},
      {.type = "pulse",
       .category = Category::stateful,
       .inputs = pulse_ports,
       .doc =
           "1 from phase 0 to width, then -1; both jumps rounded by polyBLEP as in `saw`. Its mean is 2 · width - 1.",
       .source = kBlep,
       .lower = pulse},
      {.type = "triangle",
       .category = Category::stateful,
       .inputs = ports,
       .doc = "0 at phase 0, up to 1 at a quarter, down to -1 at three quarters, like `sine`; its corners rounded by "
              "polyBLAMP, which takes at most 4/3 · freq / sr from the peaks.",
       .source = "F. Esqueda, V. Välimäki, S. Bilbao, Rounding corners with BLAMP, DAFx-16 (2016): two-point polyBLAMP",
       .lower = triangle},
  };
}

}  // namespace sinter::nodes
