#pragma once

#include <string>
#include <vector>

#include "catenary/train/config/config.h"
#include "catenary/train/config/toml.h"

// The readers of the config's tables. Each throws Error{config} as load_config says.
namespace catenary::train {

/// [data]; `config_path` is the file that relative paths are relative to.
[[nodiscard]] DataConfig read_data(const TomlNode& node, const std::string& config_path);

/// The keys of [data] that say how a table is read, as TOML lines; those of the defaults are left out.
[[nodiscard]] std::string reading_to_toml(const DataConfig& data);

/// data.split, such as { validation = 0.15, test = 0.2, by = "ordered" }.
[[nodiscard]] SplitConfig read_split(const TomlNode& node);

/// data.sequence, such as { steps = 24, horizon = 12, time = "month" }.
[[nodiscard]] SequenceConfig read_sequence(const TomlNode& node, DataFormat format);

/// It as a TOML inline table, every default written out; read_sequence reads it back.
[[nodiscard]] std::string to_toml(const SequenceConfig& sequence, DataFormat format);

/// The split as a TOML inline table, which has `by` even where it was not given; read_split reads it back.
[[nodiscard]] std::string to_toml(const SplitConfig& split);

/// The steps of preprocessing: preprocess = "auto" or "none", [[preprocess]] or, for short, data.standardize;
/// without any of them a table's are "auto", and images are taken as they are. root: the whole document.
[[nodiscard]] std::vector<preprocess::Step> read_preprocess(const TomlNode& root, DataFormat format);

/// The steps as TOML: tables [[preprocess]] with every default, "" where there are none.
[[nodiscard]] std::string to_toml(std::span<const preprocess::Step> steps);

/// One of [[model.layers]], the index-th, with its name and initialisation filled in.
[[nodiscard]] LayerConfig read_layer(const TomlNode& node, std::size_t index);

/// It as such a table.
[[nodiscard]] std::string to_toml(const LayerConfig& layer);

/// [model]: its layers, with names and initialisations filled in.
[[nodiscard]] std::vector<LayerConfig> read_layers(const TomlNode& node, Loss loss);

/// The options of an optimizer of which a config says nothing but the type.
[[nodiscard]] optim::Options usual_options(const optim::OptimizerFacts& facts);

/// [train], without metrics.
[[nodiscard]] TrainConfig read_train(const TomlNode& node);

/// [train] metrics: whether it asks for the accuracy, which only a classifier has.
[[nodiscard]] bool read_accuracy(const TomlNode& node, bool is_classifier);

}  // namespace catenary::train
