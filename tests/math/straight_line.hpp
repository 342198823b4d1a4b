// Runs a formula over arrays, op by op, with the meanings of ops.def: quick enough for sweeps of millions of arguments,
// and able to contract multiplications into fma as the fast mode's pass may.
#pragma once

#include <functional>
#include <vector>

#include "sinter/ir/builder.hpp"

namespace sinter::test {

/// Which products become part of an fma: none, or every one whose only use is an addition or subtraction, in which both
/// sides are products the first or the last of them.
enum class Contract { none, first, last };
inline constexpr Contract kContracts[] = {Contract::none, Contract::first, Contract::last};

class StraightLine {
 public:
  using Formula = std::function<Signal(Signal, Signal)>;

  /// f(x, y) on audio of this type; a formula of one argument ignores y.
  StraightLine(Type type, const Formula& formula, Contract contract);

  /// out[i] = f(x[i], y[i]), denormals flushed. All arrays have one size; y may be empty.
  template <class T>
  void run(const std::vector<T>& x, const std::vector<T>& y, std::vector<T>& out);

  /// Ops executed per element, without constants and inputs.
  uint32_t op_count() const { return static_cast<uint32_t>(steps_.size()); }

 private:
  struct Step {
    Op op;
    Type type, argument;  ///< of the result and of its arguments
    uint32_t imm2, result, arg[3];
    bool negate_product, negate_addend;
  };
  template <class T>
  T* slot(uint32_t value) {
    return reinterpret_cast<T*>(slots_.data() + size_t{value} * kChunk);
  }
  void plan(const Ir& ir, Value result, Contract contract);
  void fill_constants(const Ir& ir);
  void run_step(const Step& step, uint32_t count);
  template <class T>
  void fuse(const Step& step, uint32_t count);
  template <Signature S, class F>
  void dispatch(const Step& step, uint32_t count, F f);
  template <Signature S, class T, class F>
  void loop(const Step& step, uint32_t count, F f);

  static constexpr uint32_t kChunk = 256;
  std::vector<Step> steps_;
  std::vector<double> slots_;  ///< kChunk elements of 8 bytes per value
  uint32_t x_ = 0, y_ = 0, result_ = 0, last_ = 0;
};

}  // namespace sinter::test
