// Private to `sinter play`: everything it prints, as text for people or as JSON lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sinter/host/audio_device.hpp"
#include "sinter/host/load_statistics.hpp"
#include "sinter/host/play.hpp"
#include "sinter/host/play_status.hpp"
#include "sinter/host/recorder.hpp"
#include "sinter/host/terminal.hpp"

namespace sinter::host {

struct PlayFigures {
  double seconds = 0;
  std::vector<float> peaks;  ///< linear, per output channel, since the last figures
  LoadFigures recent, overall;
  uint64_t xruns = 0, not_finite = 0, swaps = 0, errors = 0, reopened = 0;
  uint64_t scrubbed = 0, lost_frames = 0;  ///< states reset; frames that the recorder had no room for
  std::string backend;
  GuardState guard = GuardState::off;
};

class PlayReport {
 public:
  explicit PlayReport(bool json);

  void started(const PlayRequest& request, const StreamInfo& stream, uint32_t latency_frames, double sample_rate);
  void note(const std::string& text);
  void failed(const std::vector<Error>& errors);  ///< playing goes on
  void event(const SessionEvent& event);
  /// `wait`: seconds from the change of the file to its sound, where a file has changed.
  void swapped(const SessionEvent& compiled, const SessionEvent& sounding, std::optional<double> wait);
  void lost(const std::string& why, double retry_seconds);
  void reopened(const StreamInfo& stream);
  void parameter(const std::string& id, const std::string& text);
  void second(const PlayFigures& figures);  ///< a JSON line; nothing for people
  void summary(const PlayFigures& figures, const std::optional<Recorder::Recorded>& recorded);

  bool draws() const { return area_.shown(); }
  void draw(const PlayView& view);
  void hide() { area_.hide(); }

 private:
  void say(const std::string& text, Tone tone);
  bool json_, colour_;
  StatusArea area_;
};

}  // namespace sinter::host
