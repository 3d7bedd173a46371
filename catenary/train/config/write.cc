#include <fmt/ranges.h>

#include "catenary/train/config/config.h"
#include "catenary/train/config/toml.h"

namespace catenary::train {

namespace {

// The shortest digits that read back as the same double, always with a point or an exponent: a TOML float.
std::string number(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string files(const DataFiles& data_files) {
  if (data_files.labels.empty()) return quoted_toml(data_files.samples);
  return fmt::format("{{ images = {}, labels = {} }}", quoted_toml(data_files.samples),
                     quoted_toml(data_files.labels));
}

std::string names(const std::vector<std::string>& list) {
  std::vector<std::string> quoted;
  for (const std::string& name : list) quoted.push_back(quoted_toml(name));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string data_table(const DataConfig& data) {
  std::string text =
      fmt::format("\n[data]\nformat = \"{}\"\ntrain = {}\n", name_of(data.format), files(data.train));
  if (data.test) text += fmt::format("test = {}\n", files(*data.test));
  if (data.test_share) text += fmt::format("split = {{ test = {} }}\n", number(*data.test_share));
  if (!data.targets.empty()) text += fmt::format("target = {}\n", names(data.targets));
  if (!data.classes.empty()) text += fmt::format("classes = {}\n", names(data.classes));
  text += fmt::format("standardize = {}\n", data.standardize);
  if (data.limits.max_bytes) text += fmt::format("max_bytes = {}\n", *data.limits.max_bytes);
  return text + fmt::format("max_columns = {}\nmax_classes = {}\n", data.limits.max_columns,
                            data.limits.max_classes);
}

std::string layer_table(const LayerConfig& layer) {
  std::string text =
      fmt::format("\n[[model.layers]]\ntype = \"dense\"\nname = {}\n", quoted_toml(layer.name));
  if (layer.units > 0) text += fmt::format("units = {}\n", layer.units);
  return text +
         fmt::format("activation = \"{}\"\ninit = \"{}\"\n", name_of(layer.activation), name_of(layer.init));
}

std::string optimizer_table(const optim::Options& optimizer) {
  const optim::OptimizerFacts& facts = optim::facts_of(optimizer);
  std::string keys = fmt::format("type = \"{}\"", facts.name);
  for (const optim::Option& option : facts.options)
    keys += fmt::format(", {} = {}", option.name, number(value_of(option, optimizer)));
  return fmt::format("{{ {} }}", keys);
}

std::string train_table(const TrainConfig& train) {
  return fmt::format(
      "\n[train]\nloss = \"{}\"\noptimizer = {}\nweight_decay = {}\nepochs = {}\nbatch_size = {}\nmetrics = "
      "[{}]\n",
      name_of(train.loss), optimizer_table(train.optimizer), number(train.weight_decay), train.epochs,
      train.batch_size, train.accuracy ? "\"accuracy\"" : "");
}

}  // namespace

std::string to_toml(const Config& config) {
  std::string text = fmt::format("format = 1\nseed = {}\n", config.seed) + data_table(config.data);
  for (const LayerConfig& layer : config.layers) text += layer_table(layer);
  text += train_table(config.train);
  return text + fmt::format("\n[output]\nname = {}\n", quoted_toml(config.output.name));
}

}  // namespace catenary::train
