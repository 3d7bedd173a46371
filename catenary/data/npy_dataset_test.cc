#include "catenary/data/npy_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/mangle.h"
#include "tests/support/numpy_file.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_support::deflated_file;
using testing_support::error_of;
using testing_support::file_of;
using testing_support::little_endian;
using testing_support::npy;
using testing_support::npy_header;
using testing_support::zip;

using Numbers = std::vector<double>;
using Texts = std::vector<std::string>;

// An array of one type, its numbers' bytes and its shape.
template <typename T>
std::string array_of(const std::string& descr, const std::string& shape, std::initializer_list<T> numbers) {
  std::string bytes;
  for (const T x : numbers) bytes += little_endian(x);
  return npy(npy_header(descr, shape), bytes);
}

const std::string kX = array_of<float>("<f4", "(3, 2)", {1, 2, 3, 4, 5, 6});
const std::string kY = array_of<std::int64_t>("<i8", "(3,)", {2, 0, 1});

// An archive of arrays by name.
std::string archive(const std::vector<std::pair<std::string, std::string>>& arrays) {
  std::vector<testing_support::ZippedFile> files;
  for (const auto& [name, bytes] : arrays) files.push_back(deflated_file(name + ".npy", bytes));
  return zip(files);
}

NumpyData parse(const std::string& file, const NumpyChoice& choice = {}, const DataLimits& limits = {}) {
  return parse_numpy(std::as_bytes(std::span(file)), "d.npz", choice, limits);
}

std::string parse_error(const std::string& file, const NumpyChoice& choice = {},
                        const DataLimits& limits = {}) {
  return error_of([&] { (void)parse(file, choice, limits); });
}

const std::vector<float>& floats(const NumpyData& data) {
  return std::get<std::vector<float>>(data.features.elements);
}

TEST(NumpyDataset, ReadsFeaturesAndTargetsOfAnArchive) {
  for (const auto& [x, y] : {std::pair("x", "y"), {"X", "y"}, {"X", "Y"}}) {
    const NumpyData data = parse(archive({{"other", kY}, {x, kX}, {y, kY}}));
    EXPECT_EQ(data.features.rows, 3);
    EXPECT_EQ(data.features.columns, 2);
    EXPECT_EQ(data.features.scale, 1);
    EXPECT_THAT(floats(data), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_EQ(data.target_columns, 1);
    EXPECT_EQ(std::get<Numbers>(data.targets), (Numbers{2, 0, 1}));
  }
}

TEST(NumpyDataset, SamplesOfSeveralAxesAreFlattenedAndBytesStayBytes) {
  const std::string images = npy(npy_header("|u1", "(2, 2, 3)"), "abcdefghijkl");
  const NumpyData data = parse(archive({{"x", images}}), {.targets = NumpyTargets::kIgnored});
  EXPECT_EQ(data.features.rows, 2);
  EXPECT_EQ(data.features.columns, 6);
  const auto& bytes = std::get<std::vector<std::uint8_t>>(data.features.elements);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "abcdefghijkl");
  EXPECT_EQ(data.target_columns, 0);
  const NumpyData line =
      parse(archive({{"x", array_of<float>("<f4", "(2,)", {1, 2})}}), {.targets = NumpyTargets::kIgnored});
  EXPECT_EQ(line.features.columns, 1);
}

// [keras.datasets.mnist: mnist.npz]
TEST(NumpyDataset, PartsAreTakenByTheirNames) {
  const std::string test_x = array_of<float>("<f4", "(1, 2)", {7, 8});
  const std::string test_y = array_of<std::int64_t>("<i8", "(1,)", {5});
  const std::string keras =
      archive({{"x_test", test_x}, {"x_train", kX}, {"y_test", test_y}, {"y_train", kY}});
  EXPECT_EQ(parse(keras, {.part = "train"}).features.rows, 3);
  const NumpyData test = parse(keras, {.part = "test"});
  EXPECT_THAT(floats(test), ElementsAre(7, 8));
  EXPECT_EQ(std::get<Numbers>(test.targets), Numbers{5});
  EXPECT_EQ(parse(archive({{"x", kX}, {"y", kY}}), {.part = "train"}).features.rows, 3);
  // The targets of another part are none.
  EXPECT_THAT(parse_error(archive({{"x_train", kX}, {"y", kY}}), {.part = "train"}),
              StartsWith("data: d.npz: needed an array named 'y_train' or 'Y_train', found the arrays"));
}

