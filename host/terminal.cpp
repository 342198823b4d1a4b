// Terminal output: plain text everywhere, escape sequences only where a person looks.
#include "sinter/host/terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace sinter::host {
namespace {

// Three significant digits.
std::string three_digits(double value) {
  if (value >= 99.95) return formatted("%.0f", value);
  return formatted(value >= 9.995 ? "%.1f" : "%.2f", value);
}

constexpr int kBarCells = 30;

}  // namespace

std::string formatted(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

bool wants_colour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_colour && *no_colour) return false;
  return isatty(fileno(stream)) && terminal && std::string_view(terminal) != "dumb";
}

std::string toned(std::string_view text, Tone tone, bool colour) {
  if (!colour || tone == Tone::plain) return std::string(text);
  const char* code = "";
  switch (tone) {
    case Tone::plain:
      break;
    case Tone::bold:
      code = "1";
      break;
    case Tone::dim:
      code = "2";
      break;
    case Tone::red:
      code = "31";
      break;
    case Tone::yellow:
      code = "33";
      break;
    case Tone::green:
      code = "32";
      break;
    case Tone::cyan:
      code = "36";
      break;
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xc0u) != 0x80u) {
      ++width;
    }
  }
  return width;
}

Table::Table(std::vector<std::string> header, std::vector<Align> align) : align_(std::move(align)) {
  align_.resize(header.size(), Align::left);
  rows_.push_back(std::move(header));
}

void Table::add(std::vector<std::string> cells) {
  cells.resize(align_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text(bool colour) const {
  std::vector<size_t> width(align_.size());
  for (const auto& row : rows_)
    for (size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], display_width(row[c]));
  std::string all;
  for (size_t r = 0; r < rows_.size(); ++r) {
    std::string line;
    for (size_t c = 0; c < align_.size(); ++c) {
      const std::string gap(width[c] - display_width(rows_[r][c]), ' ');
      line += c ? "  " : "";
      line += align_[c] == Align::right ? gap + rows_[r][c] : rows_[r][c] + gap;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    all += (r == 0 ? toned(line, Tone::dim, colour) : line) + "\n";
  }
  return all;
}

std::string time_text(double seconds) {
  if (seconds < 0.9995e-6) return three_digits(seconds * 1e9) + " ns";
  if (seconds < 0.9995e-3) return three_digits(seconds * 1e6) + " µs";
  if (seconds < 0.9995) return three_digits(seconds * 1e3) + " ms";
  return three_digits(seconds) + " s";
}

std::string count_text(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string bytes_text(uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  const double amount = static_cast<double>(bytes);
  return bytes < 999'500 ? three_digits(amount / 1e3) + " kB" : three_digits(amount / 1e6) + " MB";
}

std::string decibel_text(double gain) { return gain > 0 ? formatted("%.1f dB", 20 * std::log10(gain)) : "-inf dB"; }

void print_errors(const std::vector<Error>& errors) {
  const bool colour = wants_colour(stderr);
  for (const Error& error : errors) {
    std::string text = format(error);
    const std::string_view word = error.warning ? "warning[" : "error[";
    const size_t begin = text.find(word), end = text.find("]:", begin);
    if (colour && begin != std::string::npos && end != std::string::npos)
      text = text.substr(0, begin) +
             toned(text.substr(begin, end + 1 - begin), error.warning ? Tone::yellow : Tone::red, true) +
             text.substr(end + 1);
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

ProgressBar::ProgressBar(std::string_view label) : label_(label), shown_(isatty(fileno(stderr)) != 0) {
  const char* terminal = std::getenv("TERM");
  if (!terminal || std::string_view(terminal) == "dumb") shown_ = false;
}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::update(double done) {
  const auto now = std::chrono::steady_clock::now();
  if (!shown_ || (drawn_ && now - last_ < std::chrono::milliseconds(50))) return;
  last_ = now;
  drawn_ = true;
  const double clamped = std::clamp(done, 0.0, 1.0);
  const int full = static_cast<int>(clamped * kBarCells);
  std::string bar;
  for (int i = 0; i < kBarCells; ++i) bar += i < full ? "█" : "░";
  std::fprintf(stderr, "\r%s %s %3.0f %%", label_.c_str(), bar.c_str(), clamped * 100);
  std::fflush(stderr);
}

}  // namespace sinter::host
