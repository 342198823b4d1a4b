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

// What the states mean stays, and the bases are those in which they are kept from now on.
void LinearTables::keep_states(const Builder& builder, uint32_t lane, const Basis* bases, uint8_t* controls,
                               uint8_t* state) noexcept {
  for (const TurnedPair& pair : builder.turned) {
    const Basis before = load_basis(controls + basis_offset(builder.table, lane, pair.section));
    const Basis& now = bases[pair.section];
    if (state && before.chosen() && !(before == now)) turn(state, pair.states, lane, combine(now, before.inverse()));
  }
  for (size_t s = 0; s < builder.table.sections.size(); ++s)
    store_basis(controls + basis_offset(builder.table, lane, s), bases[s]);
}

LinearTables::LinearTables(const Ir& ir, const Plan& plan, Poll& poll) {
  builders_.reserve(plan.tables.size());
  for (const LinearTable& table : plan.tables) {
    if (poll.often()) return;
    builders_.push_back({table, LinearProgram(ir, plan, table), turned_pairs(ir, plan, table)});
  }
}

uint64_t LinearTables::run(uint8_t* controls, uint8_t* state, uint64_t moved) const noexcept {
  uint64_t ops = 0;
  for (const Builder& builder : builders_)
    if ((builder.table.moved_by & moved) != 0 || !load_basis(controls + builder.table.basis).chosen())
      ops += build(builder, controls, state);
  return ops;
}

uint64_t LinearTables::build(const Builder& builder, uint8_t* controls, uint8_t* state) noexcept {
  const LinearTable& table = builder.table;
  LinearSystem systems[2];        // the lane's and the last one's in turn
  Basis bases[kMaxLinearStates];  // of the sections; the identity where a section is not turned
  uint32_t evaluated = 0;
  for (uint32_t lane = 0; lane < table.lanes; ++lane) {
    uint8_t* const numbers = controls + table.offset + size_t{lane} * table.stride;
    bool known = lane > 0 && builder.program.same_in_all_lanes();
    if (!known) {
      LinearSystem& system = systems[evaluated & 1];
      builder.program.evaluate(controls, lane, system);
      known = evaluated++ > 0 && same_bits(system, systems[evaluated & 1], table);
      if (!known) {
        for (const TurnedPair& pair : builder.turned) {
          const double* const row = system.row[pair.first] + pair.first;
          const double* const other = system.row[pair.first + 1] + pair.first;
          bases[pair.section] = choose_basis(row[0], row[1], other[0], other[1]);
        }
        write_powers(table, system, bases, numbers);
      }
    }
    if (known) std::memcpy(numbers, numbers - table.stride, table.stride);
    keep_states(builder, lane, bases, controls, state);
  }
  return uint64_t{evaluated} * builder.program.ops();
}

}  // namespace sinter::interpret
