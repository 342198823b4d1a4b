// One callback of the audio thread, in slices.
#include "sinter/host/player.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace sinter::host {
namespace {

constexpr uint64_t kMaxPacked = 0xffff;

uint64_t packed(const Routing& routing) {
  uint64_t all = 0;
  for (uint32_t count : {routing.main_inputs, routing.inputs, routing.main_outputs, routing.outputs})
    all = all << 16 | std::min<uint64_t>(count, kMaxPacked);
  return all;
}

Routing unpacked(uint64_t all) {
  const auto part = [&](int index) { return static_cast<uint32_t>(all >> (16 * index) & kMaxPacked); };
  return {.main_inputs = part(3), .inputs = part(2), .main_outputs = part(1), .outputs = part(0)};
}

// Raised cosine from 0 to 1.
float rise(uint64_t at, uint64_t length) {
  const double x = static_cast<double>(at) / static_cast<double>(length);
  return static_cast<float>(0.5 - 0.5 * std::cos(std::min(x, 1.0) * 3.14159265358979323846));
}

}  // namespace

int patch_channel(const Routing& routing, uint32_t device_channel) {
  const uint32_t shift = routing.main_outputs == 1 && device_channel > 0 ? 1 : 0;
  const uint32_t channel = device_channel - shift;
  return channel < routing.outputs ? static_cast<int>(channel) : -1;
}

int source_channel(const Routing& routing, uint32_t patch_channel, uint32_t source_channels) {
  if (patch_channel >= routing.inputs || !source_channels) return -1;
  if (source_channels == 1) return patch_channel < routing.main_inputs ? 0 : -1;
  return patch_channel < source_channels ? static_cast<int>(patch_channel) : -1;
}

Player::Player(Session& session, const PlayerSetup& setup)
    : session_(session),
      setup_(setup),
      outputs_(std::clamp(setup.outputs, 1u, kMaxDeviceChannels)),
      fade_frames_(std::max<uint64_t>(static_cast<uint64_t>(kFadeOutSeconds * setup.sample_rate), 1)),
      engine_rows_(size_t{kSlice} * outputs_),
      spare_rows_(size_t{kSlice} * outputs_),
      loop_rows_(setup.loop ? size_t{kSlice} * setup.loop->channels.size() : 0),
      rerouted_(fade_frames_) {
  for (uint32_t c = 0; c < outputs_; ++c) out_[c] = row(engine_rows_, c);
}

void Player::set_device(uint32_t inputs, uint32_t outputs) {
  device_inputs_ = std::min(inputs, kMaxDeviceChannels);
  device_outputs_ = outputs;
}

void Player::set_routing(const Routing& routing) noexcept {
  wanted_routing_.store(packed(routing), std::memory_order_relaxed);
}

