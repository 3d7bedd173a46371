#pragma once

#include <string>
#include <vector>

#include "catenary/base/axis.h"

namespace catenary {

/// A place in the units of a chart's axes.
struct ChartPoint {
  double x = 0;
  double y = 0;  ///< NaN: the line is broken here
};

/// A line of a chart.
struct ChartLine {
  std::string name;
  std::vector<ChartPoint> points;
};

/// Whether a line's points have dots; without neighbours they always have.
enum class ChartDots { kAlone, kAll };

/// A chart of lines over two axes, in units of an SVG drawing.
struct Chart {
  double width = 560;
  double height = 220;
  double left = 56;    ///< for the labels of y
  double right = 150;  ///< for the lines' names
  double top = 14;
  double bottom = 34;  ///< for the labels of x
  Axis x, y;
  std::vector<ChartLine> lines;
  ChartDots dots = ChartDots::kAlone;
};

/// The elements of the drawing, to stand within <svg>: of the classes grid, tick (with end or middle, its
/// anchor) and, for each line, a group of the classes line and line-0, line-1, line-2, in turn, that has a
/// polyline for each unbroken part, and its name. Their style is the caller's.
[[nodiscard]] std::string svg_elements(const Chart& chart);

}  // namespace catenary
