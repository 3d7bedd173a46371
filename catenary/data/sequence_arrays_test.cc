// Sequences of NumPy's arrays and of images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/data/idx_dataset.h"
#include "catenary/data/npy_dataset.h"
#include "catenary/data/numpy_examples.h"
#include "catenary/data/sequence.h"
#include "tests/support/errors.h"
#include "tests/support/numpy_file.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;
using testing_support::error_of;

template <typename T>
std::string array_of(const std::string& descr, const std::string& shape, std::initializer_list<T> numbers) {
  std::string bytes;
  for (const T x : numbers) bytes += testing_support::little_endian(x);
  return testing_support::npy(testing_support::npy_header(descr, shape), bytes);
}

std::string archive(const std::vector<std::pair<std::string, std::string>>& arrays) {
  std::vector<testing_support::ZippedFile> files;
  for (const auto& [name, bytes] : arrays) files.push_back(testing_support::file_of(name + ".npy", bytes));
  return testing_support::zip(files);
}

// Two samples of three steps of two numbers.
const std::string kSteps = array_of<float>("<f4", "(2, 3, 2)", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
const std::string kOfEach = array_of<float>("<f4", "(2, 3)", {1, 2, 3, 4, 5, NAN});
const std::string kOfWhole = array_of<float>("<f4", "(2,)", {7, 8});
const std::string kLengths = array_of<std::int64_t>("<i8", "(2,)", {3, 2});

NumpyData parse(const std::string& file, NumpySteps steps) {
  return parse_numpy(std::as_bytes(std::span(file)), "d.npz", {.part = "train", .steps = steps});
}

Dataset read(const std::string& file, NumpySteps steps) {
  return numpy_examples(parse(file, steps), NumpyTarget::kNumbers, "d.npz", {});
}

std::string fault_of(const std::string& file, NumpySteps steps) {
  return error_of([&] { (void)read(file, steps); });
}

TEST(SequenceArrays, HaveARowForEachStep) {
  Dataset data = read(archive({{"x", kSteps}, {"y", kOfWhole}}), NumpySteps::kWhole);
  EXPECT_EQ(data.features.rows, 6);
  EXPECT_EQ(data.features.columns, 2);
  EXPECT_EQ(data.schema.columns.size(), 2u);
  const Sequences whole = make_sequences(data, {.task = SequenceTask::kWhole, .stride = 0}, "d.npz", {});
  EXPECT_THAT(whole.firsts, ElementsAre(0, 3));
  EXPECT_THAT(data.targets, ElementsAre(7, IsNan(), IsNan(), 8, IsNan(), IsNan()));
  EXPECT_EQ(data.schema.sequence, (SequenceSchema{.steps = 3}));
}

TEST(SequenceArrays, MayHaveLengths) {
  Dataset data = read(archive({{"x", kSteps}, {"y", kOfEach}, {"lengths", kLengths}}), NumpySteps::kEachRow);
  const Sequences each = make_sequences(data, {.task = SequenceTask::kEachRow, .stride = 0}, "d.npz", {});
  EXPECT_THAT(each.firsts, ElementsAre(0, 3));
  EXPECT_THAT(data.lengths, ElementsAre(3, 0, 0, 2, 0, 0));
  EXPECT_THAT(data.targets, ElementsAre(1, 2, 3, 4, 5, 0, 0, 0));
}

TEST(SequenceArrays, HaveLengthsOfTheirPart) {
  const std::string file = archive({{"x_train", kSteps}, {"y_train", kOfWhole}, {"lengths_train", kLengths}});
  EXPECT_THAT(parse(file, NumpySteps::kWhole).lengths, ElementsAre(3, 2));
}

TEST(SequenceArrays, RefuseLengthsThatAreNone) {
  const auto fault = [](const std::string& lengths) {
    return fault_of(archive({{"x", kSteps}, {"y", kOfWhole}, {"lengths", lengths}}), NumpySteps::kWhole);
  };
  EXPECT_EQ(
      fault(array_of<std::int64_t>("<i8", "(2,)", {3, 0})),
      "data: d.npz: 'lengths.npy': needed whole numbers from 1 to 3, the steps of x, found 0 as sample 1 "
      "(counted from 0)");
  EXPECT_THAT(fault(array_of<float>("<f4", "(2,)", {3, 4})),
              HasSubstr("from 1 to 3, the steps of x, found 4"));
  EXPECT_THAT(fault(array_of<float>("<f4", "(2,)", {3, 1.5})), HasSubstr("found 1.5"));
  EXPECT_THAT(fault(array_of<float>("<f4", "(3,)", {3, 1, 1})),
              HasSubstr("needed numbers [2], one for each sample of x, found [3]"));
}

TEST(SequenceArrays, NeedStepsAndTargetsOfTheirTask) {
  const std::string rows = array_of<float>("<f4", "(2, 2)", {1, 2, 3, 4});
  EXPECT_EQ(fault_of(archive({{"x", rows}, {"y", kOfWhole}}), NumpySteps::kWhole),
            "data: d.npz: 'x.npy': needed x [samples, steps, ...] for data.sequence.target = \"whole\" or "
            "\"each_row\", found [2, 2]");
  EXPECT_EQ(fault_of(archive({{"x", kSteps}, {"y", kOfWhole}}), NumpySteps::kWindows),
            "data: d.npz: 'x.npy': needed x [rows, columns] for data.sequence.target = \"next\", found [2, "
            "3, 2]");
  EXPECT_EQ(
      fault_of(archive({{"x", kSteps}, {"y", kOfWhole}}), NumpySteps::kEachRow),
      "data: d.npz: 'y.npy': needed targets [2, 3] or [2, 3, columns], as many as x has rows, found [2]");
}

TEST(SequenceArrays, MayBeImagesWhoseRowsAreSteps) {
  const testing_support::TemporaryDirectory folder;
  using namespace std::string_literals;
  const IdxPaths paths{folder.file("images", "\0\0\x08\x03\0\0\0\2\0\0\0\3\0\0\0\2abcdefghijkl"s),
                       folder.file("labels", "\0\0\x08\x01\0\0\0\2\1\0"s), ImageRows::kSteps};
  Dataset data = load_idx(paths);
  EXPECT_EQ(data.features.columns, 2);
  const Sequences whole = make_sequences(data, {.task = SequenceTask::kWhole, .stride = 0}, "images", {});
  EXPECT_THAT(whole.firsts, ElementsAre(0, 3));
  EXPECT_THAT(data.targets, ElementsAre(1, IsNan(), IsNan(), 0, IsNan(), IsNan()));
  EXPECT_EQ(load_idx(paths, data.schema).features.rows, 6);
  const IdxPaths flat{folder.file("flat", "\0\0\x08\x02\0\0\0\1\0\0\0\2ab"s), {}, ImageRows::kSteps};
  EXPECT_THAT(
      error_of([&] { (void)load_idx(flat); }),
      HasSubstr("needed images with 3 dimensions or more, whose rows are the steps of sequences, found 2"));
}

}  // namespace
}  // namespace catenary
