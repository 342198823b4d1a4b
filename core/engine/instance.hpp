// Private to the engine: one program in its memory, run in cells of the control grid. Several live side by side while
// one takes over from another.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "memory.hpp"
#include "parameters.hpp"
#include "sinter/engine/engine.hpp"
#include "voices.hpp"

namespace sinter {

struct Migration;

inline constexpr uint32_t kProbeWindowFrames = 1024;

/// A parameter on its way to its target, which it reaches after this many more grid lines.
struct Glide {
  double heading = 0;
  double step = 0;  ///< per cell
  uint32_t cells_left = 0;
  bool fresh = false;  ///< has not made its first step
};

/// The f64 truth behind a ramp's lane: from `now` at the start of the cell to `target` at the next grid line.
struct RampLane {
  double now = 0, target = 0;
};

/// What counts beats: from `beat` at `frame` on.
struct Tempo {
  Transport transport;
  uint64_t frame = 0;
};

/// The rows of one block of the host, and the events in it.
struct HostBlock {
  std::span<const float* const> inputs;
  std::span<float* const> outputs;
  std::span<const Event> events;  ///< in order
  uint32_t first = 0;             ///< frame of the inputs and of the events' count at which this begins
  uint32_t first_output = 0;      ///< frame of the outputs
  uint32_t frames = 0;
  bool last = true;  ///< events beyond the block belong to it
};

class Instance {
 public:
  /// Makes its memory and settles every control; states are in canonical form until it begins or takes over. Control
  /// thread; throws std::bad_alloc.
  Instance(std::shared_ptr<const Program> program, ParameterStore& parameters, EngineCounters& counters,
           const Inherited& inherited = {});
  ~Instance();

  /// Begins with the initial states. Control thread, once.
  void begin_initial() noexcept;

  // -- Audio thread

  void process(const HostBlock& block) noexcept;
  void set_transport(const Transport& transport) noexcept;
  /// As new, at frame 0.
  void reset() noexcept;
  /// Goes on from `older` at the same frame; `move` says how. The older one goes on too where the migration is
  /// parallel.
  void take_over(Instance& older, Migration& move) noexcept;
  /// Takes everything that `older` remembers, which goes on to the bit; this one is only to be read and keeps its
  /// states in canonical form.
  void take_snapshot(Instance& older) noexcept;
  /// Begins with what a StateImage put into it, at that image's frame; tempo and controllers are those of `older`.
  void begin_restored(const Instance& older) noexcept;

  const Program& program() const { return *program_; }
  const Layout& layout() const { return program_->layout; }
  const std::shared_ptr<const Program>& shared_program() const { return program_; }

  // What migrations, captures and the engine work on
  Memory memory;
  uint64_t frame = 0;                  ///< absolute base frames
  std::unique_ptr<Migration> arrival;  ///< how it takes over from the one before; null for the first
  std::vector<float> fade_rows;        ///< kCellFrames per output channel: where it plays while it fades out
  std::vector<float*> fade_pointers;
  uint32_t fade_frames = 0;                                  ///< in which it replaces the one before
  Instance* predecessor = nullptr;                           ///< the one it takes over from; dangling once it sounds
  uint64_t number = 0;                                       ///< counts an engine's instances from 1
  std::vector<std::shared_ptr<const Recording>> recordings;  ///< per call, its own or inherited; control thread

  Engine::Level read_probe(uint32_t probe, uint32_t lane) const noexcept;
  /// The key of the state at this offset of the state area. Control thread.
  std::string state_key(uint32_t offset) const;

 private:
  // controls.cpp: what happens when a cell begins
  void settle() noexcept;
  void begin_cell(uint32_t elapsed, uint32_t remaining) noexcept;
  uint64_t move_parameters(bool on_grid) noexcept;
  uint64_t move_sources(uint32_t remaining) noexcept;
  void write_ramps(uint32_t remaining) noexcept;
  void move_ramps(bool on_grid, uint32_t elapsed, uint32_t remaining) noexcept;
  void adopt_parameters() noexcept;
  void head_for(uint32_t index, double target) noexcept;
  void scrub_states() noexcept;
  void listen_to_voices() noexcept;
  double beat_at(uint64_t at) const noexcept;
  bool take(const Event& event) noexcept;
  void take_controls(const Instance& older, const Migration& move) noexcept;
  void canonical_states(const AlignedBytes& to) noexcept;

  // instance.cpp: rows
  void run_rows(uint32_t frames) noexcept;
  void run_host(const HostBlock& block, uint32_t done, uint32_t frames, bool staged) noexcept;
  bool needs_staging(const HostBlock& block) const noexcept;
  void publish_probes(uint32_t frames) noexcept;
  Block block_now(uint32_t frames) noexcept;

  struct Splits;
  void take_due(Splits& splits, uint32_t done, bool on_grid) noexcept;
  std::shared_ptr<const Program> program_;
  ParameterStore& parameters_;
  EngineCounters& counters_;

  std::vector<uint32_t> handle_of_;  ///< per ParamSlot
  std::vector<uint32_t> slot_of_;    ///< per handle: index of the ParamSlot, ParameterStore::kNone for others
  std::vector<Glide> glides_;        ///< per ParamSlot
  std::vector<uint32_t> sources_;    ///< ParamSlots that are set by the transport and controllers
  std::vector<RampLane> ramp_lanes_;
  std::vector<std::unique_ptr<Voices>> voices_;
  std::vector<bool> private_probe_;  ///< probes that voices listen to
  std::array<double, 128> controllers_{};
  Tempo tempo_;
  uint32_t granule_ = 1;                ///< of the executor; a power of two
  uint32_t longest_run_ = kCellFrames;  // frames of one call
  bool gridless_ = false;  ///< at rest nothing happens at grid lines, and the executor takes any number of frames
  bool has_beat_ = false, sources_moved_ = false, tempo_jumped_ = false;
  bool ramps_moving_ = false, glides_moving_ = false;
  bool pending_cell_ = false;  ///< the next frame begins a cell
  bool unsettled_ = false;     ///< events have been taken that the next cell will hear of
  uint32_t seen_sets_ = 0;
  uint32_t cell_offset_ = 0;  ///< base frames since the cell began
  uint32_t splits_ = 0;       ///< of the 64-frame cell number split_cell_
  uint64_t split_cell_ = 0;
  uint32_t window_frames_ = 0;
};

}  // namespace sinter
