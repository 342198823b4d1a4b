// The layout: several lanes of f32, i32 or masks fill whole vectors, so that machine code may hold W lanes in one.
#include <doctest/doctest.h>

#include <string>

#include "sinter/ir/builder.hpp"
#include "sinter/plan/plan.hpp"

using namespace sinter;

namespace {

struct Bank {
  Ir ir;
  Builder b{ir};

  // A recurrence per key with coefficients and states of `lanes` lanes.
  explicit Bank(uint32_t lanes) {
    ir.inputs.push_back({"in", 1});
    ir.outputs.push_back({"out", 1});
    ir.params.push_back({"p", 0.25, 0, 1, 0});
    Signal x = b.input(0);
    for (const std::string key : {"a", "b"}) {
      Signal z = b.state(key, Type::f32, lanes), n = b.state(key + "n", Type::i32, lanes);
      Signal pole = b.param(0) * b.op(Op::to_f64, b.lane(lanes)) * 0.001;
      x = x + b.fold(z, 1) * b.param(0);
      b.next(z, z * b.coefficient(pole) + x * pole);
      b.next(n, b.op(Op::iadd, n, b.lane(lanes)));
      x = x + b.fold(b.op(Op::to_f32, n), 1);
    }
    b.output(0, x);
  }
  Plan plan() const {
    Result<Plan> made = make_plan(ir);
    REQUIRE_MESSAGE(made, made.error().message);
    return std::move(*made);
  }
};

uint32_t rounded(uint32_t lanes) { return lanes == 1 ? 4 : (lanes + 15) / 16 * 64; }

}  // namespace

TEST_CASE("states of several lanes have whole groups of 16 to themselves, on 64 bytes; single ones lie dense") {
  for (uint32_t lanes : {1u, 2u, 15u, 16u, 17u, 100u}) {
    CAPTURE(lanes);
    const Plan plan = Bank(lanes).plan();
    REQUIRE(plan.layout.states.size() == 4);
    CHECK(plan.layout.state_bytes == 4 * rounded(lanes));
    CHECK(plan.layout.real_state_bytes == 2 * rounded(lanes));
    for (const StateSlot& slot : plan.layout.states) {
      if (lanes > 1) CHECK(slot.offset % 64 == 0);
      for (const StateSlot& other : plan.layout.states)
        CHECK((&slot == &other || slot.offset + rounded(lanes) <= other.offset ||
               other.offset + rounded(lanes) <= slot.offset));
    }
  }
}

TEST_CASE("control values and ramps of several lanes have whole groups of 16 to themselves, on 64 bytes") {
  for (uint32_t lanes : {2u, 16u, 17u}) {
    CAPTURE(lanes);
    const Bank bank(lanes);
    const Plan plan = bank.plan();
    uint32_t seen = 0;
    for (const ControlInst& control : plan.controls) {
      const Inst& inst = bank.ir[control.value];
      if (inst.lanes < 2 || size_of(inst.type) != 4) continue;
      ++seen;
      CHECK(control.offset % 64 == 0);
      CHECK(control.offset + rounded(lanes) <= plan.layout.control_bytes);
      for (const ControlInst& other : plan.controls) {
        const Inst& next = bank.ir[other.value];
        const uint32_t bytes = size_of(next.type) * next.lanes;
        CHECK((other.value == control.value || other.offset + bytes <= control.offset ||
               other.offset >= control.offset + rounded(lanes)));
      }
    }
    CHECK(seen >= 2);
    for (const RampSlot& ramp : plan.layout.ramps) {
      if (ramp.lanes < 2) continue;
      CHECK(ramp.start % 64 == 0);
      CHECK(ramp.slope % 64 == 0);
      CHECK(ramp.slope >= ramp.start + rounded(lanes));
    }
  }
}

TEST_CASE("what fills vectors up counts as memory, and more than there can be is refused") {
  const Layout few = Bank(2).plan().layout, many = Bank(16).plan().layout;
  CHECK(few.state_bytes == many.state_bytes);
  CHECK(few.memory_bytes() >= few.state_bytes + few.control_bytes);
  Ir ir;
  Builder b(ir);
  ir.outputs.push_back({"out", 1});
  // 16,400 states of 65,536 lanes: 4 GB and a little, which 32 bits do not count.
  Signal sum = b.enter(b.constant(0));
  for (uint32_t s = 0; s < 16'400; ++s) {
    Signal z = b.state("z" + std::to_string(s), Type::f32, kMaxLanes);
    b.next(z, z);
    if (s == 0) sum = b.relane(z, {.stride = 0}, 1);
  }
  b.output(0, sum);
  const Result<Plan> plan = make_plan(ir);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().code == Errc::limit_memory);
}

TEST_CASE("tables that a wish asks for count as memory, and more than there can be is refused") {
  const auto planned = [](uint32_t recurrences) {
    constexpr uint32_t kStates = 8, kLanes = 256;
    Ir ir;
    Builder b(ir);
    ir.outputs.push_back({"out", 1});
    ir.origins = {"", "x"};
    ir.wishes = {{"x", Wish::block}};
    Signal sum = b.enter(b.constant(0));
    for (uint32_t r = 0; r < recurrences; ++r) {
      std::vector<Signal> states;
      for (uint32_t s = 0; s < kStates; ++s)
        states.push_back(b.state(std::to_string(r) + "/" + std::to_string(s), Type::f32, kLanes));
      for (uint32_t s = 0; s < kStates; ++s) b.next(states[s], states[(s + 1) % kStates] * 0.5 + 1.0);
      sum = sum + b.relane(states[0], {.stride = 0}, 1);
    }
    b.output(0, sum);
    for (uint32_t& origin : ir.origin) origin = 1;
    return make_plan(ir, {.width = 16});
  };
  const Result<Plan> few = planned(4), many = planned(200);
  REQUIRE(few);
  REQUIRE(few->tables.size() == 4);
  uint64_t bytes = 0;
  for (const LinearTable& table : few->tables) bytes += uint64_t{table.stride} * table.lanes;
  CHECK(bytes > 4 << 20);
  CHECK(few->layout.memory_bytes() >= bytes);
  REQUIRE_FALSE(many);
  CHECK(many.error().code == Errc::limit_memory);
}
