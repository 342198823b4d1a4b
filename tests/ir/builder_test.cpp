// The builder: consing, folding, and how values of different rates, types and lanes meet.
#include "sinter/ir/builder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <vector>

#include "sinter/ir/math.hpp"
#include "support.hpp"

using namespace sinter;

namespace {

struct Bench {
  explicit Bench(Type real = Type::f32) {
    ir.real = real;
    ir.inputs = {{"in", 1}, {"wide", 8}};
    ir.outputs = {{"out", 1}};
    ir.params = {{"p"}, {"q"}};
  }
  Ir ir;
  Builder b{ir};
};

uint32_t count(const Ir& ir, Op op) {
  uint32_t n = 0;
  for (const Inst& inst : ir.insts) n += inst.op == op;
  return n;
}
Op op_of(Signal x) { return x.inst().op; }
Inst arg_of(Signal x, uint32_t i) { return x.build->ir()[x.inst().arg[i]]; }

}  // namespace

TEST_CASE("equal computations are one inst, whatever the order of commutative arguments") {
  Bench t;
  const Signal x = t.b.input(0), y = t.b.param(0);
  CHECK((x + y).value == (y + x).value);
  CHECK((x - y).value == (x - y).value);
  CHECK((x - y).value != (y - x).value);
  CHECK(min(x, y).value != min(y, x).value);
  const Signal a = x * x, b = x + x;
  CHECK(t.b.stack({a, b}).value == t.b.stack({a, b}).value);
  CHECK(t.b.stack({a, b}).value != t.b.stack({b, a}).value);
  CHECK(t.ir.pool.size() == 4);
  CHECK(t.b.state("s", Type::f32, 1).value != t.b.state("s", Type::f32, 1).value);
}

TEST_CASE("a builder over an Ir with insts finds them and adds nothing by itself") {
  Bench t;
  const Value sum = (t.b.input(0) + t.b.param(0)).value;
  const Signal state = t.b.state("s", Type::f32, 1);
  const uint32_t size = t.ir.size();
  Builder again(t.ir);
  CHECK(t.ir.size() == size);
  CHECK((again.input(0) + again.param(0)).value == sum);
  CHECK(t.ir.size() == size);
  CHECK(again.state("u", Type::f32, 1).value != state.value);
}

TEST_CASE("consing survives the growth of its table") {
  Bench t;
  std::vector<Value> made;
  const Signal x = t.b.input(0);
  for (int i = 0; i < 5000; ++i) made.push_back((x + i).value);
  const uint32_t size = t.ir.size();
  for (int i = 0; i < 5000; ++i) CHECK((x + i).value == made[static_cast<size_t>(i)]);
  CHECK(t.ir.size() == size);
}

TEST_CASE("ops of literals fold to what they compute with denormals flushed") {
  Bench t;
  const auto f64 = [](Signal x) { return as_f64(x.inst().imm); };
  const auto c = [&](double v) { return t.b.constant(v); };
  CHECK(f64(c(2) + 3) == 5);
  CHECK(f64(sqrt(c(2))) == std::sqrt(2.0));
  CHECK(f64(select(c(1) < c(2), c(7), c(8))) == 7);
  CHECK(f64(c(1e-308) * 1e-5) == 0);
  CHECK(std::signbit(f64(c(-1e-308) * 1e-5)));
  CHECK(as_f32(t.b.op(Op::narrow, c(0.1)).inst().imm) == 0.1f);
  CHECK(as_i32(t.b.op(Op::to_int, c(-2.7)).inst().imm) == -2);
  CHECK(as_i32(t.b.op(Op::to_int, c(NAN)).inst().imm) == INT32_MIN);
  CHECK(as_i32(t.b.op(Op::ishl, t.b.integer(3), {}, {}, 4).inst().imm) == 48);
  CHECK(f64(math::exp(c(0))) == 1);
}

TEST_CASE("where a sample meets a constant it is narrowed, and where it meets a control that ramps") {
  Bench t;
  const Signal x = t.b.input(0), p = t.b.param(0);
  const Signal scaled = x * 0.1;
  CHECK(scaled.type() == Type::f32);
  CHECK(as_f32(arg_of(scaled, 1).imm) == 0.1f);
  const Signal moved = x * (p * 2);
  CHECK(arg_of(moved, 1).op == Op::ramp);
  CHECK(arg_of(moved, 1).rate == Rate::sample);
  // The maths of controls alone stays in f64 at control rate.
  const Signal control = p * 2;
  CHECK(control.type() == Type::f64);
  CHECK(control.rate() == Rate::control);
  CHECK((p < t.b.param(1)).rate() == Rate::control);
  const Signal chosen = select(x < 0, p, t.b.constant(1));
  CHECK(arg_of(chosen, 1).op == Op::ramp);
  CHECK(arg_of(chosen, 2).type == Type::f32);
}

