#include "catenary/data/sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/data/sequence_split.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::NanSensitiveFloatEq;
using testing_support::error_of;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

// Rows with one input and the target 10 + row; keys: the series of each row, a letter.
Dataset rows_of(std::int64_t rows, std::string_view keys = {}) {
  Dataset data;
  data.features = {
      .rows = rows, .columns = 1, .elements = std::vector<float>(static_cast<std::size_t>(rows))};
  data.target_columns = 1;
  data.schema.target_names = {"y"};
  for (std::int64_t row = 0; row < rows; ++row) data.targets.push_back(10 + static_cast<float>(row));
  for (const char key : keys) {
    const std::string name(1, key);
    auto at = std::ranges::find(data.series.levels, name);
    if (at == data.series.levels.end()) at = data.series.levels.insert(at, name);
    data.series.codes.push_back(key == ' ' ? kNone : static_cast<float>(at - data.series.levels.begin()));
  }
  return data;
}

Sequences sequences_of(Dataset& data, const SequenceOptions& options, const DataLimits& limits = {}) {
  return make_sequences(data, options, "f.csv", limits);
}

std::string fault_of(Dataset data, const SequenceOptions& options, const DataLimits& limits = {}) {
  return error_of([&] { (void)sequences_of(data, options, limits); });
}

auto are_floats(std::initializer_list<float> numbers) {
  std::vector<::testing::Matcher<float>> matchers;
  for (const float number : numbers) matchers.emplace_back(NanSensitiveFloatEq(number));
  return ::testing::ElementsAreArray(matchers);
}

TEST(Sequences, OfWindowsHaveTheTargetsOfTheRowsAfterThem) {
  Dataset data = rows_of(6);
  const Sequences windows = sequences_of(data, {.steps = 3, .horizon = 2});
  EXPECT_THAT(windows.firsts, ElementsAre(0, 1));
  EXPECT_THAT(data.targets, are_floats({13, 14, 15, kNone, kNone, kNone}));
  EXPECT_EQ(data.schema.sequence, (SequenceSchema{.steps = 3, .horizon = 2}));
  EXPECT_EQ(windows.targets, (TargetRows{3, 5}));
}

TEST(Sequences, OfWindowsEndWithTheirSeries) {
  Dataset data = rows_of(12, "aaaaaabbbbbc");
  const Sequences windows = sequences_of(data, {.steps = 2, .stride = 2});
  EXPECT_THAT(windows.series, ElementsAre(Series{0, 6}, Series{6, 5}, Series{11, 1}));
  EXPECT_THAT(windows.firsts, ElementsAre(1, 3, 6, 8));
  EXPECT_THAT(data.notes,
              ElementsAre("f.csv: series of fewer rows than the 3 that a window takes are left out: 1 of 3"));
}

