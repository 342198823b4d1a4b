// The text form: what is printed reads back to the bit, and nothing that is read can do harm.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "sinter/ir/builder.hpp"
#include "sinter/ir/math.hpp"
#include "support.hpp"

using namespace sinter;
using test::Random;

namespace {

bool same_bits(double a, double b) { return bits_of(a) == bits_of(b); }

void check_equal(const Ir& a, const Ir& b) {
  CHECK(same_bits(a.sample_rate, b.sample_rate));
  CHECK(a.real == b.real);
  REQUIRE(a.insts.size() == b.insts.size());
  for (uint32_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    CHECK(a.insts[i] == b.insts[i]);
  }
  CHECK(a.pool == b.pool);
  CHECK(a.roots == b.roots);
  CHECK(a.origin == b.origin);
  CHECK(a.origins == b.origins);
  REQUIRE(a.states.size() == b.states.size());
  for (size_t i = 0; i < a.states.size(); ++i) {
    const StateDecl &s = a.states[i], &t = b.states[i];
    CHECK((s.key == t.key && s.type == t.type && s.clock == t.clock && s.lanes == t.lanes && s.init == t.init));
  }
  REQUIRE(a.lines.size() == b.lines.size());
  for (size_t i = 0; i < a.lines.size(); ++i) {
    const LineDecl &s = a.lines[i], &t = b.lines[i];
    CHECK(
        (s.key == t.key && s.type == t.type && s.clock == t.clock && s.lanes == t.lanes && s.max_delay == t.max_delay));
  }
  REQUIRE(a.tables.size() == b.tables.size());
  for (size_t i = 0; i < a.tables.size(); ++i) {
    const TableDecl &s = a.tables[i], &t = b.tables[i];
    CHECK((s.key == t.key && s.size == t.size && s.lanes == t.lanes && s.writable == t.writable));
    REQUIRE(s.data.size() == t.data.size());
    for (size_t k = 0; k < s.data.size(); ++k) CHECK(bits_of(s.data[k]) == bits_of(t.data[k]));
  }
  REQUIRE(a.inputs.size() == b.inputs.size());
  for (size_t i = 0; i < a.inputs.size(); ++i)
    CHECK((a.inputs[i].name == b.inputs[i].name && a.inputs[i].channels == b.inputs[i].channels));
  REQUIRE(a.outputs.size() == b.outputs.size());
  for (size_t i = 0; i < a.outputs.size(); ++i)
    CHECK((a.outputs[i].name == b.outputs[i].name && a.outputs[i].channels == b.outputs[i].channels));
  REQUIRE(a.params.size() == b.params.size());
  for (size_t i = 0; i < a.params.size(); ++i) {
    const ParamDecl &s = a.params[i], &t = b.params[i];
    CHECK((s.id == t.id && same_bits(s.initial, t.initial) && same_bits(s.minimum, t.minimum) &&
           same_bits(s.maximum, t.maximum)));
    CHECK(same_bits(s.smooth_seconds, t.smooth_seconds));
    CHECK((s.role == t.role && s.number == t.number && s.lanes == t.lanes));
  }
  REQUIRE(a.voices.size() == b.voices.size());
  for (size_t i = 0; i < a.voices.size(); ++i) {
    const VoiceDecl &s = a.voices[i], &t = b.voices[i];
    CHECK((s.slot.key == t.slot.key && s.slot.voices == t.slot.voices && s.slot.mode == t.slot.mode));
    CHECK((s.slot.steal == t.slot.steal && s.slot.lowest == t.slot.lowest && s.slot.highest == t.slot.highest));
    CHECK((s.slot.choke == t.slot.choke && s.slot.level_probe == t.slot.level_probe));
    CHECK((s.slot.done_probe == t.slot.done_probe && s.freq == t.freq && s.gate == t.gate && s.note == t.note));
    CHECK((s.velocity == t.velocity && s.off_velocity == t.off_velocity && s.pressure == t.pressure));
    CHECK((s.timbre == t.timbre && s.bend == t.bend && s.restart == t.restart && s.open == t.open));
    CHECK(same_bits(s.slot.glide_seconds, t.slot.glide_seconds));
    CHECK(same_bits(s.slot.bend_range, t.slot.bend_range));
    CHECK(same_bits(s.slot.mpe_bend_range, t.slot.mpe_bend_range));
    CHECK(s.slot.key_hz == t.slot.key_hz);
  }
  REQUIRE(a.wishes.size() == b.wishes.size());
  for (size_t i = 0; i < a.wishes.size(); ++i)
    CHECK((a.wishes[i].path == b.wishes[i].path && a.wishes[i].wish == b.wishes[i].wish));
  REQUIRE(a.scopes.size() == b.scopes.size());
  for (size_t i = 0; i < a.scopes.size(); ++i)
    CHECK((a.scopes[i].path == b.scopes[i].path && a.scopes[i].copies == b.scopes[i].copies));
  REQUIRE(a.probes.size() == b.probes.size());
  for (size_t i = 0; i < a.probes.size(); ++i)
    CHECK((a.probes[i].key == b.probes[i].key && a.probes[i].lanes == b.probes[i].lanes));
}

// Uses every structural op but External calls, both clocks, odd names and literals.
Ir everything(Type real) {
  Ir ir;
  ir.sample_rate = 44'100.5;
  ir.real = real;
  ir.inputs = {{"in \"a\"\\", 1}, {"wide\x01\xc3\xa4", 4}};
  ir.outputs = {{"out", 4}};
  ir.params = {{"p", 0.1, -1e-310, INFINITY, 1.0 / 3},
               {.id = "cc(74)", .role = ControlRole::controller, .number = 74},
               {.id = "synth.freq", .initial = 1, .role = ControlRole::voice, .lanes = 4}};
  VoiceSlot slot{.key = "synth", .voices = 4, .mode = VoiceSlot::Mode::legato, .steal = VoiceSlot::Steal::none};
  slot.glide_seconds = 0.1;
  slot.highest = 60;
  slot.choke = 3;
  slot.level_probe = 0;
  slot.key_hz.assign(128, 1.0 / 3);
  ir.voices = {{.slot = slot, .freq = 2}};
  ir.scopes = {{"synth", 4}};
  ir.wishes = {{"reverb/comb;1", Wish::serial},
               {"syn\nth", Wish::automatic},
               {"a", Wish::time_parallel},
               {"b", Wish::block},
               {"c", Wish::scan},
               {"d", Wish::lanes}};
  Builder b(ir);
  b.set_origin("reverb/comb;1");
  const Signal x = b.input(0), wide = b.input(1), p = b.param(0);
  const Signal z = b.state("z", real, 4, real == Type::f64 ? bits_of(-0.0) : bits_of(-0.0f));
  const Signal counter = b.state("counter", Type::i32, 1, 7);
  b.next(counter, b.op(Op::iadd, counter, b.integer(-5)));
  b.set_origin("");
  const uint32_t line = b.line("line", 4, 1000);
  const Signal pushed = b.push(line, math::tanh(wide * b.coefficient(p) + z));
  const Signal tapped = b.tap(line, b.op(Op::to_int, p * 10), 3) + b.tap(line, b.frame(), 0, pushed);
  TableDecl table{"table", 3, 1, false, {0.1f, -0.0f, std::numeric_limits<float>::denorm_min()}};
  const Signal element = b.table_get(b.table(table), b.op(Op::ishr, b.frame(), {}, {}, 3));
  b.set_clock(2);
  b.set_exact(true);
  const Signal fast = b.upsample(x, 2) * 0.5;
  b.set_exact(false);
  b.set_clock(1);
  const Signal slow = b.decimate(fast, 2);
  const Signal stacked = b.stack({x, b.extract(wide, 2), slow, element * p});
  b.next(z, select(b.cell_start() && !(x < 0), stacked, tapped + b.op(Op::to_f64, b.lane(4))));
  b.probe("synth.level", stacked * b.param(2) + b.param(1));
  b.probe("meter", b.sum(stacked));
  b.output(0, z);
  return ir;
}

}  // namespace

