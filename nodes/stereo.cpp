// Placing signals between two channels, and mixing channels. Instance j has lanes 2j (left) and 2j + 1 (right).
#include "lanes.hpp"
#include "sinter/ir/math.hpp"

namespace sinter::nodes {
namespace {

constexpr double kHalfRoot = 0.70710678118654752;

// The position as each side sees it: negated on the left.
Signal sided_position(NodeBuild& b) {
  Builder& build = b.builder();
  Signal right = build.op(Op::to_f64, build.op(Op::iand, build.lane(2 * b.instances()), build.integer(1)));
  return (2.0 * right - 1.0) * repeated(build, b["position"], 2);
}

void pan(NodeBuild& b) {
  b.out(math::sin_turns(0.125 * (1.0 + sided_position(b))) * repeated(b.builder(), b["in"], 2));
}

void balance(NodeBuild& b) { b.out(min(1.0 + sided_position(b), 1.0) * b["in"]); }

struct Pair {
  Signal left, right;
};
Pair halves(NodeBuild& b) {
  Signal in = b["in"];
  auto every_other = [&](uint32_t first) {
    return b.builder().relane(in, {.offset = first, .stride = 2}, b.instances());
  };
  return {every_other(0), every_other(1)};
}

// One pair of lanes per instance.
Signal interleaved(NodeBuild& b, Signal left, Signal right) {
  Builder& build = b.builder();
  if (b.instances() == 1) return build.stack({left, right});
  const uint32_t lanes = 2 * b.instances();
  Signal side = build.op(Op::iand, build.lane(lanes), build.integer(1));
  return build.select(build.op(Op::ieq, side, build.integer(0)), repeated(build, left, 2), repeated(build, right, 2));
}

void width(NodeBuild& b) {
  const Pair in = halves(b);
  Signal own = 0.5 + 0.5 * b["amount"], other = 0.5 - 0.5 * b["amount"];
  b.out(interleaved(b, own * in.left + other * in.right, own * in.right + other * in.left));
}

void midside(NodeBuild& b) {
  const Pair in = halves(b);
  b.out(interleaved(b, kHalfRoot * (in.left + in.right), kHalfRoot * (in.left - in.right)));
}

// Column i of the matrix times input i, summed in the one order of all sums over channels.
void matrix(NodeBuild& b) {
  Builder& build = b.builder();
  const auto rows = b.numbers("rows");
  const size_t inputs = b.instances(), outputs = b.rows("rows");
  if (outputs == 0 || rows.size() != outputs * inputs)
    return b.fail(Errc::channel_mismatch, "'rows' has " + std::to_string(outputs) + " rows of " +
                                              std::to_string(outputs ? rows.size() / outputs : 0) +
                                              " numbers and 'in' " + std::to_string(inputs) +
                                              " channels; a row has one number per channel");
  std::vector<Signal> products;
  for (uint32_t i = 0; i < inputs; ++i) {
    std::vector<Signal> column;
    for (size_t o = 0; o < outputs; ++o) column.push_back(b.constant(rows[o * inputs + i]));
    products.push_back(build.stack(column) * build.extract(b["in"], i));
  }
  b.out(summed(products));
}

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
      {.type = "width",
       .inputs = {audio_in(2), {.name = "amount", .minimum = 0, .maximum = 2, .doc = "0 mono, 1 unchanged, 2 wide"}},
       .outputs = {{"out", 2}},
       .doc = "Scales what left and right differ by: (left + right) / 2 ± amount · (left - right) / 2.",
       .source = "A. D. Blumlein, British Patent 394,325 (1931): shuffling",
       .lower = width},
      {.type = "midside",
       .inputs = {audio_in(2)},
       .outputs = {{"out", 2}},
       .doc =
           "Left and right to mid (left + right) / √2 and side (left - right) / √2, which keeps the power; of mid and "
           "side it makes left and right again.",
       .source = "A. D. Blumlein, British Patent 394,325 (1931): sum and difference, here orthonormal",
       .lower = midside},
      {.type = "matrix",
       .inputs = {audio_in(kAnyWidth, "as many channels as a row has numbers")},
       .outputs = {{.name = "out", .width = kAnyWidth, .rows = "rows"}},
       .settings = {{.name = "rows",
                     .kind = SettingKind::rows,
                     .minimum = -kMaxGain,
                     .maximum = kMaxGain,
                     .required = true,
                     .doc = "one row per output, one number per input: [[0.5, 0.5], [1, -1]]"}},
       .doc = "Output o is the sum of rows[o][i] · channel i of in.",
       .source = "definition",
       .lower = matrix},
  };
}

}  // namespace sinter::nodes
