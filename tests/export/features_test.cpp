// What random patches do not reach of the IR: clocks, lanes beyond the stack, tables, every op.
#include <doctest/doctest.h>

#include <string>

#include "batch.hpp"
#include "sinter/export/export.hpp"
#include "sinter/ir/builder.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 2'300;

// Halves and doubles the rate, keeps states, lines and a ramp at each clock.
void three_clocks(Builder& b) {
  b.ir().inputs = {{"in", 1}}, b.ir().outputs = {{"out", 1}};
  b.ir().params = {{.id = "gain", .initial = 0.5}};
  const Signal in = b.input(0);
  b.set_clock(2);
  const Signal twice = b.upsample(in, 2);
  const Signal z = b.state("twice/z", b.ir().real, 1);
  b.next(z, twice + z * 0.5);
  b.set_clock(4);
  const Signal fast = b.upsample(z, 2) * b.enter(b.param(0));
  const uint32_t line = b.line("fast/line", 1, 9);
  const Signal echo = b.tap(line, b.integer(7), 1);
  b.push(line, fast + echo * 0.7);
  const Signal counted =
      b.op(b.ir().real == Type::f64 ? Op::to_f64 : Op::to_f32, b.op(Op::iand, b.frame(), b.integer(1023)));
  const Signal ticks = b.select(b.cell_start(), b.enter(b.constant(1)), b.enter(b.constant(0)));
  b.set_clock(2);
  const Signal half = b.decimate(echo + counted * 1e-4 + ticks, 2);
  b.set_clock(1);
  b.output(0, b.decimate(half, 2) + in);
}

// As many lanes as no stack should hold, a table that is written, one that is read, lanes that change places.
void many_lanes(Builder& b) {
  b.ir().inputs = {{"in", 2}}, b.ir().outputs = {{"out", 2}};
  b.ir().params = {{.id = "spread", .initial = 0.25, .smooth_seconds = 0.01}};
  const Signal in = b.input(0);
  const Signal lane = b.op(Op::to_f64, b.lane(100));
  const Signal step = b.coefficient((lane + 1) * b.param(0) * 1e-3);
  const Signal phase = b.state("bank/phase", Type::f32, 100);
  const Signal moved = phase + step;
  const Signal wrapped = moved - floor(moved);
  b.next(phase, wrapped);
  TableDecl shape{.key = "bank/shape", .size = 5, .data = {0, 1, -0.5f, 0.25f, -1}};
  const Signal read = b.table_get(b.table(shape), b.op(Op::to_int, wrapped * 5.5));
  const Signal pairs = b.stack({in, b.relane(read, {.offset = 98, .stride = 1, .repeat = 1}, 2)});
  const Signal spread = b.relane(pairs, {.offset = 1, .stride = 2, .repeat = 50}, 100);
  const uint32_t line = b.line("bank/line", 100, 300);
  b.push(line, spread * read);
  const Signal late = b.tap(line, b.op(Op::to_int, wrapped * 290.0), 1);
  b.output(0, b.sum(late + read, 2) * 0.01 + in);
}

// As audio, whatever it is.
Signal heard(Builder& b, Signal x) {
  if (x.type() == Type::i32) return b.op(Op::to_f32, x);
  if (x.type() == Type::mask) return b.select(x, b.enter(b.constant(1)), b.enter(b.constant(0)));
  return x.type() == Type::f64 ? b.coefficient(x) : x;
}

