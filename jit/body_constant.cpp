// Linear recurrences whose coefficients hold for a cell: sums of products with the numbers of a LinearTable.
//
// In a chain of filters each waits for the one before, so what counts is how long a section's result takes from its
// input: sums are made of two halves, and what is known earlier stays out of the way.
#include <utility>

#include "body.hpp"

namespace sinter::jit {

void Lowering::lower_constant(const Recurrence& recurrence) {
  const LinearTable& table = plan_.tables[recurrence.table];
  const size_t states = table.states();
  std::vector<Phases> entering;
  for (Value input : recurrence.inputs) entering.push_back(phases_of(input));
  const std::vector<uint32_t> sum = scan_constant(table, entering);
  std::vector<uint32_t> starts(states), after(states);
  for (size_t k = 0; k < states; ++k) starts[k] = shifted(sum[k], 1, carried(k));
  for (size_t k = 0; k < states; ++k) after[k] = last_of(sum[k]);
  carry_on(after);
  if (!recurrence.outputs.empty()) return constant_outputs(recurrence, entering, starts);
  if (states == 2) {
    const std::vector<uint32_t> rotated = starts;
    for (size_t k = 0; k < states; ++k) {
      starts[k] = kNoValue;
      for (size_t l = 0; l < states; ++l)
        starts[k] = plus_product(starts[k], rotated[l], number(table, table.back, k * states + l, Leaf::element));
    }
  }
  run_phases(recurrence, starts);
}

// Tables whose lanes lie equally far apart share a pointer.
uint32_t Lowering::number(const LinearTable& table, uint32_t from, size_t index, Leaf::Kind kind) {
  const bool per_lane = table.lanes > 1;
  const size_t bytes = (kind == Leaf::wide ? isa_.width : 1) * 4 * index;
  return leaf({.kind = kind,
               .pointer = pointer(Pointer::controls, per_lane ? table.stride : 0, per_lane, table.stride),
               .offset = static_cast<int32_t>(table.offset + from + bytes)});
}

const LinearTable::Version& Lowering::version_of(const LinearTable& table) const {
  return table.versions[phases_ == 4 ? 0 : 1];
}

// What each chunk adds to the states from zero.
std::vector<uint32_t> Lowering::sums_of_chunks(const LinearTable& table, const std::vector<Phases>& entering) {
  const size_t states = table.states(), inputs = entering.size(), terms = phases_ * inputs;
  std::vector<uint32_t> early(states, kNoValue), late(states, kNoValue);
  for (size_t n = 0; n < terms; ++n)
    for (size_t k = 0; k < states; ++k) {
      uint32_t& half = n < (terms + 1) / 2 ? early[k] : late[k];
      half = plus_product(half, entering[n % inputs][n / inputs],
                          number(table, version_of(table).gain, n * states + k, Leaf::element));
    }
  for (size_t k = 0; k < states; ++k) early[k] = sum_of(early[k], late[k]);
  return early;
}

// What the states before the first chunk have become after each.
std::vector<uint32_t> Lowering::carried_to_chunks(const LinearTable& table) {
  const size_t states = table.states();
  std::vector<uint32_t> sum(states, kNoValue);
  for (size_t k = 0; k < states; ++k)
    for (size_t l = 0; l < table.section_end(static_cast<uint32_t>(k)); ++l)
      sum[k] = plus_product(sum[k], carried(l), number(table, version_of(table).lane, k * states + l, Leaf::wide));
  return sum;
}

// The states after each chunk. What has been carried on waits for nothing that enters: it joins in the last step.
std::vector<uint32_t> Lowering::scan_constant(const LinearTable& table, const std::vector<Phases>& entering) {
  const size_t states = table.states();
  if (entering.empty()) return carried_to_chunks(table);
  std::vector<uint32_t> sum = sums_of_chunks(table, entering), before(states), late(states, kNoValue);
  for (uint32_t e = 0; 1u << e < isa_.width; ++e) {
    const bool last = 2u << e >= isa_.width;
    for (size_t k = 0; k < states; ++k) before[k] = shifted(sum[k], 1u << e, kNoValue);
    if (last) late = carried_to_chunks(table);
    const auto add = [&](uint32_t& to, size_t k, size_t l) {
      to = plus_product(to, before[l],
                        number(table, version_of(table).step, (e * states + k) * states + l, Leaf::element));
    };
    for (size_t k = 0, begin = 0, end = 0; k < states; ++k) {
      if (k == end) begin = std::exchange(end, table.section_end(static_cast<uint32_t>(k)));
      if (end - begin == 1 && begin == 0) sum[k] = sum_of(sum[k], std::exchange(late[k], kNoValue));
      for (size_t l = 0; l < begin; ++l) add(late[k], k, l);
      const bool halves = last || begin > 0;
      for (size_t l = begin; l < end; ++l) add(halves && l >= begin + (end - begin + 1) / 2 ? late[k] : sum[k], k, l);
      sum[k] = sum_of(sum[k], std::exchange(late[k], kNoValue));
    }
  }
  return sum;
}

// `starts`: the states before each chunk.
void Lowering::constant_outputs(const Recurrence& recurrence, const std::vector<Phases>& entering,
                                const std::vector<uint32_t>& starts) {
  const LinearTable& table = plan_.tables[recurrence.table];
  const LinearTable::Version& version = version_of(table);
  const size_t states = starts.size(), inputs = entering.size();
  for (size_t o = 0; o < recurrence.outputs.size(); ++o) {
    Phases values{};
    for (uint32_t p = 0; p < phases_; ++p) {
      uint32_t value = kNoValue;
      for (uint32_t i = 0; i <= p; ++i)
        for (size_t j = 0; j < inputs; ++j)
          value = plus_product(value, entering[j][i],
                               number(table, version.enter, (o * phases_ + p - i) * inputs + j, Leaf::element));
      for (size_t l = 0; l < states; ++l)
        value =
            plus_product(value, starts[l], number(table, version.start, (o * phases_ + p) * states + l, Leaf::element));
      values[p] = value;
    }
    bind_phases(recurrence.outputs[o], values);
  }
}

}  // namespace sinter::jit
