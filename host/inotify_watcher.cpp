// The file watcher on Linux: the kernel tells of every file in the folders.
#include "file_watcher.hpp"

#ifdef __linux__
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

namespace sinter::host {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr uint32_t kWhole = IN_CLOSE_WRITE | IN_MOVED_TO;
constexpr uint32_t kGone = IN_DELETE | IN_MOVED_FROM;
constexpr uint32_t kFolderGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT;
constexpr uint32_t kMask = kWhole | kGone | IN_MODIFY | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

class InotifyWatcher final : public StampedWatcher {
 public:
  explicit InotifyWatcher(int descriptor) : descriptor_(descriptor) {}
  ~InotifyWatcher() override { close(descriptor_); }

  int descriptor() const override { return descriptor_; }
  std::optional<milliseconds> timeout() const override { return burst_.timeout(Clock::now()); }
  std::optional<Clock::time_point> check() override {
    alignas(inotify_event) std::array<char, 16'384> buffer;
    for (ssize_t got; (got = read(descriptor_, buffer.data(), buffer.size())) > 0;)
      for (const char* at = buffer.data(); at < buffer.data() + got;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        take(*event);
        at += sizeof(inotify_event) + event->len;
      }
    return burst_.take(Clock::now());
  }

 protected:
  void watch() override;

 private:
  void take(const inotify_event& event);

  struct Watched {
    std::set<std::string> names;  // of files that are told of
    bool substitute = false;      // stands in for a folder that is not there: anything new in it may be that
  };
  int descriptor_;
  std::map<int, Watched> watched_;
};

void InotifyWatcher::watch() {
  std::map<std::string, Watched> wanted;
  for (const std::string& path : files_) {
    fs::path folder = fs::path(path).parent_path();
    std::error_code none;
    const bool there = fs::is_directory(folder, none);
    while (!fs::is_directory(folder, none) && folder.has_relative_path()) folder = folder.parent_path();
    Watched& entry = wanted[folder.string()];
    if (there) entry.names.insert(fs::path(path).filename().string());
    else entry.substitute = true;
  }
  std::map<int, Watched> next;
  for (auto& [folder, entry] : wanted) {
    const int number = inotify_add_watch(descriptor_, folder.c_str(), kMask);
    if (number < 0) continue;
    Watched& there = next[number];  // two names of one folder have one number
    there.names.merge(entry.names);
    there.substitute |= entry.substitute;
  }
  for (const auto& [number, entry] : watched_)
    if (!next.count(number)) inotify_rm_watch(descriptor_, number);
  watched_ = std::move(next);
}

void InotifyWatcher::take(const inotify_event& event) {
  const Clock::time_point now = Clock::now();
  if (event.mask & IN_Q_OVERFLOW) return burst_.add(now, kQuietPart);
  const auto found = watched_.find(event.wd);
  if (found == watched_.end()) return;
  if (event.mask & kFolderGone) {
    watched_.erase(found);
    watch();
    look();
    return;
  }
  if (event.len && found->second.names.count(event.name)) {
    const milliseconds quiet = event.mask & kWhole ? kQuietWhole : event.mask & kGone ? kQuietGone : kQuietPart;
    return burst_.add(now, quiet);
  }
  if (found->second.substitute && event.mask & (IN_CREATE | IN_MOVED_TO)) {
    watch();
    look();
  }
}

}  // namespace

std::unique_ptr<FileWatcher> make_inotify_watcher() {
  const int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return nullptr;
  return std::make_unique<InotifyWatcher>(descriptor);
}

}  // namespace sinter::host

#else

namespace sinter::host {
std::unique_ptr<FileWatcher> make_inotify_watcher() { return nullptr; }
}  // namespace sinter::host

#endif
