#include "catenary/data/numpy_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <limits>

#include "catenary/base/philox.h"
#include "catenary/data/npy_dataset.h"
#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/numpy_file.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::deflated_file;
using testing_support::error_of;
using testing_support::file_of;
using testing_support::little_endian;
using testing_support::npy;
using testing_support::npy_header;
using testing_support::TemporaryDirectory;
using testing_support::zip;

constexpr int kRows = 300, kColumns = 50;
// For 32 bytes of each row, but not for its features beside them.
const DataLimits kFew{.max_bytes = 12'000};

// An array of the shape; the number at i is i mod 251, but for `last`.
template <typename T>
std::string array(const std::string& descr, T last = 250, const std::string& fortran = "False",
                  std::string shape = "") {
  if (shape.empty()) shape = fmt::format("({}, {})", kRows, kColumns);
  std::string elements;
  for (int i = 0; i < kRows * kColumns - 1; ++i) elements += little_endian(static_cast<T>(i % 251));
  std::string header = npy_header(descr, shape, fortran);
  header.insert(header.size() - 1, 64 - (header.size() + 10) % 64, ' ');  // as NumPy aligns it
  return npy(header, elements + little_endian(last));
}

std::string big_endian_array() {
  std::string bytes = array<float>(">f4");
  for (std::size_t i = bytes.size() - kRows * kColumns * 4; i < bytes.size(); i += 4)
    std::reverse(&bytes[i], &bytes[i] + 4);
  return bytes;
}

const NumpyChoice kOnlyX{.targets = NumpyTargets::kIgnored};

NumpyData load(const fs::path& path, const fs::path& cache, const DataLimits& limits = kFew) {
  return load_numpy({path}, kOnlyX, limits, cache);
}

std::vector<float> numbers(const NumpyData& data) {
  const std::span<const float> floats = floats_of(data.features);
  const std::span<const std::uint8_t> bytes = bytes_of(data.features);
  std::vector<float> all(floats.begin(), floats.end());
  all.insert(all.end(), bytes.begin(), bytes.end());
  return all;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(NumpyRows, ThoseThatLieAsMemoryHasThemAreMappedThere) {
  const TemporaryDirectory folder;
  for (const auto& [name, bytes] : {std::pair("f4.npy", array<float>("<f4")),
                                    {"u1.npy", array<std::uint8_t>("|u1")},
                                    {"one_column.npy", array<float>("<f4", 1, "True", "(15000, 1)")},
                                    {"u1.npz", zip({file_of("x.npy", array<std::uint8_t>("|u1"))})}}) {
    const fs::path path = folder.file(name, bytes);
    const NumpyData whole = load(path, folder / "cache", {});
    EXPECT_FALSE(are_mapped(whole.features));
    EXPECT_THAT(whole.notes, IsEmpty());
    const DataLimits few{.max_bytes = path.stem() == "one_column" ? 500'000 : 12'000};
    const NumpyData mapped = load(path, folder / "cache", few);
    EXPECT_TRUE(are_mapped(mapped.features)) << name;
    EXPECT_EQ(numbers(mapped), numbers(whole)) << name;
    EXPECT_EQ(bytes_of(mapped.features).empty(), path.stem() != "u1");
    EXPECT_THAT(mapped.notes, ElementsAre(HasSubstr("rows are read from " + path.string() + " as they")));
  }
  EXPECT_FALSE(fs::exists(folder / "cache"));
}

TEST(NumpyRows, NumbersOfAnArchiveAreMappedWhereTheyAreAligned) {
  const TemporaryDirectory folder;
  // The content of x.npy begins at byte 35 of the archive, that of x_test.npy at 40.
  for (const auto& [name, is_aligned] : {std::pair("x.npy", false), {"x_test.npy", true}}) {
    std::vector<testing_support::ZippedFile> files = {file_of(name, array<float>("<f4"))};
    const fs::path path = folder.file("x.npz", zip(files));
    const NumpyData data =
        load_numpy({path}, {.part = "test", .targets = NumpyTargets::kIgnored}, kFew, folder / "cache");
    EXPECT_TRUE(are_mapped(data.features));
    EXPECT_EQ(numbers(data), numbers(load(folder.file("x.npy", array<float>("<f4")), {}, {})));
    EXPECT_EQ(fs::exists(folder / "cache"), !is_aligned) << name;
    fs::remove_all(folder / "cache");
  }
}

TEST(NumpyRows, OthersAreKeptInAFileUntilTheArrayChanges) {
  for (const auto& [name, bytes] : {std::pair("f8.npy", array<double>("<f8")),
                                    {"big.npy", big_endian_array()},
                                    {"i2.npz", zip({file_of("x.npy", array<std::int16_t>("<i2"))})},
                                    {"f4.npz", zip({deflated_file("x.npy", array<float>("<f4"))})},
                                    {"u1.npz", zip({deflated_file("X.npy", array<std::uint8_t>("|u1"))})}}) {
    const TemporaryDirectory folder;
    const fs::path path = folder.file(name, bytes), cache = folder / "cache";
    const NumpyData whole = load(path, cache, {});
    EXPECT_FALSE(fs::exists(cache));
    const NumpyData first = load(path, cache);
    const fs::path kept = *fs::directory_iterator(cache);
    EXPECT_TRUE(are_mapped(first.features));
    EXPECT_EQ(first.features.elements.index(), whole.features.elements.index() + 2) << name;
    EXPECT_EQ(numbers(first), numbers(whole)) << name;
    EXPECT_THAT(first.notes, ElementsAre(HasSubstr("rows are read from " + kept.string())));
    const auto made = fs::last_write_time(kept);
    EXPECT_EQ(numbers(load(path, cache)), numbers(whole));
    EXPECT_EQ(fs::last_write_time(kept), made);
    (void)folder.file(name, zip({deflated_file("x.npy", array<double>("<f8", 7))}));
    EXPECT_EQ(numbers(load(path, cache)).back(), 7) << name;
  }
}

TEST(NumpyRows, EachArrayOfAnArchiveHasItsFile) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("d.npz", zip({file_of("x_train.npy", array<double>("<f8", 1)),
                                                  file_of("x_test.npy", array<double>("<f8", 2))}));
  for (int again = 0; again < 2; ++again) {
    for (const auto& [part, last] : {std::pair("train", 1), {"test", 2}}) {
      const NumpyData data =
          load_numpy({path}, {.part = part, .targets = NumpyTargets::kIgnored}, kFew, folder / "cache");
      EXPECT_EQ(numbers(data).back(), last);
    }
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "cache"), fs::directory_iterator()), 2);
}

