#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/data/csv/csv_testing.h"

namespace catenary::csv_testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNan;

TEST(TableBuilder, BlankLinesArePassedOver) {
  const Table table = parse("\n  \na,b\n\n1,2\n   \n3,4\n\t\n");
  EXPECT_THAT(numbers(table, 1), ElementsAre(2, 4));
  EXPECT_THAT(lines(table), ElementsAre(5, 7));
}

TEST(TableBuilder, LinesOfSpacesLeaveNothingBehind) {
  CsvOptions options;
  options.requests = [](std::span<const std::string> /*header*/) {
    return std::vector<ColumnRequest>{{.role = ColumnRole::kText}, {}};
  };
  const Table carried = parse("id,x\na,1\n  \nb,2\n,3\n", options);
  EXPECT_THAT(texts(carried.columns[0].texts), ElementsAre("a", "b", ""));
  EXPECT_THAT(numbers(carried, 1), ElementsAre(1, 2, 3));
  EXPECT_EQ(parse("x,y\n1,2\n \n").columns[0].missing, 0);
  EXPECT_EQ(parse_error("x,y\n1,2\n \n1e39,2\n"),
            "data: f.csv: line 4, column 1 'x': needed a number in the range of f32, found 1e+39");
}

TEST(TableBuilder, ATextAmongNumbersIsNoted) {
  std::string text = "x,y\n";
  for (int i = 0; i < 10; ++i) text += fmt::format("{},1\n", i);
  EXPECT_THAT(
      parse(text + "rotary,1\n").notes,
      ElementsAre("f.csv: column 1 'x': a category, though 10 of its 11 values are numbers, not 'rotary'; "
                  "data.types, data.missing or data.decimal may put it right"));
  EXPECT_THAT(parse(text + "rotary,1\nelectric,1\n").notes, IsEmpty());
  EXPECT_THAT(parse(text).notes, IsEmpty());
  CsvOptions asked;
  asked.requests = [](std::span<const std::string> /*header*/) {
    return std::vector<ColumnRequest>{{.type = ColumnType::kCategory}, {}};
  };
  EXPECT_THAT(parse(text, asked).notes, IsEmpty());
}

TEST(TableBuilder, InATableOfOneColumnABlankCellIsMissing) {
  for (const char* text : {"x\n\"\"\n1\n", "x\n \n1\n"})
    EXPECT_THAT(numbers(parse(text), 0), ElementsAre(IsNan(), 1)) << text;
  EXPECT_THAT(numbers(parse("x\n1\n\"\"\n\n2\n"), 0), ElementsAre(1, IsNan(), 2));
}

TEST(TableBuilder, ByteOrderMarksAndSpacesAroundCellsDoNotCount) {
  const Table table = parse(
      "\xEF\xBB\xBF\xEF\xBB\xBF a ,\xEF\xBB\xBF\"b\"\n low,\t1 \nlow ,\xEF\xBB\xBF"
      "2\n");
  EXPECT_THAT(names(table), ElementsAre("a", "b"));
  EXPECT_THAT(table.columns[0].levels, ElementsAre("low"));
  EXPECT_THAT(numbers(table, 1), ElementsAre(1, 2));
}

TEST(TableBuilder, AHeaderOfOneNameLessNamesAllButTheFirstColumn) {
  const Table table = parse("mpg\tcyl\nMazda RX4\t21\t6\nDatsun\t22.8\t4\n");
  EXPECT_THAT(names(table), ElementsAre("column1", "mpg", "cyl"));
  EXPECT_TRUE(table.columns[0].is_nameless);
  EXPECT_FALSE(table.columns[1].is_nameless);
  EXPECT_THAT(values(table, 0), ElementsAre("Mazda RX4", "Datsun"));
  EXPECT_THAT(numbers(table, 2), ElementsAre(6, 4));
  EXPECT_THAT(table.notes,
              ElementsAre("f.csv: the separator is tab",
                          "f.csv: the header has one name less than its rows have cells: it is taken to name "
                          "all but the first column"));
}

TEST(TableBuilder, BlankCellsBeyondTheHeaderArePassedOver) {
  const Table table = parse("a,b\n1,2,\n3,4,,,\n5,6\n");
  EXPECT_THAT(names(table), ElementsAre("a", "b"));
  EXPECT_THAT(numbers(table, 1), ElementsAre(2, 4, 6));
}

TEST(TableBuilder, RowsOfMoreOrLessCellsNameTheLine) {
  EXPECT_EQ(parse_error("a,b\n1,2\n3\n"), "data: f.csv: line 3: needed 2 cells as in the header, found 1");
  EXPECT_EQ(parse_error("a,b\n1,2,3,4\n"), "data: f.csv: line 2: needed 2 cells as in the header, found 4");
  EXPECT_EQ(parse_error("a,b\n1,2\n1,2,3\n"),
            "data: f.csv: line 3: needed 2 cells as in the header, found 3");
  EXPECT_EQ(
      parse_error("a,b\n1,2,3\n1,2\n"),
      "data: f.csv: line 3: needed 3 cells as in the header, found 2\nnote: f.csv: the header has one name "
      "less than its rows have cells: it is taken to name all but the first column");
  std::string endless = "a,b\n1,2\n1";
  for (int i = 0; i < 1002; ++i) endless += ",1";
  EXPECT_EQ(parse_error(endless),
            "data: f.csv: line 3: needed 2 cells as in the header, found more than 1002");
}

