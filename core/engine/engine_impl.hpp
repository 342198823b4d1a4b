// Private to the engine: who owns which instance when. Pointers go between the control thread and the audio thread
// through atomics, one owner at a time.
#pragma once

#include <atomic>
#include <memory>

#include "guard.hpp"
#include "instance.hpp"
#include "migration.hpp"
#include "parameters.hpp"
#include "sinter/engine/engine.hpp"

namespace sinter {

inline constexpr uint64_t kMaxAlive = 3;  ///< programs: one sounds, one fades out, one waits

/// A copy of the program that sounds, filled in slices and then read by the control thread.
struct Capture {
  std::unique_ptr<Instance> instance;
  uint64_t of = 0;  ///< number of the instance that is copied
  bool complete = false;
};

struct Engine::Impl {
  explicit Impl(EngineCounters& c) : counters(c) {}
  ~Impl() { free_all(); }

  // Audio thread
  void advance(uint32_t frames) noexcept;
  void advance_capture(uint32_t frames) noexcept;
  void take(Instance& next) noexcept;
  void retire(Instance* instance) noexcept;
  void swap_done() noexcept;
  void end_fade() noexcept;
  void play(const HostBlock& block) noexcept;
  void fade(const HostBlock& block) noexcept;

  // Control thread
  void free_all();
  bool free_retired();
  bool declare(const Program& program);
  const Instance* sounding() const;
  std::unique_ptr<Instance> make(const std::shared_ptr<const Program>& program, const SwapOptions& options);

  EngineCounters& counters;
  ParameterStore parameters;

  // Owned by the audio thread, or by the control thread while it does not run
  Instance* current = nullptr;
  Instance* arriving = nullptr;  ///< taken, being filled
  Instance* fading = nullptr;    ///< plays its last frames
  uint32_t fade_done = 0, fade_frames = 0;
  std::atomic<uint64_t> frame{0};
  OutputGuard guard;
  Capture* capturing = nullptr;
  uint64_t first = 0;  ///< number of the instance of prepare(); changes only there

  // Between the two
  std::atomic<Instance*> incoming{nullptr};
  std::atomic<Instance*> retired[4]{};
  std::atomic<Capture*> capture_wanted{nullptr}, capture_done{nullptr};

  // Owned by the control thread
  Instance* newest = nullptr;  ///< handed over last, taken or not; owned by whichever pointer above has it
  uint64_t made = 0;           ///< instances so far: their numbers
  uint64_t freed = 0;
  bool capture_asked = false;
};

}  // namespace sinter
