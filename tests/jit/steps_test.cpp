// Every kind of step on every instruction set against the per-sample reference.
#include <doctest/doctest.h>

#include <bit>
#include <cfenv>
#include <cmath>

#include "rig.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

TEST_CASE("a gain and an offset come out as written, for any length and block size") {
  for (uint32_t frames : {1u, 3u, 15u, 16u, 17u, 63u, 64u, 65u, 1000u}) {
    const Rows in = noise(1, frames, frames);
    const Rows out =
        check_against_reference([](Builder& b) { add_outputs(b, {add_input(b) * 0.5 + 1.0}); }, in, frames);
    for (uint32_t f = 0; f < frames; ++f) CHECK_EQ(out[0][f], in[0][f] * 0.5f + 1.0f);
  }
}

TEST_CASE("a parameter ramps over its cell in vectors as it does in samples") {
  check_against_reference(
      [](Builder& b) {
        b.ir().params.push_back({"gain", 0.5, 0, 2, 0});
        add_outputs(b, {add_input(b) * b.param(0)});
      },
      noise(1, 777, 1), 777, {{100, 0, 1.5}, {250, 0, 0.1}, {256, 0, 0.9}});
}

TEST_CASE("recurrences: a one-pole and a state variable filter") {
  check_against_reference(
      [](Builder& b) {
        Signal x = add_input(b);
        Signal z = b.state("z", Type::f32, 1);
        Signal y = z + 0.1 * (x - z);
        b.next(z, y);
        Signal s1 = b.state("s1", Type::f32, 1), s2 = b.state("s2", Type::f32, 1);
        Signal v = (x - 0.7 * s1 - s2) * 0.55;
        Signal band = v * 0.3 + s1, low = band * 0.3 + s2;
        b.next(s1, v * 0.3 + band);
        b.next(s2, band * 0.3 + low);
        add_outputs(b, {y, low, band});
      },
      noise(1, 500, 2), 500);
}

TEST_CASE("states change all at once: a chain shifts and two states change places") {
  const Rows out = check_against_reference(
      [](Builder& b) {
        Signal x = add_input(b);
        Signal a = b.state("a", Type::f32, 1, bits_of(1.0f)), c = b.state("c", Type::f32, 1, bits_of(2.0f));
        b.next(a, c);
        b.next(c, a);
        Signal old = x;
        for (int i = 0; i < 12; ++i) {
          Signal z = b.state("z" + std::to_string(i), Type::f32, 1);
          b.next(z, old);
          old = z;
        }
        add_outputs(b, {a, c, old});
      },
      noise(1, 300, 3), 300);
  const Rows in = noise(1, 300, 3);
  for (uint32_t f = 0; f < 300; ++f) {
    CHECK_EQ(out[0][f], f % 2 ? 2.0f : 1.0f);
    CHECK_EQ(out[1][f], f % 2 ? 1.0f : 2.0f);
    CHECK_EQ(out[2][f], f < 12 ? 0.0f : in[0][f - 12]);
  }
}

TEST_CASE("more states than registers keep their values") {
  check_against_reference(
      [](Builder& b) {
        Signal x = add_input(b), sum = x;
        for (int i = 0; i < 60; ++i) {
          Signal z = b.state("z" + std::to_string(i), Type::f32, 1);
          b.next(z, z * (0.5 + 0.005 * i) + x);
          sum = sum + z * (1.0 / (i + 2));
        }
        Signal loop = b.state("loop", Type::f32, 1);
        b.next(loop, loop * 0.9 + sum);
        add_outputs(b, {loop});
      },
      noise(1, 200, 4), 200);
}

TEST_CASE("hundreds of values alive at once survive in registers, slots and scratch memory") {
  for (int count : {40, 300, 3000}) {
    CAPTURE(count);
    check_against_reference(
        [count](Builder& b) {
          Signal x = add_input(b);
          std::vector<Signal> values;
          for (int i = 0; i < count; ++i) values.push_back(x * (0.001 * i) + (0.5 - i));
          Signal sum = x;
          for (int i = count; i-- > 0;) sum = sum + values[(i * 7) % count] * values[(i * 13 + 5) % count];
          add_outputs(b, {sum});
        },
        noise(1, 100, 5), 100);
  }
}

