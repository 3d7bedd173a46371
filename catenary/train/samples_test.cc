#include "catenary/train/samples.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "catenary/train/division.h"
#include "catenary/train/feed.h"
#include "catenary/train/testing.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::FloatEq;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

constexpr const char* kIdxConfig =
    "format = 1\n[data]\ntrain = { images = \"images\", labels = \"labels\" }\n[[model.layers]]\ntype = "
    "\"dense\"\n"
    "[train]\nloss = \"softmax_cross_entropy\"\n";

const std::vector<FittedStep>& steps_of(const TrainingData& data, std::size_t input) {
  return data.schema().inputs.at(input).steps;
}

TEST(TrainingData, WithoutTestEveryRowTrains) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  const TrainingData data = load_training_data(small_config(folder, "side", "softmax_cross_entropy"));
  EXPECT_THAT(data.train_rows, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_TRUE(data.test_rows.empty());
  EXPECT_THAT(data.schema().classes, ElementsAre("left", "right"));
}

TEST(TrainingData, ASplitPutsEachRowInOnePartAndEvalFindsTheSamePart) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  const Config config =
      small_config(folder, "side", "softmax_cross_entropy", {"data.split.test=0.25", "seed=5"});
  const TrainingData data = load_training_data(config);
  EXPECT_EQ(data.test_rows.size(), 2u);
  std::vector<std::int64_t> all = data.train_rows;
  all.insert(all.end(), data.test_rows.begin(), data.test_rows.end());
  std::sort(all.begin(), all.end());
  EXPECT_THAT(all, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  const TestData test = load_test_data(config, data.schema());
  EXPECT_EQ(test.rows, data.test_rows);
  EXPECT_EQ(test.part, JudgedBy::kTest);
}

TEST(TrainingData, ASplitThatLeavesAPartEmptyIsAnErrorWithItsPlace) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kSides);
  const Config config = small_config(folder, "side", "softmax_cross_entropy", {"data.split.test=0.999"});
  EXPECT_EQ(
      error_of([&] { (void)load_training_data(config); }),
      "config: --set data.split.test=0.999: data.split: needed at least one of 8 rows for each part, found 0 "
      "for train and 8 for test");
}

TEST(TrainingData, StandardisesByTheTrainingRowsAlone) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,y\n1,0\n3,0\n");
  (void)folder.file("test.csv", "y,a\n0,1000\n");
  Config config = small_config(folder, "y", "squared_error", {"data.standardize=true"});
  config.data.test = DataFiles{folder / "test.csv", ""};
  const TrainingData data = load_training_data(config);
  EXPECT_THAT(steps_of(data, 0),
              ElementsAre(FittedStep(fitted::Impute{2}), FittedStep(fitted::Affine{2, 1})));
  EXPECT_THAT(data.test_file->inputs.scale, ElementsAre(1));
  EXPECT_THAT(data.test_file->inputs.shift, ElementsAre(-2));
  EXPECT_THAT(Feed(*data.test_file).inputs_of(0), ElementsAre(998));
}

TEST(TrainingData, StandardisesASplitByItsTrainingRowsAlone) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,y\n1,0\n10,0\n100,0\n1000,0\n10000,0\n100000,0\n");
  const TrainingData data = load_training_data(
      small_config(folder, "y", "squared_error", {"data.standardize=true", "data.split.test=0.34"}));
  ASSERT_EQ(data.train_rows.size(), 4u);
  double mean = 0, square = 0;
  for (const std::int64_t row : data.train_rows) mean += std::pow(10, static_cast<double>(row)) / 4;
  for (const std::int64_t row : data.train_rows)
    square += std::pow(std::pow(10, static_cast<double>(row)) - mean, 2) / 4;
  const auto found = std::get<fitted::Affine>(steps_of(data, 0).back());
  EXPECT_NEAR(found.shift, mean, 2e-7 * mean);  // rounded to f32, by way of −mean/std
  EXPECT_NEAR(found.scale, std::sqrt(square), 2e-7 * std::sqrt(square));
}

TEST(TrainingData, StandardisesImagesInTheUnitsOfTheirValuesAndReadsThemFromBytes) {
  const TemporaryDirectory folder;
  (void)folder.file("images", idx_bytes({2, 1, 1}, std::string("\x00\xff", 2)));
  (void)folder.file("labels", idx_bytes({2}, std::string("\x01\x00", 2)));
  const Config config =
      parse_config(kIdxConfig, folder / "c.toml", std::vector<std::string>{"data.standardize=true"});
  const TrainingData data = load_training_data(config);
  const auto found = std::get<fitted::Affine>(steps_of(data, 0).back());
  EXPECT_THAT(found.shift, FloatEq(0.5F));  // of 0 and 1, not of 0 and 255
  EXPECT_THAT(found.scale, FloatEq(0.5F));
  const Inputs& inputs = data.file.inputs;
  EXPECT_TRUE(std::holds_alternative<std::vector<std::uint8_t>>(inputs.features.elements));
  EXPECT_THAT(inputs.scale, ElementsAre(DoubleNear(2.0 / 255, 1e-9)));  // 0 becomes −1, 255 becomes 1
  EXPECT_THAT(inputs.shift, ElementsAre(DoubleNear(-1, 1e-7)));
  EXPECT_THAT(Feed(data.file).inputs_of(1), ElementsAre(DoubleNear(1, 2e-7)));
}

