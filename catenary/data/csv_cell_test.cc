#include "catenary/data/csv_cell.h"

#include <gmock/gmock.h>

#include "catenary/data/csv/csv.h"

namespace catenary {
namespace {

TEST(CsvCell, StandsInQuotesOnlyWhereItMust) {
  for (const char* plain : {"", "a", "red wine", "02134", "-1.5", "x-y", "Ulm/Donau", "\xC3\xA9t\xC3\xA9"})
    EXPECT_EQ(csv_cell(plain), plain);
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"no\""), "\"say \"\"no\"\"\"");
  EXPECT_EQ(csv_cell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_cell("one\rline"), "\"one\rline\"");
  for (const std::string text : {" a", "a ", "\ta", "a\t", " ", "1;2", "1|2", "1\t2"})
    EXPECT_EQ(csv_cell(text), "\"" + text + "\"");
}

TEST(CsvCell, OfAValueIsNoMissingOne) {
  for (const std::string text : {"", "NA", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "-", "."})
    EXPECT_EQ(csv_value(text), "\"" + text + "\"");
  for (const std::string text : {"nap", "n", "a", "--", "..", "0", "none of these"})
    EXPECT_EQ(csv_value(text), text);
  EXPECT_EQ(csv_value("a,b"), "\"a,b\"");
}

TEST(CsvCell, IsWhatTheReaderReads) {
  const std::string texts[] = {"a,b", "\"", "\"\"", "x\"y", "two\nlines", "cr\r\nlf", "a;b", "tab\there"};
  std::string file = "text\n";
  for (const std::string& text : texts) file += csv_cell(text) + "\n";
  const auto as_text = [](auto names) {
    return std::vector<ColumnRequest>(names.size(), {.role = ColumnRole::kText});
  };
  const Table table = parse_csv(file, "t.csv", {.requests = as_text});
  for (std::size_t i = 0; i < std::size(texts); ++i) EXPECT_EQ(table.columns[0].texts[i], texts[i]);
}

}  // namespace
}  // namespace catenary
