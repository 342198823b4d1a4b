// Opens, starts, and opens again with growing patience.
#include "play_device.hpp"

#include <algorithm>

namespace sinter::host {

Result<StreamInfo> PlayDevice::open(const StreamRequest& request) {
  request_ = request;
  system_.reset();  // two at once would share PortAudio, and its list of devices with it
  Result<std::unique_ptr<AudioSystem>> system = AudioSystem::open(verbose_);
  if (!system) return system.errors();
  system_ = std::move(*system);
  const Result<StreamInfo> stream = system_->open_stream(request_, *this);
  if (stream) stream_ = *stream;
  return stream;
}

std::optional<Error> PlayDevice::start(Session& session, Player& player) {
  session_ = &session;
  player_ = &player;
  player.set_device(stream_.inputs, stream_.outputs);
  session.resume();
  if (auto wrong = system_->start()) {
    system_->close_stream();
    session.suspend();
    return wrong;
  }
  running_ = true;
  delay_ = kFirstRetry;
  return {};
}

void PlayDevice::close() {
  system_.reset();
  if (running_) session_->suspend();
  running_ = false;
}

std::optional<PlayDevice::Clock::time_point> PlayDevice::retry_at() const {
  return running_ ? std::nullopt : std::optional(retry_at_);
}

std::optional<Error> PlayDevice::reopen() {
  StreamRequest same = request_;
  same.output = stream_.api + ": " + stream_.output;
  if (!stream_.input.empty()) same.input = stream_.api + ": " + stream_.input;
  if (stream_.input.empty()) same.inputs = 0;
  same.rate = stream_.rate;  // what is recorded and compiled has this one
  const StreamRequest asked = request_;
  const Result<StreamInfo> opened = open(same);
  request_ = asked;
  if (!opened) return opened.error();
  return start(*session_, *player_);
}

PlayDevice::News PlayDevice::look(Clock::time_point now) {
  if (running_) {
    if (system_->active()) return News::none;
    close();
    why_ = "the device '" + stream_.output + "' (" + stream_.api + ") is lost";
    retry_at_ = now + delay_;
    return News::lost;
  }
  if (now < retry_at_) return News::none;
  const auto wrong = reopen();
  if (!wrong) return News::reopened;
  system_.reset();
  delay_ = std::min(delay_ * 2, kLongestRetry);
  retry_at_ = Clock::now() + delay_;
  return News::none;
}

}  // namespace sinter::host
