// Writes audio with libsndfile and measures it with libebur128.
#include "sinter/host/audio_writer.hpp"

#include <ebur128.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <vector>

#include "memory_file.hpp"
#include "output_file.hpp"

namespace sinter::host {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLargestWav = (uint64_t{1} << 32) - (1u << 16);  // bytes of samples; the rest is for the header

struct Container {
  const char* extension;
  int major;
  bool lossy;  // has no sample format of its own
};
constexpr Container kContainers[] = {
    {".wav", SF_FORMAT_WAV, false},   {".flac", SF_FORMAT_FLAC, false}, {".aif", SF_FORMAT_AIFF, false},
    {".aiff", SF_FORMAT_AIFF, false}, {".caf", SF_FORMAT_CAF, false},   {".w64", SF_FORMAT_W64, false},
    {".rf64", SF_FORMAT_RF64, false}, {".au", SF_FORMAT_AU, false},     {".ogg", SF_FORMAT_OGG, true},
};

const Container* container_of(const std::string& path) {
  if (is_stream(path)) return &kContainers[0];
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  for (const Container& container : kContainers)
    if (extension == container.extension) return &container;
  return nullptr;
}

int subtype(SampleFormat format) {
  return format == SampleFormat::int16   ? SF_FORMAT_PCM_16
         : format == SampleFormat::int24 ? SF_FORMAT_PCM_24
                                         : SF_FORMAT_FLOAT;
}

uint32_t bits(SampleFormat format) {
  return format == SampleFormat::int16 ? 16 : format == SampleFormat::int24 ? 24 : 32;
}

struct Loudness {
  ebur128_state* state = nullptr;
  Loudness(uint32_t channels, uint32_t rate) : state(ebur128_init(channels, rate, EBUR128_MODE_I)) {
    if (!state || channels <= 2 || (channels >= 4 && channels <= 6)) return;
    // Layouts that BS.1770 does not name: every channel weighs the same.
    for (uint32_t c = 0; c < channels; ++c) ebur128_set_channel(state, c, EBUR128_CENTER);
  }
  ~Loudness() { ebur128_destroy(&state); }
  Loudness(const Loudness&) = delete;
  Loudness& operator=(const Loudness&) = delete;
  double integrated() const {
    double lufs = 0;
    const bool known = state && ebur128_loudness_global(state, &lufs) == EBUR128_SUCCESS;
    return known ? lufs : -std::numeric_limits<double>::infinity();
  }
};

class SndfileWriter final : public AudioWriter {
 public:
  explicit SndfileWriter(const AudioWriterOptions& options)
      : options_(options), loudness_(options.channels, options.sample_rate), stream_(is_stream(options.path)) {}
  ~SndfileWriter() override {
    if (file_) sf_close(file_);
  }

  std::optional<Error> start();
  std::optional<Error> write(const float* const* rows, uint32_t frames) override;
  std::optional<Error> finish() override;
  std::optional<Error> publish() override {
    return stream_ ? write_stream(options_.path, memory_.bytes) : output_.publish();
  }
  Measured measured() const override {
    Measured all = measured_;
    all.loudness_lufs = loudness_.integrated();
    return all;
  }
  const std::string& path() const override { return options_.path; }

 private:
  SF_INFO file_info() const;
  Error failed() const {
    return {.code = Errc::cannot_write, .message = sf_strerror(file_), .place = {.file = options_.path}};
  }
  void interleave(const float* const* rows, uint32_t frames);
  void to_integers();

