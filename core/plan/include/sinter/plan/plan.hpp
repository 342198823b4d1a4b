// The plan: which loops run in which order over one chunk, what each computes, and where every value lives.
//
// Sample-rate insts become steps. A time-parallel step is a PureMath loop fused across nodes: its values live in
// registers from its loads to its stores. A serial step is one scalar loop over the recurrences (SCCs) that are ready
// together. Backends read nothing but the Ir, the Plan and the Layout.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/engine/program.hpp"
#include "sinter/ir/ir.hpp"
#include "sinter/plan/families.hpp"

namespace sinter {

enum class StepKind : uint8_t {
  time_parallel,  ///< W samples per instruction; the recurrences among them are solved (Step::recurrences)
  serial,         ///< recurrences, one sample at a time
  lanes,          ///< recurrences of many instances: W instances per instruction, one sample at a time
  fold,           ///< body[0] is a fold: sums rows
  upsample,       ///< body[0] is an upsample: spreads a row over a faster one
  decimate,       ///< body[0] is a decimate
  call,           ///< body[0] is a call to an External node
  woven,          ///< recurrences across lanes: one sample at a time through the `inner` steps in turn
  either,         ///< a recurrence through delays: the `inner` steps in calls no longer than these, else `otherwise`
};
std::string_view name(StepKind kind);

/// Where a value is found by steps other than the one that computes it.
enum class PlaceKind : uint8_t {
  none,     ///< only in registers of its own step (or never computed at sample rate)
  literal,  ///< a constant inst
  control,  ///< 4 bytes per lane at `offset` of the control area (8 in an f64 compilation)
  ramp,     ///< layout.ramps[offset]
  buffer,   ///< dense rows from byte `offset` of the buffers, row_bytes(clock) apart
  input,    ///< flat input channels from `offset`
  rows,     ///< row table entries from `offset`, one per lane
};
struct ValuePlace {
  PlaceKind kind = PlaceKind::none;
  uint32_t offset = 0;
};

/// The value (one of the step's, or any place) is written to rows of the buffers or of the outputs. A value of one lane
/// stored to several output rows has several stores.
struct Store {
  Value value;
  enum Kind : uint8_t { buffer, output } kind = buffer;
  uint32_t offset = 0;  ///< byte offset of row 0 in the buffers, or flat output channel; lane l goes to row l
};

/// How a time-parallel loop gets a recurrence's states of W samples at once.
enum class Solution : uint8_t {
  shift,     ///< no state decides another: each is a value of the sample before. Exact
  sum,       ///< one integer state to which something is added: running sums, exact
  constant,  ///< linear, with coefficients that hold for a cell: scan with powers made in double (LinearTable)
  varying,   ///< linear, with coefficients of their own for every sample: scan over (matrix, vector). Exact on integers
};
std::string_view name(Solution solution);

/// A recurrence (SCC of the step graph) that a time-parallel loop solves.
struct Recurrence {
  Solution solution{};
  std::vector<Value> body;          ///< its insts in Ir order, from prev to next
  std::vector<Value> prevs, nexts;  ///< per state, in the same order
  Value increment;                  ///< sum: what is added, where that is the same in each sample of a cell: no scan
  std::vector<Value> inputs;        ///< constant: what enters from outside and is added, scaled by coefficients or not
  std::vector<Value> products;      ///< constant: insts from outside that scale an input before it enters
  std::vector<Value> outputs;       ///< constant: what of it the rest of the program reads, where that is computed from
                               ///< the states at a chunk's start and the inputs since; else none, and the body runs
  /// constant: how many states, 1 or 2, each of the two recurrences in series has that it was merged from; its body
  /// holds the ops between them too, and it has one output. None where it is a single one.
  std::vector<uint32_t> sections;
  uint32_t table = UINT32_MAX;  ///< constant: index into Plan::tables
};

/// Recurrences with more states, inputs or insts (products included) than this are not solved by LinearTable; of more
/// outputs, none comes from the states.
inline constexpr uint32_t kMaxLinearStates = 8, kMaxLinearInputs = 8, kMaxLinearBody = 256, kMaxLinearOutputs = 4;

/// The numbers of a linear recurrence s' = A s + B u whose coefficients hold for a cell, made in double wherever one of
/// them moved, one set per lane in the control area. States are kept in a basis in which their powers are well
/// conditioned: t = P s, with P a rotation for two states (that gives equal diagonal elements where the poles are
/// complex and an upper triangle where they are real), the identity for other numbers of states. Where it was merged
/// from sections in series, each has a P of its own, and A is a lower triangle of blocks: what a state takes from
/// states of later sections is 0, and such elements of `lane` and `step` are not to be read.
///
/// With A~ = P A P⁻¹, B~ = P B there are two `versions`: chunks of 4 samples in W lanes, and chunks of 1. Version v of
/// chunk length M, all f32:
/// * `gain`, M · inputs · states: [i][j][k] is row k of A~^(M-1-i) B~, column j: what input j in sample i of a chunk
/// adds;
/// * `step`, log2 W · states²: [e][k][l] is A~^(M · 2^e);
/// * `lane`, states² · W: [k][l][x] is A~^(M · (c(x) + 1)), with c(x) the number of the chunk in lane x;
/// * `start`, outputs · M · states: [o][p][l] is what state l at a chunk's start gives output o in its sample p;
/// * `enter`, outputs · M · inputs: [o][d][j] is what input j gives output o d samples later;
///
/// and `back`, states²: P⁻¹. Lane x of 4-sample chunks holds chunk (W/4) · (x mod 4) + x / 4, of 1-sample chunks x.
struct LinearTable {
  std::vector<Value> body;                           ///< products, then the body of the recurrence
  std::vector<Value> prevs, nexts, inputs, outputs;  ///< as in Recurrence
  std::vector<uint32_t> sections;                    ///< as in Recurrence; of a single one all its states
  uint32_t lanes = 1;
  uint32_t width = 0;     ///< W
  uint32_t offset = 0;    ///< of lane 0's f32 numbers in the control area, a multiple of 64
  uint32_t stride = 0;    ///< bytes from lane to lane, a multiple of 64
  uint32_t basis = 0;     ///< of lane 0's c and s of P = (c s; -s c), two f64 per section of each lane; both 0 before
                          ///< the first build
  uint64_t moved_by = 0;  ///< parameter groups that its coefficients depend on; 0: constant

