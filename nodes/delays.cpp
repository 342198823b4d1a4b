// Delay lines: with fractional reads, in whole samples, and Schroeder's comb and all-pass, which hold their own loop.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "families.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter::nodes {
namespace {

// A line as long as the setting `max` allows, fed by `in` at once or, where the node closes a cycle, when it is known.
struct DelayLine {
  Builder* build = nullptr;
  uint32_t line = 0;
  uint32_t minimum = 0;  // samples: what any delay is at least
  double longest = 0;    // samples: what any delay is at most
  Signal pushed;         // what a delay of 0 reads; invalid where minimum > 0

  Signal tap(Signal delay) const {
    const Inst& inst = delay.inst();
    const uint32_t known = inst.op == Op::constant ? static_cast<uint32_t>(std::max(as_i32(inst.imm), 0)) : 0;
    const uint32_t least = std::max(minimum, std::min(known, static_cast<uint32_t>(longest)));
    return build->tap(line, delay, least, least ? Signal{} : pushed);
  }
};

constexpr uint32_t kReach = 2;  // samples beyond a delay that interpolation reads

// The longest delay in samples; fails where it is longer than any patch may ask for.
double longest_delay(NodeBuild& b, double samples) {
  const double limit = kMaxDelaySeconds * local_rate(b);
  if (samples <= limit) return std::max(1.0, std::ceil(samples));
  b.fail(Errc::limit_delay, "'max' is longer than 30 s; shorten it");
  return 1;
}

DelayLine open_line(NodeBuild& b, double max_samples, uint32_t lanes) {
  DelayLine delay;
  delay.build = &b.builder();
  delay.longest = longest_delay(b, max_samples);
  delay.line = delay.build->line(b.key("line"), lanes, static_cast<uint32_t>(delay.longest) + kReach);
  return delay;
}

// The line of a node whose port `in` may close a cycle; outside one, a delay of 0 reads the sample itself.
DelayLine open_input_line(NodeBuild& b, double max_samples, uint32_t promised) {
  const bool cycle = b.in_cycle("in");
  DelayLine delay = open_line(b, max_samples, cycle ? b.instances() : b["in"].lanes());
  delay.minimum = std::max(promised, cycle ? 1u : 0u);
  if (cycle) b.later("in", [build = delay.build, line = delay.line](Signal x) { build->push(line, x); });
  else delay.pushed = delay.build->push(delay.line, b["in"]);
  return delay;
}

// A time in seconds as samples. A control that moves ramps from sample to sample before it is split into a whole and a
// fraction; a constant keeps its double precision.
Signal in_samples(NodeBuild& b, Signal seconds) {
  Signal samples = seconds * b.sample_rate();
  return samples.rate() == Rate::control ? b.builder().enter(samples) : samples;
}

struct Split {
  Signal whole, fraction;
};
Split split(Builder& b, Signal delay) {
  Signal whole = floor(delay);
  return {b.op(Op::to_int, whole), delay - whole};
}
Signal plus(Builder& b, Signal whole, int32_t samples) { return b.op(Op::iadd, whole, b.integer(samples)); }

Signal read_nearest(NodeBuild& b, const DelayLine& line, Signal delay) {
  return line.tap(b.builder().op(Op::to_int_round, delay));
}

Signal read_linear(NodeBuild&, const DelayLine& line, Signal delay) {
  const Split at = split(*line.build, delay);
  Signal near = line.tap(at.whole), far = line.tap(plus(*line.build, at.whole, 1));
  return near + at.fraction * (far - near);
}

// Cubic Hermite through four samples; its slope is continuous, so that a moving delay does not click.
Signal read_cubic(NodeBuild&, const DelayLine& line, Signal delay) {
  const Split at = split(*line.build, delay);
  auto sample = [&](int32_t offset) { return line.tap(plus(*line.build, at.whole, offset)); };
  Signal y0 = sample(-1), y1 = line.tap(at.whole), y2 = sample(1), y3 = sample(2), f = at.fraction;
  Signal c1 = 0.5 * (y2 - y0);
  Signal c2 = y0 - 2.5 * y1 + 2.0 * y2 - 0.5 * y3;
  Signal c3 = 0.5 * (y3 - y0) + 1.5 * (y1 - y2);
  return ((c3 * f + c2) * f + c1) * f + y1;
}

// Thiran's first-order all-pass for a fraction of 0.5 … 1.5 samples. Without a cycle delays shorter than that are
// allowed; under 1/20 sample its pole comes too close to the unit circle and the sample itself is read.
Signal read_allpass(NodeBuild& b, const DelayLine& line, Signal delay) {
  Builder& build = *line.build;
  Signal whole = max(floor(delay - 0.5), 0.0);
  Signal fraction = max(delay - whole, 0.05);
  Signal eta = b.coefficient((1.0 - fraction) / (1.0 + fraction));
  Signal index = build.op(Op::to_int, whole), before = b.state("y");
  Signal near = line.tap(index);
  Signal y = line.tap(plus(build, index, 1)) + eta * (near - before);
  b.set(before, y);
  return line.minimum ? y : select(delay < 0.05, near, y);
}

struct Interpolation {
  std::string_view name;
  double least_in_cycle;  // samples
  double ahead;           // samples that it reads before the delay
  Signal (*read)(NodeBuild&, const DelayLine&, Signal delay);
};
constexpr Interpolation kInterpolations[] = {{"none", 1, 0, read_nearest},
                                             {"linear", 1, 0, read_linear},
                                             {"cubic", 2, 1, read_cubic},
                                             {"allpass", 1.5, 1, read_allpass}};

void delay(NodeBuild& b) {
  const Interpolation& how =
      *std::find_if(std::begin(kInterpolations), std::end(kInterpolations),
                    [&](const Interpolation& one) { return one.name == b.text("interpolation"); });
  const double promised = b.number("min") * local_rate(b);
  if (b.number("min") > b.number("max"))
    return b.fail(Errc::out_of_range, "'min' is larger than 'max'; make it smaller");
  const auto nearest_read = static_cast<uint32_t>(std::max(promised - how.ahead, 0.0));
  const DelayLine line = open_input_line(b, b.number("max") * local_rate(b), nearest_read);
  const double least = std::max(promised, b.in_cycle("in") ? how.least_in_cycle : 0);
  b.out(how.read(b, line, clamp(in_samples(b, b["time"]), least, std::max(least, line.longest))));
}

void samples(NodeBuild& b) {
  DelayLine line = open_input_line(b, b.number("max"), 0);
  b.out(line.tap(b.builder().op(Op::to_int_round, clamp(b["n"], 0, line.longest))));
}

// A loop's line and the tap that closes it: whole samples, at least 1.
DelayLine open_loop(NodeBuild& b, Signal& out) {
  DelayLine line = open_line(b, b.number("max") * local_rate(b), b.instances());
  line.minimum = 1;
  Signal delay = clamp(b["time"] * b.sample_rate(), 1, line.longest);
  out = line.tap(b.builder().op(Op::to_int_round, delay));
  return line;
}

void comb(NodeBuild& b) {
  Signal y, damped = b.state("damped");
  const DelayLine loop = open_loop(b, y);
  Signal now = y + b.coefficient(b["damp"]) * (damped - y);
  b.set(damped, now);
  Signal back = b["feedback"] * now;
  b.later("in", [build = loop.build, line = loop.line, back](Signal x) { build->push(line, x + back); });
  b.out(y);
}

void allpass_delay(NodeBuild& b) {
  Signal z, gain = b["gain"];
  const DelayLine loop = open_loop(b, z);
  Signal y = z - gain * b["in"];
  loop.build->push(loop.line, b["in"] + gain * y);
  b.out(y);
}

Setting max_setting(std::string_view doc) { return {.name = "max", .minimum = 0, .required = true, .doc = doc}; }

}  // namespace

