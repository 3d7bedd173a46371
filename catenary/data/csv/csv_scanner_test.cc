#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/base/philox.h"
#include "catenary/data/csv/csv_testing.h"

namespace catenary::csv_testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNan;

TEST(CsvScanner, UnderstandsQuotes) {
  const Table table = parse("a,\"b,\"\"c\"\"\"\n\"1,2\",\"line\r\nfeed\"\n\"\"\"\",\"x\"\"y\"\n");
  EXPECT_EQ(table.columns[1].name, "b,\"c\"");
  EXPECT_THAT(values(table, 0), ElementsAre("1,2", "\""));
  EXPECT_THAT(values(table, 1), ElementsAre("line\r\nfeed", "x\"y"));
  EXPECT_THAT(lines(table), ElementsAre(2, 4));
}

TEST(CsvScanner, SpacesMayStandAroundQuotes) {
  const Table table = parse("a, \"b\" \n x ,\t\" y, z \" \n");
  EXPECT_EQ(table.columns[1].name, "b");
  EXPECT_THAT(values(table, 0), ElementsAre("x"));
  EXPECT_THAT(values(table, 1), ElementsAre("y, z"));
}

TEST(CsvScanner, AQuoteWithinACellThatDoesNotStartWithOneIsALetter) {
  const Table table = parse("a\tb\n11'09\"01\t5\" pipe\nit's\t\"6\"\"\"\n");
  EXPECT_THAT(values(table, 0), ElementsAre("11'09\"01", "it's"));
  EXPECT_THAT(values(table, 1), ElementsAre("5\" pipe", "6\""));
}

TEST(CsvScanner, UnderstandsQuotesThatRWritesBehindABackslash) {
  const Table table = parse(
      R"(a,b
"5' 4\" tall",1
"say \"hi\"",2
"6\"",3
"\"\"",4
"so \" ",5
"C:\",6
"C:\" ,7
"a\""b",8
"x\""",9
)");
  EXPECT_THAT(values(table, 0), ElementsAre("5' 4\" tall", "say \"hi\"", "6\"", "\"\"", "so \"", "C:\\",
                                            "C:\\", "a\\\"b", "x\\\""));
  EXPECT_EQ(numbers(table, 1)[7], 8);
}

TEST(CsvScanner, ACellOfRMayEndTheFile) { EXPECT_THAT(values(parse("a\n\"6\\\"\""), 0), ElementsAre("6\"")); }

TEST(CsvScanner, AcceptsByteOrderMarkCrlfAndAMissingLastLineFeed) {
  for (const char* text : {"a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,b\n1,2", "\xEF\xBB\xBF\"a\",b\r\n1,\"2\"",
                           "a,b\n1,2\r", "a,b\r1,2\r", "a,b\r1,2", "\r\n\na,b\n\n1,2\n\n\r\n"}) {
    const Table table = parse(text);
    EXPECT_EQ(table.columns[0].name, "a") << text;
    EXPECT_THAT(numbers(table, 1), ElementsAre(2)) << text;
  }
}

TEST(CsvScanner, LinesAreThoseThatAnEditorShows) {
  EXPECT_THAT(lines(parse("a\r1\r2\r")), ElementsAre(2, 3));
  EXPECT_THAT(lines(parse("\na,b\r\n1,2\r\n\r\n3,\"4\n\n\"\n5,6")), ElementsAre(3, 5, 8));
}

TEST(CsvScanner, TheLastCellMayBeBlankWithoutALineFeed) {
  for (const char* text : {"a,b\nx,", "a,b\n\"x\",", "a,b\r\nx,\r\n", "a,b\n\"x\", "}) {
    for (const std::size_t chunk : {1, 3, 100}) {
      const Table table = parse(text, in_chunks_of(chunk));
      EXPECT_THAT(values(table, 0), ElementsAre("x")) << text << chunk;
      EXPECT_THAT(numbers(table, 1), ElementsAre(IsNan())) << text << chunk;
    }
  }
}

TEST(CsvScanner, ChunkBordersDoNotMatter) {
  const std::string text =
      "\xEF\xBB\xBFone,\"t\"\"wo\"\r\n12345.678,\"a\nb\"\r\n\"2\",größe\r\n3,\"\"\"\"\r\n4,\"5\\\" x\" \r\n";
  for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
    const Table table = parse(text, in_chunks_of(chunk));
    EXPECT_EQ(table.columns[1].name, "t\"wo");
    EXPECT_THAT(numbers(table, 0), ElementsAre(12345.678F, 2, 3, 4));
    EXPECT_THAT(values(table, 1), ElementsAre("a\nb", "größe", "\"", "5\" x"));
    EXPECT_THAT(lines(table), ElementsAre(2, 4, 5, 6));
  }
}