  struct Version {
    uint32_t samples = 0;                   ///< M
    uint32_t gain = 0, step = 0, lane = 0;  ///< byte offsets from a lane's numbers; `lane` is a multiple of 64
    uint32_t start = 0, enter = 0;
  };
  Version versions[2];  ///< M = 4, M = 1
  uint32_t back = 0;    ///< byte offset from a lane's numbers

  uint32_t states() const { return static_cast<uint32_t>(prevs.size()); }
  /// One past the last state of the section that state k is part of.
  uint32_t section_end(uint32_t k) const {
    uint32_t end = 0;
    for (size_t s = 0; end <= k; ++s) end += sections[s];
    return end;
  }
};
/// The chunk (of `samples` = 4 or 1) that lane x of a vector of `width` elements holds.
constexpr uint32_t chunk_in_lane(uint32_t x, uint32_t width, uint32_t samples) {
  return samples == 1 ? x : width / 4 * (x % 4) + x / 4;
}

/// Why a unit of the plan (a recurrence, or a single inst) does not run W samples at a time.
enum class Obstacle : uint8_t {
  none,
  asked,            ///< "strategy" asks for one sample at a time
  strict,           ///< only forms that reassociate would do, and they give other bits
  interpreter,      ///< PlanOptions::width is 0
  non_linear,       ///< a state goes through more than sums and products by what comes from outside; at `culprit`
  short_delay,      ///< a delay in the loop may be shorter than a chunk; `culprit` is its tap
  ill_conditioned,  ///< linear and varying, in a direct form: products of its matrices lose what the filter keeps
  too_many_states,  ///< linear, with more states than powers of its matrix pay for
  table_written,    ///< it writes a table that it reads; `culprit` is the table_set
  crosses_lanes,    ///< channels meet within a sample; at `culprit`
  cheaper,          ///< one sample at a time costs less, as the cost model predicts
};
std::string_view name(Obstacle obstacle);

/// What a serial, lanes or woven step says of one of its units.
struct SerialReason {
  Value first;  ///< of the unit's insts
  Obstacle why{};
  Value culprit;  ///< the inst that is to blame; invalid where none is
};

/// A fold to 16 lanes of which nothing is read but the sum of all, made in pairs of neighbours (Builder::sum).
struct LaneSum {
  Value fold, sum;
};

struct Step {
  StepKind kind{};
  uint32_t lanes = 1;                   ///< the loop runs once per lane
  uint8_t clock = 1;                    ///< local frames are base frames × clock
  std::vector<Value> body;              ///< insts in order, roots included (next, push, table_set, probe)
  std::vector<Recurrence> recurrences;  ///< time_parallel only: their insts are part of the body, each without a gap
  std::vector<LaneSum> lane_sums;       ///< lanes only: both are part of the body, the insts between are in no step
  std::vector<Store> stores;
  /// woven: serial and fold steps, each run for one sample, lanes inside time. either: the recurrence in several steps,
  /// right where all `taps` of the call read what earlier calls pushed.
  std::vector<Step> inner;
  std::vector<Step> otherwise;   ///< either only: one step, the same recurrence one sample at a time
  std::vector<Value> taps;       ///< either only: whose delays decide; tied (Plan::tied) in `otherwise` alone
  double long_share = 0;         ///< either only: of all delays that are possible, those as long as the longest call
  uint32_t first_input_row = 0;  ///< call only: its input rows, then its output rows, lie in the row table from here
  uint32_t first_output_row = 0;
  std::vector<SerialReason> reasons;  ///< serial, lanes, woven and either: of their units, in Ir order
  double cycles = 0;                  ///< per base frame, as the cost model predicts (core/plan/cost.hpp)
};

/// Constant- and control-rate insts in order, with where each result goes in the control area.
struct ControlInst {
  Value value;
  uint32_t offset = 0;    ///< element 0; lanes follow, size_of(type) apart
  uint64_t moved_by = 0;  ///< parameter groups it depends on; 0: constant rate
};

struct Plan {
  std::vector<Step> steps;
  std::vector<ValuePlace> places;        ///< per inst
  std::vector<ControlInst> controls;     ///< constant rate first
  std::vector<uint32_t> control_offset;  ///< per inst; UINT32_MAX where it has none
  std::vector<LinearTable> tables;
  std::vector<RowSource> row_sources;
  std::vector<uint32_t> state_offset;  ///< per state of the Ir: of its lane 0 in the state area
  FamilyNames names;                   ///< of PlanOptions
  Layout layout;
  bool unlimited_frames = false;  ///< no buffers between steps: one call may have any length
  bool reads_input_late = false;