TEST_CASE("lanes: one body over many instances, per-lane controls, lanes and rows") {
  for (uint32_t lanes : {2u, 3u, 17u, 100u}) {
    CAPTURE(lanes);
    check_against_reference(
        [lanes](Builder& b) {
          Signal x = add_input(b);
          Signal gain = b.op(Op::to_f32, b.lane(lanes)) * 0.01 + 0.5;
          Signal z = b.state("z", Type::f32, lanes);
          b.next(z, z * 0.5 + x * gain);
          Signal y = z * gain + x;
          add_outputs(b, {b.sum(y), b.fold(y, 1), b.relane(y, {.offset = 1, .stride = 0}, 2), b.sum(y, 2)});
        },
        noise(1, 300, 6), 300);
  }
}

TEST_CASE("folds of rows, inputs and ramps add in one order") {
  check_against_reference(
      [](Builder& b) {
        b.ir().params.push_back({"p", 0.25, 0, 1, 0});
        Signal x = add_input(b, 40);
        Signal controls = b.param(0) * b.op(Op::to_f64, b.lane(23));
        add_outputs(
            b, {b.fold(x, 1), b.fold(x, 7), b.fold(x * 2.0, 3), b.fold(b.enter(controls), 2), b.sum(b.stack({x, x}))});
      },
      noise(40, 200, 7), 200, {{70, 0, 0.75}});
}

TEST_CASE("delay lines read every delay and clamp every index") {
  const uint32_t length = 37;
  const Rows in = noise(1, 400, 8);
  for (int32_t delay : {1, 2, 3, 36, 37}) {
    const Rows out = check_against_reference(
        [&](Builder& b) {
          const uint32_t line = b.line("d", 1, length);
          b.push(line, add_input(b));
          add_outputs(b, {b.tap(line, b.integer(delay), 1)});
        },
        in, 400);
    for (uint32_t f = 0; f < 400; ++f)
      CHECK_EQ(out[0][f], f < static_cast<uint32_t>(delay) ? 0.0f : in[0][f - static_cast<uint32_t>(delay)]);
  }
  // Delays from any bits: NaN, infinities and the extreme integers all stay inside the ring.
  Rows wild = noise(2, 400, 9);
  Random random(10);
  for (float& sample : wild[1]) sample = std::bit_cast<float>(static_cast<uint32_t>(random.next()));
  check_against_reference(
      [&](Builder& b) {
        Signal x = add_input(b, 2);
        Signal delay = b.op(Op::bits_of, b.extract(x, 1));
        const uint32_t line = b.line("d", 1, length), tight = b.line("t", 1, 5), feedback = b.line("f", 1, 100);
        Signal pushed = b.push(line, b.extract(x, 0));
        b.push(tight, b.extract(x, 0));
        Signal echo = b.tap(feedback, b.op(Op::iand, delay, b.integer(127)), 3);
        b.push(feedback, b.extract(x, 0) + 0.5 * echo);
        add_outputs(
            b, {b.tap(line, delay, 0, pushed), b.tap(tight, delay, 1), echo, b.tap(line, b.integer(-5), 0, pushed)});
      },
      wild, 400);
}

TEST_CASE("delay lines of many lanes, and taps of more than a chunk that do not wait") {
  check_against_reference(
      [](Builder& b) {
        Signal x = add_input(b);
        const uint32_t line = b.line("d", 9, 3000);
        b.push(line, x * b.op(Op::to_f32, b.lane(9)));
        Signal tap = b.tap(line, b.op(Op::imul, b.lane(9), b.integer(7)), 1);
        Signal far = b.tap(line, b.op(Op::iadd, b.lane(9), b.integer(500)), 400);
        add_outputs(b, {b.fold(tap, 1), b.fold(far, 1), far});
      },
      noise(1, 1500, 11), 1500);
}

