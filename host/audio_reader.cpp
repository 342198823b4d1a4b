// Reads audio with libsndfile and resamples with libsamplerate.
#include "sinter/host/audio_reader.hpp"

#include <samplerate.h>
#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <vector>

#include "memory_file.hpp"
#include "riff.hpp"

namespace sinter::host {
namespace {

constexpr uint32_t kChunkFrames = 4096;
constexpr double kMaxRatio = 256;

Error bad(const std::string& path, const std::string& message) {
  return {.code = Errc::bad_audio, .message = message, .place = {.file = path}};
}

class SndfileReader final : public AudioReader {
 public:
  explicit SndfileReader(std::string path) : path_(std::move(path)) {}
  ~SndfileReader() override {
    if (converter_) src_delete(converter_);
    if (file_) sf_close(file_);
  }

  std::optional<Error> start();
  const std::string& path() const override { return path_; }
  uint32_t channels() const override { return static_cast<uint32_t>(info_.channels); }
  uint32_t sample_rate() const override { return static_cast<uint32_t>(info_.samplerate); }
  uint64_t frames() const override { return frames_; }
  std::optional<Error> resample(uint32_t rate) override;
  Result<uint32_t> read(float* const* rows, uint32_t frames) override;

 private:
  std::optional<Error> slurp();
  std::optional<Error> check_length() const;
  std::optional<Error> check_info() const;
  /// Up to kChunkFrames of the file into chunk_; remembers an early end in error_.
  long read_chunk();
  uint32_t from_file(uint32_t frames);
  uint32_t from_converter(uint32_t frames);

  std::string path_;
  MemoryFile memory_;
  SNDFILE* file_ = nullptr;
  SF_INFO info_{};
  SRC_STATE* converter_ = nullptr;
  double ratio_ = 1;
  uint64_t frames_ = 0;                    // at the rate given out
  uint64_t given_ = 0;                     // of them
  uint64_t file_read_ = 0;                 // frames read from the file
  std::vector<float> chunk_, block_;       // interleaved
  uint32_t chunk_at_ = 0, chunk_end_ = 0;  // what is left of the chunk, where nothing is resampled
  std::optional<Error> error_;
};

std::optional<Error> SndfileReader::slurp() {
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0) return {};
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return Error{.code = Errc::cannot_read, .message = std::string("standard input: ") + std::strerror(errno)};
    memory_.bytes.append(buffer, static_cast<size_t>(got));
  }
}

std::optional<Error> SndfileReader::check_length() const {
  const std::optional<Shortfall> missing = path_ == "-" ? shortfall_of_bytes(memory_.bytes) : shortfall_of_file(path_);
  if (!missing) return {};
  return bad(path_, "the file is cut off: its header promises " + std::to_string(missing->promised) +
                        " bytes and it has " + std::to_string(missing->present));
}

std::optional<Error> SndfileReader::check_info() const {
  if (info_.channels < 1 || info_.samplerate < 1) return bad(path_, "the file has no channels or no sample rate");
  if (info_.frames < 0 || info_.frames == SF_COUNT_MAX)
    return bad(path_, "the file does not say how long it is; convert it to WAV or FLAC");
  return {};
}

std::optional<Error> SndfileReader::start() {
  if (path_ == "-") {
    if (auto error = slurp()) return error;
    SF_VIRTUAL_IO io = MemoryFile::io();
    file_ = sf_open_virtual(&io, SFM_READ, &info_, &memory_);
  } else {
    if (::access(path_.c_str(), R_OK) != 0)
      return Error{.code = Errc::cannot_read, .message = std::strerror(errno), .place = {.file = path_}};
    file_ = sf_open(path_.c_str(), SFM_READ, &info_);
  }
  if (!file_) return bad(path_, std::string("not an audio file that can be read (") + sf_strerror(nullptr) + ")");
  if (auto error = check_info()) return error;
  if (auto error = check_length()) return error;
  frames_ = static_cast<uint64_t>(info_.frames);
  chunk_.resize(size_t{kChunkFrames} * channels());
  return {};
}

