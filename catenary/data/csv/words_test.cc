#include "catenary/data/csv/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "catenary/base/text.h"

namespace catenary {
namespace {

bool are(const std::vector<std::string>& texts) { return are_booleans(texts); }

TEST(Words, ArePairsOfBooleansInAnyLetters) {
  for (const BooleanWords& pair : boolean_words())
    EXPECT_TRUE(are({std::string(pair.no), std::string(pair.yes)})) << pair.yes;
  EXPECT_TRUE(are({"TRUE", "False", "false"}));
  EXPECT_TRUE(are({"Y", "N"}));
}

TEST(Words, OfTwoPairsOrOneWordAloneAreNoBooleans) {
  EXPECT_FALSE(are({"yes", "false"}));
  EXPECT_FALSE(are({"yes", "no", "true"}));
  EXPECT_FALSE(are({"yes"}));
  EXPECT_FALSE(are({"no", "maybe", "yes"}));
  EXPECT_FALSE(are({"0", "1"}));
  EXPECT_FALSE(are({}));
}

TEST(Words, SayYesOrNo) {
  for (const char* word : {"yes", "YES", "true", "y", "T", "1"}) EXPECT_EQ(boolean_of(word), true) << word;
  for (const char* word : {"no", "No", "false", "N", "f", "0"}) EXPECT_EQ(boolean_of(word), false) << word;
  for (const char* word : {"", "2", "maybe", "yes!", "falsely", "01"}) EXPECT_FALSE(boolean_of(word)) << word;
}

TEST(Words, AreTrimmed) {
  EXPECT_EQ(trimmed(" \t a b\t "), "a b");
  EXPECT_EQ(trimmed("  "), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\xEF\xBB\xBF \xEF\xBB\xBF"
                    "a\xEF\xBB\xBF"),
            "a\xEF\xBB\xBF");
  EXPECT_EQ(trimmed("\n"), "\n");
}

TEST(Words, ThatAreNotUtf8AreReadAsWindows1252) {
  EXPECT_EQ(as_utf8("größe €"), "größe €");
  EXPECT_EQ(as_utf8("gr\xF6\xDF"
                    "e"),
            "größe");
  EXPECT_EQ(as_utf8("\x80 \x93x\x94 \x8E"), "€ “x” Ž");
  EXPECT_EQ(as_utf8("\x81"), "\xEF\xBF\xBD");
}

TEST(Words, OfAnyBytesBecomeUtf8) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = {'a', static_cast<char>(byte), 'b'};
    EXPECT_TRUE(is_utf8(as_utf8(text))) << byte;
  }
}

}  // namespace
}  // namespace catenary
