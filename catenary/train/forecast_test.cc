#include "catenary/train/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "catenary/data/sequence.h"
#include "catenary/train/forecast_series.h"
#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

constexpr double kRounding = 1e-12;  // a few ulp of sums of small whole numbers

TEST(ForecastComparison, MeasuresNetworkAndBaselineOverSamplesAndRows) {
  Dataset data;
  data.features = {.rows = 5, .columns = 1, .elements = std::vector<float>(5)};
  data.schema.target_names = {"y"};
  data.target_columns = 1;
  data.targets = {0, 1, 4, 9, 16};
  (void)make_sequences(data, {.steps = 2, .horizon = 2, .season = 2}, "f.csv", {});
  ForecastComparison comparison(data);
  comparison.add(0, std::array{4.0F, 10.0F});
  comparison.add(1, std::array{9.0F, 16.0F});
  const std::vector<ForecastScore> scores = comparison.scores();
  ASSERT_EQ(scores.size(), 1u);
  EXPECT_EQ(scores[0].target, "y");
  EXPECT_NEAR(scores[0].network.rmse, 0.5, kRounding) << "of the errors 0, 1, 0, 0";
  EXPECT_NEAR(scores[0].network.mae, 0.25, kRounding);
  EXPECT_NEAR(scores[0].seasonal_naive.rmse, std::sqrt(72), kRounding) << "of the errors 4, 8, 8, 12";
  EXPECT_NEAR(scores[0].seasonal_naive.mae, 8, kRounding);
}

TEST(ForecastComparison, LeavesOutRowsThatTheBaselineKnowsNothingOf) {
  Dataset data;
  data.features = {.rows = 5, .columns = 1, .elements = std::vector<float>(5)};
  data.schema.target_names = {"y"};
  data.target_columns = 1;
  data.targets = {NAN, 1, 4, 9, 16};
  (void)make_sequences(data, {.steps = 2, .horizon = 2, .season = 2}, "f.csv", {});
  ForecastComparison comparison(data);
  comparison.add(0, std::array{0.0F, 10.0F});
  EXPECT_NEAR(comparison.scores()[0].network.mae, 1, kRounding) << "of row 3 alone";
  EXPECT_NEAR(comparison.scores()[0].seasonal_naive.mae, 8, kRounding);
}

TEST(ForecastComparison, JudgesEachTargetByItself) {
  Dataset data;
  data.features = {.rows = 3, .columns = 1, .elements = std::vector<float>(3)};
  data.schema.target_names = {"y", "z"};
  data.target_columns = 2;
  data.targets = {1, 10, 3, 30, 7, 40};
  (void)make_sequences(data, {.steps = 1, .season = 1}, "f.csv", {});
  ForecastComparison comparison(data);
  comparison.add(0, std::array{3.0F, 31.0F});
  comparison.add(1, std::array{4.0F, 40.0F});
  const std::vector<ForecastScore> scores = comparison.scores();
  EXPECT_NEAR(scores[0].network.mae, 1.5, kRounding);
  EXPECT_NEAR(scores[1].network.mae, 0.5, kRounding);
  EXPECT_NEAR(scores[0].seasonal_naive.mae, 3, kRounding);
  EXPECT_NEAR(scores[1].seasonal_naive.mae, 15, kRounding);
}

TEST(ForecastSeries, TakesWindowsWhoseRowsDoNotOverlap) {
  EXPECT_THAT(apart(std::array<std::int64_t, 7>{3, 4, 5, 6, 7, 8, 9}, 3), ElementsAre(3, 6, 9));
  EXPECT_THAT(apart(std::array<std::int64_t, 3>{0, 5, 7}, 3), ElementsAre(0, 5));
  EXPECT_THAT(apart({}, 3), IsEmpty());
}

// Two series of 16 months each, of which the last quarter tests: y rises by 1 a month, from 1 and from 101.
std::string two_series() {
  std::string text = "shop,y\n";
  for (int i = 1; i <= 16; ++i) text += fmt::format("a,{}\n", i);
  for (int i = 101; i <= 116; ++i) text += fmt::format("b,{}\n", i);
  return text;
}