TEST(NumpyDataset, ArraysOfOtherNamesAreListedAndNotGuessed) {
  EXPECT_EQ(parse_error(archive({{"images", kX}, {"labels", kY}})),
            "data: d.npz: needed an array named 'x' or 'X', found the arrays images, labels; "
            "np.savez(\"data.npz\", x=..., y=...) names them");
  EXPECT_EQ(parse_error(archive({{"arr_0", kX}}), {.part = "test"}),
            "data: d.npz: needed an array named 'x_test' or 'X_test' or 'x' or 'X', found the arrays arr_0; "
            "np.savez(\"data.npz\", x=..., y=...) names them");
  EXPECT_THAT(parse_error(archive({{"x", kX}})), HasSubstr("named 'y' or 'Y', found the arrays x;"));
  EXPECT_THAT(parse_error(zip({})), HasSubstr("found no arrays;"));
  EXPECT_EQ(parse_error(archive({{"x", kX}, {"X", kX}})),
            "data: d.npz: needed one of the arrays 'x' and 'X', found both");
  EXPECT_EQ(parse_error(kX),
            "data: d.npz: needed targets, too, found one array; they may be a second file, { x = \"x.npy\", "
            "y = \"y.npy\" }, or beside it: np.savez(\"data.npz\", x=..., y=...) names them");
}

