// An audio thread for sessions under test, patches as text, and backends that do what a test wants.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "sinter/sinter.hpp"

namespace sinter::test {

/// How long a state may take that must come: far beyond what it takes, so that only what never comes fails.
inline constexpr std::chrono::milliseconds kNever{60'000};

/// Calls process() on a thread of its own while it lives.
class Player {
 public:
  explicit Player(Session& session);
  ~Player();
  float last_sample() const { return last_.load(); }
  /// Waits until the last sample of a block is this, within 1e-5; false where it never is.
  bool hears(float wanted) const;

 private:
  Session& session_;
  std::atomic<bool> stop_{false};
  std::atomic<float> last_{0};
  std::thread thread_;
};

/// A patch that puts out one number: {"params": …, "outputs": {"out": …}}.
std::string patch(const std::string& output, const std::string& params = "{}", const std::string& nodes = "[]");
/// A patch with this many filters in a row.
std::string long_patch(uint32_t filters);

/// Runs `frames` frames in blocks of `block` on the calling thread; the first output channel.
std::vector<float> run(Session& session, uint32_t frames, uint32_t block = 64);

std::vector<SessionEvent> events_of(Session& session, SessionEvent::Kind kind);
bool has_error(Session& session, uint64_t revision, Errc code);

/// Machine code that is none: the interpreter behind a gate, or a refusal.
class GatedBackend final : public Backend {
 public:
  explicit GatedBackend(bool refuses = false) : refuses_(refuses) {}
  std::string_view name() const override { return "gated"; }
  bool available() const override { return true; }
  bool fuses_mul_add() const override { return false; }
  Result<Code> compile(const Ir& ir, const Plan& plan, bool want_listing,
                       const std::function<bool()>* cancelled) const override;
  void close() const { set(false); }
  void open() const { set(true); }
  /// Waits until somebody stands at the closed gate.
  void wait_for_visitor() const;

 private:
  void set(bool open) const;
  bool refuses_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable bool open_ = true;
  mutable uint32_t visitors_ = 0;
};

}  // namespace sinter::test
