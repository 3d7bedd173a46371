#include "catenary/data/preprocess/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/errors.h"

namespace catenary {
namespace {

using preprocess::Statistic;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using testing_support::error_of;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

using Values = std::vector<float>;

fitted::Affine standardizing(const Values& values) { return standardizing_step(values, "x"); }

TEST(Statistics, PresentValuesKeepTheirOrder) {
  EXPECT_THAT(present_of(Values{3, kMissing, 1, kMissing}), ElementsAre(3, 1));
}

TEST(Statistics, CountsEachCode) {
  EXPECT_THAT(counts_of(Values{0, 2, 2, kMissing, 5}, 3), ElementsAre(1, 0, 2));
}

TEST(Statistics, TheMedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(statistic_of(Statistic::kMedian, Values{9, 1, 5}), 5);
  EXPECT_EQ(statistic_of(Statistic::kMedian, Values{9, 1, 5, 2}), 3.5);
  EXPECT_EQ(statistic_of(Statistic::kMedian, Values{7}), 7);
}

TEST(Statistics, TheMeanIsThatOfDoubles) {
  EXPECT_EQ(statistic_of(Statistic::kMean, Values{1, 2, 6}), 3);
  EXPECT_EQ(statistic_of(Statistic::kMean, Values{16777216, 1, 1, 2}), 4194305);
}

TEST(Statistics, TheMostFrequentIsTheLeastOfSeveral) {
  EXPECT_EQ(statistic_of(Statistic::kMostFrequent, Values{3, 1, 3, 2, 2}), 2);
  EXPECT_EQ(statistic_of(Statistic::kMostFrequent, Values{3, 1, 3, 2}), 3);
}

TEST(Statistics, QuantilesAreInterpolated) {
  const Values sorted = {1, 2, 4, 8};
  EXPECT_EQ(sorted_quantile(sorted, 0), 1);
  EXPECT_EQ(sorted_quantile(sorted, 1), 8);
  EXPECT_EQ(sorted_quantile(sorted, 0.5), 3);
  EXPECT_EQ(sorted_quantile(sorted, 0.75), 5);
  EXPECT_THAT(quantiles_of(Values{8, 1, 4, 2}, 3), ElementsAre(1, 3, 8));
  EXPECT_THAT(quantiles_of(Values{5}, 2), ElementsAre(5, 5));
}

TEST(Statistics, StandardizesToTheMeanAndThePopulationsDeviation) {
  const fitted::Affine step = standardizing({1, 3, 5, 7});  // mean 4, variance 5
  EXPECT_THAT(step.shift, FloatEq(4));
  EXPECT_THAT(step.scale, FloatEq(std::sqrt(5.0F)));
  EXPECT_EQ(standardizing({kMissing, 0, kMissing, 2}), (fitted::Affine{1, 1}));
}

TEST(Statistics, OnlyCentresConstants) {
  EXPECT_EQ(standardizing({0.1F, 0.1F, 0.1F}), (fitted::Affine{0.1F, 1}));
  EXPECT_EQ(standardizing({kMissing}), (fitted::Affine{0, 1}));
  EXPECT_EQ(minmax_step(Values{4, 4}, 0, 1, "x"), (fitted::Affine{4, 1}));
  EXPECT_EQ(minmax_step(Values{4, 4}, 1, 3, "x"), (fitted::Affine{3, 1}));
}

TEST(Statistics, KeepsItsPrecisionFarFromZero) {
  EXPECT_EQ(standardizing({1e7F, 1e7F + 1, 1e7F, 1e7F + 1}).scale, 0.5F);
}

TEST(Statistics, MapsTheLeastAndTheGreatestToTheBounds) {
  EXPECT_EQ(minmax_step(Values{2, 10, 4}, 0, 1, "x"), (fitted::Affine{2, 8}));
  // (2 - 6) / 4 = -1, (10 - 6) / 4 = 1
  EXPECT_EQ(minmax_step(Values{2, 10, 4}, -1, 1, "x"), (fitted::Affine{6, 4}));
}

TEST(Statistics, RejectsValuesThatCannotBeMapped) {
  EXPECT_THAT(error_of([] {
                (void)standardizing({0, 2e-42F});
              }),
              ::testing::StartsWith("data: needed values of 'x' that standardize maps in f32, found 9.99"));
  EXPECT_THAT(error_of([] {
                (void)minmax_step(Values{0, 1e-45F}, 0, 1e6, "x");
              }),
              ::testing::StartsWith("data: needed values of 'x' that minmax maps in f32, found 0 and 1.4"));
  EXPECT_EQ(error_of([] { (void)minmax_step(Values{}, 0, 1, "x"); }),
            "data: column 'x': needed a value among the training rows, found none");
}

}  // namespace
}  // namespace catenary
