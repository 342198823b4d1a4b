// Lane by lane: coefficients, basis, states, powers. Lanes of equal coefficients share what was computed for the first.
#include "linear_tables.hpp"

#include <cstring>

#include "linear_powers.hpp"

namespace sinter::interpret {
namespace {

bool same_bits(const LinearSystem& a, const LinearSystem& b, const LinearTable& table) {
  const size_t columns = table.states() + table.inputs.size();
  for (uint32_t k = 0; k < table.states() + table.outputs.size(); ++k)
    if (std::memcmp(a.row[k], b.row[k], columns * sizeof(double)) != 0) return false;
  return true;
}

}  // namespace

LinearTables::LinearTables(const Ir& ir, const Plan& plan, Poll& poll) {
  builders_.reserve(plan.tables.size());
  for (const LinearTable& table : plan.tables) {
    if (poll.often()) return;
    Builder builder{.table = table, .program = LinearProgram(ir, plan, table), .turns = table.states() == 2};
    for (uint32_t k = 0; builder.turns && k < 2; ++k) builder.states[k] = state_offset(ir, plan, table, k);
    builders_.push_back(std::move(builder));
  }
}

uint64_t LinearTables::run(uint8_t* controls, uint8_t* state, uint64_t moved) const noexcept {
  uint64_t ops = 0;
  for (const Builder& builder : builders_)
    if ((builder.table.moved_by & moved) != 0 || !load_basis(controls, builder.table.basis, 0).chosen())
      ops += build(builder, controls, state);
  return ops;
}

uint64_t LinearTables::build(const Builder& builder, uint8_t* controls, uint8_t* state) noexcept {
  const LinearTable& table = builder.table;
  LinearSystem systems[2];  // the lane's and the last one's in turn
  Basis basis;
  uint32_t evaluated = 0;
  for (uint32_t lane = 0; lane < table.lanes; ++lane) {
    uint8_t* const numbers = controls + table.offset + size_t{lane} * table.stride;
    bool known = lane > 0 && builder.program.same_in_all_lanes();
    if (!known) {
      LinearSystem& system = systems[evaluated & 1];
      builder.program.evaluate(controls, lane, system);
      known = evaluated++ > 0 && same_bits(system, systems[evaluated & 1], table);
      if (!known) {
        if (builder.turns) basis = choose_basis(system.row[0][0], system.row[0][1], system.row[1][0], system.row[1][1]);
        write_powers(table, system, basis, numbers);
      }
    }
    if (known) std::memcpy(numbers, numbers - table.stride, table.stride);
    const Basis before = load_basis(controls, table.basis, lane);
    if (builder.turns && state && before.chosen() && !(before == basis))
      turn(state, builder.states, lane, combine(basis, before.inverse()));
    store_basis(controls, table.basis, lane, basis);
  }
  return uint64_t{evaluated} * builder.program.ops();
}

}  // namespace sinter::interpret
