#include "catenary/base/chart.h"

#include <gmock/gmock.h>

#include <cmath>

namespace catenary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Ten units of the drawing for each of the axes.
Chart small_chart() {
  return {.width = 110,
          .height = 105,
          .left = 10,
          .right = 0,
          .top = 0,
          .bottom = 5,
          .x = {.low = 0, .high = 10, .ticks = {{5, "<five>"}}},
          .y = {.low = 0, .high = 10, .ticks = {{2, "two"}}},
          .lines = {}};
}

TEST(Chart, DrawsAPolylineForEachUnbrokenPartAndDotsForLonelyPoints) {
  Chart chart = small_chart();
  chart.lines = {{"a & b", {{0, 0}, {1, 10}, {2, NAN}, {3, 5}, {4, NAN}, {5, 1}, {6, 2}}}};
  const std::string svg = svg_elements(chart);
  EXPECT_THAT(svg,
              HasSubstr(R"(<g class="line line-0"><polyline points="10.0,100.0 20.0,0.0"/>)"
                        R"(<circle cx="40.0" cy="50.0" r="3"/><polyline points="60.0,90.0 70.0,80.0"/>)"));
  EXPECT_THAT(svg, HasSubstr(">a &amp; b</text>"));
  chart.dots = ChartDots::kAll;
  EXPECT_THAT(svg_elements(chart), HasSubstr(R"(<circle cx="10.0" cy="100.0" r="3"/>)"));
}

TEST(Chart, LabelsItsTicks) {
  const std::string svg = svg_elements(small_chart());
  EXPECT_THAT(svg, HasSubstr(R"(<path class="grid" d="M10 80.0H110"/>)"));
  EXPECT_THAT(svg, HasSubstr(R"(class="tick end">two</text>)"));
  EXPECT_THAT(svg, HasSubstr(R"(<text x="60.0" y="120" class="tick middle">&lt;five&gt;</text>)"));
  EXPECT_THAT(svg, Not(HasSubstr("polyline")));
}

TEST(Chart, HasThreeStylesOfLinesInTurn) {
  Chart chart = small_chart();
  chart.lines.resize(4);
  const std::string svg = svg_elements(chart);
  EXPECT_THAT(svg, HasSubstr("line line-2"));
  EXPECT_THAT(svg, Not(HasSubstr("line line-3")));
}

}  // namespace
}  // namespace catenary
