#include "catenary/data/csv/column_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "catenary/data/csv/csv_testing.h"

namespace catenary {
namespace {

using csv_testing::all;
using csv_testing::numbers;
using csv_testing::parse;
using csv_testing::parse_error;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A header and more rows than what tells a format, whose numbers are whole; then some more.
std::string late(const std::string& rows) {
  std::string text = "x;y\n";
  while (text.size() <= kFormatBytes) text += "1;2\n";
  return text + rows;
}

TEST(DecimalMark, IsAlsoSeenWhereTheFirstCommaComesLate) {
  const Table table = parse(late("1,5;2\n"));
  EXPECT_EQ(table.columns[0].type, ColumnType::kNumber);
  EXPECT_EQ(numbers(table, 0).back(), 1.5F);
  EXPECT_EQ(table.decimal, ',');
  EXPECT_THAT(table.notes, ElementsAre("f.csv: the separator is ';', numbers have a decimal comma"));
  EXPECT_EQ(numbers(parse(late("1,5;2\n"), all({.type = ColumnType::kNumber})), 0).back(), 1.5F);
  EXPECT_EQ(numbers(parse(late("NA;-2,5\n")), 1).back(), -2.5F);
  EXPECT_EQ(parse("x;y\nNA;1\n" + late("").substr(4) + "2,5;1\n").columns[0].type, ColumnType::kNumber);
}

TEST(DecimalMark, IsAPointWhereNumbersHaveBoth) {
  const Table table = parse(late("1,5;2\n1;2.5\n"));
  EXPECT_EQ(table.decimal, '.');
  EXPECT_EQ(table.columns[0].type, ColumnType::kCategory);
  EXPECT_EQ(numbers(table, 1).back(), 2.5F);
  EXPECT_EQ(parse_error(late("1,5;2\n1;2.5\n"), all({.type = ColumnType::kNumber})),
            "data: f.csv: line 16386, column 1 'x': needed a number, found '1,5', which data.decimal = \",\" "
            "reads\nnote: f.csv: the separator is ';'");
}

TEST(DecimalMark, ThatIsGivenIsKept) {
  CsvOptions options;
  options.format.decimal = '.';
  EXPECT_EQ(parse(late("1,5;2\n"), options).columns[0].type, ColumnType::kCategory);
}

TEST(DecimalMark, OfNumbersInQuotesBetweenCommasIsNamedInTheNoteAndTheError) {
  const std::string text = "x,y\n\"1,5\",1\n\"2,25\",2\n";
  const Table table = parse(text);
  EXPECT_THAT(table.notes,
              ElementsAre("f.csv: column 1 'x': a category, though 2 of its 2 values are numbers; "
                          "data.decimal = \",\" reads those such as '1,5'"));
  EXPECT_EQ(
      parse_error(text, all({.type = ColumnType::kNumber})),
      "data: f.csv: line 2, column 1 'x': needed a number, found '1,5', which data.decimal = \",\" reads");
  CsvOptions options;
  options.format.decimal = ',';
  EXPECT_THAT(numbers(parse(text, options), 0), ElementsAre(1.5F, 2.25F));
}

TEST(NoteOnLevels, DoesNotTakeThousandsForDecimals) {
  const std::vector<std::string> thousands = {"1,234", "12,500", "1,000", "2,000", "-3,000"};
  EXPECT_EQ(
      note_on_levels(thousands, '.'),
      "a category, though 5 of its 5 values are numbers; data.types, data.missing or data.decimal may put "
      "it right");
  EXPECT_EQ(decimal_hint("1,234", '.'), "");
  EXPECT_EQ(decimal_hint("1,23", '.'), ", which data.decimal = \",\" reads");
  EXPECT_EQ(decimal_hint("1.5", ','), ", which data.decimal = \".\" reads");
  EXPECT_EQ(decimal_hint("1.5", '.'), "");
}

TEST(NoteOnLevels, NamesTheMarkOnlyWhereAllNumbersHaveIt) {
  const std::vector<std::string> both = {"1,5", "2.5", "3", "4", "5"};
  EXPECT_THAT(note_on_levels(both, '.'), HasSubstr("data.types, data.missing or data.decimal may"));
  const std::vector<std::string> few = {"1", "2", "x"};
  EXPECT_EQ(note_on_levels(few, '.'), "");
}

std::string remedy(const std::vector<std::string>& levels) { return remedy_for(mixed_numbers(levels, '.')); }

TEST(MixedNumbers, AreMendedByTheWordsOrTheMarkThatMakeThemTexts) {
  std::vector<std::string> levels;
  for (int i = 0; i < 60; ++i) levels.push_back(std::to_string(i));
  levels.insert(levels.end(), {"n.b.", "unknown"});
  EXPECT_EQ(remedy(levels), "data.missing = [\"n.b.\", \"unknown\"] takes each word for a missing value");
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"a", "b", "c", "d"}, {"\"x\""}, {"back\\slash"}, {std::string(41, 'x')}}) {
    std::vector<std::string> all = levels;
    all.insert(all.end(), more.begin(), more.end());
    EXPECT_EQ(remedy(all), "data.missing may list the words that stand for a missing value") << more[0];
  }
  EXPECT_EQ(remedy({"1,5", "2,25"}), "data.decimal = \",\" reads those such as '1,5'");
  EXPECT_EQ(remedy({"1,234", "12,500", "1,000", "2,000", "-3,000"}), "data.decimal may put it right");
  const std::vector<std::string> texts = {"1", "2", "3", "4", "x"};
  EXPECT_EQ(mixed_numbers(texts, '.').text, "");
}

