// Private to the plan: what a recurrence is made of, and how a time-parallel loop may solve it.
#pragma once

#include <cstdint>
#include <vector>

#include "sinter/plan/plan.hpp"

namespace sinter::planning {

/// What stands against solving a recurrence in a time-parallel loop, or how it is solved.
struct Analysis {
  Obstacle obstacle = Obstacle::none;
  Value culprit;  ///< the first inst that stands against it
  Recurrence recurrence;
};

/// Beyond these a scan over matrices costs more than one sample at a time.
inline constexpr size_t kMaxVaryingStates = 3;

/// A state passes to another unscaled, as in a delay line of states. Products of such matrices grow where the filter
/// does not, and rounding with them: not to be scanned with coefficients of every sample.
bool is_direct_form(const Ir& ir, const Recurrence& recurrence);

class RecurrenceAnalyser {
 public:
  explicit RecurrenceAnalyser(const Ir& ir) : ir_(ir), member_(ir.size(), 0), read_(ir.size(), 0) {}
  /// `insts`: a recurrence's, in Ir order, all of one number of lanes. `in_recurrence`: per inst, whether it is part of
  /// any.
  Analysis analyse(const std::vector<uint32_t>& insts, const std::vector<bool>& in_recurrence, bool strict);

 private:
  void choose_solution(const std::vector<bool>& in_recurrence, bool strict);
  void collect(const std::vector<uint32_t>& insts);
  bool is_member(Value v) const { return member_[v.index] == epoch_; }
  bool is_shift() const;
  bool check(Value v);
  bool linear(Value v, const Inst& inst);
  bool scaled(Value v, Value factor);
  void add_input(Value v);
  void trace_products(const std::vector<bool>& in_recurrence);
  Value steady_increment() const;
  bool fail(Obstacle obstacle, Value culprit);

  const Ir& ir_;
  std::vector<uint32_t> member_, read_;  // per inst: the epoch in which it was a member, an input
  uint32_t epoch_ = 0;
  Analysis found_;
  bool varies_ = false;  // a coefficient has a value of its own for every sample
  bool scales_ = false;  // the state is multiplied, negated or chosen, not only added to
  bool floats_ = false;
};

}  // namespace sinter::planning
