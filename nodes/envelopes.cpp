// Envelopes and what smooths or holds control signals.
//
// A segment is a fraction of its time, counted in integers from the event that began it, and a curve over that
// fraction: so it ends in its own sample however long it is, and the levels at events are all that one sample needs of
// another, which makes most of it time-parallel.
#include <cmath>
#include <string>

#include "phase.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr double kSegment = 2147483648.0;  // count units per segment: 2^31, so that its end sets the top bit
constexpr double kArCurve = 4;
constexpr double kStraight = 0.01;  // curves nearer to 0 are lines: they bend by 1/8 % at most

// Count units per sample of a segment, at least 1 sample long: rounded up, so that n of them end one of n samples. A
// whole segment becomes -2^31, its top bit alone.
Signal count_step(NodeBuild& b, Signal seconds) {
  return b.builder().op(Op::to_int_round, ceil(kSegment / max(seconds * b.sample_rate(), 1.0)));
}

struct Segment {
  Signal part;       // 0 … 1, where it has not ended; its first sample is one step in
  Signal end, over;  // i32, 1 where it ended: in this sample or before, and before
};

// Counts from the last sample in which `restart` was true. The end is remembered, because the count goes on and wraps.
Segment run_segment(NodeBuild& b, const std::string& name, Signal restart, Signal step) {
  Builder& build = b.builder();
  const Signal zero = build.integer(0);
  Signal count = build.state(b.key(name), Type::i32, b.instances());
  Signal ended = build.state(b.key(name + "_end"), Type::i32, b.instances());
  Signal now = build.op(Op::iadd, select(restart, zero, count), step), over = select(restart, zero, ended);
  Signal end = select(build.op(Op::ilt, now, zero), build.integer(1), over);
  b.set(count, now);
  b.set(ended, end);
  return {to_real(build, now) * (1 / kSegment), end, over};
}

Signal is_set(NodeBuild& b, Signal flag) { return b.builder().op(Op::ilt, b.builder().integer(0), flag); }

// What is left of a segment's way after a part of its time: a straight line, or what is left of a capacitor's charge,
// moved to be nothing at the end.
Signal left_of(NodeBuild& b, const Segment& segment, double curve) {
  const double last = std::exp(-curve), scale = 1 / (1 - last);
  Signal left =
      std::abs(curve) < kStraight ? 1.0 - segment.part : math::exp(segment.part * -curve) * scale - last * scale;
  return select(is_set(b, segment.end), 0.0, left);
}

struct Gate {
  Signal on, edge;  // masks: above 0; in its first sample above 0 or its first at or below
  Signal aim;       // 1 where on, else 0
};
Gate gate_of(NodeBuild& b) {
  Signal on = b.coefficient(b["gate"]) > 0.0, before = b.state("aim");
  Signal aim = b.builder().enter(select(on, 1.0, 0.0));
  b.set(before, aim);
  return {on, b.builder().op(Op::ne, aim, before), aim};
}

// The level on the way to `aim`, of which `left` is left, from what the node gave in the sample before `edge` or, where
// `falls`, from 1. With nothing left it is the aim itself: voices end where the level is 0.
void approach(NodeBuild& b, Signal edge, Signal aim, Signal left, Signal falls = {}) {
  Signal share = left, rest = aim - aim * left;
  if (falls.valid()) share = select(falls, 0.0, left), rest = rest + select(falls, left, 0.0);
  // The sample before as a share of where it began and the rest: so only where it began is a recurrence.
  Signal share_before = b.state("share"), rest_before = b.state("rest"), began = b.state("from");
  Signal from = select(edge, began * share_before + rest_before, began);
  b.set(share_before, share);
  b.set(rest_before, rest);
  b.set(began, from);
  b.out(from * share + rest);
}

Segment rise_or_release(NodeBuild& b, const Gate& gate) {
  return run_segment(b, "count", gate.edge, select(gate.on, count_step(b, b["attack"]), count_step(b, b["release"])));
}

void adsr(NodeBuild& b) {
  const Gate gate = gate_of(b);
  const Segment first = rise_or_release(b, gate);
  Signal falls = gate.on && is_set(b, first.over);
  // Counts from 0 in the sample of the peak, not from a step.
  Signal step = select(falls, count_step(b, b["decay"]), b.builder().integer(0));
  const Segment decay = run_segment(b, "decay", !falls, step);
  const Segment running = {select(falls, decay.part, first.part), select(falls, decay.end, first.end), {}};
  approach(b, gate.edge, select(falls, b["sustain"], gate.aim), left_of(b, running, b.number("curve")), falls);
}

void ar(NodeBuild& b) {
  const Gate gate = gate_of(b);
  approach(b, gate.edge, gate.aim, left_of(b, rise_or_release(b, gate), kArCurve));
}

