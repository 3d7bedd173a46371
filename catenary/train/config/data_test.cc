#include <fmt/format.h>
#include <gmock/gmock.h>

#include "catenary/train/config/config.h"
#include "tests/support/errors.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing_support::error_of;

constexpr const char* kRest =
    "[[model.layers]]\ntype = \"dense\"\n[train]\nloss = \"softmax_cross_entropy\"\n";

Config data_config(const std::string& data, const std::string& loss = "softmax_cross_entropy") {
  return parse_config("format = 1\n[data]\n" + data + "\n" + kRest, "/c/c.toml",
                      std::vector<std::string>{"train.loss=" + loss});
}

std::string data_error(const std::string& data) {
  return error_of([&] { (void)data_config(data); });
}

// A table with a target and these further keys.
const std::string kTable = "train = \"d.csv\"\ntarget = \"y\"\n";
DataConfig table(const std::string& keys) { return data_config(kTable + keys).data; }
std::string table_error(const std::string& keys) { return data_error(kTable + keys); }

TEST(DataConfig, OfATableHasDefaultsThatLeaveTheFormatToTheFile) {
  const DataConfig data = table("");
  EXPECT_EQ(data.table, CsvFormat{});
  EXPECT_FALSE(data.table.separator || data.table.decimal);
  EXPECT_TRUE(data.table.has_header);
  EXPECT_FALSE(data.target_type || data.validation || data.test || data.split);
  EXPECT_THAT(data.types, IsEmpty());
  EXPECT_THAT(data.ignore, IsEmpty());
  EXPECT_EQ(data.id, "");
}

TEST(DataConfig, ReadsEachKeyOfATable) {
  const DataConfig data = table(
      "separator = ';'\ndecimal = ','\nheader = false\ncolumns = ['a', 'b', 'y', 'n']\nmissing = ['.', '']\n"
      "types = { a = 'category', b = 'time', \"c d\" = 'boolean', e = 'number' }\nignore = ['b']\nid = 'n'\n"
      "target_type = 'category'\nvalidation = 'v.csv'\ntest = 't.csv'");
  EXPECT_EQ(data.table.separator, ';');
  EXPECT_EQ(data.table.decimal, ',');
  EXPECT_FALSE(data.table.has_header);
  EXPECT_THAT(data.table.columns, ElementsAre("a", "b", "y", "n"));
  EXPECT_THAT(data.table.missing, ElementsAre(".", ""));
  EXPECT_THAT(data.types, ElementsAre(Pair("a", ColumnType::kCategory), Pair("b", ColumnType::kTime),
                                      Pair("c d", ColumnType::kBoolean), Pair("e", ColumnType::kNumber)));
  EXPECT_THAT(data.ignore, ElementsAre("b"));
  EXPECT_EQ(data.id, "n");
  EXPECT_EQ(data.target_type, ColumnType::kCategory);
  EXPECT_EQ(data.validation->samples, "/c/v.csv");
  EXPECT_EQ(data.test->samples, "/c/t.csv");
}

TEST(DataConfig, ATabIsWrittenAsItselfOrByItsName) {
  for (const std::string text : {"'tab'", R"("\t")"})
    EXPECT_EQ(table("separator = " + text).table.separator, '\t');
}

TEST(DataConfig, AListOfOneNameMayBeTheNameAlone) {
  EXPECT_THAT(table("ignore = 'b'").ignore, ElementsAre("b"));
}

TEST(DataConfig, NoWordNeedStandForAMissingValue) {
  EXPECT_THAT(table("missing = []").table.missing, IsEmpty());
}