TEST_CASE("a coefficient is held through its cell, and what meets a held value is held too") {
  Bench t;
  const Signal x = t.b.input(0), p = t.b.param(0), q = t.b.param(1);
  const Signal held = t.b.coefficient(p);
  CHECK(op_of(held) == Op::hold);
  CHECK(held.rate() == Rate::control);
  CHECK(held.type() == Type::f32);
  const Signal product = held * q;
  CHECK(product.rate() == Rate::control);
  CHECK(product.type() == Type::f32);
  CHECK(count(t.ir, Op::ramp) == 0);
  CHECK((x * held).inst().arg[1] == held.value);
  CHECK(t.b.coefficient(x).value == x.value);
  CHECK(as_f32(t.b.coefficient(t.b.constant(0.5)).inst().imm) == 0.5f);
  CHECK(op_of(t.b.coefficient(t.b.constant(0.1))) == Op::hold);  // in double, which an f32 does not hold
  CHECK(as_f32(t.b.enter(t.b.constant(0.1)).inst().imm) == 0.1f);
}

TEST_CASE("constant-rate values of the instance enter by hold in both compilations") {
  for (const Type real : {Type::f32, Type::f64}) {
    Bench t(real);
    const Signal index = t.b.op(Op::to_f64, t.b.lane(8));
    CHECK_FALSE(index.inst().entered);
    const Signal tuned = t.b.input(1) * (index * 2);
    CHECK(arg_of(tuned, 1).op == Op::hold);
    CHECK(arg_of(tuned, 1).rate == Rate::constant);
    CHECK(tuned.lanes() == 8);
  }
}

TEST_CASE("an f64 compilation ramps and holds where an f32 one does") {
  std::map<Op, std::vector<uint32_t>> counts;
  for (const Type real : {Type::f32, Type::f64}) {
    Bench t(real);
    const Signal x = t.b.input(0), p = t.b.param(0), q = t.b.param(1);
    Signal out = x * p + t.b.coefficient(q) * p;
    out = out * (t.b.relane(t.b.constant(3), {.stride = 0}, 1) * q);
    const Signal pair = t.b.stack({t.b.constant(1), t.b.constant(2)}) * p;
    out = out + t.b.sum(t.b.stack({out, out}) * pair);
    t.b.output(0, out);
    CHECK(verify(t.ir).empty());
    for (const Op op : {Op::ramp, Op::hold}) counts[op].push_back(count(t.ir, op));
  }
  for (const auto& [op, of] : counts) CHECK(of[0] == of[1]);
}

TEST_CASE("an f64 entered flag is for held values and not for literals alone") {
  Bench t(Type::f64);
  const Signal p = t.b.param(0), held = t.b.coefficient(p);
  CHECK(held.inst().entered);
  CHECK((held * 2).inst().entered);
  CHECK_FALSE((p * 2).inst().entered);
  CHECK_FALSE(t.b.stack({t.b.constant(1), t.b.constant(2)}).inst().entered);
  CHECK(t.b.stack({held, t.b.constant(2)}).inst().entered);
  CHECK_FALSE(t.b.relane(t.b.constant(1), {.stride = 0}, 4).inst().entered);
  CHECK(t.b.input(0).inst().entered);
}

TEST_CASE("hold_cell keeps a sample through its cell and leaves what is slower") {
  Bench t;
  const Signal x = t.b.input(0);
  const Signal held = t.b.hold_cell(x, "held");
  CHECK(op_of(held) == Op::select);
  CHECK(arg_of(held, 0).op == Op::cell_start);
  CHECK(t.ir.states.size() == 1);
  CHECK(op_of(t.b.hold_cell(t.b.param(0), "none")) == Op::hold);
  CHECK(t.ir.states.size() == 1);
  t.b.output(0, held);
  CHECK(verify(t.ir).empty());
}

TEST_CASE("sum adds 16 partial sums by index modulo 16, then pairs") {
  // The same order, written as loops over floats.
  const auto expected = [](const std::vector<float>& x) {
    std::vector<float> parts(x.begin(), x.begin() + static_cast<long>(std::min<size_t>(16, x.size())));
    for (size_t i = 16; i < x.size(); ++i) parts[i % 16] += x[i];
    while (parts.size() > 1) {
      std::vector<float> pairs;
      for (size_t i = 0; i + 1 < parts.size(); i += 2) pairs.push_back(parts[i] + parts[i + 1]);
      if (parts.size() % 2) pairs.push_back(parts.back());
      parts = pairs;
    }
    return parts[0];
  };
  test::Random random(4);
  for (const uint32_t lanes : {1u, 2u, 3u, 5u, 15u, 16u, 17u, 31u, 33u, 64u, 100u}) {
    CAPTURE(lanes);
    Bench t;
    t.ir.inputs[0].channels = lanes;
    std::vector<float> x;
    for (uint32_t i = 0; i < lanes; ++i) x.push_back(static_cast<float>(random.uniform(-1, 1)));
    const Signal sum = t.b.sum(t.b.input(0));
    CHECK(sum.lanes() == 1);
    std::map<uint32_t, std::vector<float>> values;
    for (uint32_t i = 0; i < t.ir.size(); ++i) {
      const Inst& inst = t.ir.insts[i];
      const auto lane = [&](uint32_t a, uint32_t l) { return values[inst.arg[a].index][l]; };
      for (uint32_t l = 0; l < inst.lanes; ++l) {
        float v = 0;
        if (inst.op == Op::input) v = x[l];
        else if (inst.op == Op::relane) v = lane(0, Relane::unpack(inst.imm).source(l));
        else if (inst.op == Op::add) v = lane(0, l) + lane(1, l);
        else if (inst.op == Op::fold) {
          v = lane(0, l);
          for (uint32_t k = l + inst.lanes; k < lanes; k += inst.lanes) v += lane(0, k);
        } else FAIL("a sum is made of relanes, folds and adds");
        values[i].push_back(v);
      }
    }
    CHECK(values[sum.value.index][0] == expected(x));
  }
}