TEST(Sequences, ThatGoOnAnswerTheRowsThatTheOneBeforeHasNot) {
  Dataset data = rows_of(10);
  const Sequences windows = sequences_of(
      data, {.steps = 4, .task = SequenceTask::kEachRow, .lead = 1, .stride = 2, .is_stateful = true});
  EXPECT_EQ(data.schema.sequence,
            (SequenceSchema{.steps = 4, .target = SequenceTarget::kEachRow, .advance = 2}));
  EXPECT_THAT(windows.firsts, ElementsAre(1, 3, 5));  // the last one's last target is row 9's
  EXPECT_EQ(windows.targets, (TargetRows{3, 5}));
  // Window 1 reads rows 1 to 4, and foretells rows 4 and 5 by rows 3 and 4.
  EXPECT_EQ(data.targets[1], 14);
  EXPECT_EQ(data.targets[2], 15);
  EXPECT_EQ(answers_to(data, windows.firsts), 6);
  EXPECT_THAT(target_rows(data, windows.firsts), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Sequences, GoOnWithinTheirSeriesAlone) {
  Dataset data = rows_of(12, "aaaaaabbbbbb");
  (void)sequences_of(data, {.steps = 2, .stride = 2, .is_stateful = true});
  EXPECT_TRUE(follows(data, 3, 1));
  EXPECT_FALSE(follows(data, 4, 1));
  EXPECT_FALSE(follows(data, 1, 3));
  EXPECT_FALSE(follows(data, 7, 5));
  EXPECT_TRUE(follows(data, 9, 7));
  data.series = {};
  EXPECT_TRUE(follows(data, 7, 5));
  data.rows_each = 6;
  EXPECT_FALSE(follows(data, 7, 5));
}

TEST(Sequences, OfWindowsInArraysHaveTheLengthOfAWindow) {
  Dataset data = rows_of(12);
  data.rows_each = 6;
  data.lengths = {6, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0};
  data.targets[8] = kNone;
  const Sequences windows = sequences_of(data, {.steps = 2, .task = SequenceTask::kEachRow, .stride = 2});
  EXPECT_THAT(windows.firsts, ElementsAre(0, 2, 4, 9));  // those of 7 and 8 lack a target
  EXPECT_EQ(answers_to(data, windows.firsts), 8);
  EXPECT_THAT(rows_read(data, windows.firsts), ElementsAre(0, 1, 2, 3, 4, 5, 9, 10));
}

TEST(Sequences, ThatGoOnAreForetoldRowByRow) {
  Dataset data = rows_of(5);
  data.targets = {};
  data.target_columns = 0;
  data.schema.sequence = {.steps = 4, .target = SequenceTarget::kEachRow, .advance = 2};
  const Sequences rows = sequences_to_predict(
      data, {.steps = 4, .task = SequenceTask::kEachRow, .stride = 2, .is_stateful = true}, "f.csv", {});
  EXPECT_THAT(rows.firsts, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(data.schema.sequence.steps, 1);
  EXPECT_EQ(data.schema.sequence.advance, 1);
}

TEST(Sequences, WithoutTargetsHaveTheNewestWindowToo) {
  Dataset data = rows_of(4);
  data.targets = {};
  data.target_columns = 0;
  EXPECT_THAT(sequences_of(data, {.steps = 3, .horizon = 2}).firsts, ElementsAre(0, 1));
}

TEST(Sequences, WithoutAllOfTheirTargetsAreLeftOut) {
  Dataset data = rows_of(6);
  data.targets[4] = kNone;
  EXPECT_THAT(sequences_of(data, {.steps = 2}).firsts, ElementsAre(0, 1, 3));
  EXPECT_THAT(data.notes, ElementsAre("f.csv: sequences without all of their targets are left out: 1 of 4"));
}

TEST(Sequences, OfWholeSeriesHaveTheTargetsOfTheLastRowThatHasThem) {
  Dataset data = rows_of(6, "aabbbc");
  data.targets[4] = kNone;
  data.targets[5] = kNone;
  const Sequences whole = sequences_of(data, {.task = SequenceTask::kWhole, .stride = 0});
  EXPECT_THAT(whole.firsts, ElementsAre(0, 2));
  EXPECT_THAT(data.targets, are_floats({11, kNone, 13, kNone, kNone, kNone}));
  EXPECT_THAT(data.lengths, ElementsAre(2, 0, 3, 0, 0, 1));
  EXPECT_EQ(data.schema.sequence, (SequenceSchema{.steps = 3, .has_lengths = true}));
}

TEST(Sequences, OfOneLengthHaveNoLengths) {
  Dataset data = rows_of(4, "aabb");
  const Sequences whole = sequences_of(data, {.task = SequenceTask::kWhole, .stride = 0});
  EXPECT_THAT(data.lengths, IsEmpty());
  EXPECT_EQ(data.schema.sequence, (SequenceSchema{.steps = 2}));
  Dataset others = rows_of(3, "aab");
  others.schema = data.schema;
  EXPECT_EQ(
      fault_of(others, {.task = SequenceTask::kWhole, .stride = 0}),
      "data: f.csv: series 'b': needed 2 rows, as all sequences have that the model was trained on, found 1");
}

TEST(Sequences, OfEachRowKeepNumbersBeyondTheirEnds) {
  Dataset data = rows_of(6, "aabbbc");
  data.targets[5] = kNone;
  const Sequences each = sequences_of(data, {.task = SequenceTask::kEachRow, .stride = 0});
  EXPECT_THAT(each.firsts, ElementsAre(0, 2));
  EXPECT_THAT(data.targets, ElementsAre(10, 11, 12, 13, 14, 0, 0, 0));
  EXPECT_THAT(rows_read(data, each.firsts), ElementsAre(0, 1, 2, 3, 4));
}

TEST(Sequences, OfEachRowMayBeWindowsWhoseTargetsLieAhead) {
  Dataset data = rows_of(6);
  const Sequences each =
      sequences_of(data, {.steps = 2, .task = SequenceTask::kEachRow, .lead = 1, .stride = 2});
  EXPECT_THAT(each.firsts, ElementsAre(1, 3));
  EXPECT_THAT(data.targets, are_floats({11, 12, 13, 14, 15, kNone}));
  EXPECT_EQ(each.targets, (TargetRows{1, 3}));
}

TEST(Sequences, ReadRowsOnce) {
  Dataset data = rows_of(9);
  (void)sequences_of(data, {.steps = 3, .horizon = 2});
  const std::vector<std::int64_t> firsts = {0, 1, 5};
  EXPECT_THAT(rows_read(data, firsts), ElementsAre(0, 1, 2, 3, 5, 6, 7));
  EXPECT_THAT(target_rows(data, firsts), ElementsAre(0, 1, 2, 5, 6));
}

TEST(Sequences, NeedRowsOfASeriesSideBySide) {
  EXPECT_EQ(fault_of(rows_of(4, "aaba"), {.steps = 1, .series = "id"}),
            "data: f.csv: series 'a': needed its rows side by side, found some from row 1 on and others from "
            "row 4 on; "
            "sort the table by 'id'");
  EXPECT_EQ(fault_of(rows_of(3, "aa "), {.steps = 1, .series = "id"}),
            "data: f.csv: row 3: needed the series that it belongs to, as data.sequence.series asks of each "
            "row, found "
            "'id' missing");
}

TEST(Sequences, NameTheSeriesWhoseTimesDoNotAscend) {
  Dataset data = rows_of(4, "aabb");
  for (const char* text : {"1", "2", "2", "1"}) data.times.texts.push_back(text);
  data.times.numbers = {1, 2, 2, 1};
  EXPECT_THAT(fault_of(data, {.steps = 1}),
              HasSubstr("f.csv: series 'b': needed times that ascend, found '2' (row 3) before '1' (row 4)"));
}

TEST(Sequences, NeedASeriesAsLongAsAWindow) {
  EXPECT_EQ(fault_of(rows_of(5, "aaabb"), {.steps = 3, .horizon = 2}),
            "data: f.csv: needed a series of at least 5 rows for a window of data.sequence.steps and "
            "horizon, found 3 at "
            "most");
}

TEST(Sequences, NeedStepsForTheLongestSeries) {
  EXPECT_EQ(fault_of(rows_of(5, "aaabb"), {.steps = 2, .task = SequenceTask::kWhole, .stride = 0}),
            "data: f.csv: series 'a': needed at most 2 rows, as data.sequence.steps says, found 3");
}

TEST(Sequences, NeedOneClassForAWhole) {
  Dataset data = rows_of(3, "aaa");
  data.schema.classes = {"rise", "fall"};
  data.targets = {0, kNone, 1};
  EXPECT_EQ(
      fault_of(data, {.task = SequenceTask::kWhole, .stride = 0}),
      "data: f.csv: series 'a': needed one class for all of its rows, as data.sequence.target = \"whole\" "
      "foretells, found 'rise' in row 1 and 'fall' in row 3; target = \"each_row\" foretells one for each");
}

TEST(Sequences, BeyondMemoryAreRefusedBeforeItIsTaken) {
  EXPECT_EQ(fault_of(rows_of(5, "aaabb"), {.steps = 16'777'216, .task = SequenceTask::kWhole, .stride = 0},
                     {.max_bytes = 1000}),
            "data: f.csv: needed data that take at most 1000 bytes of memory, found 67108880 with sequences "
            "of 16777216 "
            "rows (data.sequence.steps); data.max_bytes (--max-bytes) sets the limit");
}

TEST(SequenceSplit, TakesTheLastRowsOfEachSeries) {
  const std::vector<Series> series = {{0, 4}, {4, 6}};
  EXPECT_THAT(
      ordered_parts(series, {.validation = 0.2, .test = 0.3}),
      ElementsAre(kTrain, kTrain, kValidation, kTest, kTrain, kTrain, kTrain, kValidation, kTest, kTest));
}

TEST(SequenceSplit, TrainsOnNoRowOfALaterPart) {
  Dataset data = rows_of(12);
  const Sequences windows = sequences_of(data, {.steps = 3, .horizon = 2});
  const Parts parts =
      split_windows(data, windows, ordered_parts(windows.series, {.validation = 0.25, .test = 0.25}));
  EXPECT_THAT(parts.train, ElementsAre(0, 1));       // reads rows 0 to 5
  EXPECT_THAT(parts.validation, ElementsAre(3, 4));  // foretells rows 6 to 8
  EXPECT_THAT(parts.test, ElementsAre(6, 7));        // foretells rows 9 to 11
}

TEST(SequenceSplit, TrainsOnNoInputOfAnEarlierOtherPart) {
  Dataset data = rows_of(8);
  const Sequences windows = sequences_of(data, {.steps = 2});
  const Parts by_column{.train = {3, 4, 5, 6, 7}, .validation = {0, 1, 2}, .test = {}};
  const Parts parts = split_windows(data, windows, part_of_rows(by_column, 8));
  EXPECT_THAT(parts.train, ElementsAre(3, 4, 5));
  EXPECT_THAT(parts.validation, ElementsAre(0));
}

TEST(SequenceSplit, NeedsAWindowForEachPart) {
  Dataset data = rows_of(6);
  const Sequences windows = sequences_of(data, {.steps = 2, .horizon = 2});
  EXPECT_EQ(
      error_of([&] { (void)split_windows(data, windows, ordered_parts(windows.series, {.test = 0.2})); }),
      "config: needed a window for each part, found none for test, which has 1 of 6 rows: it takes 2 that "
      "follow "
      "each other, after the rows that the window reads");
  EXPECT_EQ(error_of([&] { (void)ordered_parts(windows.series, {.test = 0.01}); }),
            "config: needed a row of some series for test, found series of too few rows for a share of 0.01");
}

}  // namespace
}  // namespace catenary
