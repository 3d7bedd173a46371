#include "catenary/data/past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/errors.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::NanSensitiveFloatEq;
using testing_support::error_of;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

// Rows whose target y is the square of their number from 0 on, which an input has, too; keys: their series.
Dataset squares(std::int64_t rows, std::string_view keys = {}) {
  Dataset data;
  std::vector<float> numbers;
  for (std::int64_t row = 0; row < rows; ++row) numbers.push_back(static_cast<float>(row * row));
  data.features = {.rows = rows, .columns = 1, .elements = numbers};
  data.places = {0};
  data.schema.columns = {{.name = "y"}};
  data.schema.target_names = {"y"};
  data.target_columns = 1;
  data.targets = numbers;
  for (const char key : keys) data.series.codes.push_back(static_cast<float>(key - 'a'));
  if (!keys.empty()) data.series.levels = {"a", "b"};
  return data;
}

Sequences sequences_of(Dataset& data, const SequenceOptions& options) {
  return make_sequences(data, options, "f.csv", {});
}

TEST(SeasonalNaive, OfASeasonOfOneRepeatsTheLastRowOfTheWindow) {
  Dataset data = squares(10);
  (void)sequences_of(data, {.steps = 3, .horizon = 2, .season = 1});
  EXPECT_THAT(seasonal_naive(data, 0, 1), ElementsAre(4, 4));
  EXPECT_THAT(seasonal_naive(data, 5, 1), ElementsAre(49, 49));
}

TEST(SeasonalNaive, RepeatsTheWindowsLastSeasonAsOftenAsTheHorizonHasIt) {
  Dataset data = squares(20);
  (void)sequences_of(data, {.steps = 6, .horizon = 9, .season = 4});
  EXPECT_THAT(seasonal_naive(data, 0, 4), ElementsAre(4, 9, 16, 25, 4, 9, 16, 25, 4));
  EXPECT_THAT(seasonal_naive(data, 5, 4), ElementsAre(49, 64, 81, 100, 49, 64, 81, 100, 49));
}

TEST(SeasonalNaive, OfAWholeWindowBeginsWithItsFirstRow) {
  Dataset data = squares(20);
  (void)sequences_of(data, {.steps = 4, .horizon = 3, .season = 4});
  EXPECT_THAT(seasonal_naive(data, 3, 4), ElementsAre(9, 16, 25));
}

TEST(SeasonalNaive, ForetellsEachTargetByItself) {
  Dataset data = squares(8);
  data.schema.target_names = {"y", "z"};
  data.target_columns = 2;
  data.targets = {0, 10, 1, 11, 2, 12, 3, 13, 4, 14, 5, 15, 6, 16, 7, 17};
  (void)sequences_of(data, {.steps = 2, .horizon = 2, .season = 2});
  EXPECT_THAT(seasonal_naive(data, 1, 2), ElementsAre(1, 11, 2, 12));
}

TEST(Past, IsKeptBeforeTargetsAreMovedToTheirWindows) {
  Dataset data = squares(6);
  (void)sequences_of(data, {.steps = 3, .season = 2});
  EXPECT_THAT(data.past.numbers, ElementsAre(0, 1, 4, 9, 16, 25));
  EXPECT_EQ(data.past.season, 2);
  Dataset whole = squares(6, "aaabbb");
  (void)sequences_of(whole, {.task = SequenceTask::kWhole, .stride = 0, .series = "s"});
  EXPECT_THAT(whole.past.numbers, IsEmpty());
}

TEST(Past, MakesDifferencesWithinEachSeriesAlone) {
  Dataset data = squares(10, "aaaaabbbbb");
  const Sequences windows = sequences_of(data, {.steps = 2, .series = "s", .difference = 2});
  EXPECT_THAT(windows.firsts, ElementsAre(0, 1, 2, 5, 6, 7));
  const auto target = [&](std::size_t first) { return data.targets[first]; };
  EXPECT_EQ(target(0), 4 - 0);
  EXPECT_EQ(target(2), 16 - 4);
  EXPECT_EQ(target(5), 49 - 25);
  EXPECT_EQ(target(7), 81 - 49);
  EXPECT_THAT(target(4), NanSensitiveFloatEq(kNone)) << "what the second series has no row two before";
}

TEST(Past, LeavesOutWindowsWhoseDifferenceLacksANumber) {
  Dataset data = squares(8);
  data.targets[3] = kNone;
  const Sequences windows = sequences_of(data, {.steps = 2, .difference = 2});
  EXPECT_THAT(windows.firsts, ElementsAre(0, 2, 4, 5))
      << "neither row 3 nor row 5, which is two rows after it";
}

TEST(Past, IsAddedToWhatANetworkAnswers) {
  Dataset data = squares(10);
  (void)sequences_of(data, {.steps = 4, .horizon = 2, .difference = 3});
  std::vector<float> answer = {100, 200};
  add_past(data, 1, answer);
  EXPECT_THAT(answer, ElementsAre(104, 209)) << "rows 2 and 3, three before rows 5 and 6";
  data.past.difference = 0;
  add_past(data, 1, answer);
  EXPECT_THAT(answer, ElementsAre(104, 209));
}

TEST(Past, OfAFileToPredictIsReadAmongItsFeatures) {
  Dataset data = squares(6);
  data.features.elements = std::vector<float>{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1};
  data.features.columns = 2;
  data.places = {1};
  data.codes = {{70, 80}};  // a number stands for another
  data.targets = {}, data.target_columns = 0;
  (void)sequences_of(data, {.steps = 2, .difference = 1});
  EXPECT_THAT(data.past.numbers, ElementsAre(70, 80, 70, 70, 70, 80));
}

TEST(Past, NeedsTheColumnThatDifferencesStartFrom) {
  Dataset data = squares(6);
  data.schema.columns = {{.name = "x"}};
  data.past.difference = 1;
  EXPECT_EQ(
      error_of([&] { require_past(data, "data.sequence"); }),
      "config: data.sequence: needed the past of 'y' among the model's inputs, as data.sequence.difference "
      "foretells differences to it, found a model that does not read it");
  data.past.difference = 0;
  EXPECT_EQ(error_of([&] { require_past(data, "data.sequence"); }), "no error");
}

}  // namespace
}  // namespace catenary
