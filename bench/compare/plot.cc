#include "plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

namespace bench {

namespace {

// Lengths in pixels of a page that a browser shows at its natural size.
constexpr double kPanelWidth = 430, kLineHeight = 38, kPlainHeight = 380;
constexpr double kTop = 96, kBottom = 60, kMargin = 20, kGap = 40;
constexpr double kCategoryWidth = 150, kNumberWidth = 72, kLegendWidth = 150, kLegendLine = 20;

// Okabe and Ito's colours, which also tell apart without red or green, and two more.
constexpr std::array kDistinctColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00",
                                         "#56b4e9", "#000000", "#7f3fbf", "#999999"};
// From light to dark with growing order, as in viridis.
constexpr std::array kOrderedColours = {"#c7c429", "#8fce45", "#4fc369", "#26ad81", "#1f958b", "#287c8e",
                                        "#31648e", "#3c4f8a", "#46327e", "#440e57", "#2a0538"};

struct Range {
  double low = INFINITY, high = -INFINITY;
};

// Where numbers lie on the page; `y_flat` where categories are counted.
struct Frame {
  double left, top, width, height;
  Range x, y;
  bool y_flat;

  [[nodiscard]] double at_x(double value) const {
    return left + width * std::log(value / x.low) / std::log(x.high / x.low);
  }
  [[nodiscard]] double at_y(double value) const {
    if (y_flat) return top + height * (value - y.low) / (y.high - y.low);
    return top + height * (1 - std::log(value / y.low) / std::log(y.high / y.low));
  }
};

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else
      out += c;
  }
  return out;
}

// An SVG element's text: anchor is start, middle or end.
void add_text(std::string& out, double x, double y, std::string_view anchor, std::string_view style,
              std::string_view text) {
  fmt::format_to(std::back_inserter(out), "<text x='{:.1f}' y='{:.1f}' text-anchor='{}' {}>{}</text>\n", x, y,
                 anchor, style, escape(text));
}

void add_line(std::string& out, double x1, double y1, double x2, double y2, std::string_view style) {
  fmt::format_to(std::back_inserter(out), "<line x1='{:.1f}' y1='{:.1f}' x2='{:.1f}' y2='{:.1f}' {}/>\n", x1,
                 y1, x2, y2, style);
}

const char* colour(const Plot& plot, const Series& series) {
  if (plot.palette == Palette::kDistinct) return kDistinctColours[series.colour % kDistinctColours.size()];
  std::size_t last = 1;  // the darkest
  for (const Series& each : plot.panels[0].series) last = std::max(last, each.colour);
  return kOrderedColours[series.colour * (kOrderedColours.size() - 1) / last];
}

// 0.5, 20, 4k, 65k, 2M
std::string short_number(double value) {
  constexpr std::array kUnits = {"", "k", "M", "G", "T"};
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return fmt::format("{:.3g}{}", value, kUnits[unit]);
}

// 1, 2 and 5 times the powers of ten, or the powers alone where the range is wide.
std::vector<double> ticks(const Range& range) {
  const bool wide = range.high / range.low > 5000;
  std::vector<double> found;
  for (int power = -15; power <= 15; ++power) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double value = digit * std::pow(10.0, power);
      if ((!wide || digit == 1) && value >= range.low && value <= range.high) found.push_back(value);
    }
  }
  return found;
}

void widen(Range& range, double value) {
  range.low = std::min(range.low, value);
  range.high = std::max(range.high, value);
}

// A sixth of air around the points.
Frame frame_of(const Plot& plot, const Panel& own, double left, double height) {
  Frame frame{left, kTop, kPanelWidth, height, {}, {}, !own.categories.empty()};
  for (const Panel& panel : plot.panels) {
    if (panel.x_label != own.x_label || panel.y_label != own.y_label) continue;
    if (panel.mark_x) widen(frame.x, *panel.mark_x);
    for (const Series& series : panel.series) {
      for (const Point& point : series.points) {
        widen(frame.x, point.x);
        widen(frame.y, point.y);
      }
    }
  }
  constexpr double kAir = 1.17;
  frame.x = {frame.x.low / kAir, frame.x.high * kAir};
  frame.y = {frame.y.low / kAir, frame.y.high * kAir};
  if (frame.y_flat) frame.y = {-0.5, static_cast<double>(own.categories.size()) - 0.5};
  return frame;
}

void add_categories(std::string& out, const Panel& panel, const Frame& f, bool named) {
  for (std::size_t i = 0; i < panel.categories.size(); ++i) {
    const double y = f.at_y(static_cast<double>(i));
    if (i % 2 == 0) {
      fmt::format_to(std::back_inserter(out),
                     "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' fill='#f3f4f6'/>\n", f.left,
                     y - kLineHeight / 2, f.width, kLineHeight);
    }
    if (named) add_text(out, f.left - 8, y + 4, "end", "", panel.categories[i]);
  }
}

