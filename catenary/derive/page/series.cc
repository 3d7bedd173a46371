#include "catenary/derive/page/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catenary/derive/page/blocks.h"
#include "catenary/derive/page/mathml.h"

namespace catenary::derive {

namespace {

constexpr double kWidth = 560, kHeight = 220, kLeft = 56, kRight = 150, kTop = 14, kBottom = 34;
// Of norms that vanish for good, so that one does not press the others against the upper edge.
constexpr double kLowestPower = -12;

class Chart {
 public:
  explicit Chart(const Series& series) : series_(series) {
    double largest = 0, smallest = INFINITY;
    for (const Series::Line& line : series.lines) {
      for (const double x : line.values) {
        if (!is_drawn(x)) continue;
        largest = std::max(largest, x);
        smallest = std::min(smallest, x);
      }
    }
    if (largest > 0) {
      top_ = std::ceil(std::log10(largest));
      bottom_ = std::max(std::floor(std::log10(smallest)), top_ + kLowestPower);
    }
    if (bottom_ >= top_) bottom_ = top_ - 1;
  }

  std::string run() const {
    std::string svg = fmt::format(
        R"(<svg class="series" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">)"
        "\n",
        kWidth, kHeight, escape_xml(label()));
    svg += grid();
    for (std::size_t i = 0; i < series_.lines.size(); ++i) svg += line(i);
    return svg + "</svg>\n";
  }

 private:
  static bool is_drawn(double x) { return std::isfinite(x) && x > 0; }
  [[nodiscard]] std::size_t places() const { return series_.lines[0].values.size(); }
  [[nodiscard]] std::string label() const {
    std::string all;
    for (const Series::Line& line : series_.lines) all += (all.empty() ? "" : ", ") + line.name.text;
    return all;
  }

  [[nodiscard]] double x_of(std::size_t place) const {
    const double most = static_cast<double>(std::max<std::size_t>(places() - 1, 1));
    return kLeft + static_cast<double>(place) / most * (kWidth - kLeft - kRight);
  }
  [[nodiscard]] double y_of(double value) const {
    const double power = std::clamp(std::log10(value), bottom_, top_);
    return kTop + (top_ - power) / (top_ - bottom_) * (kHeight - kTop - kBottom);
  }

  // A level line for each power of ten, at most six; the first and the last place.
  [[nodiscard]] std::string grid() const {
    std::string svg;
    const int powers = static_cast<int>(top_ - bottom_), step = (powers + 5) / 6;
    for (int below = 0; below <= powers; below += step) {
      const double power = top_ - below;
      const double y = y_of(std::pow(10, power));
      svg += fmt::format(
          R"(<path class="grid" d="M{:.0f} {:.1f}H{:.0f}"/><text x="{:.0f}" y="{:.1f}" class="tick end">{:g}</text>)",
          kLeft, y, kWidth - kRight, kLeft - 6, y + 4, std::pow(10, power));
    }
    for (const std::size_t place : {std::size_t{0}, places() - 1}) {
      svg += fmt::format(R"(<text x="{:.1f}" y="{:.0f}" class="tick middle">{} = {}</text>)", x_of(place),
                         kHeight - 10, escape_xml(series_.index.text), place + 1);
    }
    return svg + "\n";
  }

  [[nodiscard]] std::string line(std::size_t i) const {
    const Series::Line& line = series_.lines[i];
    std::string points, dots, last;
    for (std::size_t place = 0; place < line.values.size(); ++place) {
      if (!is_drawn(line.values[place])) continue;
      const double x = x_of(place), y = y_of(line.values[place]);
      points += fmt::format("{}{:.1f} {:.1f}", points.empty() ? "M" : "L", x, y);
      if (places() <= 40) dots += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3"/>)", x, y);
    }
    const double middle = kTop + 18 + 22 * static_cast<double>(i);
    return fmt::format(
        R"(<g class="line line-{}"><path d="{}"/>{}<path d="M{:.0f} {:.1f}h18"/><text x="{:.0f}" y="{:.1f}">{}</text></g>)"
        "\n",
        i % 3, points.empty() ? "M0 0" : points, dots, kWidth - kRight + 14, middle, kWidth - kRight + 38,
        middle + 4, escape_xml(line.name.text));
  }

  const Series& series_;
  double top_ = 0, bottom_ = -1;  // powers of ten
};

}  // namespace

std::string html_of(const Series& series) {
  return "<figure class=\"series\">\n" + Chart(series).run() + html_of(table_of(series)) + "</figure>\n";
}

}  // namespace catenary::derive