TEST(DataConfig, IsWrittenAsItIsRead) {
  for (const std::string keys :
       {"", "separator = 'tab'", "separator = '|'\ndecimal = ','", "header = false\ncolumns = ['a', 'y']",
        "separator = ','\ndecimal = ','", "date_order = 'day_first'", "header = false", "missing = []",
        "missing = ['n \" a', '\\']", "types = { 'a.b c\"' = 'time' }", "ignore = ['x', 'y z']\nid = 'n'",
        "target_type = 'category'", "validation = 'v'\ntest = 't'", "validation = 'v'",
        "split = { validation = 0.25 }", "split = { validation = 0.1, test = 0.2, by = 'random' }",
        "split = { test = 0.2, by = 'ordered' }", "split = { test = 0.2, group = 'g' }",
        "split = { column = 'p' }"}) {
    const Config config = data_config(kTable + keys);
    EXPECT_EQ(parse_config(to_toml(config), "/elsewhere/config.resolved.toml"), config) << to_toml(config);
  }
}

TEST(DataConfig, ASplitIsStratifiedForClassesAndRandomForNumbers) {
  const std::string split = kTable + "split = { test = 0.5 }";
  EXPECT_EQ(data_config(split).data.split->by, SplitOrder::kStratified);
  EXPECT_EQ(data_config(split, "huber").data.split->by, SplitOrder::kRandom);
  EXPECT_THAT(to_toml(data_config(split)), HasSubstr("split = { test = 0.5, by = \"stratified\" }"));
  EXPECT_EQ(
      error_of([] { (void)data_config(kTable + "split = { test = 0.5, by = 'stratified' }", "huber"); }),
      "config: /c/c.toml:5:9: data.split.by: 'stratified' needs classes, and the loss huber predicts "
      "numbers");
}

TEST(DataConfig, TheFilesNameTellsItsFormat) {
  for (const std::string name :
       {"d.csv", "D.CSV", "d.tsv", "d.tsv.gz", "d.CSV.GZ", "d.tab", "d.txt", "d.data", "d.dat"})
    EXPECT_EQ(data_config("train = '" + name + "'\ntarget = 'y'").data.format, DataFormat::kCsv) << name;
  for (const std::string name : {"a.npz", "A.NPY"})
    EXPECT_EQ(data_config("train = '" + name + "'").data.format, DataFormat::kNumpy) << name;
  EXPECT_EQ(data_config("train = 'train-images-idx3-ubyte.gz'").data.format, DataFormat::kIdx);
}

TEST(DataConfig, AFileWhoseNameTellsNothingIsNotTakenForImages) {
  for (const std::string name : {"folder", "folder/", "d.xlsx", "d.gz", "csv"}) {
    EXPECT_EQ(
        data_error("train = '" + name + "'\ntarget = 'y'"),
        "config: /c/c.toml:3:9: data.train: expected a file whose name tells its format (.csv, .tsv, .txt, "
        ".data, each also with .gz, .npz, .npy, or 'images-idx3' in it), or data.format = \"csv\", "
        "\"numpy\", "
        "\"idx\" or \"text\", found the string '" +
            name + "'");
  }
  EXPECT_EQ(data_config("train = 'folder/d'\ntarget = 'y'\nformat = 'csv'").data.train.samples,
            "/c/folder/d");
}

