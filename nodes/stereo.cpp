// Placing signals between two channels. Instance j has lanes 2j (left) and 2j + 1 (right).
#include "families.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

// Each lane twice; one lane spreads by itself.
Signal doubled(Builder& b, Signal x) { return x.lanes() == 1 ? x : b.relane(x, {.repeat = 2}, 2 * x.lanes()); }

// The position as each side sees it: negated on the left.
Signal sided_position(NodeBuild& b) {
  Builder& build = b.builder();
  Signal right = build.op(Op::to_f64, build.op(Op::iand, build.lane(2 * b.instances()), build.integer(1)));
  return (2.0 * right - 1.0) * doubled(build, b["position"]);
}

void pan(NodeBuild& b) { b.out(math::sin_turns(0.125 * (1.0 + sided_position(b))) * doubled(b.builder(), b["in"])); }

void balance(NodeBuild& b) { b.out(min(1.0 + sided_position(b), 1.0) * b["in"]); }

}  // namespace

std::vector<NodeDef> stereo() {
  const Port position{
      .name = "position", .fallback = 0, .minimum = -1, .maximum = 1, .doc = "-1 left, 0 middle, 1 right"};
  return {
      {.type = "pan",
       .inputs = {audio_in(), position},
       .outputs = {{"out", 2}},
       .doc =
           "Mono to stereo at equal power: left cos(θ), right sin(θ), θ = (position + 1) · π/4; -3 dB in the middle.",
       .source = "sine-cosine pan law",
       .lower = pan},
      {.type = "balance",
       .inputs = {audio_in(2), position},
       .outputs = {{"out", 2}},
       .doc = "Turns one side down: left min(1, 1 - position), right min(1, 1 + position); unchanged in the middle.",
       .source = "definition",
       .lower = balance},
  };
}

}  // namespace sinter::nodes
