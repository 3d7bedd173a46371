#include "catenary/data/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <limits>

#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/gzip.h"
#include "tests/support/mangle.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_support::deflated;
using testing_support::error_of;

// The bytes of a number, least significant first.
template <typename T>
std::string little_endian(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

std::string npy(const std::string& header, const std::string& elements, int version = 1) {
  std::string bytes = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
  const auto size = static_cast<std::uint32_t>(header.size());
  bytes += version == 1 ? little_endian(static_cast<std::uint16_t>(size)) : little_endian(size);
  return bytes + header + elements;
}

std::string header(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}  \n", descr, fortran, shape);
}

// [[1, 2], [3, 4], [5, 6]] in six bytes.
const std::string kSmall = npy(header("|i1", "(3, 2)"), "\1\2\3\4\5\6");

// A zip archive, byte by byte. What a file's headers say can be changed before it is written.
struct File {
  std::string name, stored;
  std::uint16_t method = 0, flags = 0;
  std::uint32_t bytes, checksum;
  std::uint32_t stored_bytes = static_cast<std::uint32_t>(stored.size());
};

std::uint32_t crc_of(const std::string& content) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
}

File file_of(const std::string& name, const std::string& content) {
  return {.name = name,
          .stored = content,
          .bytes = static_cast<std::uint32_t>(content.size()),
          .checksum = crc_of(content)};
}

File deflated_file(const std::string& name, const std::string& content) {
  return {.name = name,
          .stored = deflated(content),
          .method = 8,
          .bytes = static_cast<std::uint32_t>(content.size()),
          .checksum = crc_of(content)};
}

std::string common_fields(const File& f) {
  return little_endian(f.flags) + little_endian(f.method) + std::string(4, '\0') + little_endian(f.checksum) +
         little_endian(f.stored_bytes) + little_endian(f.bytes) +
         little_endian(static_cast<std::uint16_t>(f.name.size())) + std::string(2, '\0');
}

std::string zip(const std::vector<File>& files, const std::string& comment = "") {
  std::string bytes, directory;
  for (const File& f : files) {
    directory += "PK\1\2" + std::string(4, '\0') + common_fields(f) + std::string(10, '\0') +
                 little_endian(static_cast<std::uint32_t>(bytes.size())) + f.name;
    bytes += "PK\3\4" + std::string(2, '\0') + common_fields(f) + f.name + f.stored;
  }
  const auto count = little_endian(static_cast<std::uint16_t>(files.size()));
  const auto begin = static_cast<std::uint32_t>(bytes.size());
  return bytes + directory + "PK\5\6" + std::string(4, '\0') + count + count +
         little_endian(static_cast<std::uint32_t>(directory.size())) + little_endian(begin) +
         little_endian(static_cast<std::uint16_t>(comment.size())) + comment;
}

const std::string kArchive = zip({file_of("W.npy", kSmall), deflated_file("b.npy", kSmall)});

std::vector<NamedArray> parse(const std::string& bytes, const std::string& name = "f.npz",
                              const DataLimits& limits = {}) {
  return parse_npz(std::as_bytes(std::span(bytes)), name, limits);
}

std::string parse_error(const std::string& bytes) {
  return error_of([&] { (void)parse(bytes); });
}

