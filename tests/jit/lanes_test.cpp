// Lanes loops: recurrences of many instances, W instances per instruction, give the bits of the per-sample reference.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "rig.hpp"
#include "sinter/interpret/interpret.hpp"
#include "sinter/plan/plan.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kLanes[] = {2, 3, 5, 16, 17, 33, 64, 65, 130};

bool fits(const Ir& ir, const Step& step) {
  return step.kind == StepKind::serial && step.lanes > 1 &&
         std::none_of(step.body.begin(), step.body.end(),
                      [&](Value v) { return ir[v].op == Op::tap || ir[v].op == Op::push; });
}

// Folds of what a lanes step computes, moved into it with their stores.
void move_folds(const Ir& ir, Plan& plan) {
  for (Step& step : plan.steps) {
    if (step.kind != StepKind::lanes) continue;
    for (Step& fold : plan.steps) {
      if (fold.kind != StepKind::fold) continue;
      const Value summed = ir[fold.body[0]].arg[0];
      const auto at = std::find(step.body.begin(), step.body.end(), summed);
      if (at == step.body.end() || ir[fold.body[0]].lanes % 16 || ir[fold.body[0]].lanes >= step.lanes) continue;
      step.body.insert(at + 1, fold.body[0]);
      step.stores.insert(step.stores.end(), fold.stores.begin(), fold.stores.end());
      fold.body.clear();
    }
  }
  std::erase_if(plan.steps, [](const Step& s) { return s.kind == StepKind::fold && s.body.empty(); });
}

// Plans all recurrences one sample at a time, then turns those of several lanes into lanes steps.
Plan plan_lanes(const Ir& ir, uint32_t& count) {
  Result<Plan> plan = make_plan(ir);
  REQUIRE_MESSAGE(plan, plan.error().message);
  for (Step& step : plan->steps) {
    if (!fits(ir, step)) continue;
    step.kind = StepKind::lanes;
    ++count;
  }
  move_folds(ir, *plan);
  return std::move(*plan);
}

std::shared_ptr<const Program> make_lanes(const Ir& ir, const Plan& plan, const Backend& backend) {
  auto program = std::make_shared<Program>();
  Result<Code> code = backend.compile(ir, plan, false);
  REQUIRE_MESSAGE(code, code.error().message);
  program->executor = std::move(code->executor);
  program->control = make_control(ir, plan);
  program->layout = plan.layout;
  program->row_sources = plan.row_sources;
  program->reads_input_late = plan.reads_input_late;
  return program;
}

void check_lanes(const Draw& draw, const Rows& inputs, uint32_t frames, const std::vector<Turn>& turns = {},
                 uint32_t steps = 1) {
  Ir ir;
  Builder build(ir);
  draw(build);
  const Rows expected = render(make_program(ir, nullptr), inputs, frames, 0, turns);
  uint32_t count = 0;
  const Plan plan = plan_lanes(ir, count);
  CHECK_GE(count, steps);
  for (const Backend* backend : jit_here()) {
    const std::shared_ptr<const Program> program = make_lanes(ir, plan, *backend);
    for (uint32_t block : {0u, 1u, 7u, 61u, 64u}) {
      CAPTURE(backend->name());
      CAPTURE(block);
      CHECK_EQ(difference(render(program, inputs, frames, block, turns), expected), "");
      ran_on(backend->name());
    }
  }
}

Signal spread(Builder& b, uint32_t lanes, double first, double step) {
  return b.op(Op::to_f32, b.lane(lanes)) * step + first;
}

Signal one_pole(Builder& b, const std::string& key, Signal x, Signal pole) {
  Signal z = b.state(key, Type::f32, x.lanes() > pole.lanes() ? x.lanes() : pole.lanes());
  Signal y = z + pole * (x - z);
  b.next(z, y);
  return y;
}

// x / (1 + |x|): as good as any other bend.
Signal bend(Signal x) { return x / (abs(x) + 1.0); }

}  // namespace

TEST_CASE("lanes: filters with coefficients of their own, from one row or from rows of their own, for any length") {
  for (uint32_t lanes : kLanes)
    for (uint32_t frames : {1u, 2u, 5u, 15u, 16u, 17u, 63u, 64u, 65u, 200u}) {
      CAPTURE(lanes);
      CAPTURE(frames);
      check_lanes(
          [&](Builder& b) {
            Signal x = add_input(b), own = add_input(b, lanes);
            Signal pole = spread(b, lanes, 0.1, 0.005);
            Signal s1 = b.state("s1", Type::f32, lanes), s2 = b.state("s2", Type::f32, lanes);
            Signal v = (x + own - 0.7 * s1 - s2) * 0.55;
            Signal band = v * pole + s1, low = band * pole + s2;
            b.next(s1, v * pole + band);
            b.next(s2, band * pole + low);
            add_outputs(b, {low, band});
          },
          noise(1 + lanes, frames, lanes * 1000 + frames), frames);
    }
}

