// Every function against long double over all exponents and, densely, over the arguments music uses.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <string>

#include "functions.hpp"
#include "straight_line.hpp"
#include "support.hpp"
#include "ulp.hpp"

namespace sinter::test {
namespace {

constexpr size_t kBatch = 1 << 16;

// Count patterns evenly spaced over all bit patterns, so that every exponent and sign is there; all of them for f32
// once the scale makes the count 2^32. Then as many uniform arguments of lo … hi within ±100.
template <class T>
class Sweep {
 public:
  Sweep(uint64_t seed, double lo, double hi) : random_(seed), lo_(lo), hi_(hi) {
    const uint64_t count = scaled(1 << 18);
    if (sizeof(T) == 4 && count >= uint64_t{1} << 32) patterns_ = uint64_t{1} << 32;
    else patterns_ = count;
    stride_ = sizeof(T) == 4 ? (uint64_t{1} << 32) / patterns_ : ~uint64_t{0} / patterns_;
    uniform_ = std::min<uint64_t>(count, 1 << 24);
  }
  /// False once nothing is left.
  bool next(std::vector<T>& x) {
    x.clear();
    for (; x.size() < kBatch && at_ < patterns_; ++at_)
      add(x, from_pattern(at_ * stride_ + (stride_ > 1 ? random_.next() % stride_ : 0)));
    for (; x.size() < kBatch && at_ < patterns_ + uniform_; ++at_)
      add(x, static_cast<T>(random_.uniform(std::max(lo_, -100.0), std::min(hi_, 100.0))));
    return !x.empty();
  }

