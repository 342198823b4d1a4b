// Bodies whose lanes hold chunks of consecutive samples: rows are transposed where they are read and written.
//
// Four vectors of consecutive samples, transposed 4 × 4 within each 128 bits, are four phases: lane x holds samples
// 4c … 4c + 3 of chunk c = chunk_in_lane(x). The transpose is its own inverse. Where nothing is to be solved, the
// phases are the four vectors as they lie.
#include <algorithm>

#include "body.hpp"

namespace sinter::jit {

namespace {

// Where values of the sample before are all that is carried, a shuffle for each of them costs less than chunks do.
bool only_shifts(const Step& step) {
  return std::all_of(step.recurrences.begin(), step.recurrences.end(),
                     [](const Recurrence& each) { return each.solution == Solution::shift; });
}

}  // namespace

Body Lowering::lower_chunks(const Step& step, uint32_t samples) {
  begin(step);
  in_rows_ = only_shifts(step);
  body_.samples = phases_ = samples;
  count_uses(step);
  list_stores(step);
  // A recurrence is gone through more than once: its masks are values.
  for (const Recurrence& each : step.recurrences)
    for (Value v : each.body)
      if (ir_[v].op == Op::select) merged_.erase(ir_[v].arg[0].index);
  auto recurrence = step.recurrences.begin();
  for (size_t at = 0; at < step.body.size();) {
    size_t done = 1;
    if (recurrence != step.recurrences.end() && recurrence->body[0] == step.body[at]) {
      done = recurrence->body.size();
      lower_recurrence(*recurrence++);
    } else {
      for (phase_ = 0; phase_ < phases_; ++phase_) lower_inst(step.body[at]);
    }
    phase_ = 0;
    for (size_t i = at; i < at + done; ++i) lower_stores(step.body[i]);
    at += done;
  }
  lower_other_stores(step);
  drop_unused();
  return std::move(body_);
}

// What fed only recurrences that are computed from their states, or the next value of a counter.
void Lowering::drop_unused() {
  std::vector<bool> used(body_.leaf_of.size(), false);
  std::vector<BodyNode> kept;
  for (size_t i = body_.nodes.size(); i-- > 0;) {
    const BodyNode& each = body_.nodes[i];
    if (each.dst != kNoValue && !used[each.dst]) continue;
    for (uint32_t k = 0; k < each.args; ++k) used[each.arg[k]] = true;
    if (each.step != kNoValue) used[each.step] = true;
    kept.push_back(each);
  }
  body_.nodes.assign(kept.rbegin(), kept.rend());
}

Lowering::Phases Lowering::transposed(const Phases& rows) {
  if (in_rows_) return rows;
  const auto pair = [&](const Recipe& recipe, uint32_t a, uint32_t b) {
    const uint32_t result = computed();
    node(recipe, result, {a, b});
    return result;
  };
  const uint32_t low01 = pair(kUnpackLow, rows[0], rows[1]), high01 = pair(kUnpackHigh, rows[0], rows[1]);
  const uint32_t low23 = pair(kUnpackLow, rows[2], rows[3]), high23 = pair(kUnpackHigh, rows[2], rows[3]);
  return {pair(kUnpackLowPairs, low01, low23), pair(kUnpackHighPairs, low01, low23),
          pair(kUnpackLowPairs, high01, high23), pair(kUnpackHighPairs, high01, high23)};
}

// All phases of a row at once.
void Lowering::lower_row(Leaf first, Value value) {
  Phases rows;
  Leaf row = first;
  for (uint32_t r = 0; r < phases_; ++r) {
    row.offset = first.offset + static_cast<int32_t>(r * isa_.width * 4);
    rows[r] = leaf(row);
  }
  const Phases phases = transposed(rows);
  rows_at_[phases[0]] = {phases, rows};
  bind_phases(value, phases);
}

void Lowering::bind_phases(Value value, const Phases& phases) {
  const uint32_t now = phase_;
  for (phase_ = 0; phase_ < phases_; ++phase_) bind(value, phases[phase_]);
  phase_ = now;
}

Lowering::Phases Lowering::phases_of(Value value) {
  Phases phases{};
  const uint32_t now = phase_;
  for (phase_ = 0; phase_ < phases_; ++phase_) phases[phase_] = value_of(value);
  phase_ = now;
  return phases;
}

// What is the same in all phases (a literal, a control) needs no transpose, and what came as rows has them.
Lowering::Phases Lowering::rows_of(Value value) {
  const Phases phases = phases_of(value);
  if (phases_ == 1 || std::count(phases.begin(), phases.end(), phases[0]) == kMaxPhases) return phases;
  auto& [of, rows] = rows_at_[phases[0]];
  if (of != phases) {
    rows = transposed(phases);
    of = phases;
  }
  return rows;
}

}  // namespace sinter::jit
