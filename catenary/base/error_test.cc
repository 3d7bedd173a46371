#include "catenary/base/error.h"

#include <gtest/gtest.h>

namespace catenary {
namespace {

TEST(Error, CarriesItsKindAndAFormattedMessage) {
  try {
    fail(ErrorKind::kConfig, "batch_size is at least {}, found {}", 1, 0);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
    EXPECT_STREQ(error.what(), "batch_size is at least 1, found 0");
  }
}

TEST(Error, HasNoControlCharactersInItsMessage) {
  EXPECT_STREQ(Error(ErrorKind::kData, "a\nb \x1b[2J größe\xff").what(), "a\\x0Ab \\x1B[2J größe\\xFF");
}

TEST(Error, EndsLinesWhereItIsAskedTo) {
  const Error error(ErrorKind::kConfig, std::vector<std::string>{"column 3: a\nb", "  x\x1by", "    ^"});
  EXPECT_STREQ(error.what(), "column 3: a\\x0Ab\n  x\\x1By\n    ^");
}

TEST(Error, IsAStandardRuntimeError) {
  EXPECT_THROW(fail(ErrorKind::kIo, "no such file: {}", "x.csv"), std::runtime_error);
}

TEST(Error, NamesEveryKind) {
  EXPECT_EQ(name_of(ErrorKind::kShape), "shape");
  EXPECT_EQ(name_of(ErrorKind::kDtype), "dtype");
  EXPECT_EQ(name_of(ErrorKind::kConfig), "config");
  EXPECT_EQ(name_of(ErrorKind::kData), "data");
  EXPECT_EQ(name_of(ErrorKind::kFormat), "format");
  EXPECT_EQ(name_of(ErrorKind::kIo), "io");
  EXPECT_EQ(name_of(ErrorKind::kNumeric), "numeric");
  EXPECT_EQ(name_of(ErrorKind::kInternal), "internal");
}

}  // namespace
}  // namespace catenary
