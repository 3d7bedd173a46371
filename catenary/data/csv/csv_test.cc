#include "catenary/data/csv/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "catenary/data/csv/csv_testing.h"
#include "tests/support/count_allocations.h"
#include "tests/support/gzip.h"
#include "tests/support/mangle.h"
#include "tests/support/temporary_directory.h"

namespace catenary::csv_testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using testing_support::error_of;
using testing_support::TemporaryDirectory;

TEST(Csv, SaysHowATableIsWritten) {
  EXPECT_THAT(parse("a,b\n1,2\n").notes, IsEmpty());
  EXPECT_THAT(parse("a;b\n1;2\n").notes, ElementsAre("f.csv: the separator is ';'"));
  const Table comma = parse("a;b\n1,5;x\n-2e3;y\n");
  EXPECT_THAT(comma.notes, ElementsAre("f.csv: the separator is ';', numbers have a decimal comma"));
  EXPECT_THAT(numbers(comma, 0), ElementsAre(1.5, -2000));
  EXPECT_EQ(comma.decimal, ',');
  const Table told = parse("a;b\n1,5;x\n", {.format = {.separator = ';', .decimal = ','}});
  EXPECT_THAT(told.notes, IsEmpty());
  EXPECT_THAT(numbers(told, 0), ElementsAre(1.5));
}

