// Memoryless curves, and the crusher.
#include "families.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

// A triangle of period 4 and slope 1 about 0: what is left after whole periods, turned around beyond 1.
void fold(NodeBuild& b) {
  Signal x = b["in"] * b["drive"];
  Signal rest = x - 4.0 * round(0.25 * x);
  b.out(max(min(rest, 2.0 - rest), -2.0 - rest));
}

// A clock of 2^30 to the turn, so that a whole turn per sample fits too: it takes a sample in each new turn, first in
// the first.
Signal takes_sample(NodeBuild& b) {
  Builder& build = b.builder();
  Signal rate = b["rate"],
         turns = rate.rate() == Rate::sample ? rate * (1.0 / b.sample_rate()) : rate / b.sample_rate();
  Signal clock = build.state(b.key("clock"), Type::i32, b.instances(), bits_of(-1));
  Signal now = build.op(Op::iadd, clock, build.op(Op::to_int_round, min(turns, 1.0) * 0x1p30));
  b.set(clock, now);
  return !build.op(Op::ieq, build.op(Op::ishr, now, {}, {}, 30), build.op(Op::ishr, clock, {}, {}, 30));
}

void crush(NodeBuild& b) {
  Signal steps = math::exp2(b["bits"] - 1.0), held = b.state("held");
  Signal now = select(takes_sample(b), b["in"], held);
  b.set(held, now);
  b.out(round(clamp(now, -1, 1) * steps) / steps);
}

}  // namespace

std::vector<NodeDef> shapers() {
  const Port drive{.name = "drive",
                   .fallback = 1,
                   .minimum = 0,
                   .maximum = kMaxGain,
                   .unit = Unit::gain,
                   .doc = "gain before the curve"};
  return {
      {.type = "clip",
       .inputs = {audio_in(), drive},
       .doc = "drive · in, cut at -1 and 1.",
       .source = "definition",
       .lower = [](NodeBuild& b) { b.out(clamp(b["in"] * b["drive"], -1, 1)); }},
      {.type = "softclip",
       .inputs = {audio_in(), drive},
       .doc = "tanh(drive · in).",
       .source = "definition",
       .lower = [](NodeBuild& b) { b.out(math::tanh(b["in"] * b["drive"])); }},
      {.type = "fold",
       .inputs = {audio_in(), drive},
       .doc =
           "drive · in folded back at -1 and 1 as often as it takes: a triangle of period 4 that is x itself from -1 "
           "to 1.",
       .source = "definition",
       .lower = fold},
      {.type = "crush",
       .category = Category::stateful,
       .inputs = {audio_in(),
                  {.name = "bits",
                   .minimum = 1,
                   .maximum = 24,
                   .doc = "word length, fractions allowed: the step is 2^(1 - bits)"},
                  {.name = "rate",
                   .minimum = 1,
                   .maximum = kMaxHertz,
                   .unit = Unit::hertz,
                   .scale = Scale::log,
                   .doc = "samples taken per second, up to the sample rate"}},
       .doc = "in taken rate times per second and held, cut at -1 and 1 and rounded to whole steps. The first sample "
              "is taken.",
       .source = "definition",
       .lower = crush},
  };
}

}  // namespace sinter::nodes
