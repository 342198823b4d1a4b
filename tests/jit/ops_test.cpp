// Every op of the table on special values and random bits, in vectors and one by one, against evaluate().
#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <limits>

#include "rig.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kSpecials[] = {
    0x00000000u, 0x80000000u, 0x3f800000u, 0xbf800000u,
    0x3f800001u, 0x3f7fffffu, 0x3f000000u, 0xbf000000u,  // ±0 ±1 ±½
    0x3fc00000u, 0x40200000u, 0xbfc00000u, 0xc0200000u,
    0x4b000000u, 0x4affffffu, 0xcb000000u, 0xcaffffffu,  // halves, 2^23
    0x4f000000u, 0x4effffffu, 0xcf000000u, 0xcf000001u,
    0x7f7fffffu, 0xff7fffffu, 0x00800000u, 0x80800000u,  // 2^31, ends
    0x00000001u, 0x807fffffu, 0x7f800000u, 0xff800000u,
    0x7fc00000u, 0xffc00001u, 0x7f800001u, 0xffffffffu,  // denormal, inf, NaN
    0x7fffffffu, 0x00000002u, 0xfffffffeu, 0x00010000u,
    0x4b800000u, 0x3effffffu, 0x40490fdbu, 0x00ffff00u,
};
constexpr uint32_t kSpecialCount = sizeof kSpecials / sizeof *kSpecials;

std::array<Type, 3> argument_types(Signature signature, Type of_any) {
  using enum Signature;
  const Type f = Type::f32, i = Type::i32, m = Type::mask;
  switch (signature) {
    case M_MM:
    case M_M:
      return {m, m, m};
    case T_MTT:
      return {m, of_any, of_any};
    case I_II:
    case I_IC:
    case M_II:
    case F_I:
      return {i, i, i};
    default:
      return {f, f, f};
  }
}

Signal from_row(Builder& b, Signal row, Type type) {
  if (type == Type::f32) return row;
  const Signal bits = b.op(Op::bits_of, row);
  return type == Type::i32 ? bits : b.op(Op::ilt, bits, b.integer(0));
}
Signal to_row(Builder& b, Signal value) {
  if (value.type() == Type::f32) return value;
  if (value.type() == Type::mask) value = b.select(value, b.integer(-1), b.integer(0));
  return b.op(Op::from_bits, value);
}
uint64_t bits_as(Type type, uint32_t bits) { return type != Type::mask ? bits : bits >> 31 ? 0xffffffffu : 0; }

struct Case {
  Op op;
  Type any = Type::f32;
  uint32_t count = 0;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (uint32_t o = 0; o < kOpCount; ++o) {
    const Op op = static_cast<Op>(o);
    using enum Signature;
    switch (info(op).signature) {
      case X:
      case D_I:
      case F_D:
      case D_F:
      case I_D:
      case D_D:
        break;  // structural, or control rate only
      case I_IC:
        for (uint32_t count : {0u, 1u, 23u, 31u}) cases.push_back({op, Type::f32, count});
        break;
      case T_MTT:
        for (Type type : {Type::f32, Type::i32, Type::mask}) cases.push_back({op, type});
        break;
      default:
        cases.push_back({op});
    }
  }
  return cases;
}

Rows operands(uint32_t frames) {
  Random random(77);
  Rows rows(3, std::vector<float>(frames));
  for (uint32_t f = 0; f < frames; ++f)
    for (uint32_t c = 0; c < 3; ++c) {
      uint32_t bits = static_cast<uint32_t>(random.next());
      if (f < kSpecialCount * kSpecialCount && c < 2) bits = kSpecials[c ? f / kSpecialCount : f % kSpecialCount];
      else if (random.chance(0.3)) bits = kSpecials[random.below(kSpecialCount)];
      else if (random.chance(0.5)) bits = std::bit_cast<uint32_t>(static_cast<float>(random.uniform(-100, 100)));
      rows[c][f] = std::bit_cast<float>(bits);
    }
  return rows;
}

// How the op is reached: as it is; with its second or first argument a literal; one sample at a time.
enum class Form { rows, literal_b, literal_a, serial };

Rows expected_of(const Case& c, const Rows& in, Form form, uint32_t literal) {
  const OpInfo& row = info(c.op);
  const std::array<Type, 3> types = argument_types(row.signature, c.any);
  Rows out(1, std::vector<float>(in[0].size()));
  for (size_t f = 0; f < in[0].size(); ++f) {
    uint64_t args[3];
    for (int k = 0; k < 3; ++k)
      args[k] = bits_as(types[static_cast<size_t>(k)], std::bit_cast<uint32_t>(in[static_cast<size_t>(k)][f]));
    const uint32_t at = form == Form::literal_a ? 0 : 1;
    if (form == Form::literal_a || form == Form::literal_b) args[at] = bits_as(types[at], literal);
    const Type argument = types[c.op == Op::select ? 1 : 0];
    const uint64_t result = evaluate(c.op, Type::f32, argument, c.count, args[0], args[1], args[2]);
    out[0][f] = std::bit_cast<float>(static_cast<uint32_t>(result));
  }
  return out;
}