TEST(TrainingData, ReadsImagesAsBytesBetweenZeroAndOneWithNamedClasses) {
  const TemporaryDirectory folder;
  (void)folder.file("images", idx_bytes({2, 2, 1}, std::string("\x00\xff\x80\x01", 4)));
  (void)folder.file("labels", idx_bytes({2}, std::string("\x01\x00", 2)));
  const Config config =
      parse_config(kIdxConfig, folder / "c.toml", std::vector<std::string>{"data.classes=[\"no\",\"yes\"]"});
  const TrainingData data = load_training_data(config);
  EXPECT_THAT(data.schema().classes, ElementsAre("no", "yes"));
  EXPECT_THAT(data.file.data.targets, ElementsAre(1, 0));
  EXPECT_TRUE(std::holds_alternative<std::vector<std::uint8_t>>(data.file.inputs.features.elements));
  EXPECT_THAT(data.file.inputs.scale, ElementsAre(1.0F / 255));
}

TEST(TrainingData, TooFewClassNamesAreAConfigError) {
  const TemporaryDirectory folder;
  (void)folder.file("images", idx_bytes({2, 1, 1}, "ab"));
  (void)folder.file("labels", idx_bytes({2}, std::string("\x00\x02", 2)));
  const Config config =
      parse_config(kIdxConfig, folder / "c.toml", std::vector<std::string>{"data.classes=[\"a\",\"b\"]"});
  EXPECT_EQ(error_of([&] { (void)load_training_data(config); }),
            "config: " + (folder / "c.toml").string() +
                ":3:9: data.classes: expected at least 3 names, one for each label of " +
                (folder / "labels").string() + ", found 2");
}

TEST(TrainingData, MayNameClassesThatItHasNoSampleOf) {
  const TemporaryDirectory folder;
  (void)folder.file("images", idx_bytes({2, 1, 1}, "ab"));
  (void)folder.file("labels", idx_bytes({2}, std::string("\x00\x01", 2)));
  const Config config = parse_config(kIdxConfig, folder / "c.toml",
                                     std::vector<std::string>{"data.classes=[\"a\",\"b\",\"c\"]"});
  EXPECT_THAT(load_training_data(config).schema().classes, ElementsAre("a", "b", "c"));
}

TEST(FoldOrder, IsByClassesWhereAColumnNamesTheParts) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,part,y\n1,train,x\n2,test,z\n3,train,x\n");
  const auto order = [&](const std::string& target, const std::string& loss, const std::string& split) {
    return fold_order(small_config(folder, target, loss, {split}));
  };
  EXPECT_EQ(order("y", "softmax_cross_entropy", "data.split.column=part"), SplitOrder::kStratified);
  EXPECT_EQ(order("a", "squared_error", "data.split.column=part"), SplitOrder::kRandom);
  EXPECT_EQ(order("y", "softmax_cross_entropy", "data.split={test=0.3,by=\"ordered\"}"),
            SplitOrder::kOrdered);
}

TEST(TestData, WithoutTestSetIsTheTrainingSetAndSaysSo) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", kPlane);
  const Config config = small_config(folder, "y", "squared_error");
  const TestData test = load_test_data(config, load_training_data(config).schema());
  EXPECT_EQ(test.rows.size(), 7u);
  EXPECT_EQ(test.part, JudgedBy::kTraining);
}

TEST(TestData, IsTheTestFileIfThereIsOne) {
  const TemporaryDirectory folder;
  (void)folder.file("data.csv", "a,y\n1,0\n3,0\n");
  (void)folder.file("test.csv", "y,a\n5,7\n");
  Config config = small_config(folder, "y", "squared_error");
  config.data.test = DataFiles{folder / "test.csv", ""};
  const TestData test = load_test_data(config, load_training_data(config).schema());
  EXPECT_THAT(test.rows, ElementsAre(0));
  EXPECT_THAT(test.file.data.targets, ElementsAre(5));
  EXPECT_EQ(test.part, JudgedBy::kTest);
}

}  // namespace
}  // namespace catenary::train
