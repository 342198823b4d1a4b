// Private to the file watcher: what its two ways have in common, bursts and what a file looked like last.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "sinter/host/file_watcher.hpp"

namespace sinter::host {

/// Two writes of a file differ in one of these, but for writes of equal length within one tick of the system's clock.
struct FileStamp {
  bool there = false;
  uint64_t inode = 0, bytes = 0;
  int64_t nanoseconds = 0;  ///< when it was written, since 1970
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
FileStamp stamp_of(const std::string& path);

// How long no further change may come before a burst is over.
inline constexpr std::chrono::milliseconds kQuietWhole{4};   ///< after a file was closed or renamed into place
inline constexpr std::chrono::milliseconds kQuietPart{60};   ///< after a write to a file that is open still
inline constexpr std::chrono::milliseconds kQuietGone{150};  ///< after a file went: its successor is on its way

class Burst {
 public:
  using Clock = FileWatcher::Clock;
  static constexpr std::chrono::milliseconds kLongest{400};  ///< then it is told, over or not
  void add(Clock::time_point now, std::chrono::milliseconds quiet);
  std::optional<std::chrono::milliseconds> timeout(Clock::time_point now) const;
  /// When it began, once it is over.
  std::optional<Clock::time_point> take(Clock::time_point now);

 private:
  std::optional<Clock::time_point> first_;
  Clock::time_point due_;
};

class StampedWatcher : public FileWatcher {
 public:
  void set_files(std::vector<std::string> files, std::chrono::system_clock::time_point read_at) final;

 protected:
  virtual void watch() = 0;  ///< files_ is new
  /// Compares all files with what they were. True where one has changed, which is then in the burst.
  bool look();

  Burst burst_;
  std::map<std::string, FileStamp> stamps_;
};

/// Null where the system has no inotify, or none to spare.
std::unique_ptr<FileWatcher> make_inotify_watcher();

}  // namespace sinter::host
