#include "catenary/data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/mangle.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;
using testing_support::error_of;

Table parse(std::string_view text, const CsvOptions& options = {}) {
  return parse_csv(text, "f.csv", options);
}

std::string parse_error(std::string_view text, const CsvOptions& options = {}) {
  return error_of([&] { (void)parse(text, options); });
}

std::vector<std::string> texts(const Column& column) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < column.texts.size(); ++i) result.emplace_back(column.texts[i]);
  return result;
}

std::vector<std::int64_t> lines(const Table& table) {
  std::vector<std::int64_t> result;
  for (std::size_t row = 0; row < table.lines.size(); ++row) result.push_back(table.lines[row]);
  return result;
}

CsvOptions all(ColumnType type) {
  CsvOptions options;
  options.types = [type](auto names) { return std::vector<ColumnType>(names.size(), type); };
  return options;
}

TEST(Csv, InfersNumbersAndText) {
  const Table table = parse("x,name,mixed\n1.5,a,1\n-2e3,b,c\n");
  EXPECT_EQ(table.rows(), 2);
  EXPECT_EQ(table.columns[0].name, "x");
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(1.5, -2000));
  EXPECT_FALSE(table.columns[0].is_text());
  EXPECT_THAT(texts(table.columns[1]), ElementsAre("a", "b"));
  EXPECT_THAT(texts(table.columns[2]), ElementsAre("1", "c"));
  EXPECT_TRUE(table.columns[2].numbers.empty());
}

TEST(Csv, ReadsNumbersExactly) {
  const Table table = parse("x\n0.1\n+7\n5e-324\n1.7976931348623157e308\n-0\n\"3\"\n");
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(0.1, 7, 5e-324, 1.7976931348623157e308, 0, 3));
}

TEST(Csv, UnderstandsQuotes) {
  const Table table = parse("a,\"b,\"\"c\"\"\"\n\"1,2\",\"line\r\nfeed\"\n\"\"\"\",\"x\"\"y\"\n");
  EXPECT_EQ(table.columns[1].name, "b,\"c\"");
  EXPECT_THAT(texts(table.columns[0]), ElementsAre("1,2", "\""));
  EXPECT_THAT(texts(table.columns[1]), ElementsAre("line\r\nfeed", "x\"y"));
  EXPECT_THAT(lines(table), ElementsAre(2, 4));
}

TEST(Csv, AcceptsByteOrderMarkCrlfAndAMissingLastLineFeed) {
  for (const char* text :
       {"a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,b\n1,2", "\xEF\xBB\xBF\"a\",b\r\n1,\"2\"", "a,b\n1,2\r"}) {
    const Table table = parse(text);
    EXPECT_EQ(table.columns[0].name, "a") << text;
    EXPECT_THAT(table.columns[1].numbers, ElementsAre(2)) << text;
  }
}

TEST(Csv, ChunkBordersDoNotMatter) {
  const std::string text =
      "\xEF\xBB\xBFone,\"t\"\"wo\"\r\n12345.678,\"a\nb\"\r\n\"2\",größe\r\n3,\"\"\"\"\r\n";
  for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
    CsvOptions options;
    options.chunk_bytes = chunk;
    const Table table = parse(text, options);
    EXPECT_EQ(table.columns[1].name, "t\"wo");
    EXPECT_THAT(table.columns[0].numbers, ElementsAre(12345.678, 2, 3));
    EXPECT_THAT(texts(table.columns[1]), ElementsAre("a\nb", "größe", "\""));
    EXPECT_THAT(lines(table), ElementsAre(2, 4, 5));
  }
}

TEST(Csv, ColumnsHaveTheTypesThatTheCallerAsksFor) {
  CsvOptions options;
  options.types = [](std::span<const std::string> names) {
    EXPECT_THAT(std::vector(names.begin(), names.end()), ElementsAre("a", "b", "c"));
    return std::vector{ColumnType::kText, ColumnType::kSkip, ColumnType::kNumber};
  };
  const Table table = parse("a,b,c\n1, ,3\n", options);
  EXPECT_THAT(texts(table.columns[0]), ElementsAre("1"));
  EXPECT_TRUE(table.columns[1].numbers.empty());
  EXPECT_THAT(table.columns[2].numbers, ElementsAre(3));
}

