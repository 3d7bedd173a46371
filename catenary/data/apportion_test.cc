#include "catenary/data/apportion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/support/property.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using testing_support::check_property;

PartSizes sum(std::span<const PartSizes> sizes) {
  PartSizes total{};
  for (const PartSizes& of_class : sizes)
    for (const Part part : {kTrain, kValidation, kTest}) total[part] += of_class[part];
  return total;
}

// True where each number is its share rounded down or up, and rows and totals add up.
bool is_controlled(std::span<const std::int64_t> classes, const PartSizes& totals,
                   std::span<const PartSizes> result) {
  const std::int64_t rows = std::accumulate(classes.begin(), classes.end(), std::int64_t{0});
  bool holds = sum(result) == totals;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    holds = holds && std::accumulate(result[c].begin(), result[c].end(), std::int64_t{0}) == classes[c];
    for (const Part part : {kTrain, kValidation, kTest})
      holds = holds && std::abs(result[c][part] * rows - classes[c] * totals[part]) < rows;
  }
  return holds;
}

TEST(Apportion, GivesWholeSharesAsTheyAre) {
  EXPECT_THAT(apportion(std::vector<std::int64_t>{50, 30, 20}, {70, 10, 20}),
              ElementsAre(PartSizes{35, 5, 10}, PartSizes{21, 3, 6}, PartSizes{14, 2, 4}));
}

TEST(Apportion, RoundsTheLargestRemaindersUp) {
  // A fifth of 7, 6 and 12 rows is 1.4, 1.2 and 2.4: five in all, so one of .4 is rounded up, the first one.
  EXPECT_THAT(apportion(std::vector<std::int64_t>{7, 6, 12}, {20, 0, 5}),
              ElementsAre(PartSizes{5, 0, 2}, PartSizes{5, 0, 1}, PartSizes{10, 0, 2}));
  // .4 before .2, in whatever order.
  EXPECT_THAT(apportion(std::vector<std::int64_t>{6, 7, 12}, {20, 0, 5}),
              ElementsAre(PartSizes{5, 0, 1}, PartSizes{5, 0, 2}, PartSizes{10, 0, 2}));
}

TEST(Apportion, OfClassesThatLoseEquallyTheFirstGiveRowsUp) {
  EXPECT_THAT(apportion(std::vector<std::int64_t>{5, 5, 5, 5}, {10, 0, 10}),
              ElementsAre(PartSizes{2, 0, 3}, PartSizes{2, 0, 3}, PartSizes{3, 0, 2}, PartSizes{3, 0, 2}));
}

TEST(Apportion, MovesRowsByWayOfTheThirdPart) {
  // Where each class has its best, train has a row too many and test lacks one, and none can give it
  // straight.
  const std::vector<std::int64_t> classes = {10, 10, 3, 22, 3};
  constexpr PartSizes kTotals = {24, 8, 16};
  EXPECT_TRUE(is_controlled(classes, kTotals, apportion(classes, kTotals)));
}

TEST(Apportion, IsExactWhereDoublesAreNot) {
  constexpr std::int64_t kMany = (std::int64_t{1} << 32) - 3;
  const std::vector<PartSizes> result = apportion(std::vector<std::int64_t>{kMany, 3}, {3, 0, kMany});
  EXPECT_THAT(result, ElementsAre(PartSizes{3, 0, kMany - 3}, PartSizes{0, 0, 3}));
}

TEST(Apportion, RoundsEachShareDownOrUpAndKeepsEveryTotal) {
  check_property(
      [] {
        const auto classes = *rc::gen::nonEmpty(
            rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(1, 60)));
        const std::int64_t rows = std::accumulate(classes.begin(), classes.end(), std::int64_t{0});
        const std::int64_t held_out = *rc::gen::inRange<std::int64_t>(0, rows + 1);
        const std::int64_t test = *rc::gen::inRange<std::int64_t>(0, held_out + 1);
        const PartSizes totals = {rows - held_out, held_out - test, test};
        RC_ASSERT(is_controlled(classes, totals, apportion(classes, totals)));
      },
      2000);
}

}  // namespace
}  // namespace catenary