TEST(DataConfig, SaysWhatIsWrongWithAKeyOfATable) {
  const std::string at = "config: /c/c.toml:5:";
  EXPECT_EQ(table_error("separator = ':'"),
            at + "13: data.separator: expected ',', ';', 'tab' or '|', found the string ':'");
  EXPECT_EQ(table_error("decimal = ';'"), at + "11: data.decimal: expected '.' or ',', found the string ';'");
  EXPECT_EQ(table_error("date_order = 'year_first'"),
            at + "14: data.date_order: unknown value 'year_first'; expected one of month_first, day_first; "
                 "did you mean 'day_first'?");
  EXPECT_EQ(table_error("header = 'no'"),
            at + "10: data.header: expected true or false, found the string 'no'");
  EXPECT_EQ(table_error("columns = ['a']"),
            at + "1: data.columns: names the columns of a file without a header: header = false");
  EXPECT_EQ(table_error("columns = ['a', 'a']\nheader = false"),
            at + "17: data.columns: the string 'a' stands there twice");
  EXPECT_EQ(table_error("missing = 'NA'"), at + "11: data.missing: expected an array of words that stand for "
                                                "a missing value, found the string 'NA'");
  EXPECT_EQ(table_error("missing = [0]"),
            at + "12: data.missing: expected an array of words that stand for a missing value, found 0");
  EXPECT_EQ(
      table_error("types = 'category'"),
      at + "9: data.types: expected a table such as { zip = \"category\" }, found the string 'category'");
  EXPECT_EQ(table_error("types = { zip = 'categry' }"),
            at + "17: data.types.zip: unknown value 'categry'; expected one of number, category, boolean, "
                 "time; did you "
                 "mean 'category'?");
  EXPECT_EQ(table_error("ignore = 3"),
            at + "10: data.ignore: expected the name of a column, or an array of such names, found 3");
  EXPECT_EQ(table_error("id = ''"), at + "6: data.id: expected the name of a column, found the string ''");
  EXPECT_EQ(table_error("target_type = 'boolean'"),
            at + "15: data.target_type: unknown value 'boolean'; expected one of number, category");
}

TEST(DataConfig, ATargetsTypeFitsTheLoss) {
  EXPECT_EQ(table_error("target_type = 'number'"),
            "config: /c/c.toml:5:15: data.target_type: the loss softmax_cross_entropy takes classes, found "
            "'number'");
  EXPECT_EQ(error_of([] { (void)data_config(kTable + "target_type = 'category'", "huber"); }),
            "config: /c/c.toml:5:15: data.target_type: the loss huber takes numbers, found 'category'");
  EXPECT_EQ(data_config(kTable + "target_type = 'number'", "huber").data.target_type, ColumnType::kNumber);
}

TEST(DataConfig, KeysThatAreNearFindTheirNames) {
  const auto hint = [](const std::string& keys) {
    const std::string message = table_error(keys);
    const std::size_t at = message.find("; did you mean ");
    return at == std::string::npos ? message : message.substr(at + 15);
  };
  EXPECT_EQ(hint("seperator = ';'"), "'separator'?");
  EXPECT_EQ(hint("sep = ';'"), "'separator'?");
  EXPECT_EQ(hint("delimiter = ';'"), "'separator'?");
  EXPECT_EQ(hint("na_values = ['x']"), "'missing'?");
  EXPECT_EQ(hint("dtype = { a = 'number' }"), "'types'?");
  EXPECT_EQ(hint("names = ['x']"), "'columns'?");
  EXPECT_EQ(hint("drop = ['x']"), "'ignore'?");
  EXPECT_EQ(hint("index_col = 'x'"), "'id'?");
  EXPECT_EQ(hint("types = { a = 'date' }"), "'time'?");
  EXPECT_EQ(hint("types = { a = 'bool' }"), "'boolean'?");
  EXPECT_EQ(hint("types = { a = 'categorical' }"), "'category'?");
  EXPECT_EQ(hint("types = { a = 'float' }"), "'number'?");
  EXPECT_EQ(hint("split = { val = 0.2 }"), "'validation'?");
}

TEST(DataConfig, ImagesHaveNoCacheAndOthersHaveOne) {
  EXPECT_EQ(data_config("train = 'a.npz'\ncache = 'rows'").data.cache, "/c/rows");
  EXPECT_EQ(table("cache = 'rows'").cache, "/c/rows");
  EXPECT_EQ(data_error("train = 'a-images-idx3'\ncache = 'rows'"),
            "config: /c/c.toml:4:1: data.cache: applies only to format = \"csv\" and \"numpy\"");
}

