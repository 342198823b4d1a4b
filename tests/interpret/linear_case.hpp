// Linear recurrences as control code sees them: an Ir, a plan with one LinearTable filled in by hand, and its control
// area. The formula of each filter is written once over any number: Signal, float or long double.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "run.hpp"
#include "sinter/interpret/interpret.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::test {

inline float fused(float a, float b, float c) { return a * b + c; }
inline long double fused(long double a, long double b, long double c) { return a * b + c; }
inline Signal fused(Signal a, Signal b, Signal c) { return a.build->op(Op::fma, a, b, c); }
inline float chosen(float c, float a, float b) { return c > 0 ? a : b; }
inline long double chosen(long double c, long double a, long double b) { return c > 0 ? a : b; }
inline Signal chosen(Signal c, Signal a, Signal b) { return select(c > 0, a, b); }

/// c: coefficients, s: states, which become the next ones, u: inputs.
struct Filter {
  const char* name;
  uint32_t states, inputs, coefficients;
  void (*signal)(const Signal* c, Signal* s, const Signal* u);
  void (*single)(const float* c, float* s, const float* u);
  void (*exact)(const long double* c, long double* s, const long double* u);
};
template <class F>
Filter make_filter(const char* name, uint32_t states, uint32_t inputs, uint32_t coefficients, F) {
  return {name,
          states,
          inputs,
          coefficients,
          [](const Signal* c, Signal* s, const Signal* u) {
            F()
            (c, s, u);
          },
          [](const float* c, float* s, const float* u) {
            F()
            (c, s, u);
          },
          [](const long double* c, long double* s, const long double* u) {
            F()
            (c, s, u);
          }};
}

/// a1, a2; inputs b0 x, b1 x, b2 x.
inline const Filter kTdf2 = make_filter("TDF2", 2, 3, 2, [](const auto* c, auto* s, const auto* u) {
  const auto y = u[0] + s[0];
  s[0] = u[1] - c[0] * y + s[1];
  s[1] = u[2] - c[1] * y;
});
/// g, k (Simper: Linear trapezoidal integrated state variable filter).
inline const Filter kSvf = make_filter("SVF", 2, 1, 2, [](const auto* c, auto* s, const auto* u) {
  const auto a1 = 1.0f / (1.0f + c[0] * (c[0] + c[1])), a2 = c[0] * a1, a3 = c[0] * a2;
  const auto v3 = u[0] - s[1];
  const auto v1 = a1 * s[0] + a2 * v3, v2 = s[1] + (a2 * s[0] + a3 * v3);
  s[0] = 2.0f * v1 - s[0];
  s[1] = 2.0f * v2 - s[1];
});
inline const Filter kOnePole =
    make_filter("one-pole", 1, 1, 1, [](const auto* c, auto* s, const auto* u) { s[0] = s[0] + c[0] * (u[0] - s[0]); });
/// Four one-poles and feedback around them: g, k.
inline const Filter kLadder = make_filter("order 4", 4, 1, 2, [](const auto* c, auto* s, const auto* u) {
  auto x = u[0] - c[1] * s[3];
  for (uint32_t k = 0; k < 4; ++k) x = s[k] = s[k] + c[0] * (x - s[k]);
});
/// Every op that a body may have; the second input is the coefficient c[3] itself.
inline const Filter kOps = make_filter("all ops", 3, 2, 4, [](const auto* c, auto* s, const auto* u) {
  const auto a = fused(c[0], s[0], -s[2]), b = fused(u[0], c[1], s[1] / c[2]);
  const auto d = chosen(c[3], a + u[1], b), e = chosen(-c[3], a, b) * c[3];
  s[0] = d;
  s[1] = a - b;
  s[2] = e + u[0] - s[0];
});

/// A filter at coefficients, the same in all lanes.
struct Setting {
  const Filter* filter;
  std::string name;
  std::vector<double> c;
};
/// 20 Hz at Q 0.5, 10 and 100 and 48 and 192 kHz, real, double and no poles, orders 1 to 4.
std::vector<Setting> settings();

/// Its outputs are the first state before and after the sample.
struct LinearCase {
  Ir ir;
  Plan plan;
  std::unique_ptr<const ControlExecutor> control;
  std::vector<float> state;
  Filter filter;

  /// Parameter c of lane l is coefficient c; the last input is coefficient 3 in kOps.
  /// `shared`: two lanes share a parameter's.
  LinearCase(const Filter& wanted, uint32_t lanes, uint32_t width, bool shared = false);
  LinearCase(const LinearCase&) = delete;
  LinearCase& operator=(const LinearCase&) = delete;

  const LinearTable& table() const { return plan.tables[0]; }
  uint8_t* controls() { return area_[0].bytes; }
  uint8_t* state_bytes() { return reinterpret_cast<uint8_t*>(state.data()); }
  void set(uint32_t coefficient, uint32_t lane, double value);
  const float* numbers(uint32_t lane, uint32_t offset) {
    return reinterpret_cast<const float*>(controls() + table().offset + lane * table().stride + offset);
  }
  double* basis(uint32_t lane) { return reinterpret_cast<double*>(controls() + table().basis) + 2 * lane; }
  float& state_of(uint32_t k, uint32_t lane) { return state[plan.state_offset[k] / 4 + lane]; }
  Block block() { return {.controls = controls(), .state = state_bytes()}; }
  /// Fills all numbers of the table with ones that are not numbers.
  void spoil();
  /// All lanes.
  void set(const std::vector<double>& coefficients);
  /// Control code; `state` may be null.
  void run(uint8_t* to, uint64_t moved);

 private:
  struct alignas(64) Line {
    uint8_t bytes[64];
  };
  void fill_table(uint32_t lanes, uint32_t width, const std::vector<Signal>& inputs);
  std::vector<Line> area_;
};

}  // namespace sinter::test
