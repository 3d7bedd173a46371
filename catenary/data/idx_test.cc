#include "catenary/data/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/gzip.h"
#include "tests/support/mangle.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using testing_support::error_of;
using testing_support::gzip;

// The bytes of an unsigned number, greatest first.
template <typename T>
std::string big_endian(T value) {
  std::string bytes;
  for (std::size_t i = sizeof(T); i-- > 0;) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

std::string header(char code, std::initializer_list<std::uint32_t> extents) {
  std::string bytes = {0, 0, code, static_cast<char>(extents.size())};
  for (const std::uint32_t extent : extents) bytes += big_endian(extent);
  return bytes;
}

IdxArray parse(const std::string& bytes, const DataLimits& limits = {}) {
  return parse_idx(std::as_bytes(std::span(bytes)), "f.idx", limits);
}

std::string parse_error(const std::string& bytes, const DataLimits& limits = {}) {
  return error_of([&] { (void)parse(bytes, limits); });
}

std::vector<float> floats(const std::string& bytes) {
  return std::get<std::vector<float>>(parse(bytes).elements);
}

const std::string kSmall = header(8, {2, 3}) + std::string("\0\1\2\3\xFE\xFF", 6);

TEST(Idx, ReadsBytesPlainAndZipped) {
  for (const std::string& file : {kSmall, gzip(kSmall)}) {
    const IdxArray array = parse(file);
    EXPECT_THAT(array.extents, ElementsAre(2, 3));
    EXPECT_THAT(std::get<std::vector<std::uint8_t>>(array.elements), ElementsAre(0, 1, 2, 3, 254, 255));
  }
}

TEST(Idx, ReadsEveryOtherTypeAsF32) {
  EXPECT_THAT(floats(header(0x09, {2}) + "\x7F\x80"), ElementsAre(127, -128));
  EXPECT_THAT(floats(header(0x0B, {2}) + "\x01\x02\x80\x01"), ElementsAre(258, -32767));
  EXPECT_THAT(floats(header(0x0C, {2}) + big_endian(70000u) + big_endian(~0u)), ElementsAre(70000, -1));
  EXPECT_THAT(floats(header(0x0D, {1}) + big_endian(std::bit_cast<std::uint32_t>(-1.5F))),
              ElementsAre(-1.5F));
  EXPECT_THAT(floats(header(0x0E, {1}) + big_endian(std::bit_cast<std::uint64_t>(0.1))), ElementsAre(0.1F));
}

TEST(Idx, ReadsFilesThatSpanManyChunks) {
  std::string bytes = header(0x0B, {50'000});
  for (std::uint16_t i = 0; i < 50'000; ++i) bytes += big_endian(i);
  const std::vector<float> elements = floats(gzip(bytes));
  ASSERT_EQ(elements.size(), 50'000u);
  EXPECT_EQ(elements[32'767], 32'767);
  EXPECT_EQ(elements[49'999], 49'999 - 65'536);
  const IdxArray large = parse(gzip(header(8, {3'000'000}) + std::string(3'000'000, 'x')));
  EXPECT_EQ(std::get<std::vector<std::uint8_t>>(large.elements), std::vector<std::uint8_t>(3'000'000, 'x'));
}

TEST(Idx, ErrorsSayWhatWasNeededAndFoundAndWhere) {
  EXPECT_EQ(
      parse_error("\x89PNG"),
      "data: f.idx: needed an IDX magic number 00 00 (08 09 0B 0C 0D or 0E) at byte 0, found a PNG image");
  EXPECT_EQ(parse_error(header(0x0A, {1})),
            "data: f.idx: needed an IDX magic number 00 00 (08 09 0B 0C 0D or 0E) at byte 0, found a file "
            "of 8 bytes that begins with [00 00 0a 01 00 00 00 01]");
  EXPECT_THAT(parse_error("label,pixel\n1,0\n"),
              ::testing::EndsWith("found text that begins with 'label,pixel'"));
  EXPECT_THAT(parse_error(gzip("label,pixel\n")),
              ::testing::EndsWith("found text that begins with 'label,pixel'"));
  EXPECT_THAT(parse_error("PK\x03\x04"), ::testing::EndsWith("found a zip archive"));
  EXPECT_THAT(parse_error(""), ::testing::EndsWith("found an empty file"));
  EXPECT_EQ(parse_error(header(8, {})), "data: f.idx: needed 1 to 4 dimensions at byte 3, found 0");
  EXPECT_EQ(parse_error(header(8, {1, 1, 1, 1, 1})),
            "data: f.idx: needed 1 to 4 dimensions at byte 3, found 5");
  EXPECT_EQ(parse_error(header(8, {2, 0})),
            "data: f.idx: needed an extent of at least 1 and at most 2^40 elements in all, found extent 0 at "
            "byte 8");
  EXPECT_EQ(parse_error(header(8, {2}) + "x"),
            "data: f.idx: needed 2 bytes of elements for [2], found 1 before the end at byte 9");
  EXPECT_EQ(parse_error(header(8, {2}) + "xyz"),
            "data: f.idx: needed the end of the file at byte 10, found more");
  EXPECT_EQ(parse_error(header(0x0D, {2}) + big_endian(0u) + big_endian(0x7F800000u)),
            "data: f.idx: needed a number that is finite in f32 at byte 12, found inf");
}

TEST(Idx, AHeaderThatLiesTakesNoMemory) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  EXPECT_EQ(parse_error(header(8, {kMost, kMost, kMost, kMost})),
            "data: f.idx: needed an extent of at least 1 and at most 2^40 elements in all, found extent "
            "4294967295 at "
            "byte 8");
  for (const char code : {'\x08', '\x0E'}) {
    const std::string lie = header(code, {1u << 31, 1u << 9}) + "12345678";
    EXPECT_THAT(parse_error(lie), ::testing::EndsWith("found 8 before the end at byte 20"));
    const DataLimits large{.max_bytes = std::uint64_t{1} << 44};
    EXPECT_THAT(parse_error(gzip(lie), large), ::testing::EndsWith("found 8 before the end at byte 20"));
  }
}

// Blocks of the file and of its content, 64 KiB each, and what the path and the messages take.
constexpr std::int64_t kReadingBytes = 3 << 16;

TEST(Idx, AFileTakesHardlyMoreMemoryThanItsElements) {
  const testing_support::TemporaryDirectory dir;
  std::string noise(1'000'000, '\0');  // which zips to as many bytes
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i * 2654435761u >> 13);
  for (const auto& [code, elements, bytes] : {std::tuple('\x08', 1'000'000u, 1), {'\x0B', 500'000u, 4}}) {
    const std::string file = header(code, {elements}) + noise;
    for (const auto& path : {dir.file("plain", file), dir.file("zipped", gzip(file))}) {
      const std::int64_t most = testing_support::most_bytes_allocated([&] { (void)read_idx(path); });
      EXPECT_LT(most, elements * bytes + kReadingBytes) << path;
    }
  }
}

// Zeros are zipped to a thousandth, so their room grows in steps and they move.
TEST(Idx, AFileThatIsZippedToNextToNothingTakesLessThanTwiceItsElements) {
  const testing_support::TemporaryDirectory dir;
  const auto path = dir.file("zipped", gzip(header(8, {5'000'000}) + std::string(5'000'000, '\0')));
  const std::int64_t most = testing_support::most_bytes_allocated([&] { (void)read_idx(path); });
  EXPECT_LT(most, 10'000'000);
}

TEST(Idx, AFileThatAnnouncesMoreThanItHoldsTakesNoMemoryForIt) {
  const testing_support::TemporaryDirectory dir;
  for (const char code : {'\x08', '\x0E'}) {
    const std::string lie = header(code, {1u << 31, 1u << 9}) + "12345678";
    const DataLimits large{.max_bytes = std::uint64_t{1} << 44};
    for (const auto& path : {dir.file("plain", lie), dir.file("zipped", gzip(lie))}) {
      std::string message;
      const std::int64_t most = testing_support::most_bytes_allocated(
          [&] { message = error_of([&] { (void)read_idx(path, large); }); });
      EXPECT_THAT(message, ::testing::EndsWith("found 8 before the end at byte 20"));
      EXPECT_LT(most, kReadingBytes) << path;
    }
  }
}

// Of the 2 GiB that it announces there need be none: the header is enough.
TEST(Idx, AZippedFileThatGrowsBeyondMeasureIsRefusedByItsHeader) {
  const testing_support::TemporaryDirectory dir;
  const auto bomb = dir.file("bomb.gz", gzip(header(8, {1u << 16, 1u << 15}) + std::string(1 << 20, '\0')));
  std::string message;
  const std::int64_t most =
      testing_support::most_bytes_allocated([&] { message = error_of([&] { (void)read_idx(bomb); }); });
  EXPECT_EQ(message, fmt::format("data: {}: needed data that take at most 1073741824 bytes of memory, found "
                                 "2149580800; data.max_bytes (--max-bytes) sets the limit",
                                 bomb.string()));
  EXPECT_LT(most, kReadingBytes);
  EXPECT_THAT(error_of([&] { (void)read_idx(bomb, {.max_bytes = std::uint64_t{1} << 32}); }),
              ::testing::EndsWith("found 1048576 before the end at byte 1048588"));
}

TEST(Idx, BytesBeyondTheLimitAreMappedWhereTheyLieIfAskedFor) {
  const testing_support::TemporaryDirectory dir;
  const std::string bytes(3000, 'x');
  const std::string all = header(8, {30, 100}) + bytes;
  const auto read = [&](const std::string& text, std::uint64_t max_bytes) {
    return read_idx(dir.file("f.idx", text), {.max_bytes = max_bytes}, BeyondLimit::kMap);
  };
  const auto error = [&](const std::string& text) { return error_of([&] { (void)read(text, 1500); }); };
  EXPECT_TRUE(std::holds_alternative<std::vector<std::uint8_t>>(read(all, 3960).elements));
  const IdxArray mapped = read(all, 960);
  EXPECT_THAT(mapped.extents, ElementsAre(30, 100));
  const std::span<const std::uint8_t> view = std::get<MappedArray<std::uint8_t>>(mapped.elements).view();
  EXPECT_EQ(std::string(view.begin(), view.end()), bytes);
  EXPECT_THAT(error_of([&] { (void)read(all, 959); }),
              ::testing::HasSubstr("at most 959 bytes of memory, found 960;"));
  EXPECT_THAT(error_of([&] { (void)read_idx(dir / "f.idx", {.max_bytes = 960}); }),
              ::testing::HasSubstr("at most 960 bytes of memory, found 3960;"));
  EXPECT_THAT(error(testing_support::gzip(all)), ::testing::HasSubstr("found 3960;"));
  EXPECT_THAT(error(header(9, {30, 100}) + bytes), ::testing::HasSubstr("found 12960;"));
  EXPECT_THAT(error(all + "x"), ::testing::HasSubstr("needed the end of the file at byte 3012, found more"));
  EXPECT_THAT(error(all.substr(0, 3000)), ::testing::HasSubstr("found 2988 before the end at byte 3000"));
}

TEST(Idx, LimitsCountElementsInMemoryAndRows) {
  EXPECT_EQ(parse(kSmall, {.max_bytes = 70}).extents.size(), 2u);
  EXPECT_EQ(parse_error(kSmall, {.max_bytes = 69}),
            "data: f.idx: needed data that take at most 69 bytes of memory, found 70; data.max_bytes "
            "(--max-bytes) sets the limit");
  const std::string floats_of_bytes = header(9, {2, 3}) + "123456";
  EXPECT_THAT(parse_error(floats_of_bytes, {.max_bytes = 87}), ::testing::HasSubstr("found 88;"));
  EXPECT_EQ(parse(kSmall, {.max_columns = 3}).extents.size(), 2u);
  EXPECT_EQ(parse_error(kSmall, {.max_columns = 2}),
            "data: f.idx: needed at most 2 columns, found [2, 3]; data.max_columns sets the limit");
}

TEST(Idx, DataBeyondTheHeaderIsNotUnzipped) {
  std::string bomb = header(8, {2});
  bomb.resize(50'000'000);
  EXPECT_EQ(parse_error(gzip(bomb)), "data: f.idx: needed the end of the file at byte 10, found more");
}

TEST(Idx, EveryTruncationIsAnError) {
  for (const std::string& file : {kSmall, gzip(kSmall), header(0x0E, {1}) + std::string(8, '\0')}) {
    for (std::size_t size = 0; size < file.size(); ++size) {
      EXPECT_THAT(parse_error(file.substr(0, size)), ::testing::StartsWith("data: f.idx: ")) << size;
    }
  }
}

TEST(Idx, FlippedBitsNeverCrash) {
  for (std::uint64_t trial = 0; trial < 3000; ++trial) {
    const std::string message =
        parse_error(testing_support::mangled(trial % 2 == 0 ? kSmall : gzip(kSmall), trial));
    EXPECT_THAT(message, ::testing::AnyOf("no error", ::testing::StartsWith("data: f.idx: ")));
  }
}

TEST(Idx, ReadsFromAPath) {
  const testing_support::TemporaryDirectory dir;
  EXPECT_THAT(read_idx(dir.file("a", gzip(kSmall))).extents, ElementsAre(2, 3));
  EXPECT_EQ(error_of([] { (void)read_idx("/nowhere"); }),
            "io: cannot open '/nowhere': No such file or directory");
}

// A file of 1 TiB, of which the disk holds 4 bytes: only the header may be read, and what it announces.
TEST(Idx, ReadsNoMoreThanTheHeaderAnnounces) {
  const testing_support::TemporaryDirectory folder;
  const auto huge = folder.file("huge.idx", std::string_view("\0\0\x08\x01\0\0\0\x02", 8));
  std::filesystem::resize_file(huge, std::uintmax_t{1} << 40);
  EXPECT_THAT(error_of([&] { (void)read_idx(huge); }),
              ::testing::EndsWith("needed the end of the file at byte 10, found more"));
  EXPECT_THAT(error_of([] { (void)read_idx("/dev/zero"); }),
              ::testing::StartsWith("data: /dev/zero: needed an IDX magic number"));
}

}  // namespace
}  // namespace catenary
