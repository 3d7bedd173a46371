#include "catenary/base/axis.h"

#include <gmock/gmock.h>

#include <cmath>

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::vector<std::string> labels_of(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks) labels.push_back(tick.label);
  return labels;
}

// Seconds of 1970-01-01 and so many days later.
constexpr double kDay = 86400;

TEST(Axis, OfNumbersHasTicksAtMultiplesOfOneTwoAndFive) {
  EXPECT_THAT(labels_of(number_axis(150, 622, 6, AxisEnds::kExact)),
              ElementsAre("200", "300", "400", "500", "600"));
  EXPECT_THAT(labels_of(number_axis(0, 190.2, 6, AxisEnds::kExact)), ElementsAre("0", "50", "100", "150"));
  EXPECT_THAT(labels_of(number_axis(-1, 1, 6, AxisEnds::kExact)),
              ElementsAre("-1.0", "-0.5", "0.0", "0.5", "1.0"));
  EXPECT_THAT(labels_of(number_axis(1.5, 7.9, 5, AxisEnds::kExact)), ElementsAre("2", "4", "6"));
}

TEST(Axis, WritesDecimalsThatItsStepHasAndNoOthers) {
  const Axis axis = number_axis(0.1, 0.7, 8, AxisEnds::kExact);
  EXPECT_THAT(labels_of(axis), ElementsAre("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"));
  EXPECT_EQ(axis.ticks[2].at, 0.3);
  EXPECT_THAT(labels_of(number_axis(0, 4e8, 5, AxisEnds::kExact)),
              ElementsAre("0", "1e+08", "2e+08", "3e+08", "4e+08"));
}

TEST(Axis, EndsAtTheTicksBeyondItsNumbersWhereAsked) {
  const Axis axis = number_axis(104, 622, 8, AxisEnds::kAtTicks);
  EXPECT_EQ(axis.low, 100);
  EXPECT_EQ(axis.high, 700);
  EXPECT_THAT(axis.ticks, SizeIs(7));
  const Axis exact = number_axis(104, 622, 8, AxisEnds::kExact);
  EXPECT_EQ(exact.low, 104);
  EXPECT_EQ(exact.high, 622);
}

TEST(Axis, OfEqualNumbersReachesAroundThem) {
  const Axis axis = number_axis(3, 3, 6, AxisEnds::kExact);
  EXPECT_LT(axis.low, 3);
  EXPECT_GT(axis.high, 3);
  EXPECT_GE(axis.ticks.size(), 2u);
}

TEST(Axis, OfDatesHasTicksWhereTheirUnitsBegin) {
  EXPECT_THAT(labels_of(date_axis(-11.9 * 365.25 * kDay, 0, 7)),
              ElementsAre("1960", "1962", "1964", "1966", "1968", "1970"));
  EXPECT_THAT(labels_of(date_axis(10 * kDay, 160 * kDay, 6)),
              ElementsAre("1970-02", "1970-03", "1970-04", "1970-05", "1970-06"));
  EXPECT_THAT(labels_of(date_axis(0, 20 * kDay, 4)), ElementsAre("1970-01-05", "1970-01-12", "1970-01-19"));
  EXPECT_THAT(labels_of(date_axis(0, kDay, 9)),
              ElementsAre("1970-01-01 00:00", "1970-01-01 06:00", "1970-01-01 12:00", "1970-01-01 18:00",
                          "1970-01-02 00:00"));
  EXPECT_THAT(labels_of(date_axis(-10, 20, 4)), ElementsAre("1969-12-31 23:59:50", "1970-01-01 00:00:00",
                                                            "1970-01-01 00:00:10", "1970-01-01 00:00:20"));
}

TEST(Axis, OfDatesHasAtMostSoManyTicks) {
  for (double span = 1; span < 4e10; span *= 1.7) {
    const std::size_t ticks = date_axis(1e9, 1e9 + span, 7).ticks.size();
    EXPECT_LE(ticks, span < 2e5 ? 5u : 7u) << span << ": times of day take more room";
    EXPECT_GE(ticks, 1u) << span;
  }
}

TEST(Axis, OfNumbersHasAtMostSoManyTicks) {
  for (double span = 1e-9; span < 1e9; span *= 1.3) {
    const std::size_t ticks = number_axis(-span / 3, span, 6, AxisEnds::kExact).ticks.size();
    EXPECT_LE(ticks, 6u) << span;
    EXPECT_GE(ticks, 2u) << span;
  }
}

}  // namespace
}  // namespace catenary
