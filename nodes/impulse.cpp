// Reads audio files with libsndfile and brings impulse responses to the patch's sample rate with libsamplerate.
#include "impulse.hpp"

#include <samplerate.h>
#include <sndfile.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace sinter::nodes {
namespace {

struct CloseFile {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using File = std::unique_ptr<SNDFILE, CloseFile>;

File open_for_reading(const std::filesystem::path& path, SF_INFO& info) {
#ifdef _WIN32
  return File(sf_wchar_open(path.c_str(), SFM_READ, &info));
#else
  return File(sf_open(path.c_str(), SFM_READ, &info));
#endif
}

Error bad_audio(const std::string& path, const std::string& why) {
  return {Errc::bad_audio, path, "'" + path + "' " + why + "; convert it to WAV or FLAC"};
}

// Interleaved frames at another rate; empty where the ratio is beyond what libsamplerate does.
std::vector<float> resampled(const std::vector<float>& frames, int channels, double ratio) {
  const auto count = static_cast<double>(frames.size() / static_cast<size_t>(channels));
  std::vector<float> out((static_cast<size_t>(std::ceil(count * ratio)) + 1) * static_cast<size_t>(channels));
  SRC_DATA data{};
  data.data_in = frames.data();
  data.input_frames = static_cast<long>(count);
  data.data_out = out.data();
  data.output_frames = static_cast<long>(out.size()) / channels;
  data.src_ratio = ratio;
  if (src_simple(&data, SRC_SINC_BEST_QUALITY, channels) != 0) return {};
  out.resize(static_cast<size_t>(data.output_frames_gen * channels));
  // A response is a density over time: with more samples per second each weighs less.
  for (float& sample : out) sample = static_cast<float>(sample / ratio);
  return out;
}

}  // namespace

Result<AudioFile> read_audio(const std::string& path, const AudioLimits& limits) {
  const std::filesystem::path file_path(std::u8string(path.begin(), path.end()));
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file_path, ignored))
    return Error{Errc::missing_asset, path, "there is no file '" + path + "'; check the path"};
  SF_INFO info{};
  const File file = open_for_reading(file_path, info);
  if (!file) return bad_audio(path, std::string("cannot be read as audio (") + sf_strerror(nullptr) + ")");
  if (info.frames <= 0 || info.channels <= 0 || info.samplerate <= 0) return bad_audio(path, "holds no audio");
  if (static_cast<double>(info.frames) > limits.seconds * info.samplerate) {
    char most[32];
    std::snprintf(most, sizeof most, "%.3g", limits.seconds);
    return Error{Errc::limit_delay, path, "'" + path + "' is longer than " + most + " s; shorten it"};
  }
  if (static_cast<uint32_t>(info.channels) > limits.channels)
    return Error{Errc::limit_channels, path,
                 "'" + path + "' has " + std::to_string(info.channels) + " channels; at most " +
                     std::to_string(limits.channels) + " can be used here"};

  AudioFile audio{.channels = static_cast<uint32_t>(info.channels),
                  .sample_rate = static_cast<double>(info.samplerate)};
  audio.samples.resize(static_cast<size_t>(info.frames * info.channels));
  if (sf_readf_float(file.get(), audio.samples.data(), info.frames) != info.frames)
    return bad_audio(path, "ends before its header says");
  for (float sample : audio.samples)
    if (!std::isfinite(sample)) return bad_audio(path, "has samples that are not finite numbers");
  return audio;
}

Result<Impulse> load_impulse(const std::string& path, double sample_rate, const AudioLimits& limits) {
  Result<AudioFile> audio = read_audio(path, limits);
  if (!audio) return audio.error();
  std::vector<float> frames = std::move(audio->samples);
  if (sample_rate != audio->sample_rate)
    frames = resampled(frames, static_cast<int>(audio->channels), sample_rate / audio->sample_rate);
  if (frames.empty()) return bad_audio(path, "cannot be brought to the patch's sample rate");

  Impulse impulse;
  const size_t channels = audio->channels;
  impulse.channels.resize(channels);
  for (size_t i = 0; i < frames.size(); ++i) impulse.channels[i % channels].push_back(frames[i]);
  return impulse;
}

}  // namespace sinter::nodes