Ir draw(const Case& c, Form form, uint32_t literal) {
  Ir ir;
  Builder b(ir, {.fold = false, .cons = false});
  Signal x = add_input(b, 3);
  const OpInfo& row = info(c.op);
  const std::array<Type, 3> types = argument_types(row.signature, c.any);
  std::array<Signal, 3> args;
  for (uint32_t k = 0; k < row.arity; ++k) args[k] = from_row(b, b.extract(x, k), types[k]);
  const uint32_t at = form == Form::literal_a ? 0 : 1;
  if (form == Form::literal_a || form == Form::literal_b) args[at] = b.literal(types[at], bits_as(types[at], literal));
  if (form == Form::serial) {
    // A recurrence that never happens: the mask is true for every frame there is.
    Signal state = b.state("z", Type::f32, 1);
    Signal always = b.op(Op::ilt, b.integer(-1), b.frame());
    for (uint32_t k = 0; k < row.arity; ++k) args[k] = b.select(always, args[k], from_row(b, state, types[k]));
    Signal result = to_row(b, b.op(c.op, args[0], args[1], args[2], c.count));
    b.next(state, result);
    add_outputs(b, {result});
  } else {
    add_outputs(b, {to_row(b, b.op(c.op, args[0], args[1], args[2], c.count))});
  }
  return ir;
}

}  // namespace

TEST_CASE("every op gives the bits of its meaning on every instruction set") {
  const Rows in = operands(4000);
  const uint32_t frames = 4000;
  for (const Case& c : all_cases()) {
    for (Form form : {Form::rows, Form::literal_b, Form::literal_a, Form::serial}) {
      const uint32_t arity = info(c.op).arity;
      if ((form == Form::literal_b || form == Form::literal_a) && arity < 2) continue;
      for (uint32_t literal : {0x40200000u, 0x80000000u, 0x7fc00000u}) {
        const Rows expected = expected_of(c, in, form, literal);
        const Ir ir = draw(c, form, literal);
        for (const Backend* backend : jit_here()) {
          if (c.op == Op::fma && !backend->fuses_mul_add()) continue;
          CAPTURE(info(c.op).name);
          CAPTURE(c.any);
          CAPTURE(c.count);
          CAPTURE(static_cast<int>(form));
          CAPTURE(literal);
          CAPTURE(backend->name());
          CHECK_EQ(difference(render(make_program(ir, backend), in, frames), expected), "");
          ran_on(backend->name(), frames);
        }
        if (form == Form::rows || form == Form::serial) break;
      }
    }
  }
}

TEST_CASE("an op of one value twice, and of values that live on, reads the right registers") {
  const Rows in = operands(500);
  for (const Case& c : all_cases()) {
    if (c.op == Op::fma) continue;  // the reference sees it through the same test above
    CAPTURE(info(c.op).name);
    check_against_reference(
        [&](Builder& b) {
          const OpInfo& row = info(c.op);
          const std::array<Type, 3> types = argument_types(row.signature, c.any);
          Signal x = add_input(b, 3);
          std::array<Signal, 3> args, same;
          for (uint32_t k = 0; k < row.arity; ++k) {
            args[k] = from_row(b, b.extract(x, k) * 1.0, types[k]);
            same[k] = k && types[k] == types[k - 1] ? same[k - 1] : args[k];
          }
          Signal once = b.op(c.op, args[0], args[1], args[2], c.count);
          std::vector<Signal> outputs = {to_row(b, once), to_row(b, b.op(c.op, same[0], same[1], same[2], c.count))};
          for (uint32_t k = 0; k < row.arity; ++k) outputs.push_back(to_row(b, args[k]));
          add_outputs(b, outputs);
        },
        in, 500);
  }
}

TEST_CASE("fma rounds once in every arrangement of registers") {
  const Rows in = operands(300);
  Rows inputs = in;
  for (const Backend* backend : jit_here()) {
    if (!backend->fuses_mul_add()) continue;
    for (uint32_t arrangement = 0; arrangement < 27; ++arrangement) {
      for (uint32_t keep = 0; keep < 8; ++keep) {
        const uint32_t pick[3] = {arrangement % 3, arrangement / 3 % 3, arrangement / 9};
        Ir ir;
        Builder b(ir, {.fold = false});
        Signal x = add_input(b, 3);
        std::vector<Signal> outputs;
        std::array<Signal, 3> v;
        for (uint32_t k = 0; k < 3; ++k) v[k] = b.extract(x, k) * 1.0;
        outputs.push_back(b.op(Op::fma, v[pick[0]], v[pick[1]], v[pick[2]]));
        for (uint32_t k = 0; k < 3; ++k)
          if (keep >> k & 1) outputs.push_back(v[k] + 0.0);
        add_outputs(b, outputs);
        Rows expected(1, std::vector<float>(300));
        for (uint32_t f = 0; f < 300; ++f) {
          uint64_t bits[3];
          for (uint32_t k = 0; k < 3; ++k)
            bits[k] = evaluate(Op::mul, Type::f32, Type::f32, 0, std::bit_cast<uint32_t>(in[k][f]), 0x3f800000u, 0);
          expected[0][f] =
              as_f32(evaluate(Op::fma, Type::f32, Type::f32, 0, bits[pick[0]], bits[pick[1]], bits[pick[2]]));
        }
        Rows out = render(make_program(ir, backend), inputs, 300);
        out.resize(1);
        CAPTURE(arrangement);
        CAPTURE(keep);
        CAPTURE(backend->name());
        CHECK_EQ(difference(out, expected), "");
      }
    }
    ran_on(backend->name());
  }
}