std::vector<NodeDef> delays() {
  Port delayed_in = audio_in();
  delayed_in.delayed = true;
  const Port time{
      .name = "time", .minimum = 0, .maximum = kMaxDelaySeconds, .unit = Unit::seconds, .doc = "delay, up to max"};
  const Setting max_seconds = max_setting("longest delay in seconds, up to 30");
  std::vector<std::string_view> choices;
  for (const Interpolation& one : kInterpolations) choices.push_back(one.name);
  constexpr std::string_view kSchroeder =
      "M. R. Schroeder, Natural sounding artificial reverberation, J. Audio Eng. Soc. 10 (1962); "
      "J. A. Moorer, About this reverberation business, Computer Music J. 3 (1979)";
  return {
      {.type = "delay",
       .category = Category::stateful,
       .inputs = {delayed_in, time},
       .settings = {max_seconds,
                    {.name = "interpolation",
                     .kind = SettingKind::choice,
                     .choices = choices,
                     .doc = "none rounds to whole samples; allpass keeps all frequencies and suits delays that rest"},
                    {.name = "min",
                     .minimum = 0,
                     .maximum = kMaxDelaySeconds,
                     .doc = "the shortest delay in seconds, a promise that shorter times are lengthened to: loops run "
                            "faster for it"}},
       .doc = "in, time seconds ago. In a cycle at least 1 sample, 1.5 with allpass, 2 with cubic; elsewhere 0 reads "
              "the sample itself.",
       .source = "T. I. Laakso et al., Splitting the unit delay, IEEE Signal Processing Mag. 13 (1996): linear and "
                 "Thiran; E. Catmull, R. Rom, A class of local interpolating splines (1974): cubic",
       .lower = delay},
      {.type = "samples",
       .category = Category::stateful,
       .inputs = {delayed_in,
                  {.name = "n",
                   .minimum = 0,
                   .maximum = 1e9,
                   .unit = Unit::samples,
                   .doc = "delay, rounded to whole samples"}},
       .settings = {max_setting("longest delay in samples, up to 30 s")},
       .doc = "in, n samples ago; at least 1 in a cycle.",
       .source = "definition",
       .lower = samples},
      {.type = "comb",
       .category = Category::stateful,
       .inputs = {delayed_in,
                  time,
                  {.name = "feedback", .minimum = -1, .maximum = 1, .unit = Unit::gain, .doc = "gain of one round"},
                  {.name = "damp",
                   .fallback = 0,
                   .minimum = 0,
                   .maximum = 0.9999,
                   .doc = "pole of the low-pass in the loop: 0 is none"}},
       .settings = {max_seconds},
       .doc = "y[n] = v[n-d], v[n] = x[n] + feedback · w[n], w[n] = (1 - damp) · y[n] + damp · w[n-1]; d is time in "
              "whole samples, at least 1.",
       .source = kSchroeder,
       .lower = comb},
      {.type = "allpass_delay",
       .category = Category::stateful,
       .inputs = {audio_in(),
                  time,
                  {.name = "gain",
                   .minimum = -1,
                   .maximum = 1,
                   .unit = Unit::gain,
                   .doc = "of the direct path, negated, and of the loop"}},
       .settings = {max_seconds},
       .doc = "y[n] = v[n-d] - gain · x[n], v[n] = x[n] + gain · y[n]; d is time in whole samples, at least 1.",
       .source = kSchroeder,
       .lower = allpass_delay},
  };
}

}  // namespace sinter::nodes
