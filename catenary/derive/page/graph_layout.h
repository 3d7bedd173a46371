#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace catenary::derive {

/// Where the nodes and edges of a drawing lie, in pixels.
struct GraphLayout {
  struct Point {
    double x = 0, y = 0;
  };
  std::vector<Point> centers = {};             ///< of the nodes
  std::vector<std::vector<Point>> paths = {};  ///< of the edges: joined by curves that leave and arrive level
  double width = 0, height = 0;
};

struct LayoutEdge {
  std::size_t from = 0, to = 0;
};

/// Draws a graph from left to right: what a node is computed from lies in the columns before it, a node that
/// nothing leads to one column before its first use. widths: of the nodes, in topological order. The order in
/// a column follows the neighbours' means. [Sugiyama, Tagawa, Toda 1981]
[[nodiscard]] GraphLayout lay_out(std::span<const double> widths, std::span<const LayoutEdge> edges);

/// How tall a node is.
inline constexpr double kNodeHeight = 42;

}  // namespace catenary::derive
