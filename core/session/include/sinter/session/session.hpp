// The control side of live playing, one class for hosts, plugins and programs: compiles patches in the background,
// hands them to the engine, keeps parameter values, saves and restores state, and lists what happened.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/compile/compile.hpp"
#include "sinter/engine/engine.hpp"
#include "sinter/graph/graph.hpp"
#include "sinter/session/parameter.hpp"

namespace sinter {

/// Which executor may run.
enum class Mode : uint8_t {
  automatic,  ///< the widest machine code, the interpreter where that is refused
  jit,        ///< machine code or an error
  interpret,  ///< the block interpreter
  hybrid,     ///< the interpreter at once, machine code when it is ready
};
bool parse_mode(std::string_view text, Mode& mode);
std::string_view name(Mode mode);

struct SessionOptions {
  const NodeLibrary* library = nullptr;   ///< must outlive the session; open_session() fills in what ships
  const Backend* interpreter = nullptr;   ///< T0; null: none
  const Backend* machine_code = nullptr;  ///< null: none
  Mode mode = Mode::hybrid;
  bool strict = false;
  bool guard = false;  ///< Engine::set_guard
  double fade_seconds = 0.02;
  double compile_budget_seconds = 2;  ///< per patch; then it is an error and what played plays on
};

/// One set_patch: how far it is.
enum class Progress : uint8_t {
  waiting,     ///< in the queue, or compiling
  superseded,  ///< a newer patch came before it sounded; or forgotten, 1,024 patches later
  failed,      ///< its errors are in events()
  ready,       ///< handed to the engine
  sounding,    ///< the audio thread runs it (at whatever tier)
};

/// Everything a person may want to hear of, in order.
struct SessionEvent {
  enum class Kind : uint8_t {
    error,         ///< a patch that was not taken: error
    warning,       ///< of a patch that was taken: error
    compiled,      ///< a tier is ready: backend, compile_seconds, code_bytes
    sounding,      ///< the audio thread has taken it: backend, seconds since set_patch
    scrubbed,      ///< states were not finite and were reset: text names the node, count how many since the last event
    moved_events,  ///< notes or steps beyond what a cell takes: count
    muted,         ///< the output guard silenced a runaway
    unmuted,
    gesture_begin,  ///< someone takes hold of a parameter: parameter
    gesture_end,
    state_loaded,
  };
  uint64_t number = 0;    ///< counts from 1
  uint64_t revision = 0;  ///< of the patch it is about; 0: of none
  Kind kind{};
  Error error;
  std::string text;  ///< one line for people
  std::string backend;
  double compile_seconds = 0, seconds = 0;
  uint64_t code_bytes = 0, count = 0;
  uint32_t parameter = 0;
};
std::string_view name(SessionEvent::Kind kind);

inline constexpr size_t kMaxSessionEvents = 1'000;  ///< kept; older ones are dropped

/// All functions but process() and the any-thread ones: control threads, several at once if need be.
class Session {
 public:
  /// No sound yet: prepare() and set_patch(), in any order. Starts the process's compile worker where it does not run.
  /// The only function that throws (std::bad_alloc).
  explicit Session(SessionOptions options);
  /// Not while process() runs. Cancels what is being compiled and waits for it.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The sample rate, Hz 8,000 … 768,000; while process() does not run. Compiles the last good patch again for a new
  /// rate before it returns; parameters keep their handles and values, the rest begins anew. The same rate again
  /// changes nothing. Errors: out_of_range, rate unchanged; of the patch at this rate, then it is silent.
  Result<bool> prepare(double sample_rate);
  double sample_rate() const;
  /// Tells that no process() will be called until resume(): state can then be saved and patches taken without one.
  void suspend();
  void resume();

  /// Reads, checks and compiles on the worker and swaps; returns at once. The revision that events and progress name.
  /// A patch with an error changes nothing: what played plays on. `folder` is where imports and files lie, "": none.
  uint64_t set_patch(std::string text, std::string file_name = "patch", std::string folder = "");
  uint64_t set_patch(Graph graph);
  uint64_t set_patch_file(std::string path);

  Progress progress(uint64_t revision) const;
  /// Waits until the patch has failed, been superseded, or is at least `wanted`; the progress then, or at the timeout.
  Progress wait(uint64_t revision, Progress wanted, std::chrono::milliseconds timeout) const;
  /// The same for the best tier: true once the last tier of the newest patch sounds (or is ready while suspended),
  /// false at the timeout and where nothing is left to do and the newest patch failed.
  bool wait_settled(std::chrono::milliseconds timeout) const;

  /// Events with numbers above `after`, oldest first. Also gathers run-time events from the engine.
  std::vector<SessionEvent> events(uint64_t after = 0);

  /// The graph that plays, or was last compiled; null before the first.
  std::shared_ptr<const Graph> graph() const;
  /// Every file that the newest patch was read from or names, absolute: what a host watches.
  std::vector<std::string> files() const;
  std::string backend() const;  ///< of the tier that was handed over last; empty before
  /// The tier itself: channels of its buses, voices. Null before the first, and between two sample rates.
  std::shared_ptr<const Program> program() const;
  uint32_t latency_frames() const;
  double tail_seconds() const;
  uint64_t memory_bytes() const;

  // -- Parameters: values survive edits by id, also when an id is away for a while
  std::vector<ParameterInfo> parameters() const;
  std::optional<ParameterInfo> parameter(std::string_view id) const;
  /// Any thread, without locks: handles as in ParameterInfo.
  void set_parameter(uint32_t handle, double plain) noexcept { engine_.set_parameter(handle, plain); }
  double parameter_value(uint32_t handle) const noexcept { return engine_.parameter(handle); }
  /// By id, normalised or as text. Errors (usage): no such parameter, text as in parse_parameter().
  Result<double> set_parameter(std::string_view id, std::string_view text);
  Result<double> set_normalised(std::string_view id, double normalised);
  /// Someone takes hold of a parameter, and lets go: events for whoever records automation. May nest.
  void begin_gesture(uint32_t handle);
  void end_gesture(uint32_t handle);

  // -- Saving
  enum class Save : uint8_t { parameters, everything };
  /// A versioned chunk. `everything` adds what filters, delay lines and External nodes remember; the audio thread
  /// gathers it, so it needs process() to be called, or suspend(). Errors: bad_state where neither happens in 2 s.
  Result<std::vector<uint8_t>> save_state(Save what = Save::parameters);
  /// Parameters by id at once, later for ids that come with a later patch; DSP state is matched by key and fades in,
  /// and waits for the first patch. Saved at another sample rate: parameters only, and a warning. Errors: bad_state
  /// (damaged, cut off, foreign, newer); then nothing has changed.
  Result<bool> load_state(std::span<const uint8_t> chunk);

  // -- Audio thread
  Engine& engine() { return engine_; }
  void process(std::span<const float* const> inputs, std::span<float* const> outputs, uint32_t frames,
               std::span<const Event> events = {}) noexcept {
    engine_.process(inputs, outputs, frames, events);
  }

 private:
  class Impl;
  Engine engine_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sinter
