// Ranges: no value of any random Ir ever leaves its own, and what has to be proven of delays is.
#include "sinter/ir/ranges.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "sinter/interpret/interpret.hpp"
#include "sinter/ir/builder.hpp"
#include "sinter/ir/math.hpp"
#include "sinter/sinter.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Signal add_input_of(Builder& b) {
  b.ir().inputs.push_back({"in", 1});
  return b.input(0);
}

Ranges ranges_of(const Ir& ir) { return Ranges(ir, std::vector<bool>(ir.size(), true)); }

std::shared_ptr<const Program> reference_of(const Ir& ir) {
  Result<Plan> plan = make_plan(ir);
  if (!plan) FAIL(format(plan.error()));
  auto program = std::make_shared<Program>();
  program->layout = plan->layout;
  program->row_sources = plan->row_sources;
  program->reads_input_late = plan->reads_input_late;
  program->control = make_control(ir, *plan);
  program->executor = make_reference(ir, *plan);
  return program;
}

// A random Ir in which every value has an output of its own: a real as it is, a control as it enters sample code, an
// integer by its bits.
class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed), build_(ir_, {.fold = random_.chance(0.5)}) {}

  struct Watched {
    Value value;
    bool integer;
  };
  std::vector<Watched> watched;

  Ir make() {
    ir_.inputs = {{"a", 1}, {"b", 1}};
    for (uint32_t p = 0; p < 3; ++p) {
      const double low = random_.chance(0.3) ? 0 : random_.uniform(-100, 100), width = random_.uniform(0, 200);
      ir_.params.push_back({"p" + std::to_string(p), low, low, low + width, random_.chance(0.5) ? 0.01 : 0});
    }
    reals_ = {build_.input(0), build_.input(1), build_.param(0), build_.param(1), build_.param(2)};
    integers_ = {build_.frame(), build_.lane(1), build_.integer(-3)};
    const Signal state = build_.state("s", Type::f32, 1), count = build_.state("n", Type::i32, 1);
    reals_.push_back(state);
    integers_.push_back(count);
    const uint32_t table = build_.table({.key = "t", .size = 4, .data = {-1, 0.5f, 1e-40f, 7}});
    reals_.push_back(build_.table_get(table, count));
    for (uint32_t n = 20 + random_.below(60); n-- > 0;) add();
    build_.next(state, build_.enter(any(reals_)));
    build_.next(count, any(integers_));
    for (const Signal& each : reals_) watch(each, false);
    for (const Signal& each : integers_) watch(each, true);
    return std::move(ir_);
  }

 private:
  const Signal& any(const std::vector<Signal>& list) {
    const auto size = static_cast<uint32_t>(list.size());
    return list[random_.chance(0.5) ? random_.below(size) : size - 1 - std::min(random_.below(8), size - 1)];
  }

  void watch(Signal x, bool integer) {
    if (x.rate() != Rate::sample && integer) return;
    const Signal shown = integer ? build_.op(Op::from_bits, x) : build_.enter(x);
    const auto output = static_cast<uint32_t>(ir_.outputs.size());
    ir_.outputs.push_back({"o" + std::to_string(output), 1});
    build_.output(output, shown);
    watched.push_back({integer ? x.value : shown.value, integer});
  }

  Signal literal() {
    constexpr double kLiterals[] = {0,     -0.0, 1,     -1,  0.5,          64,       1e-3,
                                    1e-40, 1e30, -3e38, 100, 2147483648.0, INFINITY, NAN};
    return build_.constant(random_.chance(0.5) ? kLiterals[random_.below(14)] : random_.uniform(-10, 10));
  }
  Signal real() { return random_.chance(0.2) ? literal() : any(reals_); }

  void add() {
    constexpr Op kBinary[] = {Op::add, Op::sub, Op::mul, Op::div, Op::min, Op::max, Op::min, Op::max};
    constexpr Op kUnary[] = {Op::neg, Op::abs, Op::floor, Op::ceil, Op::trunc, Op::round, Op::sqrt, Op::abs};
    constexpr Op kInteger[] = {Op::iadd, Op::isub, Op::imul, Op::iand, Op::ior, Op::ixor};
    constexpr Op kShift[] = {Op::ishl, Op::ishr, Op::ushr};
    switch (random_.below(10)) {
      case 0:
      case 1:
      case 2:
        return reals_.push_back(build_.op(kBinary[random_.below(8)], real(), real()));
      case 3:
        return reals_.push_back(build_.op(kUnary[random_.below(8)], real()));
      case 4: {
        const double low = random_.uniform(-8, 8);
        return reals_.push_back(clamp(any(reals_), low, low + random_.uniform(0, 8)));
      }
      case 5: {
        const Signal x = real();
        if (random_.chance(0.2)) return reals_.push_back(x * (random_.uniform(0, 9) - abs(x)));
        if (random_.chance(0.2)) return reals_.push_back(x - (random_.chance(0.5) ? floor(x) : round(x)));
        return reals_.push_back(random_.chance(0.5) ? x * x : build_.select(real() < real(), x, real()));
      }
      case 6:
        return reals_.push_back(build_.op(Op::to_f32, any(integers_)));
      case 7:
        return integers_.push_back(
            build_.op(random_.chance(0.5) ? Op::to_int : Op::to_int_round, build_.enter(real())));
      case 8:
        return integers_.push_back(
            build_.op(kInteger[random_.below(6)], any(integers_),
                      random_.chance(0.5) ? build_.integer(int32_t(random_.below(4096))) : any(integers_)));
      default:
        return integers_.push_back(build_.op(kShift[random_.below(3)], any(integers_), {}, {}, random_.below(32)));
    }
  }

  Random random_;
  Ir ir_;
  Builder build_;
  std::vector<Signal> reals_, integers_;
};

