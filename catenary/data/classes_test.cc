#include "catenary/data/classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/data/table_dataset.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNan;
using testing_support::error_of;

using Names = std::vector<std::string>;

// What is learned of a table whose target is y.
Dataset learned(std::string_view text, TargetType type = TargetType::kClasses) {
  return parse_table(text, "f.csv", TableOptions{.targets = {"y"}, .target_type = type});
}

Dataset read_by(const Names& classes, std::string_view text) {
  const Schema trained{.columns = {{.name = "x"}}, .target_names = {"y"}, .classes = classes};
  return parse_table(text, "f.csv", trained, TargetUse::kRequired);
}

TEST(Classes, AreKeptAsTheyAreWritten) {
  EXPECT_THAT(learned("x,y\n1,02134\n2,10115\n").schema.classes, ElementsAre("02134", "10115"));
  const Dataset set = learned("x,y\n1,9007199254740993\n2,9007199254740992\n3,9007199254740993\n");
  EXPECT_THAT(set.schema.classes, ElementsAre("9007199254740992", "9007199254740993"));
  EXPECT_THAT(set.targets, ElementsAre(1, 0, 1));
}

TEST(Classes, OfNumbersAreOneForEachValueSortedByIt) {
  const Dataset set = learned("x,y\n1,10\n2,9\n3,10.0\n4,-0\n5,0\n6,1e1\n");
  EXPECT_THAT(set.schema.classes, ElementsAre("0", "9", "10"));
  EXPECT_THAT(set.targets, ElementsAre(2, 1, 2, 0, 0, 2));
  EXPECT_THAT(learned("x,y\n1,1.0\n2,2.0\n").schema.classes, ElementsAre("1.0", "2.0"));
}

TEST(Classes, OfTextAreSortedByBytesAndWithoutSpaces) {
  const Dataset set = learned("x,y\n1,low\n2,low \n3, high\n4,1\n5,1.0\n");
  EXPECT_THAT(set.schema.classes, ElementsAre("1", "1.0", "high", "low"));
  EXPECT_THAT(set.targets, ElementsAre(3, 3, 2, 0, 1));
}

TEST(Classes, MissingTargetsAreNone) {
  const Dataset set = learned("x,y\n1,a\n2,NA\n3,\n4,?\n5,NULL\n6,-\n7,b\n");
  EXPECT_THAT(set.schema.classes, ElementsAre("a", "b"));
  EXPECT_THAT(set.targets, ElementsAre(0, IsNan(), IsNan(), IsNan(), IsNan(), IsNan(), 1));
}

TEST(Classes, BooleansAreClassesByTheirWords) {
  EXPECT_THAT(learned("x,y\n1,TRUE\n2,FALSE\n", TargetType::kInfer).schema.classes,
              ElementsAre("FALSE", "TRUE"));
}

TEST(Classes, NumbersWithFractionsAreRefusedUnlessTheyAreCalledCategories) {
  constexpr std::string_view kPrices = "x,y\n1,10\n2,12.5\n3,99.95\n";
  EXPECT_EQ(
      error_of([&] { (void)learned(kPrices); }),
      "data: f.csv: column 2 'y': needed classes, found numbers with fractions such as 12.5; a loss for "
      "numbers is squared_error (train.loss), or data.target_type = \"category\" takes each of them for a "
      "class");
  EXPECT_THAT(learned(kPrices, TargetType::kCategory).schema.classes, ElementsAre("10", "12.5", "99.95"));
  EXPECT_THAT(learned("x,y\n1,1.0\n2,2.0\n").schema.classes, ElementsAre("1.0", "2.0"));
  EXPECT_THAT(learned("x,y\n1,1.5\n2,none\n").schema.classes, ElementsAre("1.5", "none"));
}

TEST(Classes, AreMatchedByWhatIsWrittenThenByValue) {
  EXPECT_THAT(read_by({"1", "2.5"}, "x,y\n0,2.50\n0,1.0\n0,+1\n").targets, ElementsAre(1, 0, 0));
  EXPECT_THAT(read_by({"01", "1", "b"}, "x,y\n0,01\n0,1\n0,NA\n").targets, ElementsAre(0, 1, IsNan()));
  EXPECT_THAT(read_by({"9007199254740992", "9007199254740993"}, "x,y\n0,9007199254740993.0\n").targets,
              ElementsAre(1));
}

TEST(Classes, ThatTheModelDoesNotKnowAreRefusedByTheirCell) {
  EXPECT_EQ(
      error_of([] {
        (void)read_by({"aster", "rose"}, "x,y\n2,rose\n2,rosé\n");
      }),
      "data: f.csv: line 3, column 2 'y': needed a class that the model was trained on, found 'rosé'; did "
      "you mean 'rose'?");
  EXPECT_EQ(error_of([] {
              (void)read_by({"01", "1", "b"}, "x,y\n2,1.0\n");
            }),
            "data: f.csv: line 2, column 2 'y': needed a class that the model was trained on, found '1.0'; "
            "expected one of 01, 1, b");
}

TEST(Classes, TheFirstFractionIsOneOfNumbersOnly) {
  EXPECT_EQ(first_fraction(Names{"1", "2.0", "2.5", "3.5"}, '.'), "2.5");
  EXPECT_EQ(first_fraction(Names{"1", "2,5"}, ','), "2,5");
  EXPECT_EQ(first_fraction(Names{"2.5", "red"}, '.'), "");
  EXPECT_EQ(first_fraction(Names{"1", "2.5", "3", "4", "5", "6", "7", "8", "9", "red"}, '.'), "2.5");
  EXPECT_EQ(first_fraction(Names{"100", "1e3"}, '.'), "");
}

TEST(Classes, LevelsAreSortedByValueWhereAllAreNumbers) {
  EXPECT_THAT(sorted_levels({"10", "9", "1.0", "1"}, '.'), ElementsAre("1", "1.0", "9", "10"));
  EXPECT_THAT(sorted_levels({"10", "9", "b"}, '.'), ElementsAre("10", "9", "b"));
}

TEST(Classes, ACategorysValuesHaveTheirPlaceOrTheirHash) {
  const ColumnSchema listed{.name = "x", .type = ColumnType::kCategory, .levels = {"b", "a"}};
  EXPECT_THAT(codes_for(listed, Names{"a", "b", "c"}), ElementsAre(1, 0, 2));
  const ColumnSchema hashed{.name = "x", .type = ColumnType::kCategory, .buckets = 64};
  // FNV-1a of "a", its upper half mixed in, ends in 0x4C8601EC8C ^ 0xAF63DC4C = ...C0: bucket 0.
  EXPECT_THAT(codes_for(hashed, Names{"a"}), ElementsAre((0x8601EC8CU ^ 0xAF63DC4CU) % 64));
}

}  // namespace
}  // namespace catenary
