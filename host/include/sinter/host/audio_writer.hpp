// Audio files out: written beside their final place, measured on the way, and renamed when they are whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sinter/base/error.hpp"

namespace sinter::host {

enum class SampleFormat : uint8_t { int16, int24, float32 };
/// "16", "24", "32f".
std::string_view name(SampleFormat format);
bool parse_sample_format(std::string_view text, SampleFormat& format);

/// What was written. Loudness is integrated, after EBU R128 (ITU-R BS.1770), −inf for silence and less than 0.4 s.
struct Measured {
  uint64_t frames = 0;
  double peak = 0;  ///< largest absolute sample, before it was rounded or clipped
  double loudness_lufs = 0;
  uint64_t clipped = 0;     ///< samples beyond full scale: clipped in integer formats, kept in 32f
  uint64_t not_finite = 0;  ///< samples that were NaN or infinite, written as 0
};

struct AudioWriterOptions {
  std::string path;  ///< "-": standard output, as WAV
  uint32_t channels = 1;
  uint32_t sample_rate = 48'000;
  SampleFormat format = SampleFormat::int24;
  uint64_t frames = 0;      ///< to come: WAV becomes RF64 where it would pass 4 GB
  bool open_ended = false;  ///< nobody knows how many: WAV becomes RF64 where it did pass 4 GB
};

/// One file being made. Nothing is to be seen at `path` before publish(); without it everything is removed again. A
/// path that exists and is no regular file (a device, a pipe) is written from memory instead. Control thread. Integer
/// samples are rounded to nearest, without dither.
class AudioWriter {
 public:
  /// The error that a path's name and format alone give (usage), before anything is made.
  static std::optional<Error> check(const std::string& path, SampleFormat format);
  /// Errors: usage, cannot_write.
  static Result<std::unique_ptr<AudioWriter>> create(const AudioWriterOptions& options);
  virtual ~AudioWriter() = default;

  virtual std::optional<Error> write(const float* const* rows, uint32_t frames) = 0;
  /// Completes the file and brings it to disk, still under its temporary name.
  virtual std::optional<Error> finish() = 0;
  /// Puts it in its place, in one step. After finish().
  virtual std::optional<Error> publish() = 0;
  virtual Measured measured() const = 0;
  virtual const std::string& path() const = 0;
};

}  // namespace sinter::host
