// See plot.hpp.
#include "plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace sinter::host {
namespace {

constexpr double kWidth = 640, kHeight = 240, kLeft = 56, kRight = 16, kTop = 14, kBottom = 40;
constexpr std::array<const char*, 5> kColours = {"#1f6feb", "#d9480f", "#2b8a3e", "#862e9c", "#b08800"};

std::string number(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value == 0 ? 0.0 : value);  // no -0
  return text;
}
std::string at(double value) { return number("%.1f", std::round(value * 10) / 10); }

// Round numbers, about `count` of them.
std::vector<double> ticks(const Axis& axis, int count) {
  std::vector<double> list;
  if (axis.log) {
    for (double decade = std::pow(10, std::floor(std::log10(axis.low))); decade <= axis.high; decade *= 10)
      for (const double step : {1.0, 2.0, 5.0})
        if (decade * step >= axis.low * 0.999 && decade * step <= axis.high * 1.001) list.push_back(decade * step);
    return list;
  }
  const double rough = (axis.high - axis.low) / count, size = std::pow(10, std::floor(std::log10(rough)));
  const double ratio = rough / size, step = size * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1);
  for (double tick = std::ceil(axis.low / step - 1e-9) * step; tick <= axis.high + step * 1e-6; tick += step)
    list.push_back(std::abs(tick) < step * 1e-6 ? 0 : tick);
  return list;
}

std::string label(const Axis& axis, double value) {
  return axis.log && value >= 1000 ? number("%gk", value / 1000) : number("%g", value);
}

double share(const Axis& axis, double value) {
  if (axis.log) return std::log(value / axis.low) / std::log(axis.high / axis.low);
  return (value - axis.low) / (axis.high - axis.low);
}

class Page {
 public:
  explicit Page(const Plot& plot) : plot_(plot) {}

  std::string text() {
    add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number("%g", kWidth) + " " +
        number("%g", kHeight) + "\" width=\"" + number("%g", kWidth) + "\" role=\"img\" aria-label=\"" + plot_.title +
        "\" font-family=\"system-ui, sans-serif\" font-size=\"11\">");
    add("<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#ffffff\"/>");
    add_grid();
    add("<clipPath id=\"c\"><rect x=\"" + at(kLeft) + "\" y=\"" + at(kTop) + "\" width=\"" +
        at(kWidth - kLeft - kRight) + "\" height=\"" + at(kHeight - kTop - kBottom) + "\"/></clipPath>");
    size_t colour = 0;
    double legend = kLeft;
    for (const Curve& curve : plot_.curves) {
      const std::string stroke = curve.is_reference ? "#adb5bd" : kColours[colour++ % kColours.size()];
      add_curve(curve, stroke);
      if (curve.name.empty()) continue;
      add("<text x=\"" + at(legend) + "\" y=\"" + at(kHeight - 8) + "\" fill=\"" + stroke + "\" font-weight=\"600\">" +
          curve.name + "</text>");
      legend += 12 + 7 * static_cast<double>(curve.name.size());
    }
    add("</svg>");
    return text_;
  }

 private:
  void add(const std::string& line) { text_ += line + "\n"; }
  double x_of(double value) const { return kLeft + share(plot_.x, value) * (kWidth - kLeft - kRight); }
  double y_of(double value) const {
    const double part = std::clamp(share(plot_.y, value), -1.0, 2.0);
    return kHeight - kBottom - part * (kHeight - kTop - kBottom);
  }

  void add_line(double x1, double y1, double x2, double y2, const char* stroke) {
    add("<path d=\"M" + at(x1) + " " + at(y1) + "L" + at(x2) + " " + at(y2) + "\" stroke=\"" + stroke + "\"/>");
  }
  void add_text(double x, double y, const char* anchor, const std::string& what) {
    add("<text x=\"" + at(x) + "\" y=\"" + at(y) + "\" text-anchor=\"" + anchor + "\" fill=\"#495057\">" + what +
        "</text>");
  }

  void add_grid() {
    const double bottom = kHeight - kBottom, right = kWidth - kRight;
    for (const double tick : ticks(plot_.x, 8)) {
      add_line(x_of(tick), kTop, x_of(tick), bottom, "#e9ecef");
      add_text(x_of(tick), bottom + 14, "middle", label(plot_.x, tick));
    }
    for (const double tick : ticks(plot_.y, 6)) {
      add_line(kLeft, y_of(tick), right, y_of(tick), tick == 0 ? "#ced4da" : "#e9ecef");
      add_text(kLeft - 6, y_of(tick) + 4, "end", label(plot_.y, tick));
    }
    add_text((kLeft + right) / 2, kHeight - 8, "middle", plot_.x.label);
    const double middle = (kTop + bottom) / 2;
    add("<text transform=\"translate(14 " + at(middle) + ") rotate(-90)\" text-anchor=\"middle\" fill=\"#495057\">" +
        plot_.y.label + "</text>");
  }

  // Many points on one column of pixels are drawn as the span that they cover.
  void add_curve(const Curve& curve, const std::string& stroke) {
    std::string path;
    const auto point = [&](double x, double y) { path += (path.empty() ? "M" : "L") + at(x) + " " + at(y); };
    for (size_t i = 0; i < curve.x.size();) {
      const double x = x_of(curve.x[i]), first = y_of(curve.y[i]);
      double low = first, high = first, last = first;
      size_t next = i;
      for (; next < curve.x.size() && x_of(curve.x[next]) < x + 0.5; ++next) {
        last = y_of(curve.y[next]);
        low = std::min(low, last), high = std::max(high, last);
      }
      point(x, first);
      if (low < std::min(first, last)) point(x, low);
      if (high > std::max(first, last)) point(x, high);
      if (last != first) point(x, last);
      i = next;
    }
    add("<path d=\"" + path + "\" fill=\"none\" stroke=\"" + stroke + "\" stroke-width=\"" +
        (curve.is_reference ? "1" : "1.6") + "\" stroke-linejoin=\"round\" clip-path=\"url(#c)\"/>");
  }

  const Plot& plot_;
  std::string text_;
};

}  // namespace

std::string svg(const Plot& plot) { return Page(plot).text(); }

}  // namespace sinter::host