TEST(DataConfig, OnlyTablesHaveColumns) {
  const std::string at = "config: /c/c.toml:4:";
  for (const std::string key :
       {"separator = ';'", "decimal = ','", "header = true", "columns = ['a']", "missing = []", "types = {}",
        "ignore = 'a'", "id = 'a'", "target = 'a'", "target_type = 'category'"}) {
    for (const std::string train : {"'a-images-idx3'", "'a.npz'"}) {
      EXPECT_EQ(
          data_error(fmt::format("train = {}\n{}", train, key)),
          fmt::format("{}1: data.{}: applies only to format = \"csv\"", at, key.substr(0, key.find(' '))));
    }
  }
  for (const std::string split : {"{ column = 'p' }", "{ test = 0.5, group = 'g' }"}) {
    EXPECT_EQ(data_error("train = 'a-images-idx3'\nsplit = " + split),
              at + "9: data.split: only tables have named columns: expected shares");
  }
}

TEST(DataConfig, TablesMayBeSeveralFiles) {
  const DataConfig data = data_config("train = ['a.csv', 'b.csv']\ntest = 't.csv'\ntarget = 'y'").data;
  EXPECT_EQ(data.format, DataFormat::kCsv);
  EXPECT_EQ(data.train, (DataFiles{"/c/a.csv", "", {"/c/b.csv"}}));
  const Config config = data_config("train = ['a.csv', 'b.csv']\ntest = 't.csv'\ntarget = 'y'");
  EXPECT_EQ(parse_config(to_toml(config), "/elsewhere/c.toml"), config) << to_toml(config);
  EXPECT_EQ(
      data_error("train = 'no-*.csv'\ntarget = 'y'"),
      "config: /c/c.toml:3:9: data.train: expected a pattern that some file's name has, found the string "
      "'no-*.csv'");
  EXPECT_EQ(
      data_error("train = []\nformat = 'csv'\ntarget = 'y'"),
      "config: /c/c.toml:3:9: data.train: expected a path, or an array of at least one, found an array");
}

TEST(DataConfig, NoFileIsInTwoParts) {
  const std::string message =
      "config: /c/c.toml:3:9: data.test: needed each file once among train, validation and test, found '";
  EXPECT_THAT(table_error("test = \"d.csv\"\n"), testing::StartsWith(message));
  EXPECT_THAT(data_error("train = [\"a.csv\", \"b.csv\"]\ntarget = \"y\"\ntest = \"b.csv\"\n"),
              testing::HasSubstr("data.test: needed each file once"));
  EXPECT_THAT(data_error("train = [\"a.csv\", \"a.csv\"]\ntarget = \"y\"\n"),
              testing::HasSubstr("data.train: needed each file once"));
}

TEST(DataConfig, AFolderIsNotTakenForImages) {
  EXPECT_THAT(
      data_error("train = \"/tmp\"\ntarget = \"y\"\n"),
      testing::HasSubstr(
          "data.train: expected a file, found the folder '/tmp'; \"FOLDER/*.csv\" names the tables in"));
}

TEST(DataConfig, AStreamsNameTellsNoFormat) {
  EXPECT_EQ(data_error("train = '-'"),
            "config: /c/c.toml:2:1: missing key 'data.format': expected \"csv\", \"numpy\", \"idx\" or "
            "\"text\", which "
            "the name "
            "of a stream does not tell");
}

TEST(DataConfig, ReadsArraysOfOneFileOrTwo) {
  const DataConfig data = data_config("train = { x = 'x.npy', y = 'y.npy' }\ntest = 't.npz'").data;
  EXPECT_EQ(data.format, DataFormat::kNumpy);
  EXPECT_EQ(data.train, (DataFiles{"/c/x.npy", "/c/y.npy"}));
  EXPECT_EQ(data.test, (DataFiles{"/c/t.npz", ""}));
  const Config config = data_config("train = { x = 'x.npy', y = 'y.npy' }\ntest = 't.npz'");
  EXPECT_EQ(parse_config(to_toml(config), "/elsewhere/c.toml"), config) << to_toml(config);
  EXPECT_EQ(data_error("train = { x = 'x.npy' }"),
            "config: /c/c.toml:3:9: missing key 'data.train.y': expected a path");
}

}  // namespace
}  // namespace catenary::train