TEST_CASE("lanes: a ladder of four bent poles in feedback") {
  for (uint32_t lanes : kLanes) {
    CAPTURE(lanes);
    check_lanes(
        [&](Builder& b) {
          Signal x = add_input(b, lanes);
          Signal g = spread(b, lanes, 0.2, 0.002);
          Signal s[4];
          for (int i = 0; i < 4; ++i) s[i] = b.state("s" + std::to_string(i), Type::f32, lanes);
          Signal u = bend(x - 3.0 * s[3]);
          for (int i = 0; i < 4; ++i) {
            Signal y = s[i] + g * (u - bend(s[i]));
            b.next(s[i], y);
            u = bend(y);
          }
          add_outputs(b, {u});
        },
        noise(lanes, 150, lanes), 150);
  }
}

TEST_CASE("lanes: a follower that rises and falls at different speeds, masks and minima") {
  for (uint32_t lanes : kLanes) {
    CAPTURE(lanes);
    check_lanes(
        [&](Builder& b) {
          Signal x = abs(add_input(b, lanes));
          Signal z = b.state("z", Type::f32, lanes);
          Signal y = z + select(x > z, spread(b, lanes, 0.5, 0.001), spread(b, lanes, 0.01, 0.0001)) * (x - z);
          b.next(z, y);
          Signal above = b.state("above", Type::mask, lanes);
          Signal now = select(above, y, x) > 0.4;
          b.next(above, now && !(x > 0.95));
          Signal low = b.state("low", Type::f32, lanes, bits_of(1.0f));
          b.next(low, min(low * 1.01, max(x, 0.001)));
          add_outputs(b, {y, select(above, 1.0, low)});
        },
        noise(lanes, 150, lanes + 1), 150);
  }
}

TEST_CASE("lanes: counters, noise generators and frequency modulation of an oscillator by itself") {
  for (uint32_t lanes : kLanes) {
    CAPTURE(lanes);
    check_lanes(
        [&](Builder& b) {
          Signal x = add_input(b);
          Signal seed = b.state("seed", Type::i32, lanes, 12345);
          b.next(seed, b.op(Op::iadd, b.op(Op::imul, seed, b.integer(1664525)),
                            b.op(Op::iadd, b.integer(1013904223), b.lane(lanes))));
          Signal random = b.op(Op::to_f32, b.op(Op::ishr, seed, {}, {}, 8)) * (1.0 / 8388608);
          Signal phase = b.state("phase", Type::i32, lanes), last = b.state("last", Type::f32, lanes);
          Signal moved = b.op(Op::iadd, phase, b.op(Op::to_int, last * 4.0e8 + spread(b, lanes, 1.0e7, 1.0e5)));
          b.next(phase, moved);
          Signal saw = b.op(Op::to_f32, moved) * (1.0 / 2147483648.0);
          Signal y = saw * (1.0 - abs(saw)) * 4.0;
          b.next(last, y);
          Signal count = b.state("count", Type::i32, lanes);
          b.next(count, b.op(Op::iadd, count, b.select(y > x, b.integer(1), b.integer(-3))));
          add_outputs(b, {random, y, b.op(Op::to_f32, count)});
        },
        noise(1, 150, lanes), 150);
  }
}

TEST_CASE("lanes: tables for all and of their own, read and written, every index clamped") {
  for (uint32_t lanes : kLanes) {
    CAPTURE(lanes);
    Rows wild(lanes, std::vector<float>(150));
    Random random(lanes);
    for (std::vector<float>& row : wild)
      for (float& sample : row)
        sample = random.chance(0.6) ? std::bit_cast<float>(random.below(40))
                                    : std::bit_cast<float>(static_cast<uint32_t>(random.next()));
    check_lanes(
        [&](Builder& b) {
          Signal index = b.op(Op::bits_of, add_input(b, lanes));
          TableDecl shared{.key = "shared", .size = 33};
          for (uint32_t i = 0; i < shared.size; ++i) shared.data.push_back(std::sin(static_cast<float>(i)));
          TableDecl own{.key = "own", .size = 10, .lanes = lanes};
          for (uint32_t i = 0; i < 10 * lanes; ++i) own.data.push_back(static_cast<float>(i));
          const uint32_t read = b.table(shared), lookup = b.table(own);
          const uint32_t written = b.table({.key = "w", .size = 8, .lanes = lanes, .writable = true});
          Signal z = b.state("z", Type::f32, lanes);
          Signal old = b.table_get(written, index);
          Signal y = z * 0.5 + b.table_get(read, index) + b.table_get(lookup, index) * old;
          b.next(z, y);
          Inst set{.op = Op::table_set, .type = Type::f32, .rate = Rate::sample, .entered = true, .lanes = lanes};
          set.imm = written;
          set.arg[0] = b.op(Op::iadd, index, b.integer(1)).value;
          set.arg[1] = bend(y).value;
          b.add(set);
          add_outputs(b, {y, old});
        },
        wild, 150);
  }
}

