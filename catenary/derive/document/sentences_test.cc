#include "catenary/derive/document/sentences.h"

#include <gtest/gtest.h>

namespace catenary::derive {
namespace {

TEST(Sentences, ArePlainTextOfTheirWordsAndFormulas) {
  const Sentence sentence = {{"by ", {}}, {"", {"x₁", "x_{1}"}}, {".", {}}};
  EXPECT_EQ(plain(sentence), "by x₁.");
}

TEST(Sentences, CountEastAsianLettersTwice) {
  EXPECT_EQ(columns("W⁽¹⁾"), 4U);
  EXPECT_EQ(columns("梯度 f"), 6U);
}

TEST(Sentences, TakeAFractionToBeAsWideAsItsWiderHalf) {
  EXPECT_EQ(width_of_latex("ab"), 2);
  EXPECT_EQ(width_of_latex(R"(\frac{abc}{d})"), 3);
  EXPECT_EQ(width_of_latex(R"(\frac{a}{bcde}\beta)"), 5);
  EXPECT_EQ(width_of_latex(R"(\operatorname{softmax}(x))"), 10);
  EXPECT_LT(width_of_latex("x_{ij}"), width_of_latex("xij"));
  EXPECT_GT(width_of_latex("a + b"), width_of_latex("a b"));
}

TEST(Sentences, TellWhetherReasonsFitBesideTheRows) {
  const Sentence reason = {{"ten words.", {}}};
  const Equation equation{.left = {"f", "f"}, .rows = {{{"abcd", "abcd"}, reason}, {{"ab", "ab"}, {}}}};
  EXPECT_TRUE(has_room_for_reasons(equation, 1 + 4 + 6 + 10));
  EXPECT_FALSE(has_room_for_reasons(equation, 1 + 4 + 6 + 10 - 1));
}

}  // namespace
}  // namespace catenary::derive
