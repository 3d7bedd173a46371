#include "catenary/data/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

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
using testing_support::crc_of;
using testing_support::deflated_file;
using testing_support::error_of;
using testing_support::file_of;
using testing_support::little_endian;
using testing_support::npy;
using testing_support::npy_header;
using testing_support::zip;
using testing_support::ZippedFile;

// [[1, 2], [3, 4], [5, 6]] in six bytes.
const std::string kSmall = npy(npy_header("|i1", "(3, 2)"), "\1\2\3\4\5\6");

const std::string kArchive = zip({file_of("W.npy", kSmall), deflated_file("b.npy", kSmall)});

std::vector<NamedArray> parse(const std::string& bytes, const std::string& name = "f.npz",
                              const DataLimits& limits = {}) {
  return parse_npz(std::as_bytes(std::span(bytes)), name, limits);
}

std::string parse_error(const std::string& bytes) {
  return error_of([&] { (void)parse(bytes); });
}

TEST(Npz, ReadsStoredAndDeflatedArraysInOrder) {
  for (const char* comment : {"", "a comment", "PK\5\6 in a comment"}) {
    const auto arrays = parse(zip({file_of("W.npy", kSmall), deflated_file("a/b.npy", kSmall)}, comment));
    ASSERT_EQ(arrays.size(), 2u);
    EXPECT_EQ(arrays[0].name, "W");
    EXPECT_EQ(arrays[1].name, "a/b");
    for (const NamedArray& array : arrays) {
      EXPECT_THAT(array.shape, ElementsAre(3, 2));
      EXPECT_THAT(array.values, ElementsAre(1, 2, 3, 4, 5, 6));
    }
  }
  EXPECT_TRUE(parse(zip({})).empty());
}

TEST(Npz, AnArrayAloneHasTheFilesName) {
  EXPECT_EQ(parse(kSmall, "dir/W.npy").at(0).name, "W");
  EXPECT_EQ(parse(kSmall, "dir/W.x").at(0).name, "W.x");
}

TEST(Npz, ErrorsOfTheArchiveSayWhatWasNeededAndFound) {
  const auto error = [](const auto& change) {
    ZippedFile file = file_of("W.npy", kSmall);
    change(file);
    return parse_error(zip({file}));
  };
  EXPECT_EQ(parse_error("PK\3\4"),
            "data: f.npz: needed a zip archive's end record in the last 4 of 4 bytes, found none");
  EXPECT_EQ(error([](ZippedFile& f) { f.flags = 1; }),
            "data: f.npz: 'W.npy': needed a file without encryption, found an encrypted one");
  EXPECT_EQ(error([](ZippedFile& f) { f.method = 12; }),
            "data: f.npz: 'W.npy': needed a file stored (0) or deflated (8), found method 12");
  EXPECT_EQ(error([](ZippedFile& f) { f.name = "W.txt"; }),
            "data: f.npz: needed only arrays, files NAME.npy, in the archive, found 'W.txt'");
  EXPECT_EQ(error([](ZippedFile& f) { f.checksum = 0; }),
            fmt::format("data: f.npz: 'W.npy': needed content with the checksum 00000000, found {:08x}",
                        crc_of(kSmall)));
  EXPECT_EQ(
      error([](ZippedFile& f) { f.bytes = 1; }),
      fmt::format("data: f.npz: 'W.npy': needed a content that fits {} stored bytes, found one of 1 bytes",
                  kSmall.size()));
  EXPECT_EQ(
      error([](ZippedFile& f) { f.stored_bytes = f.bytes = 1000; }),
      fmt::format("data: f.npz: 'W.npy': needed 1000 bytes from byte 35, found {} before the zip directory",
                  kSmall.size()));
  EXPECT_EQ(error([](ZippedFile& f) { f.bytes = 0xFFFFFFFF; }),
            "data: f.npz: 'W.npy': needed a number of 64 bits in the zip directory's entry, found none");
  EXPECT_EQ(parse_error(zip({file_of("W.npy", kSmall), file_of("W.npy", kSmall)})),
            "data: f.npz: needed names that differ, found 'W.npy' twice");
}

// Changes bytes of the archive of one file W.npy, whose directory begins at `directory()`.
std::string damaged(std::size_t at, std::string_view bytes) {
  std::string archive = zip({file_of("W.npy", kSmall)});
  return archive.replace(at, bytes.size(), bytes);
}

