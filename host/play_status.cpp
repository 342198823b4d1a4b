// Draws the status lines. One write per picture, over the old one, so that nothing flickers.
#include "sinter/host/play_status.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "sinter/host/terminal.hpp"

namespace sinter::host {
namespace {

constexpr double kFloor = -60;              // dB, where a meter begins
constexpr double kYellow = -12, kRed = -1;  // dB, where it changes colour
constexpr double kFallPerSecond = 20;       // dB
constexpr size_t kMaxBars = 4;              // channels that get a bar; more get a block each
constexpr size_t kWidestBar = 40, kNarrowestBar = 4;
constexpr size_t kUsualWidth = 80;
const char* const kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
const char* const kBlocks[] = {"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

double decibels(float peak) { return peak > 0 ? 20 * std::log10(static_cast<double>(peak)) : -INFINITY; }
double filled(float peak) { return std::clamp((decibels(peak) - kFloor) / -kFloor, 0.0, 1.0); }

Tone tone_of(double level) { return level >= kRed ? Tone::red : level >= kYellow ? Tone::yellow : Tone::green; }

std::string level_text(float peak) {
  const double level = decibels(peak);
  return level < -99.9 ? "  -inf" : formatted("%6.1f", level);
}

std::string percent(double load) {
  const double amount = load * 100;
  return formatted(amount < 9.95 ? "%.1f" : "%.0f", amount);
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<uint64_t>(seconds);
  char text[64];
  std::snprintf(text, sizeof text, "%u:%02u:%02u", static_cast<unsigned>(whole / 3600),
                static_cast<unsigned>(whole / 60 % 60), static_cast<unsigned>(whole % 60));
  return whole < 3600 ? std::string(text + 2) : text;
}

std::string channel_name(size_t channel, size_t channels) {
  if (channels == 2) return channel ? "R" : "L";
  return std::to_string(channel + 1);
}

std::string meters(const PlayView& view, size_t width, bool colour) {
  const size_t channels = view.peaks.size();
  if (!channels) return {};
  constexpr size_t kAround = 12;  // name, spaces and figure of one bar
  const size_t each = width / std::min(channels, kMaxBars);
  std::string all;
  if (channels <= kMaxBars && each >= kAround + kNarrowestBar) {
    for (size_t c = 0; c < channels; ++c)
      all += (c ? "  " : "") + channel_name(c, channels) + " " +
             level_bar(view.peaks[c], std::min(each - kAround, kWidestBar), colour) + " " + level_text(view.peaks[c]);
    return all + (display_width(all) + 3 <= width ? " dB" : "");
  }
  const size_t shown = std::min(channels, width);
  for (size_t c = 0; c < shown; ++c) all += level_block(view.peaks[c], colour);
  const std::string loudest = "  " + level_text(*std::max_element(view.peaks.begin(), view.peaks.end())) + " dB";
  return all + (shown + loudest.size() <= width ? loudest : "");
}

// Parts in order of their place, with a rank: the highest ranks are left out first.
struct Part {
  std::string text;
  int rank;
};
std::string joined(std::vector<Part> parts, size_t width) {
  const std::string gap = "  ";
  for (;;) {
    size_t sum = 0;
    for (const Part& part : parts) sum += (sum ? gap.size() : 0) + display_width(part.text);
    if (sum <= width || parts.empty()) break;
    parts.erase(
        std::max_element(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.rank < b.rank; }));
  }
  std::string all;
  for (const Part& part : parts) all += (all.empty() ? "" : gap) + part.text;
  return all;
}

std::string facts(const PlayView& view, size_t width, bool colour) {
  std::vector<Part> parts;
  if (!view.lost.empty()) parts.push_back({toned(view.lost, Tone::red, colour), 0});
  parts.push_back({toned(clock_text(view.seconds), Tone::bold, colour), 1});
  const Tone strain = view.load.p99 >= 0.8 ? Tone::red : view.load.p99 >= 0.5 ? Tone::yellow : Tone::plain;
  parts.push_back({"cpu " + toned(percent(view.load.p50) + "%", strain, colour), 2});
  parts.push_back(
      {toned("p99 " + percent(view.load.p99) + "%  max " + percent(view.load.max) + "%", Tone::dim, colour), 6});
  const std::string lost_blocks = count_text(view.xruns) + (view.xruns == 1 ? " xrun" : " xruns");
  parts.push_back({toned(lost_blocks, view.xruns ? Tone::yellow : Tone::dim, colour), 3});
  if (view.not_finite) parts.push_back({toned(count_text(view.not_finite) + " not finite", Tone::red, colour), 4});
  parts.push_back({toned(view.backend, Tone::cyan, colour), 5});
  if (view.guard == GuardState::muted) parts.push_back({toned("guard MUTED", Tone::red, colour), 0});
  else parts.push_back({toned(view.guard == GuardState::on ? "guard" : "no guard", Tone::dim, colour), 8});
  if (view.recording) parts.push_back({toned("● rec", Tone::red, colour), 4});
  if (view.demo) parts.push_back({toned("demo", Tone::dim, colour), 9});
  if (view.watching) parts.push_back({toned("watching", Tone::dim, colour), 10});
  return joined(std::move(parts), width);
}

}  // namespace

std::string level_bar(float peak, size_t cells, bool colour) {
  const auto eighths = static_cast<size_t>(std::lround(filled(peak) * static_cast<double>(cells) * 8));
  std::string all, run;
  Tone tone = Tone::green;
  size_t drawn = 0;
  for (; drawn < cells && eighths > drawn * 8; ++drawn) {
    const Tone here = tone_of(kFloor - kFloor * (static_cast<double>(drawn) + 0.5) / static_cast<double>(cells));
    if (here != tone) all += toned(std::exchange(run, ""), tone, colour && drawn);
    tone = here;
    const size_t left = eighths - drawn * 8;
    run += left >= 8 ? "█" : kEighths[left];
  }
  if (!run.empty()) all += toned(run, tone, colour);
  std::string rest;
  for (; drawn < cells; ++drawn) rest += "·";
  return all + (rest.empty() ? "" : toned(rest, Tone::dim, colour));
}

std::string level_block(float peak, bool colour) {
  const auto step = static_cast<size_t>(std::lround(filled(peak) * 8));
  return toned(kBlocks[step], step ? tone_of(decibels(peak)) : Tone::dim, colour);
}

std::vector<std::string> status_lines(const PlayView& view, size_t width, bool colour) {
  std::vector<std::string> lines = {meters(view, width, colour), facts(view, width, colour)};
  if (view.parameter.empty() && view.piano.empty()) return lines;
  std::vector<Part> parts;
  if (!view.parameter.empty()) parts.push_back({view.parameter, 0});
  if (!view.piano.empty()) parts.push_back({view.piano, 1});
  lines.push_back(joined(std::move(parts), width));
  return lines;
}

float PeakHold::show(float peak, double seconds) {
  level_ *= static_cast<float>(std::pow(10.0, -kFallPerSecond * seconds / 20));
  level_ = std::max(level_, peak);
  if (level_ < 1e-6f) level_ = 0;
  return level_;
}

StatusArea::~StatusArea() { hide(); }

void StatusArea::draw(const std::vector<std::string>& lines) {
  if (!shown_) return;
  // The cursor stays hidden while there is a picture, else it would be seen jumping over it.
  std::string all = lines_ ? "\r" : "\x1b[?25l\r";
  if (lines_ > 1) all += "\x1b[" + std::to_string(lines_ - 1) + "A";
  for (size_t i = 0; i < lines.size(); ++i) all += (i ? "\n" : "") + lines[i] + "\x1b[K";
  if (lines.size() < lines_) all += "\x1b[J";
  lines_ = lines.size();
  std::fwrite(all.data(), 1, all.size(), stdout);
  std::fflush(stdout);
}

void StatusArea::hide() {
  if (!lines_) return;
  std::string all = "\r";
  if (lines_ > 1) all += "\x1b[" + std::to_string(lines_ - 1) + "A";
  all += "\x1b[J\x1b[?25h";
  lines_ = 0;
  std::fwrite(all.data(), 1, all.size(), stdout);
  std::fflush(stdout);
}

size_t StatusArea::width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return size.ws_col;
}

}  // namespace sinter::host