TEST(Csv, ErrorsInCellsNameFileLineAndColumn) {
  EXPECT_EQ(parse_error("a,b\n\"x\ny\",1\nz,\n"),
            "data: f.csv: line 4, column 2 'b': needed a value, found a blank cell");
  EXPECT_EQ(parse_error("a,b\n1,2\n \t,2\n"),
            "data: f.csv: line 3, column 1 'a': needed a value, found a blank cell");
  EXPECT_EQ(parse_error("a,b\n1,NA\n", all(ColumnType::kNumber)),
            "data: f.csv: line 2, column 2 'b': needed a number, found 'NA'");
  EXPECT_EQ(parse_error("a,b\n1,\n", all(ColumnType::kNumber)),
            "data: f.csv: line 2, column 2 'b': needed a number, found a blank cell");
  EXPECT_EQ(parse_error("a,b\n1,2\n3,nan\n4,5\n"),
            "data: f.csv: line 3, column 2 'b': needed a finite number in the range of f64, found 'nan'");
  EXPECT_EQ(parse_error("a\n1e999\n", all(ColumnType::kNumber)),
            "data: f.csv: line 2, column 1 'a': needed a finite number in the range of f64, found '1e999'");
  EXPECT_EQ(parse_error("a\ngr\xF6\xDF"
                        "e\n"),
            "data: f.csv: line 2, column 1 'a': needed UTF-8, found 'gr\\xF6\\xDFe'");
}

TEST(Csv, WhatIsNoNumberIsText) {
  for (const char* cell : {"1 ", " 1", "1,5", "0x10", "1e", "++1", "+-1", "-", "+", "."}) {
    EXPECT_TRUE(parse(fmt::format("a\n\"{}\"\n", cell)).columns[0].is_text()) << cell;
  }
  EXPECT_TRUE(parse("a\nnan\ninf\nx\n").columns[0].is_text());
}

TEST(Csv, ErrorsInTheHeaderNameTheColumn) {
  EXPECT_EQ(parse_error(""), "data: f.csv: needed a header on line 1, found an empty file");
  EXPECT_EQ(parse_error("\n1\n"), "data: f.csv: line 1: needed a header, found a blank line");
  EXPECT_EQ(parse_error("a,b\n"), "data: f.csv: needed rows below the header, found none");
  EXPECT_EQ(parse_error("a,,b\n"),
            "data: f.csv: line 1, column 2 '': needed a name in the header, found a blank cell");
  EXPECT_EQ(parse_error("a,b,a\n1,2,3\n"),
            "data: f.csv: line 1, column 3 'a': needed distinct names in the header, found this name twice");
  EXPECT_EQ(parse_error(std::string("\xFE\x61\0", 3)),
            "data: f.csv: line 1, column 1 '\\xFEa\\x00': needed UTF-8, found other bytes");
}

TEST(Csv, ErrorsInRowsNameTheLine) {
  EXPECT_EQ(parse_error("a,b\n1,2\n3\n"), "data: f.csv: line 3: needed 2 cells as in the header, found 1");
  EXPECT_EQ(parse_error("a,b\n1,2,3,4\n"), "data: f.csv: line 2: needed 2 cells as in the header, found 4");
  std::string endless = "a,b\n1";
  for (int i = 0; i < 1002; ++i) endless += ",1";
  EXPECT_EQ(parse_error(endless),
            "data: f.csv: line 2: needed 2 cells as in the header, found more than 1002");
  EXPECT_EQ(parse_error("a,b\n1,2\n\n3,4\n"), "data: f.csv: line 3: needed a row, found a blank line");
}

TEST(Csv, ErrorsInQuotesNameTheLine) {
  EXPECT_EQ(parse_error("a\n1\nx\"y\n"),
            "data: f.csv: line 3, column 1: a quote within a cell that does not start with one");
  EXPECT_EQ(parse_error("a\n\"x\"y\n"),
            "data: f.csv: line 2, column 1: text between a closing quote and the end of its cell");
  EXPECT_EQ(parse_error("a\n1\n\"x\ny\n"), "data: f.csv: line 3, column 1: a quote is never closed");
  EXPECT_EQ(parse_error("a\n1\r2\r3\r"),
            "data: f.csv: line 2, column 1: a carriage return without a line feed");
}

TEST(Csv, SaysWhatAFileIsThatIsNoText) {
  EXPECT_EQ(parse_error("\x1F\x8B\x08\x01"),
            "data: f.csv: needed a CSV file, which is text in UTF-8, found gzip data");
  EXPECT_EQ(parse_error("PK\x03\x04\x14"),
            "data: f.csv: needed a CSV file, which is text in UTF-8, found a zip archive");
  EXPECT_EQ(parse_error(std::string("\xFF\xFE"
                                    "a\0,\0",
                                    6)),
            "data: f.csv: needed a CSV file, which is text in UTF-8, found text in UTF-16");
  EXPECT_EQ(parse_error(std::string("\x08\0\0\0\0\0\0\0{}      ", 16)),
            "data: f.csv: needed a CSV file, which is text in UTF-8, found a safetensors file");
  EXPECT_EQ(parse("BZh,PAR1\n1,2\n").rows(), 1);
}

