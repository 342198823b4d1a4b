// The formulas of the cost model. Ops count as if each were one instruction; loads and stores go beside them.
#include "cost.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "units.hpp"

namespace sinter::planning {
namespace {

constexpr double kPerOp = 0.55;        // cycles of throughput, with some load and store
constexpr double kLatency = 4;         // cycles from an op to one that needs it
constexpr double kPerSlowOp = 5;       // division, square root
constexpr double kSerialFrame = 1.5;   // loop, row loads and stores of one sample
constexpr double kPerRowVector = 1.5;  // a vector of lanes from rows, out to rows or into a sum
constexpr double kMaxVectors = 8;      // of lanes, side by side
constexpr double kPerGather = 1.3;     // one element
constexpr double kPerSingle = 4;       // one element where there is no gather, in vectors of 4
constexpr double kPerShortChunk = 2;   // of solving, in chunks of one sample instead of four
constexpr double kPerLook = 0.25;      // at the delay of one sample
// In series: ops one after another from a chunk's inputs to its outputs, around the scan, per step of it, and for each
// section that was merged with another. Knobs rest most of the time.
constexpr double kScanChain = 9, kStepChain = 2.75, kSectionChain = 4.5;
constexpr double kNotHidden = 0.35, kTimeMoving = 0.125;
constexpr double kPerStep = 30;        // entering a loop, per call
constexpr double kPerVectorOp = 0.7;   // over time, with loads and stores
constexpr double kPerVectorLoop = 10;  // entering one over time, and for each lane its rows and the last vector
constexpr double kPerLane = 8;
constexpr double kPerProbe = 50;  // adding up what the elements of a vector have seen, per call and lane
constexpr double kAlone = 1.3;    // of a recurrence with no other lane in whose work its scan could hide

bool is_slow(Op op) { return op == Op::div || op == Op::sqrt; }

double weight(const Inst& inst) {
  if (is_place(inst) || is_view(inst) || is_free_source(inst.op) || inst.op == Op::prev || inst.op == Op::output)
    return 0;
  return is_slow(inst.op) ? kPerSlowOp / kPerOp : 1;
}

// One signal for all lanes is one row.
bool has_rows(const Ir& ir, Value v) {
  const Inst& inst = ir[v];
  if (inst.lanes == 1 || inst.rate != Rate::sample) return false;
  return inst.op != Op::relane || Relane::unpack(inst.imm).stride != 0;
}

bool is_gathered(const Ir& ir, const Inst& inst) {
  return inst.op == Op::table_get || (inst.op == Op::tap && ir[inst.arg[0]].rate == Rate::sample);
}

// Cycles until another op may use the result: bits move faster than numbers.
double latency(const Inst& inst) {
  if (is_slow(inst.op)) return 3 * kLatency;
  const bool bits = inst.op == Op::select || inst.op == Op::neg || inst.op == Op::abs || inst.op == Op::mask_and ||
                    inst.op == Op::mask_or || inst.op == Op::mask_not;
  return bits || (inst.type == Type::i32 && inst.op != Op::imul && inst.op != Op::to_int) ? 1 : kLatency;
}

// Ops, and the longest way from a state to its next value.
Shape shape_of_body(const Ir& ir, const std::vector<Value>& body, bool through_delays = true) {
  struct Way {
    uint32_t ops = 0;
    double cycles = 0;
  };
  Shape shape;
  double ops = 0;
  std::unordered_map<uint32_t, Way> ways;
  for (Value v : body) {
    const Inst& inst = ir[v];
    Way way{inst.op == Op::prev || (inst.op == Op::tap && through_delays) ? 1u : 0u, 0};
    for_args(ir, inst, [&](Value a) {
      const auto found = ways.find(a.index);
      if (found == ways.end()) return;
      way.ops = std::max(way.ops, found->second.ops);
      way.cycles = std::max(way.cycles, found->second.cycles);
    });
    const double own = weight(inst);
    ops += own;
    if (inst.op == Op::next || inst.op == Op::push) {
      shape.chain = std::max(shape.chain, std::max(way.ops, 1u) - 1);
      shape.waiting = std::max(shape.waiting, way.cycles);
    } else if (way.ops > 0 && own > 0 && inst.op != Op::tap) {
      way.ops += is_slow(inst.op) ? 3 : 1;
      way.cycles += latency(inst);
    }
    ways[v.index] = way;
  }
  shape.ops = static_cast<uint32_t>(ops);
  return shape;
}

// The look at the delays, then one of the two, as if all delays were asked for equally often.
double both_ways_cycles(const Ir& ir, const Step& step, uint32_t width, uint32_t chunk) {
  double cycles = 0;
  for (Value tap : step.taps) {
    const Inst& delay = ir[ir[tap].arg[0]];
    const double looks = delay.rate == Rate::sample ? step.clock * kPerLook + 4.0 * kPerOp / chunk : kPerOp / chunk;
    cycles += delay.lanes * looks;
  }
  for (const Step& inner : step.inner) cycles += step.long_share * step_cycles(ir, inner, width, chunk);
  for (const Step& other : step.otherwise) cycles += (1 - step.long_share) * step_cycles(ir, other, width, chunk);
  return cycles;
}

// Of a lower triangle of blocks, one per section.
void count_elements(const Recurrence& recurrence, Shape& shape) {
  const std::vector<uint32_t> one = {shape.states};
  const std::vector<uint32_t>& sections = recurrence.sections.empty() ? one : recurrence.sections;
  shape.sections = static_cast<uint32_t>(sections.size());
  uint32_t end = 0;
  for (const uint32_t rows : sections) {
    end += rows;
    shape.elements += rows * end;
    uint32_t begin = 0;
    for (size_t s = 0; begin < end; begin += sections[s++]) shape.products += rows * sections[s] * (end - begin);
  }
}

}  // namespace

Shape shape_of(const Ir& ir, const Recurrence& recurrence) {
  Shape shape = shape_of_body(ir, recurrence.body);
  const Inst& head = ir[recurrence.body[0]];
  shape.lanes = head.lanes;
  shape.clock = head.clock;
  shape.states = static_cast<uint32_t>(recurrence.nexts.size());
  shape.inputs = static_cast<uint32_t>(recurrence.inputs.size());
  count_elements(recurrence, shape);
  for (const std::vector<Value>* values : {&recurrence.products, &recurrence.body})
    for (Value v : *values) for_args(ir, ir[v], [&](Value a) { shape.moves |= ir[a].rate == Rate::control; });
  return shape;
}

double serial_cycles(const Shape& s) {
  return s.clock * s.lanes * (std::max(s.ops * kPerOp, s.chain * kLatency) + kSerialFrame);
}

// Vectors of lanes run side by side, so that one's latency hides the others' work.
double lanes_cycles(const Shape& s, uint32_t width) {
  const double vectors = (s.lanes + width - 1) / width, together = std::min(vectors, kMaxVectors);
  const double work = s.ops * (width == 16 ? 0.5 : 0.4);
  const double group = std::max(s.waiting, together * work) + 2;
  return s.clock * (group * std::ceil(vectors / together) + vectors * kPerRowVector * (1 + s.rows));
}

namespace {

// Per vector of four samples a lane.
double constant_ops(const Shape& s, uint32_t width) {
  const double n = s.states, steps = std::bit_width(width) - 1;
  const double outputs = std::min(4.0 * s.ops, 4 * n + 10 * s.inputs);  // one straight from the states
  return outputs + 4 * n * s.inputs + steps * (s.elements + n) + 3.0 * s.elements + 4 * n;
}

// Tables are made again in every cell in which a control moves. Per base frame and lane.
double making_cycles(const Shape& s, uint32_t width) {
  const double making = s.products * width / 2.0 + s.ops * (s.states + s.inputs);
  return s.moves ? making / kCellFrames : 0;
}

}  // namespace

// Per vector of four samples a lane: the recurrence's own ops four times, what chunks add, the scan, the lanes' starts.
double solved_cycles(const Shape& s, Solution solution, uint32_t width) {
  const double n = s.states, steps = std::bit_width(width) - 1;
  double ops = 4.0 * s.ops;
  switch (solution) {
    case Solution::shift:
      ops = 2;
      break;
    case Solution::sum:
      ops += 4 + 2 * steps + 4;
      break;
    case Solution::constant:
      ops = constant_ops(s, width);
      break;
    case Solution::varying:
      ops += 4 * s.ops * (n + 1) * 0.7 + steps * (n * n * n + 2 * n * n + 2 * n) + n * n + 4 * n;
      break;
  }
  const double making = solution == Solution::constant ? making_cycles(s, width) : 0;
  return s.clock * s.lanes * ops * kPerOp / (4.0 * width) + s.lanes * making;
}

// Two lanes run side by side, so that one's latency hides the other's work, though not all of it.
double series_cycles(const Shape& s, uint32_t width) {
  const double steps = std::bit_width(width) - 1, turn = 4.0 * width;
  const double work = s.lanes * constant_ops(s, width) * kPerOp / turn;
  const double chain = kScanChain + kStepChain * steps + kSectionChain * (s.sections - 1);
  const double waiting = std::ceil(s.lanes / 2.0) * chain * kLatency / turn;
  return s.clock * (std::max(work, waiting) + kNotHidden * std::min(work, waiting)) +
         s.lanes * making_cycles(s, width) * kTimeMoving;
}

namespace {

// While controls rest, as they do for most of the time: their tables are made already.
double time_parallel_cycles(const Ir& ir, const Step& step, uint32_t width, uint32_t chunk) {
  double ops = static_cast<double>(step.stores.size()), gathered = 0, probes = 0, cycles = 0;
  for (Value v : step.body) {
    ops += weight(ir[v]);
    gathered += is_gathered(ir, ir[v]);
    probes += ir[v].op == Op::probe;
  }
  const double one_sample_a_lane = chunk * step.clock < 4 * width ? kPerShortChunk : 1;
  for (const Recurrence& recurrence : step.recurrences) {
    Shape shape = shape_of(ir, recurrence);
    shape.moves = false;
    ops -= shape.ops;
    const bool scans = recurrence.solution == Solution::constant || recurrence.solution == Solution::varying;
    const double alone = scans && step.lanes == 1 ? kAlone : 1;
    cycles += solved_cycles(shape, recurrence.solution, width) * one_sample_a_lane * alone;
  }
  const double samples = static_cast<double>(step.clock) * step.lanes;
  cycles += (kPerVectorLoop + step.lanes * (kPerLane + probes * kPerProbe)) / chunk;
  return cycles + samples * (ops * kPerVectorOp / width + gathered * (width <= 4 ? kPerSingle : kPerGather));
}

double one_by_one_cycles(const Step& step, const Shape& shape) {
  const double ops = shape.ops + static_cast<double>(step.stores.size());
  return step.clock * step.lanes * (std::max(ops * kPerOp, shape.chain * kLatency) + kSerialFrame);
}

// Each row once, however many ops read it.
uint32_t rows_into(const Ir& ir, const Step& step) {
  std::unordered_set<uint32_t> known;
  for (Value v : step.body) known.insert(v.index);
  uint32_t rows = 0;
  for (Value v : step.body)
    for_args(ir, ir[v], [&](Value a) { rows += has_rows(ir, a) && known.insert(a.index).second; });
  return rows;
}

}  // namespace

double step_cycles(const Ir& ir, const Step& step, uint32_t width, uint32_t chunk) {
  width = std::max(width, 1u);
  if (step.kind == StepKind::time_parallel) return time_parallel_cycles(ir, step, width, chunk);
  double cycles = kPerStep / chunk;
  if (step.kind == StepKind::woven) {
    for (const Step& inner : step.inner) cycles += step_cycles(ir, inner, width, chunk) * inner.lanes;
    return cycles;
  }
  if (step.kind == StepKind::either) return cycles + both_ways_cycles(ir, step, width, chunk);
  const double samples = static_cast<double>(step.clock) * step.lanes;
  switch (step.kind) {
    case StepKind::lanes: {
      Shape shape = shape_of_body(ir, step.body);
      shape.lanes = step.lanes;
      shape.clock = step.clock;
      shape.rows = rows_into(ir, step);
      return cycles + lanes_cycles(shape, width);
    }
    case StepKind::fold:
      return cycles + ir[ir[step.body[0]].arg[0]].lanes * step.clock * kPerOp * 2 / width;
    case StepKind::upsample:
    case StepKind::decimate:
      return cycles + samples * kSerialFrame;
    default:
      return cycles + one_by_one_cycles(step, shape_of_body(ir, step.body));
  }
}

double overlapping_cycles(const Ir& ir, const Step& step, uint32_t width, uint32_t chunk) {
  if (step.kind != StepKind::serial) return step_cycles(ir, step, width, chunk);
  return kPerStep / chunk + one_by_one_cycles(step, shape_of_body(ir, step.body, false));
}

}  // namespace sinter::planning
