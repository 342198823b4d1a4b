// Single keys from a terminal, and the signals that end a program: both must leave the terminal as it was.
#pragma once

#include <optional>
#include <vector>

namespace sinter::host {

enum class KeyKind { letter, up, down, left, right };
struct Key {
  KeyKind kind = KeyKind::letter;
  char letter = 0;
};

/// What bytes from a terminal mean; whole escape sequences only.
std::vector<Key> parse_keys(const char* bytes, size_t count);

/// Standard input key by key, without echo, as long as this lives. One at a time.
class TerminalInput {
 public:
  /// Does nothing where standard input is no terminal, or belongs to another job.
  TerminalInput();
  ~TerminalInput();
  TerminalInput(const TerminalInput&) = delete;
  TerminalInput& operator=(const TerminalInput&) = delete;
  bool active() const { return active_; }
  int descriptor() const;
  /// What was pressed since; never waits.
  std::vector<Key> read();
  /// To be called for StopSignals::Wake::suspended: gives the terminal back, stops the process, goes on later.
  void suspend();

 private:
  void take();
  void give_back();
  bool active_ = false;
};

/// SIGINT, SIGTERM and SIGHUP ask to stop; a second one ends the process at once, with the terminal restored.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  enum class Wake { none, stop, suspended, resized };
  int descriptor() const;  ///< readable when there is something to take
  Wake take();             ///< one by one; never waits
};

}  // namespace sinter::host