TEST(TableBuilder, WithoutAHeaderColumnsAreNumberedOrNamedByTheCaller) {
  CsvOptions options{.format = {.has_header = false}};
  const Table numbered = parse("1,x\n2,y\n", options);
  EXPECT_THAT(names(numbered), ElementsAre("column1", "column2"));
  EXPECT_FALSE(numbered.columns[0].is_nameless);
  EXPECT_THAT(numbers(numbered, 0), ElementsAre(1, 2));
  EXPECT_THAT(lines(numbered), ElementsAre(1, 2));
  options.format.columns = {"a", "b"};
  EXPECT_THAT(names(parse("1,x\n", options)), ElementsAre("a", "b"));
  options.format.columns = {"a"};
  EXPECT_EQ(parse_error("1,x\n", options),
            "data: f.csv: line 1: needed 1 cells as data.columns has names, found 2");
  options.format.columns = {};
  EXPECT_EQ(parse_error("1,x\n2\n", options),
            "data: f.csv: line 2: needed 2 cells as in the first row, found 1");
  EXPECT_EQ(parse_error("", options), "data: f.csv: needed a row, found an empty file");
}

TEST(TableBuilder, AHeaderOfNumbersIsSaid) {
  EXPECT_THAT(parse("2000,2001\n1,2\n").notes,
              ElementsAre("f.csv: the first line is taken for names, though all are numbers; data.header = "
                          "false reads it as a row"));
  EXPECT_THAT(parse("2000\n1\n").notes, IsEmpty());
}

TEST(TableBuilder, NamelessColumnsAreCalledByTheirPlace) {
  const Table table = parse("\"\",x,\n1,2,3\n");
  EXPECT_THAT(names(table), ElementsAre("column1", "x", "column3"));
  EXPECT_TRUE(table.columns[0].is_nameless);
  EXPECT_TRUE(table.columns[2].is_nameless);
}

TEST(TableBuilder, ANameThatStandsMoreThanOnceGetsANumber) {
  const Table table = parse("a,b,a,a.1,a\n1,2,3,4,5\n");
  EXPECT_THAT(names(table), ElementsAre("a", "b", "a.2", "a.1", "a.3"));
  EXPECT_THAT(
      table.notes,
      ElementsAre("f.csv: the name 'a' stands more than once in the header: column 3 is read as 'a.2'",
                  "f.csv: the name 'a' stands more than once in the header: column 5 is read as 'a.3'"));
  EXPECT_THAT(names(parse(",column1\n1,2\n")), ElementsAre("column1.1", "column1"));
}

TEST(TableBuilder, OfManyNamesThatStandMoreThanOnceAFewAreSaid) {
  constexpr int kColumns = 20'000;
  std::string header = "a", row = "1";
  for (int i = 1; i < kColumns; ++i) header += ",a", row += ",1";
  const Table table = parse(header + "\n" + row + "\n");
  EXPECT_EQ(table.columns.back().name, fmt::format("a.{}", kColumns - 1));
  EXPECT_EQ(table.notes.size(), 20u);
}

TEST(TableBuilder, ColumnsAreReadForWhatTheCallerAsks) {
  CsvOptions options;
  options.requests = [](std::span<const std::string> header) {
    EXPECT_THAT(std::vector(header.begin(), header.end()), ElementsAre("a", "b", "c", "d", "e"));
    return std::vector<ColumnRequest>{{.role = ColumnRole::kText},
                                      {.role = ColumnRole::kSkip},
                                      {.role = ColumnRole::kTarget},
                                      {.order = 1},
                                      {.role = ColumnRole::kMark}};
  };
  const Table table = parse("a,b,c,d,e\n 1 , ,3,4,5\nNA,red,6,7,NA\n", options);
  EXPECT_THAT(texts(table.columns[0].texts), ElementsAre("1", "NA"));
  EXPECT_THAT(table.of(ColumnRole::kTarget).numbers, ElementsAre(3, 6));
  EXPECT_THAT(table.of(ColumnRole::kFeature).numbers, ElementsAre(4, 7));
  EXPECT_THAT(values(table, 4), ElementsAre("5", "missing"));
}

TEST(TableBuilder, ColumnsOfARoleStandInTheOrderAskedFor) {
  CsvOptions options;
  options.requests = [](std::span<const std::string> /*header*/) {
    return std::vector<ColumnRequest>{{.order = 2}, {.order = 0}, {.order = 1}};
  };
  const Table table = parse("a,b,c\n1,2024-01-02,3\n", options);
  EXPECT_THAT(table.of(ColumnRole::kFeature).numbers, ElementsAre(19724, 0, 3, 1));
  EXPECT_EQ(table.columns[0].place, 3u);
  EXPECT_EQ(table.columns[1].place, 0u);
  EXPECT_EQ(table.columns[2].place, 2u);
}

