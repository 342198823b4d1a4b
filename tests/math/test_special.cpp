// Special values as in C's <math.h>, exactness, and what happens beyond the stated ranges.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "sinter/ir/math.hpp"
#include "straight_line.hpp"
#include "support.hpp"

namespace sinter::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kPi = 3.14159265358979323846;

struct Unary {
  const char* name;
  Signal (*build)(Signal);
  double x, expected;
};
struct Binary {
  const char* name;
  Signal (*build)(Signal, Signal);
  double x, y, expected;
};

const Unary kUnary[] = {
    {"sin(0)", math::sin, 0, 0},
    {"sin(-0)", math::sin, -0.0, -0.0},
    {"sin(inf)", math::sin, kInf, kNan},
    {"sin(-inf)", math::sin, -kInf, kNan},
    {"sin(nan)", math::sin, kNan, kNan},
    {"cos(0)", math::cos, 0, 1},
    {"cos(-0)", math::cos, -0.0, 1},
    {"cos(inf)", math::cos, kInf, kNan},
    {"cos(nan)", math::cos, kNan, kNan},
    {"tan(0)", math::tan, 0, 0},
    {"tan(-0)", math::tan, -0.0, -0.0},
    {"tan(inf)", math::tan, kInf, kNan},
    {"tan(nan)", math::tan, kNan, kNan},
    {"sin_turns(0)", math::sin_turns, 0, 0},
    {"sin_turns(1/4)", math::sin_turns, 0.25, 1},
    {"sin_turns(1/2)", math::sin_turns, 0.5, 0},
    {"sin_turns(-3/4)", math::sin_turns, -0.75, 1},
    {"sin_turns(inf)", math::sin_turns, kInf, kNan},
    {"sin_turns(nan)", math::sin_turns, kNan, kNan},
    {"asin(0)", math::asin, 0, 0},
    {"asin(-0)", math::asin, -0.0, -0.0},
    {"asin(1)", math::asin, 1, kPi / 2},
    {"asin(-1)", math::asin, -1, -kPi / 2},
    {"asin(1.01)", math::asin, 1.01, kNan},
    {"asin(-inf)", math::asin, -kInf, kNan},
    {"asin(nan)", math::asin, kNan, kNan},
    {"acos(1)", math::acos, 1, 0},
    {"acos(-1)", math::acos, -1, kPi},
    {"acos(0)", math::acos, 0, kPi / 2},
    {"acos(-1.01)", math::acos, -1.01, kNan},
    {"acos(inf)", math::acos, kInf, kNan},
    {"acos(nan)", math::acos, kNan, kNan},
    {"atan(0)", math::atan, 0, 0},
    {"atan(-0)", math::atan, -0.0, -0.0},
    {"atan(1)", math::atan, 1, kPi / 4},
    {"atan(inf)", math::atan, kInf, kPi / 2},
    {"atan(-inf)", math::atan, -kInf, -kPi / 2},
    {"atan(nan)", math::atan, kNan, kNan},
    {"sinh(-0)", math::sinh, -0.0, -0.0},
    {"sinh(0)", math::sinh, 0, 0},
    {"sinh(1000)", math::sinh, 1000, kInf},
    {"sinh(-inf)", math::sinh, -kInf, -kInf},
    {"sinh(nan)", math::sinh, kNan, kNan},
    {"cosh(0)", math::cosh, 0, 1},
    {"cosh(-0)", math::cosh, -0.0, 1},
    {"cosh(-1000)", math::cosh, -1000, kInf},
    {"cosh(inf)", math::cosh, kInf, kInf},
    {"cosh(nan)", math::cosh, kNan, kNan},
    {"tanh(0)", math::tanh, 0, 0},
    {"tanh(-0)", math::tanh, -0.0, -0.0},
    {"tanh(inf)", math::tanh, kInf, 1},
    {"tanh(-inf)", math::tanh, -kInf, -1},
    {"tanh(30)", math::tanh, 30, 1},
    {"tanh(nan)", math::tanh, kNan, kNan},
    {"exp(0)", math::exp, 0, 1},
    {"exp(-0)", math::exp, -0.0, 1},
    {"exp(1000)", math::exp, 1000, kInf},
    {"exp(inf)", math::exp, kInf, kInf},
    {"exp(-1000)", math::exp, -1000, 0},
    {"exp(-inf)", math::exp, -kInf, 0},
    {"exp(nan)", math::exp, kNan, kNan},
    {"exp2(2000)", math::exp2, 2000, kInf},
    {"exp2(inf)", math::exp2, kInf, kInf},
    {"exp2(-2000)", math::exp2, -2000, 0},
    {"exp2(-inf)", math::exp2, -kInf, 0},
    {"exp2(nan)", math::exp2, kNan, kNan},
    {"expm1(0)", math::expm1, 0, 0},
    {"expm1(-0)", math::expm1, -0.0, -0.0},
    {"expm1(inf)", math::expm1, kInf, kInf},
    {"expm1(-inf)", math::expm1, -kInf, -1},
    {"expm1(nan)", math::expm1, kNan, kNan},
    {"log(1)", math::log, 1, 0},
    {"log(0)", math::log, 0, -kInf},
    {"log(-0)", math::log, -0.0, -kInf},
    {"log(-1)", math::log, -1, kNan},
    {"log(-inf)", math::log, -kInf, kNan},
    {"log(inf)", math::log, kInf, kInf},
    {"log(nan)", math::log, kNan, kNan},
    {"log2(0)", math::log2, 0, -kInf},
    {"log2(-1)", math::log2, -1, kNan},
    {"log2(inf)", math::log2, kInf, kInf},
    {"log2(nan)", math::log2, kNan, kNan},
    {"log10(1)", math::log10, 1, 0},
    {"log10(0)", math::log10, 0, -kInf},
    {"log10(-1)", math::log10, -1, kNan},
    {"log10(inf)", math::log10, kInf, kInf},
    {"log1p(0)", math::log1p, 0, 0},
    {"log1p(-0)", math::log1p, -0.0, -0.0},
    {"log1p(-1)", math::log1p, -1, -kInf},
    {"log1p(-2)", math::log1p, -2, kNan},
    {"log1p(inf)", math::log1p, kInf, kInf},
    {"log1p(-inf)", math::log1p, -kInf, kNan},
    {"log1p(nan)", math::log1p, kNan, kNan},
    {"fract(-0.25)", math::fract, -0.25, 0.75},
    {"fract(3)", math::fract, 3, 0},
    {"fract(inf)", math::fract, kInf, kNan},
    {"fract(nan)", math::fract, kNan, kNan},
    {"sign(-3)", math::sign, -3, -1},
    {"sign(0)", math::sign, 0, 0},
    {"sign(-0)", math::sign, -0.0, -0.0},
    {"sign(inf)", math::sign, kInf, 1},
    {"sign(nan)", math::sign, kNan, kNan},
    {"db(0)", math::db, 0, 1},
    {"db(-inf)", math::db, -kInf, 0},
    {"db(inf)", math::db, kInf, kInf},
    {"db(nan)", math::db, kNan, kNan},
    {"to_db(1)", math::to_db, 1, 0},
    {"to_db(-1)", math::to_db, -1, 0},
    {"to_db(0)", math::to_db, 0, -kInf},
    {"mtof(69)", math::mtof, 69, 440},
    {"mtof(57)", math::mtof, 57, 220},
    {"mtof(129)", math::mtof, 129, 14080},
    {"mtof(nan)", math::mtof, kNan, kNan},
    {"ftom(440)", math::ftom, 440, 69},
    {"ftom(27.5)", math::ftom, 27.5, 21},
    {"ftom(0)", math::ftom, 0, -kInf},
    {"ftom(-1)", math::ftom, -1, kNan},
};

