// The file watcher against what editors do, in both ways; waits for states, never for a time.
#include "sinter/host/file_watcher.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "file_watcher.hpp"
#include "support.hpp"

using namespace sinter::host;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "sinter_watch_XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

// Waits until a change is told. Each test makes one, so this ends; a watcher that misses it hangs here until ctest ends
// it.
void await_change(FileWatcher& watcher) {
  while (!watcher.check()) {
    pollfd one{.fd = watcher.descriptor(), .events = POLLIN};
    const auto rest = watcher.timeout();
    poll(&one, 1, rest ? static_cast<int>(rest->count()) : -1);
  }
}

// Nothing is due: no event waits to be read, no burst is open, and with polling no file differs.
bool is_quiet(FileWatcher& watcher) {
  if (watcher.check()) return false;
  return watcher.descriptor() < 0 || !watcher.timeout();
}

std::unique_ptr<FileWatcher> watching(FileWatcher::Way way, std::vector<std::string> files) {
  auto watcher = FileWatcher::make(way);
  watcher->set_files(std::move(files), std::chrono::system_clock::now() + std::chrono::hours(1));
  return watcher;
}

constexpr FileWatcher::Way kWays[] = {FileWatcher::Way::best, FileWatcher::Way::polling};

}  // namespace

TEST_CASE("a file is seen to change however an editor saves it") {
  struct Row {
    const char* how;
    void (*save)(const fs::path&, const std::string&);
  };
  const Row rows[] = {
      {"written in place", [](const fs::path& file, const std::string& text) { write(file, text); }},
      {"appended to",
       [](const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::app) << text; }},
      {"replaced by renaming, as by emacs and atomic saves",
       [](const fs::path& file, const std::string& text) {
         write(file.string() + ".new", text);
         fs::rename(file.string() + ".new", file);
       }},
      {"moved away and written anew, as by vim",
       [](const fs::path& file, const std::string& text) {
         fs::rename(file, file.string() + "~");
         write(file, text);
         fs::remove(file.string() + "~");
       }},
      {"deleted and written anew",
       [](const fs::path& file, const std::string& text) {
         fs::remove(file);
         write(file, text);
       }},
  };
  for (FileWatcher::Way way : kWays)
    for (const Row& row : rows) {
      CAPTURE(row.how);
      const Folder folder;
      const fs::path file = folder / "patch.json";
      write(file, "first");
      auto watcher = watching(way, {file.string()});
      CHECK(is_quiet(*watcher));
      for (int round = 0; round < 3; ++round) {
        row.save(file, "round " + std::string(static_cast<size_t>(round) + 1, '!'));
        await_change(*watcher);
      }
    }
}

TEST_CASE("a file that goes and comes back is told of both times") {
  for (FileWatcher::Way way : kWays) {
    const Folder folder;
    const fs::path file = folder / "patch.json";
    write(file, "here");
    auto watcher = watching(way, {file.string()});
    fs::remove(file);
    await_change(*watcher);
    write(file, "back");
    await_change(*watcher);
  }
}

TEST_CASE("a file in a folder that goes and comes back is told of") {
  for (FileWatcher::Way way : kWays) {
    const Folder folder;
    fs::create_directories(folder / "lib/deep");
    const fs::path file = folder / "lib/deep/parts.json";
    write(file, "here");
    auto watcher = watching(way, {file.string()});
    fs::remove_all(folder / "lib");
    await_change(*watcher);
    fs::create_directories(folder / "lib/deep");
    write(file, "back again");
    await_change(*watcher);
  }
}

TEST_CASE("a burst of writes is one change") {
  const Folder folder;
  const fs::path file = folder / "patch.json", other = folder / "other.json";
  write(file, "first");
  write(other, "first");
  auto watcher = watching(FileWatcher::Way::polling, {file.string(), other.string()});
  for (int i = 0; i < 20; ++i) {
    write(file, std::string(static_cast<size_t>(i) + 1, 'x'));
    write(other, std::string(static_cast<size_t>(i) + 1, 'y'));
  }
  await_change(*watcher);
  CHECK_FALSE(watcher->check());
}

TEST_CASE("a burst is over when nothing more comes, and told at last though it goes on") {
  using std::chrono::milliseconds;
  const Burst::Clock::time_point start{};
  Burst burst;
  CHECK_FALSE(burst.timeout(start));
  burst.add(start, milliseconds(100));
  burst.add(start + milliseconds(50), milliseconds(100));
  CHECK_FALSE(burst.take(start + milliseconds(149)));
  CHECK(*burst.timeout(start + milliseconds(149)) == milliseconds(1));
  CHECK(burst.take(start + milliseconds(150)) == start);
  CHECK_FALSE(burst.take(start + milliseconds(1'000)));
  for (int i = 0; i <= 100; ++i) burst.add(start + milliseconds(10 * i), milliseconds(100));
  CHECK(burst.take(start + Burst::kLongest) == start);
  burst.add(start, milliseconds(150));                  // the file went …
  burst.add(start + milliseconds(1), milliseconds(4));  // … and its successor is whole
  CHECK(burst.take(start + milliseconds(5)) == start);
}

TEST_CASE("other files of the folder are nobody's business") {
  for (FileWatcher::Way way : kWays) {
    const Folder folder;
    const fs::path file = folder / "patch.json";
    write(file, "first");
    auto watcher = watching(way, {file.string()});
    write(folder / "patch.json~", "backup");
    write(folder / ".patch.json.swp", "swap");
    fs::remove(folder / "patch.json~");
    CHECK(is_quiet(*watcher));
  }
}

TEST_CASE("what is watched follows the list, and a file written since it was read counts as changed") {
  for (FileWatcher::Way way : kWays) {
    const Folder folder;
    const fs::path patch = folder / "patch.json", lib = folder / "lib.json";
    write(patch, "first");
    write(lib, "first");
    auto watcher = watching(way, {patch.string()});
    watcher->set_files({patch.string(), lib.string()}, std::chrono::system_clock::time_point{});
    await_change(*watcher);
    write(lib, "second one");
    await_change(*watcher);
    watcher->set_files({patch.string()}, std::chrono::system_clock::now());
    write(lib, "the third one");
    CHECK(is_quiet(*watcher));
  }
}
