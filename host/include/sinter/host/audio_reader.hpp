// Audio files in: streams planar samples from anything that libsndfile reads, resampled where asked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sinter/base/error.hpp"

namespace sinter::host {

/// One open file. Control thread. Memory does not grow with the file ("-", standard input, is held in memory).
class AudioReader {
 public:
  /// Opens a file, or standard input for "-". Errors: cannot_read, bad_audio (also where the file is shorter than its
  /// header promises).
  static Result<std::unique_ptr<AudioReader>> open(const std::string& path);
  virtual ~AudioReader() = default;

  virtual const std::string& path() const = 0;
  virtual uint32_t channels() const = 0;
  virtual uint32_t sample_rate() const = 0;  ///< Hz, of the file
  /// Frames at the rate that read() gives.
  virtual uint64_t frames() const = 0;

  /// From here on read() gives this rate (libsamplerate, best sinc; delay compensated). Before the first read.
  /// Errors: out_of_range for ratios beyond 256.
  virtual std::optional<Error> resample(uint32_t rate) = 0;

  /// Fills channels() rows with up to `frames` frames, fewer only at the end of the file. Errors: bad_audio.
  virtual Result<uint32_t> read(float* const* rows, uint32_t frames) = 0;
};

}  // namespace sinter::host
