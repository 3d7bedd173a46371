#include "catenary/data/csv_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using testing_support::error_of;

// A file "f.csv" and what comes of loading it; errors without the directory.
class CsvDataset : public ::testing::Test {
 protected:
  [[nodiscard]] Dataset load(std::string_view text, const CsvTarget& target) const {
    return load_csv(dir_.file("f.csv", text), target);
  }
  [[nodiscard]] Dataset load(std::string_view text, const Schema& trained,
                             TargetUse use = TargetUse::kRequired) const {
    return load_csv(dir_.file("f.csv", text), trained, use);
  }
  [[nodiscard]] std::string load_error(std::string_view text, const auto& how) const {
    std::string message = error_of([&] { (void)load(text, how); });
    const std::string folder = dir_.path().string() + "/";
    const std::size_t at = message.find(folder);
    return at == std::string::npos ? message : message.erase(at, folder.size());
  }

  testing_support::TemporaryDirectory dir_;
};

const std::vector<float>& floats(const Dataset& set) {
  return std::get<std::vector<float>>(set.features.elements);
}

const Schema kFlowers{
    .feature_names = {"length", "width"}, .target_names = {"kind"}, .classes = {"aster", "rose"}};

TEST_F(CsvDataset, TextTargetsBecomeSortedClasses) {
  const Dataset set = load("length,kind,width\n1,rose,2\n3,aster,4\n5,rose,6\n", {.names = {"kind"}});
  EXPECT_EQ(set.features.rows, 3);
  EXPECT_EQ(set.features.columns, 2);
  EXPECT_THAT(floats(set), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(set.features.scale, 1);
  EXPECT_THAT(set.targets, ElementsAre(1, 0, 1));
  EXPECT_EQ(set.target_columns, 1);
  EXPECT_EQ(set.schema, kFlowers);
}

TEST_F(CsvDataset, NumericTargetsStayNumbers) {
  const Dataset set = load("y,x\n1.5,2\n2.5,3\n", {.names = {"y"}});
  EXPECT_THAT(set.targets, ElementsAre(1.5, 2.5));
  EXPECT_TRUE(set.schema.classes.empty());
}

TEST_F(CsvDataset, SeveralNumericTargetsStandSideBySide) {
  const Dataset set = load("y,x,z\n1,2,3\n4,5,6\n", {.names = {"z", "y"}});
  EXPECT_EQ(set.target_columns, 2);
  EXPECT_THAT(set.targets, ElementsAre(3, 1, 6, 4));
  EXPECT_THAT(floats(set), ElementsAre(2, 5));
}

TEST_F(CsvDataset, NumbersBecomeClassesOnDemandSortedByValue) {
  const Dataset set =
      load("x,y\n1,10\n2,9\n3,10.0\n4,-0\n5,0\n", {.names = {"y"}, .type = TargetType::kClasses});
  EXPECT_THAT(set.schema.classes, ElementsAre("0", "9", "10"));
  EXPECT_THAT(set.targets, ElementsAre(2, 1, 2, 0, 0));
}

TEST_F(CsvDataset, TargetsThatMustBeNumbersNameTheCellThatIsNone) {
  EXPECT_EQ(load_error("x,y\n1,2\n3,n/a\n", CsvTarget{.names = {"y"}, .type = TargetType::kNumbers}),
            "data: f.csv: line 3, column 2 'y': needed a number, found 'n/a'");
}

TEST_F(CsvDataset, InputsMustBeNumbersInTheRangeOfF32) {
  EXPECT_EQ(load_error("x,y\n1,2\nred,3\n", CsvTarget{.names = {"y"}}),
            "data: f.csv: line 3, column 1 'x': needed a number, found 'red'");
  EXPECT_EQ(load_error("x,y\n1,2\n1e39,3\n", CsvTarget{.names = {"y"}}),
            "data: f.csv: line 3, column 1 'x': needed a number in the range of f32, found 1e+39");
}

TEST_F(CsvDataset, RejectsTargetsThatCannotBe) {
  const std::string text = "alpha,beta\n1,2\n";
  EXPECT_EQ(load_error(text, CsvTarget{.names = {"bета"}}),
            "data: f.csv: needed the target column 'bета', found no such name in the header; expected one of "
            "alpha, beta");
  EXPECT_EQ(
      load_error(text, CsvTarget{.names = {"bata"}}),
      "data: f.csv: needed the target column 'bata', found no such name in the header; did you mean 'beta'?");
  EXPECT_EQ(load_error(text, CsvTarget{.names = {}}),
            "config: needed the name of a target column, found none");
  EXPECT_EQ(load_error(text, CsvTarget{.names = {"beta", "beta"}}),
            "config: needed distinct target columns, found one twice: beta, beta");
  EXPECT_EQ(load_error(text, CsvTarget{.names = {"alpha", "beta"}, .type = TargetType::kClasses}),
            "config: needed one target column for classes, found 2");
  EXPECT_EQ(load_error(text, CsvTarget{.names = {"alpha", "beta"}}),
            "data: f.csv: needed a column beside the target, found none");
}

TEST_F(CsvDataset, RejectsTooManyClasses) {
  std::string text = "x,id\n";
  for (int i = 0; i <= 10'000; ++i) text += fmt::format("0,{}\n", i);
  EXPECT_EQ(load_error(text, CsvTarget{.names = {"id"}, .type = TargetType::kClasses}),
            "data: f.csv: column 2 'id': needed at most 10000 classes, found more distinct values; "
            "data.max_classes sets the limit");
}

TEST_F(CsvDataset, ATrainedModelsColumnsAreFoundByName) {
  const Dataset set = load("kind,width,length\nrose,2,1\n", kFlowers);
  EXPECT_THAT(floats(set), ElementsAre(1, 2));
  EXPECT_THAT(set.targets, ElementsAre(1));
  EXPECT_EQ(set.schema, kFlowers);
}

TEST_F(CsvDataset, PredictionNeedsNoTarget) {
  for (const char* text :
       {"width,length\n2,1\n", "width,length,kind\n2,1,unheard-of\n", "kind,width,length\n,2,1\n"}) {
    const Dataset set = load(text, kFlowers, TargetUse::kIgnored);
    EXPECT_THAT(floats(set), ElementsAre(1, 2));
    EXPECT_EQ(set.target_columns, 0);
    EXPECT_TRUE(set.targets.empty());
  }
}

TEST_F(CsvDataset, RejectsColumnsThatTheModelDoesNotKnowOrMisses) {
  EXPECT_EQ(load_error("widht,length,kind\n2,1,rose\n", kFlowers),
            "data: f.csv: needed the column 'width' that the model was trained on, found no such name in the "
            "header; did "
            "you mean 'widht'?");
  EXPECT_EQ(
      load_error("width,length,kind,lengths\n2,1,rose,3\n", kFlowers),
      "data: f.csv: line 1, column 4 'lengths': needed a feature that the model was trained on; did you mean "
      "'length'?");
  EXPECT_EQ(load_error("width,length\n2,1\n", kFlowers),
            "data: f.csv: needed the target column 'kind', found no such name in the header; expected one of "
            "width, length");
}

TEST_F(CsvDataset, RejectsATrainedModelWhoseTargetIsAFeature) {
  const Schema both{.feature_names = {"a", "b"}, .target_names = {"t", "a"}, .classes = {"x", "y"}};
  EXPECT_EQ(load_error("a,b,t\n1,2,x\n", both),
            "config: f.csv: needed a target that is no feature of the trained model, found 'a'");
}

TEST_F(CsvDataset, RejectsClassesThatTheModelDoesNotKnow) {
  EXPECT_EQ(load_error("width,length,kind\n2,1,rose\n2,1,rosé\n", kFlowers),
            "data: f.csv: line 3, column 3 'kind': needed a class that the model was trained on, found "
            "'rosé'; did you "
            "mean 'rose'?");
}

TEST_F(CsvDataset, NumericClassesMatchByValueAndTextByBytes) {
  Schema trained{.feature_names = {"x"}, .target_names = {"y"}, .classes = {"1", "2.5"}};
  EXPECT_THAT(load("x,y\n0,2.50\n0,1.0\n0,+1\n", trained).targets, ElementsAre(1, 0, 0));
  trained.classes = {"01", "1", "b"};
  EXPECT_THAT(load("x,y\n0,01\n0,1\n", trained).targets, ElementsAre(0, 1));
}

TEST_F(CsvDataset, NumericTargetsOfATrainedModelAreRead) {
  const Schema trained{.feature_names = {"x"}, .target_names = {"y"}, .classes = {}};
  EXPECT_THAT(load("y,x\n1.5,2\n", trained).targets, ElementsAre(1.5));
  const Schema without_target{.feature_names = {"x"}, .target_names = {}, .classes = {}};
  EXPECT_EQ(load_error("y,x\n1.5,2\n", without_target),
            "config: f.csv: needed the name of the target column, the trained model knows none");
}

TEST_F(CsvDataset, RangesAreCheckedAfterAllCellsAreReadFeaturesFirst) {
  const CsvTarget several{.names = {"y", "z"}};
  EXPECT_EQ(load_error("x,y,z\n1,2,1e39\n-1e39,2,3\n4,5,1e40\n", several),
            "data: f.csv: line 3, column 1 'x': needed a number in the range of f32, found -1e+39");
  EXPECT_EQ(load_error("x,y,z\n1,2,1e39\n1,2,3\n", several),
            "data: f.csv: line 2, column 3 'z': needed a number in the range of f32, found 1e+39");
  EXPECT_EQ(load_error("x,y,z\n1,2,1e39\nred,2,3\n", several),
            "data: f.csv: line 3, column 1 'x': needed a number, found 'red'");
  EXPECT_EQ(load_error("width,length,kind\n1e39,2e39,rose\n", kFlowers),
            "data: f.csv: line 2, column 2 'length': needed a number in the range of f32, found 2e+39");
}

// At most a quarter more than the numbers, since how many rows there are is told from the first ones, and
// these are short here; and the chunk of 256 KiB that is read at once. The text alone is 2.6 MB, and in f64
// the numbers are 3.2 MB.
TEST_F(CsvDataset, AFileTakesHardlyMoreMemoryThanItsNumbers) {
  constexpr std::int64_t kRows = 4000, kColumns = 100, kBytes = kRows * kColumns * 4;
  std::string text;
  for (int column = 0; column < kColumns; ++column) text += fmt::format("x{},", column);
  text += "y\n";
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) text += fmt::format("{}.25,", row * column % 1000);
    text += row % 2 == 0 ? "even\n" : "odd\n";
  }
  const auto path = dir_.file("f.csv", text);
  const std::int64_t most =
      testing_support::most_bytes_allocated([&] { (void)load_csv(path, CsvTarget{.names = {"y"}}); });
  EXPECT_LT(most, kBytes + kBytes / 4 + 400'000);
}

// What the limit on memory counts for a column, see table_builder.cc, beside the letters and the cell.
TEST_F(CsvDataset, AColumnTakesAsMuchAsTheLimitCounts) {
  constexpr std::int64_t kColumns = 100'000;
  std::string names = "y", row = "1";
  for (std::int64_t i = 0; i < kColumns; ++i) {
    names += fmt::format(",c{}", i);
    row += ",0";
  }
  const auto path = dir_.file("wide.csv", names + "\n" + row + "\n");
  std::int64_t columns = 0;
  const std::int64_t most = testing_support::most_bytes_allocated(
      [&] { columns = load_csv(path, CsvTarget{.names = {"y"}}).features.columns; });
  EXPECT_EQ(columns, kColumns);
  EXPECT_LT(most, 512 * kColumns + 1'000'000);
}

TEST_F(CsvDataset, MoreClassesThanUsualMustBeAllowed) {
  std::string text = "x,id\n";
  for (int i = 0; i < 10'001; ++i) text += fmt::format("0,k{}\n", i);
  const auto path = dir_.file("f.csv", text);
  EXPECT_EQ(load_csv(path, CsvTarget{.names = {"id"}}, {.max_classes = 10'001}).schema.classes.size(),
            10'001u);
}

}  // namespace
}  // namespace catenary
