#include "catenary/derive/page/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catenary/base/chart.h"
#include "catenary/base/xml.h"
#include "catenary/derive/page/blocks.h"

namespace catenary::derive {

namespace {

// Of norms that vanish for good, so that one does not press the others against the upper edge.
constexpr double kLowestPower = -12;

bool is_drawn(double x) { return std::isfinite(x) && x > 0; }

// Powers of ten around all numbers, at most six of them with a tick.
Axis power_axis(const Series& series) {
  double largest = 0, smallest = INFINITY;
  for (const Series::Line& line : series.lines) {
    for (const double x : line.values) {
      if (!is_drawn(x)) continue;
      largest = std::max(largest, x);
      smallest = std::min(smallest, x);
    }
  }
  Axis axis{.low = -1, .high = 0};
  if (largest > 0) {
    axis.high = std::ceil(std::log10(largest));
    axis.low = std::max(std::floor(std::log10(smallest)), axis.high + kLowestPower);
  }
  if (axis.low >= axis.high) axis.low = axis.high - 1;
  const int powers = static_cast<int>(axis.high - axis.low), step = (powers + 5) / 6;
  for (int below = 0; below <= powers; below += step) {
    const double power = axis.high - below;
    axis.ticks.push_back({power, fmt::format("{:g}", std::pow(10, power))});
  }
  return axis;
}

// The first and the last place.
Axis place_axis(const Series& series) {
  const std::size_t last = series.lines[0].values.size() - 1;
  Axis axis{.low = 0, .high = static_cast<double>(std::max<std::size_t>(last, 1))};
  for (const std::size_t place : {std::size_t{0}, last})
    axis.ticks.push_back({static_cast<double>(place), fmt::format("{} = {}", series.index.text, place + 1)});
  return axis;
}

Chart chart_of(const Series& series) {
  Chart chart{.x = place_axis(series), .y = power_axis(series), .lines = {}};
  if (series.lines[0].values.size() <= 40) chart.dots = ChartDots::kAll;
  for (const Series::Line& line : series.lines) {
    ChartLine& drawn = chart.lines.emplace_back(ChartLine{.name = line.name.text, .points = {}});
    for (std::size_t place = 0; place < line.values.size(); ++place) {
      const double x = line.values[place];
      if (is_drawn(x))
        drawn.points.push_back(
            {static_cast<double>(place), std::clamp(std::log10(x), chart.y.low, chart.y.high)});
    }
  }
  return chart;
}

std::string svg_of(const Series& series) {
  std::string label;
  for (const Series::Line& line : series.lines) label += (label.empty() ? "" : ", ") + line.name.text;
  const Chart chart = chart_of(series);
  return fmt::format(
             R"(<svg class="series" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">)"
             "\n",
             chart.width, chart.height, escape_xml(label)) +
         svg_elements(chart) + "</svg>\n";
}

}  // namespace

std::string html_of(const Series& series) {
  return "<figure class=\"series\">\n" + svg_of(series) + html_of(table_of(series)) + "</figure>\n";
}

}  // namespace catenary::derive
