// Delay lines in loops over time, read and written where they lie, also over the ring's end: bits of the reference.
#include <doctest/doctest.h>

#include <algorithm>

#include "rig.hpp"
#include "sinter/interpret/interpret.hpp"
#include "sinter/plan/plan.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

bool has_line(const Ir& ir, const Step& step) {
  return std::any_of(step.body.begin(), step.body.end(),
                     [&](Value v) { return ir[v].op == Op::tap || ir[v].op == Op::push; });
}

struct Strict {
  std::shared_ptr<Program> program;
  uint32_t plain = 0, chunked = 0;  ///< time-parallel loops with delay lines, without recurrences and with
};

// As the backend's own width has it, without passes, in forms that keep every bit.
Strict make_strict(const Ir& ir, const Backend& backend) {
  for (const Error& error : verify(ir)) FAIL(error.message);
  Result<Plan> plan = make_plan(ir, {.width = backend.width(), .strict = true});
  REQUIRE_MESSAGE(plan, plan.error().message);
  Result<Code> code = backend.compile(ir, *plan, false);
  REQUIRE_MESSAGE(code, code.error().message);
  Strict made{.program = std::make_shared<Program>()};
  for (const Step& step : plan->steps)
    if (step.kind == StepKind::time_parallel && has_line(ir, step))
      ++(step.recurrences.empty() ? made.plain : made.chunked);
  made.program->executor = std::move(code->executor);
  made.program->control = make_control(ir, *plan);
  made.program->layout = plan->layout;
  made.program->row_sources = plan->row_sources;
  made.program->reads_input_late = plan->reads_input_late;
  return made;
}

enum class Loop { plain, chunked };

// Blocks that cut a cell leave over every number of frames, and begin everywhere in a ring.
void check_lines(const Draw& draw, Loop loop, const Rows& inputs, const std::vector<Turn>& turns = {}) {
  const auto frames = static_cast<uint32_t>(inputs[0].size());
  Ir ir;
  Builder build(ir);
  draw(build);
  const Rows expected = render(make_program(ir, nullptr), inputs, frames, 0, turns);
  for (const Backend* backend : jit_here()) {
    const Strict strict = make_strict(ir, *backend);
    CAPTURE(backend->name());
    CHECK_GE(loop == Loop::plain ? strict.plain : strict.chunked, 1);
    for (uint32_t block : {0u, 1u, 3u, 7u, 17u, 33u, 61u, 64u, 200u}) {
      CAPTURE(block);
      CHECK_EQ(difference(render(strict.program, inputs, frames, block, turns), expected), "");
      ran_on(backend->name());
    }
  }
}

// Integers add up in any order: a recurrence that is solved, and keeps every bit.
Signal running_sum(Builder& b, const std::string& key, Signal x) {
  Signal sum = b.state(key, Type::i32, x.lanes());
  Signal grown = b.op(Op::iadd, sum, b.op(Op::iand, b.op(Op::bits_of, x), b.integer(0xffff)));
  b.next(sum, grown);
  return b.op(Op::to_f32, grown) * 0x1p-24;
}

Signal maybe_summed(Builder& b, Loop loop, Signal x) { return loop == Loop::plain ? x : x + running_sum(b, "sum", x); }

constexpr Loop kLoops[] = {Loop::plain, Loop::chunked};

}  // namespace

TEST_CASE(
    "windows: every delay of a call or more, in rings that hold it exactly and with room, reads what was pushed") {
  Random random(1);
  for (uint32_t round = 0; round < scaled(6); ++round) {
    const uint32_t longest = 64 + random.below(round % 2 ? 70 : 500);
    for (const Loop loop : kLoops) {
      std::vector<int32_t> delays = {64, static_cast<int32_t>(longest)};
      for (int i = 0; i < 6; ++i) delays.push_back(64 + static_cast<int32_t>(random.below(longest - 63)));
      CAPTURE(longest);
      check_lines(
          [&](Builder& b) {
            Signal x = maybe_summed(b, loop, add_input(b));
            const uint32_t line = b.line("d", 1, longest);
            b.push(line, x);
            std::vector<Signal> taps;
            for (int32_t delay : delays) taps.push_back(b.tap(line, b.integer(delay), 64));
            taps.push_back(x);
            add_outputs(b, taps);
          },
          loop, noise(1, 900, round));
    }
  }
}

