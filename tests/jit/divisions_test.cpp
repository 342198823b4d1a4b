// Divisions by estimates of reciprocals: as exact as they say, and only where ranges prove that nothing special comes.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "rig.hpp"
#include "sinter/interpret/interpret.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();

uint32_t tame_divisions(const Ir& ir, bool strict) {
  const Result<Plan> plan = make_plan(ir, {.width = 16, .strict = strict});
  REQUIRE(plan);
  return static_cast<uint32_t>(std::count(plan->tame.begin(), plan->tame.end(), true));
}

// Over numbers whose exponents are spread evenly.
Rows wide_noise(uint32_t frames, double decades, uint64_t seed) {
  Random random(seed);
  Rows rows(2, std::vector<float>(frames));
  for (std::vector<float>& row : rows)
    for (float& x : row)
      x = static_cast<float>(std::pow(10, random.uniform(-decades, decades)) * (random.chance(0.5) ? -1 : 1));
  return rows;
}

double ulp_of(double x) {
  const auto near = static_cast<float>(std::abs(x));
  return static_cast<double>(std::nextafter(near, kInfinity)) - static_cast<double>(near);
}

// The quotient in a loop over time; with `lanes`, in one over lanes, where something non-linear comes back.
Ir quotient(double least, double most, uint32_t lanes) {
  Ir ir;
  Builder b(ir);
  const Signal x = add_input(b), y = add_input(b);
  const Signal divided = clamp(x, -most, most) / clamp(abs(y), least, most);
  if (lanes == 1) {
    add_outputs(b, {divided});
    return ir;
  }
  const Signal z = b.state("z", Type::f32, lanes), many = divided + 0.0 * b.op(Op::to_f32, b.lane(lanes));
  b.next(z, clamp(z * z, 0, 1));
  add_outputs(b, {many + 0.0 * z});
  return ir;
}

}  // namespace

TEST_CASE("an estimated quotient is within an ulp of the exact one, and zeros keep their signs") {
  const auto frames = static_cast<uint32_t>(scaled(200'000));
  Rows in = wide_noise(frames, 9, 1);
  for (uint32_t f = 0; f < 64; ++f) in[0][f] = f % 2 ? -0.0f : 0.0f;
  for (const uint32_t lanes : {1u, 24u}) {
    CAPTURE(lanes);
    const Ir ir = quotient(1e-9, 1e9, lanes);
    CHECK_EQ(tame_divisions(ir, false), 1);
    CHECK_EQ(tame_divisions(ir, true), 0);
    for (const Backend* backend : jit_here()) {
      CAPTURE(backend->name());
      const Rows out = render(make_program(ir, backend, {.width = backend->width()}), in, frames, 512);
      double worst = 0;
      for (uint32_t f = 0; f < frames; ++f) {
        const double exact = static_cast<double>(in[0][f]) / std::abs(static_cast<double>(in[1][f]));
        const double error = std::abs(static_cast<double>(out[lanes - 1][f]) - exact);
        worst = std::max(worst, error / ulp_of(exact));
        if (exact == 0 && lanes == 1) CHECK_EQ(std::signbit(out[0][f]), std::signbit(in[0][f]));
      }
      CHECK_LE(worst, 0.6);
      ran_on(backend->name());
    }
  }
}

TEST_CASE("NaN and infinity in front of the clamps of a quotient come out as the reference has them") {
  Rows in(2, std::vector<float>(256));
  const float strange[] = {0, -0.0f, kInfinity, -kInfinity, kNan, 1e-42f, 3e38f, -3e38f, 1, 2};
  Random random(3);
  for (std::vector<float>& row : in)
    for (float& x : row) x = strange[random.below(std::size(strange))];
  const Ir ir = quotient(0.5, 1e12, 1);
  REQUIRE_EQ(tame_divisions(ir, false), 1);
  const Rows expected = render(make_program(ir, nullptr), in, 256);
  for (const Backend* backend : jit_here()) {
    CAPTURE(backend->name());
    const Rows out = render(make_program(ir, backend, {.width = backend->width()}), in, 256);
    for (uint32_t f = 0; f < 256; ++f)
      CHECK(std::abs(out[0][f] - expected[0][f]) <= static_cast<float>(ulp_of(expected[0][f])));
  }
}

TEST_CASE("a quotient whose operands may be anything is divided to the bit in fast mode too") {
  const float strange[] = {0, -0.0f, 1, -1, kInfinity, -kInfinity, kNan, 1e-38f, -1e-42f, 3e38f, -3e38f, 0.1f};
  constexpr uint32_t kCount = std::size(strange);
  Rows in(2, std::vector<float>(kCount * kCount));
  for (uint32_t f = 0; f < kCount * kCount; ++f) in[0][f] = strange[f / kCount], in[1][f] = strange[f % kCount];
  Ir ir;
  Builder b(ir);
  const Signal x = add_input(b), y = add_input(b);
  add_outputs(
      b, {x / y, clamp(x, -1, 1) / y, x / clamp(y, 1, 2), clamp(x, -1, 1) / clamp(y, -1, 2),
          clamp(x, -1, 1) / clamp(y, 0, 2), clamp(x, -1, 1) / clamp(y, 1e-30, 2), clamp(x, -1e30, 1) / clamp(y, 1, 2)});
  CHECK_EQ(tame_divisions(ir, false), 0);
  const Rows expected = render(make_program(ir, nullptr), in, kCount * kCount);
  for (const Backend* backend : jit_here()) {
    CAPTURE(backend->name());
    const Rows out = render(make_program(ir, backend, {.width = backend->width()}), in, kCount * kCount);
    CHECK_EQ(difference(out, expected), "");
  }
}