const Binary kBinary[] = {
    {"pow(nan, 0)", math::pow, kNan, 0, 1},
    {"pow(inf, -0)", math::pow, kInf, -0.0, 1},
    {"pow(0, 0)", math::pow, 0, 0, 1},
    {"pow(1, nan)", math::pow, 1, kNan, 1},
    {"pow(1, inf)", math::pow, 1, kInf, 1},
    {"pow(2, nan)", math::pow, 2, kNan, kNan},
    {"pow(nan, 2)", math::pow, kNan, 2, kNan},
    {"pow(0, nan)", math::pow, 0, kNan, kNan},
    {"pow(-1, inf)", math::pow, -1, kInf, 1},
    {"pow(-1, -inf)", math::pow, -1, -kInf, 1},
    {"pow(2, inf)", math::pow, 2, kInf, kInf},
    {"pow(2, -inf)", math::pow, 2, -kInf, 0},
    {"pow(0.5, inf)", math::pow, 0.5, kInf, 0},
    {"pow(-0.5, -inf)", math::pow, -0.5, -kInf, kInf},
    {"pow(0, 2)", math::pow, 0, 2, 0},
    {"pow(0, -2)", math::pow, 0, -2, kInf},
    {"pow(-0, 3)", math::pow, -0.0, 3, -0.0},
    {"pow(-0, -3)", math::pow, -0.0, -3, -kInf},
    {"pow(-0, 2)", math::pow, -0.0, 2, 0},
    {"pow(-0, -0.5)", math::pow, -0.0, -0.5, kInf},
    {"pow(0, inf)", math::pow, 0, kInf, 0},
    {"pow(0, -inf)", math::pow, 0, -kInf, kInf},
    {"pow(inf, 0.5)", math::pow, kInf, 0.5, kInf},
    {"pow(inf, -2)", math::pow, kInf, -2, 0},
    {"pow(-inf, 3)", math::pow, -kInf, 3, -kInf},
    {"pow(-inf, 2)", math::pow, -kInf, 2, kInf},
    {"pow(-inf, -3)", math::pow, -kInf, -3, -0.0},
    {"pow(-inf, 0.5)", math::pow, -kInf, 0.5, kInf},
    {"pow(-8, 1/3)", math::pow, -8, 1.0 / 3, kNan},
    {"pow(-2, 3)", math::pow, -2, 3, -8},
    {"pow(-2, 2)", math::pow, -2, 2, 4},
    {"pow(-2, -1)", math::pow, -2, -1, -0.5},
    {"pow(2, 10)", math::pow, 2, 10, 1024},
    {"pow(2, 5000)", math::pow, 2, 5000, kInf},
    {"pow(-2, 5001)", math::pow, -2, 5001, -kInf},
    {"pow(2, -5000)", math::pow, 2, -5000, 0},
    {"atan2(0, 1)", math::atan2, 0, 1, 0},
    {"atan2(-0, 1)", math::atan2, -0.0, 1, -0.0},
    {"atan2(0, -1)", math::atan2, 0, -1, kPi},
    {"atan2(-0, -1)", math::atan2, -0.0, -1, -kPi},
    {"atan2(0, 0)", math::atan2, 0, 0, 0},
    {"atan2(-0, 0)", math::atan2, -0.0, 0, -0.0},
    {"atan2(0, -0)", math::atan2, 0, -0.0, kPi},
    {"atan2(-0, -0)", math::atan2, -0.0, -0.0, -kPi},
    {"atan2(1, 0)", math::atan2, 1, 0, kPi / 2},
    {"atan2(-1, -0)", math::atan2, -1, -0.0, -kPi / 2},
    {"atan2(1, 1)", math::atan2, 1, 1, kPi / 4},
    {"atan2(1, -1)", math::atan2, 1, -1, 3 * kPi / 4},
    {"atan2(-1, -1)", math::atan2, -1, -1, -3 * kPi / 4},
    {"atan2(inf, inf)", math::atan2, kInf, kInf, kPi / 4},
    {"atan2(inf, -inf)", math::atan2, kInf, -kInf, 3 * kPi / 4},
    {"atan2(-inf, 1)", math::atan2, -kInf, 1, -kPi / 2},
    {"atan2(1, inf)", math::atan2, 1, kInf, 0},
    {"atan2(-1, inf)", math::atan2, -1, kInf, -0.0},
    {"atan2(1, -inf)", math::atan2, 1, -kInf, kPi},
    {"atan2(nan, 1)", math::atan2, kNan, 1, kNan},
    {"atan2(1, nan)", math::atan2, 1, kNan, kNan},
    {"mod(5, 3)", math::mod, 5, 3, 2},
    {"mod(-5, 3)", math::mod, -5, 3, 1},
    {"mod(5, -3)", math::mod, 5, -3, -1},
    {"mod(5, 0)", math::mod, 5, 0, kNan},
};

