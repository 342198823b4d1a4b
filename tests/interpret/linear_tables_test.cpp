// The numbers of linear recurrences against powers and recurrences in long double, and the basis of their states.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "linear_case.hpp"
#include "sinter/base/fp_mode.hpp"
#include "sinter/interpret/linear_states.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

using Exact = long double;
using Matrix = std::vector<std::vector<Exact>>;

// One rounding to f32 of numbers that are exact to a few thousand roundings of a double.
constexpr Exact kRounding = 0x1.001p-25L * 2, kDoubleError = 1e-12L;

Matrix operator*(const Matrix& a, const Matrix& b) {
  Matrix product(a.size(), std::vector<Exact>(b[0].size(), 0));
  for (size_t k = 0; k < a.size(); ++k)
    for (size_t l = 0; l < b[0].size(); ++l)
      for (size_t m = 0; m < b.size(); ++m) product[k][l] += a[k][m] * b[m][l];
  return product;
}

Matrix power(const Matrix& a, uint32_t exponent) {
  Matrix result(a.size(), std::vector<Exact>(a.size(), 0));
  for (size_t k = 0; k < a.size(); ++k) result[k][k] = 1;
  for (uint32_t i = 0; i < exponent; ++i) result = result * a;
  return result;
}

// A, B and what the outputs take, C and D, in the basis that the case has chosen for a lane.
struct System {
  Matrix a, b, c, d, back;
};
System exact_system(LinearCase& made, uint32_t lane, const std::vector<double>& values) {
  const Filter& filter = made.filter;
  const uint32_t n = filter.states, total = n + filter.inputs;
  const std::vector<Exact> c(values.begin(), values.end());
  Matrix columns(n, std::vector<Exact>(total));
  for (uint32_t i = 0; i < total; ++i) {
    std::vector<Exact> s(n), u(filter.inputs);
    (i < n ? s[i] : u[i - n]) = 1;
    filter.exact(c.data(), s.data(), u.data());
    for (uint32_t k = 0; k < n; ++k) columns[k][i] = s[k];
  }
  Matrix there = power(Matrix(n, std::vector<Exact>(n)), 0);
  if (n == 2) there = {{made.basis(lane)[0], made.basis(lane)[1]}, {-made.basis(lane)[1], made.basis(lane)[0]}};
  System system{.a = Matrix(n), .b = Matrix(n), .back = there};
  if (n == 2) std::swap(system.back[0][1], system.back[1][0]);
  for (uint32_t k = 0; k < n; ++k) {
    system.a[k].assign(columns[k].begin(), columns[k].begin() + n);
    system.b[k].assign(columns[k].begin() + n, columns[k].end());
  }
  system.c = Matrix{power(there, 0)[0], system.a[0]} * system.back;
  system.d = {std::vector<Exact>(filter.inputs), system.b[0]};
  system.a = there * system.a * system.back;
  system.b = there * system.b;
  return system;
}

Exact largest(const Matrix& matrix) {
  Exact most = 0;
  for (const std::vector<Exact>& row : matrix)
    for (const Exact element : row) most = std::max(most, std::fabs(element));
  return most;
}

// numbers[(k · columns + l) · stride]
void check_matrix(const float* numbers, const Matrix& expected, uint32_t stride, const std::string& what) {
  const Exact least = kDoubleError * largest(expected);
  for (size_t k = 0; k < expected.size(); ++k)
    for (size_t l = 0; l < expected[0].size(); ++l) {
      const Exact got = numbers[(k * expected[0].size() + l) * stride], right = expected[k][l];
      if (std::fabs(got - right) <= kRounding * std::fabs(right) + least) continue;
      FAIL_CHECK(what << " element " << k << ", " << l << " is " << static_cast<double>(got) << ", not "
                      << static_cast<double>(right));
    }
}

