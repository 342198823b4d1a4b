// A patch keeps its sound in strict mode for ever: what every example plays, against what it played when it came.
//
// golden.txt has a line per example: name, CRC-32 of all samples as little-endian floats, channel after channel, level
// and peak. `SINTER_BLESS=1 test_examples` writes it. Patches with External nodes are compared by their level alone:
// their sums are those of the installed FFT and resampling libraries.
#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "performance.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

const std::string kGolden = SINTER_SOURCE_DIR "/tests/examples/golden.txt";
constexpr double kLevelTolerance = 0.02;                        // dB, where the bits may differ
constexpr double kQuietest = -60, kFullest = -8, kLoudest = 3;  // dB: levels and peak of what is worth playing
constexpr const char* kNoBits = "-";

struct Golden {
  std::string crc;
  double level = 0, peak = 0;  // dB
};

std::vector<std::filesystem::path> example_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SINTER_SOURCE_DIR "/examples"))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

double decibel(double x) { return std::round(100 * 20 * std::log10(std::max(x, 1e-9))) / 100; }

Golden describe(const std::vector<std::vector<float>>& rows, bool exact) {
  uLong crc = crc32(0, nullptr, 0);
  double square = 0, peak = 0;
  for (const std::vector<float>& row : rows) {
    crc = crc32(crc, reinterpret_cast<const Bytef*>(row.data()), static_cast<uInt>(row.size() * sizeof(float)));
    for (const float x : row) {
      REQUIRE(std::isfinite(x));
      square += static_cast<double>(x) * x;
      peak = std::max(peak, static_cast<double>(std::abs(x)));
    }
  }
  char text[16];
  std::snprintf(text, sizeof text, "%08lx", crc);
  const double samples = static_cast<double>(rows.size()) * kPerformanceFrames;
  return {exact ? text : kNoBits, decibel(std::sqrt(square / samples)), decibel(peak)};
}

std::map<std::string, Golden> read_golden() {
  std::map<std::string, Golden> golden;
  std::ifstream file(kGolden);
  std::string name;
  for (Golden one; file >> name >> one.crc >> one.level >> one.peak;) golden[name] = one;
  return golden;
}

Golden render(const Graph& graph, const Backend& backend) {
  CompileOptions options;
  options.backend = &backend;
  options.strict = true;
  const Result<Compiled> compiled = compile_patch(graph, options);
  if (!compiled) FAIL(format(compiled.error()));
  return describe(perform(compiled->program), compiled->ir.calls.empty());
}

}  // namespace

TEST_CASE("every example sounds on every executor as it did when it came") {
  const bool bless = std::getenv("SINTER_BLESS") != nullptr;
  const std::map<std::string, Golden> golden = read_golden();
  std::ostringstream made;
  for (const std::filesystem::path& file : example_files()) {
    const std::string name = file.stem().string();
    CAPTURE(name);
    const Result<Graph> graph = read_patch_file(file.string(), standard_nodes());
    if (!graph) FAIL(format(graph.error()));
    const Golden blessed = render(*graph, best_backend());
    made << name << ' ' << blessed.crc << ' ' << blessed.level << ' ' << blessed.peak << '\n';
    CHECK(blessed.level > kQuietest);
    CHECK(blessed.level < kFullest);
    CHECK(blessed.peak < kLoudest);
    if (bless) continue;
    const auto found = golden.find(name);
    REQUIRE_MESSAGE(found != golden.end(), "run SINTER_BLESS=1 test_examples and commit golden.txt");
    for (const Backend* backend : backends()) {
      if (!backend->available()) {
        skipped(backend->name(), "not on this processor");
        continue;
      }
      CAPTURE(backend->name());
      const Golden heard = backend == &best_backend() ? blessed : render(*graph, *backend);
      CHECK(heard.crc == found->second.crc);
      CHECK(std::abs(heard.level - found->second.level) <= kLevelTolerance);
      CHECK(std::abs(heard.peak - found->second.peak) <= kLevelTolerance);
      ran_on(backend->name());
    }
  }
  CHECK(golden.size() == (bless ? golden.size() : example_files().size()));
  if (bless) std::ofstream(kGolden) << made.str();
}
