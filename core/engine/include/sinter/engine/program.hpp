// A compiled patch: immutable layouts, and the executors that run it. The engine knows no more of the compiler than
// this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sinter/base/round_up.hpp"
#include "sinter/base/voices.hpp"
#include "sinter/engine/external.hpp"

namespace sinter {

inline constexpr uint32_t kCellFrames = 64;  ///< frames of a control cell, and of an internal buffer row at clock 1

/// Bytes from one row of an internal buffer to the next at a clock: padded, so that rows never lie 4 KiB apart.
constexpr uint32_t row_bytes(uint32_t clock, uint32_t element_bytes = 4) {
  return (kCellFrames * clock + 16) * element_bytes;
}

enum class ElementKind : uint8_t { f32, f64, i32 };  ///< masks are i32 of all or no bits
constexpr uint32_t bytes_of(ElementKind kind) { return kind == ElementKind::f64 ? 8 : 4; }

/// One element per lane at `offset` of the state area.
struct StateSlot {
  std::string key;
  ElementKind kind = ElementKind::f32;
  uint8_t clock = 1;
  uint32_t lanes = 1;
  uint32_t offset = 0;
  uint64_t init = 0;
};

/// A ring per lane: power-of-two capacity > max_delay, written at (local frame & (capacity − 1)).
/// `cone`: fingerprint of everything that decides what is pushed; equal in two programs: they push the same signal.
struct LineSlot {
  std::string key;
  ElementKind kind = ElementKind::f32;
  uint8_t clock = 1;
  uint32_t lanes = 1;
  uint32_t max_delay = 1;
  uint32_t capacity = 2;
  uint64_t cone = 0;

  /// Elements from lane to lane. A cache line more than the capacity: what all lanes push in a frame would else share
  /// one set of the cache.
  uint32_t stride() const { return capacity + kCacheLine / bytes_of(kind); }
  uint64_t bytes() const { return (uint64_t{stride()} * (lanes - 1) + capacity) * bytes_of(kind); }
};

/// f32 elements; lanes follow each other.
struct TableSlot {
  std::string key;
  uint32_t size = 0;
  uint32_t lanes = 1;
  bool writable = false;
  std::vector<float> data;
};

/// A control value that sample code reads as v0 + k · slope (k: local frames since the cell began).
struct RampSlot {
  uint32_t source = 0;  ///< offset of its f64 value per lane in the control area
  uint32_t start = 0;   ///< offset of v0 per lane in the control area, in the type of audio
  uint32_t slope = 0;   ///< offset of the slope per local frame, per lane
  uint32_t lanes = 1;
  uint8_t clock = 1;
  uint64_t moved_by = 0;  ///< parameter groups it depends on (param_group)
  uint64_t cone = 0;      ///< fingerprint of the control value: how ramps of two programs are matched
  uint32_t voices = 0;  ///< 1 + index of the VoiceSlot whose notes it depends on (lane l: voice l mod voices); 0: none
};

struct ParamSlot {
  std::string id;
  double initial = 0, minimum = 0, maximum = 1;
  double smooth_seconds = 0;
  uint32_t offset = 0;  ///< of its f64 value in the control area, one per lane
  ControlRole role = ControlRole::parameter;
  uint32_t number = 0;  ///< controller: 0 … 127; voice: index of the VoiceSlot
  uint32_t lanes = 1;   ///< voice: its voices; else 1
};
/// Parameters are told apart by 64 groups when asking what has to be computed again.
constexpr uint64_t param_group(uint32_t index) { return uint64_t{1} << (index % 64); }

struct BusSlot {
  std::string name;
  uint32_t channels = 1;
  uint32_t first_channel = 0;  ///< index of its channel 0 in the flat list of channels
  uint64_t cone = 0;           ///< outputs: fingerprint of everything that decides what is heard
};

struct ProbeSlot {
  std::string key;
  uint32_t lanes = 1;
  uint32_t offset = 0;  ///< in the probe area: per lane two f32, peak and sum of squares since last read
};

struct CallSlot {
  std::string key;
  std::shared_ptr<const ExternalType> type;
};

/// Where everything lives that outlasts a call. One for all executors, so that one may take over from another.
struct Layout {
  double sample_rate = 48'000;
  ElementKind real = ElementKind::f32;
  std::vector<StateSlot> states;
  std::vector<LineSlot> lines;
  std::vector<TableSlot> tables;
  std::vector<RampSlot> ramps;
  std::vector<ParamSlot> params;
  std::vector<BusSlot> inputs, outputs;
  std::vector<ProbeSlot> probes;
  std::vector<CallSlot> calls;
  std::vector<VoiceSlot> voices;
  std::vector<ScopeSlot> scopes;  ///< those of more than one copy, outer ones first
  uint32_t input_channels = 0, output_channels = 0;
  uint32_t control_bytes = 0, state_bytes = 0, probe_bytes = 0;
  uint32_t real_state_bytes = 0;  ///< reals come first in the state area: what is scrubbed of non-finite values
  uint64_t buffer_bytes = 0;      ///< scratch of the block executors
  uint32_t rows = 0;              ///< entries of the row table of the block executors
  uint32_t latency_frames = 0;
  double tail_seconds = 0;  ///< how long it may sound after its input ends, delays and External nodes