  AudioWriterOptions options_;
  Loudness loudness_;
  bool stream_;
  OutputFile output_;
  MemoryFile memory_;
  SNDFILE* file_ = nullptr;
  Measured measured_;
  std::vector<float> samples_;     // interleaved
  std::vector<int32_t> integers_;  // the same in the upper bits
};

SF_INFO SndfileWriter::file_info() const {
  const Container& container = *container_of(options_.path);
  SF_INFO info{};
  info.channels = static_cast<int>(options_.channels);
  info.samplerate = static_cast<int>(options_.sample_rate);
  const uint64_t bytes = options_.frames * options_.channels * bits(options_.format) / 8;
  const bool too_long = container.major == SF_FORMAT_WAV && (bytes > kLargestWav || options_.open_ended);
  info.format =
      (too_long ? SF_FORMAT_RF64 : container.major) | (container.lossy ? SF_FORMAT_VORBIS : subtype(options_.format));
  return info;
}

std::optional<Error> SndfileWriter::start() {
  SF_INFO info = file_info();
  if (!sf_format_check(&info))
    return Error{.code = Errc::usage,
                 .message = "this kind of file does not hold " + std::to_string(options_.channels) + " channels of " +
                            std::string(name(options_.format)) + " bits at " + std::to_string(options_.sample_rate) +
                            " Hz",
                 .place = {.file = options_.path}};
  if (stream_) {
    SF_VIRTUAL_IO io = MemoryFile::io();
    file_ = sf_open_virtual(&io, SFM_WRITE, &info, &memory_);
  } else {
    if (auto error = output_.create(options_.path)) return error;
    file_ = sf_open_fd(output_.descriptor(), SFM_WRITE, &info, SF_FALSE);
  }
  if (!file_) return failed();
  // Closed before it reached 4 GB, it is plain WAV after all.
  if (options_.open_ended) sf_command(file_, SFC_RF64_AUTO_DOWNGRADE, nullptr, SF_TRUE);
  // The optional PEAK chunk carries the time of day: equal renders would differ.
  sf_command(file_, SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
  return {};
}

void SndfileWriter::interleave(const float* const* rows, uint32_t frames) {
  const uint32_t channels = options_.channels;
  samples_.resize(size_t{frames} * channels);
  for (uint32_t c = 0; c < channels; ++c)
    for (uint32_t i = 0; i < frames; ++i) {
      float x = rows[c][i];
      if (!std::isfinite(x)) {
        x = 0;
        ++measured_.not_finite;
      }
      measured_.peak = std::max(measured_.peak, std::fabs(static_cast<double>(x)));
      samples_[size_t{i} * channels + c] = x;
    }
}

void SndfileWriter::to_integers() {
  const uint32_t width = bits(options_.format);
  const double scale = std::ldexp(1.0, static_cast<int>(width) - 1);
  integers_.resize(samples_.size());
  for (size_t i = 0; i < samples_.size(); ++i) {
    const double rounded = std::nearbyint(samples_[i] * scale);
    const double fitting = std::clamp(rounded, -scale, scale - 1);
    // Full scale itself, 1.0, is one step beyond the largest integer and not yet an overload.
    if (rounded < -scale || rounded > scale) ++measured_.clipped;
    integers_[i] = static_cast<int32_t>(fitting) * (1 << (32 - width));
  }
}

std::optional<Error> SndfileWriter::write(const float* const* rows, uint32_t frames) {
  interleave(rows, frames);
  if (loudness_.state) ebur128_add_frames_float(loudness_.state, samples_.data(), frames);
  measured_.frames += frames;
  sf_count_t done = 0;
  if (options_.format == SampleFormat::float32 || container_of(options_.path)->lossy) {
    for (float x : samples_) measured_.clipped += std::fabs(x) > 1.0f;
    done = sf_writef_float(file_, samples_.data(), frames);
  } else {
    to_integers();
    done = sf_writef_int(file_, integers_.data(), frames);
  }
  if (done != static_cast<sf_count_t>(frames)) return failed();
  return {};
}

std::optional<Error> SndfileWriter::finish() {
  const int closed = sf_close(file_);
  file_ = nullptr;
  if (closed != 0)
    return Error{.code = Errc::cannot_write, .message = sf_error_number(closed), .place = {.file = options_.path}};
  return stream_ ? std::nullopt : output_.sync();
}

}  // namespace

std::string_view name(SampleFormat format) {
  return format == SampleFormat::int16 ? "16" : format == SampleFormat::int24 ? "24" : "32f";
}

bool parse_sample_format(std::string_view text, SampleFormat& format) {
  for (SampleFormat candidate : {SampleFormat::int16, SampleFormat::int24, SampleFormat::float32})
    if (text == name(candidate)) {
      format = candidate;
      return true;
    }
  return false;
}

std::optional<Error> AudioWriter::check(const std::string& path, SampleFormat format) {
  const Container* container = container_of(path);
  if (!container) {
    std::string known;
    for (const Container& each : kContainers) known += std::string(known.empty() ? "" : " ") + each.extension;
    return Error{.code = Errc::usage,
                 .message = "the name says no audio format; end it in one of " + known,
                 .place = {.file = path}};
  }
  if (container->major == SF_FORMAT_FLAC && format == SampleFormat::float32)
    return Error{
        .code = Errc::usage, .message = "FLAC holds 16 or 24 bits; write WAV for 32f", .place = {.file = path}};
  return {};
}

Result<std::unique_ptr<AudioWriter>> AudioWriter::create(const AudioWriterOptions& options) {
  if (auto error = check(options.path, options.format)) return *error;
  auto writer = std::make_unique<SndfileWriter>(options);
  if (auto error = writer->start()) return *error;
  return Result<std::unique_ptr<AudioWriter>>(std::move(writer));
}

}  // namespace sinter::host