TEST(Csv, TheCallersFormatIsTakenForTrue) {
  EXPECT_EQ(parse("a;b,c\n1;2,3\n", {.format = {.separator = ';'}}).columns.size(), 2u);
  EXPECT_EQ(parse("a|b;c\n1,5|2;3\n", {.format = {.separator = '|', .decimal = '.'}}).columns[0].type,
            ColumnType::kCategory);
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

// All of a file's columns as numbers.
CsvOptions few_bytes(std::uint64_t bytes, std::size_t chunk) {
  CsvOptions options = all({.type = ColumnType::kNumber});
  options.limits.max_bytes = bytes;
  options.chunk_bytes = chunk;
  return options;
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
  EXPECT_EQ(parse(rows_of_two(1000), few_bytes(50'000, 1000)).rows(), 1000);
  EXPECT_EQ(parse_error(rows_of_two(1300), few_bytes(50'000, 1000)), kRefused);
  CsvOptions infer = few_bytes(50'000, 100);
  infer.requests = {};
  EXPECT_EQ(parse_error(std::string(50'000, 'a') + "\n1\n", infer), kRefused);
  EXPECT_EQ(parse_error("a\n" + std::string(50'000, 'x') + "\n", infer), kRefused);
  std::string wide = "a";
  for (int i = 0; i < 100; ++i) wide += fmt::format(",c{}", i);
  EXPECT_EQ(parse_error(wide + "\n", infer), kRefused);
  std::string distinct = "a\n";
  for (int i = 0; i < 500; ++i) distinct += fmt::format("value{}\n", i);
  EXPECT_EQ(parse_error(distinct, infer), kRefused);
  CsvOptions carried = all({.role = ColumnRole::kText});
  carried.limits.max_bytes = 50'000, carried.chunk_bytes = 100;
  std::string long_texts = "a\n";
  for (int i = 0; i < 500; ++i) long_texts += std::string(90, 'x') + "\n";
  EXPECT_EQ(parse_error(long_texts, carried), kRefused);
}

// Writes into a pipe from a thread of its own.
class Pipe {
 public:
  Pipe(const TemporaryDirectory& dir, std::string bytes) : path_(dir / "pipe.csv") {
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    writer_ =
        std::thread([this, bytes = std::move(bytes)] { std::ofstream(path_, std::ios::binary) << bytes; });
  }
  ~Pipe() { writer_.join(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::thread writer_;
};

// A pipe into which somebody writes rows for as long as somebody reads them.
TEST(Csv, AnEndlessPipeEndsAtTheLimit) {
  const TemporaryDirectory dir;
  const std::string path = (dir / "endless.csv").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::signal(SIGPIPE, SIG_IGN);
  std::thread writer([&] {
    std::ofstream pipe(path);
    for (pipe << "a,b\n"; pipe;) pipe << "1,2\n";
  });
  std::string message;
  const std::int64_t most = testing_support::most_bytes_allocated(
      [&] { message = error_of([&] { (void)read_csv(path, few_bytes(1'000'000, 1000)); }); });
  writer.join();
  EXPECT_THAT(message, ::testing::HasSubstr(
                           "needed data that take at most 500000 bytes of memory, found more from a pipe, "
                           "which may take half of the limit; data.max_bytes (--max-bytes) sets the limit"));
  EXPECT_LT(most, 1'000'000);
}

// Numbers for longer than the format is told by, then a text: the file is read again.
std::string text_late() {
  std::string text = "x;y\n";
  for (int i = 0; i < 20'000; ++i) text += fmt::format("{},5;{}\n", i % 3, i);
  return text + "rotary;0\n";
}

void expect_text_late(const Table& table) {
  EXPECT_EQ(table.rows(), 20'001);
  EXPECT_THAT(table.columns[0].levels, ElementsAre("0,5", "1,5", "2,5", "rotary"));
  EXPECT_EQ(numbers(table, 1)[19'999], 19'999);
}

TEST(Csv, FilesAndPipesPlainOrGzippedAreReadAsOftenAsNeedBe) {
  const TemporaryDirectory dir;
  const std::string text = text_late();
  const std::string zipped = testing_support::gzip(text);
  expect_text_late(read_csv(dir.file("plain.csv", text)));
  expect_text_late(read_csv(dir.file("zipped.csv.gz", zipped)));
  for (const std::string& bytes : {text, zipped}) {
    const TemporaryDirectory other;
    const Pipe pipe(other, bytes);
    expect_text_late(read_csv(pipe.path()));
  }
}

const std::string kSmall = "x,\"na\"\"me\"\r\n1.5,\"a\nb\"\r\n-2,größe\r\n";

TEST(Csv, TruncationIsAnErrorOrLeavesWholeRows) {
  for (std::size_t size = 0; size < kSmall.size(); ++size) {
    const std::string message = parse_error(kSmall.substr(0, size));
    // Cut behind a separator, or behind or within the text of a row's last cell, a file is as good as any
    // other.
    const bool may_be_whole = size == kSmall.find("1.5,") + 4 || size >= kSmall.find("b\"") + 2;
    EXPECT_THAT(message, ::testing::AnyOf(may_be_whole ? "no error" : "", StartsWith("data: f.csv: ")))
        << size;
  }
}

TEST(Csv, FlippedBitsNeverCrash) {
  for (std::uint64_t trial = 0; trial < 3000; ++trial) {
    const std::string message =
        parse_error(testing_support::mangled(kSmall, trial), in_chunks_of(1 + trial % 9));
    EXPECT_THAT(message, ::testing::AnyOf("no error", StartsWith("data: f.csv: ")));
  }
}

TEST(Csv, ReadsFromAPath) {
  const TemporaryDirectory dir;
  const auto path = dir.file("a.csv", "\xEF\xBB\xBF" + kSmall);
  EXPECT_EQ(read_csv(path).rows(), 2);
  EXPECT_EQ(read_csv(path).file(), path.string());
  EXPECT_EQ(error_of([] { (void)read_csv("/nowhere"); }),
            "io: cannot open '/nowhere': No such file or directory");
}

TEST(Csv, ALineThatDeclaresTheSeparatorIsNoHeader) {
  for (const char* text :
       {"sep=;\na;b\n1,5;2\n", "\xEF\xBB\xBFsep=,\r\na,b\r\n1,2\r\n", "sep=|\n\na|b\n1|2\n"}) {
    const Table table = parse(text);
    EXPECT_THAT(names(table), testing::ElementsAre("a", "b")) << text;
    EXPECT_EQ(table.rows(), 1);
  }
  EXPECT_THAT(names(parse("sep=,x\n1,2\n")), testing::ElementsAre("sep=", "x"));
}

}  // namespace
}  // namespace catenary::csv_testing
