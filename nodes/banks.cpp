// Resonators: two-pole filters that ring when they are struck, one by one and as the modes of a body.
#include "lanes.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr size_t kMaxModes = 4096;
constexpr double kLowestMode = 1;         // Hz
constexpr double kShortestDecay = 0.001;  // s
constexpr double kLongestDecay = 60;      // s, which an f32 still tells from ringing for ever

// Of all modes H(z) = ½ (1 - z^-2) / (1 - 2 r cos θ z^-1 + r² z^-2). Coefficients are differences from 1, in which an
// f32 can tell long decays and low frequencies apart.
//
// A decay shorter than a period leaves no mode to hear, and the weights of Turning would grow without bound.
Signal log_radius(NodeBuild& b, Signal hertz, Signal decay) {
  return -kLn1000 / (max(decay, 1.0 / hertz) * b.sample_rate());
}
Signal half_angle(NodeBuild& b, Signal hertz) { return hertz * (kPi / b.sample_rate()); }

// Any freq and decay: a complex one-pole w = r e^(jθ) w' + K x and y = Re w + direct x, with K = ½ (1 + r^-2) + ½ j
// (r^-2 - 1) cot θ. The state turns and shrinks, however they move.
struct Turning {
  Signal turn, shrink, real, imaginary, direct;
};
Turning turning(NodeBuild& b, Signal hertz, Signal decay) {
  Signal half = half_angle(b, hertz), sine = math::sin(half), cosine = math::cos(half);
  Signal turn = 2.0 * sine * cosine, from_one = 2.0 * sine * sine, radius = log_radius(b, hertz, decay);
  Signal size = math::exp(radius), beyond = math::expm1(-2.0 * radius);
  return {b.coefficient(size * turn), b.coefficient(math::expm1(radius) - size * from_one), 1.0 + 0.5 * beyond,
          0.5 * beyond * (1.0 - from_one) / turn, -0.5 - 0.5 * beyond};
}
// Re w, in as many lanes.
Signal turn(NodeBuild& b, const Turning& m, Signal x, uint32_t lanes) {
  Signal u = b.state("u", lanes), v = b.state("v", lanes);
  Signal now = u + (m.shrink * u - m.turn * v) + b.coefficient(m.real) * x;
  b.set(u, now);
  b.set(v, v + (m.shrink * v + m.turn * u) + b.coefficient(m.imaginary) * x);
  return now;
}

// Freq and decay that rest: p = p' - (1 - r²) p' - e q' + x, q = q' + e p and y = ½ (p + p'), with
// e² = 1 - 2 r cos θ + r²: half the work. Where e moved, this would gain from its moving.
struct Swing {
  Signal now, before;
};
Swing swing(NodeBuild& b, Signal hertz, Signal decay, Signal x, uint32_t lanes) {
  Signal radius = log_radius(b, hertz, decay), from_one = math::expm1(radius), sine = math::sin(half_angle(b, hertz));
  Signal e = b.coefficient(sqrt(from_one * from_one + 4.0 * math::exp(radius) * sine * sine));
  Signal p = b.state("p", lanes), q = b.state("q", lanes);
  Signal now = p + b.coefficient(math::expm1(2.0 * radius)) * p - e * q + x;
  b.set(p, now);
  b.set(q, q + e * now);
  return {now, p};
}

bool rests(Signal hertz, Signal decay) { return hertz.rate() == Rate::constant && decay.rate() == Rate::constant; }

void resonator(NodeBuild& b) {
  Signal hertz = below_nyquist(b, b["freq"]), decay = b["decay"], x = b["in"];
  if (rests(hertz, decay)) {
    const Swing s = swing(b, hertz, decay, x, b.instances());
    return b.out(0.5 * b["gain"] * (s.now + s.before));
  }
  const Turning m = turning(b, hertz, decay);
  b.out(b["gain"] * (turn(b, m, x, b.instances()) + m.direct * x));
}

// One number per mode, once for each instance: mode m of instance c is lane m · instances + c.
Signal per_mode(NodeBuild& b, std::string_view setting, size_t modes) {
  if (b.numbers(setting).empty()) return b.constant(1);
  return b.builder().relane(in_lanes(b.builder(), b.numbers(setting)), {.repeat = b.instances()},
                            static_cast<uint32_t>(modes) * b.instances());
}

// An instance's number for each of its modes.
Signal to_modes(NodeBuild& b, Signal x, size_t modes) {
  return x.lanes() == 1 ? x : b.builder().stack(std::vector<Signal>(modes, x));
}