bool is_near(double a, double b) { return a == b || std::abs(a - b) <= 1e-6 * std::abs(b); }

float strange_sample(Random& random) {
  constexpr float kEdges[] = {0.0f, -0.0f, 1, -1, 1e-40f, -1e-40f, INFINITY, -INFINITY, NAN, 3e38f, -3e38f, 0.5f};
  return random.chance(0.4) ? kEdges[random.below(12)] : static_cast<float>(random.uniform(-20, 20));
}

bool stays(const Interval& range, bool integer, float shown) {
  if (!integer && std::isnan(shown)) return range.nan;
  if (integer) return range.contains(std::bit_cast<int32_t>(shown));
  return range.contains(std::fpclassify(shown) == FP_SUBNORMAL ? 0 : shown);
}

// The delay of the only tap of a patch, once the passes have run.
uint32_t least_delay_of(const Graph& graph) {
  const Result<Compiled> made = compile_patch(graph);
  if (!made) FAIL(format(made.error()));
  const Ranges ranges = ranges_of(made->ir);
  uint32_t least = UINT32_MAX;
  for (const Inst& inst : made->ir.insts)
    if (inst.op == Op::tap) least = std::min(least, least_delay(made->ir, ranges, inst));
  return least;
}

Graph echo(const std::string& time, const std::string& interpolation = "linear") {
  Graph graph;
  SettingValue max, how;
  max.kind = SettingKind::number, max.number = 1;
  how.kind = SettingKind::text, how.text = interpolation;
  graph.param({.id = "time", .minimum = 0.05, .maximum = 1, .fallback = 0.3, .smooth_ms = 50});
  graph.node("lfo", "sine", {{"freq", "0.5"}});
  graph.input("in").node("echo", "delay", {{"in", "in + echo * 0.5"}, {"time", time}},
                         {{"max", max}, {"interpolation", how}});
  return graph.output("out", "echo");
}

}  // namespace