TEST(NumpyRows, DamageIsNoticedInAnArchiveAndMendedInTheCache) {
  const TemporaryDirectory folder;
  const fs::path path = folder.file("d.npy", array<double>("<f8")), cache = folder / "cache";
  const std::vector<float> good = numbers(load(path, cache));
  const fs::path kept = *fs::directory_iterator(cache);
  const std::string bytes = bytes_of(kept);
  for (std::size_t at = 0; at < bytes.size(); at += bytes.size() / 20) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    std::ofstream(kept, std::ios::binary) << damaged;
    const NumpyData mended = load(path, cache);
    EXPECT_EQ(numbers(mended), good);
    EXPECT_THAT(mended.notes, ElementsAre(HasSubstr("was damaged"), HasSubstr("rows are read from"))) << at;
    EXPECT_EQ(bytes_of(kept), bytes);
  }
  for (const char* name : {"x.npy", "x_test.npy"}) {
    std::string archive = zip({file_of(name, array<float>("<f4"))});
    archive[10'000] = static_cast<char>(archive[10'000] ^ 4);
    const fs::path wrong = folder.file("d.npz", archive);
    EXPECT_THAT(error_of([&] {
                  (void)load_numpy({wrong}, {.part = "test", .targets = NumpyTargets::kIgnored}, kFew, cache);
                }),
                HasSubstr("needed content with the checksum"));
  }
}

TEST(NumpyRows, WhatIsInfiniteOrBeyondF32IsFoundWhereverItLies) {
  const TemporaryDirectory folder;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const std::string& bytes : {array<float>("<f4", kInfinity), array<double>("<f8", 1e39)}) {
    const fs::path path = folder.file("x.npy", bytes);
    const auto error = [&](const DataLimits& limits) {
      return error_of([&] { (void)load(path, folder / "cache", limits); });
    };
    EXPECT_THAT(error(kFew), HasSubstr("needed a finite number that f32 holds, up to 3.4e38, as row 299, "
                                       "column 49 (counted from 0), found "));
    EXPECT_EQ(error(kFew), error({}));
  }
  EXPECT_TRUE(fs::is_empty(folder / "cache"));
}

TEST(NumpyRows, FortransOrderBeyondMemoryIsRefusedWithWhatToDo) {
  const TemporaryDirectory folder;
  for (const std::string& bytes : {array<float>("<f4", 1, "True"), array<double>("<f8", 1, "True"),
                                   array<std::uint8_t>("|u1", 1, "True")}) {
    const fs::path path = folder.file("x.npy", bytes);
    EXPECT_EQ(
        error_of([&] { (void)load(path, folder / "cache"); }),
        fmt::format("data: {}: needed C's order of elements, as an array that takes more than 12000 bytes "
                    "of memory (data.max_bytes) is read row by row, found Fortran's; "
                    "np.ascontiguousarray(...) has it",
                    path.string()));
    EXPECT_EQ(load(path, folder / "cache", {}).features.rows, kRows);
  }
}

