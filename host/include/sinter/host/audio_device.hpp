// Audio devices: what there is, and one stream between them and a client. PortAudio is in no header and in no other
// file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"

namespace sinter::host {

struct AudioDevice {
  int index = 0;                                 ///< what --in and --out take; the same until a device comes or goes
  std::string name;                              ///< as the system calls it
  std::string api;                               ///< "ALSA", "JACK Audio Connection Kit", "Core Audio" …
  uint32_t inputs = 0, outputs = 0;              ///< channels; 0: not in that direction
  double rate = 0;                               ///< Hz, its own
  double input_latency = 0, output_latency = 0;  ///< seconds, the least that it is said to keep up with
  bool default_input = false, default_output = false;
};

/// Who fills the blocks. Audio thread: no locks, no memory, no system calls.
class AudioClient {
 public:
  virtual ~AudioClient() = default;
  /// `inputs` and `outputs` as many rows as StreamInfo says. `xrun`: the driver says that blocks were lost before this.
  virtual void audio(const float* const* inputs, float* const* outputs, uint32_t frames, bool xrun) noexcept = 0;
};

struct StreamRequest {
  std::string input, output;         ///< number or part of a name; empty: the default device
  uint32_t inputs = 0, outputs = 2;  ///< channels wanted; fewer where the device has fewer. No input: output only
  double rate = 0;                   ///< Hz; 0: the output device's own
  uint32_t block = 0;                ///< frames; 0: as the driver likes
};

struct StreamInfo {
  std::string input, output;  ///< names; no input: empty
  std::string api;
  uint32_t inputs = 0, outputs = 0;
  double rate = 0;
  double input_latency = 0, output_latency = 0;  ///< seconds
};

/// The device that a text means among those with channels in that direction: its number, its whole name with or without
/// "API: " before it, or a part of that; case aside. Errors: no_device where there is none, usage where there are
/// several, which are named, or the number is of no such device.
Result<int> find_device(const std::vector<AudioDevice>& devices, std::string_view text, bool output);

/// The system's audio for as long as this lives; a device that is plugged in later is seen by the next one. Control
/// thread, one at a time.
class AudioSystem {
 public:
  /// `verbose`: what drivers print while they are asked goes to standard error; else nowhere. Errors: no_device.
  static Result<std::unique_ptr<AudioSystem>> open(bool verbose = false);
  virtual ~AudioSystem() = default;  ///< stops and closes

  virtual const std::vector<AudioDevice>& devices() const = 0;

  /// Opens, silent until start(). Where the default input is missing, output only. Errors: no_device (missing, busy),
  /// usage (a rate or number of channels that it does not have).
  virtual Result<StreamInfo> open_stream(const StreamRequest& request, AudioClient& client) = 0;
  virtual std::optional<Error> start() = 0;
  /// False once the driver has stopped the stream: unplugged, server gone.
  virtual bool active() const = 0;
  /// No call of the client after this.
  virtual void close_stream() = 0;
};

}  // namespace sinter::host
