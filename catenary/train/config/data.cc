#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/file_pattern.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/words.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

namespace {

constexpr std::array<std::string_view, 23> kKeys = {
    "format",      "train",       "validation",  "test",        "split",   "sequence",
    "target",      "target_type", "classes",     "separator",   "decimal", "header",
    "columns",     "missing",     "types",       "ignore",      "id",      "date_order",
    "standardize", "max_bytes",   "max_columns", "max_classes", "cache"};
// Of tables alone.
constexpr std::array<std::string_view, 11> kTableKeys = {"target", "target_type", "separator", "decimal",
                                                         "header", "columns",     "missing",   "types",
                                                         "ignore", "id",          "date_order"};
// Those that say how a table is read, whatever it is read for.
constexpr std::array<std::string_view, 14> kReadingKeys = {
    "target_type", "separator", "decimal",    "header", "columns",   "missing",     "types",
    "ignore",      "id",        "date_order", "cache",  "max_bytes", "max_columns", "max_classes"};
// The orders that 3/4/2024 may have.
constexpr std::array kDateOrders = {DateOrder::kMonthFirst, DateOrder::kDayFirst};
constexpr std::array kTypes = {ColumnType::kNumber, ColumnType::kCategory, ColumnType::kBoolean,
                               ColumnType::kTime};

constexpr std::array kFormats = {DataFormat::kIdx, DataFormat::kCsv, DataFormat::kNumpy, DataFormat::kText};

constexpr std::int64_t kMostBytes = std::int64_t{1} << 50;    // a pebibyte: more than any machine's memory
constexpr std::int64_t kMostClasses = std::int64_t{1} << 24;  // their numbers stay exact in f32

constexpr std::string_view kExpectedIdx =
    "{ images = \"...\", labels = \"...\" }, or a file name with 'images-idx3' that the labels' name follows "
    "from";

// Relative paths in the file start at the file's folder; those of an override, or of a config that comes by a
// stream, at the working directory, from where they are named in messages. `-` is the standard input.
std::string path_at(const TomlNode& node, std::string_view path, const std::string& config_path) {
  namespace fs = std::filesystem;
  const std::string& text = as_string(node, path, "a path");
  const bool has_controls = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' '; });
  if (text.empty() || has_controls) fail_expected(node, path, "a path");
  if (text == "-") return "/dev/stdin";
  const bool has_folder = !node.place.starts_with("--set ") && !descriptor_of(config_path);
  const fs::path base = has_folder ? fs::path(config_path).parent_path() : fs::path();
  const std::string name = (base / text).lexically_normal().string();
  return name == "-" ? "./-" : name;
}

// keys: of the samples' file and the labels'.
DataFiles read_pair(const TomlNode& node, const std::string& path, const std::string& config_path,
                    const std::array<std::string_view, 2>& keys) {
  const TableReader table(node, path, keys);
  const auto file = [&](std::string_view key) {
    return path_at(table.require(key, "a path"), table.path(key), config_path);
  };
  return {file(keys[0]), file(keys[1]), {}};
}

// The labels' file beside "train-images-idx3-ubyte.gz" is "train-labels-idx1-ubyte.gz".
DataFiles infer_labels(const TomlNode& node, const std::string& path, const std::string& config_path) {
  if (!std::holds_alternative<std::string>(node.value)) fail_expected(node, path, kExpectedIdx);
  constexpr std::string_view kImages = "images-idx3";
  DataFiles files{path_at(node, path, config_path), "", {}};
  const std::size_t at = files.samples.rfind(kImages);
  if (at == std::string::npos || files.samples.find('/', at) != std::string::npos)
    fail_expected(node, path, kExpectedIdx);
  files.labels = files.samples;
  files.labels.replace(at, kImages.size(), "labels-idx1");
  return files;
}

std::vector<std::string> files_of(const TomlNode& node, std::string_view path,
                                  const std::string& config_path) {
  std::vector<std::string> files = files_of_pattern(path_at(node, path, config_path));
  if (files.empty()) fail_expected(node, path, "a pattern that some file's name has");
  return files;
}