void check_lane(LinearCase& made, uint32_t lane, const Setting& setting, const std::vector<double>& values) {
  const LinearTable& table = made.table();
  const System system = exact_system(made, lane, values);
  const uint32_t n = table.states(), inputs = made.filter.inputs;
  check_matrix(made.numbers(lane, table.back), system.back, 1, setting.name + " back");
  for (const LinearTable::Version& version : table.versions) {
    const std::string name = setting.name + ", chunks of " + std::to_string(version.samples);
    for (uint32_t i = 0; i < version.samples; ++i) {
      const Matrix gains = power(system.a, version.samples - 1 - i) * system.b;
      const float* const got = made.numbers(lane, version.gain) + i * inputs * n;
      Matrix turned(inputs, std::vector<Exact>(n));
      for (uint32_t j = 0; j < inputs; ++j)
        for (uint32_t k = 0; k < n; ++k) turned[j][k] = gains[k][j];
      check_matrix(got, turned, 1, name + " gain " + std::to_string(i));
    }
    for (uint32_t o = 0; o < 2; ++o)
      for (uint32_t p = 0; p < version.samples; ++p) {
        const std::string which = " of output " + std::to_string(o) + ", " + std::to_string(p);
        const Matrix taken = Matrix{system.c[o]} * power(system.a, p);
        check_matrix(made.numbers(lane, version.start) + (o * version.samples + p) * n, taken, 1,
                     name + " start" + which);
        const Matrix entered = p == 0 ? Matrix{system.d[o]} : Matrix{system.c[o]} * power(system.a, p - 1) * system.b;
        check_matrix(made.numbers(lane, version.enter) + (o * version.samples + p) * inputs, entered, 1,
                     name + " enter" + which);
      }
    for (uint32_t e = 0; 1u << e < table.width; ++e)
      check_matrix(made.numbers(lane, version.step) + e * n * n, power(system.a, version.samples << e), 1,
                   name + " step " + std::to_string(e));
    for (uint32_t x = 0; x < table.width; ++x)
      check_matrix(made.numbers(lane, version.lane) + x,
                   power(system.a, version.samples * (chunk_in_lane(x, table.width, version.samples) + 1)), table.width,
                   name + " lane " + std::to_string(x));
  }
}

void check_basis(const Setting& setting, const System& system, const double* basis) {
  CHECK(std::fabs(std::hypot(Exact{basis[0]}, Exact{basis[1]}) - 1) <= 1e-15L);
  if (system.a.size() != 2) {
    CHECK(basis[0] == 1);
    CHECK(basis[1] == 0);
    return;
  }
  const Exact scale = largest(system.a), difference = system.a[0][0] - system.a[1][1];
  const Exact discriminant = difference * difference + 4 * system.a[0][1] * system.a[1][0];
  const Exact equal = std::fabs(difference), lower = std::fabs(system.a[1][0]);
  // Which of the two a double pole is is a matter of rounding.
  const bool doubtful = std::fabs(discriminant) <= 1e-14L * scale * scale;
  CHECK_MESSAGE((doubtful ? std::min(equal, lower) : discriminant < 0 ? equal : lower) <= 1e-15L * scale, setting.name);
}

}  // namespace

TEST_CASE("the numbers of a linear recurrence are powers and gains in double, rounded once") {
  for (const Setting& setting : settings())
    for (const uint32_t width : {4u, 8u, 16u}) {
      LinearCase made(*setting.filter, 1, width);
      made.set(setting.c);
      made.spoil();
      made.run(nullptr, ~uint64_t{0});
      check_lane(made, 0, setting, setting.c);
      check_basis(setting, exact_system(made, 0, setting.c), made.basis(0));
    }
}

