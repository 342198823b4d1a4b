// First-order filters, the direct-form biquad, the crossover, and what their coefficients share.
#include <algorithm>

#include "svf.hpp"

namespace sinter::nodes {

Signal one_pole_step(Signal x) { return -math::expm1(-x); }

Signal step_for(NodeBuild& b, Signal seconds) {
  return b.coefficient(one_pole_step(1.0 / max(seconds * b.sample_rate(), 0.01)));
}

Signal summed(std::vector<Signal> terms) {
  constexpr size_t kSums = 16;
  for (size_t i = kSums; i < terms.size(); ++i) terms[i % kSums] = terms[i % kSums] + terms[i];
  for (size_t count = std::min(terms.size(), kSums); count > 1; count = (count + 1) / 2)
    for (size_t i = 0; i < (count + 1) / 2; ++i)
      terms[i] = 2 * i + 1 < count ? terms[2 * i] + terms[2 * i + 1] : terms[2 * i];
  return terms[0];
}

namespace {

void onepole(NodeBuild& b) {
  Signal a = b.coefficient(one_pole_step(below_nyquist(b, b["freq"]) * (2 * kPi / b.sample_rate())));
  Signal y = b.state("y");
  Signal now = y + a * (b["in"] - y);
  b.set(y, now);
  b.out(now);
}

void onezero(NodeBuild& b) {
  Signal x = b.builder().enter(b["in"]);
  Signal before = b.state("x", x.lanes());
  b.set(before, x);
  b.out(x + b["coef"] * before);
}

void dcblock(NodeBuild& b) {
  Signal pole = b.coefficient(math::exp(below_nyquist(b, b["freq"]) * (-2 * kPi / b.sample_rate())));
  Signal in = b.builder().enter(b["in"]);
  Signal x = b.state("x", in.lanes()), y = b.state("y");
  Signal now = in - x + pole * y;
  b.set(x, in);
  b.set(y, now);
  b.out(now);
}

void biquad(NodeBuild& b) {
  auto coefficient = [&](std::string_view port) { return b.coefficient(b[port]); };
  Signal s1 = b.state("s1"), s2 = b.state("s2"), x = b["in"];
  Signal y = coefficient("b0") * x + s1;
  b.set(s1, coefficient("b1") * x - coefficient("a1") * y + s2);
  b.set(s2, coefficient("b2") * x - coefficient("a2") * y);
  b.out(y);
}

// low is a Butterworth low-pass twice; what it lacks to the all-pass of the same poles is the Butterworth high-pass
// twice, as 1 + s⁴ = (s² + √2 s + 1) (s² - √2 s + 1).
void linkwitz(NodeBuild& b) {
  constexpr double kDamping = 1.4142135623730951;
  const math::Ratio g = warped(b);
  const Svf first = svf(b, g, b.constant(kDamping), b["in"]);
  const Svf second = svf(b, g, b.constant(kDamping), first.low, "_low");
  b.out("low", second.low);
  b.out("high", (first.in - 2 * kDamping * first.band) - second.low);
}

Port number_port(std::string_view name, std::optional<double> fallback, double limit, std::string_view doc) {
  return {.name = name, .fallback = fallback, .minimum = -limit, .maximum = limit, .doc = doc};
}

}  // namespace

std::vector<NodeDef> filters() {
  Port dc = filter_frequency("-3 dB frequency");
  dc.fallback = 10;
  return {
      {.type = "onepole",
       .category = Category::stateful,
       .inputs = {audio_in(), filter_frequency("-3 dB frequency, up to 0.49 sr")},
       .doc = "y += a · (x - y) with a = 1 - exp(-2π · freq / sr).",
       .source = "J. O. Smith, Introduction to Digital Filters, one-pole",
       .lower = onepole},
      {.type = "onezero",
       .category = Category::stateful,
       .inputs = {audio_in(), number_port("coef", {}, kMaxGain,
                                          "weight of the sample before: 1 is a zero at sr / 2, -1 one at 0 Hz")},
       .doc = "y[n] = x[n] + coef · x[n-1].",
       .source = "J. O. Smith, Introduction to Digital Filters, one-zero",
       .lower = onezero},
      {.type = "dcblock",
       .category = Category::stateful,
       .inputs = {audio_in(), dc},
       .doc = "y[n] = x[n] - x[n-1] + R · y[n-1] with R = exp(-2π · freq / sr).",
       .source = "J. O. Smith, Introduction to Digital Filters, DC blocker",
       .lower = dcblock},
      {.type = "biquad",
       .category = Category::stateful,
       .inputs = {audio_in(), number_port("b0", 1, 1e6, "of x[n]"), number_port("b1", 0, 1e6, "of x[n-1]"),
                  number_port("b2", 0, 1e6, "of x[n-2]"), number_port("a1", 0, 2, "of y[n-1], subtracted"),
                  number_port("a2", 0, 1, "of y[n-2], subtracted")},
       .doc = "y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2] (a0 = 1), transposed direct form II. "
              "Stable where |a2| < 1 and |a1| < 1 + a2.",
       .source = "J. O. Smith, Introduction to Digital Filters, transposed direct form II",
       .lower = biquad},
      {.type = "linkwitz",
       .category = Category::stateful,
       .inputs = {audio_in(), filter_frequency("crossover, -6 dB in both; up to 0.49 sr")},
       .outputs = {{"low"}, {"high"}},
       .doc = "Linkwitz-Riley crossover of fourth order: -24 dB per octave on both sides, in phase. low + high is the "
              "second-order all-pass of freq and q = 0.7071: flat.",
       .source = "S. H. Linkwitz, Active crossover networks for noncoincident drivers, J. Audio Eng. Soc. 24 (1976)",
       .lower = linkwitz},
  };
}

}  // namespace sinter::nodes