// Each op of the table in each rate that has its types, each result a channel.
void every_op(Builder& b) {
  using enum Signature;
  b.ir().inputs = {{"in", 2}};
  b.ir().params = {{.id = "p", .initial = 0.3}};
  struct Arguments {
    Signal x, y, i, j, m, n;
  };
  const Signal x = b.extract(b.input(0), 0), y = b.extract(b.input(0), 1);
  const Signal d = b.param(0) * 37.3 - 5.0, e = b.param(0) * b.param(0) * 4.1;
  const Arguments rates[] = {
      {x, y, b.op(Op::to_int, x * 1e3), b.op(Op::bits_of, y), x < y, y < 0.5},
      {d, e, b.op(Op::to_int, d * 1e3), b.op(Op::exponent, e), d < e, e < 0.5},
  };
  std::vector<Signal> parts;
  for (uint32_t index = 0; index < kOpCount; ++index) {
    const Op op = static_cast<Op>(index);
    const Signature sig = info(op).signature;
    for (const auto& [r, s, i, j, m, n] : rates) {
      const bool control = r.type() == Type::f64;
      if (sig == R_RR || sig == R_R || sig == R_RRR || sig == M_RR || sig == I_R) {
        parts.push_back(b.op(op, r, info(op).arity > 1 ? s : Signal(), info(op).arity > 2 ? r : Signal()));
      } else if (sig == M_MM || sig == M_M) {
        parts.push_back(b.op(op, m, sig == M_MM ? n : Signal()));
      } else if (sig == T_MTT) {
        for (const auto& [then, otherwise] : {std::pair{r, s}, std::pair{i, j}, std::pair{m, n}})
          parts.push_back(b.op(op, m, then, otherwise));
      } else if (sig == I_II || sig == M_II) {
        parts.push_back(b.op(op, i, j));
      } else if (sig == I_IC) {
        parts.push_back(b.op(op, i, {}, {}, 5));
      } else if (sig == F_I || (sig == D_I && control)) {
        parts.push_back(b.op(op, i));
      } else if ((sig == F_D || sig == I_D || sig == D_D) && control) {
        parts.push_back(b.op(op, r));
      } else if (sig == D_F && control) {
        parts.push_back(b.op(op, b.op(Op::narrow, r)));
      } else if (sig == I_F && !control) {
        parts.push_back(b.op(op, r));
      }
    }
  }
  for (Signal& part : parts) part = heard(b, part);
  b.ir().outputs = {{"out", static_cast<uint32_t>(parts.size())}};
  b.output(0, b.stack(parts));
}

std::string difference_of(const Ir& ir, const PatchApi& api, const std::string& what) {
  CompileOptions options;
  options.strict = true;
  options.backend = find_backend("reference");
  options.f64 = ir.real == Type::f64;
  Result<Compiled> compiled = generate(ir, options);
  if (!compiled) FAIL(what << ": " << format(compiled.error()));
  Random random(17);
  Scenario scenario = make_scenario(random, compiled->program->layout, kFrames, false);
  scenario.turns = {{100, 0, 0.75}, {131, 0, 0.1}, {1'500, 0, 1}};
  Played patch(api);
  return difference(run(compiled->program, scenario, {}), run(patch, scenario, {97, true, false, 3}));
}

}  // namespace

TEST_CASE("clocks, many lanes, tables and every op give the same bits as headers") {
  const std::vector<Compiler> all = compilers();
  std::vector<Ir> irs;
  Batch batch("features");
  const struct {
    void (*make)(Builder&);
    Type real;
  } cases[] = {{three_clocks, Type::f32}, {many_lanes, Type::f32}, {every_op, Type::f32}, {three_clocks, Type::f64}};
  for (const auto& [make, real] : cases) {
    Ir ir;
    ir.real = real;
    ir.origins = {""};
    Builder b(ir);
    make(b);
    const std::vector<Error> errors = verify(ir);
    REQUIRE_MESSAGE(errors.empty(), (errors.empty() ? "" : format(errors[0])));
    const Result<std::string> header = export_cpp(ir, {}, batch.next_namespace());
    REQUIRE(header);
    batch.add(*header);
    irs.push_back(std::move(ir));
  }
  const std::string wrong = batch.build(all);
  REQUIRE_MESSAGE(wrong.empty(), wrong);
  for (size_t c = 0; c < all.size(); ++c)
    for (size_t i = 0; i < irs.size(); ++i) CHECK(difference_of(irs[i], batch.api(c, i), "features") == "");
}
