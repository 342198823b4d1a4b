// The tally is appended to the file that SINTER_TEST_REPORT names, a line per entry, for tests/report.py to add up.
#include "support.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

namespace sinter::test {
namespace {

struct Tally {
  std::mutex mutex;
  std::map<std::string, uint64_t, std::less<>> ran;
  std::set<std::string> skipped;

  ~Tally() {
    const char* path = std::getenv("SINTER_TEST_REPORT");
    if (!path) return;
    FILE* file = std::fopen(path, "a");
    if (!file) return;
    for (const auto& [executor, count] : ran)
      std::fprintf(file, "ran\t%s\t%llu\n", executor.c_str(), static_cast<unsigned long long>(count));
    for (const std::string& line : skipped) std::fprintf(file, "skipped\t%s\n", line.c_str());
    std::fclose(file);
  }
};

Tally& tally() {
  static Tally instance;
  return instance;
}

}  // namespace

uint64_t first_seed() {
  const char* text = std::getenv("SINTER_FUZZ_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 1;
}

uint64_t scaled(uint64_t count) {
  static const double scale = [] {
    const char* text = std::getenv("SINTER_TEST_SCALE");
    return text ? std::strtod(text, nullptr) : 1.0;
  }();
  const double scaled_count = static_cast<double>(count) * scale;
  return scaled_count < 1 ? 1 : static_cast<uint64_t>(scaled_count);
}

void ran_on(std::string_view executor, uint64_t count) {
  Tally& all = tally();
  const std::lock_guard lock(all.mutex);
  auto found = all.ran.find(executor);
  if (found == all.ran.end()) found = all.ran.emplace(executor, 0).first;
  found->second += count;
}

void skipped(std::string_view what, std::string_view why) {
  Tally& all = tally();
  const std::lock_guard lock(all.mutex);
  all.skipped.insert(std::string(what) + "\t" + std::string(why));
}

}  // namespace sinter::test
