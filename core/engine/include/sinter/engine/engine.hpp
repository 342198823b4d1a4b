// The audio thread's side: runs programs over any blocks a host gives, takes new ones over while it plays, and keeps
// what filters and delay lines remember.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/engine/event.hpp"
#include "sinter/engine/program.hpp"
#include "sinter/engine/state_image.hpp"

namespace sinter {

/// What happened since prepare. Any thread may read.
struct EngineCounters {
  std::atomic<uint64_t> control_ops{0};      ///< constant- and control-rate ops computed on the audio thread
  std::atomic<uint64_t> cells{0};            ///< cells in which control code ran
  std::atomic<uint64_t> scrubbed_states{0};  ///< recurrence states that were not finite at a grid line
  std::atomic<uint64_t> scrubbed_at{0};      ///< where the last of them was, for Engine::last_scrubbed
  std::atomic<uint64_t> moved_events{0};     ///< notes and steps beyond kMaxSplits of their cell
  std::atomic<uint64_t> stolen_voices{0};    ///< notes that ended another one, for want of a voice
  std::atomic<uint64_t> guard_mutes{0};      ///< times that the guard silenced a runaway
  std::atomic<uint64_t> swaps_begun{0};      ///< number of the swap whose program sounds; 0: the one of prepare
  std::atomic<uint64_t> swaps_done{0};       ///< the same, once its predecessor has faded out
  void clear();
};

struct SwapOptions {
  double fade_seconds = 0.02;           ///< of the outputs whose signal changes; 0: at once
  const StateImage* restore = nullptr;  ///< starts from this instead of the state of the program that plays
};

class Engine {
 public:
  Engine();
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // -- Control thread (one at a time)

  /// Takes a program and makes its memory, all states at their initial values, parameters as given by the program; the
  /// handles of its parameters are 0, 1, 2 … in its order. While process() does not run. Allocates.
  void prepare(std::shared_ptr<const Program> program);

  /// Hands the next program to the audio thread, which takes it at a block's start, copies what both remember in
  /// bounded slices, and fades the outputs that change. States, delay lines, tables, External nodes and parameters are
  /// matched by key. While an earlier one is not taken yet, it is replaced. The number of this swap:
  /// counters().swaps_begun reaches at least it once this program, or a later one, sounds. Frees what the audio thread
  /// handed back. Errors: rate_mismatch; limit_ports where more than 65,536 parameters were ever named. Throws
  /// std::bad_alloc; what sounds then plays on, and so does what waits, unless two others were alive.
  Result<uint64_t> swap(std::shared_ptr<const Program> next, const SwapOptions& options = {});

  /// Frees programs that have faded out. True while some are still in use.
  bool collect();

  /// The program last prepared or swapped in, not necessarily sounding yet.
  const Program* program() const { return latest_.get(); }

  /// The handle of a parameter, the same through all swaps; kNoParameter where the latest program has none of that id.
  uint32_t parameter_handle(std::string_view id) const;
  static constexpr uint32_t kNoParameter = UINT32_MAX;

  /// Asks for everything that the sounding program remembers; the audio thread gathers it in bounded slices.
  /// False where a capture is under way. Throws std::bad_alloc.
  bool request_capture();
  /// The finished capture: then `image` has it and true is returned.
  bool take_capture(StateImage& image);

  /// Ceiling of 0 dBFS and muting of runaways (+24 dB). Off at first. Any thread.
  void set_guard(bool on) noexcept { guard_on_.store(on, std::memory_order_relaxed); }
  bool guard_muted() const noexcept { return guard_muted_.load(std::memory_order_relaxed); }

  // -- Any thread

  /// Plain value of a parameter by its handle, clamped to its range; takes effect at the first frame of the next
  /// process(). NaN: its default.
  void set_parameter(uint32_t handle, double plain_value) noexcept;
  double parameter(uint32_t handle) const noexcept;

  const EngineCounters& counters() const noexcept { return counters_; }
  /// The key of a state that was scrubbed last ("echo/z"), empty where none was. Control thread.
  std::string last_scrubbed() const;

  /// Peak and RMS (linear gain) of a probe's lane of the latest program over the last complete metering window of at
  /// least 1,024 frames. Control thread.
  struct Level {
    float peak = 0, rms = 0;
  };
  Level read_probe(uint32_t probe, uint32_t lane) const noexcept;

  /// What the External node of this call (index into Layout::calls of the latest program) records: those of scope and
  /// spectrum nodes. Null for others. Control thread; the recording may be read on any thread and outlives the engine.
  /// It goes on where its node passes to the next program as it is; ask again after each swap.
  std::shared_ptr<const Recording> recording(uint32_t call) const;

  // -- Audio thread

  /// One block. `inputs` and `outputs` are flat lists of channels (bus after bus), any of them null (silence in,
  /// nothing out), of any alignment; an output may be the same buffer as an input. There may be fewer channels than the
  /// program has (silence in, dropped) or more (ignored, silence out). Inputs are never written. Events are in order of
  /// their frames. Any frame count from 0 up; noexcept and wait-free.
  void process(std::span<const float* const> inputs, std::span<float* const> outputs, uint32_t frames,
               std::span<const Event> events = {}) noexcept;

  /// Where the host's transport stands at the first frame of the next process(). Without a call the tempo stays and the
  /// beat counts on: 120 from 0 at first.
  void set_transport(const Transport& transport) noexcept;

  /// All states and delay lines to their initial values, parameters jump to their targets, time to 0; a fade ends.
  /// Audio thread or while it does not run. Bounded by the program's memory.
  void reset() noexcept;

  /// Frames since prepare or reset.
  uint64_t frame() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::shared_ptr<const Program> latest_;
  EngineCounters counters_;
  std::atomic<bool> guard_on_{false}, guard_muted_{false};
};

}  // namespace sinter