TEST_CASE("tables: every index is clamped, gathers and stores agree") {
  Rows wild(1, std::vector<float>(500));
  Random random(12);
  for (float& sample : wild[0])
    sample = random.chance(0.5) ? std::bit_cast<float>(random.below(40))
                                : std::bit_cast<float>(static_cast<uint32_t>(random.next()));
  check_against_reference(
      [](Builder& b) {
        Signal index = b.op(Op::bits_of, add_input(b));
        TableDecl sine{.key = "sine", .size = 33};
        for (uint32_t i = 0; i < sine.size; ++i) sine.data.push_back(std::sin(static_cast<float>(i)));
        TableDecl per_lane{.key = "lanes", .size = 10, .lanes = 3};
        for (uint32_t i = 0; i < 30; ++i) per_lane.data.push_back(static_cast<float>(i));
        const uint32_t read = b.table(sine), lanes = b.table(per_lane);
        const uint32_t written = b.table({.key = "w", .size = 8, .writable = true});
        Signal lookup = b.table_get(read, index);
        Signal masked = b.op(Op::iand, index, b.integer(7));
        Signal old = b.table_get(written, masked);
        Inst set{.op = Op::table_set, .type = Type::f32, .rate = Rate::sample, .entered = true};
        set.imm = written;
        set.arg[0] = masked.value;
        set.arg[1] = (old * 0.5 + lookup).value;
        b.add(set);
        add_outputs(b, {lookup, b.table_get(lanes, b.op(Op::iadd, index, b.lane(3))), old});
      },
      wild, 500);
}

TEST_CASE("frame counters and cell starts count absolute local frames") {
  check_against_reference(
      [](Builder& b) {
        Signal x = add_input(b);
        Signal held = b.hold_cell(x, "held");
        add_outputs(b, {b.op(Op::to_f32, b.frame()), b.select(b.cell_start(), x, -x), held});
      },
      noise(1, 700, 13), 700);
}

TEST_CASE("clocks: a body at two, four and eight times the rate between zero stuffing and decimation") {
  for (uint8_t factor : {uint8_t{2}, uint8_t{4}, uint8_t{8}}) {
    CAPTURE(factor);
    check_against_reference(
        [factor](Builder& b) {
          b.ir().params.push_back({"p", 0.25, 0, 1, 0});
          Signal x = add_input(b, 2);
          Signal up = b.upsample(x, factor);
          b.set_clock(factor);
          Signal z = b.state("z", Type::f32, 2);
          b.next(z, z * 0.9 + up);
          Signal y = z * b.param(0) + b.op(Op::to_f32, b.frame()) * 0.001 + sinter::select(b.cell_start(), up, 0.0);
          const uint32_t line = b.line("d", 2, 100);
          b.push(line, y);
          Signal tap = b.tap(line, b.integer(77), 1);
          Signal down = b.decimate(y + tap, factor);
          b.set_clock(1);
          add_outputs(b, {down, b.decimate(b.upsample(b.param(0), factor), factor)});
        },
        noise(2, 300, 14), 300, {{90, 0, 0.75}});
  }
}

TEST_CASE("a recurrence across lanes runs sample by sample") {
  check_against_reference(
      [](Builder& b) {
        Signal x = add_input(b);
        const uint32_t line = b.line("network", 8, 200);
        Signal read = b.tap(line, b.op(Op::iadd, b.op(Op::imul, b.lane(8), b.integer(5)), b.integer(11)), 11);
        Signal mixed = b.fold(read, 1);
        Signal reflected = read - mixed * 0.25;
        Signal z = b.state("damp", Type::f32, 8);
        Signal damped = z + 0.4 * (reflected - z);
        b.next(z, damped);
        b.push(line, x + 0.7 * damped);
        add_outputs(b, {mixed, read});
      },
      noise(1, 600, 15), 600);
}

namespace {

// Adds its two inputs, and turns on rounding upwards behind its caller's back.
class Adder final : public External {
 public:
  void process(const ExternalBlock& block) noexcept override {
    for (uint32_t f = 0; f < block.frames; ++f) {
      block.outputs[0][f] = block.inputs[0][f] + block.inputs[1][f];
      block.outputs[1][f] = block.inputs[2][f];
    }
    std::fesetround(FE_UPWARD);
  }
  void reset() noexcept override {}
};
class AdderType final : public ExternalType {
 public:
  std::string_view name() const override { return "adder"; }
  uint64_t fingerprint() const override { return 1; }
  uint32_t latency_frames() const override { return 0; }
  uint64_t tail_frames(double) const override { return 0; }
  bool exact_under_partition() const override { return true; }
  uint64_t memory_bytes(double) const override { return 0; }
  std::unique_ptr<External> prepare(double) const override { return std::make_unique<Adder>(); }
};

}  // namespace

