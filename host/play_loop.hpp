// Private to `sinter play`: the control thread while it plays. Keys, files, events and the device, until it ends.
#pragma once

#include <map>
#include <memory>

#include "play_device.hpp"
#include "play_report.hpp"
#include "sinter/host/file_watcher.hpp"
#include "sinter/host/piano.hpp"
#include "terminal_input.hpp"

namespace sinter::host {

/// The routing of what a program has.
Routing routing_of(const Program& program);

class PlayLoop {
 public:
  using Clock = std::chrono::steady_clock;
  PlayLoop(const PlayRequest& request, Session& session, Player& player, PlayDevice& device, PlayReport& report,
           Recorder* recorder);

  /// Events up to now belong to the start.
  void skip_events();
  void run();
  /// Since the last call, and since the start.
  PlayFigures figures();

 private:
  bool ended() const;
  void wait();
  int patience() const;  ///< milliseconds until something is due
  void take_signals();
  void take_keys();
  void take_key(const Key& key);
  void turn_parameter(const Key& key);
  void send(const std::vector<Event>& events);
  void take_files();
  void take_events();
  void take_event(const SessionEvent& event);
  void take_program();
  void take_device();
  void take_time();
  void stop(Clock::time_point now);
  PlayView view(double seconds);
  GuardState guard() const;

  const PlayRequest& request_;
  Session& session_;
  Player& player_;
  PlayDevice& device_;
  PlayReport& report_;
  Recorder* recorder_;

  StopSignals signals_;
  TerminalInput keys_;
  Piano piano_;
  std::unique_ptr<FileWatcher> watcher_;
  std::chrono::system_clock::time_point read_at_;
  std::shared_ptr<const Program> program_;

  struct Change {
    uint64_t revision = 0;
    Clock::time_point seen, set;
    bool open = false;  ///< neither heard nor refused
  } change_;
  SessionEvent compiled_;  ///< the last of that kind
  uint64_t last_event_ = 0, refused_ = 0, refused_revision_ = 0, swaps_ = 0, heard_ = 0, reopened_ = 0;
  bool recorder_failed_ = false;

  LoadStatistics load_;
  std::vector<PeakHold> holds_;
  std::vector<float> second_peaks_;
  Clock::time_point drawn_, second_, loads_;
  size_t chosen_ = 0;  ///< of the parameters
  bool touched_ = false;
  std::optional<Clock::time_point> stopping_;
};

}  // namespace sinter::host
