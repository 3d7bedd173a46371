#include "catenary/train/first_config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::HasSubstr;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

std::string table_of(int count, const std::string& header, std::string (*row)(int)) {
  std::string text = header + "\n";
  for (int i = 0; i < count; ++i) text += row(i) + "\n";
  return text;
}

std::string kinds(int i) {
  return fmt::format("{},{},{}", i % 7, i % 3 == 0 ? "Ulm" : "Bonn", i % 2 == 0 ? "cat" : "dog");
}
std::string amounts(int i) { return fmt::format("{},{}", i % 7, 0.5 + i); }
std::string few(int i) { return fmt::format("{},{}", i % 7, i % 3); }
std::string fewer_with_gaps(int i) {
  return fmt::format("{},{}", i % 7, i % 4 == 0 ? "NA" : std::to_string(i % 3));
}

std::string config_for(const TemporaryDirectory& folder, const std::string& table,
                       std::optional<ColumnType> type = {}, const std::string& target = "y") {
  return first_config({.path = folder.file("data.csv", table),
                       .written_path = "data.csv",
                       .target = target,
                       .target_type = type});
}

TEST(FirstConfig, OfClassesIsThis) {
  const TemporaryDirectory folder;
  EXPECT_EQ(config_for(folder, table_of(60, "a,town,y", kinds)),
            R"(# 60 rows, 2 columns beside the target, 4 inputs.
format = 1
seed = 1
preprocess = "auto"    # numbers standardized, missing ones filled in, categories one-hot, dates taken apart

[data]
format = "csv"
train = "data.csv"
target = "y"  # 2 classes
split = { validation = 0.1, test = 0.2, by = "stratified" }
# ignore = ["COLUMN"]    # columns that shall not be inputs
# id = "COLUMN"          # carried into predictions
# types = { COLUMN = "category" }    # where its cells do not tell

[[model.layers]]
type = "dense"
units = 32
activation = "relu"
init = "glorot_uniform"

[[model.layers]]
type = "dense"
units = 16
activation = "relu"
init = "glorot_uniform"

[[model.layers]]
type = "dense"    # units: one, which tells both classes

[train]
loss = "binary_cross_entropy"
optimizer = { type = "adam", learning_rate = 0.001 }
weight_decay = 0.01
epochs = 400
batch_size = 16
)");
}

TEST(FirstConfig, OfNumbersHasALossOfNumbers) {
  const TemporaryDirectory folder;
  const std::string text = config_for(folder, table_of(60, "a,y", amounts));
  EXPECT_THAT(text, HasSubstr("target = \"y\"  # a number\n"));
  EXPECT_THAT(text, HasSubstr("by = \"random\""));
  EXPECT_THAT(text, HasSubstr("# units: one for the target\n"));
  EXPECT_THAT(text, HasSubstr("loss = \"squared_error\""));
}

TEST(FirstConfig, FewWholeNumbersAreTakenForClassesUnlessTheyAreSaidToBeAmounts) {
  const TemporaryDirectory folder;
  const std::string table = table_of(60, "a,y", few);
  EXPECT_THAT(
      config_for(folder, table),
      HasSubstr("target = \"y\"  # 3 whole numbers, taken for classes; --target-type number takes them for "
                "amounts\n"));
  EXPECT_THAT(config_for(folder, table), HasSubstr("loss = \"softmax_cross_entropy\""));
  const std::string numbers = config_for(folder, table, ColumnType::kNumber);
  EXPECT_THAT(numbers, HasSubstr("target = \"y\"\ntarget_type = \"number\"\n"));
  EXPECT_THAT(numbers, HasSubstr("loss = \"squared_error\""));
  EXPECT_THAT(config_for(folder, table_of(14, "a,y", few)),
              HasSubstr("# a number\n"));  // fewer than five rows each
}