TEST(Npz, ErrorsOfTheDirectorySayWhatWasNeededAndFound) {
  const std::size_t directory = 35 + kSmall.size(), end = directory + 46 + 5;
  const auto text = [](std::string_view bytes) { return bytes; };
  EXPECT_EQ(parse_error(damaged(end + 4, text("\1"))),
            "data: f.npz: needed a zip archive in one file, found a part of several");
  EXPECT_EQ(parse_error(damaged(end + 8, "\2")),
            "data: f.npz: needed a zip archive in one file, found a part of several");
  EXPECT_EQ(parse_error(damaged(end + 16, "\xFF\xFF\xFF\xFF")),
            fmt::format("data: f.npz: needed the zip directory to end at byte {}, found 51 bytes from byte "
                        "4294967295",
                        end));
  EXPECT_EQ(parse_error(damaged(end + 12, "\1")),
            fmt::format("data: f.npz: needed the zip directory to end at byte {}, found 1 bytes from byte {}",
                        end, directory));
  EXPECT_EQ(parse_error(damaged(end + 8, std::string_view("\2\0\2\0", 4))),
            fmt::format("data: f.npz: needed 2 entries in the zip directory, found its end at byte {}", end));
  EXPECT_EQ(
      parse_error(damaged(end + 8, std::string_view("\0\0\0\0", 4))),
      fmt::format("data: f.npz: needed the end of the zip directory at byte {}, found more", directory));
  EXPECT_EQ(
      parse_error(damaged(directory + 28, "\x50")),
      fmt::format("data: f.npz: needed 126 bytes of a zip directory entry at byte {}, found 51", directory));
  EXPECT_THAT(parse_error(damaged(2, "X")),
              EndsWith("'W.npy': needed a zip file header at byte 0, found none"));
  EXPECT_THAT(parse_error(damaged(30, "V")),
              EndsWith("'W.npy': needed the file that the zip directory names, found another at byte 0"));
}

// An archive of W.npy whose numbers stand in 64 bits, as NumPy writes it from 2 GiB on, and where its parts
// begin.
struct Zip64 {
  std::size_t extra, record, locator, end;
  std::string bytes;
};

Zip64 zip64() {
  ZippedFile file = file_of("W.npy", kSmall);
  file.bytes = file.stored_bytes = 0xFFFFFFFF;
  const std::string plain = zip({file});
  const std::size_t directory = 35 + kSmall.size();
  Zip64 result{
      .extra = directory + 51, .record = 0, .locator = 0, .end = 0, .bytes = plain.substr(0, directory + 51)};
  const std::uint64_t size = kSmall.size(), one = 1;
  // A field of another kind, then zip64's.
  const std::string extra = std::string("\7\0\2\0ab\1\0\x18\0", 10) + little_endian(size) +
                            little_endian(size) + little_endian(std::uint64_t{0});
  result.bytes[directory + 30] = static_cast<char>(extra.size());
  result.bytes.replace(directory + 42, 4, "\xFF\xFF\xFF\xFF");
  result.bytes += extra;
  result.record = result.bytes.size();
  const std::uint64_t directory_bytes = result.record - directory;
  result.bytes += "PK\6\6" + std::string(20, '\0') + little_endian(one) + little_endian(one) +
                  little_endian(directory_bytes) + little_endian(std::uint64_t{directory});
  result.locator = result.bytes.size();
  result.bytes += "PK\6\7" + std::string(4, '\0') + little_endian(std::uint64_t{result.record}) +
                  std::string("\1\0\0\0", 4);
  result.end = result.bytes.size();
  result.bytes += "PK\5\6" + std::string(4, '\0') + std::string(12, '\xFF') + std::string(2, '\0');
  return result;
}

