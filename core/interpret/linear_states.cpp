// Only recurrences of two states are kept in a basis other than their own.
#include "sinter/interpret/linear_states.hpp"

#include "linear_basis.hpp"

namespace sinter {

using namespace interpret;

LinearStates::LinearStates(const Ir& ir, const Plan& plan) {
  for (const LinearTable& table : plan.tables)
    if (table.states() == 2)
      tables_.push_back({.states = {state_offset(ir, plan, table, 0), state_offset(ir, plan, table, 1)},
                         .basis = table.basis,
                         .lanes = table.lanes});
}

void LinearStates::to_canonical(const Block& block) const noexcept {
  for (const Table& table : tables_)
    for (uint32_t lane = 0; lane < table.lanes; ++lane)
      turn(block.state, table.states, lane, load_basis(block.controls, table.basis, lane).inverse());
}

void LinearStates::from_canonical(const Block& block) const noexcept {
  for (const Table& table : tables_)
    for (uint32_t lane = 0; lane < table.lanes; ++lane)
      turn(block.state, table.states, lane, load_basis(block.controls, table.basis, lane));
}

}  // namespace sinter