TEST(NumpyDataset, ReadsFilesOfOneArrayEach) {
  const testing_support::TemporaryDirectory dir;
  const auto x = dir.file("features.npy", kX), y = dir.file("labels.npy", kY);
  const NumpyData data = load_numpy({x, y}, {.part = "train"});
  EXPECT_THAT(floats(data), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(std::get<Numbers>(data.targets), (Numbers{2, 0, 1}));
  EXPECT_EQ(load_numpy({x}, {.targets = NumpyTargets::kIgnored}).target_columns, 0);
  EXPECT_EQ(load_numpy({x, dir.file("y.npz", archive({{"y", kY}}))}).target_columns, 1);
  EXPECT_THAT(error_of([&] { (void)load_numpy({x, dir / "none.npy"}); }), StartsWith("io: cannot open"));
}

TEST(NumpyDataset, TellsWhetherAFileHasAPart) {
  const testing_support::TemporaryDirectory dir;
  const auto keras = dir.file("a.npz", archive({{"x_test", kX}})), alone = dir.file("x_test.npy", kX);
  EXPECT_TRUE(has_numpy_part(keras, "test"));
  EXPECT_FALSE(has_numpy_part(keras, "train"));
  EXPECT_FALSE(has_numpy_part(alone, "test"));
  EXPECT_FALSE(has_numpy_part("/dev/stdin", "test"));
  EXPECT_FALSE(has_numpy_part("/dev/zero", "test"));
  EXPECT_THAT(error_of([&] { (void)has_numpy_part(dir / "none.npz", "test"); }),
              StartsWith("io: cannot open"));
}

NumpyData with_targets(const std::string& y) { return parse(archive({{"x", kX}, {"y", y}})); }

TEST(NumpyDataset, TargetsOfSeveralColumnsAreRowMajor) {
  const NumpyData data = with_targets(array_of<double>("<f8", "(3, 2)", {1, 2, 3, 0.1, NAN, 1e300}));
  EXPECT_EQ(data.target_columns, 2);
  const auto& numbers = std::get<Numbers>(data.targets);
  EXPECT_EQ(numbers[3], 0.1);
  EXPECT_TRUE(std::isnan(numbers[4]));
  EXPECT_EQ(numbers[5], 1e300);
}

TEST(NumpyDataset, WholeLabelsNeverMerge) {
  EXPECT_EQ(std::get<Numbers>(
                with_targets(array_of<std::int32_t>("<i4", "(3,)", {16777216, 16777217, -1})).targets),
            (Numbers{16777216, 16777217, -1}));
  const std::int64_t two53 = std::int64_t{1} << 53;
  EXPECT_EQ(
      std::get<Numbers>(with_targets(array_of<std::int64_t>("<i8", "(3,)", {two53, -two53, 0})).targets),
      (Numbers{0x1p53, -0x1p53, 0}));
  EXPECT_EQ(
      std::get<Texts>(with_targets(array_of<std::int64_t>("<i8", "(3,)", {two53 + 1, two53, -5})).targets),
      (Texts{"9007199254740993", "9007199254740992", "-5"}));
  EXPECT_EQ(
      std::get<Texts>(with_targets(array_of<std::uint64_t>("<u8", "(3, 1)", {1, 2, 1ULL << 60})).targets),
      (Texts{"1", "2", "1152921504606846976"}));
}

TEST(NumpyDataset, TextsAreTargetsAsTheyStand) {
  EXPECT_EQ(std::get<Texts>(
                with_targets(npy(npy_header("|S5", "(3,)"), std::string("02134low \0high\0", 15))).targets),
            (Texts{"02134", "low ", "high"}));
}

TEST(NumpyDataset, RefusesTargetsThatFitNoRow) {
  const auto error = [](const std::string& y) { return error_of([&] { (void)with_targets(y); }); };
  EXPECT_EQ(error(array_of<float>("<f4", "(2,)", {1, 2})),
            "data: d.npz: 'y.npy': needed targets [3] or [3, columns], as many as x has rows, found [2]");
  EXPECT_THAT(error(array_of<float>("<f4", "()", {1})), EndsWith("found []"));
  EXPECT_THAT(error(array_of<float>("<f4", "(3, 0)", {})), EndsWith("found [3, 0]"));
  EXPECT_THAT(error(array_of<float>("<f4", "(3, 1, 1)", {1, 2, 3})), EndsWith("found [3, 1, 1]"));
  EXPECT_EQ(error(npy(npy_header("|S1", "(3, 2)"), "abcdef")),
            "data: d.npz: 'y.npy': needed texts in one column, found [3, 2]");
  EXPECT_EQ(error(array_of<float>("<f4", "(3, 2)", {1, 2, 3, 4, 5, -INFINITY})),
            "data: d.npz: 'y.npy': needed a finite number as row 2, column 1 (counted from 0), found -inf");
  EXPECT_EQ(error(array_of<std::int64_t>("<i8", "(3, 2)", {1, 2, 3, 4, 5, std::int64_t{1} << 60})),
            "data: d.npz: 'y.npy': needed integers up to 2^53 in several columns, found 1152921504606846976");
  EXPECT_THAT(error(npy(npy_header("|O", "(3,)"), "abc")), HasSubstr("found Python objects ('|O')"));
}

TEST(NumpyDataset, RefusesFeaturesThatAreNoNumbers) {
  const auto error = [](const std::string& x) { return parse_error(archive({{"x", x}, {"y", kY}})); };
  EXPECT_EQ(error(array_of<float>("<f4", "()", {1})),
            "data: d.npz: 'x.npy': needed features [rows, ...] with at least one row and column, found []");
  EXPECT_THAT(error(array_of<float>("<f4", "(0, 3)", {})), EndsWith("found [0, 3]"));
  EXPECT_THAT(error(array_of<float>("<f4", "(3, 0)", {})), EndsWith("found [3, 0]"));
  EXPECT_THAT(error(npy(npy_header("|S1", "(3, 2)"), "abcdef")), HasSubstr("found texts ('|S1')"));
  EXPECT_EQ(error(array_of<double>("<f8", "(3, 2)", {1, 2, 3, 4, 5, 1e39})),
            "data: d.npz: 'x.npy': needed a finite number that f32 holds, up to 3.4e38, as row 2, column 1 "
            "(counted from 0), found 1e+39");
  EXPECT_TRUE(std::isnan(
      floats(parse(archive({{"x", array_of<double>("<f8", "(3, 1)", {1, NAN, 3})}, {"y", kY}})))[1]));
}

TEST(NumpyDataset, AnArrayThatNobodyAskedForMayBeOfAnyKind) {
  const std::string objects = npy(npy_header("|O", "(1,)"), "pickled");
  EXPECT_EQ(parse(archive({{"names", objects}, {"x", kX}, {"y", kY}})).features.rows, 3);
}

TEST(NumpyDataset, RefusesMoreThanIsAllowedBeforeItReadsIt) {
  const std::string file = archive({{"x", kX}, {"y", kY}});
  EXPECT_EQ(parse(file, {}, {.max_bytes = 3 * 32 + 24 + 24}).features.rows, 3);
  EXPECT_THAT(
      parse_error(file, {}, {.max_bytes = 3 * 32 + 24 + 23}),
      StartsWith("data: d.npz: 'y.npy': needed data that take at most 143 bytes of memory, found 144;"));
  EXPECT_THAT(
      parse_error(file, {}, {.max_bytes = 3 * 32 + 23}),
      StartsWith("data: d.npz: 'x.npy': needed data that take at most 119 bytes of memory, found 120;"));
  EXPECT_EQ(parse_error(file, {}, {.max_columns = 1}),
            "data: d.npz: 'x.npy': needed at most 1 columns, found [3, 2]; data.max_columns sets the limit");
}

// 32 bytes a row are for what becomes of the rows later, 8 for a target.
TEST(NumpyDataset, FeaturesTakeFourBytesAndUint8One) {
  const std::string labels = npy(npy_header("|u1", "(1000,)"), std::string(1000, 'y'));
  for (const auto& [descr, element_bytes, expected] :
       {std::tuple("|u1", 1, 1), {"<f8", 8, 4}, {"<f2", 2, 4}}) {
    const std::string x = npy(npy_header(descr, "(1000, 500)"),
                              std::string(static_cast<std::size_t>(500'000 * element_bytes), '1'));
    const testing_support::TemporaryDirectory dir;
    const auto path = dir.file("d.npz", zip({file_of("x.npy", x), file_of("y.npy", labels)}));
    const std::int64_t most = testing_support::most_bytes_allocated([&] { (void)load_numpy({path}); });
    EXPECT_GE(most, expected * 500'000) << descr;
    EXPECT_LT(most, expected * 500'000 + 300'000) << descr;
  }
}

TEST(NumpyDataset, FlippedBitsNeverCrash) {
  const std::string file =
      archive({{"x", kX}, {"y", npy(npy_header("<U1", "(3,)"), std::string("a\0\0\0b\0\0\0c\0\0\0", 12))}});
  for (std::uint64_t trial = 0; trial < 2000; ++trial) {
    EXPECT_THAT(parse_error(testing_support::mangled(file, trial)),
                ::testing::AnyOf("no error", StartsWith("data: d.npz: ")));
  }
}

}  // namespace
}  // namespace catenary