TEST_CASE("what is printed reads back as the same Ir") {
  for (const Type real : {Type::f32, Type::f64}) {
    const Ir ir = everything(real);
    for (const Error& error : verify(ir)) FAIL_CHECK(format(error));
    const std::string text = print(ir);
    const Result<Ir> read = parse_ir(text);
    if (!read) FAIL(format(read.error()));
    check_equal(ir, *read);
    CHECK(print(*read) == text);
  }
}

TEST_CASE("literals of every type keep every bit and read as numbers") {
  struct {
    Type type;
    uint64_t bits;
    std::string_view text;
  } const kLiterals[] = {
      {Type::f32, bits_of(0.1f), "0.1"},
      {Type::f32, bits_of(-0.0f), "-0:0x80000000"},
      {Type::f32, 0x7fc00001, "nan:0x7fc00001"},
      {Type::f32, 1, "1e-45:0x1"},
      {Type::f32, bits_of(INFINITY), "inf"},
      {Type::f64, bits_of(-double(INFINITY)), "-inf"},
      {Type::f64, bits_of(1.0 / 3), "0.3333333333333333"},
      {Type::i32, bits_of(-7), "-7"},
      {Type::mask, UINT32_MAX, "true"},
      {Type::mask, 0, "false"},
  };
  for (const auto& literal : kLiterals) {
    CAPTURE(literal.text);
    Ir ir;
    Builder(ir).literal(literal.type, literal.bits);
    const std::string text = print(ir);
    CHECK(text.find(" constant " + std::string(literal.text) + "\n") != std::string::npos);
    CHECK(parse_ir(text)->insts[0].imm == literal.bits);
  }
  Random random(1);
  Ir ir;
  Builder build(ir);
  for (uint64_t i = 0; i < test::scaled(3000); ++i)
    build.literal(i % 2 ? Type::f32 : Type::f64, i % 2 ? random.next() >> 32 : random.next());
  check_equal(ir, *parse_ir(print(ir)));
}