TEST(Npz, ReadsArchivesOfSixtyFourBits) {
  const auto arrays = parse(zip64().bytes);
  ASSERT_EQ(arrays.size(), 1U);
  EXPECT_THAT(arrays[0].values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Npz, ErrorsOfSixtyFourBitsSayWhatWasNeededAndFound) {
  const Zip64 good = zip64();
  const auto error = [&](std::size_t at, std::string_view bytes) {
    return parse_error(std::string(good.bytes).replace(at, bytes.size(), bytes));
  };
  EXPECT_EQ(
      error(good.record, "X"),
      fmt::format("data: f.npz: needed a zip64 archive's end record at byte {}, found none", good.record));
  EXPECT_THAT(error(good.locator + 15, "\xFF"),
              HasSubstr("needed a zip64 archive's end record at byte 18374686479671"));
  EXPECT_THAT(error(good.locator, "X"), HasSubstr("needed the zip directory to end at byte"));
  EXPECT_THAT(error(good.record + 24, "\2"), HasSubstr("found a part of several"));
  EXPECT_THAT(error(good.record + 55, "\xFF"), HasSubstr("needed the zip directory to end at byte"));
  EXPECT_THAT(error(good.extra + 6, "\2"),
              EndsWith("needed a number of 64 bits in the zip directory's entry, found none"));
  EXPECT_THAT(error(good.extra + 8, "\x10"),
              EndsWith("needed a number of 64 bits in the zip directory's entry, found none"));
  EXPECT_THAT(error(good.extra + 17, "\xFF"), HasSubstr("needed a content that fits"));
  EXPECT_THAT(error(good.extra + 33, "\xFF"), HasSubstr("needed a zip file header at byte 18374686479671"));
  for (std::size_t size = 0; size < good.bytes.size(); ++size)
    EXPECT_THAT(parse_error(good.bytes.substr(0, size)), StartsWith("data: f.npz: ")) << size;
  for (std::uint64_t trial = 0; trial < 1000; ++trial)
    EXPECT_THAT(parse_error(testing_support::mangled(good.bytes, trial)),
                ::testing::AnyOf("no error", StartsWith("data: f.npz: ")));
}

// Two entries of the directory that name one file: a small archive must not hold the same bytes many times.
TEST(Npz, FilesThatOverlapAreAnError) {
  const std::string one = zip({file_of("W.npy", kSmall)});
  const std::size_t directory = 35 + kSmall.size(), end = directory + 51;
  std::string twice = one.substr(0, end) + one.substr(directory);
  const std::size_t record = end + 51;
  twice[record + 8] = twice[record + 10] = 2;
  twice[record + 12] = 102;
  EXPECT_EQ(parse_error(twice),
            "data: f.npz: needed files that stand one after another, found 'W.npy' within 'W.npy' at byte 0");
}

TEST(Npz, DamagedDeflatedDataAreErrors) {
  ZippedFile file = deflated_file("W.npy", kSmall);
  file.stored += "x";
  ++file.stored_bytes;
  EXPECT_THAT(parse_error(zip({file})), ::testing::HasSubstr("needed the end of the stored data after"));
  file = deflated_file("W.npy", kSmall);
  file.stored.pop_back();
  --file.stored_bytes;
  EXPECT_THAT(parse_error(zip({file})), ::testing::HasSubstr("it ends too early"));
  file = deflated_file("W.npy", kSmall);
  file.stored[0] = '\7';
  EXPECT_THAT(parse_error(zip({file})),
              ::testing::HasSubstr("deflated data are damaged before byte 1 (invalid block type)"));
  file = deflated_file("W.npy", kSmall + "more");
  EXPECT_THAT(parse_error(zip({file})), EndsWith("needed 6 bytes for an array [3, 2] of 'i1', found 10"));
}

TEST(Npz, ALieAboutSizesTakesNoMemory) {
  const std::string array = npy(npy_header("<f8", "(16777216,)"), "12345678");
  ZippedFile lie = deflated_file("x.npy", array);
  lie.bytes = (1u << 27) + static_cast<std::uint32_t>(array.size()) - 8;
  EXPECT_THAT(parse_error(zip({lie})), ::testing::HasSubstr("needed a content that fits"));
  lie.stored += std::string(200'000, 'x');  // now it might hold as much
  lie.stored_bytes = static_cast<std::uint32_t>(lie.stored.size());
  const std::string archive = zip({lie});
  std::string message;
  const std::int64_t most = testing_support::most_bytes_allocated([&] { message = parse_error(archive); });
  EXPECT_THAT(message, ::testing::HasSubstr("it ends too early"));
  EXPECT_LT(most, 17 * static_cast<std::int64_t>(archive.size()));
}

TEST(Npz, EveryTruncationIsAnError) {
  for (const std::string& file : {kArchive, kSmall}) {
    for (std::size_t size = 0; size < file.size(); ++size)
      EXPECT_THAT(parse_error(file.substr(0, size)), StartsWith("data: f.npz: ")) << size;
  }
}

TEST(Npz, FlippedBitsNeverCrash) {
  for (std::uint64_t trial = 0; trial < 3000; ++trial) {
    const std::string message =
        parse_error(testing_support::mangled(trial % 3 == 0 ? kSmall : kArchive, trial));
    EXPECT_THAT(message, ::testing::AnyOf("no error", StartsWith("data: f.npz: ")));
  }
}

TEST(Npz, RefusesMoreNumbersThanAllowedBeforeItReadsThem) {
  EXPECT_EQ(parse(kSmall, "W.npy", {.max_bytes = 48}).size(), 1U);
  EXPECT_EQ(error_of([] { (void)parse(kSmall, "W.npy", {.max_bytes = 47}); }),
            "data: W.npy: needed data that take at most 47 bytes of memory, found 48; data.max_bytes "
            "(--max-bytes) sets the limit");
  EXPECT_EQ(parse(kArchive, "f.npz", {.max_bytes = 96}).size(), 2U);
  EXPECT_THAT(error_of([&] { (void)parse(kArchive, "f.npz", {.max_bytes = 95}); }),
              HasSubstr("'b.npy': needed data that take at most 95 bytes of memory, found 96;"));
}

// Bytes become doubles.
TEST(Npz, ABombIsRefusedBeforeItIsUnpacked) {
  const std::string zeros = npy(npy_header("|i1", "(300000, 10)", "True"), std::string(3'000'000, '\0'));
  const std::string bomb = zip({deflated_file("a.npy", zeros)});
  ASSERT_LT(bomb.size(), 4000u);
  std::string message;
  const std::int64_t most = testing_support::most_bytes_allocated(
      [&] { message = error_of([&] { (void)parse(bomb, "f.npz", {.max_bytes = 23'999'999}); }); });
  EXPECT_THAT(message, HasSubstr("found 24000000;"));
  EXPECT_LT(most, 100'000);
}

// What is read of it is what was asked for.
TEST(Npz, MemoryHoldsWhatWasAskedForAndNotTheFile) {
  const testing_support::TemporaryDirectory dir;
  const std::string large = npy(npy_header("<f8", "(500000,)"), std::string(4'000'000, 'x'));
  const auto path = dir.file("f.npz", zip({file_of("large.npy", large), file_of("W.npy", kSmall)}));
  std::size_t values = 0;
  std::int64_t most = testing_support::most_bytes_allocated(
      [&] { values = NumpyFile(path, {.max_bytes = 24}).read<float>(1).size(); });
  EXPECT_EQ(values, 6U);
  EXPECT_LT(most, 300'000);
  // In any order and type an array takes the memory of its elements, and a block to read them by.
  for (const char* order : {"False", "True"}) {
    const auto alone = dir.file(
        "x.npy", npy(npy_header("<f8", "(1000, 500)", order), large.substr(large.size() - 4'000'000)));
    most = testing_support::most_bytes_allocated([&] { values = NumpyFile(alone).read<double>(0).size(); });
    EXPECT_EQ(values, 500'000U);
    EXPECT_LT(most, 4'000'000 + 300'000) << order;
  }
}

TEST(Npz, ReadsAStreamAsAFile) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::write(ends[1], kArchive.data(), kArchive.size()), std::ssize(kArchive));
  ::close(ends[1]);
  EXPECT_EQ(read_npz(fmt::format("/dev/fd/{}", ends[0])).size(), 2U);
  ::close(ends[0]);
}

TEST(Npz, ReadsFromAPath) {
  const testing_support::TemporaryDirectory dir;
  EXPECT_EQ(read_npz(dir.file("a.npz", kArchive)).size(), 2u);
  EXPECT_EQ(read_npz(dir.file("W.npy", kSmall)).at(0).name, "W");
  EXPECT_EQ(error_of([] { (void)read_npz("/nowhere"); }),
            "io: cannot open '/nowhere': No such file or directory");
  const auto huge = dir.file("huge.npz", "PK");
  std::filesystem::resize_file(huge, std::uintmax_t{1} << 40);
  EXPECT_THAT(
      error_of([&] { (void)read_npz(huge); }),
      EndsWith("huge.npz: needed a zip archive's end record in the last 65557 of 1099511627776 bytes, "
               "found none"));
  EXPECT_EQ(error_of([] { (void)read_npz("/dev/zero", {.max_bytes = 800}); }),
            "data: /dev/zero: needed data that take at most 800 bytes of memory, found more; data.max_bytes "
            "(--max-bytes) sets the limit");
}

}  // namespace
}  // namespace catenary
