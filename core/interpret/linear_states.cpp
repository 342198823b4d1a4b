// Only sections of two states are kept in a basis other than their own.
#include "sinter/interpret/linear_states.hpp"

#include "linear_basis.hpp"

namespace sinter {

using namespace interpret;

LinearStates::LinearStates(const Ir& ir, const Plan& plan) {
  for (const LinearTable& table : plan.tables)
    for (const TurnedPair& pair : turned_pairs(ir, plan, table))
      for (uint32_t lane = 0; lane < table.lanes; ++lane)
        pairs_.push_back({.states = {pair.states[0], pair.states[1]},
                          .lane = lane,
                          .basis = static_cast<uint32_t>(basis_offset(table, lane, pair.section))});
}

void LinearStates::to_canonical(const Block& block) const noexcept {
  for (const Pair& pair : pairs_)
    turn(block.state, pair.states, pair.lane, load_basis(block.controls + pair.basis).inverse());
}

void LinearStates::from_canonical(const Block& block) const noexcept {
  for (const Pair& pair : pairs_) turn(block.state, pair.states, pair.lane, load_basis(block.controls + pair.basis));
}

}  // namespace sinter