void Player::audio(const float* const* inputs, float* const* outputs, uint32_t frames, bool xrun) noexcept {
  const auto begin = std::chrono::steady_clock::now();
  if (xrun) xruns_.store(xruns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  std::array<const float*, kMaxDeviceChannels> from{};
  for (uint32_t done = 0; done < frames;) {
    const uint32_t part = std::min(kSlice, frames - done);
    for (uint32_t c = 0; c < device_inputs_; ++c) from[c] = inputs && inputs[c] ? inputs[c] + done : nullptr;
    Rows to;
    for (uint32_t c = 0; c < outputs_; ++c) {
      float* device = c < device_outputs_ && outputs ? outputs[c] : nullptr;
      to[c] = device ? device + done : row(spare_rows_, c);
    }
    slice(from.data(), to, part);
    done += part;
  }
  for (uint32_t c = outputs_; c < device_outputs_ && outputs; ++c)
    if (outputs[c]) std::fill_n(outputs[c], frames, 0.0f);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  if (frames) load_.add(taken.count() * setup_.sample_rate / frames);
}

void Player::slice(const float* const* inputs, const Rows& to, uint32_t frames) noexcept {
  if (gone_.load(std::memory_order_relaxed)) {
    for (uint32_t c = 0; c < outputs_; ++c) std::fill_n(to[c], frames, 0.0f);
    return;
  }
  take_routing();
  connect_inputs(inputs, frames);
  const uint32_t inputs_used = std::min(routing_.inputs, kMaxDeviceChannels);
  session_.process({in_.data(), inputs_used}, {out_.data(), outputs_}, frames, {events_.data(), gather_events(frames)});
  mix(to, frames);
  fade(to, frames);
  measure(to, frames);
  const uint64_t left = setup_.frames ? setup_.frames - std::min(position_, setup_.frames) : frames;
  if (setup_.recorder) setup_.recorder->push(to.data(), static_cast<uint32_t>(std::min<uint64_t>(frames, left)));
  position_ += frames;
  played_.store(position_, std::memory_order_relaxed);
  if (faded_ >= fade_frames_) gone_.store(true, std::memory_order_release);
}

void Player::connect_inputs(const float* const* inputs, uint32_t frames) noexcept {
  std::array<const float*, kMaxDeviceChannels> from{};
  uint32_t sources = device_inputs_;
  if (const LoopFile* loop = setup_.loop) {
    sources = std::min(static_cast<uint32_t>(loop->channels.size()), kMaxDeviceChannels);
    for (uint32_t c = 0; c < sources; ++c) {
      float* to = row(loop_rows_, c);
      for (uint64_t done = 0; done < frames;) {
        const uint64_t at = (position_ + done) % loop->frames;
        const uint64_t part = std::min<uint64_t>(frames - done, loop->frames - at);
        std::copy_n(loop->channels[c].data() + at, part, to + done);
        done += part;
      }
      from[c] = to;
    }
  } else {
    std::copy_n(inputs, sources, from.begin());
  }
  for (uint32_t c = 0; c < std::min(routing_.inputs, kMaxDeviceChannels); ++c) {
    const int source = source_channel(routing_, c, sources);
    in_[c] = source < 0 ? nullptr : from[static_cast<size_t>(source)];
  }
}

// What a person struck comes at the first frame, what the phrase says at its own.
uint32_t Player::gather_events(uint32_t frames) noexcept {
  auto count = static_cast<uint32_t>(keys_.pop(events_.data(), kMaxEvents / 2));
  for (uint32_t i = 0; i < count; ++i) events_[i].frame = 0;
  if (setup_.phrase) count += setup_.phrase->fill(position_, frames, {events_.data() + count, kMaxEvents - count});
  return count;
}

// An edit that changes the number of channels moves them: from the old places to the new ones in a crossfade.
void Player::take_routing() noexcept {
  if (rerouted_ < fade_frames_) return;
  const Routing wanted = unpacked(wanted_routing_.load(std::memory_order_relaxed));
  if (wanted == routing_) return;
  routing_before_ = std::exchange(routing_, wanted);
  if (routing_before_ != Routing{}) rerouted_ = 0;
}

void Player::mix(const Rows& to, uint32_t frames) noexcept {
  for (uint32_t c = 0; c < outputs_; ++c) {
    const auto source = [&](const Routing& routing) -> const float* {
      const int channel = patch_channel(routing, c);
      return channel < 0 || static_cast<uint32_t>(channel) >= outputs_ ? nullptr : out_[static_cast<size_t>(channel)];
    };
    const float* now = source(routing_);
    const float* before = rerouted_ < fade_frames_ ? source(routing_before_) : now;
    if (now == before) {
      if (now) std::copy_n(now, frames, to[c]);
      else std::fill_n(to[c], frames, 0.0f);
      continue;
    }
    for (uint32_t i = 0; i < frames; ++i) {
      const float x = rise(rerouted_ + i, fade_frames_);
      to[c][i] = (now ? x * now[i] : 0.0f) + (before ? (1 - x) * before[i] : 0.0f);
    }
  }
  rerouted_ = std::min(rerouted_ + frames, fade_frames_);
}

void Player::fade(const Rows& to, uint32_t frames) noexcept {
  const uint64_t fade_at = setup_.frames > fade_frames_ ? setup_.frames - fade_frames_ : 0;
  uint32_t from = 0;
  if (!leaving_now_ && setup_.frames && position_ + frames > fade_at) {
    leaving_now_ = true;
    from = static_cast<uint32_t>(fade_at > position_ ? fade_at - position_ : 0);
  } else if (!leaving_now_ && leaving_.load(std::memory_order_relaxed)) {
    leaving_now_ = true;
  }
  if (!leaving_now_) return;
  for (uint32_t i = from; i < frames; ++i) {
    const float gain = 1 - rise(++faded_, fade_frames_);
    for (uint32_t c = 0; c < outputs_; ++c) to[c][i] *= gain;
  }
}

void Player::measure(const Rows& to, uint32_t frames) noexcept {
  uint64_t wrong = 0;
  for (uint32_t c = 0; c < outputs_; ++c) {
    float peak = 0;
    for (uint32_t i = 0; i < frames; ++i) {
      const float level = std::fabs(to[c][i]);
      if (level < INFINITY) peak = std::max(peak, level);
      else {
        to[c][i] = 0;
        ++wrong;
      }
    }
    // A reader that takes the peak between these two lines sees it once more: never too small.
    if (peak > peaks_[c].load(std::memory_order_relaxed)) peaks_[c].store(peak, std::memory_order_relaxed);
  }
  if (wrong) not_finite_.store(not_finite_.load(std::memory_order_relaxed) + wrong, std::memory_order_relaxed);
}

}  // namespace sinter::host
