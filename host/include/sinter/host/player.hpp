// What the audio thread does while a patch is played: notes and inputs in, the session, channels and levels out.
#pragma once

#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "sinter/host/audio_device.hpp"
#include "sinter/host/demo_phrase.hpp"
#include "sinter/host/load_statistics.hpp"
#include "sinter/host/recorder.hpp"
#include "sinter/session/session.hpp"

namespace sinter::host {

inline constexpr uint32_t kMaxDeviceChannels = 64;
inline constexpr double kFadeOutSeconds = 0.02;

/// Channels of the patch that plays: of its first input and output, and of all.
struct Routing {
  uint32_t main_inputs = 0, inputs = 0;
  uint32_t main_outputs = 0, outputs = 0;
  friend bool operator==(const Routing&, const Routing&) = default;
};

/// The channel of the patch that a channel of the device plays, −1 for none. A first output of one channel sounds on
/// both channels of a stereo device; further outputs come after it.
int patch_channel(const Routing& routing, uint32_t device_channel);
/// The channel of the source (device, file) that a channel of the patch hears, −1 for none. A source of one channel is
/// spread over the first input.
int source_channel(const Routing& routing, uint32_t patch_channel, uint32_t source_channels);

/// A file that is heard as the input, over and over; at the rate of the player.
struct LoopFile {
  std::vector<std::vector<float>> channels;
  uint64_t frames = 0;
};
/// Errors: those of AudioReader; limit_memory.
Result<LoopFile> read_loop(const std::string& path, uint32_t sample_rate);

struct PlayerSetup {
  double sample_rate = 48'000;
  uint32_t outputs = 2;  ///< channels that are played and recorded; of the device as long as it has them
  const DemoPhrase* phrase = nullptr;
  const LoopFile* loop = nullptr;
  Recorder* recorder = nullptr;
  uint64_t frames = 0;  ///< fades out so that it ends here; 0: plays on
};

class Player final : public AudioClient {
 public:
  /// The session and what the setup names outlive it. Control thread.
  Player(Session& session, const PlayerSetup& setup);

  // -- Control thread
  /// Before each start of a stream: how many rows it gives and takes.
  void set_device(uint32_t inputs, uint32_t outputs);
  void set_routing(const Routing& routing) noexcept;
  /// False where the queue is full.
  bool send(const Event& event) noexcept { return keys_.push(event); }
  /// Fades out over kFadeOutSeconds; then silence.
  void fade_out() noexcept { leaving_.store(true, std::memory_order_relaxed); }

  // -- Any thread
  bool faded_out() const noexcept { return gone_.load(std::memory_order_acquire); }
  uint64_t frames() const noexcept { return played_.load(std::memory_order_relaxed); }
  uint64_t xruns() const noexcept { return xruns_.load(std::memory_order_relaxed); }
  /// Samples that were not finite: written to the device as 0.
  uint64_t not_finite() const noexcept { return not_finite_.load(std::memory_order_relaxed); }
  /// The largest absolute sample of a channel since the last call. Control thread.
  float take_peak(uint32_t channel) noexcept { return peaks_[channel].exchange(0, std::memory_order_relaxed); }
  uint32_t outputs() const noexcept { return outputs_; }
  const LoadHistogram& load() const noexcept { return load_; }

  // -- Audio thread
  void audio(const float* const* inputs, float* const* outputs, uint32_t frames, bool xrun) noexcept override;

 private:
  static constexpr uint32_t kSlice = 512;
  static constexpr uint32_t kMaxEvents = 512;
  using Rows = std::array<float*, kMaxDeviceChannels>;

  void slice(const float* const* inputs, const Rows& to, uint32_t frames) noexcept;
  void connect_inputs(const float* const* inputs, uint32_t frames) noexcept;
  uint32_t gather_events(uint32_t frames) noexcept;
  void take_routing() noexcept;
  void mix(const Rows& to, uint32_t frames) noexcept;
  void fade(const Rows& to, uint32_t frames) noexcept;
  void measure(const Rows& to, uint32_t frames) noexcept;
  float* row(std::vector<float>& rows, uint32_t index) { return rows.data() + size_t{index} * kSlice; }

  Session& session_;
  const PlayerSetup setup_;
  const uint32_t outputs_;
  const uint64_t fade_frames_;
  uint32_t device_inputs_ = 0, device_outputs_ = 0;

  // Of the audio thread
  std::vector<float> engine_rows_, spare_rows_, loop_rows_;
  std::array<const float*, kMaxDeviceChannels> in_{};
  Rows out_{};
  std::array<Event, kMaxEvents> events_;
  Routing routing_, routing_before_;
  uint64_t rerouted_ = 0;  ///< frames of the crossfade from the routing before; fade_frames_: done
  uint64_t position_ = 0, faded_ = 0;
  bool leaving_now_ = false;

  boost::lockfree::spsc_queue<Event, boost::lockfree::capacity<256>> keys_;
  std::atomic<uint64_t> wanted_routing_{0};  ///< packed: one store, so that it is never seen in parts
  std::atomic<bool> leaving_{false}, gone_{false};
  std::atomic<uint64_t> played_{0}, xruns_{0}, not_finite_{0};
  std::array<std::atomic<float>, kMaxDeviceChannels> peaks_{};
  LoadHistogram load_;
};

}  // namespace sinter::host
