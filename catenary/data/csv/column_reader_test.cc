#include "catenary/data/csv/column_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "catenary/data/csv/csv_testing.h"
#include "tests/support/property.h"

namespace catenary::csv_testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNan;

// A table of one column with these cells.
std::string column_of(const std::vector<std::string>& cells) {
  std::string text = "x,row\n";
  for (const std::string& cell : cells) text += "\"" + cell + "\",1\n";
  return text;
}

ColumnType type_of(const std::vector<std::string>& cells) { return parse(column_of(cells)).columns[0].type; }

TEST(ColumnReader, AColumnIsWhatAllOfItsCellsAre) {
  EXPECT_EQ(type_of({"1", "-2e3", "", ".5"}), ColumnType::kNumber);
  EXPECT_EQ(type_of({"1", "b"}), ColumnType::kCategory);
  EXPECT_EQ(type_of({"b", "1"}), ColumnType::kCategory);
  EXPECT_EQ(type_of({"TRUE", "NA", "false"}), ColumnType::kBoolean);
  EXPECT_EQ(type_of({"TRUE", "TRUE"}), ColumnType::kCategory);
  EXPECT_EQ(type_of({"yes", "true", "no", "false"}), ColumnType::kCategory);
  EXPECT_EQ(type_of({"2024-02-29", "", "2023-01-01 10:15"}), ColumnType::kTime);
  EXPECT_EQ(type_of({"2024-02-29", "2024"}), ColumnType::kCategory);
  EXPECT_EQ(type_of({"2024", "2024-02-29"}), ColumnType::kCategory);
  EXPECT_EQ(type_of({"", "NA"}), ColumnType::kNumber);
}

TEST(ColumnReader, WhatIsNoNumberIsText) {
  for (const char* cell : {"1,5", "0x10", "1e", "++1", "+-1", "+", "1 2", "12%", "$3"})
    EXPECT_EQ(type_of({cell}), ColumnType::kCategory) << cell;
}

TEST(ColumnReader, NumbersAreRoundedOnceToF64ThenToF32) {
  EXPECT_THAT(numbers(parse("x\n0.1\n+7\n16777217\n-0\n\"3\"\n1e-45\n"), 0),
              ElementsAre(0.1F, 7, 16777216, 0, 3, 1e-45F));
}

TEST(ColumnReader, MissingWordsAreMissingInColumnsOfEveryType) {
  const Table table = parse(
      "n,c,b,t\n1,x,yes,2024-01-01\nNA,NULL,?,-\n.,n/a,None,nan\n NaN , , null ,N/A\n2,y,no,2024-01-02\n");
  EXPECT_THAT(numbers(table, 0), ElementsAre(1, IsNan(), IsNan(), IsNan(), 2));
  EXPECT_THAT(values(table, 1), ElementsAre("x", "missing", "missing", "missing", "y"));
  EXPECT_THAT(numbers(table, 2), ElementsAre(1, IsNan(), IsNan(), IsNan(), 0));
  EXPECT_THAT(numbers(table, 3), ElementsAre(19723, IsNan(), IsNan(), IsNan(), 19724));
  for (const Column& column : table.columns) EXPECT_EQ(column.missing, 3) << column.name;
}

TEST(ColumnReader, TheCallerSaysWhatIsMissing) {
  const CsvOptions options{.format = {.missing = {"gone"}}};
  const Table table = parse("x\ngone\nNA\nred\n", options);
  EXPECT_THAT(values(table, 0), ElementsAre("missing", "NA", "red"));
}

TEST(ColumnReader, ANumberMayStandForMissing) {
  const CsvOptions options{.format = {.missing = {"-999", "99"}}};
  const Table table = parse("x,y\n-999,1\n2,99\n-999,99.5\n", options);
  EXPECT_THAT(numbers(table, 0), ElementsAre(IsNan(), 2, IsNan()));
  EXPECT_THAT(numbers(table, 1), ElementsAre(1, IsNan(), 99.5));
}

