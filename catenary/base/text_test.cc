#include "catenary/base/text.h"

#include <gtest/gtest.h>

namespace catenary {
namespace {

TEST(Quote, KeepsPrintableTextAndEscapesTheRest) {
  EXPECT_EQ(quote("größe"), "'größe'");
  EXPECT_EQ(quote("a\nb"), "'a\\x0Ab'");
  EXPECT_EQ(quote("\x1b[31m\xff\x7f"), "'\\x1B[31m\\xFF\\x7F'");
  EXPECT_EQ(quote(""), "''");
}

TEST(Quote, CutsLongText) {
  EXPECT_EQ(quote(std::string(60, 'x')), "'" + std::string(60, 'x') + "'");
  EXPECT_EQ(quote(std::string(1000, 'x')), "'" + std::string(60, 'x') + "...'");
}

TEST(Utf8, AcceptsTheEdgesOfEachLength) {
  for (const char* text : {"", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xC3\xA9z"}) {
    EXPECT_TRUE(is_utf8(text)) << quote(text);
  }
}

TEST(Utf8, RejectsOverlongSurrogateStrayAndTruncatedForms) {
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3z", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(is_utf8(text)) << quote(text);
  }
}

}  // namespace
}  // namespace catenary
