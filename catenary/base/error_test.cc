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