TEST(TableBuilder, EmptyFilesAreErrors) {
  EXPECT_EQ(parse_error(""), "data: f.csv: needed a header on line 1, found an empty file");
  EXPECT_EQ(parse_error("\n \n"), "data: f.csv: needed a header on line 1, found an empty file");
  EXPECT_EQ(parse_error("a,b\n"), "data: f.csv: needed rows below the header, found none");
  EXPECT_EQ(parse_error("a,b\n\n"), "data: f.csv: needed rows below the header, found none");
}

TEST(TableBuilder, WindowsTextIsReadAsSuchAndSaid) {
  const Table table = parse(
      "a\ngr\xF6\xDF"
      "e\n\x80\n");
  EXPECT_THAT(values(table, 0), ElementsAre("größe", "€"));
  const auto said = ElementsAre("f.csv: not UTF-8: what is not is read as Windows-1252");
  EXPECT_THAT(table.notes, said);
  EXPECT_THAT(parse("gr\xF6\xDF"
                    "e\n1\n")
                  .notes,
              said);
  const Table carried = parse(
      "a\ngr\xF6\xDF"
      "e\n",
      all({.role = ColumnRole::kText}));
  EXPECT_THAT(texts(carried.columns[0].texts), ElementsAre("größe"));
  EXPECT_THAT(carried.notes, said);
  EXPECT_THAT(parse("gr\xC3\xB6\xC3\x9F"
                    "e\n1\n")
                  .notes,
              IsEmpty());
}

TEST(TableBuilder, ColumnsHaveALimit) {
  CsvOptions options;
  options.limits.max_columns = 2;
  EXPECT_EQ(parse("a,b\n1,2\n", options).rows(), 1);
  EXPECT_EQ(parse_error("a,b,c\n1,2,3\n", options),
            "data: f.csv: line 1: needed at most 2 columns, found more; data.max_columns sets the limit");
}

TEST(TableBuilder, CellsOfATypeThatIsAskedForAreRefusedByTheirPlace) {
  const auto error = [](ColumnType type, std::string_view text) {
    return parse_error(text, all({.type = type}));
  };
  EXPECT_EQ(error(ColumnType::kNumber, "a,b\n1,\n2,red\n"),
            "data: f.csv: line 3, column 2 'b': needed a number, found 'red'");
  EXPECT_EQ(
      error(ColumnType::kBoolean, "a\nyes\n1\nNA\nmaybe\n"),
      "data: f.csv: line 5, column 1 'a': needed a boolean, such as yes, no, true or false, found 'maybe'");
  EXPECT_EQ(error(ColumnType::kTime, "a\n2024-02-29\n2023-02-29\n"),
            "data: f.csv: line 3, column 1 'a': needed a date such as 2024-02-29, found '2023-02-29'");
}

TEST(TableBuilder, NumbersBeyondF32AreRefusedByTheirPlace) {
  EXPECT_EQ(parse_error("x,y\n1,2\n\n1e39,3\n"),
            "data: f.csv: line 4, column 1 'x': needed a number in the range of f32, found 1e+39");
  EXPECT_THAT(values(parse("x\n1e39\nred\n"), 0), ElementsAre("1e39", "red"));
  EXPECT_THAT(numbers(parse("x\n3.4028234e38\n"), 0), ElementsAre(3.4028234e38F));
}

TEST(TableBuilder, InfiniteNumbersCountAsMissingAndAreSaid) {
  const Table table = parse("x,y\nInf,1\n-inf,2\n1e999,3\n4,4\n");
  EXPECT_THAT(numbers(table, 0), ElementsAre(IsNan(), IsNan(), IsNan(), 4));
  EXPECT_EQ(table.columns[0].missing, 3);
  EXPECT_THAT(table.notes, ElementsAre("f.csv: column 1 'x': cells that are infinite count as missing: 3"));
}

TEST(Csv, AFileWithoutAHeaderMayDoWithoutSomeColumns) {
  CsvOptions options;
  options.format.has_header = false;
  options.format.columns = {"a", "y", "b", "z"};
  options.may_lack.names = {"y", "z"};
  const Table table = parse("1,2\n3,4\n", options);
  EXPECT_THAT(names(table), testing::ElementsAre("a", "b"));
  EXPECT_THAT(numbers(table, 1), testing::ElementsAre(2, 4));
  EXPECT_THAT(names(parse("1,2,3,4\n", options)), testing::ElementsAre("a", "y", "b", "z"));
  EXPECT_EQ(parse_error("1,2,3\n", options),
            "data: f.csv: line 1: needed 4 cells as data.columns has names, or 2 without y, z, found 3");
  EXPECT_EQ(parse_error("1,2\n3,4,5,6\n", options),
            "data: f.csv: line 2: needed 2 cells as in the first row, found 4");
}

}  // namespace
}  // namespace catenary::csv_testing
