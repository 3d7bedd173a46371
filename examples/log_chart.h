#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

/// A drawing of what falls or grows by powers of ten, for the reports of examples.
namespace log_chart {

/// A number for each of the places 1, 2, ...; those that are 0 are not drawn.
struct Line {
  std::string name;              ///< beside it
  std::string colour;            ///< "#0072b2"
  bool is_dashed = false;        ///< or drawn through
  std::vector<double> values{};  ///< from place 1 on, 0 or more
};

/// Lines of equally many places, two or more. Texts must have none of & < > '.
struct Chart {
  std::string title;        ///< above it
  std::string places;       ///< below it: what they are
  std::vector<Line> lines;  ///< not all of them zeros
};

namespace detail {

// In pixels; the names of the lines stand in the right margin.
constexpr double kWidth = 760, kHeight = 400, kLeft = 64, kRight = 200, kTop = 48, kBottom = 52;

// From the power of ten at the lower edge to that at the upper one.
struct Axes {
  int low = 0, high = 0;
  std::size_t places = 0;

  explicit Axes(const Chart& chart) : places(chart.lines[0].values.size()) {
    double least = INFINITY, most = 0;
    for (const Line& line : chart.lines) {
      for (const double value : line.values) {
        if (value > 0) least = std::min(least, value);
        most = std::max(most, value);
      }
    }
    low = static_cast<int>(std::floor(std::log10(least)));
    high = std::max(static_cast<int>(std::ceil(std::log10(most))), low + 1);
  }
  [[nodiscard]] double x(std::size_t place) const {
    const double share = static_cast<double>(place - 1) / static_cast<double>(places - 1);
    return kLeft + share * (kWidth - kLeft - kRight);
  }
  [[nodiscard]] double y(double power) const {
    return kTop + (high - power) / (high - low) * (kHeight - kTop - kBottom);
  }
};

inline std::string grid_of(const Axes& axes) {
  std::string svg;
  for (int power = axes.high; power >= axes.low; power -= 2) {
    const double y = axes.y(power);
    svg += fmt::format("<path d='M{} {:.1f}H{}' stroke='#d8dbe0'/>\n", kLeft, y, kWidth - kRight);
    svg += fmt::format("<text x='{}' y='{:.1f}' text-anchor='end'>1e{}</text>\n", kLeft - 8, y + 4, power);
  }
  for (std::size_t place = 1; place <= axes.places; ++place) {
    if (place != 1 && place % 20 != 0) continue;
    svg += fmt::format("<text x='{:.1f}' y='{}' text-anchor='middle'>{}</text>\n", axes.x(place),
                       kHeight - kBottom + 20, place);
  }
  return svg;
}

// name_y: how far down its name stands.
inline std::string svg_of(const Line& line, const Axes& axes, double name_y) {
  std::string points;
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    if (line.values[i] > 0)
      points += fmt::format(" {:.1f},{:.1f}", axes.x(i + 1), axes.y(std::log10(line.values[i])));
  }
  const double x = kWidth - kRight + 20;
  return fmt::format("<g fill='none' stroke='{}' stroke-width='2' stroke-dasharray='{}'>\n", line.colour,
                     line.is_dashed ? "5 4" : "none") +
         fmt::format("<polyline points='{}'/><path d='M{} {}h26'/></g>\n", points, x, name_y) +
         fmt::format("<text x='{}' y='{}'>{}</text>\n", x + 34, name_y + 4, line.name);
}

}  // namespace detail

/// An SVG document on a light background.
inline std::string svg_of(const Chart& chart) {
  using namespace detail;
  const Axes axes(chart);
  std::string svg = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {} {}' role='img' font-family='sans-serif' "
      "font-size='13' fill='#222'>\n<title>{}</title>\n<rect width='100%' height='100%' fill='#fff'/>\n",
      kWidth, kHeight, chart.title);
  svg += fmt::format("<text x='{}' y='26' font-size='15'>{}</text>\n", kLeft, chart.title) + grid_of(axes);
  svg += fmt::format("<text x='{}' y='{}' text-anchor='middle'>{}</text>\n", (kLeft + kWidth - kRight) / 2,
                     kHeight - 12, chart.places);
  for (std::size_t i = 0; i < chart.lines.size(); ++i)
    svg += detail::svg_of(chart.lines[i], axes, kTop + 8 + 22 * static_cast<double>(i));
  return svg + "</svg>\n";
}

}  // namespace log_chart