TEST_CASE("no value of a random Ir leaves its range, whatever comes in and however parameters move") {
  constexpr uint32_t kFrames = 200, kBlock = 40;
  uint64_t values = 0, known = 0, bounded = 0;
  for (uint64_t seed = 0; seed < scaled(400); ++seed) {
    CAPTURE(seed);
    Generator generator(seed);
    const Ir ir = generator.make();
    const std::vector<Error> errors = verify(ir);
    if (!errors.empty()) FAIL(format(errors[0]));
    const Ranges ranges = ranges_of(ir);
    Engine engine;
    engine.prepare(reference_of(ir));
    Random random(seed + 1'000'000);
    std::vector<std::vector<float>> out(ir.outputs.size(), std::vector<float>(kBlock));
    std::vector<float*> rows;
    for (std::vector<float>& row : out) rows.push_back(row.data());
    for (uint32_t done = 0; done < kFrames; done += kBlock) {
      float a[kBlock], b[kBlock];
      for (float& x : a) x = strange_sample(random);
      for (float& x : b) x = strange_sample(random);
      for (uint32_t p = 0; p < 3; ++p)
        if (random.chance(0.7)) engine.set_parameter(p, random.chance(0.3) ? 1e9 : random.uniform(-300, 300));
      const float* in[] = {a, b};
      engine.process(in, rows, kBlock);
      for (size_t o = 0; o < out.size(); ++o) {
        const auto [value, integer] = generator.watched[o];
        for (const float shown : out[o]) {
          if (stays(ranges.of(value), integer, shown)) continue;
          FAIL("%" << value.index << " is " << shown << " outside of " << ranges.low(value) << " … "
                   << ranges.high(value) << "\n"
                   << print(ir));
        }
      }
    }
    for (const auto& [value, integer] : generator.watched) {
      ++values;
      known += integer ? ranges.low(value) > INT32_MIN || ranges.high(value) < INT32_MAX : !ranges.of(value).nan;
      bounded += ranges.low(value) > -1e9 && ranges.high(value) < 1e9;
    }
    ran_on("reference");
  }
  // Not by knowing nothing.
  MESSAGE(values << " values, " << known << " known, " << bounded << " within ±1e9");
  CHECK(known > values / 4);
  CHECK(bounded > values / 5);
}

TEST_CASE("clamps bound what is unknown, and say of NaN what the op says") {
  Ir ir;
  ir.inputs.push_back({"in", 1});
  Builder b(ir);
  const Signal in = b.input(0), two = b.constant(2);
  const struct {
    Signal x;
    double low, high;
    bool nan = false;
  } cases[] = {
      {in, -kInfinity, kInfinity, true},
      {clamp(in, -1, 3), -1, 3},
      {min(in, 2.0), -kInfinity, 2},
      {max(in, 2.0), 2, kInfinity},
      // With the bound first, NaN gets through.
      {b.op(Op::min, two, in), -kInfinity, 2, true},
      {b.op(Op::max, two, in), 2, kInfinity, true},
      {b.op(Op::min, two, b.op(Op::max, b.constant(-1), in)), -1, 2, true},
      // Without it, a NaN before leaves what the bound is.
      {min(b.op(Op::max, b.constant(-1), b.op(Op::min, two, in)), 5.0), -1, 5},
      {max(b.op(Op::max, b.constant(-1), b.op(Op::min, two, in)), -5.0), -5, 2},
      {b.op(Op::max, two, clamp(in, 0, 5)), 2, 5},
      {abs(in), 0, kInfinity, true},
      {abs(clamp(in, -4, 3)), 0, 4},
      {floor(clamp(in, -1.5, 2.5)), -2, 2},
      {sqrt(clamp(in, -1, 4)), 0, 2, true},
      {1.0 / clamp(in, -1, 4), -kInfinity, kInfinity, true},
      {1.0 / b.op(Op::max, two, in), 0, 0.5, true},
      {clamp(in, 0, 1) * max(in, 0.0), 0, kInfinity, true},
      {max(in, 0.0) - max(in, 0.0), -kInfinity, kInfinity, true},
      {max(in, 0.0) + max(in, 1.0), 1, kInfinity},
      {b.op(Op::to_int, b.op(Op::min, two, b.op(Op::max, b.constant(-1), in))), INT32_MIN, INT32_MAX},
      {select(in < 0.0, clamp(in, -1, 0), 5), -1, 5},
      {b.op(Op::to_int, in), INT32_MIN, INT32_MAX},
      {b.op(Op::to_int, clamp(in, -1.5, 70.9)), -1, 70},
      {b.op(Op::to_int_round, clamp(in, -1.5, 70.9)), -2, 71},
      // −2³¹ where it does not fit: the upper end does not.
      {b.op(Op::to_int, clamp(in, 0, 2147483648.0)), INT32_MIN, INT32_MAX},
      {b.op(Op::iand, b.frame(), b.integer(255)), 0, 255},
      {b.op(Op::ushr, b.frame(), {}, {}, 24), 0, 255},
      {b.op(Op::ishr, b.frame(), {}, {}, 24), -128, 127},
      {b.op(Op::iadd, b.frame(), b.integer(1)), INT32_MIN, INT32_MAX},
      {b.op(Op::iadd, b.op(Op::iand, b.frame(), b.integer(255)), b.integer(64)), 64, 319},
      {b.lane(5), 0, 4},
  };
  const Ranges ranges = ranges_of(ir);
  for (const auto& one : cases) {
    CAPTURE(&one - cases);
    CHECK(is_near(ranges.low(one.x.value), one.low));
    CHECK(is_near(ranges.high(one.x.value), one.high));
    CHECK(ranges.of(one.x.value).nan == one.nan);
  }
  // One ulp of slack outward, and none where none can round.
  const Signal sum = clamp(in, 1, 2) + 1.0;
  const Ranges more = ranges_of(ir);
  CHECK(more.low(sum.value) < 2);
  CHECK(more.low(sum.value) > 2 - 1e-6);
  CHECK(more.high(sum.value) > 3);
  CHECK(more.high(sum.value) < 3 + 1e-6);
}

