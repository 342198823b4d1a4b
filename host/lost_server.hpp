// A way around a fault of PortAudio's JACK part (19.6, 19.7): once its server is gone, closing a stream waits ten
// minutes for a thread that is no more, then aborts the program because the server does not answer.
#pragma once

namespace sinter::host {

/// As long as this lives, what PortAudio asks of a JACK server on this thread counts as done, and its timed waits end
/// after a second: so a stream and a client without a server can be closed, and freed. On Linux; elsewhere nothing.
class LostServer {
 public:
  explicit LostServer(bool lost) noexcept;
  ~LostServer();
  LostServer(const LostServer&) = delete;
  LostServer& operator=(const LostServer&) = delete;

 private:
  bool lost_;
};

}  // namespace sinter::host
