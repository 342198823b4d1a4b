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

namespace sinter {

enum class StepKind : uint8_t {
  time_parallel,  ///< no carried dependence: W samples per instruction
  serial,         ///< recurrences, one sample at a time
  fold,           ///< body[0] is a fold: sums rows
  upsample,       ///< body[0] is an upsample: spreads a row over a faster one
  decimate,       ///< body[0] is a decimate
  call,           ///< body[0] is a call to an External node
  woven,          ///< recurrences across lanes: one sample at a time through the `inner` steps in turn
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

struct Step {
  StepKind kind{};
  uint32_t lanes = 1;       ///< the loop runs once per lane
  uint8_t clock = 1;        ///< local frames are base frames × clock
  std::vector<Value> body;  ///< insts in order, roots included (next, push, table_set, probe)
  std::vector<Store> stores;
  std::vector<Step> inner;       ///< woven only: serial and fold steps, each run for one sample, lanes inside time
  uint32_t first_input_row = 0;  ///< call only: its input rows, then its output rows, lie in the row table from here
  uint32_t first_output_row = 0;
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
  std::vector<RowSource> row_sources;
  Layout layout;
  bool unlimited_frames = false;  ///< no buffers between steps: one call may have any length
  bool reads_input_late = false;

  std::vector<uint32_t> step_of;  ///< per inst: index of the step that computes it, UINT32_MAX for none
};

/// Control thread. Fails where a limit on memory is passed, or a cycle runs through an External node; Errc::cancelled
/// once `cancelled`, which is polled, gives true. Null: never.
Result<Plan> make_plan(const Ir& ir, const std::function<bool()>* cancelled = nullptr);

/// Readable dump: steps, their insts, stores and buffers. What SINTER_TRACE=plan and `inspect --stage plan` print.
std::string print(const Ir& ir, const Plan& plan);

}  // namespace sinter