void add_axes(std::string& out, const Panel& panel, const Frame& f, bool named) {
  const double bottom = f.top + f.height, middle = f.left + f.width / 2;
  constexpr std::string_view kGrid = "stroke='#d8dbe0'", kMark = "stroke='#444' stroke-width='1.5'";
  add_categories(out, panel, f, named);
  for (const double x : ticks(f.x)) {
    add_line(out, f.at_x(x), f.top, f.at_x(x), bottom, kGrid);
    add_text(out, f.at_x(x), bottom + 18, "middle", "", short_number(x));
  }
  if (!f.y_flat) {
    for (const double y : ticks(f.y)) {
      add_line(out, f.left, f.at_y(y), f.left + f.width, f.at_y(y), kGrid);
      add_text(out, f.left - 8, f.at_y(y) + 4, "end", "", short_number(y));
    }
  }
  if (panel.mark_x) add_line(out, f.at_x(*panel.mark_x), f.top, f.at_x(*panel.mark_x), bottom, kMark);
  add_text(out, middle, f.top - 10, "middle", "font-weight='600'", panel.title);
  add_text(out, middle, bottom + 42, "middle", "", panel.x_label);
  const double x = f.left - kNumberWidth + 18, y = f.top + f.height / 2;
  add_text(out, x, y, "middle", fmt::format("transform='rotate(-90 {:.1f} {:.1f})'", x, y), panel.y_label);
}

void add_dot(std::string& out, double x, double y, const Series& series, std::string_view stroke) {
  fmt::format_to(std::back_inserter(out),
                 "<circle cx='{:.1f}' cy='{:.1f}' r='4.5' fill='{}' stroke='{}' stroke-width='1.8'/>\n", x, y,
                 series.hollow ? "#ffffff" : stroke, stroke);
}

// Dots of one category lie one below the other, in the legend's order.
double shift_of(const Panel& panel, std::size_t index) {
  if (panel.categories.empty()) return 0;
  const auto count = static_cast<double>(panel.series.size());
  return kLineHeight * 0.8 * ((static_cast<double>(index) + 0.5) / count - 0.5);
}

void add_series(std::string& out, const Plot& plot, const Panel& panel, const Frame& f, std::size_t index) {
  const Series& series = panel.series[index];
  const char* stroke = colour(plot, series);
  if (series.style == Style::kDots) {
    for (const Point& p : series.points) {
      add_dot(out, f.at_x(p.x), f.at_y(p.y) + shift_of(panel, index), series, stroke);
    }
    return;
  }
  std::string path;
  for (const Point& p : series.points) {
    fmt::format_to(std::back_inserter(path), "{:.1f},{:.1f} ", f.at_x(p.x), f.at_y(p.y));
    if (series.style == Style::kLine) {
      fmt::format_to(std::back_inserter(out), "<circle cx='{:.1f}' cy='{:.1f}' r='2.8' fill='{}'/>\n",
                     f.at_x(p.x), f.at_y(p.y), stroke);
    }
  }
  fmt::format_to(std::back_inserter(out),
                 "<polyline points='{}' fill='none' stroke='{}' stroke-width='1.8'{}/>\n", path, stroke,
                 series.style == Style::kDashes ? " stroke-dasharray='4 4' opacity='0.7'" : "");
}

void add_legend(std::string& out, const Plot& plot, double left) {
  double y = kTop + 4;
  if (!plot.legend_title.empty()) add_text(out, left, y, "start", "font-weight='600'", plot.legend_title);
  if (!plot.legend_title.empty()) y += kLegendLine;
  const std::vector<Series>& series = plot.panels[0].series;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series[i].name.empty()) continue;
    if (series[i].style == Style::kDots) {
      add_dot(out, left + 9, y - 4, series[i], colour(plot, series[i]));
    } else {
      add_line(out, left, y - 4, left + 18, y - 4,
               fmt::format("stroke='{}' stroke-width='2'{}", colour(plot, series[i]),
                           series[i].style == Style::kDashes ? " stroke-dasharray='4 4'" : ""));
    }
    add_text(out, left + 26, y, "start", "", series[i].name);
    y += kLegendLine;
  }
}

}  // namespace

std::string svg(const Plot& plot) {
  if (plot.panels.empty()) return "";
  const std::size_t categories = plot.panels[0].categories.size();
  const double height = categories == 0 ? kPlainHeight : static_cast<double>(categories) * kLineHeight;
  std::string body;
  double left = kMargin;
  for (std::size_t i = 0; i < plot.panels.size(); ++i) {
    const Panel& panel = plot.panels[i];
    const bool named = i == 0 || panel.categories != plot.panels[0].categories;
    left += panel.categories.empty() ? kNumberWidth : named ? kCategoryWidth : 0;
    const Frame frame = frame_of(plot, panel, left, height);
    add_axes(body, panel, frame, named);
    for (std::size_t s = 0; s < panel.series.size(); ++s) add_series(body, plot, panel, frame, s);
    left += kPanelWidth + kGap;
  }
  add_legend(body, plot, left - kGap / 2);
  const double legend = kLegendLine * static_cast<double>(plot.panels[0].series.size());
  const double width = left + kLegendWidth, whole = kTop + std::max(height + kBottom, legend);
  std::string out = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' width='{0:.0f}' height='{1:.0f}' viewBox='0 0 {0:.0f} "
      "{1:.0f}' "
      "font-family='sans-serif' font-size='12' fill='#222'>\n<rect width='100%' height='100%' "
      "fill='#ffffff'/>\n",
      width, whole);
  add_text(out, kMargin, 30, "start", "font-size='18' font-weight='600'", plot.title);
  add_text(out, kMargin, 52, "start", "fill='#555'", plot.subtitle);
  return out + body + "</svg>\n";
}

}  // namespace bench