void line(NodeBuild& b) {
  Signal start = rises(b, b["gate"], "gate"), kept = b.state("to");
  Signal to = select(start, b.builder().enter(b["to"]), kept);
  b.set(kept, to);
  approach(b, start, to, left_of(b, run_segment(b, "count", start, count_step(b, b["time"])), 0));
}

void smooth(NodeBuild& b) {
  Signal y = b.state("y");
  Signal a = step_for(b, b["time"]);
  Signal now = y + a * (b["in"] - y);
  b.set(y, now);
  b.out(now);
}

// The furthest that a slew goes in one sample; 0 s is at once, for any signal below 2^100.
Signal furthest(NodeBuild& b, Signal seconds) { return b.coefficient(1.0 / max(seconds * b.sample_rate(), 0x1p-100)); }

void slew(NodeBuild& b) {
  Signal y = b.state("y");
  Signal now = max(min(b["in"], y + furthest(b, b["rise"])), y - furthest(b, b["fall"]));
  b.set(y, now);
  b.out(now);
}

void sah(NodeBuild& b) {
  Signal y = b.state("y");
  Signal now = select(rises(b, b["trigger"], "trigger"), b.builder().enter(b["in"]), y);
  b.set(y, now);
  b.out(now);
}

Port gate_port(std::string_view name, std::string_view doc) { return {.name = name, .doc = doc}; }

std::vector<NodeDef> segments() {
  const Port gate = gate_port("gate", "on above 0; how far above makes no difference");
  const Port attack = time_port("attack", 0.01, 60, "from the present level to 1"),
             release = time_port("release", 0.3, 60, "from the present level to 0");
  return {
      {.type = "line",
       .category = Category::stateful,
       .inputs = {gate_port("gate", "a rise from 0 or below to above 0 starts a line"),
                  {.name = "to",
                   .fallback = 1,
                   .minimum = -1e6,
                   .maximum = 1e6,
                   .doc = "end of the line, as it is at the rise"},
                  time_port("time", 0.1, 60, "length of the line")},
       .doc = "0 until gate rises, then straight from its present value to `to` in time seconds, where it stays. A "
              "rise on "
              "the way starts a new line from there.",
       .source = "definition",
       .lower = line},
      {.type = "adsr",
       .category = Category::stateful,
       .inputs = {gate,
                  attack,
                  time_port("decay", 0.1, 60, "from 1 to sustain"),
                  {.name = "sustain",
                   .fallback = 0.7,
                   .minimum = 0,
                   .maximum = 1,
                   .unit = Unit::gain,
                   .doc = "level after the decay, followed at once"},
                  release},
       .settings = {{.name = "curve",
                     .fallback = 4,
                     .minimum = -10,
                     .maximum = 10,
                     .doc =
                         "0: straight lines; above, each segment is that many time constants of a charging capacitor, "
                         "scaled to end at its aim; below, slow first"}},
       .doc = "Envelope of a gate: to 1, down to sustain, and to exactly 0 when the gate ends. Attack and release "
              "begin at "
              "the present level and take their whole time: n samples, at least 1, less up to n² / 2^31, which is a "
              "sample "
              "in a second at 48 kHz. Times that move change the speed of what is left.",
       .source =
           "exponential segments of the analogue envelope: M. Puckette, The Theory and Technique of Electronic Music "
           "(2007), ch. 4",
       .lower = adsr},
      {.type = "ar",
       .category = Category::stateful,
       .inputs = {gate, attack, release},
       .doc = "Envelope of a gate: to 1 while it is on, to exactly 0 when it ends, in the curves of `adsr` with a "
              "curve of "
              "4.",
       .source = "as adsr",
       .lower = ar},
  };
}

}  // namespace

std::vector<NodeDef> envelopes() {
  std::vector<NodeDef> list = segments();
  list.push_back({.type = "smooth",
                  .category = Category::stateful,
                  .inputs = {audio_in(), time_port("time", 0.05, 60, "time constant; 0 follows at once")},
                  .doc = "y += a · (in - y) with a = 1 - exp(-1 / (time · sr)): after a step 63 % of the way in time.",
                  .source = "J. O. Smith, Introduction to Digital Filters, one-pole",
                  .lower = smooth});
  list.push_back(
      {.type = "slew",
       .category = Category::stateful,
       .inputs = {audio_in(), time_port("rise", 0, 10, "seconds that a rise by 1 takes at least; 0: no limit"),
                  time_port("fall", 0, 10, "seconds that a fall by 1 takes at least; 0: no limit")},
       .doc = "Follows in, by at most 1 / (rise · sr) upwards and 1 / (fall · sr) downwards in a sample.",
       .source = "definition",
       .lower = slew});
  list.push_back({.type = "sah",
                  .category = Category::stateful,
                  .inputs = {audio_in(), gate_port("trigger", "a rise from 0 or below to above 0 takes a sample")},
                  .doc = "in, as it was at the last rise of trigger; 0 before the first.",
                  .source = "definition",
                  .lower = sah});
  return list;
}

}  // namespace sinter::nodes
