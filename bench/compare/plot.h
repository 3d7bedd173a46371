#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bench {

struct Point {
  double x, y;
};

enum class Style { kDots, kLine, kDashes };

/// Points of one name. The legend shows the first panel's series that have one.
struct Series {
  std::string name;
  std::size_t colour = 0;  ///< index into the palette
  Style style = Style::kDots;
  bool hollow = false;  ///< of dots: the outline only
  std::vector<Point> points = {};
};

/// A coordinate system with a logarithmic x axis. y is logarithmic too, or, where there are categories,
/// counts them from the top.
struct Panel {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<std::string> categories = {};
  std::optional<double> mark_x = {};  ///< a line through this x
  std::vector<Series> series = {};
};

/// Colours that tell apart, or that grow from light to dark with the series' order.
enum class Palette { kDistinct, kOrdered };

/// Panels side by side with one legend. Those with the same labels have the same ranges.
struct Plot {
  std::string title;
  std::string subtitle;
  std::string legend_title = {};
  Palette palette = Palette::kDistinct;
  std::vector<Panel> panels = {};
};

/// An SVG document on a light background.
[[nodiscard]] std::string svg(const Plot& plot);

}  // namespace bench