// One table, or several with the same columns.
DataFiles read_tables(const TomlNode& node, const std::string& path, const std::string& config_path) {
  std::vector<std::string> files;
  if (node.array() == nullptr) {
    files = files_of(node, path, config_path);
  } else {
    if (node.array()->empty()) fail_expected(node, path, "a path, or an array of at least one");
    for (const TomlNode& entry : *node.array()) {
      const std::vector<std::string> found = files_of(entry, path, config_path);
      files.insert(files.end(), found.begin(), found.end());
    }
  }
  return {files.front(), "", {files.begin() + 1, files.end()}};
}

DataFiles read_files(const TomlNode& node, const std::string& path, const std::string& config_path,
                     DataFormat format) {
  if (format == DataFormat::kCsv) return read_tables(node, path, config_path);
  const bool is_pair = node.table() != nullptr;
  if (format == DataFormat::kNumpy && is_pair) return read_pair(node, path, config_path, {"x", "y"});
  if (format == DataFormat::kNumpy || format == DataFormat::kText)
    return {path_at(node, path, config_path), "", {}};
  if (is_pair) return read_pair(node, path, config_path, {"images", "labels"});
  return infer_labels(node, path, config_path);
}

// The files beside the training file, or how it is divided.
void read_parts(const TableReader& table, DataConfig& data, const std::string& config_path) {
  if (const TomlNode* split = table.find("split")) {
    constexpr std::array<std::string_view, 2> kFiles = {"validation", "test"};
    table.forbid(kFiles, "expected either files for validation and test or a split, found both");
    data.split = read_split(*split);
    if (data.format != DataFormat::kCsv && !(data.split->column + data.split->group).empty())
      fail(ErrorKind::kConfig, "{}: data.split: only tables have named columns: expected shares",
           split->place);
  }
  const auto file = [&](std::string_view key) -> std::optional<DataFiles> {
    const TomlNode* node = table.find(key);
    if (node == nullptr) return std::nullopt;
    return read_files(*node, table.path(key), config_path, data.format);
  };
  data.validation = file("validation");
  data.test = file("test");
}

std::vector<std::string> read_targets(const TableReader& data) {
  constexpr std::string_view kExpected = "the name of a column, or an array of such names";
  return as_names(data.require("target", kExpected), "data.target", kExpected);
}

// One of the characters that a key may have; a tab is "\t" or "tab".
std::optional<char> read_character(const TableReader& data, std::string_view key, std::string_view characters,
                                   std::string_view expected) {
  const TomlNode* node = data.find(key);
  if (node == nullptr) return std::nullopt;
  const std::string& text = as_string(*node, data.path(key), expected);
  if (text == "tab") return '\t';
  if (text.size() != 1 || characters.find(text[0]) == std::string_view::npos)
    fail_expected(*node, data.path(key), expected);
  return text[0];
}

CsvFormat read_csv_format(const TableReader& data) {
  CsvFormat format;
  format.separator = read_character(data, "separator", kSeparators, "',', ';', 'tab' or '|'");
  format.decimal = read_character(data, "decimal", ".,", "'.' or ','");
  if (data.find("date_order") != nullptr)
    format.date_order =
        data.choice("date_order", std::span<const DateOrder>(kDateOrders), DateOrder::kMonthFirst);
  format.has_header = data.boolean("header", true);
  if (const TomlNode* columns = data.find("columns")) {
    if (format.has_header)
      data.forbid(std::array<std::string_view, 1>{"columns"},
                  "names the columns of a file without a header: header = false");
    format.columns = as_names(*columns, data.path("columns"), "an array of the columns' names");
  }
  if (const TomlNode* missing = data.find("missing")) {
    format.missing.clear();
    constexpr std::string_view kExpected = "an array of words that stand for a missing value";
    if (missing->array() == nullptr) fail_expected(*missing, data.path("missing"), kExpected);
    for (const TomlNode& word : *missing->array())
      format.missing.emplace_back(trimmed(as_string(word, data.path("missing"), kExpected)));
  }
  return format;
}