TEST(NumpyRows, WithoutAFolderOrFromAStreamWhatHasNoRoomIsRefused) {
  const TemporaryDirectory folder;
  const std::string bytes = array<std::int16_t>("<i2");
  const std::string refusal = "needed data that take at most 40000 bytes of memory, found 69600;";
  const DataLimits limits{.max_bytes = 40'000};
  const fs::path path = folder.file("x.npy", bytes);
  EXPECT_THAT(error_of([&] { (void)load(path, {}, limits); }), HasSubstr(refusal));
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::write(ends[1], bytes.data(), bytes.size()), std::ssize(bytes));
  ::close(ends[1]);
  const std::string stream = fmt::format("/dev/fd/{}", ends[0]);
  EXPECT_THAT(error_of([&] { (void)load(stream, folder / "cache", limits); }), HasSubstr(refusal));
  ::close(ends[0]);
  EXPECT_FALSE(fs::exists(folder / "cache"));
}

// Targets of 8 bytes and 32 bytes for each row stay in memory; features make room for them.
TEST(NumpyRows, WhatIsBesideTheFeaturesMustFitInMemory) {
  const TemporaryDirectory folder;
  const std::string y = npy(npy_header("<i4", "(300,)"), std::string(1200, '\1'));
  const fs::path path =
      folder.file("d.npz", zip({file_of("x.npy", array<double>("<f8")), file_of("y.npy", y)}));
  const auto with = [&](std::uint64_t bytes) {
    return load_numpy({path}, {}, {.max_bytes = bytes}, folder / "cache");
  };
  constexpr std::uint64_t kBeside = 300 * (32 + 8), kFeatures = kRows * kColumns * 4;
  EXPECT_FALSE(are_mapped(with(kBeside + kFeatures).features));
  EXPECT_TRUE(are_mapped(with(kBeside + kFeatures - 1).features));
  EXPECT_TRUE(are_mapped(with(kBeside).features));
  EXPECT_THAT(error_of([&] { (void)with(kBeside - 1); }),
              HasSubstr("'y.npy': needed data that take at most 11999 bytes of memory, found 12000;"));
  EXPECT_THAT(error_of([&] { (void)with(300 * 32 - 1); }), HasSubstr("'x.npy': needed data that take"));
}

TEST(NumpyRows, WhatAnArchiveCannotPlausiblyHoldIsNotPutOnDisk) {
  const TemporaryDirectory folder;
  std::string noise(1'300'000, '\0');
  for (std::size_t i = 0; i < noise.size(); i += 4) {
    const std::uint32_t bits = Philox::block({static_cast<std::uint32_t>(i)}, {1})[0];
    std::copy_n(reinterpret_cast<const char*>(&bits), 4, &noise[i]);
  }
  const std::string header = npy(npy_header("<f4", "(300000, 1000)"), "");
  testing_support::ZippedFile file = deflated_file("x.npy", header + noise);
  file.bytes = static_cast<std::uint32_t>(header.size()) + 1'200'000'000;
  const fs::path path = folder.file("x.npz", zip({file}));
  EXPECT_THAT(error_of([&] { (void)load(path, folder / "cache", {.max_bytes = 20'000'000}); }),
              HasSubstr("needed data that take at most 1073741824 bytes of memory, found 1200000000;"));
  EXPECT_FALSE(fs::exists(folder / "cache"));
}

TEST(NumpyRows, MemoryHoldsAPieceOfThemAtATime) {
  const TemporaryDirectory folder;
  for (const auto& [descr, element_bytes] : {std::pair("<f4", 4), {"<f8", 8}, {"|u1", 1}}) {
    const std::string x = npy(npy_header(descr, "(1000, 1000)"),
                              std::string(static_cast<std::size_t>(1'000'000 * element_bytes), '1'));
    for (const fs::path& path : {folder.file("x.npy", x), folder.file("x.npz", zip({file_of("x.npy", x)})),
                                 folder.file("z.npz", zip({deflated_file("x.npy", x)}))}) {
      const std::int64_t most = testing_support::most_bytes_allocated(
          [&] { EXPECT_TRUE(are_mapped(load(path, folder / "cache", {.max_bytes = 40'000}).features)); });
      EXPECT_LT(most, 400'000) << descr << ' ' << path;
    }
  }
}

}  // namespace
}  // namespace catenary
