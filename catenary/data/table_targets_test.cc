#include <fmt/format.h>
#include <gmock/gmock.h>

#include "catenary/data/table_dataset.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNan;
using testing_support::error_of;

// The options of a training set that is to predict y.
TableOptions options_of_y(TargetType type = TargetType::kInfer) {
  return {.targets = {"y"}, .target_type = type};
}

Dataset parsed(std::string_view text, const TableOptions& options = options_of_y()) {
  return parse_table(text, "f.csv", options);
}

std::string parse_error(std::string_view text, const TableOptions& options) {
  return error_of([&] { (void)parsed(text, options); });
}

TEST(TableTargets, ATypeThatACellIsNotOfNamesWhatPutsItRight) {
  TableOptions options = options_of_y();
  options.types = {{"x", ColumnType::kNumber}};
  EXPECT_EQ(parse_error("x,y\n1,2\nhi,3\n", options),
            "data: f.csv: line 3, column 1 'x': needed a number, found 'hi'; data.types says what the column "
            "is, data.missing which words stand for a missing cell, and data.ignore leaves the column out");
}

TEST(TableTargets, AFirstLineThatLooksLikeARowIsNamedWhereANameIsNotFound) {
  EXPECT_EQ(parse_error("5.1,3.5,setosa\n4.9,3.0,setosa\n", options_of_y()),
            "data: f.csv: needed the target column 'y', found no such name in the header; expected one of "
            "5.1, 3.5, setosa; the first line looks like a row, and data.header = false reads it as one");
}

// Of amounts, so many and as many rows of a word.
std::string amounts_and(std::string_view word, int amounts) {
  std::string text = "x,y\n";
  for (int i = 0; i < amounts; ++i) text += fmt::format("{},{}.5\n{},{}\n", i, i, i, word);
  return text;
}

TEST(TableTargets, ATargetOfNumbersWithAStrayWordIsNeitherNumbersNorClasses) {
  EXPECT_EQ(parse_error(amounts_and("unknown", 19), options_of_y()),
            "data: f.csv: column 2 'y': needed numbers or classes, found texts, though 19 of its 20 values "
            "are numbers, not 'unknown'; data.missing = [\"unknown\"] takes the word for a missing value, or "
            "data.target_type = \"category\" (--target-type) takes each of them for a class");
  EXPECT_EQ(parse_error(amounts_and("unknown", 19), options_of_y(TargetType::kClasses)),
            "data: f.csv: column 2 'y': needed classes, found numbers with fractions such as 0.5 beside "
            "unknown; a loss for numbers is squared_error (train.loss), and data.missing = [\"unknown\"] "
            "takes the word for a missing value, or data.target_type = \"category\" takes each of them for a "
            "class");
  EXPECT_EQ(parsed(amounts_and("unknown", 19), options_of_y(TargetType::kCategory)).schema.classes.size(),
            20u);
  EXPECT_EQ(parsed(amounts_and("unknown", 4), options_of_y()).schema.classes.size(), 5u);  // four in five
  TableOptions options = options_of_y();
  options.format.missing = {"unknown"};
  EXPECT_TRUE(parsed(amounts_and("unknown", 19), options).schema.classes.empty());
}

TEST(TableTargets, FewWholeTargetsAreToldApartByTheirText) {
  EXPECT_THAT(parsed("x,y\n1,9007199254740993\n2,9007199254740992\n3,\n").whole_targets,
              ElementsAre("9007199254740992", "9007199254740993"));
  EXPECT_THAT(parsed("x,y\n1,01\n2,1.0\n3,NA\n4,+2\n5,2\n").whole_targets, ElementsAre("01", "2"));
  EXPECT_THAT(parsed("x,y\n1,1\n2,1.5\n").whole_targets, ElementsAre());
  TableOptions options = options_of_y();
  options.format.missing = {"999"};
  EXPECT_THAT(parsed("x,y\n1,1\n2,999\n3,inf\n4,2\n", options).whole_targets, ElementsAre("1", "2"));
  std::string many = "x,y\n";
  for (int i = 0; i < 65; ++i) many += fmt::format("1,{}\n", i);
  EXPECT_THAT(parsed(many).whole_targets, ElementsAre());
  EXPECT_THAT(parsed(many.substr(0, many.size() - 5)).whole_targets, testing::SizeIs(64));
  EXPECT_THAT(parsed("x,y,z\n1,1,1\n2,2,1\n", TableOptions{.targets = {"y", "z"}}).whole_targets,
              ElementsAre());
}

TEST(TableMarks, AreToldApartAsClassesAre) {
  TableOptions options = options_of_y();
  options.group = "g";
  const Dataset set = parsed("g,x,y\n1,1,2\n1.0,3,4\n,5,6\n01,5,6\n10,7,8\n9,7,8\n", options);
  EXPECT_THAT(set.group.levels, ElementsAre("1", "9", "10"));
  EXPECT_THAT(set.group.codes, ElementsAre(0, 0, IsNan(), 0, 2, 1));
}

TEST(TableMarks, ARowWithoutItsPartIsNamedUnlessItHasNoTarget) {
  TableOptions options = options_of_y();
  options.part = "use";
  EXPECT_EQ(parse_error("use,x,y\ntrain,1,2\n,3,\n\n,5,6\n", options),
            "data: f.csv: line 5, column 1 'use': needed the name of a part, as data.split.column asks of "
            "each row, found a missing cell");
}

}  // namespace
}  // namespace catenary
