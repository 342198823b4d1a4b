// Says when one of some files was written anew, however an editor does that: in place, by renaming, by deleting first.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sinter::host {

/// Control thread. Watches folders, not files, so that a file may be replaced, or be gone for a while.
class FileWatcher {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Way { best, polling };  ///< best: inotify where the system has it

  static std::unique_ptr<FileWatcher> make(Way way = Way::best);
  virtual ~FileWatcher() = default;

  /// From here on these files, absolute paths. One that is new here and was written after `read_at` counts as changed:
  /// nothing is missed between reading a patch and watching what it imports.
  virtual void set_files(std::vector<std::string> files, std::chrono::system_clock::time_point read_at) = 0;
  const std::vector<std::string>& files() const { return files_; }

  /// Readable when there may be something to look at; −1: look again after timeout().
  virtual int descriptor() const = 0;
  /// How long poll() may wait before check() is due; nothing: until descriptor() is readable.
  virtual std::optional<std::chrono::milliseconds> timeout() const = 0;
  /// When the first change of a burst was seen, once the burst is over; nothing: no change so far. Never waits.
  virtual std::optional<Clock::time_point> check() = 0;

 protected:
  std::vector<std::string> files_;
};

}  // namespace sinter::host