TEST(ColumnReader, CategoriesAreSortedByBytes) {
  const Table table = parse("x\nb\na\nB\n10\n9\na\n");
  EXPECT_THAT(table.columns[0].levels, ElementsAre("10", "9", "B", "a", "b"));
  EXPECT_THAT(values(table, 0), ElementsAre("b", "a", "B", "10", "9", "a"));
}

TEST(ColumnReader, ACategoryThatIsAskedForKeepsItsCellsAsTheyAreWritten) {
  const Table table =
      parse("zip\n02134\n2134\n9007199254740993\nyes\n2024-01-01\n", all({.type = ColumnType::kCategory}));
  EXPECT_THAT(values(table, 0), ElementsAre("02134", "2134", "9007199254740993", "yes", "2024-01-01"));
}

TEST(ColumnReader, BooleansThatAreAskedForMayBeNumbersAndMixed) {
  const Table table = parse("x\n1\nno\nT\n\n0\nNA\n", all({.type = ColumnType::kBoolean}));
  EXPECT_THAT(numbers(table, 0), ElementsAre(1, 0, 1, 0, IsNan()));
  EXPECT_THAT(table.columns[0].levels, IsEmpty());
}

TEST(ColumnReader, DatesAreReadInTheOrderThatAllOfThemHave) {
  const auto days = [](const std::vector<std::string>& cells) { return numbers(parse(column_of(cells)), 0); };
  EXPECT_THAT(days({"2024-03-02", "2024/3/25"}), ElementsAre(19784, 19807));
  EXPECT_THAT(days({"03/02/2024", "03/25/2024"}), ElementsAre(19784, 19807));
  EXPECT_THAT(days({"02/03/2024", "25/03/2024"}), ElementsAre(19784, 19807));
  EXPECT_THAT(days({"25/03/2024", "02/03/2024"}), ElementsAre(19807, 19784));
  EXPECT_THAT(days({"02.03.2024", "", "25.3.24"}), ElementsAre(19784, IsNan(), 19807));
  EXPECT_EQ(type_of({"25/03/2024", "03/25/2024"}), ColumnType::kCategory);
  EXPECT_EQ(type_of({"03/25/2024", "25/03/2024"}), ColumnType::kCategory);
  EXPECT_EQ(type_of({"02/03/2024", "2024-03-02"}), ColumnType::kCategory);
  EXPECT_EQ(parse(column_of({"02/03/2024", "25/03/2024"})).columns[0].date_order, DateOrder::kDayFirst);
}

TEST(ColumnReader, TimesThatAreAskedForHaveAnyOrderUnlessItIsGiven) {
  const ColumnRequest any{.type = ColumnType::kTime};
  EXPECT_THAT(numbers(parse("x\n02/03/2024\n\n25/03/2024\n", all(any)), 0), ElementsAre(19784, 19807));
  EXPECT_EQ(parse_error("x\n02/03/2024\nsoon\n", all(any)),
            "data: f.csv: line 3, column 1 'x': needed a date such as 2/29/2024, found 'soon'");
  EXPECT_EQ(parse_error("x\n5\n", all(any)),
            "data: f.csv: line 2, column 1 'x': needed a date such as 2024-02-29, found '5'");
  const ColumnRequest month{.type = ColumnType::kTime, .date_order = DateOrder::kMonthFirst};
  EXPECT_EQ(parse_error("x\n02/03/2024\n25/03/2024\n", all(month)),
            "data: f.csv: line 3, column 1 'x': needed a date such as 2/29/2024, found '25/03/2024'");
}

TEST(ColumnReader, ATargetIsNumbersOrElseWordsAsTheyAreWritten) {
  const CsvOptions target = all({.role = ColumnRole::kTarget});
  EXPECT_THAT(values(parse("x\nyes\nNO\nno\n", target), 0), ElementsAre("yes", "NO", "no"));
  EXPECT_THAT(values(parse("x\n2024-01-01\n", target), 0), ElementsAre("2024-01-01"));
  EXPECT_THAT(values(parse("x\n01\n1.0\nmany\n", target), 0), ElementsAre("01", "1.0", "many"));
  EXPECT_THAT(numbers(parse("x\n01\n1.0\n", target), 0), ElementsAre(1, 1));
}

