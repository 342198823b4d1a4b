// The basis in which the two states of a linear recurrence are kept between calls: a rotation.
#pragma once

#include <cstdint>

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

/// `offset`: LinearTable::basis.
inline Basis load_basis(const uint8_t* controls, uint32_t offset, uint32_t lane) {
  const uint8_t* const at = controls + offset + lane * 16;
  return {load<double>(at), load<double>(at + 8)};
}
inline void store_basis(uint8_t* controls, uint32_t offset, uint32_t lane, const Basis& basis) {
  uint8_t* const at = controls + offset + lane * 16;
  store(at, basis.cosine);
  store(at + 8, basis.sine);
}

/// Bytes into the state area of a state of a table, lane 0.
inline uint32_t state_offset(const Ir& ir, const Plan& plan, const LinearTable& table, uint32_t index) {
  return plan.layout.states[ir[table.nexts[index]].imm].offset;
}
/// Turns two f32 states of a lane; `offsets` are those of lane 0.
inline void turn(uint8_t* state, const uint32_t (&offsets)[2], uint32_t lane, const Basis& by) {
  uint8_t *const first = state + offsets[0] + lane * 4, *const second = state + offsets[1] + lane * 4;
  const double x = load<float>(first), y = load<float>(second);
  store(first, static_cast<float>(by.cosine * x + by.sine * y));
  store(second, static_cast<float>(by.cosine * y - by.sine * x));
}

}  // namespace sinter::interpret
