// Keeps the numbers of linear recurrences up to date in the control area: what LinearTable promises to machine code.
#pragma once

#include <vector>

#include "linear_basis.hpp"
#include "linear_program.hpp"
#include "sinter/base/poll.hpp"

namespace sinter::interpret {

class LinearTables {
 public:
  /// Of all tables of the plan; gives up where the poll says so.
  LinearTables(const Ir& ir, const Plan& plan, Poll& poll);

  /// Builds the tables whose coefficients depend on the groups in `moved`, and those never built. Where that changes a
  /// basis, the states at `state` keep their meaning (null: there are none yet). The other controls are up to date.
  /// Audio thread; no allocation. Returns the ops computed.
  uint64_t run(uint8_t* controls, uint8_t* state, uint64_t moved) const noexcept;

 private:
  struct Builder {
    LinearTable table;
    LinearProgram program;
    std::vector<TurnedPair> turned;
  };
  static void keep_states(const Builder& builder, uint32_t lane, const Basis* bases, uint8_t* controls,
                          uint8_t* state) noexcept;
  static uint64_t build(const Builder& builder, uint8_t* controls, uint8_t* state) noexcept;

  std::vector<Builder> builders_;
};

}  // namespace sinter::interpret
