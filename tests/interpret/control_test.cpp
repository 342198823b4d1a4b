// Constant- and control-rate code: what is computed when, and how sample code sees it.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "run.hpp"
#include "sinter/base/fp_mode.hpp"
#include "sinter/interpret/interpret.hpp"
#include "sinter/plan/plan.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

Signal add_param(Builder& b, const char* id, double initial) {
  b.ir().params.push_back({id, initial, -100, 100, 0});
  return b.param(static_cast<uint32_t>(b.ir().params.size() - 1));
}

double value_at(const std::vector<uint64_t>& controls, uint32_t offset, uint32_t lane = 0) {
  double value;
  std::memcpy(&value, reinterpret_cast<const uint8_t*>(controls.data()) + offset + lane * 8, 8);
  return value;
}

}  // namespace

TEST_CASE("controls are computed where their parameters moved, and nowhere else") {
  Ir ir;
  Builder b(ir);
  const Signal p = add_param(b, "p", 3), q = add_param(b, "q", 5);
  const Signal lanes = b.op(Op::to_f64, b.lane(4));  // constant rate
  const Signal of_p = sqrt(p + 1);                   // 2 ops
  const Signal of_q = (q * lanes) - 1;               // 2 ops of 4 lanes
  const Signal of_both = b.fold(of_q, 1) + of_p;     // a fold and an op
  const Signal x = b.input(add_input(b));
  b.output(add_output(b), x * b.coefficient(of_both));  // a hold
  Result<Plan> plan = make_plan(ir);
  REQUIRE(plan);
  const auto control = make_control(ir, *plan);
  std::vector<uint64_t> area(plan->layout.control_bytes / 8 + 1);
  uint8_t* controls = reinterpret_cast<uint8_t*>(area.data());
  const auto set = [&](uint32_t param, double value) {
    std::memcpy(controls + plan->layout.params[param].offset, &value, 8);
  };
  with_audio_fp([&] {
    set(0, 3);
    set(1, 5);
    control->constants(controls);
    CHECK(control->run(controls, nullptr, ~uint64_t{0}) == 2 + 8 + 2 + 1);
  });
  const auto at = [&](Signal s, uint32_t lane = 0) {
    return value_at(area, plan->control_offset[s.value.index], lane);
  };
  CHECK(at(of_p) == 2);
  for (uint32_t l = 0; l < 4; ++l) CHECK(at(of_q, l) == 5.0 * l - 1);
  CHECK(at(of_both) == (-1 + 4 + 9 + 14) + 2);
  with_audio_fp([&] {
    set(0, 8);
    set(1, 7);  // not announced as moved
    CHECK(control->run(controls, nullptr, param_group(0)) == 2 + 1 + 1);
    CHECK(control->run(controls, nullptr, 0) == 0);
  });
  CHECK(at(of_p) == 3);
  CHECK(at(of_q, 3) == 14);
  CHECK(at(of_both) == 26 + 3);
}

TEST_CASE("control code knows every kind of inst that may be at control rate") {
  Ir ir;
  Builder b(ir);
  const Signal p = add_param(b, "p", 2);
  const Signal stacked = b.stack({p, p * b.op(Op::to_f64, b.lane(2)), b.constant(9)});  // 2, 0, 2, 9
  const Signal turned = b.relane(stacked, {.offset = 3, .stride = 0}, 2);               // 9, 9
  const Signal chosen = b.select(turned > p, turned, p);                                // 9, 9
  const uint32_t table = b.table({.key = "t", .size = 3, .data = {10, 20, 30}});
  const Signal looked_up = b.table_get(table, b.op(Op::to_int, p));  // 30
  const Signal x = b.input(add_input(b));
  const Signal sum = b.fold(stacked, 1) + b.fold(chosen, 1);  // 13 + 18
  b.output(add_output(b), x * b.coefficient(sum) + looked_up);
  for (const std::string& executor : executors(ir)) {
    Engine engine;
    engine.prepare(make_program(ir, executor));
    const Channels got = run(engine, {{1, 2, 3}}, 3, {0});
    ran_on(executor);
    for (uint32_t i = 0; i < 3; ++i) CHECK(got[0][i] == 31.0f * static_cast<float>(i + 1) + 30.0f);
  }
}

TEST_CASE("a control ramps to its value at the next grid line, a held one steps, and all executors see the same") {
  constexpr uint32_t kFrames = 400;
  Ir ir;
  Builder b(ir);
  const Signal p = add_param(b, "p", 1);
  const Signal one = b.input(add_input(b));
  b.output(add_output(b, 2), b.stack({one * p, one * b.coefficient(p)}));
  const Channels ones = {std::vector<float>(kFrames, 1.0f)};
  Channels first;
  for (const std::string& executor : executors(ir)) {
    Engine engine;
    engine.prepare(make_program(ir, executor));
    const Channels got =
        run(engine, ones, kFrames, {64}, [&](uint64_t frame) { engine.set_parameter(0, frame >= 128 ? 3 : 1); });
    ran_on(executor);
    if (first.empty()) first = got;
    CHECK(got == first);
    for (uint32_t i = 0; i < kFrames; ++i) {
      const double ramp = i < 128 ? 1 : i < 192 ? 1 + (i - 128) * 2.0 / 64 : 3;
      CHECK(got[0][i] == doctest::Approx(ramp).epsilon(1e-6));
      CHECK(got[1][i] == (i < 128 ? 1.0f : 3.0f));
    }
  }
}
