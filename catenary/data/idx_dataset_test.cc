#include "catenary/data/idx_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using testing_support::error_of;
using testing_support::TemporaryDirectory;
using namespace std::string_literals;

const std::string kImages = "\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\1\x01\x02\x03\xFF"s;  // two images of 2 x 1
const std::string kLabels = "\0\0\x08\x01\0\0\0\2\2\0"s;                              // 2 and 0

TEST(IdxDataset, FlattensImagesAndNamesClasses) {
  const TemporaryDirectory dir;
  const Dataset set =
      load_idx({.images = dir.file("images", kImages), .labels = dir.file("labels", kLabels)});
  EXPECT_EQ(set.features.rows, 2);
  EXPECT_EQ(set.features.columns, 2);
  EXPECT_EQ(set.features.scale, 1.0F / 255);
  EXPECT_THAT(std::get<std::vector<std::uint8_t>>(set.features.elements), ElementsAre(1, 2, 3, 255));
  EXPECT_THAT(set.targets, ElementsAre(2, 0));
  EXPECT_EQ(set.target_columns, 1);
  EXPECT_THAT(set.schema.classes, ElementsAre("0", "1", "2"));
  EXPECT_EQ(set.schema.columns, (std::vector<ColumnSchema>{{.name = "pixel0"}, {.name = "pixel1"}}));
  EXPECT_THAT(set.places, ElementsAre(0, 1));
}

TEST(IdxDataset, NumbersThatAreNotBytesKeepTheirScale) {
  const TemporaryDirectory dir;
  const Dataset set =
      load_idx({.images = dir.file("images", "\0\0\x0B\x02\0\0\0\1\0\0\0\1\x01\x00"s), .labels = {}});
  EXPECT_EQ(set.features.scale, 1);
  EXPECT_THAT(std::get<std::vector<float>>(set.features.elements), ElementsAre(256));
}

TEST(IdxDataset, MappedImagesHaveTheScaleOfBytesAndAreNoted) {
  const TemporaryDirectory dir;
  const std::string rest(198, '\7');
  const auto images = dir.file("images", "\0\0\x08\x02\0\0\0\2\0\0\0\x64"s + "\1\2" + rest);
  const Dataset set = load_idx({.images = images, .labels = dir.file("labels", kLabels)}, {.max_bytes = 100},
                               BeyondLimit::kMap);
  EXPECT_TRUE(are_mapped(set.features));
  EXPECT_EQ(set.features.columns, 100);
  EXPECT_EQ(set.features.scale, 1.0F / 255);
  EXPECT_EQ(bytes_of(set.features)[1], 2);
  EXPECT_THAT(set.notes, ElementsAre(testing::HasSubstr("rows are read from " + images.string())));
}

TEST(IdxDataset, LoadsInputsWithoutLabels) {
  const TemporaryDirectory dir;
  const Dataset set = load_idx({.images = dir.file("images", kImages), .labels = {}});
  EXPECT_EQ(set.target_columns, 0);
  EXPECT_TRUE(set.targets.empty());
  EXPECT_TRUE(set.schema.classes.empty());
}

TEST(IdxDataset, RejectsLabelsThatDoNotFitTheImages) {
  const TemporaryDirectory dir;
  const auto images = dir.file("images", kImages);
  const auto error = [&](const std::string& labels) {
    return error_of([&] { (void)load_idx({.images = images, .labels = dir.file("labels", labels)}); });
  };
  EXPECT_EQ(error("\0\0\x08\x01\0\0\0\1\2"s),
            fmt::format("data: {}: needed 2 labels, one for each image of {}, found 1",
                        (dir / "labels").string(), images.string()));
  EXPECT_EQ(error("\0\0\x08\x02\0\0\0\2\0\0\0\1\2\0"s),
            fmt::format("data: {}: needed labels with 1 dimension, found 2", (dir / "labels").string()));
  EXPECT_EQ(error("\0\0\x09\x01\0\0\0\2\1\xFF"s),
            fmt::format("data: {}: needed whole labels from 0 to 9999, found -1 for row 1",
                        (dir / "labels").string()));
}

TEST(IdxDataset, RejectsLabelsInPlaceOfImages) {
  const TemporaryDirectory dir;
  const auto labels = dir.file("labels", "\0\0\x08\x01\0\0\0\2\1\2"s);
  const std::string error = error_of([&] { (void)load_idx({.images = labels, .labels = labels}); });
  EXPECT_EQ(error,
            fmt::format("data: {}: needed images with 2 dimensions or more, found 1, as labels have it",
                        labels.string()));
}

TEST(IdxDataset, RejectsWhatTheModelWasNotTrainedOn) {
  const TemporaryDirectory dir;
  const IdxPaths paths{.images = dir.file("images", kImages), .labels = dir.file("labels", kLabels)};
  const Schema trained = load_idx(paths).schema;
  EXPECT_EQ(load_idx(paths, trained).schema, trained);
  Schema fewer_classes = trained;
  fewer_classes.classes = {"0", "1"};
  EXPECT_EQ(
      error_of([&] { (void)load_idx(paths, fewer_classes); }),
      fmt::format("data: {}: needed whole labels from 0 to 1, found 2 for row 0", paths.labels.string()));
  const Schema more_features{.columns = {{.name = "a"}, {.name = "b"}, {.name = "c"}},
                             .classes = trained.classes};
  EXPECT_EQ(
      error_of([&] { (void)load_idx(paths, more_features); }),
      fmt::format("data: {}: needed 3 features as the model was trained on, found 2", paths.images.string()));
}

TEST(IdxDataset, LoadsFashionMnist) {
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs Debian's dataset-fashion-mnist";
  const Dataset set = load_idx(
      {.images = folder / "train-images-idx3-ubyte.gz", .labels = folder / "train-labels-idx1-ubyte.gz"});
  EXPECT_EQ(set.features.rows, 60'000);
  EXPECT_EQ(set.features.columns, 784);
  EXPECT_EQ(std::get<std::vector<std::uint8_t>>(set.features.elements).size(), 60'000u * 784);
  EXPECT_EQ(set.schema.classes.size(), 10u);
  EXPECT_EQ(std::count(set.targets.begin(), set.targets.end(), 9.0F), 6'000);
  EXPECT_EQ(set.targets[0], 9);  // an ankle boot
}

}  // namespace
}  // namespace catenary