 private:
  static T from_pattern(uint64_t bits) {
    if constexpr (sizeof(T) == 4) return std::bit_cast<float>(static_cast<uint32_t>(bits));
    else return std::bit_cast<double>(bits);
  }
  void add(std::vector<T>& x, T v) {
    if (std::fpclassify(v) == FP_SUBNORMAL) v = std::copysign(T(0), v);
    if (!(v < lo_) && !(v > hi_)) x.push_back(v);
  }
  Random random_;
  double lo_, hi_;
  uint64_t patterns_ = 0, uniform_ = 0, stride_ = 0, at_ = 0;
};

struct Worst {
  double ulp = 0, x = 0, y = 0, absolute = 0;
};

template <class T>
void judge(Worst& worst, T got, long double exact, double x, double y, double near_zero) {
  const double error = ulp_error(got, exact);
  // Far from x = 0 a zero of sin is only as exact as the reduction.
  if (near_zero > 0 && std::fabs(x) > 1 && fabsl(exact) < 0x1p-4L) {
    worst.absolute = std::max(worst.absolute, static_cast<double>(fabsl(got - exact)));
    if (worst.absolute <= near_zero) return;
  }
  if (error > worst.ulp) worst = {error, x, y, worst.absolute};
}

void print(std::string_view name, const Worst (&worst)[3], uint32_t ops, uint32_t fused) {
  std::printf("  %-10.*s %6.2f %6.2f %6.2f ulp  %3u ops, %3u contracted   worst at %.9g\n",
              static_cast<int>(name.size()), name.data(), worst[0].ulp, worst[1].ulp, worst[2].ulp, ops, fused,
              worst[0].x);
}

template <class T>
void sweep_all(Type type) {
  std::printf("%s: maximum error plain, contracted (first product), contracted (last)\n",
              type == Type::f32 ? "f32" : "f64");
  for (const Function& f : functions()) {
    const auto formula = [&](Signal x, Signal) { return f.build(x); };
    StraightLine lines[] = {
        {type, formula, kContracts[0]}, {type, formula, kContracts[1]}, {type, formula, kContracts[2]}};
    Worst worst[3];
    Sweep<T> sweep(7, f.lo, f.hi);
    std::vector<T> x, got[3];
    const double near_zero = sizeof(T) == 4 ? f.near_zero : f.near_zero * 0x1p-29;
    while (sweep.next(x)) {
      for (int mode = 0; mode < 3; ++mode) lines[mode].run(x, {}, got[mode]);
      for (size_t i = 0; i < x.size(); ++i) {
        const long double exact = f.reference(x[i]);
        for (int mode = 0; mode < 3; ++mode) judge(worst[mode], got[mode][i], exact, x[i], 0, near_zero);
      }
      ran_on("reference", x.size());
    }
    print(f.name, worst, lines[0].op_count(), lines[1].op_count());
    for (const Worst& w : worst) {
      CAPTURE(std::string(f.name));
      CAPTURE(w.x);
      CHECK(w.ulp <= (type == Type::f32 ? f.max_ulp : f.max_ulp64));
    }
  }
}

// Functions of two arguments; arguments(random) gives a pair.
template <class T, class Arguments>
void sweep_pairs(Type type, std::string_view name, Signal (*build)(Signal, Signal),
                 long double (*reference)(long double, long double), double limit, Arguments arguments) {
  StraightLine lines[] = {{type, build, kContracts[0]}, {type, build, kContracts[1]}, {type, build, kContracts[2]}};
  Worst worst[3];
  Random random(11);
  std::vector<T> x, y, got[3];
  for (uint64_t left = scaled(1 << 19); left > 0;) {
    const size_t count = static_cast<size_t>(std::min<uint64_t>(left, kBatch));
    left -= count;
    x.resize(count);
    y.resize(count);
    for (size_t i = 0; i < count; ++i) arguments(random, x[i], y[i]);
    for (int mode = 0; mode < 3; ++mode) lines[mode].run(x, y, got[mode]);
    for (size_t i = 0; i < count; ++i) {
      const long double exact = reference(x[i], y[i]);
      for (int mode = 0; mode < 3; ++mode) judge(worst[mode], got[mode][i], exact, x[i], y[i], 0);
    }
    ran_on("reference", count);
  }
  print(name, worst, lines[0].op_count(), lines[1].op_count());
  for (const Worst& w : worst) {
    CAPTURE(w.x);
    CAPTURE(w.y);
    CHECK(w.ulp <= limit);
  }
}

// Bases over 1e-6 … 1e6, some close to 1, and exponents that make every normal result as likely.
template <class T>
void pow_arguments(Random& random, T& x, T& y) {
  constexpr double kLargest = sizeof(T) == 4 ? 127.9 : 1023.9, kSmallest = sizeof(T) == 4 ? -125.9 : -1021.9;
  x = static_cast<T>(std::exp(random.uniform(std::log(1e-6), std::log(1e6))));
  if (random.chance(0.3))
    x = static_cast<T>(1 + random.uniform(-1, 1) *
                               std::ldexp(1, -static_cast<int>(random.below(sizeof(T) == 4 ? 24 : 50))));
  if (!(x >= T(1e-6))) x = T(0.5);
  if (x == T(1)) x = T(1.5);
  y = static_cast<T>(random.uniform(kSmallest, kLargest) / std::log2(static_cast<double>(x)));
  if (random.chance(0.2)) y = static_cast<T>(random.uniform(-4, 4));
}

template <class T>
void any_pair(Random& random, T& x, T& y) {
  const auto any = [&] {
    return static_cast<T>(std::ldexp(random.uniform(-1, 1), static_cast<int>(random.below(60)) - 30));
  };
  x = any();
  y = random.chance(0.5) ? any() : static_cast<T>(x * random.uniform(-2, 2));
}

long double floored(long double x, long double y) { return x - y * floorl(x / y); }

}  // namespace

TEST_CASE("every f32 function of one argument keeps its stated error") { sweep_all<float>(Type::f32); }
TEST_CASE("every f64 function of one argument keeps its stated error") { sweep_all<double>(Type::f64); }

TEST_CASE("pow and atan2 keep their stated errors") {
  sweep_pairs<float>(Type::f32, "pow", math::pow, powl, 4, pow_arguments<float>);
  sweep_pairs<float>(Type::f32, "atan2", math::atan2, atan2l, 4, any_pair<float>);
  sweep_pairs<double>(Type::f64, "pow", math::pow, powl, 16, pow_arguments<double>);
  sweep_pairs<double>(Type::f64, "atan2", math::atan2, atan2l, 8, any_pair<double>);
}

TEST_CASE("the tangent as a ratio: top and bottom keep their stated errors up to 0.49 pi") {
  const auto sweep = [](Type type, auto zero, double ulps, long double least) {
    using T = decltype(zero);
    std::vector<T> x, top, bottom;
    for (int i = 0; i <= 200'000; ++i) x.push_back(static_cast<T>(0.49 * std::numbers::pi * i / 200'000));
    for (int i = 1; i <= 300; ++i) x.push_back(static_cast<T>(std::pow(10, -i / 10.0)));
    for (const Contract contract : kContracts) {
      StraightLine tops(
          type, [](Signal s, Signal) { return math::tan_ratio(s).top; }, contract);
      StraightLine bottoms(
          type, [](Signal s, Signal) { return math::tan_ratio(s).bottom; }, contract);
      tops.run(x, {}, top);
      bottoms.run(x, {}, bottom);
      long double worst_top = 0, worst_bottom = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const long double t = tanl(static_cast<long double>(x[i]) / 2);
        const long double ulp = std::numeric_limits<T>::epsilon() * std::max<long double>(t, 1e-30L);
        worst_top = std::max(worst_top, fabsl(top[i] - 2 * t) / ulp);
        worst_bottom = std::max(worst_bottom, fabsl(bottom[i] - (1 - t * t)));
      }
      CHECK(worst_top <= ulps);
      CHECK(worst_bottom <= least);
    }
  };
  sweep(Type::f32, 0.0f, 4, 2.5e-7L);
  sweep(Type::f64, 0.0, 4, 1e-15L);
}

TEST_CASE("mod of whole numbers is exact and has the sign of the divisor") {
  sweep_pairs<float>(Type::f32, "mod", math::mod, floored, 0, [](Random& random, float& x, float& y) {
    x = static_cast<float>(random.below(20001)) - 10000;
    y = (static_cast<float>(random.below(100)) + 1) * (random.chance(0.5) ? -1.0f : 1.0f);
  });
}

TEST_CASE("sine never leaves -1 ... 1 and tanh rises to exactly 1") {
  std::vector<float> x, out;
  for (uint64_t bits = 0; bits < 0xff800000u; bits += 997) {
    const float v = std::bit_cast<float>(static_cast<uint32_t>(bits));
    if (std::isfinite(v)) x.push_back(v);
  }
  for (const Contract contract : kContracts)
    for (Signal (*build)(Signal) : {math::sin, math::cos, math::tanh}) {
      StraightLine line(
          Type::f32, [&](Signal s, Signal) { return build(s); }, contract);
      line.run(x, {}, out);
      size_t outside = 0;
      for (const float v : out) outside += !(v >= -1 && v <= 1);
      CHECK(outside == 0);
    }
}

}  // namespace sinter::test
