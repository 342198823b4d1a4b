// Recording while it plays: the audio thread puts frames into a queue, a thread of its own writes the file.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sinter/host/audio_writer.hpp"

namespace sinter::host {

inline constexpr double kRecorderSeconds = 4;  ///< that the queue holds: how long a disk may take

class Recorder {
 public:
  /// Opens the file and starts the thread. `options.frames` need not be known. Errors: usage, cannot_write.
  static Result<std::unique_ptr<Recorder>> start(const AudioWriterOptions& options);
  virtual ~Recorder() = default;  ///< without finish(): no file

  /// Audio thread. As many rows as channels. What does not fit into the queue is lost and counted.
  virtual void push(const float* const* rows, uint32_t frames) noexcept = 0;
  /// Frames that found no room. Any thread.
  virtual uint64_t lost_frames() const noexcept = 0;
  /// What went wrong with the file so far; what comes after it is dropped. Control thread.
  virtual std::optional<Error> error() const = 0;

  struct Recorded {
    std::string path;
    Measured measured;
    uint64_t lost_frames = 0;
  };
  /// Writes what is left and puts the file in its place. After the last push(). Errors: cannot_write.
  virtual Result<Recorded> finish() = 0;
};

}  // namespace sinter::host