TEST_CASE("any two poles get a basis in which they are a pair of equal diagonal elements or a triangle") {
  Random random(3);
  LinearCase made(kTdf2, 1, 4);
  for (uint64_t i = 0; i < scaled(3'000); ++i) {
    Setting setting{&kTdf2, "random poles", {random.uniform(-2, 2), random.uniform(-1, 1)}};
    if (i % 3 == 0)
      setting.c[1] = setting.c[0] * setting.c[0] / 4 * (1 + (i % 2 ? 1e-14 : -1e-9) * random.uniform(-1, 1));
    made.set(setting.c);
    made.run(nullptr, ~uint64_t{0});
    check_basis(setting, exact_system(made, 0, setting.c), made.basis(0));
  }
}

TEST_CASE("lanes have numbers of their own, and what did not move is not built again") {
  constexpr uint32_t kLanes = 7;
  for (const bool all_same : {false, true}) {
    LinearCase made(kSvf, kLanes, 8);
    const auto g = [&](uint32_t lane) { return all_same ? 0.125 : 0.01 + 0.05 * (lane / 2); };  // two share one
    for (uint32_t l = 0; l < kLanes; ++l) made.set(0, l, g(l)), made.set(1, l, 0.3);
    made.spoil();
    made.run(nullptr, ~uint64_t{0});
    for (uint32_t l = 0; l < kLanes; ++l) check_lane(made, l, {&kSvf, "SVF", {}}, {g(l), 0.3});
    const double before = made.basis(0)[0];
    for (uint32_t l = 0; l < kLanes; ++l) made.set(0, l, 0.4);
    made.run(nullptr, param_group(5));
    CHECK(made.basis(0)[0] == before);
    made.run(nullptr, param_group(0));
    for (uint32_t l = 0; l < kLanes; ++l) check_lane(made, l, {&kSvf, "SVF", {}}, {0.4, 0.3});
  }
}

TEST_CASE("lanes that are picked from a coefficient's are evaluated in double as well") {
  LinearCase made(kSvf, 6, 4, true);
  const auto g = [](uint32_t parameter_lane) { return 0.001 + 0.01 * parameter_lane; };
  made.set({0, 0.7});
  for (uint32_t l = 0; l < 3; ++l) made.set(0, l, g(l));
  made.run(nullptr, ~uint64_t{0});
  for (uint32_t l = 0; l < 6; ++l) check_lane(made, l, {&kSvf, "SVF", {}}, {g(l / 2), 0.7});
}

TEST_CASE("however much code is behind a coefficient, it has its value") {
  static const Filter kDeep = make_filter("deep", 1, 1, 2, [](const auto* c, auto* s, const auto* u) {
    auto a = c[0];
    for (uint32_t i = 0; i < 400; ++i) a = a * c[1] + c[0];
    s[0] = a * s[0] + u[0];
  });
  static const Filter kWide = make_filter("wide", 1, 1, 2, [](const auto* c, auto* s, const auto* u) {
    const auto sum = [&](auto& self, uint32_t from, uint32_t to) -> std::decay_t<decltype(c[0])> {
      if (from + 1 == to) return c[0] * (1.0f + 0.001f * static_cast<float>(from));
      return self(self, from, (from + to) / 2) + self(self, (from + to) / 2, to);
    };
    s[0] = sum(sum, 0, 700) * s[0] + u[0];
  });
  for (const Filter* filter : {&kDeep, &kWide}) {
    LinearCase made(*filter, 1, 4);
    const std::vector<double> c = {filter == &kDeep ? 0.2 : 0.0005, 0.5};
    made.set(c);
    with_audio_fp([&] { made.control->constants(made.controls()); });
    made.run(nullptr, ~uint64_t{0});
    const double got = made.numbers(0, made.table().versions[1].step)[0];
    CHECK(got == doctest::Approx(static_cast<double>(exact_system(made, 0, c).a[0][0])).epsilon(1e-6));
  }
}

TEST_CASE("states keep their value when a table is built anew, and are turned there and back within a rounding") {
  Random random(11);
  constexpr uint32_t kLanes = 3;
  LinearCase made(kTdf2, kLanes, 8);
  const LinearStates states(made.ir, made.plan);
  double worst_build = 0, worst_turn = 0;
  for (uint64_t i = 0; i < scaled(2'000); ++i) {
    const auto draw = [&] {
      for (uint32_t l = 0; l < kLanes; ++l) made.set(0, l, random.uniform(-2, 2)), made.set(1, l, random.uniform(0, 1));
    };
    float before[2][kLanes];
    for (auto& state : before)
      for (float& lane : state) lane = static_cast<float>(random.uniform(-1, 1));
    const auto put = [&] {
      for (uint32_t k = 0; k < 2; ++k)
        for (uint32_t l = 0; l < kLanes; ++l) made.state_of(k, l) = before[k][l];
    };
    const auto worst = [&] {
      double most = 0;
      for (uint32_t l = 0; l < kLanes; ++l) {
        const double size = std::hypot(before[0][l], before[1][l]);
        for (uint32_t k = 0; k < 2; ++k)
          most = std::max(most, std::fabs(static_cast<double>(made.state_of(k, l)) - before[k][l]) / size);
      }
      return most;
    };
    draw();
    with_audio_fp([&] {
      made.control->run(made.controls(), nullptr, ~uint64_t{0});
      put();
      states.from_canonical(made.block());
      states.to_canonical(made.block());
      worst_turn = std::max(worst_turn, worst());
      put();
      states.from_canonical(made.block());
      draw();
      made.control->run(made.controls(), made.state_bytes(), param_group(1));
      states.to_canonical(made.block());
      worst_build = std::max(worst_build, worst());
    });
  }
  CHECK(worst_turn <= 0x1p-23);
  CHECK(worst_build <= 1.5 * 0x1p-23);
}

TEST_CASE("states of other numbers than two stay as they are") {
  for (const Filter* filter : {&kOnePole, &kLadder, &kOps}) {
    LinearCase made(*filter, 2, 4);
    for (uint32_t c = 0; c < filter->coefficients; ++c) made.set(c, 0, 0.5), made.set(c, 1, 0.25);
    made.run(nullptr, ~uint64_t{0});
    Random random(1);
    for (float& state : made.state) state = static_cast<float>(random.uniform(-1, 1));
    const std::vector<float> before = made.state;
    const LinearStates states(made.ir, made.plan);
    states.from_canonical(made.block());
    made.run(made.state_bytes(), ~uint64_t{0});
    states.to_canonical(made.block());
    CHECK(made.state == before);
  }
}

TEST_CASE("coefficients beyond all numbers still leave every number written") {
  constexpr float kUnwritten = 12345;
  const double infinite = std::numeric_limits<double>::infinity();
  for (const Filter* filter : {&kTdf2, &kSvf, &kLadder, &kOps})
    for (const double value : {1e308, -1e200, 1e30, infinite, -infinite, std::nan(""), 1e-310, 0.0}) {
      LinearCase made(*filter, 2, 16);
      for (uint32_t c = 0; c < filter->coefficients; ++c) made.set(c, 0, value), made.set(c, 1, c ? value : 0.5);
      const LinearTable& table = made.table();
      const auto all = [&] { return const_cast<float*>(made.numbers(0, 0)); };
      const uint32_t count = table.stride / 4;
      for (uint32_t l = 0; l < 2; ++l) std::fill_n(all() + l * count, count, kUnwritten);
      made.run(made.state_bytes(), ~uint64_t{0});
      for (uint32_t l = 0; l < 2; ++l) {
        const double* const basis = made.basis(l);
        CHECK(basis[0] * basis[0] + basis[1] * basis[1] == doctest::Approx(1));
        for (const LinearTable::Version& version : table.versions)
          for (uint32_t i = 0; i < table.states() * table.states() * table.width; ++i)
            REQUIRE(made.numbers(l, version.lane)[i] != kUnwritten);
      }
    }
}
