// `sinter play`: a patch on an audio device, compiled again whenever its file changes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sinter/host/audio_writer.hpp"
#include "sinter/session/session.hpp"

namespace sinter::host {

struct PlayRequest {
  std::string patch;
  std::string input, output;  ///< devices: number or part of a name; empty: the default ones
  double rate = 0;            ///< Hz; 0: the device's own
  uint32_t block = 0;         ///< frames; 0: as the driver likes
  bool watch = true, guard = true, demo = false, json = false, verbose = false, strict = false;
  std::string record;  ///< empty: nothing
  SampleFormat format = SampleFormat::int24;
  std::optional<double> seconds;  ///< not given: until it is stopped
  std::string loop;               ///< a file instead of the input device
  Mode mode = Mode::hybrid;
  std::string backend;                                          ///< empty: the mode decides
  std::vector<std::pair<std::string, std::string>> parameters;  ///< id, value as typed
};

/// Plays until a signal, `q`, or the end of `seconds`. Prints by itself; returns the exit code. Control thread.
int play(const PlayRequest& request);

}  // namespace sinter::host
