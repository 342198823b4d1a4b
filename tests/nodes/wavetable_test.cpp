// The wavetable oscillator against the sum of its wave's harmonics, each computed as a cosine in double precision.
#include <doctest/doctest.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <filesystem>

#include "run.hpp"
#include "spectrum.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

using Harmonics = std::vector<std::complex<double>>;

// What the harmonics of a frame add up from: Re Σ h[m] · e^(2πi m phase).
Harmonics harmonics_of(const std::vector<double>& frame) {
  const size_t n = frame.size();
  Harmonics list;
  for (size_t m = 0; m <= n / 2; ++m) {
    std::complex<double> sum = 0;
    for (size_t i = 0; i < n; ++i)
      sum += frame[i] * std::polar(1.0, -kTau * static_cast<double>(m * i % n) / static_cast<double>(n));
    list.push_back(sum * (m == 0 || 2 * m == n ? 1.0 : 2.0) / static_cast<double>(n));
  }
  return list;
}

// How loud harmonic m is at a pitch of `step` turns per sample: it is gone from the first level that it could alias in,
// and fades out over half an octave before.
double weight(size_t m, size_t most, double step) {
  const double octave = std::log2(std::max(std::abs(step), 0x1p-32) * 2 * static_cast<double>(most));
  const double last = std::floor(std::log2(static_cast<double>(most)));
  const double level = std::clamp(std::ceil(octave), 0.0, last), next = std::min(level + 1, last);
  const double fade = std::clamp(2 * (octave - level) + 1, 0.0, 1.0);
  auto sounds = [&](double l) { return m <= most >> static_cast<size_t>(l) ? 1.0 : 0.0; };
  return (1 - fade) * sounds(level) + fade * sounds(next);
}

double sample(const Harmonics& wave, double phase, double step) {
  double sum = wave[0].real();
  const std::complex<double> turn = std::polar(1.0, kTau * phase);
  std::complex<double> z = 1;
  for (size_t m = 1; m < wave.size(); ++m) {
    z *= turn;
    const double w = weight(m, wave.size() - 1, step);
    if (w == 0) break;
    sum += w * (wave[m] * z).real();
  }
  return sum;
}

std::vector<double> saw(size_t length) {
  std::vector<double> frame(length);
  for (size_t i = 0; i < length; ++i) frame[i] = 2 * (static_cast<double>(i) + 0.5) / static_cast<double>(length) - 1;
  return frame;
}
std::vector<double> jagged(size_t length, uint64_t seed) {
  const std::vector<float> numbers = noise(length, seed);
  return {numbers.begin(), numbers.end()};
}

SettingValue table(std::vector<double> numbers) {
  return {.kind = SettingKind::numbers, .numbers = std::move(numbers)};
}

// In decibels: the expected signal's power over that of the error.
double signal_to_error(const std::vector<float>& found, const std::vector<double>& expected) {
  double signal = 0, error = 1e-30;
  for (size_t n = 0; n < found.size(); ++n) {
    signal += expected[n] * expected[n];
    error += (found[n] - expected[n]) * (found[n] - expected[n]);
  }
  return 10 * std::log10(signal / error);
}

// Audio files of a test, removed at its end.
struct Folder {
  std::filesystem::path path = std::filesystem::path(SINTER_BINARY_DIR) / "test_wavetable_files";
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }

  Graph patch(const std::vector<float>& samples, int channels, std::vector<std::pair<std::string, std::string>> ports,
              std::vector<std::string> inputs) const {
    SF_INFO info{};
    info.samplerate = 44'100;
    info.channels = channels;
    info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    SNDFILE* out = sf_open((path / "waves.wav").string().c_str(), SFM_WRITE, &info);
    REQUIRE(out != nullptr);
    sf_writef_float(out, samples.data(), static_cast<sf_count_t>(samples.size()) / channels);
    sf_close(out);
    Graph graph = one_node("wavetable", std::move(ports), {{"file", file("waves.wav")}}, std::move(inputs));
    graph.folder = path.string();
    return graph;
  }
};

}  // namespace