TEST_CASE("text that does not parse is told by line and column") {
  constexpr std::string_view kStart = "input 0 \"in\" channels=1\n%0 = input f32 sample input=0\n";
  struct {
    std::string_view text;
    uint32_t column;
    std::string_view says;
  } const kTexts[] = {
      {"%1 = frob f32 sample %0", 6, "no op is named 'frob'"},
      {"%2 = neg f32 sample %0", 2, "expected %1"},
      {"%1 = neg f99 sample %0", 10, "is no type"},
      {"%1 = neg f32 often %0", 14, "is no rate"},
      {"%1 = neg f32 sample %1", 22, "used before it is made"},
      {"%1 = neg f32 sample %0, %0", 21, "has 1 arguments, not 2"},
      {"%1 = neg f32 sample", 20, "has 1 arguments, not 0"},
      {"%1 = neg f32 sample %0 junk", 24, "goes on after its end"},
      {"%1 = neg f32 sample x999 %0", 21, "a clock is"},
      {"%1 = neg f32 sample @9 %0", 21, "has 1 arguments, not 0"},
      {"%1 = neg f32 sample %0 @9", 24, "no such origin"},
      {"%1 = constant f32 constant zero", 28, "expected a number"},
      {"%1 = constant f32 constant 1e99", 32, "does not fit"},
      {"%1 = constant f32 constant nan:0x1ffffffff", 32, "bits do not fit"},
      {"%1 = constant i32 constant 3000000000", 28, "expected an integer"},
      {"%1 = constant mask constant maybe", 29, "true or false"},
      {"%1 = stack f32 sample", 22, "at least one argument"},
      {"%1 = prev f32 sample %0", 22, "expected state="},
      {"%1 = prev f32 sample state=99999999999", 28, "larger than"},
      {"%1 = relane f32 sample offset=1048576 stride=1 repeat=1 %0", 31, "larger than"},
      {"%1 = call f32 sample call=0 %0", 6, "cannot be read from text"},
      {"call 0 \"c\" inputs=[] outputs=[]", 1, "cannot be read from text"},
      {"input 5 \"x\" channels=1", 7, "expected 1"},
      {"input 1 \"x channels=1", 22, "no closing quote"},
      {"input 1 \"\\q\" channels=1", 10, "an escape is"},
      {"strategy \"x\" fast", 14, "a strategy is auto, serial"},
      {"strategy x auto", 10, "expected '\"'"},
      {"real i32", 6, "f32 or f64"},
      {"state 0 \"\xc3\xa4\" f32 clock=300 lanes=1 init=0", 23, "larger than"},
      {"table 0 \"t\" size=1 lanes=1 writable=2 data=[]", 37, "larger than"},
      {"table 0 \"t\" size=1 lanes=1 writable=1 data=[1", 46, "expected ']'"},
      {"nonsense", 1, "a line begins with"},
      {"=", 1, "expected a word"},
  };
  for (const auto& broken : kTexts) {
    CAPTURE(broken.text);
    const Result<Ir> ir = parse_ir(std::string(kStart) + std::string(broken.text) + "\n");
    REQUIRE_FALSE(static_cast<bool>(ir));
    CHECK(ir.error().code == Errc::ir_syntax);
    CHECK(ir.error().place.line == 3);
    CHECK_MESSAGE(ir.error().place.column == broken.column, ir.error().place.column);
    CHECK(ir.error().place.source == broken.text);
    CHECK_MESSAGE(ir.error().message.find(broken.says) != std::string::npos, ir.error().message);
  }
}

TEST_CASE("comments, blank lines and spaces say nothing") {
  const Result<Ir> ir = parse_ir("\n  ; all\n\t%0   =  constant i32   constant 4 ; four\r\n\n%1 = neg f32 constant %0");
  REQUIRE(ir);
  CHECK(ir->size() == 2);
}

TEST_CASE("damaged text never does harm, and what parses can be verified and printed") {
  const std::string text = print(everything(Type::f32));
  constexpr std::string_view kPieces[] = {"%",  "9999999999", "lanes=", "0x", "\"",     "-1",   "stack", "%0, ",
                                          "\n", "f64",        "next",   ";",  "relane", "x16 ", "65536"};
  Random random(9);
  for (uint64_t i = 0; i < test::scaled(5000); ++i) {
    std::string damaged = text;
    for (uint32_t n = 1 + random.below(3); n-- > 0;) {
      const size_t at = random.below(static_cast<uint32_t>(damaged.size()));
      const uint32_t kind = random.below(4);
      if (kind == 0) damaged[at] = static_cast<char>(random.below(256));
      else if (kind == 1) damaged.erase(at, 1 + random.below(20));
      else if (kind == 2) damaged.insert(at, kPieces[random.below(15)]);
      else damaged.resize(at + 1);
    }
    const Result<Ir> ir = parse_ir(damaged);
    if (!ir) {
      CHECK(ir.error().place.line > 0);
      continue;
    }
    (void)verify(*ir);
    // What parses and prints once is stable from there on.
    const Result<Ir> again = parse_ir(print(*ir));
    REQUIRE(again);
    CHECK(print(*again) == print(*ir));
  }
}
