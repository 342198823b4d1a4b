// The convolve node in a patch: files of every kind that should and should not work.
#include <doctest/doctest.h>
#include <sndfile.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "run.hpp"
#include "sinter/engine/external.hpp"
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

// The External of the patch's one convolve node, and its instances, which play planar rows.
std::shared_ptr<const ExternalType> external_of(const Graph& graph, double rate = 48'000) {
  Result<Compiled> made = compile_patch(graph, {.sample_rate = rate});
  if (!made) FAIL(format(made.error()));
  REQUIRE(made->plan.layout.calls.size() == 1);
  return made->plan.layout.calls[0].type;
}

// `count` frames from `at` on, in calls of up to 64; appended to `out`, where there is one.
void play(External& instance, const Rows& in, size_t at, size_t count, Rows* out) {
  for (size_t end = at + count; at < end;) {
    const auto frames = static_cast<uint32_t>(std::min<size_t>(64, end - at));
    const float* inputs[2] = {in[0].data() + at, in[1].data() + at};
    float rows[2][64];
    float* outputs[2] = {rows[0], rows[1]};
    instance.process({inputs, outputs, frames});
    for (size_t c = 0; out && c < 2; ++c) (*out)[c].insert((*out)[c].end(), rows[c], rows[c] + frames);
    at += frames;
  }
}

constexpr size_t kTaps[] = {100, 1500, 9000};  // direct; with short partitions; with long ones

}  // namespace

TEST_CASE("an External that takes over in slices while the other plays on gives the same bits from then on") {
  const Folder folder;
  const Rows in = {noise(60'000, 3), noise(60'000, 4)};
  for (const size_t taps : kTaps) {
    folder.write("stereo.wav", {noise(taps, 1, 0.1), noise(taps, 2, 0.1)}, 48000);
    const auto type = external_of(folder.patch("stereo.wav", 2));
    for (const uint64_t bytes : {uint64_t{1}, uint64_t{600}, uint64_t{10'000}, uint64_t{100'000}, UINT64_MAX}) {
      for (const uint32_t step : {1u, 64u, 3000u}) {
        CAPTURE(taps);
        CAPTURE(bytes);
        CAPTURE(step);
        const auto from = type->prepare(48'000), to = type->prepare(48'000);
        // What it played before must leave no trace.
        play(*to, {noise(5000, 8), noise(5000, 9)}, 0, 5000, nullptr);
        size_t at = 20'011;
        play(*from, in, 0, at, nullptr);
        // Given up in the middle, then begun anew.
        static_cast<void>(to->take_over(*from, 600, true));
        play(*from, in, at, 3000, nullptr);
        at += 3000;
        uint32_t calls = 0;
        while (!to->take_over(*from, bytes, calls++ == 0)) {
          REQUIRE(calls < 1000);
          play(*from, in, at, step, nullptr);
          at = std::min<size_t>(at + step, 45'000);
        }
        if (bytes == UINT64_MAX) CHECK(calls == 1);
        Rows expected(2), got(2);
        play(*from, in, at, 15'000, &expected);
        play(*to, in, at, 15'000, &got);
        REQUIRE(got == expected);
      }
    }
  }
}

TEST_CASE("a reset in the middle of a take-over is taken over too") {
  const Folder folder;
  folder.write("stereo.wav", {noise(9000, 1, 0.1), noise(9000, 2, 0.1)}, 48000);
  const auto type = external_of(folder.patch("stereo.wav", 2));
  const Rows in = {noise(60'000, 3), noise(60'000, 4)};
  const auto from = type->prepare(48'000), to = type->prepare(48'000);
  play(*from, in, 0, 20'000, nullptr);
  REQUIRE(!to->take_over(*from, 20'000, true));
  from->reset();
  size_t at = 20'000;
  while (!to->take_over(*from, 20'000, false)) play(*from, in, at, 64, nullptr), at += 64;
  Rows expected(2), got(2);
  play(*from, in, at, 15'000, &expected);
  play(*to, in, at, 15'000, &got);
  CHECK(got == expected);
}

TEST_CASE("what an External saved continues to the bit, and damaged or foreign bytes are refused") {
  const Folder folder;
  const Rows in = {noise(40'000, 3), noise(40'000, 4)};
  for (const size_t taps : kTaps) {
    CAPTURE(taps);
    folder.write("stereo.wav", {noise(taps, 1, 0.1), noise(taps, 2, 0.1)}, 48000);
    const auto type = external_of(folder.patch("stereo.wav", 2));
    const auto from = type->prepare(48'000), to = type->prepare(48'000);
    play(*from, in, 0, 20'011, nullptr);
    play(*to, in, 0, 777, nullptr);
    const std::vector<uint8_t> bytes = from->save();
    REQUIRE(to->restore(bytes));
    Rows expected(2), got(2);
    play(*from, in, 20'011, 15'000, &expected);
    play(*to, in, 20'011, 15'000, &got);
    REQUIRE(got == expected);

    Random random(taps);
    for (uint32_t run = 0; run < 60; ++run) {
      std::vector<uint8_t> damaged = bytes;
      if (run % 3 == 0) damaged.resize(random.below(static_cast<uint32_t>(bytes.size())));
      else if (run % 3 == 1)
        damaged[random.below(static_cast<uint32_t>(bytes.size()))] ^= static_cast<uint8_t>(1u << random.below(8));
      else damaged.push_back(0);
      REQUIRE(!to->restore(damaged));
    }
    CHECK(!to->restore({}));
    folder.write("other.wav", {noise(taps + 3000, 1, 0.1)}, 48000);
    CHECK(!external_of(folder.patch("other.wav", 2))->prepare(48'000)->restore(bytes));
    CHECK(!external_of(folder.patch("other.wav", 1))->prepare(48'000)->restore(bytes));
  }
}

TEST_CASE("a convolution's fingerprint is that of the response's content, the channels and the rate") {
  const Folder folder;
  std::vector<float> taps = noise(1000, 1, 0.1);
  folder.write("one.wav", {taps}, 48000);
  folder.write("copy.wav", {taps}, 48000);
  taps[500] += 0.001f;
  folder.write("other.wav", {taps}, 48000);
  const uint64_t print = external_of(folder.patch("one.wav", 2))->fingerprint();
  CHECK(print != 0);
  CHECK(external_of(folder.patch("copy.wav", 2))->fingerprint() == print);
  CHECK(external_of(folder.patch("other.wav", 2))->fingerprint() != print);
  CHECK(external_of(folder.patch("one.wav", 1))->fingerprint() != print);
  CHECK(external_of(folder.patch("one.wav", 2), 96'000)->fingerprint() != print);
}

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
