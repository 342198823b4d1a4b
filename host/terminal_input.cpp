// termios and signal handlers. What a handler may touch is static: it runs between any two instructions.
#include "terminal_input.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace sinter::host {
namespace {

constexpr int kInterrupted = 130;  // as shells count SIGINT
constexpr std::string_view kShowCursor = "\x1b[?25h";
constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP};
constexpr int kOtherSignals[] = {SIGTSTP, SIGWINCH};

termios usual_mode;
std::atomic<bool> mode_changed{false};
std::atomic<int> stops{0};
int wake_pipe[2] = {-1, -1};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void restore_mode() {
  if (mode_changed.exchange(false)) tcsetattr(STDIN_FILENO, TCSANOW, &usual_mode);
}

void on_signal(int number) {
  const int kept = errno;
  const bool stop = number == SIGINT || number == SIGTERM || number == SIGHUP;
  if (stop && stops.fetch_add(1) > 0) {
    if (mode_changed.load() && write(STDOUT_FILENO, kShowCursor.data(), kShowCursor.size()) < 0) errno = kept;
    restore_mode();
    _exit(kInterrupted);
  }
  const char word = stop ? 's' : number == SIGTSTP ? 'z' : 'w';
  if (write(wake_pipe[1], &word, 1) < 0) errno = kept;  // a full pipe wakes as well
  errno = kept;
}

void non_blocking(int descriptor) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

}  // namespace

std::vector<Key> parse_keys(const char* bytes, size_t count) {
  std::vector<Key> keys;
  for (size_t i = 0; i < count; ++i) {
    if (bytes[i] != '\x1b') {
      keys.push_back({KeyKind::letter, bytes[i]});
      continue;
    }
    // ESC [ parameters final, or ESC O final: arrows end in A B C D.
    if (i + 1 >= count || (bytes[i + 1] != '[' && bytes[i + 1] != 'O')) continue;
    i += 2;
    while (i < count && (bytes[i] < '@' || bytes[i] > '~')) ++i;
    if (i >= count) break;
    constexpr KeyKind kArrows[] = {KeyKind::up, KeyKind::down, KeyKind::right, KeyKind::left};
    if (bytes[i] >= 'A' && bytes[i] <= 'D') keys.push_back({kArrows[bytes[i] - 'A'], 0});
  }
  return keys;
}

TerminalInput::TerminalInput() {
  // Asking for another mode from the background would stop the process.
  if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp()) return;
  if (tcgetattr(STDIN_FILENO, &usual_mode) != 0) return;
  active_ = true;
  take();
}

TerminalInput::~TerminalInput() { give_back(); }

int TerminalInput::descriptor() const { return STDIN_FILENO; }

void TerminalInput::take() {
  if (!active_) return;
  termios mode = usual_mode;
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  mode.c_cc[VMIN] = 0;
  mode.c_cc[VTIME] = 0;
  mode_changed = true;
  tcsetattr(STDIN_FILENO, TCSANOW, &mode);
}

void TerminalInput::give_back() { restore_mode(); }

std::vector<Key> TerminalInput::read() {
  std::array<char, 256> bytes;
  const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) active_ = active_ && isatty(STDIN_FILENO) && got == 0;
    return {};
  }
  return parse_keys(bytes.data(), static_cast<size_t>(got));
}

void TerminalInput::suspend() {
  give_back();
  raise(SIGSTOP);
  take();
}

StopSignals::StopSignals() {
  if (pipe(wake_pipe) == 0)
    for (int end : wake_pipe) non_blocking(end);
  stops = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (int number : kStopSignals) sigaction(number, &action, nullptr);
  for (int number : kOtherSignals) sigaction(number, &action, nullptr);
}

StopSignals::~StopSignals() {
  for (int number : kStopSignals) std::signal(number, SIG_DFL);
  for (int number : kOtherSignals) std::signal(number, SIG_DFL);
  for (int& end : wake_pipe) {
    close(end);
    end = -1;
  }
}

int StopSignals::descriptor() const { return wake_pipe[0]; }

StopSignals::Wake StopSignals::take() {
  char word = 0;
  if (read(wake_pipe[0], &word, 1) != 1) return Wake::none;
  return word == 's' ? Wake::stop : word == 'z' ? Wake::suspended : Wake::resized;
}

}  // namespace sinter::host
