// The audio thread's side: runs a Program over any blocks a host gives, in cells of the control grid.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "sinter/engine/program.hpp"

namespace sinter {

/// What happened since prepare. Any thread may read.
struct EngineCounters {
  std::atomic<uint64_t> control_ops{0};      ///< constant- and control-rate ops computed on the audio thread
  std::atomic<uint64_t> cells{0};            ///< cells in which control code ran
  std::atomic<uint64_t> scrubbed_states{0};  ///< recurrence states that were not finite at a grid line
};

class Engine {
 public:
  Engine();
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Takes a program and makes its memory, all states at their initial values, parameters as given by the program.
  /// Control thread, while process() does not run. Allocates.
  void prepare(std::shared_ptr<const Program> program);
  const Program* program() const { return program_.get(); }

  /// Plain value of a parameter, clamped to its range; takes effect at the first frame of the next process(). Any
  /// thread.
  void set_parameter(uint32_t index, double plain_value) noexcept;
  double parameter(uint32_t index) const noexcept;

  /// One block. `inputs` and `outputs` are flat lists of channels (bus after bus), any of them null (silence in,
  /// nothing out), of any alignment; an output may be the same buffer as an input or overlap it. Inputs are never
  /// written. Audio thread; any frame count from 0 up; noexcept and wait-free.
  void process(const float* const* inputs, float* const* outputs, uint32_t frames) noexcept;

  /// All states and delay lines to their initial values, parameters jump to their targets, time to 0.
  /// Audio thread or while it does not run. Bounded by the program's memory.
  void reset() noexcept;

  uint64_t frame() const noexcept { return frame_; }
  const EngineCounters& counters() const noexcept { return counters_; }
  /// Peak and RMS (linear gain) of a probe's lane over the last complete metering window of at least 1,024 frames.
  /// Any thread.
  struct Level {
    float peak = 0, rms = 0;
  };
  Level read_probe(uint32_t probe, uint32_t lane) const noexcept;

 private:
  struct Memory;
  void settle() noexcept;
  void write_ramps(uint32_t remaining) noexcept;
  uint64_t move_parameters() noexcept;
  void scrub_states() noexcept;
  void begin_cell(uint32_t elapsed, uint32_t remaining) noexcept;
  void run_rows(uint32_t frames) noexcept;
  void run_host(const float* const* inputs, float* const* outputs, uint32_t done, uint32_t frames,
                bool staged) noexcept;
  bool needs_staging(const float* const* inputs, float* const* outputs, uint32_t frames) const noexcept;
  void run_cells(const float* const* inputs, float* const* outputs, uint32_t frames) noexcept;
  void publish_probes(uint32_t frames) noexcept;

  std::shared_ptr<const Program> program_;
  std::unique_ptr<Memory> memory_;
  uint64_t frame_ = 0;
  EngineCounters counters_;
};

}  // namespace sinter
