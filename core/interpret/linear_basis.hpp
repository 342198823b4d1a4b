// The basis in which the two states of a linear recurrence are kept between calls: a rotation.
#pragma once

#include <cstdint>
#include <vector>

#include "entry.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::interpret {

/// P = (cosine sine; -sine cosine): t = P s. Both 0: not chosen yet.
struct Basis {
  double cosine = 1, sine = 0;

  bool chosen() const { return cosine != 0 || sine != 0; }
  Basis inverse() const { return {cosine, -sine}; }
  friend bool operator==(const Basis&, const Basis&) = default;
};
/// First `before`, then `after`.
inline Basis combine(const Basis& after, const Basis& before) {
  return {after.cosine * before.cosine - after.sine * before.sine,
          after.sine * before.cosine + after.cosine * before.sine};
}

/// Of A = (a b; c d): P A P⁻¹ has equal diagonal elements where the poles are complex, is an upper triangle where they
/// are real, and goes over from one to the other without a jump. Not finite: the identity.
Basis choose_basis(double a, double b, double c, double d) noexcept;

/// Bytes into the control area of the basis of a section in a lane.
inline size_t basis_offset(const LinearTable& table, uint32_t lane, size_t section) {
  return table.basis + (lane * table.sections.size() + section) * 16;
}
inline Basis load_basis(const uint8_t* at) { return {load<double>(at), load<double>(at + 8)}; }
inline void store_basis(uint8_t* at, const Basis& basis) {
  store(at, basis.cosine);
  store(at + 8, basis.sine);
}

/// Two states of a table that are kept in a basis: those of a section that has two.
struct TurnedPair {
  uint32_t section = 0;
  uint32_t first = 0;       ///< of the table's states
  uint32_t states[2] = {};  ///< bytes into the state area, of lane 0
};

/// Bytes into the state area of a state of a table, lane 0.
inline uint32_t state_offset(const Ir& ir, const Plan& plan, const LinearTable& table, uint32_t index) {
  return plan.state_offset[ir[table.nexts[index]].imm];
}
inline std::vector<TurnedPair> turned_pairs(const Ir& ir, const Plan& plan, const LinearTable& table) {
  std::vector<TurnedPair> pairs;
  for (uint32_t s = 0, k = 0; s < table.sections.size(); k += table.sections[s++])
    if (table.sections[s] == 2)
      pairs.push_back({s, k, {state_offset(ir, plan, table, k), state_offset(ir, plan, table, k + 1)}});
  return pairs;
}
/// Turns two f32 states of a lane; `offsets` are those of lane 0.
inline void turn(uint8_t* state, const uint32_t (&offsets)[2], uint32_t lane, const Basis& by) {
  uint8_t *const first = state + offsets[0] + lane * 4, *const second = state + offsets[1] + lane * 4;
  const double x = load<float>(first), y = load<float>(second);
  store(first, static_cast<float>(by.cosine * x + by.sine * y));
  store(second, static_cast<float>(by.cosine * y - by.sine * x));
}

}  // namespace sinter::interpret
