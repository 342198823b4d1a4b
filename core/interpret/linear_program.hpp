// A linear recurrence as matrices in double: its body, and the control code behind its coefficients, are decoded once
// and evaluated on unit vectors wherever a coefficient moved.
#pragma once

#include <cstdint>
#include <vector>

#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::interpret {

/// s' = A s + B u, y = C s + D u of one lane: row k is state k, then output k; columns are the states, then the inputs.
struct LinearSystem {
  static constexpr uint32_t kColumns = kMaxLinearStates + kMaxLinearInputs;
  double row[kMaxLinearStates + kMaxLinearOutputs][kColumns];
};

class LinearProgram {
 public:
  /// Body, prevs, nexts and inputs of the table. What a coefficient is made of is evaluated in double down to the f64
  /// values that it holds; what has no meaning in double (masks, rounding, tables) is read as control code left it.
  LinearProgram(const Ir& ir, const Plan& plan, const LinearTable& table);

  /// Audio thread; `controls` is up to date.
  void evaluate(const uint8_t* controls, uint32_t lane, LinearSystem& to) const noexcept;
  /// No coefficient has a value of its own per lane.
  bool same_in_all_lanes() const { return same_in_all_lanes_; }
  /// Ops that evaluate() computes.
  uint32_t ops() const { return static_cast<uint32_t>(coefficient_ops_.size() + body_.size()); }

 private:
  friend class LinearDecoder;
  /// A value as the control area has it, or a literal.
  struct Leaf {
    Type type = Type::f64;
    bool literal = false;
    uint16_t slot = 0;
    uint32_t offset = 0;              ///< of the element of lane 0
    uint32_t stride = 0, repeat = 1;  ///< bytes on after each `repeat` lanes
    double value = 0;                 ///< of a literal
  };
  struct CoefficientOp {
    Op op{};
    uint16_t result = 0, a = 0, b = 0, c = 0;  ///< slots of values
  };
  struct BodyOp {
    Op op{};
    uint16_t result = 0, x = 0, y = 0;  ///< registers: one element per column
    uint16_t factor = 0;                ///< slot of a value: x is scaled by it, or chosen by it
  };

  void evaluate_coefficients(const uint8_t* controls, uint32_t lane, double* values) const noexcept;
  void evaluate_body(const double* values, double* registers) const noexcept;

  std::vector<Leaf> leaves_;
  std::vector<CoefficientOp> coefficient_ops_;
  std::vector<BodyOp> body_;
  std::vector<uint16_t> rows_;  ///< registers of nexts and outputs
  uint32_t sources_ = 0;        ///< states and inputs: the first registers
  uint32_t columns_ = 0;        ///< the same, rounded up to a multiple of 4
  bool same_in_all_lanes_ = true;
};

}  // namespace sinter::interpret
