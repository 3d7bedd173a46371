#include "catenary/derive/page/graph_layout.h"

#include <gtest/gtest.h>

#include <cmath>

namespace catenary::derive {
namespace {

// x and W give p, p and b give z, z gives a: one layer.
const std::vector<double> kWidths = {56, 60, 80, 56, 90, 70};
const std::vector<LayoutEdge> kLayer = {{0, 2}, {1, 2}, {2, 4}, {3, 4}, {4, 5}};

TEST(GraphLayout, DrawsFromLeftToRight) {
  const GraphLayout layout = lay_out(kWidths, kLayer);
  for (std::size_t i = 0; i < kLayer.size(); ++i) {
    const auto [from, to] = kLayer[i];
    EXPECT_LT(layout.centers[from].x + kWidths[from] / 2, layout.centers[to].x - kWidths[to] / 2);
    EXPECT_EQ(layout.paths[i].front().x, layout.centers[from].x + kWidths[from] / 2);
    EXPECT_EQ(layout.paths[i].back().x, layout.centers[to].x - kWidths[to] / 2);
  }
}

TEST(GraphLayout, PutsALeafBeforeItsFirstUse) {
  const GraphLayout layout = lay_out(kWidths, kLayer);
  EXPECT_EQ(layout.centers[3].x, layout.centers[2].x) << "b beside W x, not in the first column";
}

TEST(GraphLayout, KeepsAChainLevel) {
  const GraphLayout layout = lay_out(kWidths, kLayer);
  EXPECT_NEAR(layout.centers[2].y, layout.centers[4].y, 3);
  EXPECT_NEAR(layout.centers[4].y, layout.centers[5].y, 3);
}

TEST(GraphLayout, NeverLetsNodesOverlapOrLeaveThePicture) {
  // Each of 20 values is read by three later ones.
  std::vector<double> widths(20, 60);
  std::vector<LayoutEdge> edges;
  for (std::size_t to = 1; to < widths.size(); ++to) {
    for (const std::size_t step : {1, 4, 7}) {
      if (step <= to) edges.push_back({to - step, to});
    }
  }
  const GraphLayout layout = lay_out(widths, edges);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const auto& a = layout.centers[i];
    EXPECT_GE(a.y, kNodeHeight / 2);
    EXPECT_LE(a.y, layout.height - kNodeHeight / 2);
    EXPECT_LE(a.x + widths[i] / 2, layout.width);
    for (std::size_t k = 0; k < i; ++k) {
      const auto& b = layout.centers[k];
      EXPECT_TRUE(std::abs(a.x - b.x) > 60 || std::abs(a.y - b.y) >= kNodeHeight) << k << " " << i;
    }
  }
}

TEST(GraphLayout, LeadsALongEdgePastTheNodesBetween) {
  // A chain of four and an edge from its first to its last.
  const std::vector<double> widths(4, 60);
  const GraphLayout layout = lay_out(widths, std::vector<LayoutEdge>{{0, 1}, {1, 2}, {2, 3}, {0, 3}});
  ASSERT_EQ(layout.paths[3].size(), 6);  // two bends of two points
  for (const std::size_t k : {1, 2})
    EXPECT_GT(std::abs(layout.paths[3][2 * k - 1].y - layout.centers[k].y), kNodeHeight / 2);
}

TEST(GraphLayout, DrawsASingleNode) {
  const GraphLayout layout = lay_out(std::vector<double>{50}, {});
  EXPECT_GT(layout.width, 50);
  EXPECT_GT(layout.height, kNodeHeight);
}

}  // namespace
}  // namespace catenary::derive
