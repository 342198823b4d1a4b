// The formulas of the cost model. Ops count as if each were one instruction; loads and stores go beside them.
#include "cost.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "units.hpp"

namespace sinter::planning {
namespace {

constexpr double kPerOp = 0.55;        // cycles of throughput, with some load and store
constexpr double kLatency = 4;         // cycles from an op to one that needs it
constexpr double kPerSlowOp = 5;       // division, square root
constexpr double kSerialFrame = 1.5;   // loop, row loads and stores of one sample
constexpr double kPerRowVector = 1.5;  // a vector of lanes out to rows or into a sum
constexpr double kMaxVectors = 8;      // of lanes, side by side
constexpr double kPerGather = 1.3;     // one element
constexpr double kPerShortChunk = 2;   // of solving, in chunks of one sample instead of four
constexpr double kPerStep = 30;        // entering a loop, per call of 64 frames

bool is_slow(Op op) { return op == Op::div || op == Op::sqrt; }

double weight(const Inst& inst) {
  if (is_place(inst) || is_view(inst) || is_free_source(inst.op) || inst.op == Op::prev || inst.op == Op::output)
    return 0;
  return is_slow(inst.op) ? kPerSlowOp / kPerOp : 1;
}

bool is_gathered(const Ir& ir, const Inst& inst) {
  return inst.op == Op::table_get || (inst.op == Op::tap && ir[inst.arg[0]].rate == Rate::sample);
}

// Ops, and the longest way from a state to its next value.
Shape shape_of_body(const Ir& ir, const std::vector<Value>& body) {
  Shape shape;
  double ops = 0;
  std::unordered_map<uint32_t, uint32_t> depth;
  for (Value v : body) {
    const Inst& inst = ir[v];
    uint32_t deepest = inst.op == Op::prev || inst.op == Op::tap ? 1 : 0;
    for_args(ir, inst, [&](Value a) {
      if (const auto found = depth.find(a.index); found != depth.end()) deepest = std::max(deepest, found->second);
    });
    const double own = weight(inst);
    ops += own;
    if (inst.op == Op::next || inst.op == Op::push) shape.chain = std::max(shape.chain, std::max(deepest, 1u) - 1);
    else if (deepest > 0 && own > 0 && inst.op != Op::tap) deepest += is_slow(inst.op) ? 3 : 1;
    depth[v.index] = deepest;
  }
  shape.ops = static_cast<uint32_t>(ops);
  return shape;
}

}  // namespace

Shape shape_of(const Ir& ir, const Recurrence& recurrence) {
  Shape shape = shape_of_body(ir, recurrence.body);
  const Inst& head = ir[recurrence.body[0]];
  shape.lanes = head.lanes;
  shape.clock = head.clock;
  shape.states = static_cast<uint32_t>(recurrence.nexts.size());
  shape.inputs = static_cast<uint32_t>(recurrence.inputs.size());
  for (Value v : recurrence.body) for_args(ir, ir[v], [&](Value a) { shape.moves |= ir[a].rate == Rate::control; });
  return shape;
}

double serial_cycles(const Shape& s) {
  return s.clock * s.lanes * (std::max(s.ops * kPerOp, s.chain * kLatency) + kSerialFrame);
}

// Vectors of lanes run side by side, so that one's latency hides the others' work.
double lanes_cycles(const Shape& s, uint32_t width) {
  const double vectors = (s.lanes + width - 1) / width, together = std::min(vectors, kMaxVectors);
  const double work = s.ops * (width == 16 ? 0.5 : 0.4);
  const double group = std::max(s.chain * kLatency, together * work) + 2;
  return s.clock * (group * std::ceil(vectors / together) + vectors * kPerRowVector);
}

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
      ops = std::min(ops, 4 * n + 10 * s.inputs);  // an output straight from the states
      ops += 4 * n * s.inputs + steps * (n * n + n) + 3 * n * n + 4 * n;
      break;
    case Solution::varying:
      ops += 4 * s.ops * (n + 1) * 0.7 + steps * (n * n * n + 2 * n * n + 2 * n) + n * n + 4 * n;
      break;
  }
  // Tables are made again in every cell in which a control moves.
  const bool tables = solution == Solution::constant && s.moves;
  const double making = tables ? n * n * n * width / 2 + s.ops * (n + s.inputs) : 0;
  return s.clock * s.lanes * ops * kPerOp / (4.0 * width) + s.lanes * making / kCellFrames;
}

double step_cycles(const Ir& ir, const Step& step, uint32_t width, uint32_t chunk) {
  double cycles = kPerStep / chunk;
  if (step.kind == StepKind::woven) {
    for (const Step& inner : step.inner) cycles += step_cycles(ir, inner, width, chunk) * inner.lanes;
    return cycles;
  }
  double ops = static_cast<double>(step.stores.size()), gathered = 0;
  for (Value v : step.body) {
    ops += weight(ir[v]);
    gathered += is_gathered(ir, ir[v]);
  }
  const double samples = static_cast<double>(step.clock) * step.lanes;
  switch (step.kind) {
    case StepKind::time_parallel: {
      for (const Recurrence& recurrence : step.recurrences) {
        const Shape shape = shape_of(ir, recurrence);
        ops -= shape.ops;
        const double one_sample_a_lane = chunk * step.clock < 4 * width ? kPerShortChunk : 1;
        cycles += solved_cycles(shape, recurrence.solution, std::max(width, 1u)) * one_sample_a_lane;
      }
      return cycles + samples * (ops * kPerOp / std::max(width, 1u) + gathered * kPerGather);
    }
    case StepKind::lanes: {
      Shape shape = shape_of_body(ir, step.body);
      shape.lanes = step.lanes;
      shape.clock = step.clock;
      return cycles + lanes_cycles(shape, std::max(width, 1u));
    }
    case StepKind::fold:
      return cycles + ir[ir[step.body[0]].arg[0]].lanes * step.clock * kPerOp * 2 / std::max(width, 1u);
    case StepKind::upsample:
    case StepKind::decimate:
      return cycles + samples * kSerialFrame;
    default:
      return cycles + samples * (std::max(ops * kPerOp, shape_of_body(ir, step.body).chain * kLatency) + kSerialFrame);
  }
}

}  // namespace sinter::planning
