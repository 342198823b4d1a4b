// Loops over chunks that run two lanes side by side, and what an odd number of lanes leaves over.
#include "../../jit/abreast.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "rig.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kSections = 4;
constexpr std::array<uint32_t, 8> kBlocks = {0, 1, 3, 16, 31, 64, 100, 257};

// Of section k in channel l, each an f32 without rounding; poles well inside the circle.
double a1(uint32_t k, uint32_t l) { return -1.25 + 0.0625 * l + 0.125 * k; }
double a2(uint32_t k, uint32_t l) { return 0.625 - 0.03125 * l - 0.0625 * k; }

// Transposed direct form II, sections in series, and how far the peak has come.
void draw_filters(Builder& b, uint32_t lanes) {
  Signal x = add_input(b, lanes);
  const Signal l = b.op(Op::to_f32, b.lane(lanes));
  for (uint32_t k = 0; k < kSections; ++k) {
    const std::string name = std::to_string(k);
    Signal s1 = b.state("s1" + name, Type::f32, lanes), s2 = b.state("s2" + name, Type::f32, lanes);
    const Signal y = x * 0.5 + s1;
    b.next(s1, x * 0.25 - y * (l * 0.0625 + a1(k, 0)) + s2);
    b.next(s2, x * 0.125 - y * (l * -0.03125 + a2(k, 0)));
    x = y;
  }
  b.probe("level", x);
  add_outputs(b, {x});
}

std::vector<double> filtered(const std::vector<float>& in, uint32_t lane) {
  std::vector<double> out(in.begin(), in.end());
  for (uint32_t k = 0; k < kSections; ++k) {
    double s1 = 0, s2 = 0;
    for (double& x : out) {
      const double y = 0.5 * x + s1;
      s1 = 0.25 * x - a1(k, lane) * y + s2;
      s2 = 0.125 * x - a2(k, lane) * y;
      x = y;
    }
  }
  return out;
}

// A dozen roundings a section of what stays below 4.
constexpr double kTolerance = 2e-5;

// How many loops of a plan run two lanes side by side.
uint32_t loops_abreast(const Ir& ir, const jit::Isa& isa, const PlanOptions& options) {
  const Result<Plan> plan = make_plan(ir, options);
  REQUIRE(plan);
  uint32_t count = 0;
  for (const Step& step : plan->steps) {
    if (step.kind != StepKind::time_parallel || step.recurrences.empty()) continue;
    jit::Lowering lowering(ir, *plan, isa);
    count += jit::lanes_abreast(lowering.lower_chunks(step, jit::kMaxPhases), isa)[0].abreast == 2;
  }
  return count;
}

bool solves(const Plan& plan, Solution solution) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step& step) {
    return std::any_of(step.recurrences.begin(), step.recurrences.end(),
                       [&](const Recurrence& each) { return each.solution == solution; });
  });
}

}  // namespace

TEST_CASE("filters in 2, 3, 4 and 5 channels side by side give what each gives alone, for any partition") {
  const uint32_t frames = static_cast<uint32_t>(std::min<uint64_t>(scaled(1'000), 20'000));
  for (uint32_t lanes : {2u, 3u, 4u, 5u}) {
    Ir ir;
    Builder build(ir);
    draw_filters(build, lanes);
    const Rows in = noise(lanes, frames, lanes);
    for (const jit::Isa& isa : jit::kIsas) {
      CAPTURE(isa.width);
      CHECK(loops_abreast(ir, isa, {.width = isa.width}) > 0);
    }
    for (const Backend* backend : jit_here()) {
      const std::shared_ptr<const Program> program = make_program(ir, backend, {.width = backend->width()});
      for (uint32_t block : kBlocks) {
        CAPTURE(lanes);
        CAPTURE(backend->name());
        CAPTURE(block);
        const Rows out = render(program, in, frames, block);
        double error = 0;
        for (uint32_t l = 0; l < lanes; ++l) {
          const std::vector<double> exact = filtered(in[l], l);
          for (uint32_t f = 0; f < frames; ++f) error = std::max(error, std::abs(out[l][f] - exact[f]));
        }
        CHECK(error < kTolerance);
        ran_on(backend->name());
      }
    }
  }
}

void draw_memories(Builder& b, uint32_t lanes) {
  Signal x = add_input(b, lanes);
  const Signal lane = b.lane(lanes);
  TableDecl table{.key = "t", .size = 8, .lanes = lanes};
  for (uint32_t i = 0; i < 8 * lanes; ++i) table.data.push_back(0.125f * static_cast<float>(i));
  const uint32_t numbers = b.table(table);
  const uint32_t line = b.line("d", lanes, 200);
  Signal old = b.state("old", Type::f32, lanes), count = b.state("count", Type::i32, lanes);
  b.next(old, x);
  // What is added differs from sample to sample.
  const Signal after = b.op(Op::iadd, count, b.op(Op::iadd, lane, b.op(Op::to_int, x * 4.0)));
  b.next(count, after);
  b.push(line, x + old);
  const Signal delay = b.op(Op::iadd, b.op(Op::iand, after, b.integer(63)), b.integer(100));
  add_outputs(b, {x - old, b.op(Op::to_f32, after), b.table_get(numbers, b.op(Op::iand, after, b.integer(7))),
                  b.tap(line, delay, 100)});
}

TEST_CASE("counters, shifts, tables and delays of several lanes side by side keep their bits") {
  for (uint32_t lanes : {2u, 3u, 4u, 5u}) {
    CAPTURE(lanes);
    Ir ir;
    Builder build(ir);
    draw_memories(build, lanes);
    for (const jit::Isa& isa : jit::kIsas) {
      CAPTURE(isa.width);
      CHECK(loops_abreast(ir, isa, {.width = isa.width, .strict = true}) > 0);
    }
    check_against_reference([lanes](Builder& b) { draw_memories(b, lanes); }, noise(lanes, 600, lanes), 600);
  }
}

TEST_CASE("two lanes run side by side where they fit, and an odd one after them") {
  for (uint32_t lanes : {1u, 2u, 3u, 4u, 5u}) {
    Ir ir;
    Builder build(ir);
    draw_filters(build, lanes);
    const jit::Isa& isa = jit::kIsas[2];
    Result<Plan> plan = make_plan(ir, {.width = isa.width});
    REQUIRE(plan);
    REQUIRE(solves(*plan, Solution::constant));
    for (const Step& step : plan->steps) {
      if (step.recurrences.empty()) continue;
      jit::Lowering lowering(ir, *plan, isa);
      const jit::Body one = lowering.lower_chunks(step, jit::kMaxPhases);
      const std::vector<jit::Body> bodies = jit::lanes_abreast(one, isa);
      CAPTURE(lanes);
      CHECK(bodies.size() == (lanes > 1 && lanes % 2 ? 2u : 1u));
      CHECK(bodies[0].abreast == (lanes > 1 ? 2u : 1u));
      uint32_t covered = 0;
      for (const jit::Body& body : bodies) covered += body.lanes;
      CHECK(covered == lanes);
      // What is the same for both is there once.
      if (lanes > 1) CHECK(bodies[0].nodes.size() <= 2 * one.nodes.size());
      CHECK(bodies[0].states.size() == one.states.size() * bodies[0].abreast);
    }
  }
}
