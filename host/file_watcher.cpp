// Bursts of changes become one, and files are told apart by what the file system says of them; inotify is one source.
#include "file_watcher.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace sinter::host {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPolling{200};  // how often files are looked at where nobody tells

}  // namespace

FileStamp stamp_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
#ifdef __APPLE__
  const timespec& modified = info.st_mtimespec;
#else
  const timespec& modified = info.st_mtim;
#endif
  return {.there = true,
          .inode = info.st_ino,
          .bytes = static_cast<uint64_t>(info.st_size),
          .nanoseconds = modified.tv_sec * int64_t{1'000'000'000} + modified.tv_nsec};
}

void Burst::add(Clock::time_point now, milliseconds quiet) {
  if (!first_) first_ = now;
  due_ = std::min(now + quiet, *first_ + kLongest);
}

std::optional<milliseconds> Burst::timeout(Clock::time_point now) const {
  if (!first_) return {};
  return std::max(std::chrono::ceil<milliseconds>(due_ - now), milliseconds{0});
}

std::optional<Burst::Clock::time_point> Burst::take(Clock::time_point now) {
  if (!first_ || now < due_) return {};
  return std::exchange(first_, std::nullopt);
}

void StampedWatcher::set_files(std::vector<std::string> files, std::chrono::system_clock::time_point read_at) {
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  if (files == files_) return;
  const int64_t read_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(read_at.time_since_epoch()).count();
  std::map<std::string, FileStamp> stamps;
  for (const std::string& path : files) {
    const auto known = stamps_.find(path);
    stamps[path] = known == stamps_.end() ? stamp_of(path) : known->second;
    if (known == stamps_.end() && stamps[path].nanoseconds > read_ns) burst_.add(Clock::now(), kQuietWhole);
  }
  stamps_ = std::move(stamps);
  files_ = std::move(files);
  watch();
}

bool StampedWatcher::look() {
  bool changed = false;
  for (auto& [path, stamp] : stamps_) {
    const FileStamp now = stamp_of(path);
    if (now == stamp) continue;
    stamp = now;
    changed = true;
    burst_.add(Clock::now(), now.there ? kQuietPart : kQuietGone);
  }
  return changed;
}

namespace {

class PollingWatcher final : public StampedWatcher {
 public:
  int descriptor() const override { return -1; }
  std::optional<milliseconds> timeout() const override {
    return std::min(burst_.timeout(Clock::now()).value_or(kPolling), kPolling);
  }
  std::optional<Clock::time_point> check() override {
    look();
    return burst_.take(Clock::now());
  }

 protected:
  void watch() override {}
};

}  // namespace

std::unique_ptr<FileWatcher> FileWatcher::make(Way way) {
  std::unique_ptr<FileWatcher> watcher = way == Way::best ? make_inotify_watcher() : nullptr;
  return watcher ? std::move(watcher) : std::make_unique<PollingWatcher>();
}

}  // namespace sinter::host
