#include "catenary/data/table_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNan;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

// The options of a training set that is to predict y.
TableOptions of_y(TargetType type = TargetType::kInfer) { return {.targets = {"y"}, .target_type = type}; }

Dataset load(std::string_view text, const TableOptions& options = of_y()) {
  return parse_table(text, "f.csv", options);
}

Dataset load(std::string_view text, const Schema& trained, TargetUse use = TargetUse::kRequired) {
  return parse_table(text, "f.csv", trained, use);
}

std::string load_error(std::string_view text, const auto& how) {
  return error_of([&] { (void)load(text, how); });
}

const std::vector<float>& floats(const Dataset& set) {
  return std::get<std::vector<float>>(set.features.elements);
}

std::vector<std::string> columns(const Dataset& set) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : set.schema.columns) names.push_back(column.name);
  return names;
}

std::vector<std::string> ids(const Dataset& set) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < set.ids.size(); ++i) result.emplace_back(set.ids[i]);
  return result;
}

const Schema kFlowers{.columns = {{.name = "length"}, {.name = "width"}},
                      .target_names = {"kind"},
                      .classes = {"aster", "rose"}};

TEST(TableDataset, TextTargetsBecomeSortedClasses) {
  const Dataset set = load("length,kind,width\n1,rose,2\n3,aster,4\n5, rose ,6\n", {.targets = {"kind"}});
  EXPECT_EQ(set.features.rows, 3);
  EXPECT_EQ(set.features.columns, 2);
  EXPECT_THAT(floats(set), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(set.features.scale, 1);
  EXPECT_THAT(set.places, ElementsAre(0, 1));
  EXPECT_THAT(set.targets, ElementsAre(1, 0, 1));
  EXPECT_EQ(set.target_columns, 1);
  EXPECT_EQ(set.schema, kFlowers);
  EXPECT_THAT(set.notes, IsEmpty());
}

TEST(TableDataset, NumericTargetsStayNumbers) {
  const Dataset set = load("y,x\n1.5,2\n\"\",3\n2.5,4\n");
  EXPECT_THAT(set.targets, ElementsAre(1.5, IsNan(), 2.5));
  EXPECT_TRUE(set.schema.classes.empty());
}

TEST(TableDataset, SeveralNumericTargetsStandSideBySide) {
  const Dataset set = load("y,x,z\n1,2,3\n4,5,6\n", {.targets = {"z", "y"}});
  EXPECT_EQ(set.target_columns, 2);
  EXPECT_THAT(set.targets, ElementsAre(3, 1, 6, 4));
  EXPECT_THAT(floats(set), ElementsAre(2, 5));
}

TEST(TableDataset, ColumnsHaveTheTypesOfTheirCellsOrThoseThatAreAskedFor) {
  TableOptions options = of_y();
  const std::string text = "n,c,b,t,y\n1,red,yes,2024-01-02,1\n2,blue,no,2024-01-03,2\n";
  const Dataset told = load(text, options);
  EXPECT_EQ(told.schema.columns, (std::vector<ColumnSchema>{
                                     {.name = "n"},
                                     {.name = "c", .type = ColumnType::kCategory, .levels = {"blue", "red"}},
                                     {.name = "b", .type = ColumnType::kBoolean},
                                     {.name = "t", .type = ColumnType::kTime}}));
  EXPECT_THAT(floats(told), ElementsAre(1, 1, 1, 19724, 0, 2, 0, 0, 19725, 0));
  EXPECT_THAT(told.places, ElementsAre(0, 1, 2, 3));
  options.types = {{"n", ColumnType::kCategory}, {"b", ColumnType::kCategory}};
  const Dataset asked = load(text, options);
  EXPECT_THAT(asked.schema.columns[0].levels, ElementsAre("1", "2"));
  EXPECT_THAT(asked.schema.columns[2].levels, ElementsAre("no", "yes"));
}

TEST(TableDataset, IgnoredColumnsAreNotRead) {
  TableOptions options = of_y();
  options.ignore = {"name"};
  EXPECT_THAT(columns(load("name,x,y\nAnn,1,2\n", options)), ElementsAre("x"));
  options.ignore = {"nmae"};
  EXPECT_EQ(
      load_error("name,x,y\nAnn,1,2\n", options),
      "data: f.csv: needed data.ignore: the column 'nmae', found no such name in the header; did you mean "
      "'name'?");
}

TEST(TableDataset, ANamelessFirstColumnOfRowNamesIsLeftOutAndSaid) {
  for (const char* text : {",x,y\n1,5,2\n2,5,3\n", "\"\",\"x\",\"y\"\n\"Mazda\",5,2\n\"Datsun\",5,3\n",
                           "x,y\nMazda,5,2\nDatsun,5,3\n"}) {
    const Dataset set = load(text);
    EXPECT_THAT(columns(set), ElementsAre("x")) << text;
    EXPECT_EQ(set.notes.back(),
              "f.csv: column 'column1' has no name and another value in each row: left out");
  }
  EXPECT_THAT(columns(load(",x,y\n1,5,2\n1,6,3\n")), ElementsAre("column1", "x"));
  EXPECT_THAT(columns(load("x,,y\n5,1,2\n6,2,3\n")), ElementsAre("x", "column2"));
}

TEST(TableDataset, ColumnsWithoutValuesAreLeftOutAndSaid) {
  const Dataset set = load("x,gone,y,\n1,NA,2,\n2,,3,\n");
  EXPECT_THAT(columns(set), ElementsAre("x"));
  EXPECT_THAT(set.notes, ElementsAre("f.csv: column 'gone' has no values: left out"));
}

TEST(TableDataset, IdsPartsAndGroupsAreNoInputs) {
  TableOptions options = of_y();
  options.id = "name", options.part = "use", options.group = "town";
  const Dataset set =
      load("name,use,town,x,y\nAnn,train,Ulm,1,2\n,test,,3,4\nBob,train,Aachen,5,6\n", options);
  EXPECT_THAT(columns(set), ElementsAre("x"));
  EXPECT_EQ(set.schema.id, "name");
  EXPECT_THAT(ids(set), ElementsAre("Ann", "", "Bob"));
  EXPECT_THAT(set.part.levels, ElementsAre("test", "train"));
  EXPECT_THAT(set.part.codes, ElementsAre(1, 0, 1));
  EXPECT_THAT(set.group.levels, ElementsAre("Aachen", "Ulm"));
  EXPECT_THAT(set.group.codes, ElementsAre(1, IsNan(), 0));
}

TEST(TableDataset, OneColumnMayBeIdAndGroup) {
  TableOptions options = of_y();
  options.id = options.group = "patient";
  const Dataset set = load("patient,x,y\nAnn,1,2\nBob,3,4\nAnn,5,6\n", options);
  EXPECT_THAT(ids(set), ElementsAre("Ann", "Bob", "Ann"));
  EXPECT_THAT(set.group.codes, ElementsAre(0, 1, 0));
}

TEST(TableDataset, RejectsTargetsAsIdsPartsOrGroups) {
  const std::string text = "x,y\n1,a\n";
  TableOptions options = of_y();
  options.id = "y";
  EXPECT_EQ(load_error(text, options),
            "config: f.csv: needed the id column beside the targets and the model's inputs, found 'y'");
  options.id = "", options.part = "y";
  EXPECT_EQ(load_error(text, options),
            "config: f.csv: needed the split's column beside the targets and the model's inputs, found 'y'");
  options.part = "", options.group = "z";
  EXPECT_EQ(
      load_error(text, options),
      "data: f.csv: needed the group column 'z', found no such name in the header; expected one of x, y");
}

TEST(TableDataset, RejectsTargetsThatCannotBe) {
  const std::string text = "alpha,beta\n1,2\n";
  const auto error = [&](std::vector<std::string> targets, TargetType type = TargetType::kInfer) {
    return load_error(text, TableOptions{.targets = std::move(targets), .target_type = type});
  };
  EXPECT_EQ(
      error({"gamma_ray"}),
      "data: f.csv: needed the target column 'gamma_ray', found no such name in the header; expected one of "
      "alpha, beta");
  EXPECT_EQ(
      error({"bata"}),
      "data: f.csv: needed the target column 'bata', found no such name in the header; did you mean 'beta'?");
  EXPECT_EQ(error({}), "config: needed the name of a target column, found none");
  EXPECT_EQ(error({"beta", "beta"}), "config: needed distinct target columns, found one twice: beta, beta");
  EXPECT_EQ(error({"alpha", "beta"}, TargetType::kClasses),
            "config: needed one target column for classes, found 2");
  EXPECT_EQ(error({"alpha", "beta"}), "data: f.csv: needed a column beside the target, found none");
  EXPECT_EQ(load_error("x,y,z\n1,2,a\n", TableOptions{.targets = {"y", "z"}}),
            "config: needed one target column for classes, found 2");
}

TEST(TableDataset, RejectsATargetWithoutValues) {
  for (const TargetType type : {TargetType::kInfer, TargetType::kClasses, TargetType::kNumbers})
    EXPECT_EQ(load_error("x,y\n1,NA\n2,\n", of_y(type)),
              "data: f.csv: column 2 'y': needed values to predict, found none");
}

TEST(TableDataset, TargetsThatMustBeNumbersNameTheCellThatIsNone) {
  EXPECT_EQ(load_error("x,y\n1,2\n3,many\n", of_y(TargetType::kNumbers)),
            "data: f.csv: line 3, column 2 'y': needed a number, found 'many'; data.missing says which words "
            "stand for a missing value; texts are classes for a loss such as softmax_cross_entropy, or with "
            "--target-type category");
}

TEST(TableDataset, ClassesHaveALimit) {
  std::string text = "x,y\n";
  for (int i = 0; i <= 10'000; ++i) text += fmt::format("0,k{}\n", i);
  TableOptions options = of_y();
  EXPECT_EQ(load_error(text, options),
            "data: f.csv: column 2 'y': needed at most 10000 classes, found 10001 distinct values; "
            "data.max_classes sets the limit");
  options.limits.max_classes = 10'001;
  EXPECT_EQ(load(text, options).schema.classes.size(), 10'001u);
}

TEST(TableDataset, ATrainedModelsColumnsAreFoundByName) {
  const Dataset set = load("kind,note,width,length\nrose,pretty,2,1\n", kFlowers);
  EXPECT_THAT(floats(set), ElementsAre(1, 2));
  EXPECT_THAT(set.targets, ElementsAre(1));
  EXPECT_EQ(set.schema, kFlowers);
  EXPECT_THAT(set.places, ElementsAre(0, 1));
}

TEST(TableDataset, PredictionNeedsNoTarget) {
  for (const char* text :
       {"width,length\n2,1\n", "width,length,kind\n2,1,unheard-of\n", "kind,width,length\n,2,1\n"}) {
    const Dataset set = load(text, kFlowers, TargetUse::kIgnored);
    EXPECT_THAT(floats(set), ElementsAre(1, 2));
    EXPECT_EQ(set.target_columns, 0);
    EXPECT_TRUE(set.targets.empty());
  }
}

TEST(TableDataset, RejectsFilesThatMissAColumnOfTheModel) {
  EXPECT_EQ(
      load_error("widht,length,kind\n2,1,rose\n", kFlowers),
      "data: f.csv: needed the column that the model was trained on, 'width', found no such name in the "
      "header; did you mean 'widht'?");
  EXPECT_EQ(load_error("width,length\n2,1\n", kFlowers),
            "data: f.csv: needed the target column 'kind', found no such name in the header; expected one of "
            "width, length");
}

TEST(TableDataset, RejectsATrainedModelWhoseTargetIsAFeature) {
  const Schema both{
      .columns = {{.name = "a"}, {.name = "b"}}, .target_names = {"t", "a"}, .classes = {"x", "y"}};
  EXPECT_EQ(load_error("a,b,t\n1,2,x\n", both),
            "config: f.csv: needed a target that is no feature of the trained model, found 'a'");
}

TEST(TableDataset, AnIdIsNoInputOfATrainedModel) {
  const TableOptions width{.id = "width"}, kind{.id = "kind"};
  const auto load_with = [](const TableOptions& options) {
    return parse_table("width,length,kind\n2,1,rose\n", "f.csv", kFlowers, TargetUse::kIgnored, options);
  };
  EXPECT_EQ(error_of([&] { (void)load_with(width); }),
            "config: f.csv: needed the id column beside the targets and the model's inputs, found 'width'");
  EXPECT_THAT(ids(load_with(kind)), ElementsAre("rose"));
}

const Schema kTowns{
    .columns = {{.name = "town",
                 .type = ColumnType::kCategory,
                 .levels = {"Ulm", "Aachen"},
                 .unseen = Unseen::kOther},
                {.name = "when", .type = ColumnType::kTime, .date_order = DateOrder::kDayFirst},
                {.name = "open", .type = ColumnType::kBoolean}}};

TEST(TableDataset, ATrainedModelsCategoriesKeepTheirNumbers) {
  const Dataset set = load("open,when,town\n1,02.03.2024,Ulm\nno,2/3/2024,Bonn\nT,,Aachen\n,25.3.24,NA\n",
                           kTowns, TargetUse::kIgnored);
  const auto cells = [&](std::size_t column) {
    std::vector<float> numbers;
    for (std::size_t row = 0; row < 4; ++row)
      numbers.push_back(decoded(floats(set)[row * 4 + set.places[column]], set.codes[column]));
    return numbers;
  };
  EXPECT_THAT(cells(0), ElementsAre(0, 2, 1, IsNan()));
  EXPECT_THAT(cells(1), ElementsAre(19784, 19784, IsNan(), 19807));
  EXPECT_THAT(cells(2), ElementsAre(1, 0, 1, IsNan()));
}

TEST(TableDataset, ATrainedModelMayRefuseValuesThatItDoesNotKnow) {
  Schema strict = kTowns;
  strict.columns[0].unseen = Unseen::kRefuse;
  EXPECT_EQ(error_of([&] {
              (void)load("town,when,open\nUlm,1.1.2024,1\nUlmm,1.1.2024,1\n", strict, TargetUse::kIgnored);
            }),
            "data: f.csv: line 3, column 1 'town': needed a value that the training rows have, as unseen = "
            "\"refuse\" of its onehot asks, found 'Ulmm'; did you mean 'Ulm'?");
}

TEST(TableDataset, CellsOfAnotherTypeThanTheModelsAreRefused) {
  EXPECT_EQ(load_error("width,length,kind\n2,1,rose\nwide,1,rose\n", kFlowers),
            "data: f.csv: line 3, column 1 'width': needed a number, found 'wide'");
  EXPECT_EQ(error_of([&] { (void)load("town,when,open\nUlm,3/25/2024,1\n", kTowns, TargetUse::kIgnored); }),
            "data: f.csv: line 2, column 2 'when': needed a date such as 29.2.2024, found '3/25/2024'");
}

TEST(TableDataset, NumericTargetsOfATrainedModelAreRead) {
  const Schema trained{.columns = {{.name = "x"}}, .target_names = {"y"}};
  EXPECT_THAT(load("y,x\n1.5,2\nNA,3\n", trained).targets, ElementsAre(1.5, IsNan()));
  const Schema without_target{.columns = {{.name = "x"}}};
  EXPECT_EQ(load_error("y,x\n1.5,2\n", without_target),
            "config: f.csv: needed the name of the target column, the trained model knows none");
}

TEST(TableDataset, AFileIsReadAsATextIs) {
  const TemporaryDirectory dir;
  const std::string text = "length,kind,width\n1,rose,2\n3,aster,4\n";
  const auto path = dir.file("f.csv", text);
  EXPECT_EQ(load_table(path, {.targets = {"kind"}}).targets, load(text, {.targets = {"kind"}}).targets);
  EXPECT_EQ(floats(load_table(path, kFlowers, TargetUse::kRequired)), floats(load(text, kFlowers)));
}

// A pipe can be read once only.
TEST(TableDataset, ClassesAreInferredFromAPipe) {
  const TemporaryDirectory dir;
  const std::filesystem::path path = dir / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(path) << "x,y\n1,TRUE\n2,FALSE\n3,TRUE\n"; });
  const Dataset set = load_table(path, of_y());
  writer.join();
  EXPECT_THAT(set.schema.classes, ElementsAre("FALSE", "TRUE"));
  EXPECT_THAT(set.targets, ElementsAre(1, 0, 1));
}

// At most a quarter more than the numbers, since how many rows there are is told from the first ones, and
// these are short here; and the chunk of 256 KiB that is read at once. The text alone is 2.6 MB, and in f64
// the numbers are 3.2 MB.
TEST(TableDataset, AFileTakesHardlyMoreMemoryThanItsNumbers) {
  constexpr std::int64_t kRows = 4000, kColumns = 100, kBytes = kRows * kColumns * 4;
  std::string text;
  for (int column = 0; column < kColumns; ++column) text += fmt::format("x{},", column);
  text += "y\n";
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) text += fmt::format("{}.25,", row * column % 1000);
    text += row % 2 == 0 ? "even\n" : "odd\n";
  }
  const TemporaryDirectory dir;
  const auto path = dir.file("f.csv", text);
  const std::int64_t most = testing_support::most_bytes_allocated([&] { (void)load_table(path, of_y()); });
  EXPECT_LT(most, kBytes + kBytes / 4 + 400'000);
}

// What the limit on memory counts for a column, see table_builder.cc, beside the letters and the cell.
TEST(TableDataset, AColumnTakesAsMuchAsTheLimitCounts) {
  constexpr std::int64_t kColumns = 20'000;
  std::string names = "y", row = "1";
  for (std::int64_t i = 0; i < kColumns; ++i) {
    names += fmt::format(",c{}", i);
    row += ",0";
  }
  const TemporaryDirectory dir;
  const auto path = dir.file("wide.csv", names + "\n" + row + "\n");
  std::int64_t columns = 0;
  const std::int64_t most =
      testing_support::most_bytes_allocated([&] { columns = load_table(path, of_y()).features.columns; });
  EXPECT_EQ(columns, kColumns);
  EXPECT_LT(most, 768 * kColumns + 1'000'000);
}

}  // namespace
}  // namespace catenary
