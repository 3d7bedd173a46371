#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <vector>

#include "catenary/base/file.h"
#include "catenary/train/config/config.h"
#include "catenary/train/config/sections.h"
#include "catenary/train/config/toml.h"

namespace catenary::train {

namespace {

// Whoever reads the config may stand elsewhere.
std::string absolute(const std::string& file) {
  return descriptor_of(file) ? file : std::filesystem::absolute(file).lexically_normal().string();
}

std::string files(const DataFiles& data_files, DataFormat format) {
  if (!data_files.more.empty()) {
    std::vector<std::string> all = {absolute(data_files.samples)};
    std::ranges::transform(data_files.more, std::back_inserter(all), absolute);
    return toml_names(all);
  }
  if (data_files.labels.empty()) return quoted_toml(absolute(data_files.samples));
  const bool are_images = format == DataFormat::kIdx;
  return fmt::format("{{ {} = {}, {} = {} }}", are_images ? "images" : "x",
                     quoted_toml(absolute(data_files.samples)), are_images ? "labels" : "y",
                     quoted_toml(absolute(data_files.labels)));
}

std::string limit_keys(const DataConfig& data) {
  std::string text;
  if (!data.cache.empty()) text += fmt::format("cache = {}\n", quoted_toml(absolute(data.cache)));
  if (data.limits.max_bytes) text += fmt::format("max_bytes = {}\n", *data.limits.max_bytes);
  return text + fmt::format("max_columns = {}\nmax_classes = {}\n", data.limits.max_columns,
                            data.limits.max_classes);
}

std::string table_keys(const DataConfig& data) {
  std::string text;
  const CsvFormat& format = data.table;
  if (data.target_type) text += fmt::format("target_type = \"{}\"\n", name_of(*data.target_type));
  if (format.separator)
    text += fmt::format("separator = {}\n", quoted_toml(std::string(1, *format.separator)));
  if (format.decimal) text += fmt::format("decimal = \"{}\"\n", *format.decimal);
  if (format.date_order) text += fmt::format("date_order = \"{}\"\n", name_of(*format.date_order));
  text += fmt::format("header = {}\n", format.has_header);
  if (!format.columns.empty()) text += fmt::format("columns = {}\n", toml_names(format.columns));
  text += fmt::format("missing = {}\n", toml_names(format.missing));
  std::vector<std::string> types;
  for (const auto& [name, type] : data.types)
    types.push_back(fmt::format("{} = \"{}\"", quoted_toml(name), name_of(type)));
  if (!types.empty()) text += fmt::format("types = {{ {} }}\n", fmt::join(types, ", "));
  if (!data.ignore.empty()) text += fmt::format("ignore = {}\n", toml_names(data.ignore));
  if (!data.id.empty()) text += fmt::format("id = {}\n", quoted_toml(data.id));
  return text;
}

std::string data_table(const DataConfig& data) {
  std::string text = fmt::format("\n[data]\nformat = \"{}\"\ntrain = {}\n", name_of(data.format),
                                 files(data.train, data.format));
  if (data.validation) text += fmt::format("validation = {}\n", files(*data.validation, data.format));
  if (data.test) text += fmt::format("test = {}\n", files(*data.test, data.format));
  if (data.split) text += fmt::format("split = {}\n", to_toml(*data.split));
  if (data.sequence) text += fmt::format("sequence = {}\n", to_toml(*data.sequence, data.format));
  if (!data.targets.empty()) text += fmt::format("target = {}\n", toml_names(data.targets));
  if (!data.classes.empty()) text += fmt::format("classes = {}\n", toml_names(data.classes));
  if (data.format == DataFormat::kCsv) text += table_keys(data);
  return text + limit_keys(data);
}

std::string optimizer_table(const optim::Options& optimizer) {
  const optim::OptimizerFacts& facts = optim::facts_of(optimizer);
  std::string keys = fmt::format("type = \"{}\"", facts.name);
  for (const optim::Option& option : facts.options)
    keys += fmt::format(", {} = {}", option.name, toml_number(value_of(option, optimizer)));
  return fmt::format("{{ {} }}", keys);
}

std::string train_table(const TrainConfig& train) {
  return fmt::format(
      "\n[train]\nloss = \"{}\"\noptimizer = {}\nweight_decay = {}\nepochs = {}\nbatch_size = {}\nmetrics = "
      "[{}]\n",
      name_of(train.loss), optimizer_table(train.optimizer), toml_number(train.weight_decay), train.epochs,
      train.batch_size, train.accuracy ? "\"accuracy\"" : "");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line + "\n");
  return lines;
}

}  // namespace

std::string reading_to_toml(const DataConfig& data) {
  const DataConfig usual;
  const std::vector<std::string> defaults = lines_of(table_keys(usual) + limit_keys(usual));
  std::string text;
  for (const std::string& line : lines_of(table_keys(data) + limit_keys(data)))
    text += std::ranges::count(defaults, line) > 0 ? "" : line;
  return text;
}

std::string to_toml(const Config& config) {
  std::string text = fmt::format("format = 1\nseed = {}\n", config.seed);
  if (config.preprocess.empty() && config.data.format != DataFormat::kText) text += "preprocess = \"none\"\n";
  text += data_table(config.data) + to_toml(config.preprocess);
  for (const LayerConfig& layer : config.layers) text += to_toml(layer);
  text += train_table(config.train);
  return text + fmt::format("\n[output]\nname = {}\n", quoted_toml(config.output.name));
}

}  // namespace catenary::train
