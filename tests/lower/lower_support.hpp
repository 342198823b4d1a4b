// What the tests of lowering share: node types of their own, and a plain evaluator of IR that shares no code with
// executors.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sinter/compile/compile.hpp"

namespace sinter::test {

/// gain lag echo pan2 swap2 link count_runs and types that break a rule.
const NodeLibrary& test_nodes();

/// Options with the test nodes at 48 kHz; f64 audio, so that results can be compared closely.
CompileOptions test_options(bool f64 = true);

/// Lowers, requires success and valid IR.
Ir lowered(const Graph& graph, bool f64 = true);

/// The errors of a graph that must not lower.
std::vector<Error> errors_of(const Graph& graph);
/// "code: message" of the first error.
std::string first_error(const Graph& graph);

uint32_t count_op(const Ir& ir, Op op);

/// One sample after the other: every inst on every lane, with evaluate() for the ops of the table. Controls stand
/// still, so ramps and holds are their value.
class IrPlayer {
 public:
  explicit IrPlayer(const Ir& ir);

  std::vector<double> params;  ///< start at their initial values
  /// A value for each lane of a control source.
  void set_lanes(uint32_t param, std::vector<double> values) { lanes_of_param_[param] = std::move(values); }
  /// One sample in (all inputs' channels in order), one out (all outputs' channels in order).
  std::vector<double> step(const std::vector<double>& inputs);
  /// What a real value was in the last step.
  std::vector<double> lanes(Value value) const;

 private:
  using Lanes = std::vector<uint64_t>;
  Lanes compute(const Inst& inst, const std::vector<double>& inputs);
  uint64_t lane_of(Value value, uint32_t lane) const;

  const Ir& ir_;
  std::vector<Lanes> values_;
  std::vector<Lanes> states_;
  std::vector<std::vector<Lanes>> lines_;  // per line: newest last
  std::vector<double> outputs_;
  std::map<uint32_t, std::vector<double>> lanes_of_param_;
  uint64_t frame_ = 0;
};

/// The outputs of a patch without inputs in its first sample.
std::vector<double> first_sample(const Graph& graph, const std::vector<double>& inputs = {});

}  // namespace sinter::test