std::optional<Error> SndfileReader::resample(uint32_t rate) {
  if (rate == sample_rate()) return {};
  ratio_ = static_cast<double>(rate) / sample_rate();
  if (ratio_ > kMaxRatio || ratio_ * kMaxRatio < 1)
    return Error{.code = Errc::out_of_range,
                 .message = "its rate cannot be changed by more than 256 times",
                 .place = {.file = path_}};
  int code = 0;
  converter_ = src_callback_new(
      [](void* user, float** data) {
        auto* self = static_cast<SndfileReader*>(user);
        *data = self->chunk_.data();
        return self->read_chunk();
      },
      SRC_SINC_BEST_QUALITY, info_.channels, &code, this);
  if (!converter_) return bad(path_, std::string("cannot be resampled: ") + src_strerror(code));
  frames_ = static_cast<uint64_t>(std::ceil(static_cast<double>(info_.frames) * ratio_));
  return {};
}

long SndfileReader::read_chunk() {
  const uint64_t left = static_cast<uint64_t>(info_.frames) - file_read_;
  const auto want = static_cast<sf_count_t>(std::min<uint64_t>(left, kChunkFrames));
  if (want == 0 || error_) return 0;
  const sf_count_t got = sf_readf_float(file_, chunk_.data(), want);
  file_read_ += static_cast<uint64_t>(std::max<sf_count_t>(got, 0));
  if (got < want)
    error_ = bad(path_, "the file ends after " + std::to_string(file_read_) + " of " + std::to_string(info_.frames) +
                            " frames" + (sf_error(file_) ? std::string(": ") + sf_strerror(file_) : std::string()));
  return static_cast<long>(got);
}

uint32_t SndfileReader::from_file(uint32_t frames) {
  uint32_t done = 0;
  while (done < frames && !error_) {
    if (chunk_at_ == chunk_end_) {
      chunk_at_ = 0;
      chunk_end_ = static_cast<uint32_t>(std::max(read_chunk(), 0L));
    }
    const uint32_t count = std::min(frames - done, chunk_end_ - chunk_at_);
    std::copy_n(&chunk_[size_t{chunk_at_} * channels()], size_t{count} * channels(),
                &block_[size_t{done} * channels()]);
    chunk_at_ += count;
    done += count;
  }
  return done;
}

uint32_t SndfileReader::from_converter(uint32_t frames) {
  uint32_t done = 0;
  while (done < frames) {
    const long got = src_callback_read(converter_, ratio_, static_cast<long>(frames - done),
                                       block_.data() + size_t{done} * channels());
    if (got <= 0) break;
    done += static_cast<uint32_t>(got);
  }
  // The converter may end a frame or two before the exact length: silence.
  std::fill(block_.begin() + static_cast<ptrdiff_t>(size_t{done} * channels()), block_.end(), 0.0f);
  return frames;
}

Result<uint32_t> SndfileReader::read(float* const* rows, uint32_t frames) {
  const auto count = static_cast<uint32_t>(std::min<uint64_t>(frames, frames_ - given_));
  block_.resize(size_t{count} * channels());
  const uint32_t got = converter_ ? from_converter(count) : from_file(count);
  if (error_) return *error_;
  given_ += got;
  for (uint32_t c = 0; c < channels(); ++c)
    for (uint32_t i = 0; i < got; ++i) rows[c][i] = block_[size_t{i} * channels() + c];
  return got;
}

}  // namespace

Result<std::unique_ptr<AudioReader>> AudioReader::open(const std::string& path) {
  auto reader = std::make_unique<SndfileReader>(path);
  if (auto error = reader->start()) return *error;
  return Result<std::unique_ptr<AudioReader>>(std::move(reader));
}

}  // namespace sinter::host