TEST(FirstConfig, LargeNumbersThatF32DoesNotTellApartAreAmounts) {
  const TemporaryDirectory folder;
  std::string table = "a,y\n";
  for (int i = 0; i < 100; ++i) table += fmt::format("{},{}\n", i, 1'700'000'000 + 6 * i);
  EXPECT_THAT(config_for(folder, table), HasSubstr("target = \"y\"  # a number\n"));
}

// Codes beyond a million, and beyond those whose neighbours f32 and f64 tell apart.
TEST(FirstConfig, LargeCodesAreClassesByTheirText) {
  const TemporaryDirectory folder;
  for (const auto& [one, other] :
       {std::pair{"2000001", "2000002"}, {"9007199254740993", "9007199254740992"}, {"-1e7", "16777217.0"}}) {
    std::string table = "a,y\n";
    for (int i = 0; i < 100; ++i) table += fmt::format("{},{}\n", i % 7, i % 2 == 0 ? one : other);
    const std::string text = config_for(folder, table);
    EXPECT_THAT(text, HasSubstr("target = \"y\"  # 2 whole numbers, taken for classes")) << one;
    const Config config = parse_config(text, folder / "c.toml", std::vector<std::string>{"train.epochs=1"});
    EXPECT_EQ(load_training_data(config).schema().classes.size(), 2u) << one;
  }
}

TEST(FirstConfig, TenWholeNumbersAreClassesAndElevenAreAmounts) {
  const TemporaryDirectory folder;
  const auto table = [](int classes) {
    std::string text = "a,y\n";
    for (int i = 0; i < 110; ++i) text += fmt::format("{},{}{}\n", i, i % classes, i % 3 == 0 ? ".0" : "");
    return text;
  };
  EXPECT_THAT(config_for(folder, table(10)), HasSubstr("# 10 whole numbers, taken for classes"));
  EXPECT_THAT(config_for(folder, table(11)), HasSubstr("# a number\n"));
}

TEST(FirstConfig, OfManyRowsHasEpochsEnoughToSeeEachTenTimes) {
  const TemporaryDirectory folder;
  std::string table = "a,y\n";
  for (int i = 0; i < 130'000; ++i) table += i % 2 == 0 ? "1,.5\n" : "2,7\n";
  EXPECT_THAT(config_for(folder, table), HasSubstr("\nepochs = 10\n"));
}

TEST(FirstConfig, ReadsAsOverridesSayAndSaysSo) {
  const TemporaryDirectory folder;
  const auto config_of = [&](const std::string& table, std::vector<std::string> overrides) {
    return first_config({.path = folder.file("data.csv", table),
                         .written_path = "data.csv",
                         .target = "y",
                         .overrides = std::move(overrides)});
  };
  std::string table;
  for (int i = 0; i < 60; ++i)
    table += fmt::format("{};{},5;{}\n", i % 7, i, i % 9 == 0 ? "unknown" : "3,25");
  const std::string text =
      config_of(table, {"data.header=false", "data.columns=[\"a\",\"y\",\"b\"]", "data.decimal=','",
                        "data.missing=[\"unknown\"]", "data.types.a=category", "data.separator=;",
                        "data.max_columns=9", "train.epochs=3", "model.layers.0.units=8", "seed=4"});
  EXPECT_THAT(text, HasSubstr("target = \"y\"  # a number\n"
                              "separator = \";\"\ndecimal = \",\"\nheader = false\n"
                              "columns = [\"a\", \"y\", \"b\"]\nmissing = [\"unknown\"]\n"
                              "types = { \"a\" = \"category\" }\nmax_columns = 9\nsplit = "));
  EXPECT_THAT(
      text,
      HasSubstr("# 60 rows, 2 columns beside the target, 9 inputs.\n"));  // 7 of a, b and where it is missing
  EXPECT_THAT(text, HasSubstr("\nseed = 1\n"));
  const Config config = parse_config(text, folder / "c.toml", std::vector<std::string>{"train.epochs=1"});
  EXPECT_EQ(load_training_data(config).schema().inputs.size(), 9u);
  EXPECT_THAT(error_of([&] { (void)config_of(table, {"data.mising=[]"}); }),
              HasSubstr("--set data.mising=[]: unknown key 'mising' in [data]; did you mean 'missing'?"));
}

TEST(FirstConfig, RefusesNamesAsATarget) {
  const TemporaryDirectory folder;
  const auto names = [](int rows) {
    std::string table = "a,y\n";
    for (int i = 0; i < rows; ++i) table += fmt::format("{},n{}\n", i, i);
    return table;
  };
  EXPECT_EQ(error_of([&] { (void)config_for(folder, names(20)); }),
            "data: " + (folder / "data.csv").string() +
                ": needed a target of numbers or classes, found in 'y' another text in each of 20 rows");
  EXPECT_THAT(config_for(folder, names(20) + "1,n1\n"), HasSubstr("# 20 classes\n"));
  EXPECT_THAT(config_for(folder, names(20), ColumnType::kCategory), HasSubstr("target_type = \"category\""));
}

TEST(FirstConfig, MissingTargetsAreNoClass) {
  const TemporaryDirectory folder;
  const std::string text = config_for(folder, table_of(60, "a,y", fewer_with_gaps));
  EXPECT_THAT(text, HasSubstr("# 3 whole numbers, taken for classes"));
  EXPECT_THAT(text, testing::StartsWith("# 45 rows, "));
}

TEST(FirstConfig, AnyTargetMayBeSaidToBeClasses) {
  const TemporaryDirectory folder;
  const std::string text = config_for(folder, table_of(60, "a,y", amounts), ColumnType::kCategory);
  EXPECT_THAT(text, HasSubstr("target_type = \"category\"\n"));
  EXPECT_THAT(text, HasSubstr("loss = \"softmax_cross_entropy\""));
}

TEST(FirstConfig, LargerTablesHaveLargerNetworksAndBatchesAndFewerEpochs) {
  const TemporaryDirectory folder;
  const std::string text = config_for(folder, table_of(9000, "a,y", amounts));
  EXPECT_THAT(text, HasSubstr("units = 64\n"));
  EXPECT_THAT(text, HasSubstr("batch_size = 256\n"));
  EXPECT_THAT(text, HasSubstr("epochs = 120\n"));  // 3000 steps of 24 batches each
}

TEST(FirstConfig, IsAConfigThatTrainsAndIsTheSameEachTime) {
  const TemporaryDirectory folder;
  for (const auto& table : {table_of(60, "a,town,y", kinds), table_of(60, "a,y", amounts),
                            table_of(60, "a,y", fewer_with_gaps)}) {
    const std::string text = config_for(folder, table);
    EXPECT_EQ(config_for(folder, table), text);
    const Config config = parse_config(text, folder / "c.toml", std::vector<std::string>{"train.epochs=2"});
    EXPECT_EQ(train(config, {})->run.history.size(), 2u);
  }
}

TEST(FirstConfig, HoldsNothingBackOfAFewRows) {
  const TemporaryDirectory folder;
  const std::string text = config_for(folder, table_of(19, "a,y", amounts));
  EXPECT_THAT(text, HasSubstr("\n# split = { validation = 0.1, test = 0.2, by = \"random\" }\n"));
  const Config config = parse_config(text, folder / "c.toml", std::vector<std::string>{"train.epochs=1"});
  EXPECT_FALSE(train(config, {})->test.has_value());
}

TEST(FirstConfig, NamesAreQuoted) {
  const TemporaryDirectory folder;
  const std::string text =
      config_for(folder, table_of(60, "a,\"the \"\"y\"\" \\ of it\"", amounts), {}, "the \"y\" \\ of it");
  const Config config = parse_config(text, folder / "c.toml");
  EXPECT_EQ(config.data.targets, std::vector<std::string>{"the \"y\" \\ of it"});
}

TEST(FirstConfig, SaysWhatIsWrong) {
  const TemporaryDirectory folder;
  EXPECT_THAT(
      error_of([&] { (void)config_for(folder, "a,price\n1,2\n", {}, "prise"); }),
      HasSubstr("needed the target column 'prise', found no such name in the header; did you mean 'price'?"));
  EXPECT_EQ(
      error_of([&] { (void)config_for(folder, "a,y\n1,\n2,NA\n"); }),
      "data: " + (folder / "data.csv").string() + ": column 2 'y': needed values to predict, found none");
  EXPECT_THAT(error_of([&] { (void)config_for(folder, "y\n1\n"); }),
              HasSubstr("needed a column beside the target"));
}

}  // namespace
}  // namespace catenary::train
