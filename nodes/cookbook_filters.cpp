// The filters by name: responses of the Audio EQ Cookbook, realised as a trapezoidal state-variable filter, whose
// states stay well conditioned at low frequencies and whose coefficients may move while it rings.
#include "svf.hpp"

namespace sinter::nodes {

math::Ratio warped(NodeBuild& b) { return math::tan_ratio(below_nyquist(b, b["freq"]) * (kPi / b.sample_rate())); }

// 1 / (1 + g (g + k)), and that times g and g². Coefficients of the recurrence stand for their control cell; the
// weights with which nodes mix its outputs ramp like every gain.
Svf svf(NodeBuild& b, const math::Ratio& g, Signal k, Signal in, std::string_view name) {
  const Signal square = g.bottom * g.bottom, scale = 1.0 / (square + g.top * (g.top + k * g.bottom));
  const Signal of_top = g.top * scale;
  Signal a1 = square * scale, a2 = g.bottom * of_top, a3 = g.top * of_top;
  a1 = b.coefficient(a1), a2 = b.coefficient(a2), a3 = b.coefficient(a3);
  Signal ic1 = b.state(std::string("ic1") + std::string(name)), ic2 = b.state(std::string("ic2") + std::string(name));
  Signal v3 = in - ic2;
  Signal band = a1 * ic1 + a2 * v3;
  Signal low = ic2 + a2 * ic1 + a3 * v3;
  b.set(ic1, 2.0 * band - ic1);
  b.set(ic2, 2.0 * low - ic2);
  return {in, band, low};
}

namespace {

Svf on_input(NodeBuild& b, const math::Ratio& g, Signal k) { return svf(b, g, k, b["in"]); }

void lowpass(NodeBuild& b) {
  Signal k = 1.0 / b["q"];
  b.out(on_input(b, warped(b), k).low);
}

void highpass(NodeBuild& b) {
  Signal k = 1.0 / b["q"];
  Svf f = on_input(b, warped(b), k);
  b.out(f.in - k * f.band - f.low);
}

void bandpass(NodeBuild& b) {
  Signal k = 1.0 / b["q"];
  b.out(k * on_input(b, warped(b), k).band);
}

void notch(NodeBuild& b) {
  Signal k = 1.0 / b["q"];
  Svf f = on_input(b, warped(b), k);
  b.out(f.in - k * f.band);
}

void allpass(NodeBuild& b) {
  Signal k = 1.0 / b["q"];
  Svf f = on_input(b, warped(b), k);
  b.out(f.in - 2.0 * k * f.band);
}

void peak(NodeBuild& b) {
  Signal gain = b["gain"];
  Signal k = 1.0 / (b["q"] * sqrt(gain));
  Svf f = on_input(b, warped(b), k);
  b.out(f.in + k * (gain - 1.0) * f.band);
}

void lowshelf(NodeBuild& b) {
  Signal gain = b["gain"], a = sqrt(gain), k = 1.0 / b["q"];
  math::Ratio g = warped(b);
  g.top = g.top / sqrt(a);
  Svf f = on_input(b, g, k);
  b.out(f.in + k * (a - 1.0) * f.band + (gain - 1.0) * f.low);
}

void highshelf(NodeBuild& b) {
  Signal gain = b["gain"], a = sqrt(gain), k = 1.0 / b["q"];
  math::Ratio g = warped(b);
  g.top = g.top * sqrt(a);
  Svf f = on_input(b, g, k);
  b.out(gain * f.in + k * (1.0 - a) * a * f.band + (1.0 - gain) * f.low);
}

void all_outputs(NodeBuild& b) {
  Signal k = 1.0 / b["q"];
  Svf f = on_input(b, warped(b), k);
  Signal notched = f.in - k * f.band;
  b.out("low", f.low);
  b.out("band", f.band);
  b.out("high", notched - f.low);
  b.out("notch", notched);
  b.out("peak", 2.0 * f.low - notched);
}

}  // namespace

std::vector<NodeDef> cookbook_filters() {
  constexpr std::string_view kSource =
      "R. Bristow-Johnson, Audio EQ Cookbook (response); A. Simper, Solving the continuous SVF equations using "
      "trapezoidal "
      "integration (2013), and V. Zavalishin, The Art of VA Filter Design (realisation)";
  const Port q{
      .name = "q", .fallback = 0.7071, .minimum = 0.025, .maximum = 1000, .scale = Scale::log, .doc = "quality"};
  const Port gain{.name = "gain",
                  .fallback = 1,
                  .minimum = 0.001,
                  .maximum = kMaxGain,
                  .unit = Unit::gain,
                  .scale = Scale::log,
                  .doc = "at the centre, or on the shelf"};
  auto filter = [&](std::string_view type, std::string_view freq_doc, std::string_view doc, void (*lower)(NodeBuild&)) {
    return NodeDef{.type = type,
                   .category = Category::stateful,
                   .inputs = {audio_in(), filter_frequency(freq_doc), q},
                   .doc = doc,
                   .source = kSource,
                   .lower = lower};
  };
  auto equaliser = [&](std::string_view type, std::string_view freq_doc, std::string_view doc,
                       void (*lower)(NodeBuild&)) {
    NodeDef def = filter(type, freq_doc, doc, lower);
    def.inputs.push_back(gain);
    return def;
  };
  constexpr std::string_view kCorner = "corner, up to 0.49 sr", kCentre = "centre, up to 0.49 sr";
  NodeDef several =
      filter("svf", kCorner,
             "All responses of one state-variable filter: low, high and notch as the filters of those names, band with "
             "gain q at the centre, peak = low - high.",
             all_outputs);
  several.outputs = {{"low"}, {"band"}, {"high"}, {"notch"}, {"peak"}};
  return {
      filter("lowpass", kCorner, "Second-order low-pass, gain q at the corner.", lowpass),
      filter("highpass", kCorner, "Second-order high-pass, gain q at the corner.", highpass),
      filter("bandpass", kCentre, "Second-order band-pass with 0 dB at the centre; bandwidth freq / q.", bandpass),
      filter("notch", kCentre, "Second-order notch; bandwidth freq / q.", notch),
      filter("allpass", kCentre, "Second-order all-pass; 180 degrees at the centre.", allpass),
      equaliser("peak", kCentre, "Peaking equaliser: gain at the centre, 1 far from it.", peak),
      equaliser("lowshelf", "middle of the slope, up to 0.49 sr", "Low shelf: gain below, 1 above.", lowshelf),
      equaliser("highshelf", "middle of the slope, up to 0.49 sr", "High shelf: gain above, 1 below.", highshelf),
      several,
  };
}

}  // namespace sinter::nodes