TEST_CASE("windows: combs in feedback, with delays that move from cell to cell and differ from lane to lane") {
  for (const Loop loop : kLoops)
    check_lines(
        [&](Builder& b) {
          b.ir().params.push_back({"samples", 100, 64, 300, 0});
          Signal x = add_input(b);
          const uint32_t lanes = 5, line = b.line("d", lanes, 300), one = b.line("e", 1, 333);
          Signal moving = b.op(Op::to_int, b.param(0));
          Signal delay = b.op(Op::iadd, b.op(Op::imul, b.lane(lanes), b.integer(13)), moving);
          Signal echo = b.tap(line, delay, 64);
          Signal y = maybe_summed(b, loop, x * b.op(Op::to_f32, b.lane(lanes)) + 0.7 * echo);
          b.push(line, y);
          Signal single = b.tap(one, b.op(Op::isub, moving, b.integer(400)), 64);
          b.push(one, x - 0.5 * single);
          add_outputs(b, {b.fold(y, 1), echo, single});
        },
        loop, noise(1, 1200, 2), {{100, 0, 65.0}, {164, 0, 300.0}, {515, 0, 180.0}, {517, 0, 222.0}, {900, 0, 64.0}});
}

TEST_CASE("windows: lines with short and moving taps besides, which read within a call") {
  for (const Loop loop : kLoops)
    check_lines(
        [&](Builder& b) {
          Signal in = add_input(b, 2);
          Signal x = maybe_summed(b, loop, b.extract(in, 0));
          const uint32_t line = b.line("d", 1, 190), other = b.line("e", 1, 400), tight = b.line("f", 1, 40);
          Signal pushed = b.push(line, x);
          b.push(other, x * 0.5);
          Signal wild = b.op(Op::iand, b.op(Op::bits_of, b.extract(in, 1)), b.integer(255));
          add_outputs(
              b, {b.tap(line, b.integer(3), 1), b.tap(line, b.integer(0), 0, pushed), b.tap(line, b.integer(130), 64),
                  b.tap(other, wild, 64), b.tap(other, b.integer(399), 64), b.tap(tight, b.integer(33), 1)});
          b.push(tight, x + 1.0);
        },
        loop, noise(2, 900, 3));
}

TEST_CASE("windows: lines at two and sixteen times the rate") {
  for (const Loop loop : kLoops)
    for (uint8_t factor : {uint8_t{2}, uint8_t{16}}) {
      CAPTURE(factor);
      check_lines(
          [&](Builder& b) {
            const auto call = static_cast<uint32_t>(factor) * 64;
            Signal up = b.upsample(add_input(b, 2), factor);
            b.set_clock(factor);
            const uint32_t line = b.line("d", 2, call * 3);
            Signal near = b.tap(line, b.integer(static_cast<int32_t>(call + 5)), call);
            Signal far = b.tap(line, b.integer(static_cast<int32_t>(call * 3 - 1)), call);
            Signal y = maybe_summed(b, loop, up + 0.6 * near - 0.25 * far);
            b.push(line, y);
            Signal down = b.decimate(y + far, factor);
            b.set_clock(1);
            add_outputs(b, {down});
          },
          loop, noise(2, 700, 4));
    }
}

TEST_CASE("windows: more of them than registers, with more values alive than slots of the stack frame hold") {
  for (const Loop loop : kLoops)
    check_lines(
        [&](Builder& b) {
          Signal x = maybe_summed(b, loop, add_input(b, 3));
          std::vector<Signal> taps;
          for (int i = 0; i < 300; ++i) {
            const uint32_t line = b.line("d" + std::to_string(i), 3, 70 + static_cast<uint32_t>(i));
            taps.push_back(b.tap(line, b.integer(64 + i), 64));
            b.push(line, x * (0.01 * i));
          }
          Signal up = taps[0], down = taps[299];
          for (size_t i = 1; i < taps.size(); ++i) up = up * 0.5 + taps[i];
          for (size_t i = 299; i-- > 0;) down = down * 0.5 + taps[i];
          b.probe("p", up);
          add_outputs(b, {up, down});
        },
        loop, noise(3, 700, 5));
}

TEST_CASE("windows: an output that lies where the input is read goes out after the input went into the line") {
  Ir ir;
  Builder b(ir);
  Signal x = add_input(b);
  const uint32_t line = b.line("d", 1, 200);
  Signal echo = b.tap(line, b.integer(70), 64);
  b.push(line, 0.5 * echo + x);
  add_outputs(b, {echo});
  const Rows in = noise(1, 640, 6);
  const Rows expected = render(make_program(ir, nullptr), in, 640);
  for (const Backend* backend : jit_here()) {
    Engine engine;
    engine.prepare(make_strict(ir, *backend).program);
    Rows rows = in;
    for (uint32_t at = 0; at < 640; at += 64) {
      const float* from[] = {rows[0].data() + at};
      float* to[] = {rows[0].data() + at};
      engine.process(from, to, 64);
    }
    CAPTURE(backend->name());
    CHECK_EQ(difference(rows, expected), "");
    ran_on(backend->name());
  }
}
