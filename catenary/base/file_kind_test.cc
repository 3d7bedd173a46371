#include "catenary/base/file_kind.h"

#include <gtest/gtest.h>

#include <string_view>

namespace catenary {
namespace {

std::string kind_of(std::string_view bytes) { return file_kind(std::as_bytes(std::span(bytes))); }

TEST(FileKind, KnowsFormatsByTheirFirstBytes) {
  EXPECT_EQ(kind_of("PK\x03\x04rest"), "a zip archive");
  EXPECT_EQ(kind_of("\x1F\x8B\x08"), "gzip data");
  EXPECT_EQ(kind_of("\x93NUMPY\x01"), "a NumPy array");
  EXPECT_EQ(kind_of("\x89PNG\r\n"), "a PNG image");
  EXPECT_EQ(kind_of("GIF89a\x01"), "a GIF image");
  EXPECT_EQ(kind_of(std::string_view("\0\0\x08\x03\0\0\xEA\x60", 8)), "an IDX file");
  EXPECT_EQ(kind_of(std::string_view("\x08\0\0\0\0\0\0\0{}      ", 16)), "a safetensors file");
  EXPECT_EQ(kind_of(std::string_view("\xFF\xFE\0\0\0\0\0\0{}", 10)), "a safetensors file");
}

TEST(FileKind, TellsTextsByTheirByteOrderMarks) {
  EXPECT_EQ(kind_of(std::string_view("\xFF\xFE"
                                     "f\0o\0",
                                     6)),
            "text in UTF-16");
  EXPECT_EQ(kind_of(std::string_view("\xFE\xFF\0f\0o", 6)), "text in UTF-16");
  EXPECT_EQ(kind_of(std::string_view("\xFF\xFE\0\0f\0\0\0", 8)), "text in UTF-32");
  EXPECT_EQ(kind_of("\xEF\xBB\xBF"
                    "a,b\n"),
            "text that begins with 'a,b'");
}

TEST(FileKind, AFileOfNoKnownKindIsToldByItsFirstBytes) {
  const auto describe = [](std::string_view bytes, std::uint64_t size) {
    return describe_file(std::as_bytes(std::span(bytes)), size);
  };
  EXPECT_EQ(describe(std::string_view("\0\x81\xFF", 3), 3), "a file of 3 bytes that begins with [00 81 ff]");
  EXPECT_EQ(describe(std::string(64, '\x01'), 0),
            "a file that begins with [01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01]");
  EXPECT_EQ(describe("GIF89a\x01", 7), "a GIF image");
  EXPECT_EQ(describe("", 0), "an empty file");
}

TEST(FileKind, ATextMayBeginAsAFormatDoes) {
  EXPECT_EQ(kind_of("GGUF,PAR1\n"), "text that begins with 'GGUF,PAR1'");
  EXPECT_EQ(binary_kind(std::as_bytes(std::span("BZh9,x", 6))), "");
}

TEST(FileKind, QuotesTheFirstLineOfAText) {
  EXPECT_EQ(kind_of("format = 1\nseed = 2\n"), "text that begins with 'format = 1'");
  EXPECT_EQ(kind_of("größe,y\r\n1,2\r\n"), "text that begins with 'größe,y'");
  EXPECT_EQ(kind_of(std::string(100, 'x')), "text that begins with '" + std::string(32, 'x') + "'");
  EXPECT_EQ(kind_of("gr\xC3"), "text that begins with 'gr\\xC3'");
  EXPECT_EQ(kind_of("\n"), "text that begins with a blank line");
}

TEST(FileKind, SaysNothingOfOtherBytes) {
  EXPECT_EQ(kind_of(std::string_view("\x08\0\0\0\0\0\0\0 {}     ", 16)), "");
  EXPECT_EQ(kind_of("a\x01"), "");
  EXPECT_EQ(kind_of("abc\xFFxyz"), "");
  EXPECT_EQ(kind_of(""), "an empty file");
}

}  // namespace
}  // namespace catenary
