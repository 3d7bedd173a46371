// How tables with series, times and targets that are inputs, too, are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/data/preprocess/fit.h"
#include "catenary/data/table_dataset.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_support::error_of;

constexpr std::string_view kShops =
    "shop,day,sold,price\na,2024-01-01,3,1.5\na,2024-01-02,4,2\nb,2024-01-01,NA,3\n";

TableOptions shops() {
  return {.targets = {"sold"},
          .target_type = TargetType::kNumbers,
          .series = "shop",
          .time = "day",
          .target_role = TargetRole::kInput};
}

std::vector<std::string> names_of(const Dataset& data) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : data.schema.columns) names.push_back(column.name);
  return names;
}

TEST(SequenceTable, HasSeriesAndTimesBesideItsInputs) {
  const Dataset data = parse_table(kShops, "f.csv", shops());
  EXPECT_THAT(names_of(data), ElementsAre("sold", "price"));
  EXPECT_THAT(data.series.levels, ElementsAre("a", "b"));
  EXPECT_THAT(data.series.codes, ElementsAre(0, 0, 1));
  EXPECT_THAT(data.times.numbers, ElementsAre(19723 * 86400.0, 19724 * 86400.0, 19723 * 86400.0));
  EXPECT_EQ(data.times.texts[1], "2024-01-02");
}

TEST(SequenceTable, MayHaveTargetsAmongItsInputs) {
  Dataset data = parse_table(kShops, "f.csv", shops());
  EXPECT_THAT(data.targets, ElementsAre(3, 4, ::testing::IsNan()));
  EXPECT_THAT(floats_of(data.features), ElementsAre(3, 1.5, 4, 2, ::testing::IsNan(), 3));
  data.schema.sequence.steps = 1;
  const Dataset again = parse_table(kShops, "f.csv", data.schema, TargetUse::kRequired, shops());
  EXPECT_THAT(again.targets, ElementsAre(3, 4, ::testing::IsNan()));
  EXPECT_EQ(names_of(again), names_of(data));
}

TEST(SequenceTable, MayHaveClassesAmongItsInputs) {
  TableOptions options = shops();
  options.targets = {"sky"}, options.target_type = TargetType::kClasses, options.series = options.time = "";
  const std::string_view text = "sky,heat\nsun,3\nrain,1\nsun,2\nrain,2\n";
  Dataset data = parse_table(text, "f.csv", options);
  EXPECT_THAT(data.targets, ElementsAre(1, 0, 1, 0));
  data.schema.sequence.steps = 1;
  const std::vector<preprocess::Step> steps = {{.options = preprocess::Auto()}};
  fit(data, std::vector<std::int64_t>{0, 1, 2, 3}, steps);
  const Dataset again = parse_table("heat,sky\n1,rain\n", "g.csv", data.schema, TargetUse::kRequired);
  EXPECT_THAT(again.targets, ElementsAre(0));
  EXPECT_THAT(data.schema.inputs.front().name, "sky=rain");
}

TEST(SequenceTable, NeedsThePastOfItsTargetsForPrediction) {
  Dataset data = parse_table(kShops, "f.csv", shops());
  data.schema.sequence.steps = 1;
  EXPECT_THAT(error_of([&] {
                (void)parse_table("shop,day,price\na,2024-01-01,1\n", "g.csv", data.schema,
                                  TargetUse::kIgnored, shops());
              }),
              HasSubstr("g.csv: needed the column that the model was trained on, 'sold'"));
  const Dataset newer = parse_table(kShops, "g.csv", data.schema, TargetUse::kIgnored, shops());
  EXPECT_EQ(newer.target_columns, 0);
  EXPECT_THAT(newer.targets, IsEmpty());
}

TEST(SequenceTable, HasColumnsOfItsOwnForSeriesAndTime) {
  TableOptions options = shops();
  options.series = "sold";
  EXPECT_EQ(
      error_of([&] { (void)parse_table(kShops, "f.csv", options); }),
      "config: f.csv: needed the series' column beside the targets and the model's inputs, found 'sold'");
  options.series = "day";
  EXPECT_EQ(error_of([&] { (void)parse_table(kShops, "f.csv", options); }),
            "config: f.csv: needed the time's column beside those of series, groups and parts, found 'day'");
  options.series = "shp";
  EXPECT_EQ(
      error_of([&] { (void)parse_table(kShops, "f.csv", options); }),
      "data: f.csv: needed the series' column 'shp', found no such name in the header; did you mean 'shop'?");
}

TEST(SequenceTable, NamesTheCellThatIsNoTime) {
  EXPECT_EQ(error_of([&] { (void)parse_table("shop,day,sold,price\na,1,3,1\na,x,3,1\n", "f.csv", shops()); }),
            "data: f.csv: line 3, column 2 'day': needed a number, such as 1949.25, or dates in all rows, "
            "found 'x'");
}

}  // namespace
}  // namespace catenary
