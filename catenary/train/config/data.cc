#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string_view>
#include <unordered_set>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

namespace {

constexpr std::array<std::string_view, 10> kKeys = {"format",      "train",      "test",        "split",
                                                    "target",      "classes",    "standardize", "max_bytes",
                                                    "max_columns", "max_classes"};

constexpr std::array kFormats = {DataFormat::kIdx, DataFormat::kCsv};

constexpr std::int64_t kMostBytes = std::int64_t{1} << 50;    // a pebibyte: more than any machine's memory
constexpr std::int64_t kMostClasses = std::int64_t{1} << 24;  // their numbers stay exact in f32

constexpr std::string_view kExpectedIdx =
    "{ images = \"...\", labels = \"...\" }, or a file name with 'images-idx3' that the labels' name follows "
    "from";

// Relative paths in the file start at the file's folder; those of an override, or of a config that comes by a
// stream, at the working directory. `-` is the standard input.
std::string absolute(const TomlNode& node, std::string_view path, const std::string& config_path) {
  namespace fs = std::filesystem;
  const std::string& text = as_string(node, path, "a path");
  const bool has_controls = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' '; });
  if (text.empty() || has_controls) fail_expected(node, path, "a path");
  if (text == "-") return "/dev/stdin";
  const bool has_folder = !node.place.starts_with("--set ") && !descriptor_of(config_path);
  const fs::path base = has_folder ? fs::path(config_path).parent_path() : fs::path();
  return fs::absolute(base / text).lexically_normal().string();
}

DataFiles read_image_pair(const TomlNode& node, const std::string& path, const std::string& config_path) {
  const TableReader table(node, path, std::array<std::string_view, 2>{"images", "labels"});
  const auto file = [&](std::string_view key) {
    return absolute(table.require(key, "a path"), table.path(key), config_path);
  };
  return {file("images"), file("labels")};
}

// The labels' file beside "train-images-idx3-ubyte.gz" is "train-labels-idx1-ubyte.gz".
DataFiles infer_labels(const TomlNode& node, const std::string& path, const std::string& config_path) {
  if (!std::holds_alternative<std::string>(node.value)) fail_expected(node, path, kExpectedIdx);
  constexpr std::string_view kImages = "images-idx3";
  DataFiles files{absolute(node, path, config_path), ""};
  const std::size_t at = files.samples.rfind(kImages);
  if (at == std::string::npos || at < files.samples.rfind('/')) fail_expected(node, path, kExpectedIdx);
  files.labels = files.samples;
  files.labels.replace(at, kImages.size(), "labels-idx1");
  return files;
}

DataFiles read_files(const TomlNode& node, const std::string& path, const std::string& config_path,
                     DataFormat format) {
  if (format == DataFormat::kCsv) return {absolute(node, path, config_path), ""};
  if (node.table() != nullptr) return read_image_pair(node, path, config_path);
  return infer_labels(node, path, config_path);
}

std::optional<double> read_test_share(const TableReader& data) {
  const TomlNode* node = data.find("split");
  if (node == nullptr) return std::nullopt;
  data.forbid(std::array<std::string_view, 1>{"test"}, "expected either a test file or a split, found both");
  const TableReader split(*node, "data.split", std::array<std::string_view, 1>{"test"});
  (void)split.require("test", kBetweenZeroAndOne.text);
  return split.number("test", kBetweenZeroAndOne, 0);
}

std::vector<std::string> read_names(const TomlNode& node, std::string_view path, std::string_view expected) {
  if (node.array() == nullptr || node.array()->empty()) fail_expected(node, path, expected);
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (const TomlNode& entry : *node.array()) {
    const std::string& name = as_string(entry, path, expected);
    if (name.empty()) fail_expected(entry, path, "a name");
    if (!seen.insert(name).second) {
      fail(ErrorKind::kConfig, "{}: {}: {} stands there twice", entry.place, path, describe(entry));
    }
    names.push_back(name);
  }
  return names;
}

std::vector<std::string> read_targets(const TableReader& data) {
  constexpr std::string_view kExpected = "the name of a column, or an array of such names";
  const TomlNode& node = data.require("target", kExpected);
  if (node.array() != nullptr) return read_names(node, "data.target", kExpected);
  const std::string& name = as_string(node, "data.target", kExpected);
  if (name.empty()) fail_expected(node, "data.target", kExpected);
  return {name};
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

// Without a format, the file's name tells.
DataFormat infer_format(const TomlNode& train) {
  const auto* path = std::get_if<std::string>(&train.value);
  return path != nullptr && path->ends_with(".csv") ? DataFormat::kCsv : DataFormat::kIdx;
}

DataFormat read_format(const TableReader& data, const TomlNode& train) {
  const auto* path = std::get_if<std::string>(&train.value);
  if (path != nullptr && (*path == "-" || descriptor_of(*path)))
    (void)data.require("format", "\"csv\" or \"idx\", which the name of a stream does not tell");
  return data.choice("format", std::span<const DataFormat>(kFormats), infer_format(train));
}

}  // namespace

DataConfig read_data(const TomlNode& node, const std::string& config_path) {
  const TableReader table(node, "data", kKeys);
  const TomlNode& train = table.require("train", "the training data");
  DataConfig data;
  data.format = read_format(table, train);
  data.train = read_files(train, "data.train", config_path, data.format);
  data.test_share = read_test_share(table);
  if (const auto* split = table.find("split"))
    data.split_place = {train::find(*split->table(), "test")->node.place};
  if (const auto* test = table.find("test"))
    data.test = read_files(*test, "data.test", config_path, data.format);
  data.standardize = table.boolean("standardize", false);
  data.limits = read_limits(table);
  data.place = {train.place};
  if (data.format == DataFormat::kCsv) {
    table.forbid(std::array<std::string_view, 1>{"classes"}, "applies only to format = \"idx\"");
    data.targets = read_targets(table);
    data.target_place = {table.find("target")->place};
    return data;
  }
  table.forbid(std::array<std::string_view, 1>{"target"}, "applies only to format = \"csv\"");
  if (const auto* classes = table.find("classes")) {
    data.classes = read_names(*classes, "data.classes", "an array of the labels' names");
  }
  return data;
}

}  // namespace catenary::train
