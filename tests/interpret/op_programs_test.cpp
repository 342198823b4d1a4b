// Every op of the table inside a program: decoding, operands of every kind, and rows in and out.
#include <doctest/doctest.h>

#include "run.hpp"
#include "values.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// An argument of any type from an f32 input.
Signal argument(Builder& b, Type type, Signal x) {
  switch (type) {
    case Type::f32:
      return x;
    case Type::f64:
      return b.op(Op::widen, x);
    case Type::i32:
      return b.op(Op::bits_of, x);
    case Type::mask:
      return b.op(Op::ilt, b.op(Op::bits_of, x), b.integer(0));
  }
  return x;
}
uint64_t argument(Type type, float x) {
  switch (type) {
    case Type::f32:
    case Type::i32:
      return bits_of(x);
    case Type::f64:
      return evaluate(Op::widen, Type::f64, Type::f32, 0, bits_of(x), 0, 0);
    case Type::mask:
      return std::signbit(x) ? 0xffffffffu : 0;
  }
  return 0;
}

// A result of any type as an f32 output.
Signal result(Builder& b, Signal x) {
  switch (x.type()) {
    case Type::f32:
      return x;
    case Type::f64:
      return b.op(Op::narrow, x);
    case Type::i32:
      return b.op(Op::from_bits, x);
    case Type::mask:
      return b.op(Op::from_bits, b.select(x, b.integer(1), b.integer(2)));
  }
  return x;
}
float result(Type type, uint64_t bits) {
  switch (type) {
    case Type::f32:
    case Type::i32:
      return as_f32(bits);
    case Type::f64:
      return as_f32(evaluate(Op::narrow, Type::f32, Type::f64, 0, bits, 0, 0));
    case Type::mask:
      return as_f32(bits ? 1 : 2);
  }
  return 0;
}

}  // namespace

TEST_CASE("every op gives the bits of its meaning inside a program") {
  constexpr uint32_t kFrames = 400;
  Channels inputs(3);
  Random random(7);
  const std::vector<float> special = special_f32();
  for (std::vector<float>& channel : inputs)
    for (uint32_t i = 0; i < kFrames; ++i)
      channel.push_back(random.chance(0.5) ? special[random.below(static_cast<uint32_t>(special.size()))]
                                           : static_cast<float>(random.uniform(-100, 100)));
  for (uint32_t o = 0; o < kOpCount; ++o) {
    const Op op = static_cast<Op>(o);
    for (const Typing& typing : typings(info(op).signature)) {
      const uint32_t arity = info(op).arity, count = info(op).signature == Signature::I_IC ? 5 : 0;
      Channels expected(1);
      for (uint32_t i = 0; i < kFrames; ++i) {
        const uint64_t bits = evaluate(op, typing.result, typing.others, count, argument(typing.first, inputs[0][i]),
                                       argument(typing.others, inputs[1][i]), argument(typing.others, inputs[2][i]));
        expected[0].push_back(result(typing.result, bits));
      }
      INFO(info(op).name, " of ", name(typing.others));
      check_everywhere(
          [&](Builder& b) {
            const Signal a = argument(b, typing.first, b.input(add_input(b)));
            const Signal second = argument(b, typing.others, b.input(add_input(b)));
            const Signal third = argument(b, typing.others, b.input(add_input(b)));
            const Signal value = b.op(op, a, arity > 1 ? second : Signal{}, arity > 2 ? third : Signal{}, count);
            REQUIRE(value.type() == typing.result);
            b.output(add_output(b), result(b, value));
          },
          inputs, kFrames, expected);
    }
  }
}