// One ulp is allowed where the exact value is irrational; zeros and whole numbers are exact, signs of zero included.
template <class T>
bool matches(T got, double expected) {
  if (std::isnan(expected)) return std::isnan(got);
  const T rounded = static_cast<T>(expected);
  if (expected == std::nearbyint(expected * 2) / 2) return got == rounded && std::signbit(got) == std::signbit(rounded);
  return std::fabs(got - rounded) <= std::fabs(rounded) * std::numeric_limits<T>::epsilon();
}

template <class T>
void check_tables(Type type) {
  for (const Contract contract : kContracts) {
    std::vector<T> out;
    for (const Unary& row : kUnary) {
      StraightLine line(
          type, [&](Signal x, Signal) { return row.build(x); }, contract);
      line.run({static_cast<T>(row.x)}, {}, out);
      CHECK_MESSAGE(matches(out[0], row.expected), std::string(row.name), " gave ", out[0]);
    }
    for (const Binary& row : kBinary) {
      StraightLine line(type, row.build, contract);
      line.run({static_cast<T>(row.x)}, {static_cast<T>(row.y)}, out);
      CHECK_MESSAGE(matches(out[0], row.expected), std::string(row.name), " gave ", out[0]);
    }
  }
  ran_on("reference", 3 * (std::size(kUnary) + std::size(kBinary)));
}