TEST_CASE("a sum to several channels has that many lanes, whatever is left over") {
  for (const Type real : {Type::f32, Type::f64})
    for (const uint32_t lanes : {2u, 3u, 7u, 8u, 33u, 65u}) {
      Bench t(real);
      t.ir.inputs[0].channels = lanes;
      t.ir.outputs[0].channels = 2;
      t.b.output(0, t.b.sum(t.b.input(0), 2));
      CHECK(verify(t.ir).empty());
    }
}

TEST_CASE("a relane that changes nothing is not made") {
  Bench t;
  const Signal x = t.b.input(0), wide = t.b.input(1);
  CHECK(t.b.relane(wide, {}, 8).value == wide.value);
  CHECK(t.b.extract(x, 0).value == x.value);
  CHECK(t.b.extract(wide, 3).lanes() == 1);
  CHECK(t.b.relane(x, {.stride = 0}, 4).lanes() == 4);
  CHECK(as_i32(t.b.extract(t.b.lane(8), 5).inst().imm) == 5);
  const Relane map{.offset = 70'000, .stride = 3, .repeat = 65'536};
  const Relane back = Relane::unpack(map.pack());
  CHECK((back.offset == map.offset && back.stride == map.stride && back.repeat == map.repeat));
}

TEST_CASE("clocks change by upsample and decimate, and what has no samples needs neither") {
  Bench t;
  const Signal x = t.b.input(0);
  const Signal up = t.b.upsample(x, 4);
  CHECK(up.inst().clock == 4);
  CHECK(t.b.decimate(up, 2).inst().clock == 2);
  CHECK(t.b.upsample(x, 1).value == x.value);
  const Signal constant = t.b.constant(3);
  CHECK(t.b.decimate(constant, 2).value == constant.value);
  const Signal stuffed = t.b.upsample(constant, 2);
  CHECK(op_of(stuffed) == Op::select);
  CHECK(stuffed.inst().clock == 2);
  CHECK(t.b.upsample(t.b.coefficient(t.b.param(0)), 2).inst().clock == 2);
  CHECK(op_of(t.b.upsample(t.b.param(0), 2)) == Op::upsample);
  t.b.output(0, t.b.decimate(stuffed, 2) + t.b.decimate(up, 4));
  CHECK(verify(t.ir).empty());
}

TEST_CASE("what is pushed is finite") {
  Bench t;
  const uint32_t line = t.b.line("l", 1, 10);
  const Signal pushed = t.b.push(line, t.b.input(0));
  CHECK(arg_of(pushed, 0).op == Op::select);
  const uint32_t other = t.b.line("m", 1, 10);
  const Signal infinite = t.b.push(other, t.b.constant(INFINITY));
  CHECK(as_f32(arg_of(infinite, 0).imm) == 0);
}

TEST_CASE("only sums and products are exact") {
  Bench t;
  const Signal x = t.b.input(0);
  t.b.set_exact(true);
  CHECK((x * x).inst().exact);
  CHECK((x + x).inst().exact);
  CHECK_FALSE((-x).inst().exact);
  CHECK_FALSE((x < 0).inst().exact);
  const Value exact = (x - 1).value;
  t.b.set_exact(false);
  CHECK((x - 1).value != exact);
}

TEST_CASE("going over a limit is told and harms nothing") {
  Bench t;
  t.ir.inputs[0].channels = kMaxLanes + 1;
  const Signal first = t.b.input(0);
  CHECK(t.b.overflow());
  const Signal x = first * 2 + t.b.param(0);
  const Signal call = t.b.call({"c", nullptr, {1}, {1}}, {x});
  t.b.output(0, t.b.sum(t.b.stack({t.b.call_output(call, 0), t.b.upsample(x, 2)})));
  CHECK(t.ir.size() == 1);

  Bench wide;
  const Signal half = wide.b.relane(wide.b.input(0), {.stride = 0}, kMaxLanes);
  CHECK_FALSE(wide.b.overflow());
  wide.b.stack({half, half});
  CHECK(wide.b.overflow());
}

TEST_CASE("origins are the path that was set when a value was made") {
  Bench t;
  t.b.set_origin("a");
  const Signal x = t.b.input(0) * 2;
  t.b.set_origin("b/c");
  const Signal y = x + 1;
  CHECK(t.ir.origins[t.ir.origin[x.value.index]] == "a");
  CHECK(t.ir.origins[t.ir.origin[y.value.index]] == "b/c");
}
