#include "catenary/train/config/config.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/file_kind.h"
#include "catenary/base/text.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/table_reader.h"

namespace catenary::train {

std::string_view name_of(DataFormat format) {
  constexpr std::array<std::string_view, 4> kNames = {"idx", "csv", "numpy", "text"};
  return kNames[static_cast<std::size_t>(format)];
}
std::string_view name_of(Loss loss) { return facts_of(loss).name; }

std::string title(const DataFiles& files) {
  return files.more.empty() ? files.samples : fmt::format("{} and {} more", files.samples, files.more.size());
}

std::vector<std::string> named_files(const DataConfig& data) {
  std::vector<std::string> names;
  for (const DataFiles& files :
       {data.train, data.validation.value_or(DataFiles{}), data.test.value_or(DataFiles{})}) {
    names.insert(names.end(), {files.samples, files.labels});
    names.insert(names.end(), files.more.begin(), files.more.end());
  }
  std::erase(names, "");
  return names;
}

bool is_classification(const Config& config) {
  return facts_of(config.train.loss).takes_labels || config.data.format == DataFormat::kIdx ||
         config.data.format == DataFormat::kText;
}

bool has_windows(const DataConfig& data) {
  return data.sequence &&
         (data.sequence->options.task == SequenceTask::kNext || data.sequence->options.stride > 0);
}

SplitOrder usual_order(const Config& config) {
  if (has_windows(config.data)) return SplitOrder::kOrdered;
  const bool has_class_each =
      !config.data.sequence || config.data.sequence->options.task == SequenceTask::kWhole;
  return is_classification(config) && has_class_each ? SplitOrder::kStratified : SplitOrder::kRandom;
}

namespace {

const TomlNode& section(const TableReader& root, std::string_view name) {
  const TomlNode* node = root.find(name);
  if (node == nullptr) fail(ErrorKind::kConfig, "{}: missing table [{}]", root.place(), name);
  return *node;
}

void check_format(const TableReader& root) {
  const TomlNode& format = root.require("format", "format = 1");
  if (as_whole(format) != 1) fail_expected(format, "format", "1");
}

OutputConfig read_output(const TomlNode* node, const std::string& path) {
  OutputConfig output{descriptor_of(path) ? "config" : std::filesystem::path(path).stem().string()};
  if (node == nullptr) return output;
  const TableReader table(*node, "output", std::array<std::string_view, 1>{"name"});
  const TomlNode* name = table.find("name");
  if (name == nullptr) return output;
  constexpr std::string_view kExpected = "a folder's name without '/'";
  constexpr std::size_t kLongestName = 200;  // of 255 that file systems take; staging adds a suffix
  output.name = as_string(*name, "output.name", kExpected);
  if (output.name.empty() || output.name.size() > kLongestName || output.name.starts_with('.') ||
      std::any_of(output.name.begin(), output.name.end(),
                  [](unsigned char c) { return c < ' ' || c == '/'; })) {
    fail_expected(*name, "output.name", kExpected);
  }
  return output;
}

void check_one_target(const Config& config) {
  if (!is_classification(config) || config.data.targets.size() <= 1) return;
  fail(ErrorKind::kConfig, "{}: data.target: expected one column for the loss {}, found {}",
       config.data.target_place.text, name_of(config.train.loss), config.data.targets.size());
}

void check_target_type(const Config& config, const TomlNode& data) {
  const std::optional<ColumnType>& type = config.data.target_type;
  if (!type || (type == ColumnType::kCategory) == is_classification(config)) return;
  fail(ErrorKind::kConfig, "{}: data.target_type: the loss {} takes {}, found '{}'",
       find(*data.table(), "target_type")->node.place, name_of(config.train.loss),
       is_classification(config) ? "classes" : "numbers", name_of(*type));
}

// Of classes a network tells one at a time.
void check_horizon(const Config& config) {
  const std::optional<SequenceConfig>& sequence = config.data.sequence;
  if (!sequence || sequence->options.horizon == 1 || !is_classification(config)) return;
  fail(ErrorKind::kConfig,
       "{}: data.sequence.horizon: expected 1 for the loss {}, which takes classes, found {}",
       sequence->place.text, name_of(config.train.loss), sequence->options.horizon);
}

// A language model that reads from the end has read what it foretells.
void check_directions(const Config& config) {
  if (config.data.format != DataFormat::kText) return;
  for (std::size_t i = 0; i < config.layers.size(); ++i) {
    if (!config.layers[i].recurrent.is_bidirectional) continue;
    fail(ErrorKind::kConfig,
         "{}: model.layers.{}.bidirectional: expected false for a text, as the characters after one are what "
         "is foretold, found true",
         config.layers[i].place.text, i);
  }
}

// Baselines and differences are of numbers.
void check_past(const Config& config) {
  const std::optional<SequenceConfig>& sequence = config.data.sequence;
  if (!sequence || !is_classification(config)) return;
  const SequenceOptions& options = sequence->options;
  if (options.season == 0 && options.difference == 0) return;
  fail(ErrorKind::kConfig, "{}: data.sequence.{}: needed a loss for numbers, found {}, which takes classes",
       sequence->place.text, options.season > 0 ? "season" : "difference", name_of(config.train.loss));
}

// Numeric targets are standardized unless "auto" decides on them, or nothing is to be done at all.
void settle_target_scale(Config& config) {
  const auto decides = [](const preprocess::Step& step) {
    return std::holds_alternative<preprocess::Auto>(step.options) ||
           std::holds_alternative<preprocess::TargetStandardize>(step.options);
  };
  if (is_classification(config) || config.preprocess.empty() ||
      std::ranges::any_of(config.preprocess, decides))
    return;
  config.preprocess.push_back({.options = preprocess::TargetStandardize()});
}

void settle_split(Config& config) {
  if (!config.data.split || !config.data.split->column.empty()) return;
  SplitConfig& split = *config.data.split;
  if (!split.by_given) split.by = usual_order(config);
  split.by_given = true;
  if (has_windows(config.data) && split.by != SplitOrder::kOrdered && split.by != SplitOrder::kGrouped) {
    fail(ErrorKind::kConfig,
         "{}: data.split.by: expected 'ordered' or a group for windows, of which each foretells what others "
         "read, found '{}'",
         split.place.text, name_of(split.by));
  }
  if (split.by == SplitOrder::kStratified && usual_order(config) != SplitOrder::kStratified &&
      is_classification(config)) {
    fail(ErrorKind::kConfig,
         "{}: data.split.by: 'stratified' needs one class for each series, and "
         "data.sequence.target = \"each_row\" has one for each row",
         split.place.text);
  }
  if (split.by != SplitOrder::kStratified || is_classification(config)) return;
  fail(ErrorKind::kConfig, "{}: data.split.by: 'stratified' needs classes, and the loss {} predicts numbers",
       split.place.text, name_of(config.train.loss));
}

// A stream cannot be read twice.
void check_streams(const DataConfig& data, const std::string& path) {
  std::vector<int> read;
  const auto check = [&](const std::string& file) {
    const std::optional<int> descriptor = descriptor_of(file);
    if (!descriptor) return;
    if (std::ranges::count(read, *descriptor) > 0)
      fail(ErrorKind::kConfig, "{}: needed a stream for each thing that is read, found {} twice",
           data.place.text, file);
    read.push_back(*descriptor);
  };
  check(path);
  for (const std::string& file : named_files(data)) check(file);
}

// A file that stood for two parts would be trained on and judged by at once.
void check_files_apart(const DataConfig& data) {
  std::vector<std::string> read;
  const auto check = [&](std::string_view key, const DataFiles& files) {
    std::vector<std::string> names = {files.samples};
    names.insert(names.end(), files.more.begin(), files.more.end());
    for (const std::string& name : names) {
      const std::string path = std::filesystem::absolute(name).lexically_normal().string();
      if (std::ranges::count(read, path) > 0 && !descriptor_of(name))
        fail(ErrorKind::kConfig,
             "{}: data.{}: needed each file once among train, validation and test, found {} twice",
             data.place.text, key, quote(name));
      read.push_back(path);
    }
  };
  check("train", data.train);
  if (data.validation) check("validation", *data.validation);
  if (data.test) check("test", *data.test);
}

// Data are often given in the place of a config; a text may be either.
void require_no_data(const std::string& path) {
  const std::optional<DataFormat> format = path.ends_with(".txt") ? std::nullopt : format_of_name(path);
  if (!format) return;
  fail(ErrorKind::kConfig, "{}: needed a config, found data by the name; {}", path,
       *format == DataFormat::kCsv
           ? "a table is trained on with --target COLUMN, and 'catenary init' writes its config"
           : "a config names them as data.train");
}

}  // namespace

Config parse_config(std::string_view text, const std::string& path, std::span<const std::string> overrides) {
  TomlNode document = parse_toml(text, path);
  for (const std::string& override_text : overrides) apply_override(document, override_text);
  const TableReader root(
      document, "",
      std::array<std::string_view, 7>{"format", "seed", "data", "preprocess", "model", "train", "output"});
  check_format(root);
  Config config;
  config.seed = root.whole("seed", {0, std::numeric_limits<std::int64_t>::max()}, config.seed);
  config.data = read_data(section(root, "data"), path);
  check_streams(config.data, path);
  check_files_apart(config.data);
  config.preprocess = read_preprocess(document, config.data.format);
  config.train = read_train(section(root, "train"));
  check_one_target(config);
  check_target_type(config, section(root, "data"));
  check_horizon(config);
  check_past(config);
  settle_split(config);
  settle_target_scale(config);
  config.layers = read_layers(section(root, "model"), config.train.loss);
  check_directions(config);
  config.output = read_output(root.find("output"), path);
  config.train.accuracy = read_accuracy(*root.find("train"), is_classification(config));
  return config;
}

Config load_config(const std::string& path, std::span<const std::string> overrides) {
  require_no_data(path);
  const auto bytes = read_at_most(path, kMaxConfigBytes + 1);
  const std::string kind = binary_kind(std::span(bytes).first(std::min(bytes.size(), kFileStartBytes)));
  if (!kind.empty())
    fail(ErrorKind::kConfig, "{}: expected a config, which is text in UTF-8, found {}", path, kind);
  if (bytes.size() > kMaxConfigBytes)
    fail(ErrorKind::kConfig, "{}: expected at most {} bytes, found more", path, kMaxConfigBytes);
  return parse_config({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path, overrides);
}

}  // namespace catenary::train