TEST(CsvScanner, CellsOfAnyLengthMayStandAnywhereInAChunk) {
  std::string text = "a,b\n";
  std::vector<std::string> expected;
  for (std::size_t length = 0; length < 150; ++length) {
    const std::string cell(length, static_cast<char>('c' + static_cast<char>(length % 20)));
    text += (length % 7 == 3 ? "\"" + cell + "\"" : cell) + "," + std::to_string(length) +
            (length % 5 == 2 ? "\r\n" : "\n");
    expected.push_back(length == 0 ? "missing" : cell);
  }
  for (std::size_t chunk = 1; chunk < 200; chunk += 9) {
    const Table table = parse(text, in_chunks_of(chunk));
    ASSERT_EQ(values(table, 0), expected) << chunk;
    const std::vector<float> rows = numbers(table, 1);
    for (std::size_t row = 0; row < rows.size(); ++row)
      ASSERT_EQ(rows[row], static_cast<float>(row)) << chunk;
  }
}

// Two columns of cells that are put together from what quotes are told by.
std::string random_quotes(std::uint64_t trial) {
  const Philox random(3, RandomPurpose::kTest, trial);
  std::uint64_t drawn = 0;
  const auto any_of = [&](const std::vector<std::string>& parts) {
    return parts[random.below(parts.size(), drawn++)];
  };
  std::string text = "a,b\n";
  for (int cell = 0; cell < 6; ++cell) {
    const std::string quote = any_of({"", "\"", "\""});
    const std::vector<std::string> parts = {"x", "yz", " ", "é", "\\", "\"\"", "\\\"", "\\\"\"", ",", "\n"};
    text += any_of({"", "", "", " "}) + quote;
    for (std::uint64_t left = random.below(4, drawn++); left > 0; --left)
      text += parts[random.below(quote.empty() ? 4 : parts.size(), drawn++)];
    if (random.below(20, drawn++) == 0) text += '"';
    text += quote + any_of({"", "", "", " "}) + (cell % 2 == 0 ? "," : any_of({"\n", "\n", "\r\n", "\r"}));
  }
  return text;
}

// All texts of a table, or why it is none.
std::string outcome(const std::string& text, std::size_t chunk) {
  CsvOptions options = all({.role = ColumnRole::kText});
  options.format.separator = ',';
  options.chunk_bytes = chunk;
  std::string found;
  const std::string error = testing_support::error_of([&] {
    const Table table = parse(text, options);
    for (const Column& column : table.columns) {
      for (const std::string& cell : texts(column.texts)) found += "[" + cell + "]";
    }
  });
  return error + found;
}

TEST(CsvScanner, HowQuotesAreCutIntoChunksDoesNotMatter) {
  for (std::uint64_t trial = 0; trial < 500; ++trial) {
    const std::string text = random_quotes(trial);
    const std::string expected = outcome(text, 1);
    for (const std::size_t chunk : {2, 5, 1000}) ASSERT_EQ(outcome(text, chunk), expected) << text << chunk;
  }
}

TEST(CsvScanner, ErrorsInQuotesNameTheLine) {
  EXPECT_EQ(parse_error("a\n\"x\"y\n"),
            "data: f.csv: line 2, column 1: text between a closing quote and the end of its cell");
  EXPECT_EQ(parse_error("a\n\"x\" \"y\"\n"),
            "data: f.csv: line 2, column 1: text between a closing quote and the end of its cell");
  EXPECT_EQ(parse_error("a\n1\n\"x\ny\n"), "data: f.csv: line 3, column 1: a quote is never closed");
  EXPECT_EQ(parse_error("a,b\n1,  \"x\ny\n"), "data: f.csv: line 2, column 2: a quote is never closed");
}

TEST(CsvScanner, CellsHaveALimit) {
  for (const std::size_t chunk : {3, 100}) {
    CsvOptions options = in_chunks_of(chunk);
    options.max_cell_bytes = 4;
    EXPECT_EQ(parse("a\n1234\n\"5678\"\n", options).rows(), 2);
    const std::string message =
        "data: f.csv: line 2, column 1: needed cells of at most 4 bytes, found a longer one";
    EXPECT_EQ(parse_error("a\n12345\n", options), message);
    EXPECT_EQ(parse_error("a\n\"12345\"\n", options), message);
  }
}

}  // namespace
}  // namespace catenary::csv_testing