TEST_CASE("a wavetable plays the harmonics of its numbers below half the rate, however many numbers there are") {
  struct Case {
    std::vector<double> frame;
    double least;  // dB: rows have 4 numbers per period of the highest harmonic, from 4,096 on; phases have 24 bits
  };
  const Case cases[] = {{{1, -1}, 115},        {{0, 1, 0, -1}, 115}, {{0.3, 2, -1, 0.5, 0, 0.7, 1}, 115},
                        {jagged(101, 3), 105}, {saw(600), 95},       {saw(2048), 64}};
  for (const Case& one : cases)
    for (const double rate : {44'100.0, 96'000.0})
      for (const double hertz : {22.0, 55.0, 440.0, -1234.5, 9000.0, 20000.0}) {
        CAPTURE(one.frame.size());
        CAPTURE(rate);
        CAPTURE(hertz);
        constexpr uint32_t kFrames = 4'500;
        const Harmonics wave = harmonics_of(one.frame);
        std::vector<double> expected;
        for (uint32_t n = 0; n < kFrames; ++n)
          expected.push_back(sample(wave, phase_of(n, hertz, rate) / 4294967296.0, hertz / rate));
        const Graph graph = one_node("wavetable", {{"freq", std::to_string(hertz)}}, {{"table", table(one.frame)}}, {});
        on_every_executor(graph, {}, kFrames, {.sample_rate = rate},
                          [&](const Rows& out) { CHECK(signal_to_error(out[0], expected) > one.least); });
      }
}

