// Ladder filters of synthesizers: four stages in a loop with zero delay, saturated where the loop closes.
//
// The loop is solved as if it were linear and its sum then bent by tanh: for tanh'(0) = 1 that is the linear ladder,
// and a smaller slope is the linear ladder with less resonance, so that the frequency holds at every level.
#include "svf.hpp"

namespace sinter::nodes {
namespace {

constexpr double kLadderThreshold = 4, kDiodeThreshold = 17;  // loop gains at which the linear models oscillate

// What goes into the first stage: tanh of input - k · last stage, where the last stage is `rest` + through · (this).
Signal saturated(NodeBuild& b, double threshold, Signal rest, Signal through) {
  Signal k = threshold * b["resonance"], scale = 1.0 / (1.0 + k * through);
  return math::tanh(b.coefficient(b["drive"] * scale) * b["in"] - b.coefficient(k * scale) * rest);
}

// Stages y = G u + H s, s' = s + 2 G (u - s), with G = g / (1 + g) and H = 1 - G. Each is split into what the states
// give (p) and what u adds, so that only one product and one sum follow the tanh from sample to sample.
void ladder(NodeBuild& b) {
  const math::Ratio g = warped(b);
  Signal scale = 1.0 / (g.top + g.bottom), step = g.top * scale, keep = b.coefficient(g.bottom * scale);
  Signal square = step * step, through = square * square;
  Signal s[] = {b.state("s1"), b.state("s2"), b.state("s3"), b.state("s4")}, p[4];
  const Signal into[] = {2.0 * step, 2.0 * square, 2.0 * square * step, 2.0 * through};
  Signal held = b.coefficient(step), twice = b.coefficient(into[0]);
  p[0] = keep * s[0];
  for (int i = 1; i < 4; ++i) p[i] = keep * s[i] + held * p[i - 1];
  Signal u = saturated(b, kLadderThreshold, p[3], through);
  for (int i = 0; i < 4; ++i)
    b.set(s[i], (i ? s[i] + twice * (p[i - 1] - s[i]) : s[i] - twice * s[i]) + b.coefficient(into[i]) * u);
  b.out(p[3] + b.coefficient(through) * u);
}

// dy1 = ½ (u - 2 y1 + y2), dy2 = ½ (y1 - 2 y2 + y3), dy3 = ½ (y2 - 2 y3 + y4), dy4 = y3 - y4 in units of √2 · freq, the
// last capacitor half of the others: by the trapezoidal rule a tridiagonal system, solved from the first row down to y4
// and back up. `f` is what u adds to each stage.
void diode(NodeBuild& b) {
  const math::Ratio warp = warped(b);
  Signal g = 1.4142135623730951 * warp.top / warp.bottom, half = 0.5 * g, whole = 1.0 + g;
  Signal r[4], q[4], f[4], t[4], y[4];
  for (int i = 0; i < 4; ++i) {
    r[i] = 1.0 / (i ? whole - (i == 3 ? g : half) * q[i - 1] : whole);
    q[i] = half * r[i];
    f[i] = i == 3 ? g * r[3] * f[2] : i ? q[i] * f[i - 1] : q[0];
  }
  Signal s[] = {b.state("s1"), b.state("s2"), b.state("s3"), b.state("s4")};
  for (int i = 0; i < 4; ++i) {
    t[i] = b.coefficient(r[i]) * s[i];
    if (i) t[i] = t[i] + b.coefficient(i == 3 ? g * r[3] : q[i]) * t[i - 1];
  }
  y[3] = t[3];
  for (int i = 2; i >= 0; --i) {
    y[i] = t[i] + b.coefficient(q[i]) * y[i + 1];
    f[i] = f[i] + q[i] * f[i + 1];
  }
  Signal u = saturated(b, kDiodeThreshold, y[3], f[3]);
  for (int i = 0; i < 4; ++i) b.set(s[i], (2.0 * y[i] - s[i]) + b.coefficient(2.0 * f[i]) * u);
  b.out(y[3] + b.coefficient(f[3]) * u);
}

}  // namespace

std::vector<NodeDef> ladders() {
  const Port resonance{.name = "resonance",
                       .minimum = 0,
                       .maximum = 1,
                       .doc = "share of the loop gain at which it oscillates by itself"};
  const Port drive{.name = "drive",
                   .fallback = 1,
                   .minimum = 0,
                   .maximum = kMaxGain,
                   .unit = Unit::gain,
                   .doc = "gain of the input before the saturation"};
  auto filter = [&](std::string_view type, std::string_view freq_doc, std::string_view doc, std::string_view source,
                    void (*lower)(NodeBuild&)) {
    return NodeDef{.type = type,
                   .category = Category::stateful,
                   .inputs = {audio_in(), filter_frequency(freq_doc), resonance, drive},
                   .doc = doc,
                   .source = source,
                   .lower = lower};
  };
  return {
      filter(
          "ladder", "of each of the four poles, and of self-oscillation; up to 0.49 sr",
          "Moog's ladder: four one-pole low-passes and a loop gain k = 4 · resonance, -24 dB per octave, gain 1 / (1 + "
          "k) at 0 Hz. What enters the first stage is bent by tanh; for small signals it is linear, with gain drive.",
          "V. Zavalishin, The Art of VA Filter Design, 4 (ladder filter, zero-delay feedback, saturation); T. Stilson, "
          "J. "
          "O. Smith, Analyzing the Moog VCF, ICMC 1996",
          ladder),
      filter("diode", "of self-oscillation, 1 / √2 of the model's unit; up to 0.49 sr",
             "Diode ladder: stages that load each other, 1 / (8 s^4 + 32 s^3 + 40 s^2 + 16 s + 1) in a loop of gain k "
             "= 17 · "
             "resonance, s in units of √2 · freq; gain 1 / (1 + k) at 0 Hz. What enters the first stage is bent by "
             "tanh; for "
             "small signals it is linear, with gain drive.",
             "V. Zavalishin, The Art of VA Filter Design, 5 (diode ladder filter); W. Pirkle, Designing Software "
             "Synthesizer Plug-Ins in C++, virtual analog diode ladder",
             diode),
  };
}

}  // namespace sinter::nodes
