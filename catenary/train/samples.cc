#include "catenary/train/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/idx_dataset.h"
#include "catenary/data/preprocess/fit.h"
#include "catenary/data/split.h"
#include "catenary/data/table_dataset.h"

namespace catenary::train {

namespace {

// The rows that have their targets.
std::vector<std::int64_t> labelled_rows(const Dataset& data) {
  std::vector<std::int64_t> rows;
  const auto columns = static_cast<std::size_t>(data.target_columns);
  for (std::int64_t row = 0; row < data.features.rows; ++row) {
    const auto first = data.targets.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * columns);
    if (std::none_of(first, first + data.target_columns, [](float x) { return std::isnan(x); })) rows.push_back(row);
  }
  return rows;
}

// The same; says how many others there are.
std::vector<std::int64_t> usable_rows(Dataset& data, const std::string& file) {
  std::vector<std::int64_t> rows = labelled_rows(data);
  const std::int64_t others = data.features.rows - std::ssize(rows);
  if (others > 0)
    data.notes.push_back(fmt::format("{}: rows without a target are left out: {} of {}", file, others, data.features.rows));
  if (rows.empty())
    fail(ErrorKind::kData, "{}: needed rows with a target, found none", file);
  return rows;
}

std::uint64_t seed_of(const Config& config) { return static_cast<std::uint64_t>(config.seed); }

// How many rows there are to split only the data tell; the share stands in the config.
Split split_as_configured(const Config& config, std::span<const std::int64_t> rows) try {
  Split parts = split(std::ssize(rows), *config.data.test_share, seed_of(config));
  for (auto* part : {&parts.train, &parts.held_out}) {
    for (std::int64_t& row : *part) row = rows[static_cast<std::size_t>(row)];
  }
  return parts;
} catch (const Error& error) {
  fail(error.kind(), "{}: data.split.test: {}", config.data.split_place.text, error.what());
}

Dataset load_named_idx(const DataConfig& config) {
  Dataset data = load_idx({config.train.samples, config.train.labels}, config.limits);
  if (config.classes.empty()) return data;
  if (config.classes.size() < data.schema.classes.size()) {
    fail(ErrorKind::kConfig,
         "{}: data.classes: expected at least {} names, one for each label of {}, found {}",
         config.place.text, data.schema.classes.size(), config.train.labels, config.classes.size());
  }
  data.schema.classes = config.classes;
  return data;
}

TableOptions table_options(const Config& config) {
  const DataConfig& data = config.data;
  return {.format = data.table,
          .targets = data.targets,
          .target_type = !is_classification(config)        ? TargetType::kNumbers
                         : data.target_type == "category" ? TargetType::kCategory
                                                           : TargetType::kClasses,
          .types = data.types,
          .ignore = data.ignore,
          .id = data.id,
          .limits = data.limits};
}

Dataset load_train_file(const Config& config) {
  if (config.data.format == DataFormat::kIdx) return load_named_idx(config.data);
  return load_table(config.data.train.samples, table_options(config));
}

Dataset load_trained(const Config& config, const DataFiles& files, const Schema& trained) {
  const DataLimits& limits = config.data.limits;
  if (config.data.format == DataFormat::kIdx) return load_idx({files.samples, files.labels}, trained, limits);
  return load_table(files.samples, trained, TargetUse::kRequired, table_options(config));
}

Examples examples_of(Dataset data, const std::string& file, const DataLimits& limits) {
  Examples examples{std::move(data), {}};
  examples.inputs = encode(examples.data, file, limits);
  return examples;
}

// A file beside the training file, and those of its rows that have a target.
Examples load_other(const Config& config, const DataFiles& files, TrainingData& data,
                    std::vector<std::int64_t>& rows) {
  Dataset other = load_trained(config, files, data.schema());
  rows = usable_rows(other, files.samples);
  data.notes.insert(data.notes.end(), other.notes.begin(), other.notes.end());
  return examples_of(std::move(other), files.samples, config.data.limits);
}

}  // namespace

TrainingData load_training_data(const Config& config) {
  TrainingData data;
  const std::string& file = config.data.train.samples;
  Dataset table = load_train_file(config);
  data.train_rows = usable_rows(table, file);
  if (config.data.test_share) {
    Split parts = split_as_configured(config, data.train_rows);
    data.train_rows = std::move(parts.train);
    data.test_rows = std::move(parts.held_out);
  }
  fit(table, data.train_rows, config.preprocess);
  data.notes = std::move(table.notes);
  data.file = examples_of(std::move(table), file, config.data.limits);
  if (config.data.test) data.test_file = load_other(config, *config.data.test, data, data.test_rows);
  return data;
}

TestData load_test_data(const Config& config, const Schema& trained) {
  TestData data;
  const DataFiles& files = config.data.test.value_or(config.data.train);
  Dataset table = load_trained(config, files, trained);
  data.rows = usable_rows(table, files.samples);
  if (config.data.test_share) {
    data.rows = split_as_configured(config, data.rows).held_out;
  } else {
    data.trained_on = !config.data.test;
  }
  data.notes = std::move(table.notes);
  data.file = examples_of(std::move(table), files.samples, config.data.limits);
  return data;
}

Examples load_inputs(const Config& config, const Schema& trained, const std::string& path) {
  const DataLimits& limits = config.data.limits;
  if (config.data.format == DataFormat::kIdx) return examples_of(load_idx({path, {}}, trained, limits), path, limits);
  return examples_of(load_table(path, trained, TargetUse::kIgnored, table_options(config)), path, limits);
}

SampleRows::SampleRows(const Examples& examples) : examples_(examples) {
  for (const fitted::Affine& target : examples.data.schema.target_scales) {
    target_scale_.push_back(1 / static_cast<double>(target.scale));
    target_shift_.push_back(-static_cast<double>(target.shift) / static_cast<double>(target.scale));
  }
}

Rows SampleRows::inputs() const {
  const Features& features = examples_.inputs.features;
  Rows rows{.count = features.rows, .scale = examples_.inputs.scale, .shift = examples_.inputs.shift};
  if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&features.elements)) {
    rows.data = bytes->data();
    rows.element = ElementType::kU8;
  } else {
    rows.data = std::get<std::vector<float>>(features.elements).data();
  }
  return rows;
}

Rows SampleRows::targets() const {
  return {.data = examples_.data.targets.data(),
          .count = examples_.size(),
          .scale = target_scale_,
          .shift = target_shift_};
}

}  // namespace catenary::train