  /// Bytes of state, tables, buffers and External memory: what the 256 MB limit counts.
  uint64_t memory_bytes() const;
};

/// What an executor sees during one call. Plain data: machine code knows the offsets of its members.
struct Block {
  uint32_t frames = 0;       ///< base frames
  uint32_t cell_offset = 0;  ///< base frames since the cell began: ramps are at v0 + cell_offset · clock · slope
  uint64_t frame = 0;        ///< absolute base frame of the first sample
  uint8_t* controls = nullptr;
  uint8_t* state = nullptr;
  uint8_t* buffers = nullptr;
  uint8_t* probes = nullptr;
  uint8_t* const* rings = nullptr;       ///< one per line; lane l begins l · stride() elements on
  float* const* tables = nullptr;        ///< one per table; lane l begins l · size elements on
  float* const* rows = nullptr;          ///< row table of the plan (relanes and stacks); host rows are patched per call
  const float* const* inputs = nullptr;  ///< flat list of input channels, never null
  float* const* outputs = nullptr;       ///< flat list of output channels, never null
  External* const* externals = nullptr;
  uint8_t* scratch = nullptr;  ///< Executor::scratch_bytes(), 64-byte aligned; nothing in it outlasts a call
};

/// Runs sample code. Immutable and shared; everything it changes is reached through the Block.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual std::string_view name() const = 0;
  /// Frames one call may have: kCellFrames where buffers of that length lie between steps, fewer (a power of two, a
  /// multiple of the granule) where loops through short delays ask for it, else unlimited.
  virtual uint32_t max_frames() const = 0;
  /// Host rows are read and written in whole groups of this many frames, a power of two; the engine stages what is left
  /// over.
  virtual uint32_t granule() const = 0;
  /// Bytes of Block::scratch that run() needs.
  virtual uint64_t scratch_bytes() const { return 0; }
  /// Audio thread, with denormals flushed.
  virtual void run(const Block& block) const noexcept = 0;
  /// Brings what it keeps in a form of its own (block.state, between two calls of run) into the form of the Layout,
  /// which every executor understands, and back. Where a program begins, takes over from another or is captured: of it
  /// and of copies of its state. Changes nothing else; bounded. Audio thread, or any other while the program does not
  /// run.
  virtual void to_canonical(const Block&) const noexcept {}
  virtual void from_canonical(const Block&) const noexcept {}
};

/// Runs constant- and control-rate code over the control area. Immutable and shared.
class ControlExecutor {
 public:
  virtual ~ControlExecutor() = default;
  /// Fills in literals and constant-rate values. Once per prepare, control thread.
  virtual void constants(uint8_t* controls) const noexcept = 0;
  /// Computes again what depends on the parameter groups in `moved`. Where that changes the form in which the executor
  /// keeps states, those at `state` are brought along (null: there are none yet). Audio thread; returns the ops
  /// computed.
  virtual uint64_t run(uint8_t* controls, uint8_t* state, uint64_t moved) const noexcept = 0;
};

/// Where an input or buffer row of the row table points.
struct RowSource {
  enum Kind : uint8_t { buffer, input } kind = buffer;
  uint32_t offset = 0;  ///< bytes into the buffers, or flat input channel
};

struct Program {
  Layout layout;
  std::vector<RowSource> row_sources;  ///< layout.rows entries
  std::unique_ptr<const ControlExecutor> control;
  std::unique_ptr<const Executor> executor;
  bool reads_input_late = false;  ///< an input may be read after an output was written: aliased buffers need staging
};

}  // namespace sinter