std::vector<double> values(const std::string& descr, const std::string& shape, const std::string& elements,
                           const std::string& fortran = "False") {
  return parse(npy(header(descr, shape, fortran), elements)).at(0).values;
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

TEST(Npy, ReadsEveryTypeInBothByteOrders) {
  EXPECT_THAT(values("<f8", "(2,)", little_endian(0.1) + little_endian(-1e300)), ElementsAre(0.1, -1e300));
  EXPECT_THAT(values("<f4", "(1,)", little_endian(0.1F)), ElementsAre(0.1F));
  EXPECT_THAT(values(">f4", "(1,)", std::string("\x3F\x80\0\0", 4)), ElementsAre(1));
  EXPECT_THAT(values(">i2", "(2,)", "\x01\x02\x80\x01"), ElementsAre(258, -32767));
  EXPECT_THAT(values("<u2", "(1,)", "\xFF\xFF"), ElementsAre(65535));
  EXPECT_THAT(values("<i4", "(1,)", little_endian(-70000)), ElementsAre(-70000));
  EXPECT_THAT(values("<u4", "(1,)", little_endian(~0u)), ElementsAre(4294967295));
  EXPECT_THAT(values("<i8", "(1,)", little_endian(std::int64_t{1} - (std::int64_t{1} << 53))),
              ElementsAre(1 - 0x1p53));
  EXPECT_THAT(values("|i1", "(2,)", "\x7F\x80"), ElementsAre(127, -128));
  EXPECT_THAT(values("|u1", "(1,)", "\xFF"), ElementsAre(255));
  EXPECT_THAT(values("|b1", "(2,)", std::string("\1\0", 2)), ElementsAre(1, 0));
}

TEST(Npy, ReadsShapesOfAnyRankAndFortranOrder) {
  EXPECT_THAT(values("|i1", "()", "\5"), ElementsAre(5));
  EXPECT_THAT(values("|i1", "(0, 3)", ""), ElementsAre());
  EXPECT_THAT(values("|i1", "(3, 2)", "\1\3\5\2\4\6", "True"), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(values("|i1", "(2, 1, 2)", "\1\3\2\4", "True"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(values("|i1", "(2,)", "\1\2", "True"), ElementsAre(1, 2));
}

TEST(Npy, ReadsVersionsOneToThreeAndHeadersInAnyOrder) {
  for (const int version : {1, 2, 3})
    EXPECT_EQ(parse(npy(header("|i1", "(1,)"), "\7", version)).at(0).values[0], 7);
  EXPECT_EQ(parse(npy("{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"|i1\"}", "\7")).at(0).values[0],
            7);
}

TEST(Npy, ReadsArraysThatSpanManyChunks) {
  std::string elements;
  for (int i = 0; i < 100'000; ++i) elements += little_endian(i);
  const std::string array = npy(header("<i4", "(100000,)"), elements);
  for (const std::string& bytes : {array, zip({deflated_file("x.npy", array)})}) {
    const std::vector<double> read = parse(bytes).at(0).values;
    ASSERT_EQ(read.size(), 100'000u);
    for (int i = 0; i < 100'000; ++i) ASSERT_EQ(read[static_cast<std::size_t>(i)], i);
  }
}

TEST(Npy, ErrorsSayWhatWasNeededAndFound) {
  const auto error = [](const std::string& text, const std::string& elements = "") {
    return parse_error(npy(text, elements));
  };
  EXPECT_EQ(parse_error("hello"),
            "data: f.npz: needed a NumPy file, which begins with 'PK' (.npz) or 93 'NUMPY' (.npy), found "
            "text that begins with 'hello'");
  EXPECT_THAT(parse_error("sepal_length,species\n5.1,setosa\n"),
              EndsWith("found text that begins with 'sepal_length,species'"));
  EXPECT_THAT(parse_error(""), EndsWith("found an empty file"));
  EXPECT_THAT(parse_error("\x01\x02"), EndsWith("found a file of 2 bytes that begins with [01 02]"));
  EXPECT_EQ(parse_error(npy("", "", 4)),
            "data: f.npz: needed version 1.0, 2.0 or 3.0 of NumPy's format, found 4.0");
  EXPECT_EQ(
      error(header("|O", "(1,)")),
      "data: f.npz: needed elements of a type f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1 after '<', '>' "
      "or, for one byte, '|'; found '|O'");
  EXPECT_THAT(error(header("|f8", "(1,)")), EndsWith("found '|f8'"));
  EXPECT_THAT(error(header("<c16", "(1,)")), EndsWith("found '<c16'"));
  EXPECT_EQ(error(header("<f8", "(2,)"), "1234567"),
            "data: f.npz: needed 16 bytes for an array [2] of 'f8', found 7");
  EXPECT_EQ(error(header("|i1", "(2,)"), "123"),
            "data: f.npz: needed 2 bytes for an array [2] of 'i1', found 3");
  EXPECT_EQ(error(header("|b1", "(2,)"), "\1\2"),
            "data: f.npz: needed 0 or 1 as element 1, found another number");
  EXPECT_EQ(error(header("<u8", "(1,)"), little_endian(std::uint64_t{1} << 53)),
            "data: f.npz: needed an integer below 2^53 as element 0, found another number");
  EXPECT_EQ(parse_error(std::string("\x93NUMPY\1\0\xFF\xFF", 10)),
            "data: f.npz: needed a header of at most 0 bytes, found one of 65535");
  EXPECT_EQ(parse_error(std::string("\x93NUMPY\2\0\xFF\xFF\xFF", 11)),
            "data: f.npz: needed 4 bytes of a header's length, found 3");
}

TEST(Npy, HeadersThatArePythonOfAnotherKindAreErrors) {
  const auto error = [](const std::string& text) { return parse_error(npy(text, "")); };
  EXPECT_EQ(error("[1]"), "data: f.npz: needed '{' at character 0 of the array's header, found '[1]'");
  EXPECT_EQ(
      error("{}"),
      "data: f.npz: needed the entries 'descr', 'fortran_order' and 'shape' at character 2 of the array's "
      "header, found its end");
  EXPECT_THAT(error("{'descr': [('a', '<f8')]}"),
              EndsWith("needed a text in quotes at character 10 of the array's header, found "
                       "'[('a', '<f8')]}'"));
  EXPECT_THAT(error("{'descr': '<f8', 'descr': '<f8'}"), ::testing::HasSubstr("each once"));
  EXPECT_THAT(error("{'x': 1}"), ::testing::HasSubstr("needed the keys"));
  EXPECT_THAT(error("{'descr': '<\\x66'}"), ::testing::HasSubstr("without escapes"));
  EXPECT_THAT(error("{'fortran_order': 1}"), ::testing::HasSubstr("needed True or False"));
  for (const char* shape :
       {"(3)", "(-1,)", "(1099511627777,)", "(1048576, 1048576, 2)", "(3L,)", "(,)", "[3]", "(1 2)"})
    EXPECT_THAT(error(header("<f8", shape)), StartsWith("data: f.npz: needed ")) << shape;
  EXPECT_THAT(error(header("<f8", "(2,)") + "x"), ::testing::HasSubstr("needed the end of the header"));
}

TEST(Npz, ErrorsOfTheArchiveSayWhatWasNeededAndFound) {
  const auto error = [](const auto& change) {
    File file = file_of("W.npy", kSmall);
    change(file);
    return parse_error(zip({file}));
  };
  EXPECT_EQ(parse_error("PK\3\4"),
            "data: f.npz: needed a zip archive's end record in the last 4 of 4 bytes, found none");
  EXPECT_EQ(error([](File& f) { f.flags = 1; }),
            "data: f.npz: 'W.npy': needed a file without encryption, found an encrypted one");
  EXPECT_EQ(error([](File& f) { f.method = 12; }),
            "data: f.npz: 'W.npy': needed a file stored (0) or deflated (8), found method 12");
  EXPECT_EQ(error([](File& f) { f.name = "W.txt"; }),
            "data: f.npz: needed only arrays, files NAME.npy, in the archive, found 'W.txt'");
  EXPECT_EQ(error([](File& f) { f.checksum = 0; }),
            fmt::format("data: f.npz: 'W.npy': needed content with the checksum 00000000, found {:08x}",
                        crc_of(kSmall)));
  EXPECT_EQ(
      error([](File& f) { f.bytes = 1; }),
      fmt::format("data: f.npz: 'W.npy': needed a content that fits {} stored bytes, found one of 1 bytes",
                  kSmall.size()));
  EXPECT_EQ(
      error([](File& f) { f.stored_bytes = f.bytes = 1000; }),
      fmt::format("data: f.npz: 'W.npy': needed 1000 bytes from byte 35, found {} before the zip directory",
                  kSmall.size()));
  EXPECT_EQ(
      error([](File& f) { f.bytes = 0xFFFFFFFF; }),
      "data: f.npz: 'W.npy': needed a file without zip64, found that format, in which archives and files "
      "of 2 GiB and more are stored; one array alone may be a file NAME.npy");
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
  EXPECT_EQ(
      parse_error(damaged(end + 16, "\xFF\xFF\xFF\xFF")),
      "data: f.npz: needed a zip archive without zip64, found that format, in which archives and files of "
      "2 GiB and more are stored; one array alone may be a file NAME.npy");
  // As a writer does whose directory begins beyond 2 GiB.
  const std::string ends_of_zip64 =
      "PK\x06\x06" + std::string(52, '\0') + "PK\x06\x07" + std::string(16, '\0');
  EXPECT_THAT(parse_error(zip({file_of("W.npy", kSmall)}).insert(end, ends_of_zip64)),
              StartsWith("data: f.npz: needed a zip archive without zip64, found that format"));
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
  File file = deflated_file("W.npy", kSmall);
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
  const std::string array = npy(header("<f8", "(16777216,)"), "12345678");
  File lie = deflated_file("x.npy", array);
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

// Bytes become doubles, and what stands in Fortran's order is copied once more.
TEST(Npz, ABombIsRefusedBeforeItIsUnpacked) {
  const std::string zeros = npy(header("|i1", "(300000, 10)", "True"), std::string(3'000'000, '\0'));
  const std::string bomb = zip({deflated_file("a.npy", zeros)});
  ASSERT_LT(bomb.size(), 4000u);
  std::string message;
  const std::int64_t most = testing_support::most_bytes_allocated(
      [&] { message = error_of([&] { (void)parse(bomb, "f.npz", {.max_bytes = 47'999'999}); }); });
  EXPECT_THAT(message, HasSubstr("found 48000000;"));
  EXPECT_LT(most, 100'000);
}

TEST(Npz, ReadsFromAPath) {
  const testing_support::TemporaryDirectory dir;
  EXPECT_EQ(read_npz(dir.file("a.npz", kArchive)).size(), 2u);
  EXPECT_EQ(read_npz(dir.file("W.npy", kSmall)).at(0).name, "W");
  EXPECT_EQ(error_of([] { (void)read_npz("/nowhere"); }),
            "io: cannot open '/nowhere': No such file or directory");
  const auto huge = dir.file("huge.npz", "PK");
  std::filesystem::resize_file(huge, std::uintmax_t{1} << 40);
  EXPECT_THAT(error_of([&] { (void)read_npz(huge, {.max_bytes = 800}); }),
              HasSubstr("needed data that take at most 800 bytes of memory, found 1099511627776;"));
  EXPECT_EQ(error_of([] { (void)read_npz("/dev/zero", {.max_bytes = 800}); }),
            "data: /dev/zero: needed data that take at most 800 bytes of memory, found more; data.max_bytes "
            "(--max-bytes) sets the limit");
}

}  // namespace
}  // namespace catenary
