#include "forecast_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "catenary/base/chart.h"
#include "catenary/base/xml.h"

namespace catenary::cli {

namespace {

// Rows before the first forecast that are drawn for each row from it on: forecasts fill at least a quarter.
constexpr std::int64_t kRowsBefore = 3;
constexpr int kMostTicks = 8;  // their labels have room in the drawing's width

// The color-scheme of the reader's screen decides; without one the drawing is light. Lines differ in more
// than color. [Contrast against the background is at least 4.5 to 1, as WCAG 2.1, 1.4.3, asks of text.]
constexpr const char* kStyle = R"(<style>
text { font: 13px sans-serif; fill: #22303c; }
.back { fill: #ffffff; }
.title { font-size: 15px; }
.tick { font-size: 11px; fill: #526170; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.grid { stroke: #d5dbe1; fill: none; }
.line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
.line text { stroke: none; }
.line-0 { stroke: #526170; }
.line-1 { stroke: #c2255c; }
.line-2 { stroke: #1864ab; stroke-width: 1.25; stroke-dasharray: 5 3; }
@media (prefers-color-scheme: dark) {
text { fill: #e6ebf0; }
.back { fill: #14191f; }
.tick { fill: #a9b5c1; }
.grid { stroke: #35404b; }
.line-0 { stroke: #a9b5c1; }
.line-1 { stroke: #ff8fab; }
.line-2 { stroke: #74c0fc; }
}
</style>
)";

constexpr std::size_t kLongestTitle = 80;  // characters that fit into the drawing's width

// A text of at most so many characters; "..." ends one that was longer. A character is kept or left out
// whole.
std::string cut(std::string_view text, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t at = 0, count = 0; at < text.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (starts && ++count > most) return std::string(text.substr(0, end)) + "...";
    if (starts && count == most - 2) end = at;
  }
  return std::string(text);
}

double place_of(const ForecastChart& chart, std::size_t row) {
  const std::vector<double>& times = chart.table.times.numbers;
  const std::size_t at = static_cast<std::size_t>(chart.rows.first) + row;
  return times.empty() ? static_cast<double>(at + 1) : times[at];
}

// The first row that is drawn.
std::size_t first_drawn(const ForecastChart& chart) {
  const train::SeriesNumbers& forecast = chart.series.forecast;
  const auto start = std::ranges::find_if(forecast, [](float x) { return !std::isnan(x); });
  if (start == forecast.end()) return 0;
  const std::int64_t before = start - forecast.begin(), from_it_on = forecast.end() - start;
  return static_cast<std::size_t>(std::max<std::int64_t>(0, before - kRowsBefore * from_it_on));
}

ChartLine line_of(const ForecastChart& chart, std::string name, const train::SeriesNumbers& numbers) {
  ChartLine line{.name = std::move(name), .points = {}};
  for (std::size_t row = first_drawn(chart); row < numbers.size(); ++row)
    line.points.push_back({place_of(chart, row), static_cast<double>(numbers[row])});
  return line;
}

Axis value_axis(const std::vector<ChartLine>& lines) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const ChartLine& line : lines) {
    for (const ChartPoint& point : line.points) {
      if (!std::isnan(point.y)) low = std::min(low, point.y), high = std::max(high, point.y);
    }
  }
  if (low > high) low = high = 0;
  return number_axis(low, high, kMostTicks, AxisEnds::kAtTicks);
}

Axis time_axis(const ForecastChart& chart) {
  const double low = place_of(chart, first_drawn(chart));
  const double high = place_of(chart, static_cast<std::size_t>(chart.rows.rows) - 1);
  return chart.table.times.are_dates ? date_axis(low, high, kMostTicks)
                                     : number_axis(low, high, kMostTicks, AxisEnds::kExact);
}

}  // namespace

std::string svg_document(const ForecastChart& forecast) {
  Chart chart{
      .width = 760, .height = 360, .left = 64, .top = 44, .x = time_axis(forecast), .y = {}, .lines = {}};
  chart.lines.push_back(line_of(forecast, "observed", forecast.series.observed));
  chart.lines.push_back(line_of(forecast, "forecast", forecast.series.forecast));
  if (!forecast.series.seasonal_naive.empty())
    chart.lines.push_back(line_of(forecast, "seasonal naive", forecast.series.seasonal_naive));
  chart.y = value_axis(chart.lines);
  const std::string title = escape_xml(forecast.title);
  return fmt::format(
             R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" height="{1:.0f}" role="img">)"
             "\n<title>{2}</title>\n",
             chart.width, chart.height, title) +
         kStyle +
         fmt::format(
             R"(<rect class="back" width="100%" height="100%"/><text class="title" x="{:.0f}" y="26">{}</text>)"
             "\n",
             chart.left, escape_xml(cut(forecast.title, kLongestTitle))) +
         svg_elements(chart) + "</svg>\n";
}

}  // namespace catenary::cli