TEST(ColumnReader, TimesHaveTheSecondsOfTheDay) {
  const Table table = parse("t,x\n2024-03-02 10:15,7\n2024-03-02,8\n,9\n");
  EXPECT_THAT(table.of(ColumnRole::kFeature).numbers,
              ElementsAre(19784, 36900, 7, 19784, 0, 8, IsNan(), IsNan(), 9));
}

// Numbers for a long while, then a text: all were to be kept as texts.
TEST(ColumnReader, ATextLateInAFileMakesItReadAgain) {
  std::string text = "x,y\n";
  for (int i = 0; i < 1000; ++i) text += fmt::format("{}.0,{}\n", i % 3, i);
  text += "rotary,1000\n";
  const Table table = parse(text, in_chunks_of(100));
  EXPECT_THAT(table.columns[0].levels, ElementsAre("0.0", "1.0", "2.0", "rotary"));
  EXPECT_EQ(numbers(table, 0)[4], 1);
  EXPECT_EQ(numbers(table, 1)[999], 999);
  EXPECT_EQ(table.rows(), 1001);
  EXPECT_THAT(table.notes, IsEmpty());
}

const std::vector<std::string> kCells = {"1",
                                         "2.5",
                                         "-3e2",
                                         "inf",
                                         "nan",
                                         "NA",
                                         "",
                                         "red",
                                         "Blue ",
                                         "no",
                                         "YES",
                                         "true",
                                         "False",
                                         "2024-02-29",
                                         "02/03/2024",
                                         "25/3/2024",
                                         "3/25/2024",
                                         "13.2.2024",
                                         "0",
                                         "1e39",
                                         "\xE9t\xE9",
                                         "NAN",
                                         "2024-01-01 10:00"};

struct Described {
  std::vector<ColumnType> types;
  std::vector<std::vector<std::string>> levels;
  std::vector<float> numbers;  // missing ones as a number that no cell is
  std::vector<std::string> notes;
  bool operator==(const Described&) const = default;
};

Described describe(const std::string& text, std::size_t chunk) {
  Described result;
  const std::string error = testing_support::error_of([&] {
    const Table table = parse(text, in_chunks_of(chunk));
    for (const Column& column : table.columns) {
      result.types.push_back(column.type);
      result.levels.push_back(column.levels);
    }
    result.numbers = table.of(ColumnRole::kFeature).numbers;
    for (float& number : result.numbers) number = std::isnan(number) ? -12345 : number;
    result.notes = table.notes;
  });
  result.notes.push_back(error);
  return result;
}

std::string random_table(std::size_t columns, std::size_t rows) {
  std::string text;
  for (std::size_t column = 0; column < columns; ++column)
    text += fmt::format("{}c{}", column > 0 ? "," : "", column);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column)
      text += (column > 0 ? "," : "\n") + kCells[*rc::gen::inRange<std::size_t>(0, kCells.size())];
  }
  return text + "\n";
}

TEST(ColumnReader, ChunksDoNotChangeWhatIsRead) {
  testing_support::check_property([] {
    const auto columns = *rc::gen::inRange<std::size_t>(2, 4), rows = *rc::gen::inRange<std::size_t>(1, 7);
    const std::string text = random_table(columns, rows);
    const Described whole = describe(text, text.size());
    for (std::size_t chunk = 1; chunk < text.size(); ++chunk) RC_ASSERT(describe(text, chunk) == whole);
  });
}

TEST(ColumnReader, ATypeHangsOnTheCellsButNotOnTheirOrder) {
  testing_support::check_property(
      [] {
        std::vector<std::string> cells;
        for (auto count = *rc::gen::inRange<std::size_t>(1, 5); count > 0; --count)
          cells.push_back(kCells[*rc::gen::inRange<std::size_t>(0, kCells.size())]);
        std::ranges::sort(cells);
        const std::string text = column_of(cells);
        const Described sorted = describe(text, text.size());
        while (std::ranges::next_permutation(cells).found) {
          const Described other = describe(column_of(cells), text.size());
          RC_ASSERT(other.types == sorted.types);
          RC_ASSERT(other.levels == sorted.levels);
        }
      },
      200);
}

}  // namespace
}  // namespace catenary::csv_testing
