// What a person sees: colour where it is welcome, aligned columns, numbers with units, a progress bar.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"

namespace sinter::host {

/// True where `stream` is a terminal that shows colour and NO_COLOR is not set.
bool wants_colour(std::FILE* stream);

enum class Tone { plain, bold, dim, red, yellow, green, cyan };
/// The text in a colour, or as it is where `colour` is false.
std::string toned(std::string_view text, Tone tone, bool colour);

/// Columns that a terminal gives to UTF-8 text (one per character; escape sequences count nothing).
size_t display_width(std::string_view text);

/// Rows of cells, printed in aligned columns two spaces apart.
class Table {
 public:
  enum class Align { left, right };
  Table(std::vector<std::string> header, std::vector<Align> align);
  void add(std::vector<std::string> cells);
  /// The header is dimmed where colour is on. Trailing spaces are left out.
  std::string text(bool colour) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<Align> align_;
};

/// One number through a printf pattern, up to 63 characters.
std::string formatted(const char* pattern, double value);
/// "12.3 µs", "4.56 ms": three digits and the unit that fits.
std::string time_text(double seconds);
/// "1,234,567".
std::string count_text(uint64_t count);
/// "1.5 kB".
std::string bytes_text(uint64_t bytes);
/// Decibels of a linear value: "-6.0 dB", "-inf dB" for 0.
std::string decibel_text(double gain);

/// Errors and warnings to standard error, one after the other, in format() form.
void print_errors(const std::vector<Error>& errors);

/// A bar on standard error, drawn only where that is a terminal; removed when it goes out of scope.
class ProgressBar {
 public:
  explicit ProgressBar(std::string_view label);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  /// `done` from 0 to 1; redraws at most 20 times a second.
  void update(double done);

 private:
  std::string label_;
  bool shown_ = false;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace sinter::host
