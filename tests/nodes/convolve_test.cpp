// The convolve node in a patch: files of every kind that should and should not work.
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

// A folder for the test's files, removed at its end.
struct Folder {
  std::filesystem::path path = std::filesystem::path(SINTER_BINARY_DIR) / "test_nodes_files";
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }

  void write(const std::string& name, const Rows& rows, int rate) const {
    SF_INFO info{};
    info.samplerate = rate;
    info.channels = static_cast<int>(rows.size());
    info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    SNDFILE* out = sf_open((path / name).string().c_str(), SFM_WRITE, &info);
    REQUIRE(out != nullptr);
    std::vector<float> frames;
    for (size_t n = 0; n < rows[0].size(); ++n)
      for (const std::vector<float>& row : rows) frames.push_back(row[n]);
    sf_writef_float(out, frames.data(), static_cast<sf_count_t>(rows[0].size()));
    sf_close(out);
  }
  void write_bytes(const std::string& name, const std::string& bytes) const {
    std::ofstream(path / name, std::ios::binary) << bytes;
  }

  Graph patch(const std::string& name, uint32_t channels) const {
    Graph graph;
    graph.folder = path.string();
    graph.input("in", channels);
    graph.node("x", "convolve", {{"in", "in"}, {"gain", "0.5"}}, {{"file", file(name)}});
    graph.output("out", "x");
    return graph;
  }
};

std::vector<double> convolved(const std::vector<float>& in, const std::vector<float>& taps, double gain) {
  std::vector<double> out(in.size());
  for (size_t n = 0; n < in.size(); ++n)
    for (size_t k = 0; k < std::min(n + 1, taps.size()); ++k) out[n] += gain * taps[k] * in[n - k];
  return out;
}

}  // namespace

TEST_CASE("convolve applies a mono response to every channel and a wide one channel by channel") {
  const Folder folder;
  constexpr uint32_t kFrames = 4000;
  const std::vector<float> left = noise(2500, 1, 0.1), right = noise(2500, 2, 0.1);
  folder.write("mono.wav", {left}, 48000);
  folder.write("stereo.wav", {left, right}, 48000);
  const Rows in = {noise(kFrames, 3), noise(kFrames, 4)};
  for (const auto& [wide, f64] : {std::pair(false, false), std::pair(true, false), std::pair(true, true)})
    on_every_executor(folder.patch(wide ? "stereo.wav" : "mono.wav", 2), in, kFrames, {.f64 = f64},
                      [&](const Rows& out) {
                        REQUIRE(out.size() == 2);
                        CHECK(worst_difference(out[0], convolved(in[0], left, 0.5)) < 2e-6);
                        CHECK(worst_difference(out[1], convolved(in[1], wide ? right : left, 0.5)) < 2e-6);
                      });
}

TEST_CASE("convolve gives the same bits for every block size") {
  const Folder folder;
  constexpr uint32_t kFrames = 3000;
  folder.write("mono.wav", {noise(2500, 1, 0.1)}, 48000);
  const Rows in = {noise(kFrames, 3)};
  const Backend& backend = best_backend();
  const Rows first = render(folder.patch("mono.wav", 1), in, kFrames, {}, backend);
  for (uint64_t seed = 2; seed < 6; ++seed)
    CHECK(render(folder.patch("mono.wav", 1), in, kFrames, {.block_seed = seed}, backend) == first);
}

TEST_CASE("a response at another rate is brought to the patch's and keeps its level") {
  const Folder folder;
  std::vector<float> taps(4410);
  for (size_t n = 0; n < taps.size(); ++n) taps[n] = static_cast<float>(0.02 * std::exp(-static_cast<double>(n) / 400));
  folder.write("slow.wav", {taps}, 44100);
  for (const double rate : {44100.0, 48000.0, 96000.0}) {
    CAPTURE(rate);
    constexpr uint32_t kFrames = 12000;
    // A 100 Hz sine, far below where resampling acts: the transfer function there is that of the file.
    std::vector<float> in(kFrames);
    for (size_t n = 0; n < kFrames; ++n)
      in[n] = static_cast<float>(std::sin(2 * 3.141592653589793 * 100 * static_cast<double>(n) / rate));
    double real = 0, imaginary = 0;
    for (size_t n = 0; n < taps.size(); ++n) {
      real += 0.5 * taps[n] * std::cos(2 * 3.141592653589793 * 100 * static_cast<double>(n) / 44100);
      imaginary += 0.5 * taps[n] * std::sin(2 * 3.141592653589793 * 100 * static_cast<double>(n) / 44100);
    }
    const Rows out = render(folder.patch("slow.wav", 1), {in}, kFrames, {.sample_rate = rate}, best_backend());
    double peak = 0;
    for (size_t n = kFrames / 2; n < kFrames; ++n) peak = std::max(peak, static_cast<double>(std::abs(out[0][n])));
    CHECK(peak == doctest::Approx(std::hypot(real, imaginary)).epsilon(0.01));
  }
}

TEST_CASE("files that cannot be convolved with are errors that say which") {
  const Folder folder;
  folder.write("three.wav", Rows(3, noise(10, 1)), 48000);
  folder.write("empty.wav", {{}}, 48000);
  folder.write("infinite.wav", {{0.5f, INFINITY}}, 48000);
  folder.write("long.wav", {std::vector<float>(8000 * 30 + 1)}, 8000);
  folder.write_bytes("text.wav", "this is no audio");
  const struct {
    const char* name;
    Errc code;
  } cases[] = {{"three.wav", Errc::channel_mismatch}, {"empty.wav", Errc::bad_audio},
               {"infinite.wav", Errc::bad_audio},     {"long.wav", Errc::limit_delay},
               {"text.wav", Errc::bad_audio},         {"absent.wav", Errc::missing_asset}};
  for (const auto& one : cases) {
    CAPTURE(one.name);
    const Result<Compiled> compiled = compile_patch(folder.patch(one.name, 2), {});
    REQUIRE(!compiled);
    CHECK(compiled.error().code == one.code);
    CHECK(compiled.errors().size() == 1);
  }
}
