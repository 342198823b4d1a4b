// What happened in a session, numbered and bounded, and how far each of its patches is. Not locked: the session is.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "sinter/session/session.hpp"

namespace sinter {

/// "error[code]: message", without place and source line.
std::string one_line(const Error& error);

class EventLog {
 public:
  /// Gives the event its number and, where it has none, its text. Where there is no memory for it, an out_of_memory
  /// error is listed in its place as soon as there is.
  void add(SessionEvent event) noexcept;
  void add_errors(uint64_t revision, SessionEvent::Kind kind, const std::vector<Error>& errors) noexcept;
  /// For whoever has no memory to make an event of.
  void out_of_memory(uint64_t revision) noexcept { lost_ = revision; }
  /// Throws std::bad_alloc.
  std::vector<SessionEvent> after(uint64_t number);

 private:
  void append(SessionEvent event);
  std::deque<SessionEvent> events_;
  uint64_t count_ = 0;
  std::optional<uint64_t> lost_;  ///< revision of an event that there was no memory for
};

/// Progress of the newest revisions; older ones are forgotten.
class ProgressRing {
 public:
  /// The next revision, waiting.
  uint64_t begin() noexcept;
  /// Nothing where the revision is forgotten.
  void set(uint64_t revision, Progress progress) noexcept;
  /// Superseded for what is forgotten or was never begun.
  Progress get(uint64_t revision) const noexcept;
  uint64_t newest() const noexcept { return newest_; }

 private:
  static constexpr uint64_t kKept = 1'024;
  bool known(uint64_t revision) const noexcept {
    return revision > 0 && revision <= newest_ && newest_ - revision < kKept;
  }
  std::array<Progress, kKept> ring_{};
  uint64_t newest_ = 0;
};

}  // namespace sinter