std::vector<std::pair<std::string, ColumnType>> read_types(const TableReader& data) {
  const TomlNode* node = data.find("types");
  if (node == nullptr) return {};
  if (node->table() == nullptr)
    fail_expected(*node, data.path("types"), "a table such as { zip = \"category\" }");
  std::vector<std::string_view> names;
  for (const ColumnType type : kTypes) names.push_back(name_of(type));
  std::vector<std::pair<std::string, ColumnType>> types;
  for (const TomlEntry& entry : *node->table())
    types.emplace_back(entry.key, kTypes[as_choice(entry.node, data.path("types") + "." + entry.key, names)]);
  return types;
}

void read_reading_keys(const TableReader& table, DataConfig& data) {
  data.table = read_csv_format(table);
  data.types = read_types(table);
  if (const TomlNode* ignore = table.find("ignore"))
    data.ignore = as_names(*ignore, table.path("ignore"), "the name of a column, or an array of such names");
  data.id = table.column_name("id");
  constexpr std::array kTargetTypes = {ColumnType::kNumber, ColumnType::kCategory};
  if (table.find("target_type") != nullptr)
    data.target_type =
        table.choice("target_type", std::span<const ColumnType>(kTargetTypes), ColumnType::kNumber);
}

void read_table_keys(const TableReader& table, DataConfig& data) {
  table.forbid(std::array<std::string_view, 1>{"classes"}, "applies only to format = \"idx\"");
  data.targets = read_targets(table);
  data.target_place = {table.find("target")->place};
  read_reading_keys(table, data);
}

DataLimits read_limits(const TableReader& data) {
  DataLimits limits;
  if (data.find("max_bytes") != nullptr)
    limits.max_bytes = static_cast<std::uint64_t>(data.whole("max_bytes", {1, kMostBytes}, 0));
  const auto count = [&](std::string_view key, std::int64_t most, std::size_t fallback) {
    return static_cast<std::size_t>(data.whole(key, {1, most}, static_cast<std::int64_t>(fallback)));
  };
  limits.max_columns = count("max_columns", kMostBytes, limits.max_columns);
  limits.max_classes = count("max_classes", kMostClasses, limits.max_classes);
  return limits;
}

void read_memory_keys(const TableReader& table, DataConfig& data, const std::string& config_path) {
  data.limits = read_limits(table);
  if (const TomlNode* cache = table.find("cache"))
    data.cache = path_at(*cache, table.path("cache"), config_path);
}

// In small letters, and without the ending of what is compressed.
std::string plain_name(std::string_view path) {
  std::string name;
  for (const char c : path) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return name;
}

bool ends_with_any(std::string_view name, std::span<const std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

constexpr std::array<std::string_view, 3> kTableEndings = {".csv", ".tsv", ".tab"};
constexpr std::array<std::string_view, 3> kTextEndings = {".txt", ".data", ".dat"};  // what else text may be
constexpr std::array<std::string_view, 2> kNumpyEndings = {".npz", ".npy"};

// Without a format, the file's name tells.
DataFormat infer_format(const TomlNode& train, const std::string& config_path) {
  if (train.array() != nullptr && train.array()->empty())
    fail_expected(train, "data.train", "a path, or an array of at least one");
  const TomlNode& first = train.array() != nullptr ? train.array()->front() : train;
  const auto* path = std::get_if<std::string>(&first.value);
  if (path == nullptr)
    return train.table() != nullptr && find(*train.table(), "x") != nullptr ? DataFormat::kNumpy
                                                                            : DataFormat::kIdx;
  if (const std::optional<DataFormat> format = format_of_name(*path)) return *format;
  std::error_code ignored;
  if (std::filesystem::is_directory(path_at(first, "data.train", config_path), ignored)) {
    fail(ErrorKind::kConfig,
         "{}: data.train: expected a file, found the folder {}; \"FOLDER/*.csv\" names the tables in one",
         first.place, quote(*path));
  }
  fail(ErrorKind::kConfig,
       "{}: data.train: expected a file whose name tells its format (.csv, .tsv, .txt, .data, each also with "
       ".gz, .npz, .npy, or 'images-idx3' in it), or data.format = \"csv\", \"numpy\", \"idx\" or \"text\", "
       "found {}",
       train.place, describe(train));
}

DataFormat read_format(const TableReader& data, const TomlNode& train, const std::string& config_path) {
  const auto* path = std::get_if<std::string>(&train.value);
  if (path != nullptr && (*path == "-" || descriptor_of(*path)))
    (void)data.require("format",
                       "\"csv\", \"numpy\", \"idx\" or \"text\", which the name of a stream does not tell");
  if (data.find("format") == nullptr) return infer_format(train, config_path);
  return data.choice("format", std::span<const DataFormat>(kFormats), DataFormat::kCsv);
}

// Whether an override's keys are all of those that say how a table is read.
bool is_of_reading(const TomlNode& override_root) {
  const TomlEntry& entry = override_root.table()->front();
  if (entry.key != "data") return false;
  (void)TableReader(entry.node, "data", kKeys);
  return std::ranges::all_of(*entry.node.table(), [](const TomlEntry& key) {
    return std::ranges::find(kReadingKeys, key.key) != kReadingKeys.end();
  });
}

}  // namespace

