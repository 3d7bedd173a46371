#include "catenary/train/run/metrics.h"

#include <gtest/gtest.h>

namespace catenary::train {
namespace {

ConfusionMatrix cats_and_dogs() {
  ConfusionMatrix matrix({"cat", "dog", "chameleon éàü"});
  for (int i = 0; i < 8; ++i) matrix.add(0, 0);
  for (int i = 0; i < 2; ++i) matrix.add(0, 1);
  for (int i = 0; i < 5; ++i) matrix.add(1, 1);
  return matrix;
}

TEST(ConfusionMatrix, CountsSharesOfRowsAndColumns) {
  const ConfusionMatrix matrix = cats_and_dogs();
  EXPECT_EQ(matrix.samples(), 15);
  EXPECT_DOUBLE_EQ(matrix.accuracy(), 13.0 / 15);
  EXPECT_DOUBLE_EQ(*matrix.recall(0), 0.8);
  EXPECT_DOUBLE_EQ(*matrix.precision(1), 5.0 / 7);
  EXPECT_FALSE(matrix.recall(2).has_value());
  EXPECT_FALSE(matrix.precision(2).has_value());
}

TEST(ConfusionMatrix, PrintsAnAlignedTable) {
  EXPECT_EQ(cats_and_dogs().str(),
            "                 cat     dog  chameleon éà  recall\n"
            "cat                8       2             0   0.800\n"
            "dog                0       5             0   1.000\n"
            "chameleon éà       0       0             0       -\n"
            "precision      1.000   0.714             -\n");
}

TEST(ConfusionMatrix, ManyClassesPrintTheMostFrequentConfusions) {
  std::vector<std::string> classes;
  for (int i = 0; i < 20; ++i) classes.push_back(std::to_string(i));
  ConfusionMatrix matrix(classes);
  matrix.add(3, 5);
  matrix.add(19, 0);
  matrix.add(19, 0);
  matrix.add(4, 4);
  EXPECT_EQ(matrix.str(), "most frequent confusions:\n       2  19 taken for 0\n       1  3 taken for 5\n");
}

TEST(ConfusionMatrix, ControlCharactersInNamesDoNotReachTheTerminal) {
  const std::string text = ConfusionMatrix({"a\033[2J", "\x7f\u202E"}).str();
  EXPECT_EQ(text.find_first_of("\033\x7f"), std::string::npos);
  EXPECT_EQ(text.find("\u202E"), std::string::npos);
}

TEST(ConfusionMatrix, NamesAreCutBetweenCharactersNotWithinAnEscape) {
  ConfusionMatrix matrix({"x\033]0;t\007", "abcdefghijkl", "abcdefghi\xFF\xFFz"});
  matrix.add(0, 1);
  EXPECT_EQ(matrix.str(),
            "              x\\x1B]0;t  abcdefghijkl  abcdefghi  recall\n"
            "x\\x1B]0;t             0             1          0   0.000\n"
            "abcdefghijkl          0             0          0       -\n"
            "abcdefghi             0             0          0       -\n"
            "precision             -         0.000          -\n");
}

TEST(Argmax, TakesTheFirstOfEquals) {
  EXPECT_EQ(argmax(std::vector<float>{1, 3, 3, 2}), 1);
  EXPECT_EQ(argmax(std::vector<float>{-1}), 0);
}

}  // namespace
}  // namespace catenary::train