TEST_CASE("an oscillator's phase and its sine are bounded, whatever its state") {
  Ir ir;
  Builder b(ir);
  const Signal phase = b.state("phase", Type::i32, 1);
  b.next(phase, b.op(Op::iadd, phase, b.integer(12345)));
  const Signal turns = b.op(Op::to_f32, phase) * 0x1p-32;
  const Signal sine = math::sin_turns(turns);
  const Ranges ranges = ranges_of(ir);
  // To the bit: a product by a power of two does not round.
  CHECK(ranges.low(turns.value) == -0.5);
  CHECK(ranges.high(turns.value) == 0.5);
  CHECK(ranges.low(sine.value) <= -1);
  CHECK(ranges.low(sine.value) >= -1.001);
  CHECK(ranges.high(sine.value) >= 1);
  CHECK(ranges.high(sine.value) <= 1.001);
}

TEST_CASE("the divisors of tanh and of filters with a moving corner are proven to be positive") {
  Ir ir;
  Builder b(ir);
  const Signal x = add_input_of(b), tame = clamp(x, -9, 9), square = tame * (0.25 * tame);
  const Signal other = tame * 0.25 * tame, negative = tame * (-0.25 * tame);
  const math::Ratio corner = math::tan_ratio(clamp(x, 0, 0.49 * std::numbers::pi));
  math::tanh(x);
  const Ranges ranges = ranges_of(ir);
  CHECK(ranges.low(square.value) >= 0);
  CHECK(ranges.high(square.value) == doctest::Approx(20.25));
  CHECK(ranges.low(other.value) >= 0);
  CHECK(ranges.high(negative.value) <= 0);
  CHECK(ranges.low(negative.value) == doctest::Approx(-20.25));
  CHECK(ranges.low(corner.bottom.value) > 0.05);
  CHECK(ranges.high(corner.bottom.value) <= 1.0001);
  CHECK(ranges.low(corner.top.value) >= 0);
  uint32_t divisions = 0;
  for (const Inst& inst : ir.insts) {
    if (inst.op != Op::div) continue;
    ++divisions;
    CHECK(ranges.low(inst.arg[1]) > 0.5);
    CHECK(ranges.high(inst.arg[1]) < 1e6);
  }
  CHECK(divisions == 1);
}

TEST_CASE("an echo in a cycle with a knob from 50 ms to 1 s is proven to be as long as its knob says") {
  // 2,400 samples at 48 kHz, less what rounds; all-pass reads up to a sample and a half before.
  for (const std::string interpolation : {"none", "linear", "cubic", "allpass"}) {
    CAPTURE(interpolation);
    const uint32_t least = least_delay_of(echo("$time", interpolation));
    CHECK(least >= 2396);
    CHECK(least <= 2400);
  }
  CHECK(least_delay_of(echo("min($time, 0.3)")) >= 2398);
  CHECK(least_delay_of(echo("clamp(in, 0.002, 0.004)")) >= 94);
  CHECK(least_delay_of(echo("$time + 0.01 * lfo")) >= 1918);
  CHECK(least_delay_of(echo("0.004 + 0.002 * lfo")) >= 94);
  // What is not known may be as short as a delay in a cycle can be.
  CHECK(least_delay_of(echo("in")) == 1);
  CHECK(least_delay_of(echo("max($time - 0.05, 0)")) == 1);
  CHECK(least_delay_of(echo("0.05 * beat")) == 1);
}