DataConfig table_reading(std::span<const std::string> overrides, OtherKeys others) {
  TomlNode reading{.value = TomlNode::Table(), .place = {}};
  for (const std::string& text : overrides) {
    TomlNode alone{.value = TomlNode::Table(), .place = {}};
    apply_override(alone, text);
    if (is_of_reading(alone)) {
      apply_override(reading, text);
    } else if (others == OtherKeys::kRefuse) {
      fail(ErrorKind::kConfig, "--set {}: needed a key of [data] that says how a table is read: {}",
           printable(text), listed(kReadingKeys));
    }
  }
  DataConfig data;
  const TomlEntry* entry = find(*reading.table(), "data");
  if (entry == nullptr) return data;
  const TableReader table(entry->node, "data", kKeys);
  read_reading_keys(table, data);
  read_memory_keys(table, data, "");
  return data;
}

std::optional<DataFormat> format_of_name(std::string_view path) {
  const std::string name = plain_name(path);
  if (name.find("images-idx3") != std::string::npos) return DataFormat::kIdx;
  if (ends_with_any(name, kNumpyEndings)) return DataFormat::kNumpy;
  if (ends_with_any(name, kTableEndings) || ends_with_any(name, kTextEndings)) return DataFormat::kCsv;
  return std::nullopt;
}

DataConfig read_data(const TomlNode& node, const std::string& config_path) {
  const TableReader table(node, "data", kKeys);
  const TomlNode& train = table.require("train", "the training data");
  DataConfig data;
  data.format = read_format(table, train, config_path);
  data.train = read_files(train, "data.train", config_path, data.format);
  read_parts(table, data, config_path);
  read_memory_keys(table, data, config_path);
  data.place = {train.place};
  if (data.format == DataFormat::kText)
    (void)table.require("sequence", "a table such as { steps = 64 }: the characters that a sample reads");
  if (const TomlNode* sequence = table.find("sequence"))
    data.sequence = read_sequence(*sequence, data.format);
  if (data.format == DataFormat::kCsv) {
    read_table_keys(table, data);
    return data;
  }
  table.forbid(kTableKeys, "applies only to format = \"csv\"");
  if (data.format == DataFormat::kText)
    table.forbid(std::array<std::string_view, 3>{"classes", "cache", "standardize"},
                 "does not apply to a text");
  if (data.format == DataFormat::kNumpy) {
    table.forbid(std::array<std::string_view, 1>{"classes"}, "applies only to format = \"idx\"");
  } else {
    table.forbid(std::array<std::string_view, 1>{"cache"}, "applies only to format = \"csv\" and \"numpy\"");
  }
  if (const auto* classes = table.find("classes")) {
    data.classes = as_names(*classes, "data.classes", "an array of the labels' names");
  }
  return data;
}

}  // namespace catenary::train