  /// The most frames of a call: 64, or fewer (a power of two) where a loop through a shorter delay then runs in
  /// vectors.
  uint32_t chunk_frames = kCellFrames;
  /// Per inst: a tap that may read what was pushed less than chunk_frames ago. All others read only what earlier calls
  /// pushed.
  std::vector<bool> tied;
  /// Per inst: a division of sample rate whose operands are proven to be finite or NaN, the divisor positive, both far
  /// from denormal and infinite quotients: an estimate that is corrected may stand for it. None in strict mode, or
  /// where PlanOptions::width is 0.
  std::vector<bool> tame;
  std::vector<uint32_t> step_of;  ///< per inst: index of the step that computes it, UINT32_MAX for none
};

struct PlanOptions {
  uint32_t width = 0;   ///< f32 elements of a vector; 0: all recurrences run one sample at a time (interpreters)
  bool strict = false;  ///< only what gives the same bits as one sample at a time
  const std::function<bool()>* cancelled = nullptr;  ///< polled; null: never
  const FamilyNames* names = nullptr;                ///< of the families that were packed into the Ir; null: none
};

/// Control thread. Fails where a limit on memory is passed, or a cycle runs through an External node; Errc::cancelled
/// once `cancelled` gives true.
Result<Plan> make_plan(const Ir& ir, const PlanOptions& options = {});

/// Readable dump: steps, their insts, stores and buffers. What SINTER_TRACE=plan and `inspect --stage plan` print.
std::string print(const Ir& ir, const Plan& plan);

}  // namespace sinter
