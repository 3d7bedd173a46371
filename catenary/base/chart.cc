#include "catenary/base/chart.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

#include "catenary/base/xml.h"

namespace catenary {

namespace {

// Of an axis: the share of it that lies below a place.
double share(const Axis& axis, double at) { return (at - axis.low) / (axis.high - axis.low); }

double x_of(const Chart& chart, double x) {
  return chart.left + share(chart.x, x) * (chart.width - chart.left - chart.right);
}

double y_of(const Chart& chart, double y) {
  return chart.top + (1 - share(chart.y, y)) * (chart.height - chart.top - chart.bottom);
}

// A level line for each tick of y, and a mark for each of x.
std::string grid(const Chart& chart) {
  std::string svg;
  for (const Tick& tick : chart.y.ticks) {
    const double y = y_of(chart, tick.at);
    svg += fmt::format(
        R"(<path class="grid" d="M{:.0f} {:.1f}H{:.0f}"/><text x="{:.0f}" y="{:.1f}" class="tick end">{}</text>)",
        chart.left, y, chart.width - chart.right, chart.left - 6, y + 4, escape_xml(tick.label));
  }
  const double below = chart.height - chart.bottom;
  for (const Tick& tick : chart.x.ticks) {
    const double x = x_of(chart, tick.at);
    svg += fmt::format(
        R"(<path class="grid" d="M{:.1f} {:.0f}v5"/><text x="{:.1f}" y="{:.0f}" class="tick middle">{}</text>)",
        x, below, x, below + 20, escape_xml(tick.label));
  }
  return svg + "\n";
}

std::string dot(const Chart& chart, const ChartPoint& point) {
  return fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3"/>)", x_of(chart, point.x),
                     y_of(chart, point.y));
}

// The points of a line up to where it breaks.
std::string part(const Chart& chart, const std::vector<ChartPoint>& points, std::size_t first,
                 std::size_t end) {
  std::string places, dots;
  for (std::size_t i = first; i < end; ++i) {
    places += fmt::format("{}{:.1f},{:.1f}", i == first ? "" : " ", x_of(chart, points[i].x),
                          y_of(chart, points[i].y));
    if (chart.dots == ChartDots::kAll || end - first == 1) dots += dot(chart, points[i]);
  }
  return end - first == 1 ? dots : fmt::format(R"(<polyline points="{}"/>)", places) + dots;
}

std::string line(const Chart& chart, std::size_t number) {
  const ChartLine& line = chart.lines[number];
  std::string svg = fmt::format(R"(<g class="line line-{}">)", number % 3);
  for (std::size_t first = 0; first < line.points.size();) {
    std::size_t end = first;
    while (end < line.points.size() && !std::isnan(line.points[end].y)) ++end;
    if (end > first) svg += part(chart, line.points, first, end);
    first = end + 1;
  }
  const double right = chart.width - chart.right, middle = chart.top + 18 + 22 * static_cast<double>(number);
  return svg +
         fmt::format(R"(<path d="M{:.0f} {:.1f}h18"/><text x="{:.0f}" y="{:.1f}">{}</text></g>)", right + 14,
                     middle, right + 38, middle + 4, escape_xml(line.name)) +
         "\n";
}

}  // namespace

std::string svg_elements(const Chart& chart) {
  std::string svg = grid(chart);
  for (std::size_t i = 0; i < chart.lines.size(); ++i) svg += line(chart, i);
  return svg;
}

}  // namespace catenary