TEST(Csv, LimitsHold) {
  EXPECT_EQ(parse_error("a,b,c\n1,2,3\n", {.types = {}, .limits = {.max_columns = 2}}),
            "data: f.csv: line 1: needed at most 2 columns, found more; data.max_columns sets the limit");
  for (const std::size_t chunk : {3, 100}) {
    const CsvOptions options{.types = {}, .max_cell_bytes = 4, .chunk_bytes = chunk};
    EXPECT_EQ(parse("a\n1234\n\"5678\"\n", options).rows(), 2);
    const std::string message =
        "data: f.csv: line 2, column 1: needed cells of at most 4 bytes, found a longer one";
    EXPECT_EQ(parse_error("a\n12345\n", options), message);
    EXPECT_EQ(parse_error("a\n\"12345\"\n", options), message);
  }
}

// All of a file's columns as the numbers of one matrix.
CsvOptions one_matrix(const DataLimits& limits) {
  return {.types = [](auto names) { return std::vector(names.size(), ColumnType::kF32); },
          .matrices =
              [] {
                return std::vector<std::vector<std::size_t>>{{0, 1}};
              },
          .limits = limits,
          .chunk_bytes = 1000};
}

std::string rows_of_two(int count) {
  std::string text = "a,b\n";
  for (int i = 0; i < count; ++i) text += "1,2\n";
  return text;
}

TEST(Csv, LimitsOfMemoryCountRowsAndNamesAndTexts) {
  constexpr std::string_view kRefused =
      "data: f.csv: needed data that take at most 50000 bytes of memory, found more; data.max_bytes "
      "(--max-bytes) sets the limit";
  const DataLimits limits{.max_bytes = 50'000};
  EXPECT_EQ(parse(rows_of_two(1000), one_matrix(limits)).rows(), 1000);
  EXPECT_EQ(parse_error(rows_of_two(1300), one_matrix(limits)), kRefused);
  const CsvOptions infer{.types = {}, .limits = limits, .chunk_bytes = 100};
  EXPECT_EQ(parse_error(std::string(50'000, 'a') + "\n1\n", infer), kRefused);
  EXPECT_EQ(parse_error("a\n" + std::string(50'000, 'x') + "\n", infer), kRefused);
  std::string wide = "a";
  for (int i = 0; i < 100; ++i) wide += fmt::format(",c{}", i);
  EXPECT_EQ(parse_error(wide + "\n", infer), kRefused);
}

// A pipe into which somebody writes rows for as long as somebody reads them.
TEST(Csv, AnEndlessPipeEndsAtTheLimit) {
  const testing_support::TemporaryDirectory dir;
  const std::string path = (dir / "endless.csv").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::signal(SIGPIPE, SIG_IGN);
  std::thread writer([&] {
    std::ofstream pipe(path);
    for (pipe << "a,b\n"; pipe;) pipe << "1,2\n";
  });
  std::string message;
  const std::int64_t most = testing_support::most_bytes_allocated(
      [&] { message = error_of([&] { (void)read_csv(path, one_matrix({.max_bytes = 1'000'000})); }); });
  writer.join();
  EXPECT_THAT(message, ::testing::HasSubstr(
                           "needed data that take at most 500000 bytes of memory, found more from a pipe, "
                           "which may take half of the limit; data.max_bytes (--max-bytes) sets the limit"));
  EXPECT_LT(most, 1'000'000);
}

const std::string kSmall = "x,\"na\"\"me\"\r\n1.5,\"a\nb\"\r\n-2,größe\r\n";

TEST(Csv, TruncationIsAnErrorOrLeavesWholeRows) {
  for (std::size_t size = 0; size < kSmall.size(); ++size) {
    const std::string message = parse_error(kSmall.substr(0, size));
    // Cut after or within the text of a row's last cell, a file is as good as any other.
    const bool may_be_whole = size >= kSmall.find("b\"") + 2;
    EXPECT_THAT(message, ::testing::AnyOf(may_be_whole ? "no error" : "", StartsWith("data: f.csv: ")))
        << size;
  }
}

TEST(Csv, FlippedBitsNeverCrash) {
  for (std::uint64_t trial = 0; trial < 3000; ++trial) {
    const std::string message = parse_error(testing_support::mangled(kSmall, trial));
    EXPECT_THAT(message, ::testing::AnyOf("no error", StartsWith("data: f.csv: ")));
  }
}

TEST(Csv, ReadsFromAPath) {
  const testing_support::TemporaryDirectory dir;
  const auto path = dir.file("a.csv", "\xEF\xBB\xBF" + kSmall);
  EXPECT_EQ(read_csv(path).rows(), 2);
  EXPECT_EQ(read_csv(path).file, path.string());
  EXPECT_EQ(error_of([] { (void)read_csv("/nowhere"); }),
            "io: cannot open '/nowhere': No such file or directory");
}

}  // namespace
}  // namespace catenary