// A network that always answers 3: of differences to the row two before, which are 2.
StoredRun answering_three(const TemporaryDirectory& folder, const std::string& sequence) {
  (void)folder.file("data.csv", two_series());
  const Config config =
      small_config(folder, "y", "squared_error",
                   {R"(model.layers=[{type="last_row"}, {type="dense", name="output"}])", "train.epochs=0",
                    "data.split={test=0.25}",
                    fmt::format("data.sequence={{ steps = 4, series = 'shop', {} }}", sequence)});
  return stored_with(config, {{"output.weight", {0, 0}}, {"output.bias", {3, 3}}});
}

TEST(ForecastSeries, HasAForecastForEachHeldOutRowOfItsSeries) {
  const TemporaryDirectory folder;
  const StoredRun run = answering_three(folder, "horizon = 2, difference = 2, season = 4");
  const TestData data = load_test_data(run.config, run.model.schema);
  const ForecastSeries second = forecast_series(run, data, data.series.at(1), 0, 1);
  const auto last = [](const SeriesNumbers& numbers, std::ptrdiff_t count) {
    return SeriesNumbers(numbers.end() - count, numbers.end());
  };
  EXPECT_EQ(second.forecasts, 4);
  EXPECT_EQ(second.observed.size(), 16u);
  EXPECT_EQ(second.observed.front(), 101);
  EXPECT_THAT(last(second.observed, 4), ElementsAre(113, 114, 115, 116));
  EXPECT_THAT(last(second.forecast, 4), ElementsAre(114, 115, 116, 117)) << "two before, and 3";
  EXPECT_THAT(last(second.seasonal_naive, 4), ElementsAre(109, 110, 111, 112));
  EXPECT_TRUE(std::isnan(last(second.forecast, 5).front()));
  EXPECT_TRUE(std::isnan(last(second.seasonal_naive, 5).front()));
}

TEST(ForecastSeries, WithoutASeasonHasNoBaseline) {
  const TemporaryDirectory folder;
  const StoredRun run = answering_three(folder, "horizon = 2, difference = 2");
  const TestData data = load_test_data(run.config, run.model.schema);
  EXPECT_THAT(forecast_series(run, data, data.series.at(0), 0, 1).seasonal_naive, IsEmpty());
  EXPECT_THAT(evaluate(run, data, 1).forecasts, IsEmpty());
}

TEST(Evaluation, HasTheBaselineBesideANetworkOfDifferences) {
  const TemporaryDirectory folder;
  const StoredRun run = answering_three(folder, "horizon = 2, difference = 2, season = 4");
  const Assessment result = evaluate(run, load_test_data(run.config, run.model.schema), 1);
  EXPECT_EQ(result.season, 4);
  ASSERT_EQ(result.forecasts.size(), 1u);
  EXPECT_NEAR(result.forecasts[0].network.rmse, 1, kRounding);
  EXPECT_NEAR(result.forecasts[0].network.mae, 1, kRounding);
  EXPECT_NEAR(result.forecasts[0].seasonal_naive.mae, 4, kRounding);
  EXPECT_NEAR(result.score.loss, 1, kRounding) << "half of the squared errors of two rows";
}

TEST(Predict, AddsTheRowsThatDifferencesStartFrom) {
  const TemporaryDirectory folder;
  const StoredRun run = answering_three(folder, "horizon = 2, difference = 2");
  const std::string input = folder.file("new.csv", "shop,y\nc,1\nc,5\nc,20\nc,50\n").string();
  const auto rows = predicted_cells(run, input);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0], ElementsAre("shop", "row", "prediction_y+1", "prediction_y+2"));
  EXPECT_THAT(rows[1], ElementsAre("c", "4", "23", "53"));
}

TEST(Training, OnDifferencesNeedsTheTargetsPastAmongTheInputs) {
  const TemporaryDirectory folder;
  EXPECT_THAT(error_of([&] {
                (void)folder.file("data.csv", "x,y\n1,2\n2,4\n3,5\n4,9\n5,7\n6,8\n");
                const Config config = small_config(folder, "y", "squared_error",
                                                   {R"(preprocess=[{type="drop", columns="y"}])",
                                                    R"(model.layers=[{type="last_row"}, {type="dense"}])",
                                                    "data.sequence={ steps = 2, difference = 1 }"});
                (void)load_training_data(config);
              }),
              HasSubstr("data.sequence: needed the past of 'y' among the model's inputs"));
}

}  // namespace
}  // namespace catenary::train
