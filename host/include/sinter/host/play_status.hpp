// The status lines of `sinter play`: levels, load and what plays, drawn to fit a terminal.
#pragma once

#include <string>
#include <vector>

#include "sinter/host/load_statistics.hpp"

namespace sinter::host {

enum class GuardState { off, on, muted };

struct PlayView {
  std::vector<float> peaks;  ///< linear, per output channel
  LoadFigures load;          ///< of the last seconds
  uint64_t xruns = 0, not_finite = 0;
  double seconds = 0;  ///< played
  std::string backend;
  GuardState guard = GuardState::off;
  bool recording = false, demo = false, watching = false;
  std::string lost;       ///< why nothing sounds; empty: it does
  std::string parameter;  ///< the chosen one with its value; empty: none
  std::string piano;      ///< octave and velocity; empty: no piano
};

/// Two lines, three with parameters or a piano, none wider than `width` columns. What does not fit is left out, the
/// least important first.
std::vector<std::string> status_lines(const PlayView& view, size_t width, bool colour);

/// A bar of `cells` columns for a level: −60 dB is empty, 0 dB full, in eighths of a column.
std::string level_bar(float peak, size_t cells, bool colour);
/// The same in one column, for many channels.
std::string level_block(float peak, bool colour);

/// Falls by 20 dB a second from the last peak, as meters do.
class PeakHold {
 public:
  /// The level to show `seconds` after the last call.
  float show(float peak, double seconds);

 private:
  float level_ = 0;
};

/// Lines at the bottom of a terminal that are drawn over. Output in between goes through hide().
class StatusArea {
 public:
  explicit StatusArea(bool shown) : shown_(shown) {}
  ~StatusArea();
  StatusArea(const StatusArea&) = delete;
  StatusArea& operator=(const StatusArea&) = delete;
  bool shown() const { return shown_; }
  void draw(const std::vector<std::string>& lines);
  /// Takes the lines away, so that others can print; the next draw() brings them back.
  void hide();
  static size_t width();  ///< columns of standard output

 private:
  bool shown_;
  size_t lines_ = 0;
};

}  // namespace sinter::host