TEST_CASE("External calls run between fused code, on rows of any origin, and cannot change its rounding") {
  check_against_reference(
      [](Builder& b) {
        Signal x = add_input(b, 2);
        Signal y = x * 1.7;
        CallDecl decl{
            .key = "adder", .type = std::make_shared<AdderType>(), .input_lanes = {2, 1}, .output_lanes = {2}};
        Signal call = b.call(decl, {y, b.extract(x, 1)});
        Signal sum = b.call_output(call, 0);
        add_outputs(b, {sum * 0.3 + x / 3.0, sum});
      },
      noise(2, 300, 20), 300);
}

TEST_CASE("a patch of External calls alone, or of nothing that is computed, has no machine code and runs") {
  const Rows in = noise(2, 300, 21);
  const Rows sums = check_against_reference(
      [](Builder& b) {
        CallDecl decl{
            .key = "adder", .type = std::make_shared<AdderType>(), .input_lanes = {2, 1}, .output_lanes = {2}};
        const Signal x = add_input(b, 2);
        b.call(decl, {x, b.extract(x, 1)});
      },
      in, 300);
  CHECK(sums.empty());
  check_against_reference([](Builder& b) { add_input(b, 2); }, in, 300);
  for (const Backend* backend : jit_here()) {
    Ir ir;
    Builder build(ir);
    add_input(build);
    const Result<Plan> plan = make_plan(ir, {.width = backend->width()});
    REQUIRE(plan);
    const Result<Code> code = backend->compile(ir, *plan, true);
    REQUIRE_MESSAGE(code, code.error().message);
    CHECK_EQ(code->bytes, 0);
    CHECK(code->listing.empty());
  }
}

TEST_CASE("masks and integers cross steps as rows") {
  check_against_reference(
      [](Builder& b) {
        Signal x = add_input(b, 3);
        Signal y = add_input(b, 3);
        Signal loud = abs(x) > 0.5;
        Signal which = b.op(Op::to_int, x * 100.0);
        Signal z = b.state("z", Type::i32, 3);
        b.next(z, b.op(Op::iadd, z, b.select(loud, which, b.integer(1))));
        Signal held = b.state("m", Type::mask, 3);
        b.next(held, loud && !held);
        add_outputs(b, {b.op(Op::to_f32, z), b.select(held, x, y),
                        sinter::select(b.relane(loud, {.offset = 2, .stride = 0}, 1), 1.0, b.extract(y, 0))});
      },
      noise(6, 300, 16), 300);
}

TEST_CASE("probes measure the peak and the power of what was heard, tails not") {
  for (const Backend* backend : jit_here()) {
    Ir ir;
    Builder b(ir);
    Signal x = add_input(b, 2);
    b.probe("p", x * 2.0);
    Signal z = b.state("z", Type::f32, 1);
    b.next(z, z + 1.0);
    b.probe("q", z + 0.0);
    add_outputs(b, {x});
    Rows in(2, std::vector<float>(1030, 0.25f));
    in[1][513] = -3;
    Engine engine;
    engine.prepare(make_program(ir, backend));
    Rows out(2, std::vector<float>(1030));
    for (uint32_t at = 0; at < 1030; at += 103) {
      const float* from[] = {in[0].data() + at, in[1].data() + at};
      float* to[] = {out[0].data() + at, out[1].data() + at};
      engine.process(from, to, 103);
    }
    CHECK_EQ(engine.read_probe(0, 0).peak, 0.5f);
    CHECK_EQ(engine.read_probe(0, 0).rms, doctest::Approx(0.5).epsilon(1e-5));
    CHECK_EQ(engine.read_probe(0, 1).peak, 6.0f);
    CHECK_EQ(engine.read_probe(1, 0).peak, 1029.0f);
    ran_on(backend->name());
  }
}
