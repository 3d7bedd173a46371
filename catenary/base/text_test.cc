#include "catenary/base/text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace catenary {
namespace {

TEST(Quote, KeepsPrintableTextAndEscapesTheRest) {
  EXPECT_EQ(quote("größe"), "'größe'");
  EXPECT_EQ(quote("a\nb"), "'a\\x0Ab'");
  EXPECT_EQ(quote("\x1b[31m\xff\x7f"), "'\\x1B[31m\\xFF\\x7F'");
  EXPECT_EQ(quote(""), "''");
}

TEST(Quote, EscapesWhatATerminalObeysOrTurnsAround) {
  EXPECT_EQ(quote("\a\x1f"), "'\\x07\\x1F'");
  EXPECT_EQ(quote("\xC2\x9B\x33\x31m"), "'\\xC2\\x9B31m'");  // CSI as one character
  EXPECT_EQ(quote("a\u202Eb\u2066c\u200Fd\u061Ce"),
            "'a\\xE2\\x80\\xAEb\\xE2\\x81\\xA6c\\xE2\\x80\\x8Fd\\xD8\\x9Ce'");
  EXPECT_EQ(quote("\u2028\uFEFF"), "'\\xE2\\x80\\xA8\\xEF\\xBB\\xBF'");
}

// Two names that look alike are told apart: no-break space, soft hyphen, zero-width space, filler, tag and
// private characters.
TEST(Quote, EscapesWhatNobodySees) {
  EXPECT_EQ(quote("x\u00A0"), "'x\\xC2\\xA0'");
  for (const char* text :
       {"\u0080",     "\u00AD",     "\u115F",     "\u1680",    "\u180B", "\u2000", "\u200B",
        "\u200D",     "\u202F",     "\u205F",     "\u206F",    "\u3000", "\u3164", "\uE000",
        "\uF8FF",     "\uFDD0",     "\uFE0F",     "\uFFA0",    "\uFFFB", "\uFFFF", "\U0001D173",
        "\U0001FFFE", "\U000E0041", "\U000F0000", "\U0010FFFF"}) {
    EXPECT_EQ(quote(text).find(text), std::string::npos) << printable(text);
    EXPECT_EQ(quote(text).find("'\\x"), 0u) << printable(text);
  }
}

TEST(Quote, KeepsTheCharactersBesideThose) {
  for (const char* text :
       {" ", "~", "\u00A1", "\u00AE", "\u061B", "\u061D", "\u2010", "\u2027", "\u2070", "\u3001", "\uD7FF",
        "\uF900", "\uFDF0", "\uFEFE", "\uFFFC", "\U0001F600", "שלום", "数据"}) {
    EXPECT_EQ(quote(text), fmt::format("'{}'", text));
  }
}

TEST(Listed, CutsLongNamesAndLongLists) {
  EXPECT_EQ(listed({}), "");
  const std::vector<std::string_view> three = {"a", "b\n", "c"};
  EXPECT_EQ(listed(three), "a, b\\x0A, c");
  EXPECT_EQ(listed(std::vector<std::string_view>(100, "a")),
            listed(std::vector<std::string_view>(99, "a")) + ", a");
  EXPECT_EQ(listed(std::vector<std::string_view>(3000, "a")),
            listed(std::vector<std::string_view>(100, "a")) + " and 2900 more");
  const std::string name(1000, 'x');
  EXPECT_EQ(listed(std::vector<std::string_view>{name}), std::string(60, 'x') + "...");
}

TEST(Printable, IsTheTextWithoutAQuotesEnd) {
  const std::string name(1000, 'x');
  EXPECT_EQ(printable(name + "\n\xff" + name), name + "\\x0A\\xFF" + name);
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable(printable("\x1b[1m")), "\\x1B[1m");
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
