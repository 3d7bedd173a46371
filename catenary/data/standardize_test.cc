#include "catenary/data/standardize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/support/errors.h"

namespace catenary {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using testing_support::error_of;

Features floats(std::int64_t rows, std::vector<float> elements) {
  const std::int64_t columns = std::ssize(elements) / rows;
  return {.rows = rows, .columns = columns, .elements = std::move(elements)};
}

std::vector<std::int64_t> all_rows(const Features& features) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(features.rows));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

TEST(Standardize, FindsTheMeanAndThePopulationsDeviation) {
  const Features features = floats(4, {1, 10, 3, 10, 5, 30, 7, 30});  // means 4 and 20, variances 5 and 100
  const Standardization fit = standardize(features, all_rows(features));
  EXPECT_THAT(fit.mean, ElementsAre(FloatEq(4), FloatEq(20)));
  EXPECT_THAT(fit.std, ElementsAre(FloatEq(std::sqrt(5.0F)), FloatEq(10)));
}

TEST(Standardize, SeesOnlyTheRowsItIsGiven) {
  const Features features = floats(4, {0, 1000, 2, -5});
  const std::vector<std::int64_t> rows = {0, 2};
  EXPECT_EQ(standardize(features, rows), (Standardization{.mean = {1}, .std = {1}}));
}

TEST(Standardize, IsOfTheValuesOfBytes) {
  const Features features{
      .rows = 2, .columns = 1, .elements = std::vector<std::uint8_t>{0, 200}, .scale = 1.0F / 255};
  const Standardization fit = standardize(features, all_rows(features));
  EXPECT_THAT(fit.mean, ElementsAre(FloatEq(100.0F / 255)));
  EXPECT_THAT(fit.std, ElementsAre(FloatEq(100.0F / 255)));
  const ElementMap map = element_map(features, fit);
  EXPECT_THAT(map.scale, ElementsAre(DoubleNear(0.01, 1e-9)));
  EXPECT_THAT(map.shift, ElementsAre(DoubleNear(-1, 1e-7)));
}

TEST(Standardize, OnlyCentresConstants) {
  const Features features = floats(3, {0.1F, 0.1F, 0.1F});
  EXPECT_EQ(standardize(features, all_rows(features)), (Standardization{.mean = {0.1F}, .std = {1}}));
  const Features bytes{
      .rows = 1, .columns = 1, .elements = std::vector<std::uint8_t>{51}, .scale = 1.0F / 255};
  const Standardization fit = standardize(bytes, all_rows(bytes));
  EXPECT_THAT(fit.std, ElementsAre(1));
  EXPECT_THAT(fit.mean, ElementsAre(FloatEq(0.2F)));
}

TEST(Standardize, KeepsItsPrecisionFarFromZero) {
  const Features features = floats(4, {1e7F, 1e7F + 1, 1e7F, 1e7F + 1});
  EXPECT_THAT(standardize(features, all_rows(features)).std, ElementsAre(0.5F));
}

TEST(ElementMap, WithoutStandardisationOnlyAppliesTheScale) {
  const Features bytes{.rows = 1, .columns = 2, .elements = std::vector<std::uint8_t>{1, 2}, .scale = 0.5F};
  EXPECT_EQ(element_map(bytes, {}), (ElementMap{.scale = {0.5}, .shift = {0}}));
  EXPECT_EQ(element_map(floats(1, {1, 2}), {}), ElementMap{});
}

TEST(Standardize, RejectsWhatItCannotFit) {
  const Features features = floats(2, {1, 2});
  const std::vector<std::int64_t> beyond = {0, 2};
  EXPECT_EQ(error_of([&] { (void)standardize(features, {}); }),
            "data: needed at least one row to standardize features, found none");
  EXPECT_EQ(error_of([&] { (void)standardize(features, beyond); }),
            "data: needed row numbers from 0 to 1 to standardize features, found 2");
  const Features tiny = floats(2, {0, 2e-42F});
  EXPECT_THAT(error_of([&] { (void)standardize(tiny, all_rows(tiny)); }),
              ::testing::StartsWith("data: needed feature 0 to be standardizable in f32, found mean 9.99"));
}

}  // namespace
}  // namespace catenary
