// Every function on every kind of value: constants, controls, held coefficients and samples, alone and mixed.
#include <doctest/doctest.h>

#include <cmath>

#include "functions.hpp"
#include "support.hpp"

namespace sinter::test {
namespace {

// Types agree wherever the signature asks it, and nothing but a ramp or hold leads from control to sample code.
bool is_well_typed(const Ir& ir) {
  for (const Inst& inst : ir.insts) {
    const Signature s = info(inst.op).signature;
    const auto type = [&](int i) { return ir[inst.arg[i]].type; };
    if (s == Signature::R_RR && (type(0) != inst.type || type(1) != inst.type)) return false;
    if (s == Signature::R_R && type(0) != inst.type) return false;
    if (s == Signature::M_RR && type(0) != type(1)) return false;
    if (s == Signature::T_MTT && (type(0) != Type::mask || type(1) != inst.type || type(2) != inst.type)) return false;
    if (s != Signature::X && inst.rate == Rate::sample && inst.type == Type::f64 && ir.real == Type::f32) return false;
  }
  return true;
}

Ir patch(Type real) {
  Ir ir;
  ir.real = real;
  ir.inputs = {{"in", 2}};
  ir.params = {{.id = "knob", .initial = 0.5}};
  return ir;
}

}  // namespace

TEST_CASE("each function keeps the type of its argument and is well typed at every rate") {
  for (const Type real : {Type::f32, Type::f64})
    for (const Function& f : functions()) {
      Ir ir = patch(real);
      Builder b(ir);
      CAPTURE(std::string(f.name));
      const Signal knob = b.param(0);
      CHECK(f.build(knob).type() == Type::f64);
      CHECK(f.build(knob).rate() == Rate::control);
      CHECK(f.build(b.coefficient(knob)).type() == real);
      CHECK(f.build(b.enter(knob)).type() == real);
      CHECK(f.build(b.enter(knob)).rate() == Rate::sample);
      CHECK(f.build(b.input(0)).type() == real);
      CHECK(f.build(b.input(0)).lanes() == 2);
      CHECK(is_well_typed(ir));
    }
}

TEST_CASE("a function of a literal folds to a literal near the exact value") {
  for (const Function& f : functions()) {
    Ir ir = patch(Type::f32);
    Builder b(ir);
    CAPTURE(std::string(f.name));
    const double exact = static_cast<double>(f.reference(0.625L));
    const Inst wide = f.build(b.constant(0.625)).inst();
    REQUIRE(wide.op == Op::constant);
    CHECK(wide.type == Type::f64);
    CHECK(as_f64(wide.imm) == doctest::Approx(exact).epsilon(1e-13));
    const Inst narrow = f.build(b.coefficient(b.constant(0.625))).inst();
    REQUIRE(narrow.op == Op::constant);
    CHECK(narrow.type == Type::f32);
    CHECK(as_f32(narrow.imm) == doctest::Approx(exact).epsilon(1e-6));
  }
}

TEST_CASE("pow, atan2 and mod let arguments of different rates meet before anything is compared") {
  for (const Type real : {Type::f32, Type::f64})
    for (Signal (*build)(Signal, Signal) : {math::pow, math::atan2, math::mod}) {
      Ir ir = patch(real);
      Builder b(ir);
      const Signal in = b.input(0), knob = b.param(0), held = b.coefficient(knob), two = b.constant(2);
      for (const auto& [x, y] : {std::pair{in, knob}, {knob, in}, {in, held}, {in, two}, {two, in}}) {
        CHECK(build(x, y).type() == real);
        CHECK(build(x, y).rate() == Rate::sample);
      }
      for (const auto& [x, y] : {std::pair{held, two}, {two, held}, {held, knob}}) {
        CHECK(build(x, y).type() == real);
        CHECK(build(x, y).rate() == Rate::control);
      }
      CHECK(build(knob, two).type() == Type::f64);
      CHECK(is_well_typed(ir));
    }
}

}  // namespace sinter::test
