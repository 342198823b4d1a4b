// Private to `sinter play`: the device, and how it is opened again after it was lost.
#pragma once

#include <chrono>
#include <optional>

#include "sinter/host/player.hpp"

namespace sinter::host {

inline constexpr std::chrono::milliseconds kFirstRetry{250}, kLongestRetry{5'000};

/// Control thread.
class PlayDevice final : private AudioClient {
 public:
  using Clock = std::chrono::steady_clock;
  explicit PlayDevice(bool verbose) : verbose_(verbose) {}

  /// Opens what is asked for; silent until start(). Errors as AudioSystem.
  Result<StreamInfo> open(const StreamRequest& request);
  /// What was opened now plays `player`, which is given no block while the session is suspended.
  std::optional<Error> start(Session& session, Player& player);
  void close();

  enum class News { none, lost, reopened };
  /// Sees whether it still runs, and tries to open the same device again, at the same rate, when that is due.
  News look(Clock::time_point now);
  bool running() const { return running_; }
  const StreamInfo& stream() const { return stream_; }
  const std::string& why() const { return why_; }             ///< it does not run
  std::chrono::milliseconds delay() const { return delay_; }  ///< from one attempt to the next
  std::optional<Clock::time_point> retry_at() const;

 private:
  void audio(const float* const* inputs, float* const* outputs, uint32_t frames, bool xrun) noexcept override {
    player_->audio(inputs, outputs, frames, xrun);
  }
  std::optional<Error> reopen();

  bool verbose_;
  bool running_ = false;
  StreamRequest request_;
  StreamInfo stream_;
  std::unique_ptr<AudioSystem> system_;
  Session* session_ = nullptr;
  Player* player_ = nullptr;
  std::string why_;
  std::chrono::milliseconds delay_ = kFirstRetry;
  Clock::time_point retry_at_;
};

}  // namespace sinter::host