const std::string kEither = "when,x\n3/4/2024,1\nNA,2\n12/11/2024,3\n";
constexpr float kFourthOfMarch = 19786, kThirdOfApril = 19816;  // days since 1970

CsvOptions by(DateOrder order) {
  CsvOptions options;
  options.format.date_order = order;
  return options;
}

TEST(DateOrder, IsTheOneAskedForWhereCellsDoNotTell) {
  EXPECT_EQ(numbers(parse(kEither), 0).front(), kFourthOfMarch);
  EXPECT_EQ(numbers(parse(kEither, by(DateOrder::kMonthFirst)), 0).front(), kFourthOfMarch);
  const Table table = parse(kEither, by(DateOrder::kDayFirst));
  EXPECT_EQ(numbers(table, 0).front(), kThirdOfApril);
  EXPECT_EQ(table.columns[0].date_order, DateOrder::kDayFirst);
  EXPECT_EQ(table.columns[0].missing, 1);
}

TEST(DateOrder, ThatCellsTellIsReadWhateverIsAskedFor) {
  const Table month = parse(kEither + "2/29/2024,4\n", by(DateOrder::kDayFirst));
  EXPECT_EQ(month.columns[0].date_order, DateOrder::kMonthFirst);
  EXPECT_EQ(numbers(month, 0).front(), kFourthOfMarch);
  EXPECT_THAT(month.notes, ElementsAre("f.csv: column 1 'when': its dates are read with the month first"));
  EXPECT_EQ(parse(kEither + "29/2/2024,4\n", by(DateOrder::kMonthFirst)).columns[0].date_order,
            DateOrder::kDayFirst);
  EXPECT_EQ(parse("when\n2024-03-04\n", by(DateOrder::kDayFirst)).columns[0].date_order,
            DateOrder::kYearFirst);
}

TEST(DateOrder, IsNotSettledBeforeAllCellsAreRead) {
  CsvOptions options = by(DateOrder::kDayFirst);
  options.chunk_bytes = 30;  // up to the text that makes the file be read again
  const Table table = parse("when,x\n3/4/2024,1\n3/4/2024,a\n2/29/2024,b\n", options);
  EXPECT_EQ(table.columns[0].date_order, DateOrder::kMonthFirst);
  EXPECT_EQ(numbers(table, 0).front(), kFourthOfMarch);
}

TEST(DateOrder, OfEachColumnIsItsOwn) {
  const Table table = parse("a,b,c\n3/4/2024,2/29/2024,1\n3/4/2024,1/1/2024,x\n", by(DateOrder::kDayFirst));
  EXPECT_EQ(table.columns[0].date_order, DateOrder::kDayFirst);
  EXPECT_EQ(table.columns[1].date_order, DateOrder::kMonthFirst);
  EXPECT_EQ(table.columns[2].type, ColumnType::kCategory);
}

TEST(DateOrder, WhichATrainedModelHasIsKept) {
  CsvOptions options = by(DateOrder::kDayFirst);
  options.requests = [](auto header) {
    return std::vector<ColumnRequest>(header.size(),
                                      {.type = ColumnType::kTime, .date_order = DateOrder::kMonthFirst});
  };
  EXPECT_EQ(numbers(parse("when\n3/4/2024\n", options), 0).front(), kFourthOfMarch);
}

TEST(DateOrder, IsNotedWithItsKeyOnlyWhereNothingTellsIt) {
  EXPECT_THAT(
      parse(kEither).notes,
      ElementsAre("f.csv: column 1 'when': its dates are read with the month first, of which they do not "
                  "tell; data.date_order = \"day_first\" reads them otherwise"));
  EXPECT_THAT(parse(kEither, by(DateOrder::kMonthFirst)).notes,
              ElementsAre("f.csv: column 1 'when': its dates are read with the month first"));
  EXPECT_THAT(parse("when\n2024-03-04\n").notes, IsEmpty());
}

}  // namespace
}  // namespace catenary
