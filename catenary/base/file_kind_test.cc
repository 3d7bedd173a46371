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
  EXPECT_EQ(kind_of("\n"), "text that begins with ''");
}

TEST(FileKind, SaysNothingOfOtherBytes) {
  EXPECT_EQ(kind_of(std::string_view("\x08\0\0\0\0\0\0\0{}      ", 16)), "");
  EXPECT_EQ(kind_of("a\x01"), "");
  EXPECT_EQ(kind_of("abc\xFFxyz"), "");
  EXPECT_EQ(kind_of(""), "an empty file");
}

}  // namespace
}  // namespace catenary
