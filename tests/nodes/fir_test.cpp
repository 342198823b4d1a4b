// fir against the convolution sum in double precision, with taps of its own and out of a file, and its errors.
#include <doctest/doctest.h>
#include <sndfile.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 3000;

SettingValue numbers(std::vector<double> list) { return {.kind = SettingKind::numbers, .numbers = std::move(list)}; }

std::vector<double> some_taps(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<double> taps(count);
  for (double& tap : taps) tap = random.uniform(-1, 1);
  return taps;
}

std::vector<double> convolved(const std::vector<float>& in, const std::vector<double>& taps) {
  std::vector<double> out(in.size());
  for (size_t n = 0; n < in.size(); ++n)
    for (size_t i = 0; i < std::min(taps.size(), n + 1); ++i) out[n] += taps[i] * in[n - i];
  return out;
}

/// A folder of its own, gone with the object.
struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / "sinter_fir_test";
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const char* name, const std::vector<float>& frames, int channels, int rate) const {
    SF_INFO info{};
    info.samplerate = rate, info.channels = channels, info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    SNDFILE* out = sf_open((path / name).string().c_str(), SFM_WRITE, &info);
    REQUIRE(out);
    sf_writef_float(out, frames.data(), static_cast<sf_count_t>(frames.size()) / channels);
    sf_close(out);
  }
};

std::string error_of(const Graph& graph) {
  const Result<Compiled> compiled = compile_patch(graph, {});
  return compiled ? std::string() : format(compiled.error());
}

}  // namespace

TEST_CASE("fir is the convolution with its taps, any number of them up to its limit") {
  const std::vector<float> in = noise(kFrames, 5);
  for (const size_t count : {1, 2, 3, 15, 16, 17, 64, 127, 512}) {
    CAPTURE(count);
    const std::vector<double> taps = some_taps(count, count), expected = convolved(in, taps);
    on_every_executor(
        one_node("fir", {{"in", "in"}}, {{"taps", numbers(taps)}}), {in}, kFrames, {},
        [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 1e-6 * std::sqrt(count) * 3); });
  }
}

TEST_CASE("each channel of a fir has a line of its own, and taps of 0 are silent") {
  Graph graph;
  graph.input("a").input("b");
  graph.node("x", "fir", {{"in", "stack(a, b)"}}, {{"taps", numbers({0.5, 0, 0, -2})}});
  graph.output("out", "x");
  const Rows in = {noise(kFrames, 1), noise(kFrames, 2)};
  on_every_executor(graph, in, kFrames, {}, [&](const Rows& out) {
    for (size_t c = 0; c < 2; ++c) CHECK(worst_difference(out[c], convolved(in[c], {0.5, 0, 0, -2})) < 1e-6);
  });
}

TEST_CASE("fir inside a cycle that a delay closes keeps its taps") {
  Graph graph;
  graph.input("in");
  graph.node("x", "fir", {{"in", "in + 0.5 * prev(x)"}}, {{"taps", numbers({0.25, 0.5, 0.25})}});
  graph.output("out", "x");
  const std::vector<float> in = noise(kFrames, 1);
  std::vector<double> expected(kFrames), fed(kFrames);
  for (size_t n = 0; n < kFrames; ++n) {
    fed[n] = in[n] + (n ? 0.5 * expected[n - 1] : 0);
    expected[n] = 0.25 * fed[n] + (n > 0 ? 0.5 * fed[n - 1] : 0) + (n > 1 ? 0.25 * fed[n - 2] : 0);
  }
  on_every_executor(graph, {in}, kFrames, {},
                    [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 2e-6); });
}

TEST_CASE("fir takes its taps from a file at the patch's rate") {
  const Folder folder;
  const std::vector<double> taps = {1, 0.5, -0.25, 0.125};
  folder.write("taps.wav", {1, 0.5f, -0.25f, 0.125f}, 1, 48000);
  Graph graph = one_node("fir", {{"in", "in"}}, {{"file", file("taps.wav")}});
  graph.folder = folder.path.string();
  const std::vector<float> in = noise(kFrames, 5);
  on_every_executor(graph, {in}, kFrames, {},
                    [&](const Rows& out) { CHECK(worst_difference(out[0], convolved(in, taps)) < 1e-6); });
}

TEST_CASE("fir says what is wrong with its taps") {
  const Folder folder;
  folder.write("wide.wav", std::vector<float>(8, 0.1f), 2, 48000);
  folder.write("long.wav", std::vector<float>(600, 0.1f), 1, 48000);
  const auto error = [&](std::vector<std::pair<std::string, SettingValue>> settings) {
    Graph graph = one_node("fir", {{"in", "in"}}, std::move(settings));
    graph.folder = folder.path.string();
    return error_of(graph);
  };
  const auto says = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  CHECK(says(error({}), "needs 'taps', an array of numbers, or 'file'"));
  CHECK(says(error({{"taps", numbers({1})}, {"file", file("long.wav")}}), "has both 'taps' and 'file'"));
  CHECK(says(error({{"taps", numbers({})}}), "'taps' is empty"));
  CHECK(says(error({{"taps", numbers(std::vector<double>(513, 0.1))}}),
             "has 513 taps; 512 are possible, use 'convolve'"));
  CHECK(says(error({{"file", file("long.wav")}}), "has 600 taps"));
  CHECK(says(error({{"file", file("wide.wav")}}), "has 2 channels"));
}