bool check_modes(NodeBuild& b, size_t modes) {
  if (modes == 0 || modes > kMaxModes)
    return b.fail(Errc::bad_setting, "'ratios' needs 1 to 4,096 numbers, one per mode"), false;
  for (const char* setting : {"gains", "decays"})
    if (b.given(setting) && b.numbers(setting).size() != modes)
      return b.fail(Errc::bad_setting, "'" + std::string(setting) + "' has " +
                                           std::to_string(b.numbers(setting).size()) + " numbers and 'ratios' " +
                                           std::to_string(modes) + "; give one per mode, or leave it out"),
             false;
  return true;
}

void modal(NodeBuild& b) {
  const size_t modes = b.numbers("ratios").size();
  if (!check_modes(b, modes)) return;
  const uint32_t lanes = static_cast<uint32_t>(modes) * b.instances();
  Signal hertz = to_modes(b, b["freq"], modes) * per_mode(b, "ratios", modes), limit = 0.49 * b.sample_rate();
  Signal decay = min(to_modes(b, b["decay"], modes) * per_mode(b, "decays", modes), kLongestDecay);
  Signal gain = select(hertz > limit, 0.0, per_mode(b, "gains", modes)), x = b["in"], each = to_modes(b, x, modes);
  hertz = min(max(hertz, kLowestMode), limit);
  auto sum = [&](Signal of_modes) { return b.builder().sum(of_modes, b.instances()); };
  if (rests(hertz, decay)) {
    Signal now = sum(swing(b, hertz, decay, gain * each, lanes).now), before = b.state("before", now.lanes());
    b.set(before, now);
    return b.out(0.5 * (now + before));
  }
  Turning m = turning(b, hertz, decay);
  m.real = m.real * gain, m.imaginary = m.imaginary * gain;
  b.out(sum(turn(b, m, each, lanes)) + sum(m.direct * gain) * x);
}

}  // namespace

std::vector<NodeDef> banks() {
  constexpr std::string_view kSource =
      "K. Steiglitz, A note on constant-gain digital resonators, Computer Music J. 18 (1994); J. O. Smith, "
      "Introduction "
      "to Digital Filters, constant peak-gain resonator; M. Mathews, J. O. Smith, Methods for synthesizing very high Q "
      "parametrically well behaved two pole filters, SMAC 2003 (rotating state)";
  auto freq = [](std::string_view doc) {
    return Port{.name = "freq",
                .minimum = kLowestMode,
                .maximum = kMaxHertz,
                .unit = Unit::hertz,
                .scale = Scale::log,
                .doc = doc};
  };
  auto decay = [](std::optional<double> fallback, std::string_view doc) {
    return Port{.name = "decay",
                .fallback = fallback,
                .minimum = kShortestDecay,
                .maximum = kLongestDecay,
                .unit = Unit::seconds,
                .scale = Scale::log,
                .doc = doc};
  };
  auto per_mode = [](std::string_view name, double lowest, double highest, bool required, std::string_view doc) {
    return Setting{.name = name,
                   .kind = SettingKind::numbers,
                   .minimum = lowest,
                   .maximum = highest,
                   .required = required,
                   .doc = doc};
  };
  return {
      {.type = "resonator",
       .category = Category::stateful,
       .inputs = {audio_in(),
                  freq("of ringing, up to 0.49 sr"),
                  decay(1, "time to -60 dB, at least a period of freq"),
                  {.name = "gain",
                   .fallback = 1,
                   .minimum = -kMaxGain,
                   .maximum = kMaxGain,
                   .unit = Unit::gain,
                   .doc = "of the output"}},
       .doc =
           "Two poles that ring when struck: H(z) = gain · ½ (1 - z^-2) / (1 - 2 r cos θ z^-1 + r² z^-2), θ = 2π · "
           "freq / sr, r = 0.001^(1 / (decay · sr)). An impulse of 1 rings with amplitude gain; a steady sine at freq "
           "grows to gain / (1 - r²), about gain · decay · sr / 14.",
       .source = kSource,
       .lower = resonator},
      {.type = "modal",
       .category = Category::stateful,
       .inputs = {audio_in(), freq("of the mode with ratio 1"),
                  decay(1, "time to -60 dB, at least a period of the mode")},
       .settings = {per_mode("ratios", 0.001, 1e6, true, "frequencies of the modes, times freq; 1 to 4,096 of them"),
                    per_mode("gains", -kMaxGain, kMaxGain, false, "amplitudes of the modes, all 1 where not given"),
                    per_mode("decays", 0.001, 1000, false,
                             "decay times of the modes, times decay, up to 60 s; all 1 where not given")},
       .doc = "The modes of a struck body: the sum of one resonator per mode, at freq · ratio with its gain, each with "
              "the "
              "same decay unless decays says otherwise. Modes above 0.49 sr are silent.",
       .source = kSource,
       .lower = modal},
  };
}

}  // namespace sinter::nodes