template <class T>
std::vector<T> evaluate(Type type, Signal (*build)(Signal), const std::vector<T>& x) {
  std::vector<T> out;
  StraightLine(
      type, [&](Signal s, Signal) { return build(s); }, Contract::none)
      .run(x, {}, out);
  return out;
}

template <class T>
void check_powers_of_two(Type type) {
  std::vector<T> exponents, powers;
  for (int n = std::numeric_limits<T>::min_exponent - 1; n < std::numeric_limits<T>::max_exponent; ++n) {
    exponents.push_back(static_cast<T>(n));
    powers.push_back(std::ldexp(T(1), n));
  }
  CHECK(evaluate<T>(type, math::exp2, exponents) == powers);
  CHECK(evaluate<T>(type, math::log2, powers) == exponents);
}

}  // namespace

TEST_CASE("f32 functions give C's special values") { check_tables<float>(Type::f32); }
TEST_CASE("f64 functions give C's special values") { check_tables<double>(Type::f64); }

TEST_CASE("exp2 of whole numbers and log2 of powers of two are exact") {
  check_powers_of_two<float>(Type::f32);
  check_powers_of_two<double>(Type::f64);
}

TEST_CASE("a denormal argument counts as zero") {
  const std::vector<float> tiny = {1e-40f, -1e-40f};
  for (Signal (*build)(Signal) : {math::log, math::log2, math::log10})
    for (const float v : evaluate<float>(Type::f32, build, tiny)) CHECK(v == -std::numeric_limits<float>::infinity());
  std::vector<float> out;
  StraightLine(Type::f32, math::pow, Contract::none).run(tiny, std::vector<float>{-1, -1}, out);
  CHECK(out == std::vector<float>{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()});
}

TEST_CASE("exp keeps the smallest normal result and flushes what lies below") {
  const float last = std::log(std::numeric_limits<float>::min()) + 1e-4f, below = last - 2e-4f;
  const auto got = evaluate<float>(Type::f32, math::exp, {last, below, 88.722f});
  CHECK(got[0] >= std::numeric_limits<float>::min());
  CHECK(got[1] == 0);
  CHECK(std::isfinite(got[2]));
}

TEST_CASE("pow(x, 1) is x for every size of x") {
  std::vector<float> x, out;
  Random random(5);
  for (int i = 0; i < 10000; ++i)
    x.push_back(std::ldexp(static_cast<float>(random.uniform(1, 2)), static_cast<int>(random.below(250)) - 125));
  x.push_back(std::numeric_limits<float>::max());
  StraightLine(Type::f32, math::pow, Contract::none).run(x, std::vector<float>(x.size(), 1), out);
  for (size_t i = 0; i < x.size(); ++i) CHECK(std::fabs(out[i] - x[i]) <= x[i] * 2.5e-7f);
}

}  // namespace sinter::test