TEST_CASE("lanes: ramps, held controls, frame counters and cell starts") {
  for (uint32_t lanes : kLanes) {
    CAPTURE(lanes);
    check_lanes(
        [&](Builder& b) {
          b.ir().params.push_back({"p", 0.25, 0, 1, 0});
          Signal x = add_input(b);
          Signal own = b.param(0) * b.op(Op::to_f64, b.lane(lanes)) * (1.0 / lanes);
          Signal z = b.state("z", Type::f32, lanes);
          Signal y = z * b.coefficient(own) + x * own + b.op(Op::to_f32, b.frame()) * 0.001;
          b.next(z, y * b.param(0));
          Signal held = b.hold_cell(y, "held");
          add_outputs(b, {select(b.cell_start(), y, -y), held});
        },
        noise(1, 300, lanes), 300, {{70, 0, 0.75}, {128, 0, 0.1}, {201, 0, 0.9}});
  }
}

TEST_CASE("lanes: bodies at two and sixteen times the rate") {
  for (uint8_t factor : {uint8_t{2}, uint8_t{16}})
    for (uint32_t lanes : kLanes) {
      CAPTURE(factor);
      CAPTURE(lanes);
      check_lanes(
          [&](Builder& b) {
            b.ir().params.push_back({"p", 0.25, 0, 1, 0});
            Signal x = add_input(b, lanes);
            Signal up = b.upsample(x, factor);
            b.set_clock(factor);
            Signal z = b.state("z", Type::f32, lanes);
            Signal y = bend(z * 0.9 + up * b.param(0)) + b.op(Op::to_f32, b.frame()) * 0.001;
            b.next(z, y);
            Signal down = b.decimate(y, factor);
            b.set_clock(1);
            add_outputs(b, {down});
          },
          noise(lanes, 130, 14), 130, {{90, 0, 0.75}});
    }
}

TEST_CASE("lanes: rows of any origin come in, in any order, and values go to several rows") {
  for (uint32_t lanes : kLanes) {
    CAPTURE(lanes);
    check_lanes(
        [&](Builder& b) {
          Signal x = add_input(b, lanes), y = add_input(b, 1);
          Signal turned = b.relane(x, {.offset = lanes - 1, .stride = 0}, lanes);
          std::vector<Signal> parts;
          for (uint32_t l = 0; l < lanes; ++l) parts.push_back(l % 3 ? b.extract(x, lanes - 1 - l) : y * (0.1 * l));
          Signal z = one_pole(b, "z", b.stack(parts) + turned, b.enter(b.constant(0.3)));
          Signal a = z * 0.5;
          add_outputs(b, {z, a, z, b.relane(a, {.offset = 1, .stride = 0}, 3)});
        },
        noise(lanes + 1, 100, lanes), 100);
  }
}

TEST_CASE("lanes: states that only shift, change places, or that nothing reads or writes") {
  for (uint32_t lanes : kLanes) {
    CAPTURE(lanes);
    check_lanes(
        [&](Builder& b) {
          Signal x = add_input(b, lanes);
          Signal a = b.state("a", Type::f32, lanes, bits_of(1.0f)), c = b.state("c", Type::f32, lanes, bits_of(2.0f));
          b.next(a, c);
          b.next(c, a);
          Signal old = one_pole(b, "z", x * a, b.enter(b.constant(0.3)));
          for (int i = 0; i < 5; ++i) {
            Signal z = b.state("z" + std::to_string(i), Type::f32, lanes);
            b.next(z, old);
            old = z;
          }
          add_outputs(b, {a, c, old});
        },
        noise(lanes, 100, lanes), 100);
  }
}

