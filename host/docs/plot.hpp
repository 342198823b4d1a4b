// A plot of some curves as SVG, for documentation: a page of text that any browser shows.
#pragma once

#include <string>
#include <vector>

namespace sinter::host {

struct Axis {
  std::string label;  ///< with its unit
  double low = 0, high = 1;
  bool log = false;
};

struct Curve {
  std::string name;  ///< in the legend; none where there is one curve
  std::vector<double> x, y;
  bool is_reference = false;  ///< what the others are compared with: thin and grey
};

struct Plot {
  std::string title;  ///< for readers who do not see it
  Axis x, y;
  std::vector<Curve> curves;
};

/// Coordinates have one decimal, so that the same numbers but for rounding make the same text. Control thread.
std::string svg(const Plot& plot);

}  // namespace sinter::host
