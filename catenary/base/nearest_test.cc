#include "catenary/base/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace catenary {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"relu", "sigmoid", "softmax", "tanh"};

TEST(Nearest, FindsTheNameThatWasMeant) {
  EXPECT_EQ(nearest("sigmiod", kNames), "sigmoid");
  EXPECT_EQ(nearest("soft_max", kNames), "softmax");
  EXPECT_EQ(nearest("Relu", kNames), "relu");
  EXPECT_EQ(nearest("tan", kNames), "tanh");
}

TEST(Nearest, AllowsAnEditForEachThreeLettersOfTheShorterName) {
  constexpr std::array<std::string_view, 1> kOne = {"abcdef"};
  EXPECT_EQ(nearest("abcdxy", kOne), "abcdef");
  EXPECT_EQ(nearest("abcxyz", kOne), "");
  constexpr std::array<std::string_view, 1> kShorter = {"mean"};
  EXPECT_EQ(nearest("median", kShorter), "");  // 2 edits of 4 letters
}

TEST(Nearest, CountsCharactersNotBytes) {
  constexpr std::array<std::string_view, 2> kTwo = {"rose", "宽度表"};
  EXPECT_EQ(nearest("rosé", kTwo), "rose");
  EXPECT_EQ(nearest("宽度的", kTwo), "宽度表");
  EXPECT_EQ(nearest("高度的", kTwo), "");
}

TEST(Nearest, TakesNoOtherWordForTheOneThatWasMeant) {
  constexpr std::array<std::string_view, 4> kFunctions = {"cos", "kron", "mean", "tanh"};
  for (const char* word : {"atan", "prod", "conv", "norm", "rank"}) EXPECT_EQ(nearest(word, kFunctions), "");
}

TEST(Nearest, WantsALetterInCommonOrAnotherCase) {
  constexpr std::array<std::string_view, 3> kLetters = {"W", "x", "HTML"};
  EXPECT_EQ(nearest("w", kLetters), "W");
  EXPECT_EQ(nearest("html", kLetters), "HTML");
  EXPECT_EQ(nearest("z", kLetters), "");
  EXPECT_EQ(nearest("", kLetters), "");
}

TEST(Nearest, AllowsOneEditOfAShortName) {
  constexpr std::array<std::string_view, 2> kShort = {"cos", "x"};
  EXPECT_EQ(nearest("cas", kShort), "cos");
  EXPECT_EQ(nearest("cso", kShort), "cos");
  EXPECT_EQ(nearest("foo", kShort), "");
  EXPECT_EQ(nearest("z", kShort), "");
}

// What such a comparison costs grows with the product of the lengths.
TEST(Nearest, DoesNotCompareNamesOfMoreThan256Letters) {
  const std::string longest(256, 'a'), longer(257, 'a');
  const std::array<std::string_view, 1> candidates = {longest};
  EXPECT_EQ(nearest(longest, candidates), longest);
  EXPECT_EQ(nearest(longer, candidates), "");
}

TEST(Nearest, PrefersTheFirstOfTwoEquallyNear) {
  constexpr std::array<std::string_view, 2> kTwo = {"adam", "adap"};
  EXPECT_EQ(nearest("adax", kTwo), "adam");
}

TEST(Nearest, SuggestsNothingForStrangeNames) {
  EXPECT_EQ(nearest("convolution", kNames), "");
  EXPECT_EQ(nearest("relu", {}), "");
  EXPECT_EQ(nearest(std::string(1 << 20, 'r'), kNames), "");
}

TEST(Nearest, SuggestionEndsAMessage) {
  EXPECT_EQ(suggestion("sigmod", kNames), "; did you mean 'sigmoid'?");
  EXPECT_EQ(suggestion("convolution", kNames), "; expected one of relu, sigmoid, softmax, tanh");
  EXPECT_EQ(suggestion("x", {}), "");
}

}  // namespace
}  // namespace catenary
