// The session's diary, written even where memory is used up.
#include "event_log.hpp"

#include <cstdio>
#include <new>

namespace sinter {
namespace {

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string line(const SessionEvent& event) {
  using enum SessionEvent::Kind;
  switch (event.kind) {
    case error:
    case warning:
      return one_line(event.error);
    case compiled:
      return "compiled for " + event.backend + " in " + fixed(event.compile_seconds * 1e3, 2) + " ms";
    case sounding:
      return event.backend + " sounds, " + fixed(event.seconds * 1e3, 1) + " ms after the patch was set";
    case moved_events:
      return std::to_string(event.count) + " notes or steps were moved to the next grid line";
    case muted:
      return "muted: the level ran away";
    case unmuted:
      return "sounds again";
    case gesture_begin:
    case gesture_end:
    case scrubbed:
      return {};  // whoever lists them knows the names
    case state_loaded:
      return "state loaded";
  }
  return {};
}

}  // namespace

std::string_view name(SessionEvent::Kind kind) {
  using enum SessionEvent::Kind;
  switch (kind) {
    case error:
      return "error";
    case warning:
      return "warning";
    case compiled:
      return "compiled";
    case sounding:
      return "sounding";
    case scrubbed:
      return "scrubbed";
    case moved_events:
      return "moved_events";
    case muted:
      return "muted";
    case unmuted:
      return "unmuted";
    case gesture_begin:
      return "gesture_begin";
    case gesture_end:
      return "gesture_end";
    case state_loaded:
      return "state_loaded";
  }
  return {};
}

std::string one_line(const Error& error) {
  return std::string(error.warning ? "warning[" : "error[") + std::string(error_name(error.code)) +
         "]: " + error.message;
}

void EventLog::append(SessionEvent event) {
  event.number = count_ + 1;
  events_.push_back(std::move(event));
  ++count_;
  if (events_.size() > kMaxSessionEvents) events_.pop_front();
}

void EventLog::add(SessionEvent event) noexcept {
  const uint64_t revision = event.revision;
  try {
    if (event.text.empty()) event.text = line(event);
    append(std::move(event));
  } catch (const std::bad_alloc&) {
    out_of_memory(revision);
  }
}

void EventLog::add_errors(uint64_t revision, SessionEvent::Kind kind, const std::vector<Error>& errors) noexcept {
  for (const Error& error : errors) try {
      add({.revision = revision, .kind = kind, .error = error});
    } catch (const std::bad_alloc&) {
      out_of_memory(revision);
    }
}

std::vector<SessionEvent> EventLog::after(uint64_t number) {
  if (lost_) {
    SessionEvent event{.revision = *lost_};
    event.error = {.code = Errc::out_of_memory, .message = std::string(error_text(Errc::out_of_memory))};
    event.text = one_line(event.error);
    append(std::move(event));
    lost_.reset();
  }
  const uint64_t first = count_ - events_.size() + 1;
  const uint64_t skip = number < first ? 0 : std::min<uint64_t>(number - first + 1, events_.size());
  return {events_.begin() + static_cast<ptrdiff_t>(skip), events_.end()};
}

uint64_t ProgressRing::begin() noexcept {
  ring_[++newest_ % kKept] = Progress::waiting;
  return newest_;
}

void ProgressRing::set(uint64_t revision, Progress progress) noexcept {
  if (known(revision)) ring_[revision % kKept] = progress;
}

Progress ProgressRing::get(uint64_t revision) const noexcept {
  return known(revision) ? ring_[revision % kKept] : Progress::superseded;
}

}  // namespace sinter
