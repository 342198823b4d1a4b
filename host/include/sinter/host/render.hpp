// Offline rendering: a patch, audio files in, audio files out.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sinter/host/audio_writer.hpp"
#include "sinter/host/build_patch.hpp"

namespace sinter::host {

/// A file for a bus of the patch; an empty name is the first bus.
struct BusFile {
  std::string bus, path;
};

inline constexpr double kDefaultSeconds = 10;  ///< rendered where a patch has no inputs and no length is given

struct RenderRequest {
  std::string patch;
  std::vector<BusFile> inputs, outputs;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< id, value as typed
  uint32_t block = 512;                ///< frames per call of the engine, in fast mode rounded up to whole cells
  std::optional<uint32_t> rate;        ///< Hz; not given: of the inputs, 48,000 without any
  std::optional<double> seconds;       ///< length; not given: of the longest input
  bool tail = false;                   ///< renders on for tail_seconds
  std::optional<double> tail_seconds;  ///< not given: the patch's own
  SampleFormat format = SampleFormat::int24;
  Mode mode = Mode::automatic;
  std::string backend;
  bool strict = false;
  bool demo = false;                             ///< plays the DemoPhrase; its length where there is no other
  std::function<void(double)> progress;          ///< from 0 to 1, where set
  const std::atomic<bool>* cancelled = nullptr;  ///< polled; rendering then fails and leaves no file
};

struct RenderedFile {
  std::string bus, path;
  uint32_t channels = 0;
  Measured measured;
};

struct RenderReport {
  std::string backend;
  uint32_t sample_rate = 0;
  uint64_t frames = 0;  ///< of each output, tail included
  uint64_t tail_frames = 0;
  uint32_t latency_frames = 0;  ///< of the patch; already taken off
  bool default_length = false;
  CompileTimes compile;
  uint64_t code_bytes = 0;
  double run_seconds = 0;  ///< spent in the engine
  uint64_t scrubbed_states = 0;
  std::vector<std::string> resampled;     ///< paths of inputs
  std::vector<std::string> silent_buses;  ///< inputs of the patch that no file was given for
  std::vector<RenderedFile> files;
  std::vector<Error> warnings;
};

/// Renders. On any error no output file exists, or the one that was there before is untouched. Control thread.
Result<RenderReport> render(const RenderRequest& request);

}  // namespace sinter::host
