// Private to the engine: everything a prepared program changes while it runs. Made on the control thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

#include "sinter/engine/engine.hpp"

namespace sinter {

/// Zeroed bytes at a 64-byte boundary, with one vector of slack after them.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(uint64_t bytes)
      : data_(static_cast<uint8_t*>(std::aligned_alloc(64, (bytes + 64 + 63) / 64 * 64))), size_(bytes) {
    clear();
  }
  uint8_t* data() const { return data_.get(); }
  uint64_t size() const { return size_; }
  void clear();

 private:
  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<uint8_t, Free> data_;
  uint64_t size_ = 0;
};

/// A parameter on its way to its target on the control grid.
struct Glide {
  std::atomic<double> target{0};
  double heading = 0;  ///< the target the current glide goes to
  double step = 0;     ///< per cell
  uint32_t cells_left = 0;
};

/// The f64 truth behind a ramp's lane: from `now` at the start of the cell to `target` at the next grid line.
struct RampLane {
  double now = 0, target = 0;
};

/// What the last complete metering window of a probe's lane had.
struct ProbeLevel {
  std::atomic<float> peak{0}, rms{0};
};
inline constexpr uint32_t kProbeWindowFrames = 1024;

struct Engine::Memory {
  explicit Memory(const Program& program);

  AlignedBytes controls, state, buffers, probes, scratch;
  std::vector<AlignedBytes> rings;
  std::vector<uint8_t*> ring_pointers;
  std::vector<std::vector<float>> tables;
  std::vector<float*> table_pointers;
  std::vector<std::unique_ptr<External>> externals;
  std::vector<External*> external_pointers;

  std::vector<float*> rows;          ///< the plan's row table
  std::vector<uint32_t> input_rows;  ///< which of them follow the host's inputs
  std::vector<uint32_t> input_row_channel;
  std::vector<const float*> inputs;  ///< of the current block
  std::vector<float*> outputs;
  std::vector<float> staged_inputs;  ///< kStageFrames per channel
  std::vector<float> staged_outputs;
  std::vector<float> silence;

  std::unique_ptr<Glide[]> glides;
  std::vector<RampLane> ramp_lanes;
  std::atomic<uint32_t> parameter_sets{0};
  uint32_t seen_sets = 0;
  bool ramps_moving = false, glides_moving = false;
  uint32_t cell_offset = 0;           ///< base frames since the cell began
  std::vector<ProbeLevel> published;  ///< per lane of the probe area
  uint32_t window_frames = 0;

  void reset(const Program& program);
};

inline constexpr uint32_t kStageFrames = kCellFrames + 16;

}  // namespace sinter