TEST_CASE("lanes: more states, rows and live values than registers or the first cache hold") {
  for (uint32_t lanes : {2u, 17u, 65u}) {
    CAPTURE(lanes);
    check_lanes(
        [&](Builder& b) {
          Signal x = add_input(b), sum = x;
          std::vector<Signal> rows, values, outputs;
          for (int i = 0; i < 20; ++i) rows.push_back(add_input(b, lanes));
          for (int i = 0; i < 60; ++i) {
            Signal z = b.state("z" + std::to_string(i), Type::f32, lanes);
            values.push_back(z * (0.5 + 0.005 * i) + rows[static_cast<size_t>(i) % 20]);
            b.next(z, values.back());
          }
          for (size_t i = values.size(); i-- > 0;)
            sum = sum + values[(i * 7) % 60] * (1.0 / (static_cast<double>(i) + 2));
          Signal loop = b.state("loop", Type::f32, lanes);
          b.next(loop, loop * 0.9 + sum);
          outputs.push_back(loop);
          for (int i = 0; i < 12; ++i) outputs.push_back(values[static_cast<size_t>(i) * 3]);
          add_outputs(b, outputs);
        },
        noise(1 + 20 * lanes, 70, 4), 70);
  }
}

TEST_CASE("lanes: sums over the lanes of a bank add up in the order of the fold") {
  for (uint32_t lanes : {17u, 31u, 32u, 33u, 64u, 65u, 100u, 130u, 257u})
    for (uint32_t sums : {16u, 32u, 48u, 64u}) {
      if (sums >= lanes) continue;
      CAPTURE(lanes);
      CAPTURE(sums);
      check_lanes(
          [&](Builder& b) {
            Signal x = add_input(b);
            Signal y = one_pole(b, "z", x * spread(b, lanes, -1, 0.03), spread(b, lanes, 0.1, 0.003));
            Signal w = b.state("w", Type::f32, lanes);
            b.next(w, bend(w - y));
            add_outputs(b, {b.fold(y, sums), b.sum(w * -0.0), b.sum(y * w), b.fold(w, 16), w});
          },
          noise(1, 100, lanes), 100);
    }
}

TEST_CASE("lanes: states of lanes that do not exist stay zero, and are handed over to any other executor") {
  Ir ir;
  Builder b(ir);
  Signal x = add_input(b, 5);
  Signal z = b.state("z", Type::f32, 5), n = b.state("n", Type::i32, 5);
  b.next(z, z * 0.5 + x + 1.0);
  b.next(n, b.op(Op::iadd, n, b.integer(1)));
  add_outputs(b, {z, b.op(Op::to_f32, n)});
  uint32_t count = 0;
  const Plan plan = plan_lanes(ir, count);
  const Rows in = noise(5, 200, 3), expected = render(make_program(ir, nullptr), in, 200);
  for (const Backend* first : jit_here())
    for (const Backend* second : jit_here()) {
      Engine engine;
      engine.prepare(make_lanes(ir, plan, *first));
      Rows out(10, std::vector<float>(200));
      for (uint32_t at = 0; at < 200; at += 50) {
        if (at == 100) REQUIRE(engine.swap(make_lanes(ir, plan, *second)));
        std::vector<const float*> from;
        std::vector<float*> to;
        for (const std::vector<float>& row : in) from.push_back(row.data() + at);
        for (std::vector<float>& row : out) to.push_back(row.data() + at);
        engine.process(from, to, 50);
      }
      CHECK_EQ(difference(out, expected), "");
    }
}

TEST_CASE("lanes: probes measure every lane") {
  const uint32_t lanes = 21;
  Ir ir;
  Builder b(ir);
  Signal x = add_input(b, lanes);
  Signal z = b.state("z", Type::f32, lanes);
  b.next(z, x);
  Signal y = bend(z * 2.0);
  b.probe("p", z);
  b.probe("q", y);
  Signal w = b.state("w", Type::f32, lanes);
  b.next(w, bend(w + y));
  add_outputs(b, {w});
  uint32_t count = 0;
  const Plan plan = plan_lanes(ir, count);
  CHECK(count >= 1);
  const uint32_t frames = 1030;
  Rows in = noise(lanes, frames, 9);
  for (const Backend* backend : jit_here()) {
    Engine engine;
    engine.prepare(make_lanes(ir, plan, *backend));
    Rows out(lanes, std::vector<float>(frames));
    std::vector<const float*> from;
    std::vector<float*> to;
    for (const std::vector<float>& row : in) from.push_back(row.data());
    for (std::vector<float>& row : out) to.push_back(row.data());
    engine.process(from, to, frames);
    Engine other;
    other.prepare(make_program(ir, nullptr));
    other.process(from, to, frames);
    for (uint32_t l = 0; l < lanes; ++l)
      for (uint32_t p : {0u, 1u}) {
        CHECK_EQ(engine.read_probe(p, l).peak, other.read_probe(p, l).peak);
        CHECK_EQ(engine.read_probe(p, l).rms,
                 doctest::Approx(static_cast<double>(other.read_probe(p, l).rms)).epsilon(1e-5));
      }
    ran_on(backend->name());
  }
}
