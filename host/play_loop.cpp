// One turn: wait for whatever comes first, then look at everything.
#include "play_loop.hpp"

#include <poll.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace sinter::host {
namespace {

using std::chrono::milliseconds;

// A session and a driver have no descriptor to wait on: how long one turn may last.
constexpr milliseconds kTurn{50};
constexpr milliseconds kTurnCompiling{2};  // until what was changed is heard
constexpr milliseconds kPicture{50};       // from one drawing to the next
constexpr milliseconds kSecond{1'000};
constexpr milliseconds kLongestEnd{1'000};  // for the fade out: a driver may have stopped calling
constexpr double kKnobStep = 0.02;          // of a parameter's range, per key

std::string absolute_path(const std::string& path) {
  std::error_code failed;
  return std::filesystem::absolute(path, failed).lexically_normal().string();
}

}  // namespace

Routing routing_of(const Program& program) {
  const Layout& layout = program.layout;
  return {.main_inputs = layout.inputs.empty() ? 0 : layout.inputs[0].channels,
          .inputs = layout.input_channels,
          .main_outputs = layout.outputs.empty() ? 0 : layout.outputs[0].channels,
          .outputs = layout.output_channels};
}

PlayLoop::PlayLoop(const PlayRequest& request, Session& session, Player& player, PlayDevice& device, PlayReport& report,
                   Recorder* recorder)
    : request_(request),
      session_(session),
      player_(player),
      device_(device),
      report_(report),
      recorder_(recorder),
      read_at_(std::chrono::system_clock::now()),
      load_(player.load()),
      holds_(player.outputs()),
      second_peaks_(player.outputs()),
      second_(Clock::now()),
      loads_(second_) {
  if (request.watch) watcher_ = FileWatcher::make();
}

void PlayLoop::skip_events() {
  for (const SessionEvent& event : session_.events(last_event_)) last_event_ = event.number;
}

bool PlayLoop::ended() const {
  if (player_.faded_out()) return true;
  return stopping_ && (!device_.running() || Clock::now() > *stopping_ + kLongestEnd);
}

void PlayLoop::run() {
  take_program();
  while (!ended()) {
    wait();
    take_signals();
    take_keys();
    take_files();
    take_events();
    take_device();
    take_time();
  }
  report_.hide();
}

int PlayLoop::patience() const {
  const Clock::time_point now = Clock::now();
  milliseconds least = change_.open || stopping_ ? kTurnCompiling : kTurn;
  const auto until = [&](Clock::time_point due) {
    least = std::min(least, std::max(std::chrono::ceil<milliseconds>(due - now), milliseconds{0}));
  };
  if (const auto due = piano_.due()) until(*due);
  if (const auto due = device_.retry_at()) until(*due);
  if (watcher_)
    if (const auto rest = watcher_->timeout()) least = std::min(least, *rest);
  return static_cast<int>(least.count());
}

void PlayLoop::wait() {
  pollfd all[3] = {{.fd = signals_.descriptor(), .events = POLLIN},
                   {.fd = keys_.active() ? keys_.descriptor() : -1, .events = POLLIN},
                   {.fd = watcher_ ? watcher_->descriptor() : -1, .events = POLLIN}};
  poll(all, 3, patience());
}

void PlayLoop::stop(Clock::time_point now) {
  if (stopping_) return;
  stopping_ = now;
  player_.fade_out();
}

void PlayLoop::take_signals() {
  for (;;) switch (signals_.take()) {
      case StopSignals::Wake::none:
        return;
      case StopSignals::Wake::stop:
        stop(Clock::now());
        break;
      case StopSignals::Wake::suspended:
        report_.hide();
        keys_.suspend();
        break;
      case StopSignals::Wake::resized:
        report_.hide();
        break;
    }
}

// -- Keys

void PlayLoop::send(const std::vector<Event>& events) {
  for (const Event& event : events) player_.send(event);
}

void PlayLoop::take_keys() {
  send(piano_.release(Clock::now()));
  if (!keys_.active()) return;
  for (const Key& key : keys_.read()) take_key(key);
}

void PlayLoop::take_key(const Key& key) {
  if (key.kind != KeyKind::letter) return turn_parameter(key);
  if (key.letter == 'q') return stop(Clock::now());
  if (program_ && !program_->layout.voices.empty() && Piano::is_key(key.letter))
    send(piano_.press(key.letter, Clock::now()));
}

void PlayLoop::turn_parameter(const Key& key) {
  const std::vector<ParameterInfo> all = session_.parameters();
  if (all.empty()) return;
  touched_ = true;
  if (key.kind == KeyKind::right) chosen_ = (chosen_ + 1) % all.size();
  if (key.kind == KeyKind::left) chosen_ = (chosen_ + all.size() - 1) % all.size();
  chosen_ = std::min(chosen_, all.size() - 1);
  if (key.kind != KeyKind::up && key.kind != KeyKind::down) return;
  const auto& [param, handle] = all[chosen_];
  const double before = session_.parameter_value(handle);
  const double sign = key.kind == KeyKind::up ? 1 : -1;
  double next = plain(param, std::clamp(normalised(param, before) + sign * kKnobStep, 0.0, 1.0));
  // On a parameter with steps one key is at least one of them.
  const double step = param.choices.empty() ? param.step : 1;
  if (step > 0 && next == nearest_value(param, before)) next = nearest_value(param, before + sign * step);
  session_.set_parameter(handle, next);
  report_.parameter(param.id, parameter_text(param, next));
}

// -- Files and what comes of them

void PlayLoop::take_files() {
  if (!watcher_) return;
  std::vector<std::string> files = session_.files();
  files.push_back(absolute_path(request_.patch));
  watcher_->set_files(std::move(files), read_at_);
  const auto seen = watcher_->check();
  if (!seen || stopping_) return;
  read_at_ = std::chrono::system_clock::now();
  change_ = {.seen = *seen, .set = Clock::now(), .open = true};
  change_.revision = session_.set_patch_file(request_.patch);
}

void PlayLoop::take_events() {
  for (const SessionEvent& event : session_.events(last_event_)) {
    last_event_ = event.number;
    take_event(event);
  }
  if (change_.open && session_.progress(change_.revision) != Progress::waiting &&
      session_.progress(change_.revision) != Progress::ready)
    change_.open = false;
  take_program();
}

void PlayLoop::take_event(const SessionEvent& event) {
  using enum SessionEvent::Kind;
  switch (event.kind) {
    case compiled:
      compiled_ = event;
      return;
    case sounding: {
      std::optional<double> wait;
      if (event.revision == change_.revision && event.revision != heard_)
        wait = std::chrono::duration<double>(change_.set - change_.seen).count() + event.seconds;
      if (event.revision != heard_) ++swaps_;
      heard_ = event.revision;
      return report_.swapped(compiled_, event, wait);
    }
    case error:
      if (event.revision != refused_revision_) ++refused_;  // one edit may have many errors
      refused_revision_ = event.revision;
      return report_.event(event);
    case gesture_begin:
    case gesture_end:
      return;
    default:
      return report_.event(event);
  }
}

void PlayLoop::take_program() {
  std::shared_ptr<const Program> program = session_.program();
  if (!program || program == program_) return;
  const Routing before = program_ ? routing_of(*program_) : Routing{};
  program_ = std::move(program);
  const Routing now = routing_of(*program_);
  player_.set_routing(now);
  if (now == before) return;
  const uint32_t heard = player_.outputs() + (now.main_outputs == 1 && player_.outputs() > 1 ? 0 : 1);
  const uint32_t room = heard - 1;
  if (now.outputs > room)
    report_.note("the patch has " + std::to_string(now.outputs) + " output channels, " + std::to_string(room) +
                 " of them are played: the device was opened with " + std::to_string(player_.outputs()));
}

// -- The device

void PlayLoop::take_device() {
  if (stopping_) return;
  switch (device_.look(Clock::now())) {
    case PlayDevice::News::none:
      return;
    case PlayDevice::News::lost:
      return report_.lost(device_.why(), std::chrono::duration<double>(device_.delay()).count());
    case PlayDevice::News::reopened:
      ++reopened_;
      return report_.reopened(device_.stream());
  }
}

// -- What is shown

GuardState PlayLoop::guard() const {
  if (!request_.guard) return GuardState::off;
  return session_.engine().guard_muted() ? GuardState::muted : GuardState::on;
}

void PlayLoop::take_time() {
  const Clock::time_point now = Clock::now();
  if (recorder_ && !recorder_failed_)
    if (const auto wrong = recorder_->error()) {
      recorder_failed_ = true;
      report_.failed({*wrong});
    }
  if (now - loads_ >= kSecond) {
    load_.tick();
    loads_ = now;
  }
  if (request_.json && now - second_ >= kSecond) {
    second_ = now;
    report_.second(figures());
  }
  if (!report_.draws() || now - drawn_ < kPicture) return;
  report_.draw(view(std::chrono::duration<double>(now - drawn_).count()));
  drawn_ = now;
}

PlayView PlayLoop::view(double seconds) {
  PlayView shown{.load = load_.recent(), .xruns = player_.xruns(), .not_finite = player_.not_finite()};
  for (uint32_t c = 0; c < player_.outputs(); ++c) {
    const float peak = player_.take_peak(c);
    second_peaks_[c] = std::max(second_peaks_[c], peak);
    shown.peaks.push_back(holds_[c].show(peak, std::min(seconds, 1.0)));
  }
  shown.seconds = static_cast<double>(player_.frames()) / session_.sample_rate();
  shown.backend = session_.backend();
  shown.guard = guard();
  shown.recording = recorder_ != nullptr;
  shown.demo = request_.demo;
  shown.watching = request_.watch;
  if (!device_.running()) shown.lost = "device lost, trying again";
  if (keys_.active()) {
    const std::vector<ParameterInfo> all = session_.parameters();
    if (!all.empty()) {
      const auto& [param, handle] = all[std::min(chosen_, all.size() - 1)];
      shown.parameter = "◂ " + param.id + " " + parameter_text(param, session_.parameter_value(handle)) + " ▸";
    }
    if (program_ && !program_->layout.voices.empty())
      shown.piano = "♪ C" + std::to_string(piano_.octave()) + "  velocity " +
                    std::to_string(std::lround(piano_.velocity() * 127));
  }
  return shown;
}

PlayFigures PlayLoop::figures() {
  PlayFigures all{.seconds = static_cast<double>(player_.frames()) / session_.sample_rate(),
                  .recent = load_.recent(),
                  .overall = load_.overall()};
  for (uint32_t c = 0; c < player_.outputs(); ++c)
    all.peaks.push_back(std::max(std::exchange(second_peaks_[c], 0.0f), player_.take_peak(c)));
  all.xruns = player_.xruns();
  all.not_finite = player_.not_finite();
  all.swaps = swaps_;
  all.errors = refused_;
  all.reopened = reopened_;
  all.scrubbed = session_.engine().counters().scrubbed_states.load();
  all.lost_frames = recorder_ ? recorder_->lost_frames() : 0;
  all.backend = session_.backend();
  all.guard = guard();
  return all;
}

}  // namespace sinter::host