TEST_CASE("at no pitch does a wavetable alias above -90 dB of its fundamental") {
  constexpr uint32_t kWindow = 1 << 15;
  // Odd numbers of periods, so that every alias has a bin of its own; just above and below the changes of level.
  for (const uint32_t periods : {41u, 73u, 167u, 509u, 515u, 1021u, 1027u, 2049u, 4095u, 7001u, 15'001u}) {
    CAPTURE(periods);
    const Graph graph =
        one_node("wavetable", {{"freq", std::to_string(periods) + " * sr / " + std::to_string(kWindow)}},
                 {{"table", table(saw(2048))}}, {});
    on_every_executor(graph, {}, kWindow, {}, [&](const Rows& out) {
      const std::vector<double> found = amplitudes(out[0]);
      double most = 0;
      for (size_t b = 1; b < found.size(); ++b)
        if (b % periods != 0) most = std::max(most, found[b]);
      CHECK(20 * std::log10(most / found[periods]) < -90);
      // What is surely there: all that is below a quarter of the rate.
      for (size_t m = 1; m * periods < kWindow / 4; ++m)
        REQUIRE(found[m * periods] == doctest::Approx(2 / (kTau / 2 * static_cast<double>(m))).epsilon(0.01));
    });
  }
}

TEST_CASE("a wavetable sweeps through its levels and frames without a click") {
  Folder folder;
  constexpr uint32_t kFrames = 12'000;
  const double rate = 48'000;
  std::vector<float> samples, hertz, position;
  std::vector<Harmonics> waves;
  for (const double shift : {0.0, 0.25, 0.6}) {
    std::vector<double> frame;
    for (uint32_t i = 0; i < 2048; ++i) {
      const double x = i / 2048.0;
      samples.push_back(static_cast<float>(std::tanh(3 * std::sin(kTau * x) + shift * std::cos(3 * kTau * x))));
      frame.push_back(samples.back());
    }
    waves.push_back(harmonics_of(frame));
  }
  std::vector<double> expected;
  uint32_t phase = 0;
  for (uint32_t n = 0; n < kFrames; ++n) {
    const double part = static_cast<double>(n) / kFrames;
    hertz.push_back(static_cast<float>(30 * std::pow(600, part)));
    position.push_back(static_cast<float>(0.5 - 0.5 * std::cos(2.5 * kTau * part)));
    const double at = 2.0 * position[n], turns = phase / 4294967296.0, step = hertz[n] / rate;
    const auto first = static_cast<size_t>(std::min(std::floor(at), 1.0));
    const double low = sample(waves[first], turns, step), high = sample(waves[first + 1], turns, step);
    expected.push_back(low + (at - static_cast<double>(first)) * (high - low));
    const float units = hertz[n] * static_cast<float>(4294967296.0 / rate);
    phase += static_cast<uint32_t>(static_cast<int32_t>(std::nearbyint(units)));
  }
  const Graph graph = folder.patch(samples, 1, {{"freq", "f"}, {"position", "p"}}, {"f", "p"});
  on_every_executor(graph, {hertz, position}, kFrames, {},
                    [&](const Rows& out) { CHECK(worst_difference(out[0], expected) < 2e-5); });
}

TEST_CASE("a file of up to 2,048 samples is one frame, and phase is added to it") {
  Folder folder;
  const std::vector<double> frame = saw(600);
  const std::vector<float> samples(frame.begin(), frame.end());
  const Harmonics wave = harmonics_of({samples.begin(), samples.end()});
  std::vector<double> expected;
  for (uint32_t n = 0; n < 1000; ++n)
    expected.push_back(sample(wave, phase_of(n, 440, 48'000) / 4294967296.0 + 0.25, 440 / 48'000.0));
  on_every_executor(folder.patch(samples, 1, {{"phase", "0.25"}, {"position", "1"}}, {}), {}, 1000, {},
                    [&](const Rows& out) { CHECK(signal_to_error(out[0], expected) > 90); });
}

TEST_CASE("nodes with one wave share its tables, and tables of a patch are counted before they are made") {
  Folder folder;
  Graph graph = folder.patch(std::vector<float>(2048 * 256, 0.5f), 1, {}, {});
  const Node first = graph.nodes[0];
  for (int n = 0; n < 40; ++n) {
    graph.nodes.push_back(first);
    graph.nodes.back().id = "more" + std::to_string(n);
    graph.output("out" + std::to_string(n), graph.nodes.back().id);
  }
  const Result<Ir> ir = lower(graph, {.library = &standard_nodes()});
  REQUIRE(ir);
  CHECK(ir->tables.size() == 1);

  Graph many;
  std::string sum;
  for (int n = 0; n < 400; ++n) {
    std::vector<double> numbers(8192, 0.25);
    numbers[0] = n;
    const std::string id = "x" + std::to_string(n);
    many.node(id, "wavetable", {}, {{"table", table(std::move(numbers))}});
    many.output("out" + std::to_string(n), id);
  }
  const Result<Ir> refused = lower(many, {.library = &standard_nodes()});
  REQUIRE(!refused);
  CHECK(refused.error().code == Errc::limit_memory);
}

TEST_CASE("a wavetable says what is wrong with its numbers or its file") {
  Folder folder;
  auto said = [](const Graph& graph, Errc code, const std::string& part) {
    const Result<Compiled> made = compile_patch(graph, {});
    REQUIRE(!made);
    CHECK(made.error().code == code);
    CHECK_MESSAGE(made.error().message.find(part) != std::string::npos, made.error().message);
  };
  auto of_table = [](std::vector<double> numbers) {
    return one_node("wavetable", {}, {{"table", table(std::move(numbers))}}, {});
  };
  said(one_node("wavetable", {}, {}, {}), Errc::bad_setting, "either 'file' or 'table'");
  said(of_table({1}), Errc::bad_setting, "2 to 8,192");
  said(of_table(std::vector<double>(8193)), Errc::bad_setting, "2 to 8,192");
  said(of_table({1, 2e9}), Errc::out_of_range, "smaller");
  said(folder.patch(std::vector<float>(3000), 1, {}, {}), Errc::bad_audio, "a multiple of 2,048");
  said(folder.patch(std::vector<float>(1), 1, {}, {}), Errc::bad_audio, "2 to 2,048");
  said(folder.patch(std::vector<float>(4096), 2, {}, {}), Errc::limit_channels, "has 2 channels");
  said(folder.patch(std::vector<float>(2048 * 257), 1, {}, {}), Errc::limit_memory, "256 frames");
  Graph both = folder.patch(std::vector<float>(2048), 1, {}, {});
  both.nodes[0].settings.push_back({"table", table({1, 2})});
  said(both, Errc::bad_setting, "one of them");
}
